"""Who asks, in one capacity, and the request they make."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import uuid4

SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Actor:
    """One actor in one capacity (access law, "Words").

    `individual` is a literal reference (`Practitioner/x`, `RelatedPerson/x`, `Patient/x`), the
    organisation's for its own software, or `system`. `role` is what the token brings by itself: a
    profession's role, `person`, `related-person`, `system-client` or `none`. `keys` are all the actor
    keys by which a resource may name the actor: references and verified identifiers.
    `scopes` are those of the token; None is who acts without one: the server itself, its operator, a partner it
    exchanges with. `patient` is the id of the Patient in the context of the token, which `patient/` scopes are about.
    A registrar is the software of an organisation that the operator trusts to enter persons and mandates.
    """

    individual: str
    role: str
    organization: str | None = None
    practitioner_role: str | None = None
    keys: tuple[str, ...] = ()
    scopes: tuple[str, ...] | None = None
    client: str = ""
    patient: str | None = None
    is_registrar: bool = False

    @property
    def is_system(self) -> bool:
        return self.individual == SYSTEM


@dataclass(frozen=True, slots=True)
class Call:
    """One request: who makes it, the one instant at which it is judged, and its id in the log."""

    actor: Actor
    now: datetime
    request_id: str = field(default_factory=lambda: str(uuid4()))

    @property
    def unbounded(self) -> Call:
        """The same without the scopes of its token: for what is allowed as part of something else."""
        return replace(self, actor=replace(self.actor, scopes=None))

"""The steps of the access law on facts in force: from why an actor may be near the person to what is open.

Nothing is told here; what is kept beside the masks is what `consent.law` tells the rules from.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from consent.categories import ALL, BURDEN, SENSITIVE, UNTOUCHED, mask
from consent.matrix import Matrix, Row
from consent.relations import TOKENS
from consent.settings import Verdict, rank
from consent.situation import Situation
from consent.standing import Claim, Standing, claim, row_of

__all__ = ["AFTERCARE", "OTHERS", "STRANGER", "Shape", "Weighing", "still_written", "weigh"]

OTHERS = ALL & ~BURDEN
AFTERCARE = "closing:aftercare"

_CONSENT = mask(["consent"])
_STILL = {"closing:death": 0, AFTERCARE: mask(["task"]) | SENSITIVE}


class Shape(NamedTuple):
    """An actor in one capacity: who, where, and the role the token brings by itself; None is any.

    `role` is `person`, `related-person`, a profession, `case-manager`, `system-client`, or `none`.
    """

    individual: str | None
    organisation: str | None
    role: str

    @property
    def key(self) -> str:
        """As stored in the grant index: `Practitioner/x|Organization/o|health-professional`, `*` for any."""
        return f"{self.individual or '*'}|{self.organisation or '*'}|{self.role}"

    @property
    def rank(self) -> int:
        """3 for an individual in an organisation, 2 for an individual anywhere, 1 for anyone in an
        organisation.
        """
        return 1 if self.individual is None else 2 if self.organisation is None else 3

    @property
    def place(self) -> str | None:
        """The organisation, of who acts for one: a person or a relative is the same at any."""
        return None if self.role in ("person", "related-person") else self.organisation


class Weighing(NamedTuple):
    """What is open, as masks: as a whole, where `own`, where `authored`, and where `shared` entry by entry.

    `reasons` are the rules of steps 3 to 5, `decided` the settings of step 7, `singly` and `burden` the rules by
    which entries are shared. `refused` is the step that refused everything.
    """

    full: int
    own: int
    authored: int
    shared: int
    reasons: Sequence[str]
    refused: str | None = None
    standings: Sequence[Standing] = ()
    decided: Sequence[Verdict] = ()
    singly: Sequence[str] = ()
    burden: Sequence[str] = ()
    closed: str | None = None


STRANGER = Weighing(0, 0, 0, 0, ("relation:none",), "relation")
"""Of somebody without any relation."""


def weigh(shape: Shape, now: Situation, action: str, matrix: Matrix) -> Weighing:
    """The steps of the law, from relation to settings; carer-burden, which stands apart, last."""
    if now.exclusions and shape.role != "person":  # nobody can be kept from the own record
        weighed = Weighing(0, 0, 0, 0, [each.rule for each in now.exclusions], "exclusion")
    elif (claimed := claim(shape.role, shape.individual, now, action, matrix)).standings:
        weighed = _related(shape, now, action, matrix, claimed)
        if action != "read" and now.closed is not None:
            weighed = _ended(weighed, now.closed)
    else:
        weighed = STRANGER
    if shape.role == "related-person":
        return _with_own_burden(weighed, shape, now, action, matrix)
    return _with_shared_burden(weighed, shape, now) if now.carer_shares and action == "read" else weighed


def still_written(closed: str) -> int:
    """The categories that are written when a plan is closed, by the rule that says so.

    A living person gives and withdraws consents at any time, also when the plan is completed.
    """
    return _STILL.get(closed, _CONSENT)


def _related(shape: Shape, now: Situation, action: str, matrix: Matrix, claimed: Claim) -> Weighing:
    """Steps 4 and 6 to 8 for an actor with relations who is not excluded."""
    decided: Sequence[Verdict] = ()
    if now.settings and shape.role != "person":  # nobody's settings narrow the person's own access
        decided = now.verdicts(shape.individual, shape.place, claimed.roles, action)
    full, reach = _settled(claimed.row, decided)
    authored, refused, reasons = 0, None, claimed.rules
    if claimed.awaits_sharing:
        reasons = [*reasons, "consent:sharing" if now.sharing else "consent:none"]
        if not now.sharing:
            refused = "sharing-consent"
            authored = reach if action != "create" else 0
            full, reach = _settled(claimed.free, decided)
            authored &= ~reach
    weighed = Weighing(full, reach & ~full, authored, 0, reasons, refused, claimed.standings, decided)
    if now.shares and action == "read" and refused is None:
        shared = _singly(shape, now, matrix, weighed) & ~reach
        return weighed._replace(shared=shared, singly=[each.rule for each in now.shares if shared])
    return weighed


def _settled(row: Row, decided: Sequence[Verdict]) -> tuple[int, int]:
    """Steps 6 to 8 as masks (full, reach): the row, up to its ceiling where permitted, less the denied.

    The label `sensitive` needs nothing of its own: it is one more category a resource's mask must have open.
    """
    widened, kept = 0, OTHERS
    for provision, categories, _ in decided:
        if provision.permit:
            widened |= categories
        else:
            kept &= ~categories
    return (row.full | row.ceiling_full & widened) & kept, (row.reach | row.ceiling_reach & widened) & kept


def _singly(shape: Shape, now: Situation, matrix: Matrix, weighed: Weighing) -> int:
    """The categories in which an entry that was opened by itself is open: up to the ceiling, less the denied.

    As a provision it names its actor and what it opens; a deny that ranks higher closes it. Where entries were
    opened to the actor and to the organisation, the lower rank counts. What is sensitive, consents and the log
    take more than that: their cell, or to be named.
    """
    closest = [each.party.closeness(shape.individual, shape.place) or 0 for each in now.shares]
    place = rank(min(closest), True, deny=False)
    ceiling = 0
    for standing in weighed.standings:
        if standing.is_single:
            ceiling |= matrix.row(standing.roles, "read").ceiling_reach if standing.roles else ALL
        elif standing.widens:
            ceiling |= row_of(standing, "read", matrix).ceiling_reach
    for provision, categories, at in weighed.decided:
        if not provision.permit and at > place:
            ceiling &= ~categories
    return ceiling & ~UNTOUCHED


def _ended(weighed: Weighing, closed: str) -> Weighing:
    """When the plan is closed nothing is written any more, but what is `still_written`."""
    still = still_written(closed)
    return weighed._replace(
        full=weighed.full & still,
        own=weighed.own & still,
        authored=weighed.authored & still,
        closed=closed,
    )


def _with_own_burden(
    weighed: Weighing, shape: Shape, now: Situation, action: str, matrix: Matrix
) -> Weighing:
    """Step 2 for a related person: what he or she wrote.

    Writing takes a plan that is open; writing anew a relation whose cell allows it besides.
    """
    if shape.individual not in now.facts.related_persons or (action != "read" and now.closed is not None):
        return weighed
    if action == "create" and not _may_begin(weighed, matrix):
        return weighed
    return weighed._replace(authored=weighed.authored | BURDEN)


def _may_begin(weighed: Weighing, matrix: Matrix) -> bool:
    return any(row_of(each, "create", matrix).reach & BURDEN for each in weighed.standings)


def _with_shared_burden(weighed: Weighing, shape: Shape, now: Situation) -> Weighing:
    """Step 2 for a professional in relation, by more than an emergency: what a carer shared."""
    if shape.role in TOKENS["case-manager"] and any(standing.widens for standing in weighed.standings):
        burden = [share.rule for share in now.carer_shares]
        return weighed._replace(shared=weighed.shared | BURDEN, burden=burden)
    return weighed

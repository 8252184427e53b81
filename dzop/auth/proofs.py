"""Proof of a relation of care: who verifies which kind, and the test verifier of the sandbox.

In production a verifier asks the source of the evidence (the reading of an identity card, the national
database of delivered medicines, the register of global medical files); which ones there are is configured.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any, Final

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from dzop.auth.keys import ALGORITHM

__all__ = [
    "KINDS",
    "Claim",
    "Declarations",
    "Proven",
    "Verify",
    "configured",
    "is_card_number",
    "sandbox_evidence",
    "sandbox_verifier",
]

KINDS: Final = ("eid-reading", "pharmacy-delivery", "referral", "hospital-stay", "emergency", "gmd")
"""The kinds of proof, codes of https://dzop.example/fhir/CodeSystem/proof."""

TYPE: Final = "dzop-proof+jwt"
LASTS: Final = timedelta(minutes=10)
_LEEWAY: Final = timedelta(seconds=30)
_MOST: Final = 8 * 1024
_CARD: Final = 12


@dataclass(frozen=True, slots=True)
class Claim:
    """What the evidence has to prove: that `actor` (`Practitioner/x`, `Organization/x`) cares for the person
    with this SSIN, in the way that `proof` says; `keys` are all references and identifiers of the actor.
    """

    ssin: str
    actor: str
    keys: tuple[str, ...]
    proof: str


@dataclass(frozen=True, slots=True)
class Proven:
    """The claim is proven. `nonce` is what makes the evidence unique however it is written; from `expires` on
    the evidence proves nothing any more.
    """

    nonce: str
    expires: datetime


Verify = Callable[[Claim, str, datetime], Awaitable[Proven | None]]
"""`verify(claim, evidence, now)`: None when the evidence does not prove the claim at this instant.

Raises `Unavailable` when that cannot be found out just now. The evidence must be bound to the actor: what
proves another's relation proves nothing here.
"""


@dataclass(frozen=True, slots=True)
class Declarations:
    """What may be declared here: a verifier by kind of proof, whether glass may be broken, and how often an
    actor may try within an hour.
    """

    verifiers: Mapping[str, Verify] = field(default_factory=dict)
    break_glass: bool = False
    most_an_hour: int = 20

    def verifier(self, proof: str) -> Verify | None:
        """Who verifies this kind; nobody an emergency where glass may not be broken."""
        return None if proof == "emergency" and not self.break_glass else self.verifiers.get(proof)


def configured(text: str) -> Mapping[str, Verify]:
    """The verifiers of a setting such as `eid-reading=module:name gmd=module:name`.

    ValueError, in words for the operator, for an unknown kind and for what cannot be imported.
    """
    found: dict[str, Verify] = {}
    for each in text.split():
        kind, _, place = each.partition("=")
        module, _, name = place.partition(":")
        if kind not in KINDS or not module or not name:
            raise ValueError(f"`{each}` is not KIND=MODULE:NAME with a KIND of {', '.join(KINDS)}")
        try:
            found[kind] = getattr(import_module(module), name)
        except (ImportError, AttributeError):
            raise ValueError(f"there is no `{name}` in a module `{module}`") from None
    return found


def sandbox_evidence(key: ECKey, claim: Claim, now: datetime) -> str:
    """Evidence that the sandbox verifier accepts once, for ten minutes: a JWS of the sandbox's key."""
    content = {
        "sub": claim.actor,
        "ssin": claim.ssin,
        "proof": claim.proof,
        "iat": int(now.timestamp()),
        "exp": int((now + LASTS).timestamp()),
        "jti": secrets.token_urlsafe(16),
    }
    return jwt.encode({"alg": ALGORITHM, "kid": key.kid, "typ": TYPE}, content, key, [ALGORITHM])


def sandbox_verifier(key: ECKey) -> Verify:
    """Believes what `sandbox_evidence` made with the same key, of any kind.

    For trying out it also believes whoever sends no evidence, or an identity card number whose check digits
    are right: there is nothing in the sandbox to read a card with.
    """

    async def verify(claim: Claim, evidence: str, now: datetime) -> Proven | None:
        if not evidence or is_card_number(evidence):
            return Proven(secrets.token_urlsafe(16), now + LASTS)
        content = _signed(key, evidence)
        said = (content.get("sub"), content.get("ssin"), content.get("proof"))
        issued, expires, nonce = content.get("iat"), content.get("exp"), content.get("jti")
        if said != (claim.actor, claim.ssin, claim.proof) or not isinstance(nonce, str):
            return None
        if not isinstance(issued, int) or not isinstance(expires, int):
            return None
        end = datetime.fromtimestamp(expires, UTC)
        if not datetime.fromtimestamp(issued, UTC) - _LEEWAY <= now < end:
            return None
        return Proven(nonce, end)

    return verify


def is_card_number(text: str) -> bool:
    """Twelve digits, perhaps with dashes, of which the last two are the first ten modulo 97 (97 for 0)."""
    digits = text.replace("-", "").replace(" ", "")
    if len(digits) != _CARD or not (digits.isascii() and digits.isdigit()):
        return False
    return int(digits[-2:]) == (int(digits[:-2]) % 97 or 97)


def _signed(key: ECKey, evidence: str) -> Mapping[str, Any]:
    """What the key has signed as evidence; empty for anything else."""
    if len(evidence) > _MOST:
        return {}
    try:
        token = jwt.decode(evidence, key, [ALGORITHM])
    except (JoseError, ValueError, TypeError, RecursionError, json.JSONDecodeError):
        return {}
    return token.claims if token.header.get("typ") == TYPE else {}

"""Evidence of a relation of care, and who verifies it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey

from consent.decisions import DECISIONS
from dzop.app import declarations
from dzop.auth.proofs import (
    KINDS,
    Claim,
    Declarations,
    Proven,
    configured,
    sandbox_evidence,
    sandbox_verifier,
)
from dzop.settings import Settings

NOW = datetime(2026, 11, 22, 11, tzinfo=UTC)
CLAIM = Claim("44031799819", "Practitioner/x", ("Practitioner/x",), "referral")
KEY = ECKey.generate_key("P-256", auto_kid=True)
VERIFY = sandbox_verifier(KEY)


async def nothing(claim: Claim, evidence: str, now: datetime) -> Proven | None:
    """A verifier that believes nobody."""
    return None


def signed(key: ECKey = KEY, type: str = "dzop-proof+jwt", **elements: object) -> str:
    seconds = int(NOW.timestamp())
    usual = {
        "sub": "Practitioner/x",
        "ssin": "44031799819",
        "proof": "referral",
        "iat": seconds,
        "exp": seconds + 60,
    }
    content = {name: value for name, value in {**usual, "jti": "n", **elements}.items() if value is not None}
    return jwt.encode({"alg": "ES256", "typ": type}, content, key, ["ES256"])


async def test_evidence_proves_what_it_was_made_for() -> None:
    assert await VERIFY(CLAIM, sandbox_evidence(KEY, CLAIM, NOW), NOW) is not None


async def test_two_pieces_of_evidence_are_told_apart() -> None:
    found = [await VERIFY(CLAIM, sandbox_evidence(KEY, CLAIM, NOW), NOW) for _ in range(2)]
    assert len({each.nonce for each in found if each}) == 2


@pytest.mark.parametrize(
    "claim",
    [
        replace(CLAIM, ssin="92021199836"),
        replace(CLAIM, actor="Practitioner/y"),
        replace(CLAIM, proof="gmd"),
    ],
)
async def test_evidence_proves_nothing_else(claim: Claim) -> None:
    assert await VERIFY(claim, sandbox_evidence(KEY, CLAIM, NOW), NOW) is None


@pytest.mark.parametrize(
    ("minutes", "proves"), [(-1, False), (0, True), (9, True), (10, False), (10**6, False)]
)
async def test_evidence_lasts_ten_minutes(minutes: int, proves: bool) -> None:
    found = await VERIFY(CLAIM, sandbox_evidence(KEY, CLAIM, NOW), NOW + timedelta(minutes=minutes))
    assert proves == (found is not None)


@pytest.mark.parametrize(
    "text",
    [
        "123456789012",
        "x",
        "a.b.c",
        "x" * 10_000,
        signed(type="at+jwt"),
        signed(ECKey.generate_key("P-256")),
        signed(jti=None),
        signed(exp=None),
        signed(iat="now"),
    ],
    ids=[
        "no card number",
        "text",
        "dots",
        "long",
        "access token",
        "other key",
        "no nonce",
        "no end",
        "no time",
    ],
)
async def test_what_the_key_did_not_sign_as_evidence_proves_nothing(text: str) -> None:
    assert await VERIFY(CLAIM, text, NOW) is None


def test_the_kinds_are_those_that_the_law_gives_a_duration() -> None:
    assert {*KINDS} == {*DECISIONS.proofs}


def test_without_the_sandbox_nobody_verifies(tmp_path: Path) -> None:
    found = declarations(Settings(var=tmp_path, break_glass=True))
    assert [None] * len(KINDS) == [found.verifier(kind) for kind in KINDS]


def test_the_sandbox_verifies_every_kind_but_an_emergency(tmp_path: Path) -> None:
    found = declarations(Settings(var=tmp_path, sandbox=True))
    assert ["emergency"] == [kind for kind in KINDS if found.verifier(kind) is None]


def test_a_configured_verifier_goes_before_that_of_the_sandbox(tmp_path: Path) -> None:
    place = "json:loads"
    found = declarations(Settings(var=tmp_path, sandbox=True, proof_verifiers=f"gmd={place}"))
    kinds = [kind for kind in KINDS if found.verifier(kind) is configured(f"gmd={place}")["gmd"]]
    assert ["gmd"] == kinds


def test_an_emergency_is_verified_only_where_glass_may_be_broken() -> None:
    found = [Declarations({"emergency": nothing}, on).verifier("emergency") for on in (False, True)]
    assert [None, nothing] == found


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("gmd", "is not KIND=MODULE:NAME"),
        ("horoscope=json:loads", "is not KIND=MODULE:NAME"),
        ("gmd=json", "is not KIND=MODULE:NAME"),
        ("gmd=no.such.module:x", "there is no `x` in a module `no.such.module`"),
        ("gmd=json:nothing", "there is no `nothing` in a module `json`"),
    ],
)
def test_a_verifier_that_cannot_be_had_is_told(text: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        configured(text)


@pytest.mark.parametrize("text", ["", "591123456753", "591-1234567-53", "000000009797", "000000000097"])
async def test_the_sandbox_believes_who_sends_nothing_or_the_number_of_a_card(text: str) -> None:
    first, again = await VERIFY(CLAIM, text, NOW), await VERIFY(CLAIM, text, NOW)
    assert first is not None
    assert again is not None
    assert first.nonce != again.nonce

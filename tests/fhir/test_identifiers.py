"""Belgian identifiers: check digits. The numbers are made up, of series that are not given out."""

import json
from pathlib import Path

import pytest

from dzop.fhir.identifiers import identifier_issues, is_cbe, is_nihdi, is_ssin
from dzop.fhir.outcome import Issue

SSIN = "https://www.ehealth.fgov.be/standards/fhir/core/NamingSystem/ssin"
VECTORS = Path(__file__).parents[3] / "shared" / "data" / "be" / "identifiers.json"


def ssin(body: int, born_2000: bool) -> str:
    return f"{body:09}{97 - (body + born_2000 * 2_000_000_000) % 97:02}"


@pytest.mark.parametrize(
    "value",
    [
        ssin(500101997, False),
        ssin(100229998, True),
        ssin(514101997, False),  # BIS, sex known
        ssin(512101997, False),  # BIS, sex unknown
        ssin(104229998, True),  # BIS, born in this century
    ],
)
def test_an_ssin_with_its_check_digits_is_one(value: str) -> None:
    assert is_ssin(value)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "5001019970",
        ssin(501301997, False),
        f"{int(ssin(500101997, False)) + 1}",
        "50.01.01-997.00",
        "\u0665" * 11,
    ],
)
def test_what_is_no_ssin_is_none(value: str) -> None:
    assert not is_ssin(value)


@pytest.mark.parametrize("modulus", [97, 89])
@pytest.mark.parametrize("qualification", ["", "004"])
def test_a_nihdi_number_of_either_series_is_one(modulus: int, qualification: str) -> None:
    assert is_nihdi(f"199997{modulus - 199997 % modulus:02}{qualification}")


@pytest.mark.parametrize("value", ["", "19999700", "199997000040", "00000097", "1999970000"])
def test_what_is_no_nihdi_number_is_none(value: str) -> None:
    assert not is_nihdi(value)


def test_a_cbe_number_with_its_check_digits_is_one() -> None:
    assert is_cbe(f"09999999{97 - 9999999 % 97:02}")


@pytest.mark.parametrize("value", ["", "0999999900", "2999999900", "BE0999999922", "999999922"])
def test_what_is_no_cbe_number_is_none(value: str) -> None:
    assert not is_cbe(value)


def test_a_wrong_identifier_is_a_warning_that_does_not_echo_it() -> None:
    team = {
        "resourceType": "CareTeam",
        "participant": [
            {"member": {"identifier": {"system": SSIN.replace("/core", ""), "value": "50010199700"}}}
        ],
    }
    at = "CareTeam.participant[0].member.identifier.value"
    assert [Issue("value", "The value is no SSIN; check its digits.", at, "warning")] == identifier_issues(
        team
    )


def test_identifiers_of_other_systems_pass() -> None:
    assert [] == identifier_issues({"identifier": [{"system": "urn:other", "value": "1"}, {"value": "2"}]})


@pytest.mark.skipif(not VECTORS.exists(), reason="shared data is absent: published identifier vectors")
@pytest.mark.parametrize(("name", "check"), [("ssin", is_ssin), ("nihdi", is_nihdi), ("cbe", is_cbe)])
def test_the_shared_vectors_agree(name, check) -> None:  # type: ignore[no-untyped-def]
    vectors = json.loads(VECTORS.read_text())[name]
    valid = vectors["valid"] + vectors.get("validBis", []) + vectors.get("validFromIG", [])
    numbers = [number["v"] if isinstance(number, dict) else number for number in valid]
    judged = {number: check(number) for number in numbers + vectors["invalid"]}
    assert dict.fromkeys(numbers, True) | dict.fromkeys(vectors["invalid"], False) == judged

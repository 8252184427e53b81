"""Belgian identifiers: check digits. The numbers are made up, of series that are not given out."""

import json
from pathlib import Path

import pytest

from dzop.fhir.identifiers import IdentifierChecks, identifier_issues, is_cbe, is_ehp, is_nihdi, is_ssin
from dzop.fhir.outcome import Issue

SSIN = "https://www.ehealth.fgov.be/standards/fhir/core/NamingSystem/ssin"
PSEUDONYM = "https://www.ehealth.fgov.be/standards/fhir/infsec/StructureDefinition/be-ext-pseudonymization"
OID = "urn:oid:2.16.840.1.113883.3.6777.5"
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


def test_an_ehp_number_with_its_check_digits_is_one() -> None:
    assert is_ehp(f"19900099{97 - 19900099 % 97:02}")


@pytest.mark.parametrize("value", ["", "1990009900", "0000000097", "199000991", "1990 0099 00"])
def test_what_is_no_ehp_number_is_none(value: str) -> None:
    assert not is_ehp(value)


@pytest.mark.parametrize(
    "system",
    [
        *(SSIN.replace("ssin", name) for name in ("ssin", "nihdi", "cbe", "ehp")),
        *(SSIN.replace("core/", "").replace("ssin", name) for name in ("ssin", "nihdi", "cbe", "ehp")),
        *(SSIN.replace("ssin", f"nihdi-{whose}") for whose in ("professional", "organization")),
        *(f"{OID}.{number}" for number in (1, 2, 5, 6)),
    ],
)
def test_a_number_is_checked_by_whichever_name_its_system_goes(system: str) -> None:
    value = {"resourceType": "Patient", "identifier": [{"system": system, "value": "1"}]}
    assert [each.expression for each in identifier_issues(value)] == ["Patient.identifier[0].value"]


@pytest.mark.parametrize(
    ("checks", "severities"), [("error", ["error"]), ("warning", ["warning"]), ("off", [])]
)
def test_how_bad_a_wrong_number_is_can_be_set(checks: IdentifierChecks, severities: list[str]) -> None:
    value = {"resourceType": "Patient", "identifier": [{"system": SSIN, "value": "1"}]}
    assert [each.severity for each in identifier_issues(value, checks)] == severities


def test_a_pseudonym_has_no_check_digits() -> None:
    beside = {"extension": [{"url": PSEUDONYM, "extension": [{"url": "marker", "valueBoolean": True}]}]}
    value = {"identifier": [{"system": SSIN, "value": "urn:be:fgov:pseudo:v1:x", "_value": beside}]}
    assert identifier_issues(value) == []


def test_an_identifier_within_an_extension_is_checked() -> None:
    inner = {"url": "urn:x", "valueIdentifier": {"system": SSIN, "value": "1"}}
    assert len(identifier_issues({"resourceType": "Goal", "extension": [inner]})) == 1


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
@pytest.mark.parametrize(
    ("name", "check"), [("ssin", is_ssin), ("nihdi", is_nihdi), ("cbe", is_cbe), ("ehp", is_ehp)]
)
def test_the_shared_vectors_agree(name, check) -> None:  # type: ignore[no-untyped-def]
    vectors = json.loads(VECTORS.read_text())[name]
    valid = [each for kind, listed in vectors.items() if kind.startswith("valid") for each in listed]
    numbers = [number["v"] if isinstance(number, dict) else number for number in valid]
    judged = {number: check(number) for number in numbers + vectors.get("invalid", [])}
    assert dict.fromkeys(numbers, True) | dict.fromkeys(vectors.get("invalid", []), False) == judged

"""Everybody who can log in to the sandbox, read from the demo data."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import PurePath
from typing import Any, Final

from dzop.demo import documents

__all__ = ["PEOPLE", "DemoPerson"]

Resource = Mapping[str, Any]

_PERSON: Final = "persoon met een eigen plan"
_SOFTWARE: Final = "software van een organisatie"
_UNRELATED: Final = "zonder band met de demopersonen"

_CLIENTS: Final = (
    "Organization/practice-de-linde",
    "Organization/home-nursing-zenne",
    "Organization/hospital-saint-exemple",
    "Organization/housing-office-ghent",
)
"""Organisations whose own software may log in."""


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """Somebody to log in as.

    `role` is in plain words by language (nl, fr, en), `language` the one they speak themselves. `scenario`
    is the first document that names them (`01-jet-peeters`); None for somebody nobody knows. `patient`
    is the id of the Patient a person or informal carer belongs to.
    """

    reference: str
    name: str
    role: Mapping[str, str]
    scenario: str | None
    language: str
    patient: str | None


def _words() -> Mapping[str, Mapping[str, str]]:
    rows = csv.DictReader(files("dzop.demo").joinpath("roles.csv").read_text(encoding="utf-8").splitlines())
    return {word: row for row in rows for word in row.values()}


def _read() -> Mapping[str, list[Resource]]:
    bundles = {PurePath(file.name).stem: json.loads(file.read_bytes()) for file in documents()}
    return {name: [entry["resource"] for entry in bundle["entry"]] for name, bundle in bundles.items()}


def _people() -> Iterator[DemoPerson]:
    directory, *plans = (_Document(name, resources) for name, resources in _read().items())
    for plan in plans:
        for resource in plan.resources:
            if resource["resourceType"] in ("Patient", "RelatedPerson"):
                yield _around(resource, plan.name)
    organizations = {_reference(organization): organization for organization in directory.of("Organization")}
    staff: dict[str, list[Resource]] = {reference: [] for reference in organizations}
    roles = {role["practitioner"]["reference"]: role for role in directory.of("PractitionerRole")}
    for practitioner in directory.of("Practitioner"):
        role = roles[_reference(practitioner)]
        employer = role["organization"]["reference"]
        staff[employer] += [practitioner, role]
        yield _professional(practitioner, role, _scenario(plans, practitioner, role, organizations[employer]))
    for reference in _CLIENTS:
        organization = organizations[reference]
        yield _client(organization, _scenario(plans, organization, *staff[reference]))


class _Document:
    """One Bundle, with the references and identifiers it mentions."""

    def __init__(self, name: str, resources: list[Resource]) -> None:
        self.name, self.resources = name, resources
        self._mentioned = frozenset(re.findall(r'"(?:reference|value)": "([^"]+)"', json.dumps(resources)))

    def of(self, type: str) -> Iterator[Resource]:
        return (resource for resource in self.resources if resource["resourceType"] == type)

    def mentions(self, *resources: Resource) -> bool:
        identifiers = {item["value"] for resource in resources for item in resource.get("identifier", ())}
        return not self._mentioned.isdisjoint(identifiers | {_reference(resource) for resource in resources})


def _around(resource: Resource, scenario: str) -> DemoPerson:
    is_patient = resource["resourceType"] == "Patient"
    patient = resource["id"] if is_patient else resource["patient"]["reference"].removeprefix("Patient/")
    word = _PERSON if is_patient else resource["relationship"][0]["text"]
    return DemoPerson(
        _reference(resource),
        _name(resource),
        _WORDS[word],
        scenario,
        _language(resource),
        patient,
    )


def _professional(practitioner: Resource, role: Resource, scenario: str | None) -> DemoPerson:
    words = _WORDS[next(code["text"] for code in role["code"] if "text" in code)]
    if scenario is None:
        words = {language: f"{word}, {_WORDS[_UNRELATED][language]}" for language, word in words.items()}
    return DemoPerson(
        _reference(practitioner), _name(practitioner), words, scenario, _language(practitioner), None
    )


def _client(organization: Resource, scenario: str | None) -> DemoPerson:
    return DemoPerson(_reference(organization), organization["name"], _WORDS[_SOFTWARE], scenario, "nl", None)


def _scenario(plans: list[_Document], *resources: Resource) -> str | None:
    return next((plan.name for plan in plans if plan.mentions(*resources)), None)


def _reference(resource: Resource) -> str:
    return f"{resource['resourceType']}/{resource['id']}"


def _name(resource: Resource) -> str:
    """The usual name where there is one; else prefix, given and family name."""
    names = {name["use"]: name for name in resource["name"]}
    if "usual" in names:
        return str(names["usual"]["text"])
    official = names["official"]
    return " ".join((*official.get("prefix", ()), *official["given"], official["family"]))


def _language(resource: Resource) -> str:
    spoken = resource["communication"][0]
    return str(spoken.get("language", spoken)["coding"][0]["code"])


_WORDS: Final = _words()

PEOPLE: Final = tuple(_people())

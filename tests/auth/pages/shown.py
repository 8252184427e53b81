"""Each page of the authorization server with something on it, for tests that look at all of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from dzop.auth.client import Client
from dzop.auth.pages.account import AllowedApp, OpenLogin, account_page
from dzop.auth.pages.choosing import (
    MOST,
    Means,
    Person,
    capacity_page,
    grouped,
    means_page,
    people_page,
    persons_page,
)
from dzop.auth.pages.consent import consent_page
from dzop.auth.pages.invitation import PROBLEMS as JOINING
from dzop.auth.pages.invitation import invitation_page, joined_page
from dzop.auth.pages.leaving import logged_out_page, logout_page
from dzop.auth.pages.message import MESSAGES, message_page
from dzop.auth.pages.page import Place, asked_in
from dzop.auth.pages.password import PROBLEMS, password_page
from dzop.auth.people import Described

HOSTILE = "<script>alert(1)</script>\"'&{name}\u202e"
LONG = "Sint-Genesius-" * 30
DAUGHTER = {"nl": "dochter", "fr": "fille", "de": "Tochter", "en": "daughter"}
AN = Described("RelatedPerson/an", "An Peeters", DAUGHTER)
JET = Described("Patient/jet", "Jet Peeters", {"nl": "82 jaar", "en": "82 years"})
ASKED = (
    *("openid", "fhirUser", "launch/patient", "online_access", "offline_access"),
    *("patient/*.rs", "patient/Goal.cruds", "patient/Task.cruds", "patient/Communication.cs"),
    *("user/Practitioner.rs", "user/Observation.rs?category=http://example.org/c|laboratory"),
    "user/Goal.ud?category=https://dzop.example/fhir/CodeSystem/goal-category|life-goal",
)
APP = Client(
    "app-1", ("https://app.example.org/back",), name="Dagboek", policy="https://app.example.org/policy"
)
NOW = datetime(2026, 11, 22, 10, 30, tzinfo=UTC)


def consent(place: Place, app: Client = APP, **changes: object) -> str:
    """The consent page, with `changes` of what it is given."""
    given = {
        "redirect_uri": app.redirect_uris[0],
        "scopes": ASKED,
        "who": AN,
        "person": JET,
        "is_dynamic": True,
        "offline_days": 90,
    }
    return consent_page(place, app, **{**given, **changes})  # type: ignore[arg-type]


def _people(place: Place) -> str:
    people = [
        Person("Patient/jet", "Jet Peeters", "82", "jet"),
        Person("RelatedPerson/an", "An Peeters", DAUGHTER, "jet"),
        Person("Practitioner/els", "Els", {"nl": "verpleegkundige", "en": "nurse"}),
    ]
    return people_page(place, grouped(people))


def _account(place: Place) -> str:
    logins = [OpenLogin("one", NOW, NOW, is_this=True), OpenLogin("two", NOW, NOW)]
    apps = [AllowedApp("app-1", "Dagboek", NOW, NOW), AllowedApp("app-2", "", NOW)]
    return account_page(place, "An Peeters", logins, apps)


PAGES: dict[str, Callable[[Place], str]] = {
    "people": _people,
    "means": lambda place: means_page(
        place, [Means("password"), Means("sandbox"), Means("am", "I.AM Connect")]
    ),
    "password": password_page,
    **{
        f"password, {problem}": lambda place, problem=problem: password_page(place, "an", problem, 15)
        for problem in PROBLEMS
    },
    "invitation": lambda place: invitation_page(place, "/auth/login?pending=sealed.text"),
    "invitation, known": lambda place: invitation_page(place, who="an.peeters"),
    **{
        f"invitation, {problem}": lambda place, problem=problem: invitation_page(
            place, code="x4kd-9m2p", name="an", problem_name=problem, minutes=15
        )
        for problem in JOINING
    },
    "joined": lambda place: joined_page(place, "/portal/"),
    "capacity": lambda place: capacity_page(place, [AN, JET]),
    "persons": lambda place: persons_page(place, [JET] * MOST),
    "persons, nobody": lambda place: persons_page(place, []),
    "persons, not found": lambda place: persons_page(place, [], "Jan"),
    "consent": consent,
    "consent, own plan": lambda place: consent(place, who=JET, is_dynamic=False),
    "consent, no plan": lambda place: consent(place, person=None, scopes=["user/*.cruds"]),
    "logout": lambda place: logout_page(place, "Dagboek"),
    "logged out": lambda place: logged_out_page(place, "/portal/"),
    "account": _account,
    "account, empty": lambda place: account_page(place, "An", [OpenLogin("one", NOW, NOW, is_this=True)], []),
    **{
        f"message, {name}": lambda place, name=name: message_page(Place(place.language), name)
        for name in MESSAGES
    },
}
"""By name: a page in a place."""


def place(language: str = "en") -> Place:
    return asked_in(language, "/auth", "/authorize", "sealed.text")

"""What is wrong with a Consent before it is stored, and what it will not do."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from consent.categories import ALL, CATEGORIES, mask
from consent.matrix import load
from consent.relations import GROUND, PROOF
from consent.validation import KINDS, kinds_of, remarks
from tests.consent.worlds import consent, extension, opening, provision

MATRIX = load()
LASTING = {"start": "2024-01-01", "end": "2024-12-31"}
NELE, RITA = "Practitioner/nele", "RelatedPerson/rita"
DOCUMENT = {"sourceReference": {"reference": "DocumentReference/d"}}
Body = dict[str, Any]


def settings(*lines: Body, **root: Any) -> Body:
    return consent("s", "settings", {"type": "permit", "provision": list(lines)} | root)


def mandate(**elements: Any) -> Body:
    designated = {"extension": [extension("mandate-ground", "designated")]}
    return consent("m", "mandate", provision("permit", [RITA])) | DOCUMENT | designated | elements


def relation(**elements: Any) -> Body:
    proven = {"extension": [extension("proof", "referral")]}
    body = provision("permit", [NELE], period=LASTING)
    return consent("t", "therapeutic-relation", body) | proven | elements


def carer_share(performer: str | None = RITA) -> Body:
    given = {"performer": [{"reference": performer}]} if performer else {}
    return consent("b", "carer-share", provision("permit", [NELE])) | given


def grant(*classes: str, actor: str = NELE, **elements: Any) -> Body:
    return consent("g", "grant", provision("permit", [actor], list(classes), period=LASTING) | elements)


def granting_nobody() -> Body:
    return consent("g", "grant", provision("permit", None, ["task"], period=LASTING))


def granting_words() -> Body:
    words = {"class": [{"display": "Taken"}]}
    return consent("g", "grant", provision("permit", [NELE], period=LASTING) | words)


def of_kind(kind: str, type: str, actor: str | None = NELE, period: Body | None = LASTING) -> Body:
    return consent("c", kind, provision(type, [actor] if actor else [], period=period))


def actor(**reference: Any) -> Body:
    return {"actor": [{"reference": reference}]}


def found(body: Body, **given: Any) -> list[tuple[str, str, str]]:
    return [(each.severity, each.code, each.expression) for each in remarks(body, MATRIX, **given)]


SOUND = {
    "sharing": of_kind("sharing", "permit", None, None),
    "no sharing": of_kind("sharing", "deny", None),
    "settings": settings(
        provision("deny", [NELE], ["task"], ["access"]),
        provision("permit", ["health-professional"], ["document"]),
        provision("deny", [NELE]),
    ),
    "exclusion": of_kind("exclusion", "deny", period=None),
    "exclusion of an organisation": of_kind("exclusion", "deny", "Organization/home"),
    "exclusion of a relative": of_kind("exclusion", "deny", RITA),
    "grant": grant("document"),
    "grant of an entry": grant(**opening("Goal/g")),
    "grant to an organisation": grant("appointment", actor="Organization/housing"),
    "case-management": of_kind("case-management", "permit"),
    "mandate": mandate(),
    "therapeutic-relation": relation(),
    "carer-share": carer_share(),
    "break-glass": of_kind("break-glass", "permit"),
    "by identifier": consent(
        "x", "exclusion", provision("deny") | actor(identifier={"system": "urn:nihdi", "value": "12345678"})
    ),
    "of another system": consent("w", "will", {}) | {"category": [{"coding": [{"code": "will"}]}]},
    "a proposal": grant("document") | {"status": "proposed"},
    "no longer in force": of_kind("grant", "deny") | {"status": "inactive"},
    "entered in error": of_kind("poem", "deny") | {"status": "entered-in-error"},
}


@pytest.mark.parametrize("name", SOUND)
def test_of_what_is_sound_there_is_nothing_to_say(name: str) -> None:
    assert [] == found(SOUND[name])


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_a_sound_example(kind: str) -> None:
    assert kind in {code for body in SOUND.values() for code in kinds_of(body)}


ROOT = "Consent.provision"
LINE = f"{ROOT}.provision[0]"
ERRORS: list[tuple[str, Body, str, str]] = [
    ("no kind we know", of_kind("poem", "permit"), "code-invalid", "Consent.category"),
    ("a kind without a code", of_kind("", "permit"), "code-invalid", "Consent.category"),
    (
        "two kinds",
        grant("task") | {"category": [*grant()["category"], *mandate()["category"]]},
        "business-rule",
        "Consent.category",
    ),
    ("no provision", {k: v for k, v in grant("task").items() if k != "provision"}, "required", ROOT),
    ("sharing that says neither", consent("c", "sharing", {}), "value", f"{ROOT}.type"),
    ("a draft that denies", of_kind("break-glass", "deny") | {"status": "draft"}, "value", f"{ROOT}.type"),
    ("settings that deny", settings(provision("deny"), type="deny"), "value", f"{ROOT}.type"),
    ("an exclusion that permits", of_kind("exclusion", "permit"), "value", f"{ROOT}.type"),
    ("an exclusion of nobody", of_kind("exclusion", "deny", None), "required", f"{ROOT}.actor"),
    (
        "a grant to nobody",
        granting_nobody(),
        "required",
        f"{ROOT}.actor",
    ),
    ("a grant of nothing", grant(), "required", f"{ROOT}.class"),
    ("a grant without end", grant("task", period={"start": "2024-01-01"}), "required", f"{ROOT}.period.end"),
    (
        "a case manager without end",
        of_kind("case-management", "permit", period=None),
        "required",
        f"{ROOT}.period.end",
    ),
    (
        "an organisation as case manager",
        of_kind("case-management", "permit", "Organization/o"),
        "value",
        f"{ROOT}.actor[0].reference",
    ),
    (
        "a mandate of a professional",
        consent("m", "mandate", provision("permit", [NELE])) | DOCUMENT,
        "value",
        f"{ROOT}.actor[0].reference",
    ),
    (
        "a mandate without document",
        {k: v for k, v in mandate().items() if k != "sourceReference"},
        "required",
        "Consent.sourceReference",
    ),
    ("the own mandate", mandate(performer=[{"reference": RITA}]), "business-rule", f"{ROOT}.actor[0]"),
    (
        "a ground we do not know",
        mandate(extension=[extension("mandate-ground", "luck")]),
        "code-invalid",
        f"Consent.extension('{GROUND}')",
    ),
    ("no proof", relation(extension=[]), "required", f"Consent.extension('{PROOF}')"),
    (
        "a proof we do not know",
        relation(extension=[extension("proof", "hearsay")]),
        "code-invalid",
        f"Consent.extension('{PROOF}')",
    ),
    ("somebody else's burden", carer_share("Patient/p"), "required", "Consent.performer"),
    ("nobody's burden", carer_share(None), "required", "Consent.performer"),
    (
        "a burden shared with an organisation",
        carer_share() | {"provision": provision("permit", ["Organization/o"])},
        "value",
        f"{ROOT}.actor[0].reference",
    ),
    (
        "a broken glass without start",
        of_kind("break-glass", "permit", period={"end": "2024-12-31"}),
        "required",
        f"{ROOT}.period.start",
    ),
    ("a category in words", granting_words(), "code-invalid", f"{ROOT}.class[0]"),
    ("an unknown category", grant("task", "poems"), "code-invalid", f"{ROOT}.class[1]"),
    (
        "an unknown action",
        settings(provision("deny", None, None, ["sing"])),
        "code-invalid",
        f"{LINE}.action[0]",
    ),
    (
        "an action in words",
        settings(provision("deny") | {"action": [{"text": "reading"}]}),
        "code-invalid",
        f"{LINE}.action[0]",
    ),
    ("a line that says neither", settings({}), "required", f"{LINE}.type"),
    (
        "nesting",
        settings(provision("permit") | {"provision": [provision("deny")]}),
        "structure",
        f"{LINE}.provision",
    ),
    ("a grant with lines", grant("task", provision=[provision("permit")]), "structure", LINE),
    (
        "an actor by display",
        settings(provision("deny") | actor(display="Nele")),
        "required",
        f"{LINE}.actor[0].reference",
    ),
    (
        "an actor without reference",
        settings(provision("deny") | {"actor": [{}]}),
        "required",
        f"{LINE}.actor[0].reference",
    ),
    (
        "an identifier without system",
        settings(provision("deny") | actor(identifier={"value": "1"})),
        "required",
        f"{LINE}.actor[0].reference",
    ),
    ("an unknown role", settings(provision("deny", ["poet"])), "code-invalid", f"{LINE}.actor[0].reference"),
    ("a grant to a role", grant("task", actor="informal-carer"), "value", f"{ROOT}.actor[0].reference"),
    (
        "an entry that is closed",
        settings(provision("deny", [NELE]) | opening("Goal/g")),
        "business-rule",
        f"{LINE}.data",
    ),
    (
        "an entry of a mandate",
        mandate(provision=provision("permit", [RITA]) | opening("Goal/g")),
        "business-rule",
        f"{ROOT}.data",
    ),
    ("an entry for nobody", settings(provision("permit") | opening("Goal/g")), "required", f"{LINE}.actor"),
    *[
        (
            f"what refers to an entry: {meaning}",
            settings(provision("permit", [NELE]) | opening("Goal/g", meaning=meaning)),
            "not-supported",
            f"{LINE}.data[0].meaning",
        )
        for meaning in ("dependents", "related", "authoredby")
    ],
    *[
        (f"a filter that is not read: {name}", grant("task", **{name: []}), "not-supported", f"{ROOT}.{name}")
        for name in ("securityLabel", "code", "dataPeriod")
    ],
]


@pytest.mark.parametrize(("body", "code", "place"), [e[1:] for e in ERRORS], ids=[e[0] for e in ERRORS])
def test_an_error_is_found_where_it_is_and_nothing_else(body: Body, code: str, place: str) -> None:
    assert [("error", code, place)] == found(body)


def test_what_may_not_be_given_away_is_named() -> None:
    expected = [("error", "forbidden", f"{ROOT}.class[1]")]
    assert expected == found(grant("document", "task"), share=mask(["document"]))


def test_a_permit_is_given_away_too_and_a_deny_is_not() -> None:
    body = settings(provision("deny", [NELE], ["task"]), provision("permit", [NELE], ["document"]))
    assert [("error", "forbidden", f"{ROOT}.provision[1].class[0]")] == found(body, share=0)


def test_everything_may_be_given_away_unless_told() -> None:
    assert remarks(grant(*CATEGORIES[:3]), MATRIX, ALL) == remarks(grant(*CATEGORIES[:3]), MATRIX)


RESEARCH = {"system": "http://terminology.hl7.org/CodeSystem/v3-ActReason", "code": "HRESCH"}


def lines_of(type: str, actor: str | None, category: str) -> Body:
    return settings(provision(type, [actor] if actor else None, [category], ["access"]))


WARNINGS: list[tuple[str, Body, str, str]] = [
    ("a mandate without ground", mandate(extension=[]), "incomplete", f"Consent.extension('{GROUND}')"),
    ("settings without lines", settings(), "incomplete", ROOT),
    ("settings with a class outside", settings(provision("deny"), **{"class": []}), "incomplete", ROOT),
    ("settings with an actor outside", settings(provision("deny"), actor=[]), "incomplete", ROOT),
    ("settings with an action outside", settings(provision("deny"), action=[]), "incomplete", ROOT),
    ("a burden in the settings", lines_of("deny", NELE, "carer-burden"), "business-rule", f"{LINE}.class"),
    ("sensitive beside an entry", grant("sensitive", **opening("Goal/g")), "business-rule", f"{ROOT}.class"),
    ("a burden in a grant", grant("carer-burden", "task"), "business-rule", f"{ROOT}.class"),
    (
        "research",
        settings(provision("deny") | {"purpose": [RESEARCH]}),
        "business-rule",
        f"{LINE}.purpose",
    ),
    ("the person in the settings", settings(provision("deny", ["Patient/p"])), "business-rule", f"{LINE}.actor[0]"),
    ("the person by role", settings(provision("deny", ["person"])), "business-rule", f"{LINE}.actor[0]"),
    ("nothing at all opens", lines_of("permit", NELE, "prem"), "business-rule", f"{LINE}.class"),
    ("nothing opens for a role", lines_of("permit", "case-manager", "consent"), "business-rule", f"{LINE}.class"),
    ("less opens for a role", lines_of("permit", "health-professional", "consent"), "business-rule", f"{LINE}.class"),
    ("nobody reads coordination", lines_of("permit", None, "coordination"), "business-rule", f"{LINE}.class"),
    ("an organisation reads no prem", lines_of("permit", "Organization/o", "prem"), "business-rule", f"{LINE}.class"),
]  # fmt: skip


@pytest.mark.parametrize(("body", "code", "place"), [e[1:] for e in WARNINGS], ids=[e[0] for e in WARNINGS])
def test_a_warning_is_given_where_it_belongs(body: Body, code: str, place: str) -> None:
    assert [("warning", code, place)] == found(body)


def reach(*actors: str, category: str) -> list[str]:
    body = settings(provision("permit", list(actors), [category]))
    return [each.text.split(": it opens ")[1] for each in remarks(body, MATRIX)]


@pytest.mark.parametrize(
    ("actors", "category", "expected"),
    [
        (["health-professional"], "document", []),
        (["health-professional"], "consent", ["only the entries that concern them for the actors it names"]),
        (["case-manager"], "consent", ["nothing for the actors it names"]),
        (["case-manager", "informal-carer"], "document", []),
        ([NELE], "sensitive", []),
        (["PractitionerRole/nele-home"], "prem", ["nothing for the actors it names"]),
        ([RITA], "prem", []),
        (["https://elsewhere.example/fhir/Practitioner/x"], "prem", ["nothing for the actors it names"]),
        ([], "document", []),
    ],
)
def test_the_ceiling_is_that_of_the_widest_role_they_may_have(
    actors: list[str], category: str, expected: list[str]
) -> None:
    assert expected == reach(*actors, category=category)


def test_who_is_named_by_identifier_may_be_anyone() -> None:
    somebody = actor(identifier={"system": "urn:ssin", "value": "1"})
    professional = actor(identifier={"system": "urn:nihdi", "value": "1"}, type="Practitioner")
    assert [[], [("warning", "business-rule", f"{LINE}.class")]] == [
        found(settings(provision("permit", None, ["prem"]) | each)) for each in (somebody, professional)
    ]


def test_a_permit_to_write_goes_past_no_ceiling() -> None:
    assert [] == found(settings(provision("permit", [NELE], ["prem"], ["collect"])))


def line(type: str, *actors: str, classes: list[str], actions: list[str] | None = None, **more: Any) -> Body:
    return provision(type, list(actors), classes, actions) | more


PERMIT = line("permit", NELE, classes=["document"])


@pytest.mark.parametrize(
    ("other", "contradicts"),
    [
        (line("deny", NELE, classes=["document"]), True),
        (line("deny", NELE, classes=["task", "document"]), True),
        (line("deny", RITA, NELE, classes=["document"], actions=["access"]), True),
        (line("permit", NELE, classes=["document"]), False),
        (line("deny", NELE, classes=["task"]), False),
        (line("deny", NELE, classes=[]), False),
        (line("deny", classes=["document"]), False),
        (line("deny", RITA, classes=["document"]), False),
        (line("deny", NELE, classes=["document"], period={"end": "2023-12-31"}), True),
    ],
)
def test_a_permit_and_a_deny_of_one_rank_contradict(other: Body, contradicts: bool) -> None:
    expected = [("warning", "conflict", LINE)] if contradicts else []
    assert expected == found(settings(PERMIT, other))


@pytest.mark.parametrize(
    ("one", "other", "contradicts"),
    [
        ({"actions": ["access"]}, {"actions": ["collect"]}, False),
        ({"actions": ["access", "correct"]}, {"actions": ["correct"]}, True),
        ({"period": {"end": "2024-05-31"}}, {"period": {"start": "2024-06-01"}}, False),
        ({"period": {"end": "2024-06-01"}}, {"period": {"start": "2024-06-01"}}, True),
        ({"classes": []}, {"classes": []}, True),
    ],
)
def test_what_does_not_meet_does_not_contradict(one: Body, other: Body, contradicts: bool) -> None:
    classes = {"classes": ["document"]}
    body = settings(line("permit", NELE, **classes | one), line("deny", NELE, **classes | other))
    assert ([("warning", "conflict", LINE)] if contradicts else []) == found(body)


def test_everyone_is_an_actor_too() -> None:
    body = settings(line("permit", classes=["document"]), line("deny", classes=["document"]))
    assert [("warning", "conflict", LINE)] == found(body)


def test_the_outer_period_bounds_the_lines() -> None:
    early = settings(line("deny", NELE, classes=["document"]), period={"end": "2023-12-31"})
    late = settings(PERMIT, period={"start": "2024-01-01"})
    assert [] == found(late, others=[early])


def test_the_other_settings_are_of_the_same_list() -> None:
    other = settings(line("deny", NELE, classes=["document"]))
    assert [("warning", "conflict", LINE)] == found(settings(PERMIT), others=[other])


def test_the_remark_is_about_what_is_being_written() -> None:
    harmless = provision("deny", [RITA], ["task"])
    ours = settings(harmless, line("deny", NELE, classes=["document"]))
    expected = [("warning", "conflict", f"{ROOT}.provision[1]")]
    assert expected == found(ours, others=[settings(PERMIT)])


def test_the_same_reference_in_another_form_is_the_same_actor() -> None:
    absolute = line("deny", f"https://dzop.example/fhir/{NELE}", classes=["document"])
    assert [("warning", "conflict", LINE)] == found(settings(PERMIT, absolute))


def test_a_contradiction_among_others_is_theirs() -> None:
    other = settings(line("deny", RITA, classes=["document"]), line("permit", RITA, classes=["document"]))
    assert [] == found(settings(PERMIT), others=[other])


def test_an_entry_that_is_opened_contradicts_nothing() -> None:
    body = settings(line("deny", NELE, classes=[]), provision("permit", [NELE]) | opening("Goal/g"))
    assert [] == found(body)


def test_errors_come_alone() -> None:
    body = settings(provision("permit", [NELE], ["carer-burden", "poems"]))
    assert ["error"] == [each.severity for each in remarks(body, MATRIX)]


WORDS = tomllib.loads((Path(__file__).parent / "remarks.toml").read_text())


@pytest.mark.parametrize(("name", "body"), [each[:2] for each in ERRORS + WARNINGS])
def test_a_remark_is_one_sentence_that_tells_how_to_mend(name: str, body: Body) -> None:
    (remark,) = remarks(body, MATRIX)
    assert WORDS[name] == remark.text


def test_a_category_that_may_not_be_given_away_is_told() -> None:
    (remark,) = remarks(grant("task"), MATRIX, share=0)
    assert remark.text == "you may not give away `task`: leave it out"


def test_a_contradiction_is_told() -> None:
    (remark,) = remarks(settings(PERMIT, line("deny", NELE, classes=["document"])), MATRIX)
    expected = "a permit and a deny here are equally specific: the deny decides; leave out one of them"
    assert expected == remark.text

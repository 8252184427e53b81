"""What the portal offers to whom, by what is seen of a plan: its own script, asked in a browser."""

from typing import Any

from e2e.portal_pages import Visit
from resources import consent, entity, participant, provision

PERSON, CARER, NURSE = "Patient/x", "RelatedPerson/carer", "Practitioner/nurse"
AGREEMENT = "https://dzop.example/fhir/StructureDefinition/member-agreement"
GROUND = "https://dzop.example/fhir/StructureDefinition/mandate-ground"
OFFICES = """async cases => {
    const [{ Plan }, { officesOf }] = await Promise.all([import("/portal/plan.js"), import("/portal/offices.js")]);
    const empty = { goals: [], tasks: [], messages: [], appointments: [], consents: [], teams: [], plans: [{}] };
    const now = new Date("2026-06-01T12:00:00Z");
    const held = ({ user, ...seen }) => {
        const others = [seen.patient].filter(Boolean);
        const offices = officesOf(new Plan({ ...empty, id: "x", others, ...seen }), user, now);
        return Object.keys(offices).filter((office) => offices[office]);
    };
    return Object.fromEntries(Object.entries(cases).map(([name, each]) => [name, held(each)]));
}"""


def born(date: str, **elements: Any) -> dict[str, Any]:
    return entity(PERSON, birthDate=date, **elements)


def mandate(ground: str, start: str = "2026-01-01", **end: str) -> list[dict[str, Any]]:
    given = provision("permit", (CARER,), period={"start": start, **end})
    why = {"extension": [{"url": GROUND, "valueCode": ground}]}
    return [consent("Consent/x", "mandate", PERSON, given, **why)]


def coordinator(agreement: str, **elements: Any) -> list[dict[str, Any]]:
    said = {"extension": [{"url": AGREEMENT, "valueCode": agreement}]}
    return [
        entity("CareTeam/x", participant=[participant(NURSE, "care-coordinator", **{**said, **elements})])
    ]


ADULT, GROWN, YOUNG = born("1944-03-17"), born("2010-06-01"), born("2010-06-02")
CASES: dict[str, tuple[dict[str, Any], list[str]]] = {
    "the person": ({"user": PERSON, "patient": ADULT}, ["writes", "decides"]),
    "who is sixteen today": ({"user": PERSON, "patient": GROWN}, ["writes", "decides"]),
    "who is sixteen tomorrow": ({"user": PERSON, "patient": YOUNG}, ["writes"]),
    "who has died": ({"user": PERSON, "patient": born("1944", deceasedBoolean=True)}, []),
    "who has no plan": ({"user": PERSON, "patient": ADULT, "plans": []}, []),
    "a representative": (
        {"user": CARER, "patient": ADULT, "consents": mandate("designated")},
        ["writes", "decides"],
    ),
    "a mandate that is over": (
        {"user": CARER, "patient": ADULT, "consents": mandate("designated", end="2026-05-31")},
        ["writes"],
    ),
    "a mandate of somebody else": (
        {"user": NURSE, "patient": ADULT, "consents": mandate("designated")},
        ["writes"],
    ),
    "a parent of a child": (
        {"user": CARER, "patient": YOUNG, "consents": mandate("parenthood")},
        ["writes", "decides"],
    ),
    "a parent of who is sixteen": (
        {"user": CARER, "patient": GROWN, "consents": mandate("parenthood")},
        ["writes"],
    ),
    "a guardian of who is sixteen": (
        {"user": CARER, "patient": GROWN, "consents": mandate("guardianship")},
        ["writes", "decides"],
    ),
    "the coordinator": (
        {"user": NURSE, "patient": ADULT, "teams": coordinator("agreed")},
        ["writes", "coordinates"],
    ),
    "who wants to coordinate": (
        {"user": NURSE, "patient": ADULT, "teams": coordinator("proposed")},
        ["writes"],
    ),
    "who coordinated": (
        {
            "user": NURSE,
            "patient": ADULT,
            "teams": coordinator("agreed", period={"end": "2026-05-31"}),
        },
        ["writes"],
    ),
    "a neighbour who sees no person": ({"user": CARER}, ["writes"]),
}


def test_the_portal_offers_what_follows_from_the_office_of_its_user(visit: Visit) -> None:
    found = visit().evaluate(OFFICES, {name: seen for name, (seen, _) in CASES.items()})
    assert {name: offices for name, (_, offices) in CASES.items()} == found

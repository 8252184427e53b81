"""What the questions of R4 are asked of: the values of its own worked examples, about two persons."""

from __future__ import annotations

from typing import Any

from resources import Resource, concept, entity, ref

LOINC = "http://loinc.org"
UCUM = "http://unitsofmeasure.org"
MRN = "http://hospital.example/mrn"
OTHER = "http://elsewhere.example/ids"
SET = "http://conformance.example/set"
TYPES = "http://terminology.hl7.org/CodeSystem/v2-0203"
P, Q = "Patient/r4-p", "Patient/r4-q"
FORM = "http://conformance.example/Questionnaire/form"


def observation(name: str, **elements: Any) -> Resource:
    """An Observation of the first person in the set of this name."""
    usual = {"status": "final", "code": concept(LOINC, "8302-2"), "subject": ref(P)}
    group = name.partition("-")[0]
    return entity(
        f"Observation/r4-{name}", **{"meta": {"tag": [{"system": SET, "code": group}]}, **usual, **elements}
    )


def dated(name: str, value: str | Resource) -> Resource:
    return observation(
        f"date-{name}", **{"effectivePeriod" if isinstance(value, dict) else "effectiveDateTime": value}
    )


def measured(name: str, value: float, code: str = "mg", **elements: Any) -> Resource:
    return observation(
        f"quantity-{name}",
        valueQuantity={"value": value, "unit": code, "system": UCUM, "code": code, **elements},
    )


def pressure(name: str, systolic: float, diastolic: float) -> Resource:
    def component(code: str, value: float) -> Resource:
        quantity = {"value": value, "unit": "mmHg", "system": UCUM, "code": "mm[Hg]"}
        return {"code": concept(LOINC, code), "valueQuantity": quantity}

    parts = [component("8480-6", systolic), component("8462-4", diastolic)]
    return observation(f"pressure-{name}", code=concept(LOINC, "85354-9"), component=parts)


def goal(name: str, **elements: Any) -> Resource:
    usual = {"lifecycleStatus": "active", "description": {"text": "Walk"}, "subject": ref(P)}
    return entity(f"Goal/r4-{name}", **{**usual, **elements})


def task(name: str, **elements: Any) -> Resource:
    return entity(f"Task/r4-{name}", **{"status": "requested", "intent": "plan", "for": ref(P), **elements})


NARRATIVE = {
    "status": "generated",
    "div": '<div xmlns="http://www.w3.org/1999/xhtml">Metastasis of the bone</div>',
}
WORLD = [
    entity(
        P,
        identifier=[
            {"system": MRN, "value": "446053", "type": concept(TYPES, "MR")},
            {"system": OTHER, "value": "a|b,c$d"},
        ],
        active=True,
        name=[{"family": "Van den Broeck", "given": ["Éva", "Anne-Marie"]}],
        gender="female",
        birthDate="1974-12-25",
        telecom=[{"system": "phone", "value": "+32 2 555 01 01"}, {"system": "email", "value": "eva@x.example"}],
        address=[{"line": ["Kerkstraat 1"], "city": "Gent", "postalCode": "9000", "country": "BE"}],
        deceasedBoolean=False,
    ),
    entity(
        Q,
        identifier=[{"value": "446053"}],
        name=[{"family": "Eve", "given": ["Severine"]}],
        birthDate="1974-12",
        deceasedDateTime="2020-02-01",
        generalPractitioner=[ref("Practitioner/r4-doctor")],
    ),
    entity("Practitioner/r4-doctor", active=True, name=[{"family": "Dokter"}]),
    dated("day", "2013-01-14"),
    dated("midnight", "2013-01-14T00:00:00+01:00"),
    dated("ten", "2013-01-14T10:00:00+01:00"),
    dated("next", "2013-01-15T00:00:00+01:00"),
    dated("on21", {"start": "2013-01-21"}),
    dated("on15", {"start": "2013-03-15"}),
    dated("until21", {"end": "2013-01-21"}),
    dated("march", "2013-03-14"),
    dated("later", "2015-06-15"),
    measured("54", 5.4),
    measured("540", 5.40),
    measured("535", 5.35),
    measured("545", 5.45),
    measured("gram", 0.0054, "g"),
    measured("six", 6),
    observation("quantity-plain", valueQuantity={"value": 5.4, "unit": "mg"}),
    observation("quantity-other", valueQuantity={"value": 5.4, "system": OTHER, "code": "mg"}),
    *(observation(f"integer-{value}", valueInteger=value) for value in (94, 95, 99, 100, 101, 104, 105)),
    pressure("high", 150, 80),
    pressure("low", 110, 95),
    observation("token-both", code={"coding": [{"system": LOINC, "code": "1-8"}], "text": "Body Height"}),
    observation("token-other", code=concept(OTHER, "1-8")),
    observation("token-free", code={"coding": [{"code": "1-8"}]}),
    observation("token-prelim", status="preliminary", code={"text": "headache"}, text=NARRATIVE),
    goal("plain", startDate="2026-03-01"),
    goal("home", startDate="2026-01-01", description={"text": "Naar huis"}),
    goal("none", lifecycleStatus="proposed"),
    task("parent", code={"text": "Care"}, focus=ref("Goal/r4-plain"), priority="urgent"),
    task("child", partOf=[ref("Task/r4-parent")], owner=ref("Practitioner/r4-doctor")),
    task("grandchild", partOf=[ref("Task/r4-child")]),
    task("logical", owner={"identifier": {"system": MRN, "value": "gp-7"}}),
    entity(
        "List/r4-list",
        status="current",
        mode="working",
        subject=ref(P),
        entry=[{"item": ref("Goal/r4-plain")}, {"item": ref("Task/r4-parent")}],
    ),
    entity("Questionnaire/r4-form", url=FORM, version="1.0", status="active", title="Form"),
    entity(
        "QuestionnaireResponse/r4-answer", status="completed", questionnaire=f"{FORM}|1.0", subject=ref(P)
    ),
    entity("QuestionnaireResponse/r4-answer-2", status="completed", questionnaire=FORM, subject=ref(P)),
]  # fmt: skip  # fmt: skip

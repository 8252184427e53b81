"""P5: Marc, 58, French-speaking in Brussels, comes home from hospital after a stroke.

Step 6, the exchange with another system, is in test_between_systems.py.
"""

from __future__ import annotations

from typing import Any

import pytest
from journeys.scene import Scene, scene
from resources import (
    Resource,
    bundle,
    communication,
    concept,
    entity,
    goal,
    ours,
    post,
    ref,
    task,
)
from serving import Server

CLASS = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
DISCHARGE = concept("http://loinc.org", "18842-5")


@pytest.fixture
def marc(server: Server) -> Scene:
    made = scene(
        server,
        family={"claire": "informal-carer"},
        professionals={
            "gp": "general-practitioner",
            "nurse": "health-professional",
            "physio": "health-professional",
            "hospital": "hospital-sender",
        },
        language="fr",
        birth="1968-02-03",
    )
    made.store(
        goal(made.ref("Goal", "cooking"), made.patient, "life-goal", expressedBy=ref(made.patient)),
        goal(made.ref("Goal", "hand"), made.patient),
        communication(made.ref("Communication", "journal"), made.patient, "journal", made.patient),
        communication(
            made.ref("Communication", "message"), made.patient, "message", made.cast["gp"], made.cast["nurse"]
        ),
    )
    return made


def letter(made: Scene) -> Resource:
    return entity(
        made.ref("DocumentReference", "letter"),
        status="current",
        type=DISCHARGE,
        subject=ref(made.patient),
        author=[ref(made.cast["hospital"])],
        content=[
            {"attachment": {"contentType": "application/pdf", "url": "https://hospital.example/letter.pdf"}}
        ],
    )


def diagnosis(made: Scene) -> Resource:
    return {"resourceType": "Condition", "code": {"text": "AVC"}, "subject": ref(made.patient)}


def stay(made: Scene, **elements: Any) -> Resource:
    return entity(
        made.ref("Encounter", "stay"),
        **{
            "status": "finished",
            "subject": ref(made.patient),
            "class": {"system": CLASS, "code": "IMP"},
            "period": {"start": "2026-11-01", "end": "2026-11-20"},
            **elements,
        },
    )


def tasks(made: Scene, name: str, **asked: str) -> list[Resource]:
    found = made.client(name).get("/Task", params={"patient": made.patient, **asked}).json()
    return [each["resource"] for each in found.get("entry", ())]


def test_1_the_hospital_sends_its_letter_and_no_second_file(marc: Scene) -> None:
    marc.write("hospital", letter(marc))
    few = bundle("transaction", *[post(diagnosis(marc)) for _ in range(3)])
    whole = bundle("transaction", *[post(diagnosis(marc)) for _ in range(40)])
    hospital = marc.client("hospital")
    procedure = {"resourceType": "Procedure", "status": "completed", "subject": ref(marc.patient)}
    assert [
        hospital.post("/", json=few).status_code,
        hospital.post("/", json=whole).status_code,
        hospital.post("/Procedure", json=procedure).status_code,
    ] == [200, 422, 422]
    marc.sees("gp", marc.ref("DocumentReference", "letter"))
    marc.misses("claire", marc.ref("DocumentReference", "letter"))


def test_2_the_hospital_gives_and_does_not_look_on(marc: Scene) -> None:
    marc.misses("hospital", marc.ref("Communication", "journal"), marc.ref("Communication", "message"))
    marc.misses("hospital", marc.ref("Goal", "cooking"))
    marc.write("hospital", letter(marc))
    team = marc.read("person", marc.ref("CareTeam", "team"))
    ended = [
        {**each, "period": {**each["period"], "end": "2026-11-20"}}
        if each["member"]["reference"] == marc.cast["hospital"]
        else each
        for each in team["participant"]
    ]
    marc.write("person", {**team, "participant": ended}, 200)
    marc.misses(
        "hospital",
        marc.ref("Goal", "hand"),
        marc.ref("CarePlan", "plan"),
        marc.ref("CareTeam", "team"),
        marc.ref("DocumentReference", "letter"),
        marc.patient,
    )


def test_3_coming_home_is_a_pivotal_moment_with_a_list_of_what_is_to_be_seen_to(marc: Scene) -> None:
    marc.write("hospital", stay(marc))
    (consultation,) = tasks(marc, "gp", code="team-consultation")
    listed = tasks(marc, "gp", **{"part-of": f"Task/{consultation['id']}"})
    kinds = {coding["code"] for each in listed for coding in each["code"]["coding"]}
    assert kinds >= {"medication-review", "aid-request", "home-visit"}
    assert consultation["reasonCode"]["coding"][0]["code"] == "hospital-discharge"
    asked = [f"Task/{each['id']}" for each in (consultation, *listed)]
    for name in ("person", "claire", "nurse"):
        marc.sees(name, *asked, marc.ref("Encounter", "stay"))
    marc.misses("hospital", *asked)


def test_4_the_software_of_the_gp_takes_up_what_is_asked_and_is_told_when_it_is_late(marc: Scene) -> None:
    asked = marc.ref("Task", "review")
    marc.write(
        "nurse",
        task(asked, marc.patient, owner=ref(marc.cast["gp"]), requester=ref(marc.cast["nurse"])),
    )
    (found,) = tasks(marc, "gp", owner=marc.cast["gp"], status="requested")
    gp, etag = marc.client("gp"), {"If-Match": f'W/"{found["meta"]["versionId"]}"'}
    taken = gp.put(f"/{asked}", json={**found, "status": "accepted"}, headers=etag)
    late = gp.put(f"/{asked}", json={**found, "status": "in-progress"}, headers=etag)
    assert (taken.status_code, late.status_code) == (200, 412)
    told = (
        marc.client("nurse").get("/Communication", params={"patient": marc.patient, "_sort": "-sent"}).json()
    )
    newest = told["entry"][0]["resource"]
    assert (newest["about"], newest["topic"]["coding"][0]["code"]) == ([ref(asked)], "task-accepted")


def test_5_what_a_tablet_sends_again_is_there_once(marc: Scene) -> None:
    system, days = "https://tablet.example/measured", ("2026-11-20", "2026-11-21", "2026-11-22")
    measured = [
        post(
            {
                "resourceType": "Observation",
                "identifier": [{"system": system, "value": f"{marc.mark}-{day}"}],
                "status": "final",
                "category": [ours("data-category", "needs-assessment")],
                "code": {"text": "Force de la main"},
                "subject": ref(marc.patient),
                "performer": [ref(marc.cast["physio"])],
                "effectiveDateTime": f"{day}T09:00:00+01:00",
                "valueInteger": 3,
            },
            ifNoneExist=f"identifier={system}|{marc.mark}-{day}",
        )
        for day in days
    ]
    answers = [
        marc.client("physio").post("/", json=bundle("transaction", *measured)).json() for _ in range(2)
    ]
    found = marc.client("gp").get("/Observation", params={"patient": marc.patient, "_sort": "date"}).json()
    resources = [each["resource"] for each in found["entry"]]
    assert [[each["response"]["status"][:3] for each in answer["entry"]] for answer in answers] == [
        ["201"] * 3, ["200"] * 3,
    ]  # fmt: skip
    # When it was measured stays as it was; when it came in is told beside it.
    assert [each["effectiveDateTime"][:10] for each in resources] == [*days]
    assert [each["meta"]["lastUpdated"] > each["effectiveDateTime"] for each in resources] == [True] * 3


def test_7_he_reads_in_french_and_his_wife_in_plain_words(marc: Scene) -> None:
    cooking = marc.client("person").get(
        f"/{marc.ref('Goal', 'cooking')}?_display=all", headers={"Accept-Language": "fr-BE"}
    )
    assert cooking.json()["category"][0]["coding"][0]["display"] == "objectif de vie"
    said = '<div xmlns="http://www.w3.org/1999/xhtml">Marc rentre à la maison.</div>'
    report = entity(
        marc.ref("Composition", "report"),
        status="final",
        type=ours("document-kind", "mdo-report"),
        category=[ours("data-category", "shared-note")],
        subject=ref(marc.patient),
        date="2026-11-21",
        author=[ref(marc.cast["gp"])],
        title="Concertation",
        section=[
            {"code": ours("report-section", "plain-words"), "text": {"status": "generated", "div": said}}
        ],
    )
    marc.write("gp", report)
    read = marc.read("claire", marc.ref("Composition", "report"))
    assert read["section"][0]["text"]["div"] == said


def test_8_what_is_told_has_no_content_of_its_own(marc: Scene) -> None:
    asked, secret = marc.ref("Task", "secret"), "Injections contre la douleur"
    marc.write(
        "nurse",
        task(
            asked,
            marc.patient,
            owner=ref(marc.cast["gp"]),
            requester=ref(marc.cast["nurse"]),
            description=secret,
        ),
    )
    marc.change("gp", asked, status="accepted")
    told = marc.client("nurse").get("/Communication", params={"patient": marc.patient}).text
    assert ("task-accepted" in told, secret in told) == (True, False)

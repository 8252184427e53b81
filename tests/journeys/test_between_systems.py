"""The steps of the scenarios that take another system: P3.7 and P5.6 a hub, P4.5 another service like this one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from journeys.scene import Scene, coordinated_by, events, scene
from resources import (
    NIHDI,
    Resource,
    communication,
    concept,
    consent,
    entity,
    goal,
    nihdi,
    participant,
    provision,
    ref,
    task,
)
from serving import Server, Service, eventually, in_process

from tests.exchange.served_hub import Hub

PARTNER = "Organization/hub"
ACTION = "http://terminology.hl7.org/CodeSystem/consentaction"


@pytest.fixture(scope="module")
def hub() -> Iterator[Hub]:
    hub = Hub()
    hub.up()
    yield hub
    hub.down()


@pytest.fixture(scope="module")
def elsewhere(database: str, hub: Hub, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service where nobody of these stories is known, and that exchanges with the hub."""
    folder = tmp_path_factory.mktemp("elsewhere")
    with in_process(database, folder, partners=hub.partners(folder)) as service:
        yield service


def joined_by_the_hub(made: Scene, hub: Hub) -> str:
    """The hub joins the team, and knows the person; the person's national number."""
    team = made.read("system", made.ref("CareTeam", "team"))
    number: str = made.read("system", made.patient)["identifier"][0]["value"]
    hub.knows(number)
    joined = [*team["participant"], participant(PARTNER, "system-client")]
    made.store(entity(PARTNER, active=True, name="Hub"), {**team, "participant": joined})
    eventually(lambda: hub.state.newest(number, "CareTeam"))
    return number


def numbered(made: Scene, name: str) -> str:
    """A professional of the cast gets the number by which other systems know them."""
    number = nihdi("004")
    known = made.read("system", made.cast[name])
    made.store({**known, "identifier": [{"system": NIHDI, "value": number}]})
    return number


def everything(made: Scene, name: str) -> dict[str, Resource]:
    """All that somebody sees of the person, by reference, without what a server says of its own copy."""
    found = made.client(name).get(f"/{made.patient}/$everything").json()
    kept = [{**each["resource"]} for each in found["entry"] if each["search"]["mode"] == "match"]
    for each in kept:
        del each["meta"]
    return {f"{each['resourceType']}/{each['id']}": each for each in kept}


def test_p3_7_what_nina_withdraws_goes_to_no_other_system_and_her_log_says_so(
    elsewhere: Service, hub: Hub
) -> None:
    made = scene(elsewhere, professionals={"gp": "general-practitioner"})
    nina, medicines = joined_by_the_hub(made, hub), made.ref("Goal", "medicines")
    made.write("gp", goal(medicines, made.patient, description={"text": "Elke dag innemen"}))
    eventually(lambda: hub.has(nina, "Elke dag innemen"))

    kept = provision("deny", (PARTNER,), action=[concept(ACTION, "disclose")])
    withdrawn = consent(
        made.ref("Consent", "hub"), "settings", made.patient, {"type": "permit", "provision": [kept]}
    )
    made.write("person", withdrawn)
    made.change("gp", medicines, description={"text": "Twee dagen zonder"})
    refused = eventually(lambda: events(made, "person", agent=PARTNER, outcome="4"))
    assert (refused[0]["action"], hub.has(nina, "Elke dag innemen")) == ("R", True)
    said = events(made, "person", agent=made.patient, entity=made.ref("Consent", "hub"))
    assert [each["subtype"][0]["code"] for each in said] == ["create"]

    made.write("person", {**withdrawn, "status": "inactive"}, 200)
    eventually(lambda: hub.has(nina, "Twee dagen zonder"))


def test_p4_5_what_yassine_takes_with_him_is_the_same_where_he_brings_it(
    server: Server, elsewhere: Service
) -> None:
    here = scene(
        server,
        family={"father": "informal-carer"},
        professionals={"gp": "general-practitioner", "therapist": "health-professional"},
    )
    alone, flat, page = here.ref("Goal", "alone"), here.ref("Goal", "flat"), here.ref("Communication", "page")
    report, move = here.ref("Communication", "report"), here.ref("Task", "move")
    here.write("person", goal(alone, here.patient, "life-goal", expressedBy=ref(here.patient)))
    here.write("person", communication(page, here.patient, "journal", here.patient))
    here.write("therapist", goal(flat, here.patient, "support-goal"))
    here.write("therapist", communication(report, here.patient, "shared-note", here.cast["therapist"]))
    here.write("gp", task(move, here.patient, focus=ref(flat), owner=ref(here.cast["father"])))
    taken = everything(here, "person")

    there = replace(here, server=elsewhere)
    there.store(*taken.values())
    assert everything(there, "person") == taken
    there.sees("person", *taken)
    there.sees("father", move, flat, report)
    there.misses("father", page)


def test_p5_6_what_another_system_changes_comes_in_and_two_changes_at_odds_are_for_the_coordinator(
    elsewhere: Service, hub: Hub
) -> None:
    made = scene(
        elsewhere,
        family={"claire": "informal-carer"},
        professionals={
            "gp": "general-practitioner",
            "physio": "health-professional",
            "hospital": "hospital-sender",
        },
        language="fr",
    )
    coordinated_by(made, "gp")
    marc, physio = joined_by_the_hub(made, hub), numbered(made, "physio")
    hand, said = made.ref("Goal", "hand"), made.client("person")
    made.write("physio", goal(hand, made.patient, description={"text": "Tenir un couteau"}))
    eventually(lambda: hub.has(marc, "Tenir un couteau"))

    hub.changed(marc, physio, description={"text": "Couper une pomme"})
    eventually(lambda: said.get(f"/{hand}").json()["description"]["text"] == "Couper une pomme")
    who = [each["agent"] for each in events(made, "person", entity=hand, action="U")]
    assert [made.cast["physio"] in str(each) for each in who] == [True]
    made.sees("claire", hand)

    hub.down()
    made.change("physio", hand, description={"text": "Couper du pain"})
    hub.changed(marc, physio, description={"text": "Couper un oignon"})
    hub.up()
    at_odds = {"patient": made.patient, "topic": "exchange-conflict"}
    gp = made.client("gp")
    (told,) = eventually(lambda: gp.get("/Communication", params=at_odds).json().get("entry"))
    notice = told["resource"]
    assert (notice["about"], notice["recipient"], "oignon" in str(notice)) == (
        [ref(hand)], [ref(made.cast["gp"])], False,
    )  # fmt: skip
    for name in ("physio", "claire", "hospital"):
        made.misses(name, f"Communication/{notice['id']}")
    assert made.read("person", hand)["description"]["text"] == "Couper du pain"

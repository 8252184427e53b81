"""What a printed plan says: each section with the lines that belong there, in order, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from goals import link
from papers import PERSON, PLAN, lines, notes, paper, section
from resources import DZOP, Resource, entity, goal, ours, ref, task

from dzop.plan.paper.around import Party

RELATED = "http://hl7.org/fhir/StructureDefinition/goal-relationship"
AGREEMENT = f"{DZOP}/StructureDefinition/member-agreement"
BLANK = "telephone ...................."
"""Where no number is known: room to write one."""
AN, KATRIEN = "RelatedPerson/an", "Practitioner/katrien"


def serving(id: str, above: str, text: str) -> Resource:
    """A goal that serves another."""
    link = {"url": RELATED, "extension": [{"url": "target", "valueReference": ref(f"Goal/{above}")}]}
    return goal(f"Goal/{id}", PERSON, extension=[link], description={"text": text})


def life(id: str, text: str, **elements: Any) -> Resource:
    return goal(f"Goal/{id}", PERSON, "life-goal", description={"text": text}, **elements)


def about_me(topic: str, text: str) -> Resource:
    parts = [{"url": "topic", "valueCode": topic}, {"url": "text", "valueString": text}]
    told = [{"url": f"{DZOP}/StructureDefinition/about-me", "extension": parts}]
    return entity(PERSON, name=[{"text": "Jet"}], extension=told)


def team(*participants: Resource, **elements: Any) -> Resource:
    return entity(
        "CareTeam/team",
        status="active",
        subject=ref(PERSON),
        participant=list(participants),
        **elements,
    )


def member(reference: str, role: str, state: str = "agreed", **elements: Any) -> Resource:
    agreed = [{"url": AGREEMENT, "valueCode": state}]
    return {"extension": agreed, "member": ref(reference), "role": [ours("role", role)], **elements}


def person(reference: str, name: str, *phones: str, **elements: Any) -> Resource:
    telecom = [{"system": "phone", "value": each} for each in phones]
    return entity(reference, name=[{"text": name}], **({"telecom": telecom} if phones else {}), **elements)


# -- the paper as a whole ------------------------------------------------------------------------------------


def test_the_sections_stand_in_the_order_of_their_code_system() -> None:
    assert [each.code for each in paper().sections] == [
        "what-matters", "goals", "tasks", "appointments", "agreements", "scores", "team", "who-may-see", "emergency",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("nl", "Kopie van 22 november 2026 om 20.30 uur"),
        ("fr", "Copie du 22 novembre 2026 à 20 h 30"),
        ("de", "Kopie vom 22. November 2026 um 20.30 Uhr"),
        ("en", "Copy of 22 November 2026 at 20:30"),
    ],
)
def test_every_page_says_of_when_it_is(language: str, expected: str) -> None:
    assert paper(language=language).copy == expected


def test_it_says_who_printed_it() -> None:
    assert paper(reader="Dr. Maes").preface[0] == "Printed on 22 November 2026 at 20:30 by Dr. Maes."


def test_where_there_is_nothing_that_is_said() -> None:
    assert section("tasks").remark == "There is nothing to show here now."


def test_a_person_without_a_name_is_called_as_the_plan_does() -> None:
    plan = entity(PLAN, status="active", subject={**ref(PERSON), "display": "Jet P."})
    assert paper(entity(PERSON), plan).title == "The plan of Jet P."


def test_a_plan_that_names_its_person_by_number_only_is_about_the_person_there_is() -> None:
    plan = entity(PLAN, status="active", subject={"identifier": {"system": "urn:x", "value": "1"}})
    assert paper(plan).title == "The plan of Jet"


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("draft", "This plan is still a draft: it is not agreed yet."),
        ("on-hold", "This plan is on hold."),
        ("revoked", "This plan was stopped."),
        ("completed", "This plan is completed."),
        ("entered-in-error", "This plan was entered by mistake."),
    ],
)
def test_a_plan_that_is_not_simply_going_on_says_so_first(status: str, expected: str) -> None:
    assert paper(entity(PLAN, status=status, subject=ref(PERSON))).standing == (expected,)


GOES_ON = "The plan itself goes on: ask for a new copy now and then."


@pytest.mark.parametrize(
    ("status", "expected"), [("active", True), ("on-hold", True), ("completed", False), ("revoked", False)]
)
def test_only_a_plan_that_goes_on_says_that_it_does(status: str, expected: bool) -> None:
    assert (GOES_ON in paper(entity(PLAN, status=status, subject=ref(PERSON))).preface) is expected


@pytest.mark.parametrize(
    ("died", "expected"),
    [
        ({"deceasedBoolean": True}, "Jet has died."),
        ({"deceasedDateTime": "2026-11-20"}, "Jet died on 20 November 2026."),
    ],
)
def test_of_who_has_died_that_is_told_first_and_nobody_is_to_be_called(died: Resource, expected: str) -> None:
    found = paper(entity(PERSON, name=[{"text": "Jet"}], **died))
    assert (found.standing, GOES_ON in found.preface, found.sections[-1].code) == (
        (expected,),
        False,
        "who-may-see",
    )


@pytest.mark.parametrize("alive", [{"deceasedBoolean": False}, {"deceasedDateTime": "2027-01-01"}])
def test_of_who_is_alive_nothing_is_told_of_dying(alive: Resource) -> None:
    assert GOES_ON in paper(entity(PERSON, name=[{"text": "Jet"}], **alive)).preface


# -- a part of a plan ----------------------------------------------------------------------------------------

WHOLE = entity("CarePlan/whole", status="active", subject=ref(PERSON), careTeam=[ref("CareTeam/team")])


def part(**elements: Any) -> Resource:
    return entity(PLAN, status="active", subject=ref(PERSON), partOf=[ref("CarePlan/whole")], **elements)


@pytest.mark.parametrize(
    ("elements", "expected"),
    [({"title": "Walking"}, "Part of the plan of Jet: Walking"), ({}, "Part of the plan of Jet")],
)
def test_a_part_says_what_it_is_called_and_that_it_is_one(elements: Resource, expected: str) -> None:
    assert paper(WHOLE, part(**elements)).title == expected


def test_the_team_of_a_part_without_one_is_that_of_the_whole() -> None:
    found = team(member(AN, "informal-carer"))
    assert lines("team", WHOLE, part(), found, person(AN, "An", "1")) == ["An: telephone 1"]


def test_the_emergency_page_of_a_part_names_the_team_of_the_whole() -> None:
    own = {**team(member(KATRIEN, "health-professional")), "id": "own"}
    around = [WHOLE, part(careTeam=[ref("CareTeam/own")]), own, team(member(AN, "informal-carer"))]
    people = [person(AN, "An", "1"), person(KATRIEN, "Katrien", "2")]
    assert (lines("team", *around, *people), lines("emergency", *around, *people)[1:]) == (
        ["Katrien: telephone 2"],
        ["An: telephone 1"],
    )


def test_a_part_of_a_whole_that_is_hidden_has_only_its_own_team() -> None:
    found = team(member(AN, "informal-carer"))
    assert lines("team", part(), found, person(AN, "An", "1")) == []


def test_plans_that_are_part_of_each_other_are_printed_all_the_same() -> None:
    whole = {**WHOLE, "partOf": [ref(PLAN)]}
    assert paper(whole, part()).title == "Part of the plan of Jet"


def test_a_part_tells_of_its_own_appointments_and_agreements_only() -> None:
    visit = entity("Appointment/a", status="booked", description="Visit")
    agreed = entity(
        "Communication/a", status="completed", topic=ours("message-kind", "agreement"),
        payload=[{"contentString": "Agreed"}],
    )  # fmt: skip
    mine = {"basedOn": [ref(PLAN)]}
    found = [WHOLE, part(), visit, agreed, {**agreed, **mine, "id": "b"}]
    assert (lines("appointments", *found), section("agreements", *found).sources) == (
        [],
        ("Communication/b",),
    )


# -- what matters, goals -------------------------------------------------------------------------------------


def test_first_comes_what_the_plan_says_of_itself() -> None:
    plan = entity(PLAN, status="active", subject=ref(PERSON), description="To stay at home.")
    assert lines("what-matters", plan, life("a", "The market")) == ["To stay at home.", "The market"]


def test_what_the_person_tells_has_its_topic() -> None:
    assert lines("what-matters", about_me("strengths", "I sing")) == ["What I am good at: I sing"]


def test_what_the_person_tells_about_a_topic_nobody_knows_is_told_without() -> None:
    assert lines("what-matters", about_me("nonsense", "I sing")) == ["I sing"]


def test_what_to_do_in_an_emergency_stands_on_its_page_only() -> None:
    told = about_me("in-an-emergency", "Call An")
    assert (
        lines("what-matters", told),
        "What to do when it goes wrong: Call An" in lines("emergency", told),
    ) == (
        [],
        True,
    )


def test_a_life_goal_says_whose_words_it_is() -> None:
    assert notes("what-matters", life("a", "The market", expressedBy=ref(PERSON))) == ["said by Jet"]


def test_a_goal_stands_below_the_goal_it_serves() -> None:
    found = section("goals", life("a", "The market"), serving("b", "a", "Walk"), serving("c", "b", "Stand"))
    assert [(each.level, each.text) for each in found.lines] == [(0, "The market"), (1, "Walk"), (2, "Stand")]


def test_a_step_towards_a_goal_stands_below_it_whether_or_not_it_is_there() -> None:
    steps = [link("Goal/b", "milestone"), link("Goal/hidden", "milestone")]
    found = section("goals", goal("Goal/b", PERSON), life("a", "The market", extension=steps))
    assert [(each.level, each.source) for each in found.lines] == [(0, "Goal/a"), (1, "Goal/b")]


def test_a_goal_that_serves_a_hidden_one_stands_by_itself() -> None:
    found = section("goals", serving("b", "hidden", "Walk"))
    assert [(each.level, each.text) for each in found.lines] == [(0, "Walk")]


def test_a_long_row_of_goals_stands_no_deeper_than_can_be_printed() -> None:
    row = [serving(str(each), str(each - 1), f"Step {each}") for each in range(1, 2_000)]
    found = section("goals", life("0", "The market"), *row)
    assert (len(found.lines), max(each.level for each in found.lines)) == (2_000, 6)


def test_a_kind_of_goal_nobody_knows_is_not_told() -> None:
    assert notes("goals", goal("Goal/a", PERSON, "nonsense")) == ["we are working on it"]


def test_goals_in_a_circle_are_told_once_each() -> None:
    assert sorted(lines("goals", serving("a", "b", "One"), serving("b", "a", "Two"))) == ["One", "Two"]


def test_the_goals_come_in_the_order_of_the_plan() -> None:
    plan = entity(PLAN, status="active", subject=ref(PERSON), goal=[ref("Goal/b")])
    assert lines("goals", plan, life("a", "First"), life("b", "Second")) == ["Second", "First"]


@pytest.mark.parametrize("status", ["cancelled", "rejected", "entered-in-error"])
def test_a_goal_that_was_given_up_is_not_printed(status: str) -> None:
    assert lines("goals", life("a", "The market", lifecycleStatus=status)) == []


def test_a_goal_says_where_it_stands() -> None:
    achieved = {
        "coding": [{"system": "http://terminology.hl7.org/CodeSystem/goal-achievement", "code": "improving"}]
    }
    found = life("a", "Walk", achievementStatus=achieved, target=[{"dueDate": "2027-03-01"}])
    assert notes("goals", found) == ["life goal", "getting better", "by 1 March 2027"]


@pytest.mark.parametrize("status", ["completed", "revoked"])
def test_a_goal_of_a_plan_that_is_over_says_where_it_stood(status: str) -> None:
    plan = entity(PLAN, status=status, subject=ref(PERSON))
    assert notes("goals", plan, life("a", "Walk")) == ["life goal", "at the end: we are working on it"]


def test_a_goal_for_a_carer_says_so() -> None:
    extension = [{"url": f"{DZOP}/StructureDefinition/goal-for", "valueReference": ref(AN)}]
    found = goal("Goal/a", PERSON, "support-goal", extension=extension)
    assert "for An" in notes("goals", found, person(AN, "An"))


def test_who_does_not_agree_with_a_goal_is_told() -> None:
    parts = [{"url": "individual", "valueReference": ref(AN)}, {"url": "status", "valueCode": "disagree"}]
    extension = [{"url": "http://hl7.org/fhir/StructureDefinition/goal-acceptance", "extension": parts}]
    assert "An does not agree" in notes("goals", life("a", "Walk", extension=extension), person(AN, "An"))


def test_what_was_entered_for_somebody_else_is_marked() -> None:
    agent = [{"who": ref(KATRIEN), "onBehalfOf": ref(PERSON)}]
    origin = entity("Provenance/p", target=[ref("Goal/a/_history/1")], agent=agent)
    assert "entered by Katrien for Jet" in notes(
        "goals", life("a", "Walk"), origin, person(KATRIEN, "Katrien")
    )


def test_a_plan_that_is_part_of_another_tells_of_its_own_goals_only() -> None:
    plan = entity(
        PLAN, status="active", subject=ref(PERSON), partOf=[ref("CarePlan/whole")], goal=[ref("Goal/a")]
    )
    assert lines("goals", plan, life("a", "Mine"), life("b", "Another")) == ["Mine"]


# -- tasks, appointments, agreements -------------------------------------------------------------------------


def test_what_is_due_first_comes_first() -> None:
    late, soon = ({"period": {"end": each}} for each in ("2026-12-24", "2026-12-01"))
    found = [
        task("Task/a", PERSON, description="Late", restriction=late),
        task("Task/b", PERSON, description="Soon", restriction=soon),
    ]
    assert lines("tasks", *found, task("Task/c", PERSON, description="Some day")) == [
        "Soon",
        "Late",
        "Some day",
    ]


def test_what_is_due_comes_before_what_has_begun() -> None:
    due = task("Task/a", PERSON, description="Due", restriction={"period": {"end": "2026-12-01"}})
    begun = task("Task/b", PERSON, description="Begun", executionPeriod={"start": "2026-01-01"})
    assert lines("tasks", begun, due, task("Task/c", PERSON, description="Some day")) == [
        "Due",
        "Begun",
        "Some day",
    ]


def test_what_is_only_a_draft_comes_last_and_says_so() -> None:
    due = {"period": {"end": "2026-12-01"}}
    draft = task("Task/a", PERSON, description="Draft", restriction=due, status="draft")
    found = section("tasks", draft, task("Task/b", PERSON, description="Some day")).lines
    assert ([each.text for each in found], "being prepared" in found[1].notes) == (
        ["Some day", "Draft"],
        True,
    )


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2026-11-21", "overdue: was to be done by 21 November 2026"),
        ("2026-11-22", "by 22 November 2026"),
    ],
)
def test_what_should_have_been_done_says_so(day: str, expected: str) -> None:
    assert expected in notes("tasks", task("Task/a", PERSON, restriction={"period": {"end": day}}))


@pytest.mark.parametrize(
    ("kind", "description", "expected"),
    [
        ("Weigh", "Every Monday", "Weigh: Every Monday"),
        ("Does it fit?", "Together with An", "Does it fit? Together with An"),
        ("does it fit?", "The plan: does it fit?", "The plan: does it fit?"),
    ],
)
def test_a_task_says_what_it_is_once(kind: str, description: str, expected: str) -> None:
    assert lines("tasks", task("Task/a", PERSON, code={"text": kind}, description=description)) == [expected]


@pytest.mark.parametrize("status", ["completed", "cancelled", "rejected", "failed", "entered-in-error"])
def test_what_is_over_is_not_printed(status: str) -> None:
    assert lines("tasks", task("Task/a", PERSON, status=status)) == []


def test_a_task_says_who_does_it_and_what_for() -> None:
    found = task(
        "Task/a", PERSON, owner=ref(KATRIEN), focus=ref("Goal/a"), requester=ref(PERSON), status="accepted"
    )
    assert notes("tasks", found, life("a", "The market"), person(KATRIEN, "Katrien")) == [
        "who: Katrien", "agreed", "for: The market", "asked by Jet",
    ]  # fmt: skip


def test_a_task_that_cannot_wait_says_so() -> None:
    assert "Urgent" in notes("tasks", task("Task/a", PERSON, priority="urgent"))


def test_a_task_nobody_took_says_so() -> None:
    assert notes("tasks", task("Task/a", PERSON))[0] == "who: nobody yet"


def test_an_owner_who_is_hidden_is_somebody() -> None:
    assert notes("tasks", task("Task/a", PERSON, owner=ref("RelatedPerson/hidden")))[0] == "who: somebody"


def test_appointments_to_come_are_told_the_next_first() -> None:
    def on(id: str, day: str, **elements: Any) -> Resource:
        return entity(
            f"Appointment/{id}",
            **{"status": "booked", "start": f"{day}T10:00:00+01:00", "description": id, **elements},
        )

    found = [
        on("b", "2027-01-11"),
        on("a", "2027-01-03"),
        on("past", "2026-11-21"),
        on("no", "2027-01-01", status="cancelled"),
    ]
    assert lines("appointments", *found) == ["3 January 2027 at 10:00: a", "11 January 2027 at 10:00: b"]


def test_an_appointment_says_with_whom() -> None:
    actors = [{"actor": ref(each)} for each in (PERSON, KATRIEN)]
    found = entity("Appointment/a", status="proposed", participant=actors)
    assert notes("appointments", found, person(KATRIEN, "Katrien")) == ["not certain yet", "with Katrien"]


def test_an_appointment_at_a_distance_says_where() -> None:
    link = {"url": f"{DZOP}/StructureDefinition/virtual-service", "valueUrl": "https://meet.example/1"}
    assert notes("appointments", entity("Appointment/a", status="booked", extension=[link])) == [
        "online: https://meet.example/1"
    ]


def test_only_what_was_agreed_is_an_agreement() -> None:
    def said(id: str, topic: str) -> Resource:
        return entity(
            f"Communication/{id}", status="completed", topic=ours("message-kind", topic), sent="2026-11-01T10:00:00Z",
            payload=[{"contentString": id}],
        )  # fmt: skip

    assert lines("agreements", said("yes", "agreement"), said("no", "message")) == ["yes"]


# -- people --------------------------------------------------------------------------------------------------


def test_a_telephone_number_stands_right_behind_the_name() -> None:
    found = team(member(AN, "informal-carer"))
    assert lines("team", found, person(AN, "An", "0470 00 00 01")) == ["An: telephone 0470 00 00 01"]


def test_the_number_at_work_counts_too() -> None:
    post = entity(
        "PractitionerRole/katrien", practitioner=ref(KATRIEN), organization={"display": "Home care"},
        telecom=[{"system": "phone", "value": "09 000 00 02"}],
    )  # fmt: skip
    found = section("team", team(member(KATRIEN, "health-professional")), person(KATRIEN, "Katrien"), post)
    assert (found.lines[0].text, found.lines[0].notes) == (
        "Katrien: telephone 09 000 00 02",
        ("health professional", "Home care"),
    )


def test_a_member_in_a_post_is_called_by_name_and_employer() -> None:
    post = entity(
        "PractitionerRole/post", practitioner=ref(KATRIEN), organization={"display": "Home care"},
        telecom=[{"system": "phone", "value": "3"}],
    )  # fmt: skip
    found = section(
        "team", team(member("PractitionerRole/post", "health-professional")), person(KATRIEN, "Katrien"), post
    )
    assert (found.lines[0].text, found.lines[0].notes) == (
        "Katrien: telephone 3",
        ("health professional", "Home care"),
    )


def test_the_coordinator_comes_first() -> None:
    found = team(member(AN, "informal-carer"), member(KATRIEN, "care-coordinator"))
    assert lines("team", found, person(AN, "An"), person(KATRIEN, "Katrien")) == [
        f"Katrien: {BLANK}",
        f"An: {BLANK}",
    ]


def test_the_contact_of_the_team_comes_before_all_others() -> None:
    extension = [{"url": f"{DZOP}/StructureDefinition/team-contact", "valueReference": ref(AN)}]
    found = team(member(KATRIEN, "care-coordinator"), member(AN, "informal-carer"), extension=extension)
    first = section("team", found, person(AN, "An"), person(KATRIEN, "Katrien")).lines[0]
    assert (first.text, first.notes) == (f"An: {BLANK}", ("contact of the team", "informal carer"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("care coordinator, chosen by Jet", "care coordinator, chosen by Jet"),
        ("zorgcoördinator", "care coordinator, zorgcoördinator"),
    ],
)
def test_a_role_has_its_name_in_the_language_of_the_paper_and_what_was_written(
    text: str, expected: str
) -> None:
    entry = {**member(AN, ""), "role": [{**ours("role", "care-coordinator"), "text": text}]}
    assert notes("team", team(entry), person(AN, "An")) == [expected]


def test_who_is_only_proposed_is_marked() -> None:
    assert notes("team", team(member(AN, "informal-carer", "proposed")), person(AN, "An"))[-1] == (
        "proposed, not agreed yet"
    )


@pytest.mark.parametrize(
    "entry",
    [
        member(AN, "informal-carer", "declined"),
        member(AN, "informal-carer", period={"end": "2026-11-21"}),
        member(AN, "informal-carer", period={"start": "2026-11-24"}),
    ],
    ids=["declined", "left", "comes later"],
)
def test_who_is_not_in_the_team_now_is_not_printed(entry: Resource) -> None:
    assert lines("team", team(entry), person(AN, "An")) == []


def test_who_may_see_the_plan_is_listed_for_who_may_be_told() -> None:
    parties = [Party("An", "informal-carer"), Party("Katrien", "health-professional", "Home care")]
    found = section("who-may-see", parties=parties)
    assert [(each.text, each.notes) for each in found.lines] == [
        ("An", ("informal carer",)),
        ("Katrien", ("health professional", "Home care")),
    ]


def test_who_sees_only_a_part_is_listed_as_such() -> None:
    found = section("who-may-see", parties=[Party("Louis", "informal-network", sees_part=True)])
    assert found.lines[0].notes[-1] == "sees a part of it"


def test_software_of_an_organisation_is_called_once() -> None:
    found = section("who-may-see", parties=[Party("Home care", "welfare-professional", "Home care")])
    assert found.lines[0].notes == ("welfare professional",)


def test_others_are_told_who_decides() -> None:
    assert section("who-may-see").remark.startswith("Only the person decides who sees the plan.")


# -- the emergency page --------------------------------------------------------------------------------------


def test_the_emergency_page_is_a_page_of_its_own() -> None:
    assert [each.code for each in paper().sections if each.on_own_page] == ["emergency"]


def test_the_emergency_page_says_who_this_is_and_how_to_talk() -> None:
    need = [{"url": f"{DZOP}/StructureDefinition/communication-need", "valueCode": "speaking-slowly"}]
    spoken = {"language": {"coding": [{"system": "urn:ietf:bcp:47", "code": "nl-BE"}]}, "extension": need}
    address = {"line": ["Kerkstraat 1"], "postalCode": "9970", "city": "Kaprijke"}
    jet = person(
        PERSON, "Jet", "09 000 00 01", birthDate="1944-03-17", communication=[spoken], address=[address]
    )
    found = section("emergency", jet).lines[0]
    assert (found.text, found.notes) == (
        "Jet: telephone 09 000 00 01",
        (
            "born on 17 March 1944", "lives at Kerkstraat 1, 9970 Kaprijke", "speaks Dutch",
            "what helps to understand each other: speaking slowly",
        ),
    )  # fmt: skip


def test_the_emergency_page_says_whom_to_call_in_order() -> None:
    contact = {"name": {"text": "Rosa"}, "telecom": [{"system": "phone", "value": "1"}]}
    jet = entity(
        PERSON, name=[{"text": "Jet"}], contact=[contact], generalPractitioner=[{"display": "Dr. Maes"}]
    )
    helper = "RelatedPerson/louis"
    found = team(
        member(helper, "informal-network"), member(AN, "informal-carer"), member(KATRIEN, "care-coordinator")
    )
    around = [jet, found, person(AN, "An"), person(KATRIEN, "Katrien"), person(helper, "Louis")]
    assert lines("emergency", *around) == [
        *(f"{name}: {BLANK}" for name in ("Jet", "Katrien", "An", "Dr. Maes")),
        "Rosa: telephone 1",
    ]


def test_the_emergency_page_tells_of_conditions_that_are_active() -> None:
    def condition(id: str, state: str) -> Resource:
        status = {
            "coding": [{"system": "http://terminology.hl7.org/CodeSystem/condition-clinical", "code": state}]
        }
        return entity(f"Condition/{id}", code={"text": id}, clinicalStatus=status)

    found = section("emergency", condition("Diabetes", "active"), condition("Fracture", "resolved"))
    assert (found.lines[-1].text, found.lines[-1].notes, found.sources[0]) == (
        "Health",
        ("Diabetes",),
        "Condition/Diabetes",
    )


def test_the_emergency_page_tells_that_there_are_wishes_for_later() -> None:
    found = entity(
        "DocumentReference/w",
        status="current",
        type=ours("document-kind", "advance-directive"),
        description="With Dr. Maes",
    )
    assert lines("emergency", found)[-1] == "There are written wishes for care later: With Dr. Maes"

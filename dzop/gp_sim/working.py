"""Steps of the practice's software by itself: persons in its care, their plans, and what it may not do."""

from __future__ import annotations

from dzop.gp_sim.answers import Failed, expect
from dzop.gp_sim.known import Known


def enrol(known: Known) -> str:
    """Finds the persons, and declares a relation of care with those who are not found."""
    found = {ssin: known.care.person(ssin) for ssin in known.persons}
    declared = {ssin: known.care.declared(ssin) for ssin, person in found.items() if person is None}
    known.person = {**found, **declared}[known.persons[0]] or ""
    for ssin in declared:
        if known.care.person(ssin) != declared[ssin]:
            raise Failed("a person is not found after the relation of care was declared")
    return f"{len(found)} persons, {len(declared)} of them declared now"


def read_plan(known: Known) -> str:
    """Reads the plan with its goals."""
    goals = known.care.goals(known.person)
    if not goals:
        raise Failed("the plan comes without any goal")
    return f"a plan with {len(goals)} goals"


def make_goal(known: Known) -> str:
    """Creates a goal on a condition, twice."""
    first, goal = known.care.goal(known.person)
    again, same = known.care.goal(known.person)
    if (again, same["id"]) != (200, goal["id"]):
        raise Failed("the same goal, sent twice, was made twice")
    known.goal = f"Goal/{goal['id']}"
    return "made, and sent again without effect" if first == 201 else "was there, and is not made again"


def change_task(known: Known) -> str:
    """Changes a task on the version it read, and again on the same one."""
    known.task, again = known.care.changed(known.care.task(known.person, known.goal))
    expect(again, 412)
    return f"version {known.task['meta']['versionId']}; the same change upon an older version is refused"


def search(known: Known) -> str:
    """Searches the task, with its goal."""
    brought = [f"Goal/{each['id']}" for each in known.care.with_its_goal(known.task)]
    if brought != [known.goal]:
        raise Failed("the search did not bring along the goal that the task is for")
    return "the task, and its goal along with it"


def look_back(known: Known) -> str:
    """Reads the versions of the task."""
    versions = known.care.versions(known.task)
    if len(versions) < 2 or versions[0] != known.task["meta"]["versionId"]:
        raise Failed("the history does not begin with the newest version")
    return f"{len(versions)} versions"


def ask_too_much(known: Known) -> str:
    """Reads what no scope was given for."""
    expect(known.care.asked(f"Consent?patient={known.person}"), 403)
    return "refused"


def ask_for_nobody(known: Known) -> str:
    """Reads and writes about a person who does not exist."""
    expect(known.care.asked("Patient/nobody-at-all"), 404)
    expect(known.care.about_nobody(), 422)
    return "neither read nor written"

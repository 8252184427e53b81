"""Every statement that looks for an actor looks no further than the scopes of the token."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from dzop.fhir.search.query import Query
from dzop.store import audit_log, everything, explaining, history, included, reading, search, tasks
from dzop.store.clauses import Seeing
from dzop.store.history import Form
from dzop.store.sight import JUDGED, UNBOUNDED, Narrowed, Sight, Way
from dzop.store.statement import Statement

OF_PATIENT = (Narrowed((), (Way(of_patient=True),)),)
NAME = "scope_patient"
_JUDGES, _NARROWS = "from dzop.store.visibility import", "from dzop.store.sight import"
_MODULES = (audit_log, everything, explaining, included, reading, tasks)
_OTHERS: dict[str, Any] = {"dated": False, "narrowed": ()}


def looking() -> Iterator[Callable[..., Statement]]:
    """The statements that are built for a sight."""
    for module in _MODULES:
        for each in vars(module).values():
            made_here = getattr(each, "__module__", "") == module.__name__ and hasattr(each, "cache_info")
            if made_here and "sight" in inspect.signature(each).parameters:
                yield each


STATEMENTS = {f"{each.__module__}.{each.__name__}": each for each in looking()}
FORMS = [
    Form(of, UNBOUNDED, since, at, after)
    for of, since, at, after in product(("instance", "type", "types"), (False, True), (False, True), (False, True))
]  # fmt: skip


def built(name: str, sight: Sight) -> Statement:
    statement = STATEMENTS[name]
    others = {each: _OTHERS[each] for each in inspect.signature(statement).parameters if each != "sight"}
    return statement(sight, **others)


def searched(build: Callable[..., tuple[Statement, dict[str, Any]]], sight: Sight, *rest: Any) -> Statement:
    return build(Query("Goal"), Seeing(lambda _: sight, lambda _: 0), *rest)[0]


def test_only_what_a_write_refers_to_is_looked_up_by_the_law_alone() -> None:
    """Whoever judges by grants also looks at the scopes, but for what docs/scopes.md excepts."""
    folder = Path(str(audit_log.__file__)).parent
    judging = {each.stem: text for each in folder.glob("*.py") if _JUDGES in (text := each.read_text())}
    assert {name for name, text in judging.items() if _NARROWS not in text} == {
        "goal_links",
        "persons",
        "writing",
    }


def test_the_statements_that_look_are_found() -> None:
    assert {"read", "vread", "read_many", "seen", "now", "then", "included", "log"} <= {
        each.__name__ for each in STATEMENTS.values()
    }


@pytest.mark.parametrize("judged", [True, False])
@pytest.mark.parametrize("name", STATEMENTS)
def test_a_statement_looks_no_further_than_the_scopes(name: str, judged: bool) -> None:
    assert NAME in built(name, Sight(judged, OF_PATIENT)).names


@pytest.mark.parametrize("whole", [JUDGED, UNBOUNDED])
@pytest.mark.parametrize("name", STATEMENTS)
def test_without_restricted_scopes_a_statement_does_not_ask_for_them(name: str, whole: Sight) -> None:
    assert NAME not in built(name, whole).names


@pytest.mark.parametrize("judged", [True, False])
@pytest.mark.parametrize("build", [history.page, history.counted])
@pytest.mark.parametrize("form", FORMS)
def test_a_history_looks_no_further_than_the_scopes(
    form: Form, build: Callable[[Form], Statement], judged: bool
) -> None:
    narrow = Form(form.of, Sight(judged, OF_PATIENT), form.since, form.at, form.after)
    assert NAME in build(narrow).names


@pytest.mark.parametrize("judged", [True, False])
def test_a_search_looks_no_further_than_the_scopes(judged: bool) -> None:
    sight = Sight(judged, OF_PATIENT)
    found = [
        searched(search.counted, sight),
        searched(search.page, sight, None),
        searched(search.page, sight, ("x",)),
    ]
    assert [NAME in each.names for each in found] == [True] * 3

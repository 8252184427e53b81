"""What R4 demands of a server, a row each: the paragraph, the statement, the request, what must be true of the answer.

https://hl7.org/fhir/R4/http.html, search.html, fhirpatch.html, operationslist.html. A story of requests is told once;
the rows are in `tests/conformance`. Searches ask the questions of R4's own worked examples.
"""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from conformance import (
    demands_on_bundles,
    demands_on_instances,
    demands_on_searches,
    story_of_bundles,
    story_of_instances,
    story_of_searches,
)
from conformance.answers import SEVERITIES, Answers, Holds, is_full
from conformance.searches import FOUND
from conformance.world import WORLD
from resources import bundle, put
from serving import Server

from dzop.fhir import json
from dzop.fhir.resource_types import RESOURCE_TYPES
from dzop.fhir.validation import validate

STORY = [
    *story_of_instances.INSTANCES,
    *story_of_instances.CONDITIONS,
    *story_of_searches.SEARCHES,
    *story_of_searches.FORMATS,
    *story_of_bundles.BUNDLES,
    *story_of_bundles.OPERATIONS,
    *story_of_bundles.SERVER,
]
DEMANDS = [
    *demands_on_instances.INSTANCES,
    *demands_on_searches.SEARCHES,
    *demands_on_searches.FORMATS,
    *demands_on_bundles.BUNDLES,
    *demands_on_bundles.OPERATIONS,
    *demands_on_bundles.SERVER,
]


@pytest.fixture(scope="module")
def world(server: Server) -> Iterator[httpx.Client]:
    """A client in the name of the operator, and the resources in place."""
    client = server.client("system")
    answer = client.post("", json=bundle("transaction", *[put(each) for each in WORLD]))
    assert answer.status_code == 200, answer.text
    yield client
    client.close()


@pytest.fixture(scope="module")
def answers(world: httpx.Client) -> Answers:
    """The answer to every step of the story, by name."""
    found: Answers = {}
    for step in STORY:
        found[step.name] = step.taken(world, found)
    return found


@pytest.mark.parametrize(("paragraph", "query", "names"), FOUND, ids=[query for _, query, _ in FOUND])
def test_a_search_finds_what_the_specification_says(
    world: httpx.Client, paragraph: str, query: str, names: str
) -> None:
    answer = world.get(query, params=None)
    assert answer.status_code == 200, (paragraph, answer.text)
    matches = [each for each in answer.json().get("entry", []) if each["search"]["mode"] == "match"]
    found = {each["resource"]["id"].removeprefix("r4-") for each in matches}
    group = query.partition("set|")[2].partition("&")[0]
    if group and not names.startswith(group):
        found = {each.removeprefix(f"{group}-") for each in found}
    assert found == set(names.split()), paragraph


@pytest.mark.parametrize(
    ("paragraph", "statement", "name", "holds"),
    DEMANDS,
    ids=[f"{name}: {statement}" for _, statement, name, _ in DEMANDS],
)
def test_an_answer_is_what_the_specification_demands(
    answers: Answers, paragraph: str, statement: str, name: str, holds: Holds
) -> None:
    answer = answers[name]
    said = f"{answer.request.method} {answer.request.url} -> {answer.status_code} {answer.text[:1_000]}"
    assert holds(answer), f"{paragraph}: {statement}\n{said}"


def test_every_refusal_is_an_operation_outcome(answers: Answers) -> None:
    refusals = [
        each.json() for name, each in answers.items()
        if each.status_code >= 400 and each.content and "xml" not in each.headers["Content-Type"]
    ]  # fmt: skip
    issues = [issue for each in refusals for issue in each["issue"]]
    assert all(each["severity"] in SEVERITIES and each["details"]["text"] for each in issues)


def test_the_narrow_formats_hold_no_empty_array_and_no_null(answers: Answers) -> None:
    assert [
        name for name, each in answers.items()
        if each.content and "json" in each.headers["Content-Type"] and not is_full(each.json())
    ] == []  # fmt: skip


@pytest.mark.parametrize("type", RESOURCE_TYPES)
def test_everything_that_is_served_is_valid_r4(world: httpx.Client, type: str) -> None:
    served = json.parse(world.get(f"/{type}?_count=200").content).value
    faults = [
        (each["resource"]["id"], issue.text)
        for each in served.get("entry", ())
        for issue in validate(each["resource"])
        if issue.severity == "error"
    ]
    assert faults == []

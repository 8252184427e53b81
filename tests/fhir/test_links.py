"""Links in resources. https://hl7.org/fhir/R4/http.html#trules"""

from __future__ import annotations

import json
from typing import Any

import pytest

from dzop.fhir.json import parse
from dzop.fhir.links import links, relinked

HERE = "urn:uuid:1"
NARRATIVE = '<div xmlns="http://www.w3.org/1999/xhtml">{0}</div>'


def resource(**elements: Any) -> bytes:
    return json.dumps({"resourceType": "Task", "status": "draft", **elements}).encode()


def changed(**elements: Any) -> Any:
    """The elements, with every link to `HERE` replaced by one to `Goal/1`."""
    source = relinked(parse(resource(**elements)), lambda link: "Goal/1" if link.text == HERE else None)
    return {name: source.value[name] for name in elements}


@pytest.mark.parametrize(
    "element",
    [
        {"focus": {"reference": HERE}},
        {"basedOn": [{"reference": "Goal/2"}, {"reference": HERE}]},
        {"instantiatesUri": HERE},
        {"instantiatesCanonical": HERE},
        {"meta": {"source": HERE}},
        {"extension": [{"url": "x", "extension": [{"url": "y", "valueReference": {"reference": HERE}}]}]},
        {"input": [{"type": {"text": "x"}, "valueAttachment": {"url": HERE}}]},
        {"contained": [{"resourceType": "Basic", "subject": {"reference": HERE}}]},
        {"_status": {"extension": [{"url": "x", "valueUri": HERE}]}},
    ],
    ids=lambda element: next(iter(element)),
)
def test_a_link_is_replaced_wherever_it_stands(element: Any) -> None:
    assert changed(**element) == json.loads(json.dumps(element).replace(HERE, "Goal/1"))


@pytest.mark.parametrize(
    "element",
    [
        {"description": HERE},
        {"identifier": [{"value": HERE}]},
        {"focus": {"display": HERE}},
        {"note": [{"text": HERE}]},
        {"text": {"status": "generated", "div": NARRATIVE.format(HERE)}},
        {"unknown": {"reference": HERE}},
        {"focus": HERE},
    ],
    ids=lambda element: next(iter(element)),
)
def test_what_is_no_link_is_kept(element: Any) -> None:
    assert changed(**element) == element


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('<a href="urn:uuid:1">x</a>', '<a href="Goal/1">x</a>'),
        ("<a href='urn:uuid:1'>x</a>", "<a href='Goal/1'>x</a>"),
        ('<img alt="x" src = "urn:uuid:1"/>', '<img alt="x" src = "Goal/1"/>'),
        ('<a href="urn:&#117;uid:1">x</a>', '<a href="Goal/1">x</a>'),
        ('<a href="urn:uuid:12">x</a>', '<a href="urn:uuid:12">x</a>'),
        ('<p title="urn:uuid:1">x</p>', '<p title="urn:uuid:1">x</p>'),
    ],
)
def test_a_link_in_narrative_is_an_attribute(before: str, after: str) -> None:
    told = changed(text={"status": "generated", "div": NARRATIVE.format(before)})
    assert told["text"]["div"] == NARRATIVE.format(after)


def test_all_else_stays_as_it_was_sent() -> None:
    text = '{"resourceType": "Task",  "focus":{"reference":"urn:uuid:1"}, "x":1.10 }'
    source = relinked(parse(text.encode()), lambda _: "Goal/1")
    assert source.text == text.replace(HERE, "Goal/1")


def test_what_links_nowhere_else_is_the_same_object() -> None:
    source = parse(resource(focus={"reference": HERE}))
    assert relinked(source, lambda _: None) is source


def test_a_link_says_where_it_stands() -> None:
    (link,) = links(json.loads(resource(basedOn=[{"reference": HERE}])))
    assert (link.expression, link.is_reference) == ("basedOn[0].reference", True)


def test_a_resource_of_no_known_type_has_no_links() -> None:
    assert list(links({"resourceType": "Nonsense", "subject": {"reference": HERE}})) == []

"""JSON Patch: all six operations, exact in every byte they do not touch. https://www.rfc-editor.org/rfc/rfc6902"""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dzop.fhir.json import parse, value_of
from dzop.fhir.outcome import Invalid, TooLarge, Unprocessable
from dzop.fhir.patch.json_patch import equal, read_json_patch
from dzop.fhir.patch.patch import MAX_OPERATIONS

LIMIT = 100_000
GOAL = """{ "resourceType" : "Goal",
  "id":"1",  "lifecycleStatus": "active",
  "description" : { "text" : "caf\\u00e9" },
  "target":[ {"detailQuantity":{"value":1.10,"unit":"kg"}} , {"dueDate":"2026-01-01"} ],
  "note": [ ]
}"""


def patched(text: str, *operations: dict[str, Any]) -> str:
    """The text that these operations make of a text."""
    return read_json_patch(json.dumps(operations).encode()).apply(parse(text.encode()), LIMIT).text


def refusal(text: str, *operations: dict[str, Any]) -> tuple[str, str | None]:
    """(text, expression) of the refusal of these operations."""
    with pytest.raises(Unprocessable) as caught:
        patched(text, *operations)
    return caught.value.issues[0].text, caught.value.issues[0].expression


def op(name: str, path: str, **more: Any) -> dict[str, Any]:
    return {"op": name, "path": path, **more}


@pytest.mark.parametrize(
    ("before", "operation", "after"),
    [
        ('{"a":1}', op("add", "/b", value=2), '{"a":1,"b":2}'),
        ('{"a":1,"b":2}', op("add", "/a", value=3), '{"a":3,"b":2}'),
        ("{}", op("add", "/a", value=None), '{"a":null}'),
        ('{"a":[1,3]}', op("add", "/a/1", value=2), '{"a":[1,2,3]}'),
        ('{"a":[1,2]}', op("add", "/a/2", value=3), '{"a":[1,2,3]}'),
        ('{"a":[1]}', op("add", "/a/-", value=[2]), '{"a":[1,[2]]}'),
        ('{"a":[]}', op("add", "/a/-", value=1), '{"a":[1]}'),
        ('{"a":1}', op("add", "", value={"b": 2}), '{"b": 2}'),
        ('{"a":1,"b":2}', op("remove", "/a"), '{"b":2}'),
        ('{"a":[1,2,3]}', op("remove", "/a/1"), '{"a":[1,3]}'),
        ('{"a":[1]}', op("remove", "/a/0"), '{"a":[]}'),
        ('{"a":{"b":1},"c":2}', op("replace", "/a", value=3), '{"a":3,"c":2}'),
        ('{"a":[1,2]}', op("replace", "/a/1", value="x"), '{"a":[1,"x"]}'),
        ('{"a":{"b":1},"c":{}}', op("move", "/c/d", **{"from": "/a/b"}), '{"a":{},"c":{"d":1}}'),
        ('{"a":[1,2,3]}', op("move", "/a/2", **{"from": "/a/0"}), '{"a":[2,3,1]}'),
        ('{"a":[1,2]}', op("move", "/a/0", **{"from": "/a/0"}), '{"a":[1,2]}'),
        ('{"a":{"b":1}}', op("move", "/a", **{"from": "/a/b"}), '{"a":1}'),
        ('{"a":{"b":1}}', op("copy", "/a/c", **{"from": "/a"}), '{"a":{"b":1,"c":{"b":1}}}'),
        ('{"a":[1,2]}', op("copy", "/a/-", **{"from": "/a/0"}), '{"a":[1,2,1]}'),
        ('{"a":"x"}', op("test", "/a", value="x"), '{"a":"x"}'),
        ('{"a/b":1,"m~n":2}', op("remove", "/a~1b"), '{"m~n":2}'),
        ('{"a/b":1,"m~n":2}', op("remove", "/m~0n"), '{"a/b":1}'),
        ('{"~1":1,"/":2}', op("test", "/~01", value=1), '{"~1":1,"/":2}'),
        ('{"":1}', op("remove", "/"), "{}"),
        ('{"0":1}', op("replace", "/0", value=2), '{"0":2}'),
        ('{"caf\\u00e9":1}', op("replace", "/café", value=2), '{"caf\\u00e9":2}'),
    ],
)
def test_an_operation_does_what_the_rfc_says(before: str, operation: dict[str, Any], after: str) -> None:
    assert patched(before, operation) == after


@pytest.mark.parametrize(
    "operation",
    [
        op("replace", "/x", value=1),
        op("remove", "/x"),
        op("test", "/x", value=1),
        op("copy", "/y", **{"from": "/x"}),
        op("move", "/y", **{"from": "/x"}),
        op("add", "/x/y", value=1),
        op("add", "/list/3", value=1),
        op("replace", "/list/2", value=1),
        op("replace", "/list/-", value=1),
        op("remove", "/list/-"),
        op("add", "/list/01", value=1),
        op("add", "/list/1e0", value=1),
        op("add", "/list/-1", value=1),
        op("test", "/list/\uff11", value=2),
        op("add", "/list/name", value=1),
        op("add", "/text/0", value="x"),
        op("test", "/text/0", value="s"),
        op("copy", "/y", **{"from": "/text/0"}),
        op("add", "/nothing/x", value=1),
        op("remove", ""),
        op("move", "/object/inner/deeper", **{"from": "/object"}),
        op("replace", "", value=[1]),
        op("add", "", value="x"),
    ],
)
def test_what_the_document_does_not_have_cannot_be_changed(operation: dict[str, Any]) -> None:
    text = '{"list":[1,2],"text":"string","nothing":null,"object":{"inner":{}}}'
    assert refusal(text, operation)[0]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("1.10", "1.1", True),
        ("1", "1.0", True),
        ("100", "1E2", True),
        ("1", "true", False),
        ("0", "false", False),
        ("null", "false", False),
        ('"1"', "1", False),
        ('"caf\\u00e9"', '"café"', True),
        ('{"a":1,"b":[1.0]}', '{"b":[1],"a":1}', True),
        ('{"a":1}', '{"a":true}', False),
        ("[1,2]", "[2,1]", False),
        ("[1]", "[1,1]", False),
        ("[]", "{}", False),
    ],
)
def test_values_are_equal_as_json_says(one: str, other: str, same: bool) -> None:
    assert equal(value_of(one), value_of(other)) is same


def test_a_failed_test_says_where_but_not_what_is_there() -> None:
    text, expression = refusal(GOAL, op("test", "/target/1/dueDate", value="2027-01-01"))
    assert (expression, "2026" in text) == ("Goal.target[1].dueDate", False)


def test_a_failed_test_undoes_what_came_before() -> None:
    source = parse(GOAL.encode())
    patch = read_json_patch(json.dumps([op("remove", "/target"), op("test", "/id", value="2")]).encode())
    with pytest.raises(Unprocessable):
        patch.apply(source, LIMIT)
    assert source.text == GOAL


def test_the_refusal_tells_which_operation_it_was() -> None:
    assert refusal(GOAL, op("test", "/id", value="1"), op("remove", "/x"))[0].startswith(
        "operation 2 of 2 (`remove`)"
    )


def test_all_that_is_not_touched_keeps_its_bytes() -> None:
    after = patched(GOAL, op("replace", "/lifecycleStatus", value="completed"))
    assert after == GOAL.replace('"active"', '"completed"')


def test_a_decimal_is_stored_as_it_was_written_in_the_patch() -> None:
    document = b'[{"op":"replace","path":"/target/0/detailQuantity/value","value":2.50}]'
    assert '"value":2.50,' in read_json_patch(document).apply(parse(GOAL.encode()), LIMIT).text


def test_a_decimal_that_is_moved_stays_as_it_was_written() -> None:
    after = patched(GOAL, op("move", "/target/1", **{"from": "/target/0"}))
    assert '{"detailQuantity":{"value":1.10,"unit":"kg"}}' in after


def test_removing_puts_no_comma_in_the_wrong_place() -> None:
    after = patched(GOAL, op("remove", "/note"), op("remove", "/target/0"), op("remove", "/id"))
    assert value_of(after) == {
        "resourceType": "Goal",
        "lifecycleStatus": "active",
        "description": {"text": "café"},
        "target": [{"dueDate": "2026-01-01"}],
    }


@pytest.mark.parametrize(
    ("document", "where"),
    [
        ('{"op":"remove","path":"/a"}', None),
        ("", None),
        ("[1]", "patch[0]"),
        ('[{"path":"/a"}]', "patch[0].op"),
        ('[{"op":"spam","path":"/a"}]', "patch[0].op"),
        ('[{"op":["add"],"path":"/a"}]', "patch[0].op"),
        ('[{"op":"remove"}]', "patch[0].path"),
        ('[{"op":"remove","path":null}]', "patch[0].path"),
        ('[{"op":"remove","path":"a"}]', "patch[0].path"),
        ('[{"op":"remove","path":"/a~2"}]', "patch[0].path"),
        ('[{"op":"remove","path":"/a~"}]', "patch[0].path"),
        ('[{"op":"add","path":"/a"}]', "patch[0].value"),
        ('[{"op":"test","path":"/a"}]', "patch[0].value"),
        ('[{"op":"remove","path":"/a"},{"op":"move","path":"/a"}]', "patch[1].from"),
        ('[{"op":"copy","path":"/a","from":"b"}]', "patch[0].from"),
        ('[{"op":"add","path":"/a","path":"/b","value":1}]', "[0].path"),
        (f'[{{"op":"remove","path":"{"/a" * 65}"}}]', "patch[0].path"),
    ],
)
def test_what_is_no_patch_is_refused_with_its_place(document: str, where: str | None) -> None:
    with pytest.raises(Invalid) as caught:
        read_json_patch(document.encode())
    assert caught.value.issues[0].expression == where


def test_members_that_the_rfc_does_not_know_are_left_aside() -> None:
    assert patched('{"a":1}', op("remove", "/a", comment="why not", value=7)) == "{}"


def test_a_patch_without_operations_changes_nothing() -> None:
    assert patched(GOAL) == GOAL


def test_a_patch_has_a_limited_number_of_operations() -> None:
    with pytest.raises(TooLarge):
        read_json_patch(json.dumps([op("remove", "/a")] * (MAX_OPERATIONS + 1)).encode())


def test_the_result_has_a_limited_size() -> None:
    with pytest.raises(TooLarge):
        patched('{"a":"x"}', op("add", "/b", value="x" * LIMIT))


def test_copies_of_copies_end_before_they_fill_the_memory() -> None:
    doubling = [op("copy", f"/{number}", **{"from": ""}) for number in range(60)]
    with pytest.raises((TooLarge, Unprocessable)):
        patched('{"a":"x"}', *doubling)


def test_a_large_value_is_not_copied_again_and_again() -> None:
    with pytest.raises(TooLarge):
        patched(json.dumps({"a": "x" * 50_000}), *[op("copy", "/b", **{"from": "/a"})] * 999)


def test_an_array_of_very_many_elements_is_not_taken_apart() -> None:
    with pytest.raises(TooLarge):
        patched(json.dumps({"a": [1] * 200_000}), op("remove", "/a/0"))


def test_nesting_is_limited_however_it_comes_about() -> None:
    steps = [
        op("add", "/b", value={}),
        op("move", "/b/a", **{"from": "/a"}),
        op("move", "/a", **{"from": "/b"}),
    ]
    with pytest.raises(Unprocessable):
        patched('{"a":{}}', *steps * 100)


SCALARS = st.none() | st.booleans() | st.integers(-9, 9) | st.sampled_from(("", "x", "é", "a/b", "m~n"))
NAMES = st.sampled_from(("a", "b", "a/b", "m~n", "0", "-", ""))
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=6,
)
POINTERS = st.lists(st.sampled_from(("a", "b", "a/b", "m~n", "0", "1", "2", "-", "")), max_size=3)
OPERATION = st.sampled_from(("add", "remove", "replace", "move", "copy", "test"))
OPERATIONS = st.tuples(OPERATION, POINTERS, POINTERS, VALUES)


class Refused(Exception):
    """What the plain model cannot do."""


def plainly(document: Any, name: str, path: list[str], source: list[str], value: Any) -> Any:
    """The same operation on plain values, as slowly and simply as can be."""
    if name == "move":
        if path != source and path[: len(source)] == source:
            raise Refused
        value = copy.deepcopy(at(document, source))
        return document if path == source else put(without(document, source), path, value)
    if name == "copy":
        return put(document, path, copy.deepcopy(at(document, source)))
    if name == "add":
        return put(document, path, value)
    if name == "test":
        if not equal(at(document, path), value):
            raise Refused
        return document
    if name == "replace":
        at(document, path)
        return value if not path else put(without(document, path, keep=True), path, value, over=True)
    return without(document, path)


def at(document: Any, path: list[str]) -> Any:
    for step in path:
        document = document[index(document, step)] if isinstance(document, list) else member(document, step)
    return document


def member(document: Any, step: str) -> Any:
    if not isinstance(document, dict) or step not in document:
        raise Refused
    return document[step]


def index(array: list[Any], step: str, more: int = 0) -> int:
    if not step.isdigit() or int(step) >= len(array) + more:
        raise Refused
    return int(step)


def without(document: Any, path: list[str], keep: bool = False) -> Any:
    if not path:
        raise Refused
    at(document, path)
    if not keep:
        parent = at(document, path[:-1])
        del parent[int(path[-1]) if isinstance(parent, list) else path[-1]]
    return document


def put(document: Any, path: list[str], value: Any, over: bool = False) -> Any:
    if not path:
        return value
    parent, step = at(document, path[:-1]), path[-1]
    if isinstance(parent, list) and over:
        parent[int(step)] = value
    elif isinstance(parent, list):
        parent.insert(len(parent) if step == "-" else index(parent, step, 1), value)
    elif isinstance(parent, dict):
        parent[step] = value
    else:
        raise Refused
    return document


def pointer(path: list[str]) -> str:
    return "".join("/" + step.replace("~", "~0").replace("/", "~1") for step in path)


@given(st.dictionaries(NAMES, VALUES, max_size=4), st.sampled_from((None, 0, 1, "\t")))
def test_what_is_only_looked_at_keeps_every_byte(document: dict[str, Any], indent: Any) -> None:
    text = json.dumps(document, indent=indent)
    looked_at = [op("test", pointer(way), value=at(document, way)) for way in ways(document)]
    assert patched(text, *looked_at) == text


def ways(value: Any) -> list[list[str]]:
    """The way to each place in a document."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [[], *[[str(step), *way] for step, child in inner for way in ways(child)]]


@given(
    st.dictionaries(NAMES, VALUES, max_size=4), st.lists(OPERATIONS, max_size=4), st.sampled_from((None, 1))
)
def test_every_patch_does_what_a_plain_model_does(
    document: dict[str, Any], operations: list[tuple[str, list[str], list[str], Any]], indent: int | None
) -> None:
    asked = [
        op(name, pointer(path), **{"from": pointer(source), "value": value})
        for name, path, source, value in operations
    ]
    try:
        expected = copy.deepcopy(document)
        for each in operations:
            expected = plainly(expected, *copy.deepcopy(each))
        if not isinstance(expected, dict):
            raise Refused
    except Refused:
        assert refusal(json.dumps(document, indent=indent), *asked)
    else:
        assert value_of(patched(json.dumps(document, indent=indent), *asked)) == expected

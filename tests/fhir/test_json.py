"""JSON in: strict. JSON out: the bytes that came in."""

import json
from collections.abc import Iterable, Iterator
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dzop.fhir.json import (
    Source,
    elements,
    entry_resources,
    members,
    parse,
    replace_at,
    served,
    stored,
    with_member,
    without_member,
)
from dzop.fhir.outcome import Invalid, Issue

SPACES = st.text(" \t\n\r", max_size=3)
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=12)
SCALARS = (
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | TEXTS
    | st.decimals(-1000, 1000, places=2)
)  # fmt: skip
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)
OBJECTS = st.dictionaries(
    st.sampled_from(("id", "meta", "resourceType", "status", "entry")) | TEXTS, VALUES, max_size=6
)


@st.composite
def written(draw: st.DrawFn, value: object) -> str:
    """`value` as JSON text, with white space and escapes wherever JSON allows them."""
    space = draw(SPACES)
    if isinstance(value, dict):
        inner = [f"{draw(written(k))}{draw(SPACES)}:{draw(written(v))}" for k, v in value.items()]
        return f"{space}{{{','.join(inner)}{draw(SPACES)}}}{draw(SPACES)}"
    if isinstance(value, list):
        return f"{space}[{','.join(draw(written(item)) for item in value)}{draw(SPACES)}]"
    if isinstance(value, Decimal):
        return f"{space}{value}"
    return space + json.dumps(value, ensure_ascii=draw(st.booleans())) + draw(SPACES)


SOURCES = OBJECTS.flatmap(written).map(lambda text: parse(text.encode()))


def issue(data: bytes) -> Issue:
    with pytest.raises(Invalid) as raised:
        parse(data)
    return raised.value.issues[0]


@given(OBJECTS.flatmap(lambda value: st.tuples(st.just(value), written(value))))
def test_what_is_parsed_is_what_was_written(pair: tuple[dict[str, object], str]) -> None:
    value, text = pair
    assert Source(value, text) == parse(text.encode())


@given(SOURCES)
def test_the_span_of_each_member_holds_its_value(source: Source) -> None:
    spans = members(source.text)
    parsed = {
        name: json.loads(source.text[start:end], parse_float=Decimal) for name, (start, end) in spans.items()
    }
    assert source.value == parsed


@given(st.lists(VALUES, max_size=4).flatmap(lambda value: st.tuples(st.just(value), written(value))))
def test_the_span_of_each_element_holds_its_value(pair: tuple[list[object], str]) -> None:
    value, text = pair
    assert value == [json.loads(text[start:end], parse_float=Decimal) for start, end in elements(text)]


@given(SOURCES)
def test_what_is_stored_differs_in_type_id_and_meta_only(source: Source) -> None:
    body = stored(source, "Goal", "g1")
    expected = {k: v for k, v in source.value.items() if k != "meta"} | {"resourceType": "Goal", "id": "g1"}
    assert expected == parse(body).value


@given(SOURCES)
def test_what_is_served_is_what_is_stored_with_its_meta(source: Source) -> None:
    body = stored(source, "Goal", "g1")
    answer = parse(served(body, "Goal", "g1", b'{"versionId":"3"}')).value
    assert parse(body).value | {"meta": {"versionId": "3"}} == answer


@given(SOURCES)
def test_storing_what_is_served_gives_the_same_bytes(source: Source) -> None:
    body = stored(source, "Goal", "g1")
    assert body == stored(parse(served(body, "Goal", "g1", b'{"versionId":"3"}')), "Goal", "g1")


@given(SOURCES, st.sampled_from(("status", "participant", 'odd "name"')))
def test_a_member_is_replaced_or_added_and_nothing_else(source: Source, name: str) -> None:
    changed = parse(with_member(source.text, name, '{"a": 1.10}').encode()).value
    assert source.value | {name: {"a": Decimal("1.10")}} == changed


@given(SOURCES, st.sampled_from(("status", "participant", 'odd "name"')))
def test_a_member_is_taken_out_and_nothing_else(source: Source, name: str) -> None:
    left = parse(without_member(source.text, name).encode()).value
    assert {each: value for each, value in source.value.items() if each != name} == left


@given(SOURCES, TEXTS, st.data())
def test_only_the_strings_at_the_paths_are_replaced(source: Source, new: str, data: st.DataObject) -> None:
    paths = list(strings(source.value))
    chosen = set(data.draw(st.lists(st.sampled_from(paths)))) if paths else set()
    changed = json.loads(replace_at(source.text, dict.fromkeys(chosen, new)), parse_float=Decimal)
    assert replaced(source.value, chosen, new) == changed


def strings(value: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The paths of all strings."""
    if isinstance(value, str):
        yield path
    for step, item in steps(value):
        yield from strings(item, (*path, step))


def steps(value: object) -> Iterable[tuple[str | int, object]]:
    return value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()


def replaced(
    value: object, chosen: set[tuple[str | int, ...]], new: str, path: tuple[str | int, ...] = ()
) -> object:
    if isinstance(value, dict):
        return {name: replaced(item, chosen, new, (*path, name)) for name, item in value.items()}
    if isinstance(value, list):
        return [replaced(item, chosen, new, (*path, place)) for place, item in enumerate(value)]
    return new if path in chosen else value


@given(st.binary(max_size=40) | st.text('{}[]:,"\\u019eE+-.ntfINaé ', max_size=30).map(str.encode))
def test_any_bytes_are_parsed_or_refused_as_invalid(data: bytes) -> None:
    try:
        result: object = parse(data).value
    except Invalid as invalid:
        result = invalid.issues[0]
    assert isinstance(result, dict | Issue)


def test_what_is_stored_keeps_decimals_order_and_white_space() -> None:
    source = parse(b'{ "z": 1.10,\n  "id": "old" , "resourceType":"Goal",\n  "a" : [ 1.0, 2e0 ]\n}')
    assert b'{"resourceType":"Goal","id":"x", "z": 1.10,\n  "a" : [ 1.0, 2e0 ]\n}' == stored(
        source, "Goal", "x"
    )


def test_a_resource_with_an_id_only_is_stored() -> None:
    assert b'{"resourceType":"Goal","id":"x"}' == stored(parse(b' {"id":"y"} '), "Goal", "x")


def test_meta_is_served_right_behind_the_id() -> None:
    body = b'{"resourceType":"Goal","id":"x","a":1}'
    assert b'{"resourceType":"Goal","id":"x","meta":{"a":1},"a":1}' == served(body, "Goal", "x", b'{"a":1}')


def test_the_resources_of_a_bundle_keep_their_own_text() -> None:
    bundle = parse(b'{"entry":[ {"resource": { "v":1.10 } }, {"request":{}}, {"resource":7} ]}')
    assert (Source({"v": Decimal("1.10")}, '{ "v":1.10 }'), None, None) == entry_resources(bundle)


def test_a_bundle_without_entries_has_no_resources() -> None:
    assert () == entry_resources(parse(b'{"resourceType":"Bundle"}'))


def test_entries_that_are_no_array_are_refused() -> None:
    with pytest.raises(Invalid, match="must be an array"):
        entry_resources(parse(b'{"entry":{"resource":{}}}'))


def test_a_member_name_is_never_replaced() -> None:
    assert '{"a" : "b"}' == replace_at('{"a" : "a"}', {("a",): "b"})


def test_an_escaped_string_is_replaced() -> None:
    assert '["b"]' == replace_at(r'["\u0061"]', {(0,): "b"})


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"", "The body is empty"),
        (b"  \n", "The body is empty"),
        (b"\xef\xbb\xbf{}", "byte order mark"),
        (b'{"a":"\xff"}', "(line 1, column 7)"),
        (b"[]", "must be one JSON object"),
        (b'"text"', "must be one JSON object"),
        (b'{"a":1,}', "trailing comma"),
        (b"{'a':1}", "double quotes"),
        (b'{"a":1}\n{}', "nothing may follow the JSON object (line 2, column 1)"),
        (b'{"a":01}', "(line 1, column 7)"),
        (b'{"a":NaN}', "`NaN` is no decimal of FHIR"),
        (b'{"a":-Infinity}', "`-Infinity` is no decimal of FHIR"),
        (b'{"a":1e9999}', "`1e9999` is no decimal of FHIR"),
        (b'{"a":1e99999999999999999999}', "is no decimal of FHIR"),
        (b'{"a":1e9999}]]', "`1e9999` is no decimal of FHIR"),
        (b'{"a":' + b"9" * 5000 + b"}", "is no decimal of FHIR"),
        (rb'{"a":"\u0000"}', r"`\u0000`"),
        (b'{"a":"\x00"}', "control character"),
        (rb'{"a":"\ud800"}', "half of a surrogate pair"),
        (rb'{"\udc00":1}', "half of a surrogate pair"),
        (b"[" * 100_000, "at most 64 deep (line 1, column 65)"),
        (b'{"a":' * 65 + b"1" + b"}" * 65, "at most 64 deep"),
    ],
)
def test_what_is_not_strict_json_is_refused_with_the_reason(data: bytes, text: str) -> None:
    assert text in issue(data).text


def test_a_duplicate_member_is_refused_with_its_place() -> None:
    data = b'{"resourceType":"Goal",\n "target":[{}, {"due":1, "d\\u0075e":2}]}'
    expected = Issue(
        "structure", "`due` is there twice in one object; keep one (line 2, column 26).", "Goal.target[1].due"
    )
    assert expected == issue(data)


def test_an_escaped_backslash_before_u0000_is_text() -> None:
    assert {"a": r"\u0000"} == parse(rb'{"a":"\\u0000"}').value


def test_a_surrogate_pair_is_one_character() -> None:
    assert {"a": "😀"} == parse(rb'{"a":"\ud83d\ude00"}').value


def test_sixty_four_levels_are_parsed() -> None:
    data = b'{"a":' * 64 + b"1" + b"}" * 64
    assert data.decode() == parse(data).text


def test_long_hostile_strings_take_linear_time() -> None:
    assert "no closing double quote" in issue(b'{"a":"' + b'\\"' * 500_000).text

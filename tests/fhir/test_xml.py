"""XML: it says what the JSON says, both ways, and can do nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.dom import minidom

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dzop.fhir import json, verbatim, xml
from dzop.fhir.outcome import FhirError, Invalid, Unprocessable
from dzop.fhir.structure import Element, Structure, structure_of, structure_of_resource
from dzop.fhir.validation import validate

PROJECT = Path(__file__).parents[2]
SHARED = PROJECT.parent / "shared" / "data"
EXAMPLES = [*sorted(PROJECT.glob("docs/examples/*.json")), *sorted(PROJECT.glob("dzop/demo/data/*.json"))]
PUBLISHED = sorted(SHARED.glob("**/*.json"))
PUBLISHED_XML = sorted(SHARED.glob("**/*.xml"))
NAMESPACE = 'xmlns="http://hl7.org/fhir"'
XHTML = 'xmlns="http://www.w3.org/1999/xhtml"'
H, F = 'xmlns:h="http://www.w3.org/1999/xhtml"', 'xmlns:f="http://hl7.org/fhir"'
STATUS, F_STATUS = '<status value="empty"/>', '<f:status value="empty"/>'


def fhir_xml(text: str) -> bytes:
    """A resource whose root has the namespace of FHIR."""
    return re.sub(r"<([A-Z][A-Za-z]+)", rf"<\1 {NAMESPACE}", text, count=1).encode()


def there_and_back(text: str, *, pretty: bool = False) -> Any:
    return xml.parse(xml.written(verbatim.read(text), pretty=pretty)).value


def is_r4(source: json.Source) -> bool:
    return not any(issue.severity == "error" for issue in validate(source.value))


# -- there and back ------------------------------------------------------------------------------------


@pytest.mark.parametrize("pretty", [False, True])
@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_is_the_same_json_after_xml(path: Path, pretty: bool) -> None:
    source = json.parse(path.read_bytes())
    assert there_and_back(source.text, pretty=pretty) == source.value


@pytest.mark.skipif(not PUBLISHED, reason="published guide data is not beside the project")
def test_every_published_example_is_the_same_json_after_xml() -> None:
    sources = {path: json.parse(path.read_bytes().removeprefix(b"\xef\xbb\xbf")) for path in PUBLISHED}
    resources = {path: each for path, each in sources.items() if "resourceType" in each.value and is_r4(each)}
    differing = [path.name for path, each in resources.items() if there_and_back(each.text) != each.value]
    assert (differing, len(resources) > 100) == ([], True)


@pytest.mark.skipif(not PUBLISHED_XML, reason="published guide data is not beside the project")
@pytest.mark.parametrize("path", PUBLISHED_XML, ids=lambda path: path.name)
def test_a_published_xml_example_is_read_unless_it_is_not_r4(path: Path) -> None:
    if path.name == "Condition-addiction-example.xml":  # its `status` is none of R4's Condition
        with pytest.raises(Unprocessable) as caught:
            xml.parse(path.read_bytes())
        assert caught.value.issues[0].expression == "Condition.status"
    else:
        assert is_r4(xml.parse(path.read_bytes()))


TEXT = st.text(
    st.characters(min_codepoint=32, exclude_categories=("Cs",), exclude_characters="\ufffe\uffff"), min_size=1
)
DECIMAL = st.from_regex(r"-?(0|[1-9][0-9]{0,5})(\.[0-9]{1,6})?([eE][+-]?[0-9])?", fullmatch=True)
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "boolean": st.booleans(),
    "decimal": DECIMAL.map(verbatim.Number),
    **{
        type: st.integers(0, 99).map(str).map(verbatim.Number)
        for type in ("integer", "positiveInt", "unsignedInt")
    },
    "xhtml": st.sampled_from(
        [f"<div {XHTML}>a</div>", f'<div {XHTML}  id="b">\n <p>é&lt;<br /></p><!-- c --></div >']
    ),
}
WHITE = st.sampled_from(["a\nb", "\ta\r\n", " a ", '"<&>', "é\u2028𝄞", "]]>", "&#10;"])


def values(element: Element, depth: int) -> st.SearchStrategy[Any]:
    """Values of an element as the structure has it, whether R4's rules allow them or not."""
    if element.check is not None:
        return VALUES.get(element.type, TEXT | WHITE)
    if element.model is None:
        return resources(("Patient", "Organization", "Basic")[depth % 3], depth - 1)
    return objects(structure_of(element.model), depth - 1)


@st.composite
def objects(draw: st.DrawFn, structure: Structure, depth: int) -> dict[str, Any]:
    """An object of some elements of a structure, never empty."""
    names = [name for name, each in structure.elements.items() if depth > 0 or each.check]
    chosen = draw(st.lists(st.sampled_from(names), min_size=1, max_size=4, unique=True))
    found: dict[str, Any] = {}
    for name in chosen:
        element = structure.elements[name]
        if element.sibling and element.name == "_div":
            continue
        drawn = values(element, depth)
        found[name] = draw(st.lists(drawn, min_size=1, max_size=2)) if element.is_list else draw(drawn)
    for name, item in list(found.items()):  # the lists of a primitive and its siblings are equally long
        other = found.get(f"_{name}")
        if isinstance(item, list) and other is not None:
            length = max(len(item), len(other))
            found[name], found[f"_{name}"] = (each + [None] * (length - len(each)) for each in (item, other))
    return found or {"id": "x"}


@st.composite
def resources(draw: st.DrawFn, type: str, depth: int) -> dict[str, Any]:
    structure = structure_of_resource(type)
    assert structure is not None
    return {"resourceType": type, **draw(objects(structure, depth))}


TYPES = ("Bundle", "CarePlan", "Observation", "Parameters", "Patient", "Questionnaire", "Task")


@settings(deadline=None)
@given(st.sampled_from(TYPES).flatmap(lambda each: resources(each, 3)), st.booleans())
def test_any_resource_is_the_same_json_after_xml(resource: dict[str, Any], pretty: bool) -> None:
    text = verbatim.written(resource)
    expected = json.parse(text).value
    assert there_and_back(text.decode(), pretty=pretty) == expected


# -- exactly -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "digits", ["1.10", "0.000", "-1.50", "100", "1e2", "1E-7", "123456789012345678901.10"]
)
def test_a_decimal_keeps_its_digits(digits: str) -> None:
    text = f'{{"resourceType":"Observation","valueQuantity":{{"value":{digits}}}}}'
    document = xml.written(verbatim.read(text))
    assert (f'<value value="{digits}"/>' in document.decode(), digits in xml.parse(document).text) == (
        True,
        True,
    )


@pytest.mark.parametrize("text", ["a\nb", "a\tb", "a\r\nb", "  a  ", "<&>\"'", "\U0001d11e", "\x85\u2028"])
def test_white_space_and_special_characters_come_back(text: str) -> None:
    resource = {"resourceType": "Patient", "language": text}
    assert xml.parse(xml.written(resource)).value == resource


def test_what_xml_cannot_hold_is_replaced() -> None:
    document = xml.written({"resourceType": "Patient", "language": "a\x01\uffff"})
    assert xml.parse(document).value["language"] == "a\ufffd\ufffd"


def test_elements_are_in_the_order_of_r4() -> None:
    resource = {
        "birthDate": "1950",
        "name": [{"given": ["a"], "family": "b"}],
        "id": "x",
        "resourceType": "Patient",
    }
    inner = '<id value="x"/><name><family value="b"/><given value="a"/></name><birthDate value="1950"/>'
    expected = f'<?xml version="1.0" encoding="UTF-8"?><Patient {NAMESPACE}>{inner}</Patient>'
    assert xml.written(resource).decode() == expected


def test_ids_and_urls_are_attributes_and_extensions_are_elements() -> None:
    extension = {"id": "e", "url": "u:u", "valueCode": "c"}
    resource = {
        "resourceType": "Patient",
        "_birthDate": {"id": "b", "extension": [extension]},
        "birthDate": "1950",
    }
    inner = '<extension id="e" url="u:u"><valueCode value="c"/></extension>'
    expected = f'<birthDate id="b" value="1950">{inner}</birthDate>'
    assert expected in xml.written(resource).decode()


def test_the_url_of_what_is_no_extension_is_an_element() -> None:
    resource = {"resourceType": "Patient", "photo": [{"url": "u:u"}]}
    assert '<photo><url value="u:u"/></photo>' in xml.written(resource).decode()


def test_pretty_xml_is_indented_and_leaves_the_narrative_alone() -> None:
    div = f"<div {XHTML}><p>a</p> <p>b</p></div>"
    document = xml.written({"resourceType": "Patient", "text": {"div": div}}, pretty=True).decode()
    assert document.splitlines()[1:] == [
        f"<Patient {NAMESPACE}>",
        "  <text>",
        f"    {div}",
        "  </text>",
        "</Patient>",
    ]


@pytest.mark.parametrize(
    "contained",
    [
        {"resourceType": "Evidence", "a><b": "c", "text": {"div": "<div>"}, "title": "t"},
        {"resourceType": "Evidence", "x": {"resourceType": "a><b", "y": 1}, "title": "t"},
    ],
)
def test_a_contained_resource_that_is_not_known_makes_no_broken_xml(contained: dict[str, Any]) -> None:
    document = xml.written({"resourceType": "Patient", "contained": [contained]})
    titles = minidom.parseString(document).getElementsByTagName("title")  # noqa: S318 - of our own making
    assert [each.getAttribute("value") for each in titles] == ["t"]


@pytest.mark.parametrize(
    "document",
    [
        f"<f:Patient {F}><f:text>{F_STATUS}<div {XHTML}>a</div></f:text></f:Patient>",
        f"<Patient {NAMESPACE} {H}><text>{STATUS}<h:div>a</h:div></text></Patient>",
        f"<f:Patient {F} {XHTML}><f:text>{F_STATUS}<div>a</div></f:text></f:Patient>",
    ],
)
def test_a_narrative_stands_alone_whatever_prefix_it_had(document: str) -> None:
    assert is_r4(xml.parse(document.encode()))


def test_comments_instructions_schemas_and_cdata_around_elements_mean_nothing() -> None:
    schema = (
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="http://hl7.org/fhir x.xsd"'
    )
    document = (
        f'\ufeff<?xml version="1.0"?><?a b?><Patient {NAMESPACE} {schema}><!-- c --><id value="x"/></Patient>'
    )
    assert xml.parse(document.encode()).value == {"resourceType": "Patient", "id": "x"}


# -- refused -------------------------------------------------------------------------------------------

LAUGHS = '<!DOCTYPE a [<!ENTITY a "ha">' + "".join(
    f'<!ENTITY {name} "{f"&{before};" * 10}">' for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)
FILE = '<!ENTITY x SYSTEM "file:///etc/passwd">'
DEEP = '<extension url="u:u">' * 70
MALICIOUS = {
    "billion laughs": LAUGHS + f']><Patient {NAMESPACE}><id value="&i;"/></Patient>',
    "an external entity": f'<!DOCTYPE a [{FILE}]><Patient {NAMESPACE}><language value="&x;"/></Patient>',
    "an external document type": f'<!DOCTYPE Patient SYSTEM "http://127.0.0.1/a.dtd"><Patient {NAMESPACE}/>',
    "a parameter entity": f'<!DOCTYPE a [<!ENTITY % x SYSTEM "http://127.0.0.1/a"> %x;]><Patient {NAMESPACE}/>',
    "a default attribute": f'<!DOCTYPE Patient [<!ATTLIST id value CDATA "x">]><Patient {NAMESPACE}><id/></Patient>',
    "an entity in an attribute": f'<Patient {NAMESPACE}><language value="&x;"/></Patient>',
    "an entity of HTML": f"<Patient {NAMESPACE}><text><div {XHTML}>&nbsp;</div></text></Patient>",
    "NUL": f'<Patient {NAMESPACE}><language value="&#0;"/></Patient>',
    "a raw NUL": f'<Patient {NAMESPACE}><language value="\0"/></Patient>',
    "another encoding": f'<?xml version="1.0" encoding="ISO-8859-1"?><Patient {NAMESPACE}/>',
    "an encoding that does not exist": f'<?xml version="1.0" encoding="x-y"?><Patient {NAMESPACE}/>',
    "no end": f"<Patient {NAMESPACE}>",
    "two roots": f"<Patient {NAMESPACE}/><Patient {NAMESPACE}/>",
    "an attribute twice": f'<Patient {NAMESPACE}><language value="a" value="b"/></Patient>',
    "nothing": "",
    "no namespace": "<Patient/>",
    "another namespace": '<Patient xmlns="urn:x"/>',
    "an unbound prefix": "<f:Patient/>",
    "a type that is none": f"<Nobody {NAMESPACE}/>",
    "an abstract type": f"<Resource {NAMESPACE}/>",
    "a type with a path": f"<os.path {NAMESPACE}/>",
    "too deep": f"<Patient {NAMESPACE}>{DEEP}",
    "JSON": '{"resourceType":"Patient"}',
}


@pytest.mark.parametrize("document", MALICIOUS.values(), ids=MALICIOUS)
def test_what_is_no_plain_xml_of_fhir_is_invalid(document: str) -> None:
    with pytest.raises(Invalid):
        xml.parse(document.encode())


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "latin-1"])
def test_another_encoding_than_utf_8_is_invalid(encoding: str) -> None:
    with pytest.raises(Invalid):
        xml.parse(f'<Patient {NAMESPACE}><language value="é"/></Patient>'.encode(encoding))


def test_nesting_in_a_narrative_costs_no_stack() -> None:
    document = (
        f"<Patient {NAMESPACE}><text><div {XHTML}>{'<b>' * 100_000}{'</b>' * 100_000}</div></text></Patient>"
    )
    assert not is_r4(xml.parse(document.encode()))


def test_namespaces_around_many_narratives_do_not_multiply() -> None:
    prefixes = " ".join(f'xmlns:a{number}="http://www.w3.org/1999/xhtml"' for number in range(1_000))
    one = "<contained><Patient><text><a1:div>a</a1:div></text></Patient></contained>"
    document = f"<Patient {NAMESPACE} {prefixes}>{one * 1_000}</Patient>"
    assert len(xml.parse(document.encode()).text) < 2 * len(document)


REFUSED = {
    '<Patient><colour value="red"/></Patient>': "Patient.colour",
    '<Patient><name><first value="a"/></name></Patient>': "Patient.name[0].first",
    '<Patient><active value="yes"/></Patient>': "Patient.active",
    '<Patient><multipleBirthInteger value="1.0"/></Patient>': "Patient.multipleBirthInteger",
    '<Observation><valueQuantity><value value="1,5"/></valueQuantity></Observation>': "Observation.valueQuantity.value",
    '<Observation><valueQuantity><value value="+1"/></valueQuantity></Observation>': "Observation.valueQuantity.value",
    '<Patient><gender value="male"/><gender value="male"/></Patient>': "Patient.gender",
    "<Patient><gender/></Patient>": "Patient.gender",
    "<Patient><name/></Patient>": "Patient.name[0]",
    "<Patient>text</Patient>": "Patient",
    "<Patient><gender>male</gender></Patient>": "Patient.gender",
    "<Patient><![CDATA[text]]></Patient>": "Patient",
    '<Patient><gender code="male"/></Patient>': "Patient.gender",
    '<Patient id="x"/>': "Patient",
    '<Patient><_gender id="x"/></Patient>': "Patient",
    '<Patient><resourceType value="Goal"/></Patient>': "Patient.resourceType",
    '<Patient><name><id value="x"/></name></Patient>': "Patient.name[0].id",
    '<Patient><extension><url value="u:u"/></extension></Patient>': "Patient.extension[0].url",
    '<Patient><meta><profile value="u:u"/><profile url="u:u"/></meta></Patient>': "Patient.meta.profile[1]",
    "<Patient><text><div>a</div></text></Patient>": "Patient.text.div",
    f"<Patient><text><div {XHTML}>a</div><div {XHTML}>a</div></text></Patient>": "Patient.text.div",
    "<Patient><contained/></Patient>": "Patient.contained[0]",
    '<Patient><contained><id value="x"/></contained></Patient>': "Patient.contained[0]",
    "<Bundle><entry><resource><Goal/><Goal/></resource></entry></Bundle>": "Bundle.entry[0].resource",
    '<Patient><include xmlns="http://www.w3.org/2001/XInclude" href="file:///etc"/></Patient>': "Patient.include",
    '<Patient><gender xmlns="urn:x" value="male"/></Patient>': "Patient.gender",
}


@pytest.mark.parametrize(("document", "expression"), REFUSED.items())
def test_what_r4_does_not_know_is_refused_with_line_and_place(document: str, expression: str) -> None:
    with pytest.raises(FhirError) as caught:
        xml.parse(fhir_xml(document))
    issue = caught.value.issues[0]
    assert (issue.expression, "(line 1, column " in issue.text) == (expression, True)


def test_free_text_is_never_echoed() -> None:
    secret = "Jan Peeters " * 10
    documents = [
        f'<Patient><active value="{secret}"/></Patient>',
        f"<Patient>{secret}</Patient>",
        f'<Patient><gender value="{secret}" a="{secret}"/></Patient>',
    ]
    assert not any("Peeters" in text for document in documents for text in said(document))


def said(document: str) -> Iterator[str]:
    """What is said of a document that is refused."""
    try:
        xml.parse(fhir_xml(document))
    except FhirError as error:
        yield from (issue.text for issue in error.issues)


DOCUMENT = fhir_xml(
    f'<Patient><text>{STATUS}<div {XHTML}>a</div></text><contained><Goal/></contained><name id="n"/></Patient>'
)


@given(st.integers(0, len(DOCUMENT) - 1), st.integers(0, len(DOCUMENT)), st.binary(max_size=8))
def test_whatever_is_changed_in_a_document_it_is_read_or_refused(
    start: int, end: int, instead: bytes
) -> None:
    assert status(DOCUMENT[:start] + instead + DOCUMENT[max(start, end) :]) in (200, 400, 422)


def status(document: bytes) -> int:
    """What a request with this body would come to, as far as reading it goes."""
    try:
        xml.parse(document)
    except FhirError as error:
        return error.status
    return 200

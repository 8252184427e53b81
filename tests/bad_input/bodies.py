"""Bodies: JSON that is none, JSON that says more than JSON may, resources that are none."""

from __future__ import annotations

import json
from typing import Any

from bad_input.malformed import Malformed
from resources import goal

GOAL = goal("Goal/x", "{patient}")
TEXT = json.dumps(GOAL)
JSON = "application/fhir+json"
XML = "application/fhir+xml"
_DIV = '<div xmlns=\\"http://www.w3.org/1999/xhtml\\">'
_DEEP = '"extension":[{"url":"https://x.example","extension":' * 60 + "[]" + "}]" * 60
_DECIMAL = '"extension":[{"url":"https://x.example","valueDecimal":%s}]'


def more(member: str) -> str:
    """The goal with one more member, written as it stands."""
    return TEXT[:-1] + "," + member + "}"


def _is(status: int, code: str, body: Any, at: str | None = None, type: str = JSON) -> Malformed:
    return Malformed("POST /Goal", status, code, at, body, {"Content-Type": type})


def _unparsed(body: str | bytes, at: str | None = None) -> Malformed:
    return _is(400, "structure", body, at)


def _goal(code: str, at: str, **elements: Any) -> Malformed:
    return _is(422, code, {**GOAL, **elements}, f"Goal.{at}")


def _without(name: str) -> dict[str, Any]:
    return {each: value for each, value in GOAL.items() if each != name}


def _xml(content: str, at: str | None = None, status: int = 400, code: str = "structure") -> Malformed:
    return _is(status, code, content, at, XML)


_XML = '<Goal xmlns="http://hl7.org/fhir"><lifecycleStatus value="active"/>%s</Goal>'

NO_JSON = {
    "a body that is cut off": _unparsed(TEXT[:-5]),
    "a body of XML that says it is JSON": _unparsed("<Goal/>"),
    "an array": _unparsed(f"[{TEXT}]"),
    "a string": _unparsed('"Goal"'),
    "null": _unparsed("null"),
    "a number": _unparsed("7"),
    "two bodies": _unparsed(TEXT + TEXT),
    "no body": _is(400, "invalid", b""),
    "blanks": _unparsed("  \n"),
    "a trailing comma": _unparsed(TEXT[:-1] + ",}"),
    "a comment": _unparsed("/* Goal */" + TEXT),
    "single quotes": _unparsed(TEXT.replace('"', "'")),
    "a byte order mark": _unparsed(b"\xef\xbb\xbf{}"),
    "UTF-16": _unparsed(TEXT.encode("utf-16")),
    "Latin-1": _unparsed(more('"language":"é"').encode("latin-1")),
    "brackets without end": _unparsed("[" * 100_000),
    "objects nested too deep": _unparsed(more(_DEEP)),
}  # fmt: skip
NO_VALUES = {
    "a duplicate key": _unparsed(more('"lifecycleStatus":"active"'), "Goal.lifecycleStatus"),
    "a duplicate key inside": _unparsed(more('"note":[{"text":"a","text":"b"}]'), "Goal.note[0].text"),
    "NaN": _unparsed(more(_DECIMAL % "NaN"), "Goal.extension[0].valueDecimal"),
    "Infinity": _unparsed(more(_DECIMAL % "-Infinity"), "Goal.extension[0].valueDecimal"),
    "a huge exponent": _unparsed(more(_DECIMAL % "1e999999999"), "Goal.extension[0].valueDecimal"),
    "a leading zero": _unparsed(more(_DECIMAL % "01.5")),
    "a plus sign": _unparsed(more(_DECIMAL % "+1")),
    "a hexadecimal number": _unparsed(more(_DECIMAL % "0x10")),
    "a lone surrogate": _unparsed(more('"language":"\\ud800"'), "Goal.language"),
    "a raw surrogate": _unparsed(more('"language":"\ud800"')),
    "NUL": _unparsed(more('"language":"\\u0000"'), "Goal.language"),
    "a raw control character": _unparsed(more('"language":"n\x01l"')),
}
NO_RESOURCES = {
    "a resource of another type": _is(400, "invalid", TEXT.replace('"Goal"', '"Task"', 1), "resourceType"),
    "no resource type": _is(400, "invalid", _without("resourceType"), "resourceType"),
    "a resource type that is a number": _is(400, "invalid", {**GOAL, "resourceType": 7}, "resourceType"),
    "a resource type that does not exist": _is(400, "invalid", {**GOAL, "resourceType": "Wish"}, "resourceType"),
    "an unknown element": _goal("structure", "colour", colour="red"),
    "an element of R5": _goal("structure", "source", source={"reference": "{patient}"}),
    "an unknown element inside": _goal("structure", "target[0].when", target=[{"when": "2027"}]),
    "a code outside the value set": _goal("code-invalid", "lifecycleStatus", lifecycleStatus="blooming"),
    "a code with blanks": _goal("value", "lifecycleStatus", lifecycleStatus=" active "),
    "a number for a date": _goal("value", "startDate", startDate=7),
    "a string for a boolean": _is(
        422, "value", {**GOAL, "extension": [{"url": "https://x.example", "valueBoolean": "true"}]},
        "Goal.extension[0].valueBoolean",
    ),
    "an array for one value": _goal("structure", "lifecycleStatus", lifecycleStatus=["active"]),
    "one value for an array": _goal("structure", "category", category={"text": "x"}),
    "a day that does not exist": _goal("value", "startDate", startDate="2026-02-30"),
    "a time without a zone": _goal("value", "note[0].time", note=[{"text": "x", "time": "2026-01-01T10:00:00"}]),
    "an empty object": _goal("structure", "achievementStatus", achievementStatus={}),
    "an empty array": _goal("structure", "note", note=[]),
    "an empty string": _goal("value", "description.text", description={"text": ""}),
    "null for a value": _goal("structure", "description", description=None),
    "null in an array": _goal("structure", "note[0]", note=[None]),
    "no status": _is(422, "required", _without("lifecycleStatus"), "Goal.lifecycleStatus"),
    "no description": _is(422, "required", _without("description"), "Goal.description"),
    "two of one choice": _goal(
        "structure", "target[0].due", target=[{"dueDate": "2027-01-01", "dueDuration": {"value": 1}}]
    ),
    "an identifier that is a string": _goal("structure", "identifier[0]", identifier=["1"]),
    "an extension without url": _goal("required", "extension[0].url", extension=[{"valueString": "x"}]),
    "an extension with a value and extensions": _is(
        422, "invariant",
        {**GOAL, "extension": [{"url": "https://x.example", "valueString": "x",
                                "extension": [{"url": "a", "valueString": "y"}]}]},
        "Goal.extension[0]",
    ),
    "a decimal for an integer": _is(
        422, "value", {**GOAL, "extension": [{"url": "https://x.example", "valueInteger": 1.5}]},
        "Goal.extension[0].valueInteger",
    ),
    "an integer beyond 32 bits": _is(
        422, "value", {**GOAL, "extension": [{"url": "https://x.example", "valueInteger": 2**40}]},
        "Goal.extension[0].valueInteger",
    ),
    "base64 that is none": _is(
        422, "value", {**GOAL, "extension": [{"url": "https://x.example", "valueBase64Binary": "%%%"}]},
        "Goal.extension[0].valueBase64Binary",
    ),
    "an id with an underscore": _is(422, "value", {**GOAL, "note": [{"id": "", "text": "x"}]}, "Goal.note[0].id"),
    "a period that ends before it begins": Malformed(
        "POST /Encounter", 422, "invariant", "Encounter.period",
        {"resourceType": "Encounter", "status": "finished", "subject": {"reference": "{patient}"},
         "class": {"code": "IMP"}, "period": {"start": "2026-02-01", "end": "2026-01-01"}},
    ),
    "script in the narrative": _is(
        422, "invalid", more(f'"text":{{"status":"generated","div":"{_DIV}<script>1</script></div>"}}'),
        "Goal.text.div"
    ),
    "a narrative that is no XHTML": _is(
        422, "invalid", more('"text":{"status":"generated","div":"<div>x"}'), "Goal.text.div"
    ),
    "a narrative with an entity": _is(
        422, "invalid",
        more(f'"text":{{"status":"generated","div":"<!DOCTYPE x [<!ENTITY e \\"x\\">]>{_DIV}&e;</div>"}}'),
        "Goal.text.div",
    ),
    "a link that runs script": _is(
        422, "invalid",
        more(f'"text":{{"status":"generated","div":"{_DIV}<a href=\\"javascript:1\\">x</a></div>"}}'),
        "Goal.text.div",
    ),
    "a meta that is a number": _goal("structure", "meta", meta=7),
    "a label without a code": _goal("structure", "meta.security[0]", meta={"security": [7]}),
    "contained that is a number": _goal("structure", "contained", contained=7),
    "contained without a type": _goal("required", "contained[0].resourceType", contained=[{}]),
    "a contained goal": _goal(
        "business-rule", "contained[0]", contained=[{**GOAL, "id": "g"}], addresses=[{"reference": "#g"}]
    ),
    "a contained resource that nothing refers to": _goal(
        "invariant", "contained[0]", contained=[{"resourceType": "Organization", "id": "o", "name": "x"}]
    ),
    "a contained resource in a contained one": _goal(
        "invariant", "contained[0].contained", addresses=[{"reference": "#o"}],
        contained=[{"resourceType": "Organization", "id": "o", "name": "x",
                    "contained": [{"resourceType": "Organization", "id": "p", "name": "y"}]}],
    ),
    "a body that was cut for an answer": _goal(
        "business-rule", "meta.tag",
        meta={"tag": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue", "code": "SUBSETTED"}]},
    ),
}  # fmt: skip
SUBJECTS = (
    ("Patient/", "value", "subject.reference"), ("nobody", "value", "subject.reference"),
    ("#p", "invariant", "subject.reference"), ("urn:uuid:0", "processing", "subject"),
    ("Patient/x/_history/1", "processing", "subject"), ("http://other.example/Patient/x", "processing", "subject"),
    ("Patient/nobody", "processing", "subject"),
)  # fmt: skip
REFERENCES = {
    "a reference that is a number": _goal("value", "subject.reference", subject={"reference": 7}),
    "a subject that is an array": _goal("structure", "subject", subject=[{}]),
    "no subject": _is(422, "required", _without("subject"), "Goal.subject"),
    **{f"a subject `{each}`": _goal(code, at, subject={"reference": each}) for each, code, at in SUBJECTS},
    "a subject of another type": _goal("value", "subject", subject={"reference": "Task/x"}),
    "a reference to a type that does not exist": _goal(
        "value", "addresses[0].reference", addresses=[{"reference": "Wish/x"}]
    ),
    "a reference to a contained one that is not there": _goal(
        "invariant", "addresses[0].reference", addresses=[{"reference": "#c"}]
    ),
    "a condition where no transaction resolves it": _goal(
        "value", "addresses[0].reference", addresses=[{"reference": "Condition?code=x"}]
    ),
    "an empty reference": _goal("structure", "addresses[0]", addresses=[{}]),
}  # fmt: skip
MEDIA = {
    "a body of plain text": _is(415, "not-supported", TEXT, "http.Content-Type", "text/plain"),
    "a form": _is(415, "not-supported", "a=b", "http.Content-Type", "application/x-www-form-urlencoded"),
    "a body of several parts": _is(415, "not-supported", TEXT, "http.Content-Type", "multipart/form-data"),
    "a body without media type": _is(415, "not-supported", TEXT, "http.Content-Type", ""),
    "another charset": _is(
        415, "not-supported", TEXT, "http.Content-Type", "application/fhir+json; charset=latin-9"
    ),
    "a JSON patch that is posted": _is(
        415, "not-supported", "[]", "http.Content-Type", "application/json-patch+json"
    ),
    "a body said to be compressed that is not": Malformed(
        "POST /Goal", 400, "invalid", "http.Content-Encoding", GOAL, {"Content-Encoding": "gzip"}
    ),
    "a compression that is not known": Malformed(
        "POST /Goal", 415, "not-supported", "http.Content-Encoding", GOAL, {"Content-Encoding": "br"}
    ),
    "a body beyond the limit": _is(413, "too-long", {**GOAL, "description": {"text": "x" * 5_000_001}}),
}
IN_XML = {
    "XML that is cut off": _xml(_XML[:-4] % ""),
    "XML without namespace": _xml('<Goal><lifecycleStatus value="active"/></Goal>'),
    "XML of another type": _xml('<Task xmlns="http://hl7.org/fhir"/>', "resourceType", code="invalid"),
    "XML with a document type": _xml("<!DOCTYPE Goal []>" + _XML % ""),
    "XML with an entity of a file": _xml(
        '<!DOCTYPE Goal [<!ENTITY e SYSTEM "file:///etc/passwd">]>' + _XML % '<language value="&e;"/>'
    ),
    "XML whose entities multiply": _xml(
        '<!DOCTYPE Goal [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
        + _XML % '<language value="&b;"/>'
    ),
    "XML with a parameter entity": _xml(
        '<!DOCTYPE Goal [<!ENTITY % e SYSTEM "http://127.0.0.1:9/x.dtd"> %e;]>' + _XML.replace("%s", "")
    ),
    "XML that includes other XML": _xml(
        _XML % '<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="file:///etc/passwd"/>',
        "Goal.include", 422,
    ),
    "XML with text outside of values": _xml(_XML % "text", "Goal", 422),
    "XML with an unknown element": _xml(_XML % '<colour value="red"/>', "Goal.colour", 422),
    "XML with an unknown attribute": _xml(_XML % '<language code="nl"/>', "Goal.language", 422),
    "XML with two values of one element": _xml(
        _XML % '<language value="nl"/><language value="fr"/>', "Goal.language", 422
    ),
    "XML nested too deep": _xml(
        _XML % ('<extension url="https://x.example">' * 100 + "</extension>" * 100), "Goal" + ".extension[0]" * 32,
    ),
    "XML in another charset than it says": _xml("<?xml version='1.0' encoding='utf-16'?>" + _XML % ""),
}  # fmt: skip

BODIES = NO_JSON | NO_VALUES | NO_RESOURCES | REFERENCES | MEDIA | IN_XML

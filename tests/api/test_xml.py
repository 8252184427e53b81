"""XML over HTTP: what is sent as XML is stored as the JSON it means, and hostile XML does nothing."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from persons import Person
from resources import Resource, bundle, goal, put

from dzop.fhir import verbatim, xml

XML = "application/fhir+xml"
DECIMAL = {"url": "https://x.example/decimal", "valueDecimal": "DIGITS"}


def as_xml(resource: Resource) -> bytes:
    return xml.written(verbatim.read(json.dumps(resource)))


def sent(person: Person, method: str, path: str, content: bytes, **headers: str) -> httpx.Response:
    with person.client("person") as client:
        return client.request(method, path, content=content, headers={"Content-Type": XML, **headers})


def life_goal(person: Person, **elements: Any) -> Resource:
    return goal(person.ref("Goal", "xml"), person.patient, "life-goal", **elements)


def value_of(answer: httpx.Response) -> Any:
    """The JSON that an answer in XML means."""
    return xml.parse(answer.content).value


def without_meta(value: Any) -> Any:
    return {name: each for name, each in value.items() if name != "meta"}


@pytest.mark.parametrize(
    "content_type", [XML, "application/xml", "text/xml", f"{XML}; charset=UTF-8; fhirVersion=4.0"]
)
def test_a_resource_is_created_from_xml(person: Person, content_type: str) -> None:
    body = {name: each for name, each in life_goal(person).items() if name != "id"}
    answer = sent(person, "POST", "Goal", as_xml(body), **{"Content-Type": content_type})
    stored = {name: each for name, each in answer.json().items() if name not in ("id", "meta")}
    assert (answer.status_code, stored) == (201, body)


def test_what_is_stored_from_xml_is_what_it_means_in_json(person: Person) -> None:
    text = json.dumps(life_goal(person, extension=[DECIMAL])).replace('"DIGITS"', "1.10")
    body = xml.written(verbatim.read(text))
    sent(person, "PUT", person.ref("Goal", "xml"), body)
    assert '"valueDecimal":1.10' in person.client("person").get(person.ref("Goal", "xml")).text


def test_a_resource_read_as_xml_may_be_sent_back(person: Person) -> None:
    client, path = person.client("person"), person.ref("Goal", "life")
    read = client.get(path, headers={"Accept": XML})
    answer = sent(person, "PUT", path, read.content)
    assert (answer.status_code, without_meta(answer.json())) == (
        200,
        without_meta(client.get(f"{path}/_history/1").json()),
    )


@pytest.mark.parametrize(
    "path",
    [
        "{goal}",
        "{goal}/_history/1",
        "{goal}/_history",
        "Goal?_id={id}&_include=Goal:subject",
        "{goal}/$meta",
        "metadata",
    ],
)
def test_an_answer_in_xml_means_the_same_as_in_json(known: Person, path: str) -> None:
    local = known.ref("Goal", "life")
    asked = path.format(goal=local, id=local.partition("/")[2])
    client = known.client("person")
    in_json, in_xml = client.get(asked).json(), value_of(client.get(asked, headers={"Accept": XML}))
    if in_json["resourceType"] == "Bundle":  # made anew each time
        for each in (in_json, in_xml):
            del each["id"], each["meta"]
    assert in_xml == json.loads(json.dumps(in_json))


def test_a_transaction_is_sent_and_answered_in_xml(person: Person) -> None:
    transaction = bundle("transaction", put(life_goal(person)))
    answer = sent(person, "POST", "", as_xml(transaction), Accept=XML)
    entry = value_of(answer)["entry"][0]
    assert (answer.status_code, entry["resource"]["id"]) == (200, life_goal(person)["id"])


def test_an_entry_of_a_batch_is_json_whatever_its_url_says(person: Person) -> None:
    entry = {"request": {"method": "GET", "url": f"{person.ref('Goal', 'life')}?_format=xml&_pretty=true"}}
    answer = person.client("person").post("", json=bundle("batch", entry))
    assert answer.json()["entry"][0]["resource"]["resourceType"] == "Goal"


def test_parameters_of_an_operation_are_read_as_xml(person: Person) -> None:
    tag = {"system": "https://x.example", "code": "seen"}
    parameters = {"resourceType": "Parameters", "parameter": [{"name": "meta", "valueMeta": {"tag": [tag]}}]}
    path = f"{person.ref('Goal', 'life')}/$meta-add"
    answer = sent(person, "POST", path, as_xml(parameters))
    assert (answer.status_code, tag in answer.json()["parameter"][0]["valueMeta"]["tag"]) == (200, True)


def test_a_patch_by_fhirpath_is_read_as_xml(person: Person) -> None:
    parts = [
        {"name": "type", "valueCode": "replace"},
        {"name": "path", "valueString": "Goal.description.text"},
        {"name": "value", "valueString": "Naar zee"},
    ]
    patch = {"resourceType": "Parameters", "parameter": [{"name": "operation", "part": parts}]}
    answer = sent(person, "PATCH", person.ref("Goal", "life"), as_xml(patch))
    assert (answer.status_code, answer.json()["description"]["text"]) == (200, "Naar zee")


def test_a_fault_in_xml_is_told_with_its_line_and_place(known: Person) -> None:
    document = b'<Goal xmlns="http://hl7.org/fhir">\n  <colour value="red"/>\n</Goal>'
    issue = sent(known, "POST", "Goal", document).json()["issue"][0]
    expected = "`colour` is no element of `Goal`; remove it, or send it as an extension (line 2, column 3)."
    assert (issue["diagnostics"], issue["expression"]) == (expected, ["Goal.colour"])


ENTITIES = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;"><!ENTITY f SYSTEM "file:///etc/passwd">]>'
HOSTILE = {
    "billion laughs": ENTITIES + '<Goal xmlns="http://hl7.org/fhir"><language value="&b;"/></Goal>',
    "a file": ENTITIES + '<Goal xmlns="http://hl7.org/fhir"><text>&f;</text></Goal>',
    "another document": '<!DOCTYPE Goal SYSTEM "http://127.0.0.1:1/x.dtd"><Goal xmlns="http://hl7.org/fhir"/>',
    "XInclude": '<Goal xmlns="http://hl7.org/fhir" xmlns:xi="http://www.w3.org/2001/XInclude">'
    '<xi:include href="file:///etc/passwd" parse="text"/></Goal>',
    "deep": '<Goal xmlns="http://hl7.org/fhir">' + '<extension url="u:u">' * 50_000,
    "wide": '<Goal xmlns="http://hl7.org/fhir" '
    + " ".join(f'a{number}="x"' for number in range(50_000))
    + "/>",
    "many prefixes": "<Goal " + " ".join(f'xmlns:a{number}="u:{number}"' for number in range(20_000)) + "/>",
    "cut off": '<Goal xmlns="http://hl7.org/fhir"><id',
    "NUL": '<Goal xmlns="http://hl7.org/fhir"><id value="\0"/></Goal>',
    "script": '<Goal xmlns="http://hl7.org/fhir"><text><status value="generated"/>'
    '<div xmlns="http://www.w3.org/1999/xhtml"><script>1</script></div></text></Goal>',
    "script in CDATA": '<Goal xmlns="http://hl7.org/fhir"><text><status value="generated"/>'
    '<div xmlns="http://www.w3.org/1999/xhtml"><![CDATA[<script>1</script>]]></div></text></Goal>',
}


@pytest.mark.parametrize("document", HOSTILE.values(), ids=HOSTILE)
def test_hostile_xml_is_refused_and_shows_nothing(known: Person, document: str) -> None:
    answer = sent(known, "POST", "Goal", document.encode())
    assert (answer.status_code in (400, 422), "root:" in answer.text, answer.json()["resourceType"]) == (
        True,
        False,
        "OperationOutcome",
    )

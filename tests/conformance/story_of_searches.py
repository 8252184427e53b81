"""Searches, and the formats in which all can be had."""

from __future__ import annotations

from conformance.answers import link
from conformance.step import ABSENT, DOCTOR, XML, Step
from conformance.world import P
from resources import SSIN, ssin

XML_DOCTOR = (
    '<Practitioner xmlns="http://hl7.org/fhir"><!-- said --><text><status value="generated"/>'
    '<div xmlns="http://www.w3.org/1999/xhtml">A <b>bold</b> doctor &amp; more</div></text>'
    '<active value="true"/><name><family value="Xmël"/><given value="A"/><given value="B"/></name></Practitioner>'
)


SEARCHES = [
    Step("search", "GET", "Goal?subject=Patient/r4-p&_sort=_id&_total=accurate"),
    Step("search, one a page", "GET", "Goal?subject=Patient/r4-p&_sort=_id&_count=1&_total=accurate"),
    Step("search, the next page", "GET", lambda a: link(a["search, one a page"], "next") or ""),
    Step("search, no page", "GET", "Goal?subject=Patient/r4-p&_count=0"),
    Step("search, counted", "GET", "Goal?subject=Patient/r4-p&_summary=count"),
    Step("search, unsorted total", "GET", "Goal?subject=Patient/r4-p&_total=none"),
    Step("search by date", "GET", "Goal?subject=Patient/r4-p&_sort=start-date"),
    Step("search by date, down", "GET", "Goal?subject=Patient/r4-p&_sort=-start-date"),
    Step("search by two keys", "GET", "Goal?subject=Patient/r4-p&_sort=lifecycle-status,-_id"),
    Step("search of nothing", "GET", f"Goal?identifier={ABSENT}|1"),
    Step("search with include", "GET",
         "Task?_id=r4-parent,r4-child&_include=Task:focus&_include=Task:part-of&_total=accurate"),
    Step("search with include of a type", "GET", "Task?_id=r4-parent&_include=Task:focus:Goal"),
    Step("search with include of another type", "GET", "Task?_id=r4-parent&_include=Task:focus:CarePlan"),
    Step("search with include again", "GET",
         "Task?_id=r4-grandchild&_include=Task:part-of&_include:iterate=Task:part-of&_include:iterate=Task:focus"),
    Step("search with revinclude", "GET", "Goal?_id=r4-plain&_revinclude=Task:focus"),
    Step("search by post", "POST", "Goal/_search", "subject=Patient/r4-p&_sort=_id",
         {"Content-Type": "application/x-www-form-urlencoded"}),
    Step("search by post and url", "POST", "Goal/_search?subject=Patient/r4-p", "start-date=2026-03-01",
         {"Content-Type": "application/x-www-form-urlencoded"}),
    Step("search by post of json", "POST", "Goal/_search", {"subject": P}),
    Step("search by an unknown parameter", "GET", "Goal?colour=red"),
    Step("search strictly", "GET", "Goal?colour=red", None, {"Prefer": "handling=strict"}),
    Step("search leniently", "GET", "Goal?_id=r4-plain&colour=red", None, {"Prefer": "handling=lenient"}),
    Step("search in another case", "GET", "Goal?Subject=Patient/r4-p"),
    Step("search by an unknown modifier", "GET", "Goal?subject:weird=Patient/r4-p"),
    Step("search by an unusable date", "GET", "Goal?start-date=2026-13"),
    Step("search by an unknown prefix", "GET", "Goal?start-date=zz2026-01-01"),
    Step("search sorted by nothing known", "GET", "Goal?_sort=colour"),
    Step("definitions sorted", "GET", "CodeSystem?_sort=url"),
    Step("search with an unusable count", "GET", "Goal?_count=-1"),
    Step("search with an unknown include", "GET", "Goal?_include=Goal:colour"),
    Step("search without value", "GET", "Goal?_id=r4-plain&lifecycle-status="),
    Step("summary", "GET", "Patient/r4-p?_summary=true"),
    Step("summary of text", "GET", "Observation/r4-token-prelim?_summary=text"),
    Step("summary of data", "GET", "Observation/r4-token-prelim?_summary=data"),
    Step("no summary", "GET", "Observation/r4-token-prelim?_summary=false"),
    Step("elements", "GET", "Patient?_id=r4-p&_elements=birthDate"),
    Step("elements with what is mandatory", "GET", "Observation/r4-token-prelim?_elements=text"),
]  # fmt: skip

FORMATS = [
    Step("xml created", "POST", "Practitioner", XML_DOCTOR.encode(), XML),
    Step("xml read as json", "GET", lambda a: a["xml created"].headers["Location"]),
    Step("xml read as xml", "GET", lambda a: a["xml created"].headers["Location"] + "?_format=xml"),
    Step("xml sent back", "PUT", lambda a: a["xml created"].headers["Location"].partition("/_history")[0],
         lambda a: a["xml read as xml"].content, XML),
    Step("xml of json in another order", "GET", "Practitioner/r4-put?_format=xml"),
    Step("xml search", "GET", "Goal?_id=r4-plain&_format=application/fhir%2Bxml"),
    Step("xml error", "GET", "Practitioner/r4-nobody", None, {"Accept": "application/fhir+xml"}),
    Step("xml that is none", "POST", "Practitioner", b"<Practitioner", XML),
    Step("xml with a document type", "POST", "Practitioner", b"<!DOCTYPE a [<!ENTITY b 'c'>]>" + XML_DOCTOR.encode(),
         XML),
    Step("json by its plain name", "GET", "Goal/r4-plain", None, {"Accept": "application/json"}),
    Step("_format over accept", "GET", "Goal/r4-plain?_format=json", None, {"Accept": "application/fhir+xml"}),
    Step("version 4.0 accepted", "GET", "Goal/r4-plain", None, {"Accept": "application/fhir+json; fhirVersion=4.0"}),
    Step("version 3.0 accepted", "GET", "Goal/r4-plain", None, {"Accept": "application/fhir+json; fhirVersion=3.0"}),
    Step("nothing acceptable", "GET", "Goal/r4-plain", None, {"Accept": "image/png"}),
    Step("unknown format", "GET", "Goal/r4-plain?_format=turtle"),
    Step("body of no media type", "POST", "Practitioner", "hello", {"Content-Type": "text/plain"}),
    Step("body that is no json", "POST", "Practitioner", "{", {}),
    Step("body of another type", "POST", "Practitioner", {"resourceType": "Organization", "name": "x"}),
    Step("body against r4", "POST", "Goal", {"resourceType": "Goal", "lifecycleStatus": "bad"}),
    Step("pretty", "GET", "Goal/r4-plain?_pretty=true"),
    Step(
        "known by a national number alone", "PUT", "Practitioner/r4-numbered",
        {**DOCTOR, "id": "r4-numbered", "identifier": [{"system": SSIN, "value": ssin()}]},
    ),
    Step(
        "precision kept", "PUT", "Observation/r4-precise",
        '{"resourceType":"Observation","id":"r4-precise","status":"final","code":{"text":"x"},'
        '"valueQuantity":{"value":5.40}}',
    ),
]  # fmt: skip

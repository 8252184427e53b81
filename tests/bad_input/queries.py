"""Queries: parameters, modifiers, values, chains, `_has`, `_filter`, includes, order, pages; and histories."""

from __future__ import annotations

from bad_input.malformed import Malformed


def _is(query: str, code: str, status: int = 400, at: str | None = None) -> Malformed:
    """The place of a wrong parameter is its name, as sent; `at` empty: the fault is in none alone."""
    name = query.partition("?")[2].partition("=")[0]
    return Malformed(f"GET /{query}", status, code, f"http.{name}" if at is None else at or None)


def _all(code: str, *queries: str) -> dict[str, Malformed]:
    return {query: _is(query, code) for query in queries}


NAMES = _all(
    "not-supported",
    "Goal?colour=red", "Goal?Patient={patient}", "Goal?subject.reference=x", "Goal?code=x", "Goal?_query=all",
    "Goal?_type=Task", "Goal?_contained=true", "Goal?_containedType=container", "Goal?near=50.8|4.3",
    "Goal?=x", "Goal?_id:=x", "Goal?_has=x", "Task?performer.name=x", "Goal?_since=2026",
)  # fmt: skip
MODIFIERS = _all(
    "not-supported",
    "Goal?category:exact=x", "Goal?category:contains=x", "Goal?category:identifier=x", "Goal?category:nonsense=x",
    "Goal?category:Patient=x", "Goal?_id:text=x", "Patient?birthdate:exact=2026", "Patient?birthdate:not=2026",
    "Patient?name:not=x", "Patient?name:below=x", "Patient?name:text=x", "Goal?patient:exact=x",
    "Goal?patient:Task=x", "Goal?patient:not=x", "Goal?subject:of-type=x", "Observation?value-quantity:exact=1",
    "Observation?code-value-quantity:not=x$1", "Questionnaire?url:exact=x", "Goal?_text:exact=x",
    "Goal?_lastUpdated:above=2026",
    "Goal?category:text:not=x",
)  # fmt: skip
VALUES = _all(
    "invalid",
    "Goal?category=", "Goal?patient=", "Patient?name=", "Goal?start-date=", "Goal?category=,", "Goal?category=x,",
    "Goal?category=|", "Goal?category=a|b|c", "Goal?start-date=yesterday",
    "Goal?start-date=2026-02-30", "Goal?start-date=2026-13", "Goal?start-date=2026-1-1", "Goal?start-date=xx2026",
    "Goal?start-date=ge", "Goal?start-date=2026-01-01T10", "Goal?start-date=2026-01-01T10:00:00%2B25:00",
    "Goal?start-date=2026-01-01T25:00:00Z", "Goal?start-date=0000", "Goal?_lastUpdated=12026",
    "Goal?category:missing=maybe", "Goal?category:missing=",
    "Goal?patient=Patient/", "Goal?patient=a b",
    "Goal?patient:identifier=|", "Observation?value-quantity=heavy", "Observation?value-quantity=1|2|3|4",
    "Observation?value-quantity=5,4|kg,", "Observation?value-quantity=gt", "Observation?value-quantity=1e999999999",
    "Observation?value-quantity=NaN", "Observation?code-value-quantity=x", "Observation?code-value-quantity=x$1$2",
    "Observation?code-value-quantity=x$heavy", "Observation?code-value-quantity=$", "Patient?identifier:of-type=x",
    "Patient?identifier:of-type=a|b", "Goal?category:in=nonsense", "Goal?category:not-in=https://x.example/none",
    "Goal?category:below=x", "Goal?_list=", "Goal?_text=", "Goal?_content=",
    "Goal?_security=|", "Goal?_profile=",
)  # fmt: skip
CHAINS = {
    **_all("invalid", "Goal?_has:Task=x", "Goal?_has:Task:focus=x", "Goal?_has:Task:focus:_has:x=1"),
    **_all("too-costly", "Goal?patient.general-practitioner.organization.partof.partof.partof.partof.name=x",
           "Goal?" + "_has:Task:focus:" * 5 + "status=x"),
    **_all("not-supported", "Goal?category.code=x", "Goal?patient.colour=red", "Goal?patient:Task.status=x",
           "Goal?patient.name.family=x", "Task?focus.identifier.x=1", "Goal?patient.=x", "Goal?.name=x",
           "Task?focus:Wish.name=x", "Goal?patient.name:nonsense=x", "Goal?_has:Wish:focus:status=x",
           "Goal?_has:Task:colour:status=x", "Goal?_has:Task:status:focus=x", "Goal?_has:Task:focus:colour=x",
           "Goal?_has:Task:owner:status=x", "Goal?_has:Task:focus:status:exact=x"),
}  # fmt: skip
FILTERS = {
    **_all("not-supported", "Goal?_filter=x", "Goal?_filter=category nonsense x", "Goal?_filter=colour eq red",
           "Goal?_filter=category co x", "Goal?_filter=category[x eq y].z eq 1"),
    "a filter of a hundred brackets": _is("Goal?_filter=" + "(" * 100 + "category eq x" + ")" * 100, "too-costly"),
    **_all("invalid", "Goal?_filter=", "Goal?_filter=category", "Goal?_filter=category eq",
           "Goal?_filter=(category eq x", "Goal?_filter=category eq x)", "Goal?_filter=category eq x and",
           "Goal?_filter=not category eq x", "Goal?_filter=category eq \"x", "Goal?_filter=start-date gt soon"),
}  # fmt: skip
INCLUDES = _all(
    "not-supported",
    "Goal?_include=patient", "Goal?_include=Goal", "Goal?_include=Goal:colour", "Goal?_include=Wish:patient",
    "Goal?_include=Task:focus", "Goal?_include=Goal:category", "Goal?_include=Goal:patient:Wish",
    "Goal?_include=Goal:patient:Task", "Goal?_include:nonsense=Goal:patient", "Goal?_revinclude=Goal:colour",
    "Goal?_revinclude=Task", "Goal?_revinclude=Task:status", "Goal?_revinclude=Wish:x",
    "Organization?_revinclude=Task:patient",
)  # fmt: skip
RESULTS = {
    **_all("invalid", "Goal?_count=-1", "Goal?_count=many", "Goal?_count=1.5", "Goal?_count=1001", "Goal?_count=",
           "Goal?_count=1&_count=2", "Goal?_count=1,2", "Goal?_count=9999999999999999999999"),
    **_all("not-supported", "Goal?_total=roughly", "Goal?_sort=colour",
           "Goal?_sort=patient", "Goal?_sort=category,colour", "Goal?_sort=--category",
           "Goal?_sort=category:asc", "Goal?_sort=_text"),
    **_all("value", "Goal?_summary=short", "Goal?_summary=", "Goal?_elements=", "Goal?_elements=colour"),
    **_all("not-supported", "Goal?_sort=,"),
    **_all("invalid", "Goal?_display=some", "Goal?_display=", "Goal?_display=all&_display=all",
           "Goal?_displayLanguage=", "Goal?_displayLanguage=nl_BE", "Goal?_displayLanguage=%25",
           "Goal?_displayLanguage=nl&_displayLanguage=nl"),
    **_all("invalid", "Goal?_sort="),
    "Goal?_sort=" + ",".join(["category"] * 20): _is("Goal?_sort=" + ",".join(["category"] * 20), "too-costly"),
    **_all("invalid", "Goal?_page=x", "Goal?_page=", "Goal?_page=AAAAAAAAAAAAAAAAAAAAAA", "Goal?_page=x&_page=y"),
    "a name of 300 characters": _is(f"Goal?{'x' * 300}=1", "too-long", at=""),
    "a value of 5000 characters": _is(f"Patient?name={'x' * 5000}", "too-long"),
    "60 parameters": _is("Goal?" + "&".join(["category=x"] * 60), "too-costly", at=""),
    "120 parameters": _is("Goal?" + "&".join(["category=x"] * 120), "invalid", at=""),
    "150 values": _is("Goal?_id=" + ",".join(str(each) for each in range(150)), "too-costly"),
    "a value with NUL": _is("Goal?category=%00", "invalid"),
    "a value that is no UTF-8": _is("Goal?category=%FF", "invalid", at=""),
    "a name that is no UTF-8": _is("Goal?%FF=x", "invalid", at=""),
    "both an unknown parameter and a wrong value": _is("Goal?colour=red&start-date=x", "not-supported"),
}  # fmt: skip
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def _form(body: str | bytes, code: str, at: str | None, status: int = 400, **headers: str) -> Malformed:
    return Malformed("POST /Goal/_search", status, code, at, body, headers or FORM)


FORMS = {
    "an unknown parameter in a form": _form("colour=red", "not-supported", "http.colour"),
    "a form that is JSON": _form("{}", "not-supported",
    "http.Content-Type", 415, **{"Content-Type": "application/json"}),
    "a form that is no UTF-8": _form(b"category=\xff", "invalid", None),
    "a form of 120 fields": _form("category=x&" * 120, "invalid", None),
    "a form beyond the limit": _form("_id=" + "x" * 5_000_001, "too-long", None, 413),
    "one parameter in both": Malformed("POST /Goal/_search?_count=1", 400, "invalid", "http._count",
    "_count=2", FORM),
    "a search by POST in a compartment that is none": Malformed(
        "POST /Organization/x/Goal/_search", 404, "not-found", None, "category=x", FORM
    ),
}  # fmt: skip
HISTORIES = {
    **_all("invalid", "Goal/_history?_since=yesterday", "Goal/_history?_at=2026-02-30", "Goal/_history?_count=-1",
           "Goal/_history?_count=x", "Goal/_history?_since=2026&_since=2025", "_history?_since=x",
           "_history?_count=1001",
           "{goal}/_history?_at=x", "{goal}/_history?_since=", "Goal/_history?_page=x", "_history?_page=x"),
    **_all("not-supported", "Goal/_history?category=x", "Goal/_history?_sort=x", "{goal}/_history?patient=x",
           "_history?_type=Goal", "_history?_elements:x=id"),
    "a page of a history for another": _is("Task/_history?_page=AAAAAAAAAAAAAAAAAAAAAAAA", "invalid"),
}  # fmt: skip
COMPARTMENTS = {
    "Organization/x/Goal": Malformed("GET /Organization/x/Goal", 404, "not-found"),
    "Patient/x/Organization": Malformed("GET /{patient}/Organization", 404, "not-found"),
    "Patient/x/Wish": Malformed("GET /{patient}/Wish", 404, "not-found"),
    "a compartment and an unknown parameter": _is("{patient}/Goal?colour=red", "not-supported"),
    "a bad id of a compartment": Malformed("GET /Patient/a_b/Goal", 404, "not-found"),
}  # fmt: skip

QUERIES = (
    NAMES | MODIFIERS | VALUES | CHAINS | FILTERS | INCLUDES | RESULTS | FORMS | HISTORIES | COMPARTMENTS
)

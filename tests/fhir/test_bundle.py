"""Bundles joined from served resources."""

import orjson

from dzop.fhir.bundle import HistoryEntry, ResponseEntry, SearchEntry, batch_response, history, searchset

GOAL = b'{"resourceType":"Goal","id":"g","target":[{"detailQuantity":{"value":1.10}}]}'
URL = "https://dzop.example/fhir/Goal/g"


def test_a_searchset_holds_its_matches_and_includes_as_served():
    text = searchset(
        [
            SearchEntry(URL, GOAL),
            SearchEntry("https://x/Patient/p", b'{"resourceType":"Patient"}', "include"),
        ],
        2,
        [("self", "https://dzop.example/fhir/Goal?status=a&b"), ("next", 'https://x/"q"')],
        id="b",
        last_updated="2026-01-01T00:00:00Z",
    )

    assert (
        b'{"resourceType":"Bundle","id":"b","meta":{"lastUpdated":"2026-01-01T00:00:00Z"},"type":"searchset",'
        b'"total":2,"link":[{"relation":"self","url":"https://dzop.example/fhir/Goal?status=a&b"},'
        b'{"relation":"next","url":"https://x/\\"q\\""}],"entry":['
        b'{"fullUrl":"https://dzop.example/fhir/Goal/g","resource":' + GOAL + b',"search":{"mode":"match"}},'
        b'{"fullUrl":"https://x/Patient/p","resource":{"resourceType":"Patient"},"search":{"mode":"include"}}]}'
    ) == text


def test_an_outcome_in_a_searchset_has_no_url():
    text = searchset([SearchEntry(None, b'{"resourceType":"OperationOutcome"}', "outcome")], None, [])

    assert [
        {"resource": {"resourceType": "OperationOutcome"}, "search": {"mode": "outcome"}}
    ] == orjson.loads(text)["entry"]


def test_an_empty_searchset_has_no_empty_arrays():
    assert b'{"resourceType":"Bundle","type":"searchset","total":0}' == searchset([], 0, [])


def test_a_total_that_was_not_asked_for_is_absent():
    assert b'{"resourceType":"Bundle","type":"searchset"}' == searchset([], None, [])


def test_a_history_tells_how_each_version_came_about():
    entries = [
        HistoryEntry(URL, "DELETE", "Goal/g", "204", 'W/"2"', "2026-01-02T00:00:00Z"),
        HistoryEntry(URL, "POST", "Goal", "201", 'W/"1"', "2026-01-01T00:00:00Z", GOAL),
    ]

    assert [
        {
            "fullUrl": URL,
            "request": {"method": "DELETE", "url": "Goal/g"},
            "response": {"status": "204", "etag": 'W/"2"', "lastModified": "2026-01-02T00:00:00Z"},
        },
        {
            "fullUrl": URL,
            "resource": orjson.loads(GOAL),
            "request": {"method": "POST", "url": "Goal"},
            "response": {"status": "201", "etag": 'W/"1"', "lastModified": "2026-01-01T00:00:00Z"},
        },
    ] == orjson.loads(history(entries, 2, []))["entry"]


def test_a_batch_response_answers_each_entry_in_order():
    entries = [
        ResponseEntry("201", location=f"{URL}/_history/1", etag='W/"1"', full_url=URL, resource=GOAL),
        ResponseEntry("404", outcome=b'{"resourceType":"OperationOutcome"}'),
    ]

    assert {
        "resourceType": "Bundle",
        "type": "batch-response",
        "entry": [
            {
                "fullUrl": URL,
                "resource": orjson.loads(GOAL),
                "response": {"status": "201", "location": f"{URL}/_history/1", "etag": 'W/"1"'},
            },
            {"response": {"status": "404", "outcome": {"resourceType": "OperationOutcome"}}},
        ],
    } == orjson.loads(batch_response(entries))


def test_a_transaction_is_answered_as_one():
    assert b'{"resourceType":"Bundle","type":"transaction-response"}' == batch_response([], transaction=True)

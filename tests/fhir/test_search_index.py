"""What is indexed of a resource."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dzop.fhir.references import SSIN
from dzop.fhir.search.date import EARLIEST, LATEST, date_range, indexed_dates
from dzop.fhir.search.index import IndexRows, index
from dzop.fhir.search.string import indexed_strings, normalised
from dzop.fhir.search.token import indexed_tokens

BASE = "https://dzop.example/fhir"
LEGACY_SSIN = "https://www.ehealth.fgov.be/standards/fhir/NamingSystem/ssin"


def _utc(*parts):
    return datetime(*parts, tzinfo=UTC)


def test_a_task_gives_the_rows_of_its_search_parameters():
    task = {
        "resourceType": "Task",
        "id": "t",
        "meta": {"lastUpdated": "2026-01-01T00:00:00Z"},
        "status": "requested",
        "code": {
            "coding": [{"system": "http://s.example", "code": "wash"}, {"code": "local"}],
            "text": "Wash",
        },
        "for": {"reference": "Patient/p"},
        "focus": {"reference": f"{BASE}/Goal/g/_history/2"},
        "owner": {"type": "Practitioner", "identifier": {"system": LEGACY_SSIN, "value": "1"}},
        "authoredOn": "2026-03-29T10:00:00+02:00",
    }

    assert IndexRows(
        tokens=(
            ("status", "", "requested"),
            ("code", "http://s.example", "wash"),
            ("code", "", "local"),
        ),
        references=(
            ("patient", "Patient", "p", None, None, None),
            ("subject", "Patient", "p", None, None, None),
            ("focus", "Goal", "g", "Goal/g/_history/2", None, None),
            ("owner", "Practitioner", None, None, SSIN, "1"),
        ),
        dates=(("authored-on", _utc(2026, 3, 29, 8), _utc(2026, 3, 29, 8, 0, 1)),),
    ) == index(task, "Task", BASE)


def test_patient_is_the_subject_only_when_that_is_a_patient():
    rows = index({"subject": {"reference": "Group/g"}}, "Goal", BASE).references

    assert (("subject", "Group", "g", None, None, None),) == rows


def test_a_participant_is_indexed_under_the_parameter_of_its_type():
    appointment = {
        "participant": [{"actor": {"reference": "Patient/p"}}, {"actor": {"reference": "Practitioner/x"}}]
    }

    assert {("patient", "p"), ("practitioner", "x"), ("actor", "p"), ("actor", "x")} == {
        (row[0], row[2]) for row in index(appointment, "Appointment", BASE).references
    }


def test_a_canonical_is_found_with_and_without_its_version():
    rows = index({"questionnaire": "https://x.example/q|2"}, "QuestionnaireResponse", BASE).references

    assert (
        ("questionnaire", None, None, "https://x.example/q", None, None),
        ("questionnaire", None, None, "https://x.example/q|2", None, None),
    ) == rows


def test_a_versioned_url_elsewhere_is_found_with_and_without_its_version():
    task = {"focus": {"reference": "https://x.example/Goal/g/_history/2"}}

    assert ["https://x.example/Goal/g", "https://x.example/Goal/g/_history/2"] == [
        row[3] for row in index(task, "Task", BASE).references
    ]


@pytest.mark.parametrize("element", [{"display": "x"}, {"reference": "#p"}, {}])
def test_a_reference_that_leads_nowhere_is_not_indexed(element):
    assert () == index({"focus": element}, "Task", BASE).references


def test_names_are_indexed_part_by_part():
    practitioner = {"name": [{"family": "Van  Éyck", "given": ["Jan", "Pïet"]}]}

    assert (
        ("name", "van eyck", "Van  Éyck"),
        ("name", "jan", "Jan"),
        ("name", "piet", "Pïet"),
        ("family", "van eyck", "Van  Éyck"),
        ("given", "jan", "Jan"),
        ("given", "piet", "Pïet"),
    ) == index(practitioner, "Practitioner", BASE).strings


def test_a_uri_is_a_token_without_system():
    assert (("url", "", "https://x.example/q|1"),) == index(
        {"url": "https://x.example/q|1"}, "Questionnaire", BASE
    ).tokens


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        (True, (("", "true"),)),
        (False, (("", "false"),)),
        ("active", (("", "active"),)),
        ({"system": "s", "code": "c"}, (("s", "c"),)),
        ({"system": LEGACY_SSIN, "value": "1"}, ((SSIN, "1"),)),
        ({"value": "1"}, (("", "1"),)),
        ({"coding": [{"system": "s", "code": "c"}, {"display": "x"}]}, (("s", "c"),)),
        ({"text": "only text"}, ()),
        ({"system": "s"}, ()),
        ("", ()),
        (None, ()),
    ],
)
def test_a_token_is_a_system_and_a_code(node, expected):
    assert expected == indexed_tokens(node)


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("2026", _utc(2025, 12, 31, 23), _utc(2026, 12, 31, 23)),
        ("2026-07", _utc(2026, 6, 30, 22), _utc(2026, 7, 31, 22)),
        ("2026-12", _utc(2026, 11, 30, 23), _utc(2026, 12, 31, 23)),
        ("2026-03-29", _utc(2026, 3, 28, 23), _utc(2026, 3, 29, 22)),
        ("2026-10-25", _utc(2026, 10, 24, 22), _utc(2026, 10, 25, 23)),
        ("2026-07-01T12:00", _utc(2026, 7, 1, 10), _utc(2026, 7, 1, 10, 1)),
        ("2026-07-01T12:00Z", _utc(2026, 7, 1, 12), _utc(2026, 7, 1, 12, 1)),
        ("2026-07-01T12:00:30-05:30", _utc(2026, 7, 1, 17, 30, 30), _utc(2026, 7, 1, 17, 30, 31)),
        ("2026-07-01T12:00:00.25Z", _utc(2026, 7, 1, 12, 0, 0, 250000), _utc(2026, 7, 1, 12, 0, 0, 260000)),
        (
            "2026-07-01T12:00:00.123456789Z",
            _utc(2026, 7, 1, 12, 0, 0, 123456),
            _utc(2026, 7, 1, 12, 0, 0, 123457),
        ),
        ("2016-12-31T23:59:60Z", _utc(2016, 12, 31, 23, 59, 59), _utc(2017, 1, 1)),
        ("9999", _utc(9998, 12, 31, 23), LATEST),
        ("9999-12-31", _utc(9999, 12, 30, 23), LATEST),
        ("9999-12-31T23:59:59-12:00", LATEST, LATEST),
        ("0001-01-01", EARLIEST, _utc(1, 1, 1, 23, 42, 30)),
    ],
)
def test_a_date_covers_the_instants_of_its_precision_and_zone(text, low, high):
    assert (low, high) == date_range(text)


@pytest.mark.parametrize(
    "text",
    ["", "26", "2026-13", "2026-02-30", "2026-1-1", "2026-01-01T25:00:00Z", "2026-01-01T10", "0000", "today",
     "2026-01-01T10:00:00+15:00", "2026-01-01T10:00:61Z", "\uff12\uff10\uff12\uff16"],
)  # fmt: skip
def test_what_is_no_date_is_refused(text):
    with pytest.raises(ValueError, match="is not a date"):
        date_range(text)


@given(st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1)))
def test_a_finer_date_lies_within_the_coarser_ones(instant):
    text = instant.isoformat(timespec="milliseconds")
    ranges = [date_range(text[:length]) for length in (4, 7, 10, 16, 19, 23)]

    assert all(outer[0] <= inner[0] < inner[1] <= outer[1] for outer, inner in pairwise(ranges))


@given(st.datetimes(timezones=st.just(UTC)), st.integers(-14 * 60, 14 * 60))
def test_an_instant_is_the_same_in_every_zone(instant, minutes):
    sign = "-" if minutes < 0 else "+"
    try:
        local = instant.replace(tzinfo=None, microsecond=0) + timedelta(minutes=minutes)
    except OverflowError:
        return
    zone = f"{sign}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"

    assert instant.replace(microsecond=0) == date_range(f"{local.isoformat()}{zone}")[0]


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        ({"start": "2026-01-01T00:00:00Z"}, ((_utc(2026, 1, 1), LATEST),)),
        ({"end": "2026-01-01T00:00:00Z"}, ((EARLIEST, _utc(2026, 1, 1, 0, 0, 1)),)),
        ({"start": "2026-01-02", "end": "2026-01-02"}, ((_utc(2026, 1, 1, 23), _utc(2026, 1, 2, 23)),)),
        ({"start": "2026-01-02", "end": "2026-01-01"}, ()),
        ({}, ()),
        ({"start": "soon"}, ()),
        ("around easter", ()),
        (
            {"event": ["2026-01-03T00:00:00Z", "2026-01-01T00:00:00Z"]},
            ((_utc(2026, 1, 1), _utc(2026, 1, 3, 0, 0, 1)),),
        ),
        ({"repeat": {"boundsPeriod": {"start": "2026-01-01T00:00:00Z"}}}, ((_utc(2026, 1, 1), LATEST),)),
        ({"repeat": {"frequency": 2}}, ()),
    ],
)
def test_periods_and_timings_are_indexed_by_their_outer_limits(node, expected):
    assert expected == indexed_dates(node)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Éva", "eva"),
        ("STRASSE", "strasse"),
        ("Straße", "strasse"),
        ("  a\t b ", "a b"),
        ("ﬁn", "fin"),
        ("İ", "i"),
    ],
)
def test_strings_are_compared_without_case_accents_and_spacing(text, expected):
    assert expected == normalised(text)


@given(st.text())
def test_normalising_twice_changes_nothing_more(text):
    assert normalised(text) == normalised(normalised(text))


def test_an_empty_string_is_not_indexed():
    assert () == indexed_strings("  ")

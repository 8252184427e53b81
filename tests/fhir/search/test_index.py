"""What is indexed of a resource."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dzop.fhir.references import SSIN
from dzop.fhir.resource_types import DATA_CATEGORY
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
            ("status", "", "requested", 0),
            ("code", "http://s.example", "wash", 0),
            ("code", "", "local", 0),
        ),
        references=(
            ("patient", "Patient", "p", None, None, None, 0),
            ("subject", "Patient", "p", None, None, None, 0),
            ("focus", "Goal", "g", "Goal/g/_history/2", None, None, 0),
            ("owner", "Practitioner", None, None, SSIN, "1", 0),
        ),
        dates=(("authored-on", _utc(2026, 3, 29, 8), _utc(2026, 3, 29, 8, 0, 1), 0),),
        strings=(("code", "wash", "Wash", 0),),
        content="Wash 1",
    ) == index(task, "Task", BASE)


def test_patient_is_the_subject_only_when_that_is_a_patient():
    rows = index({"subject": {"reference": "Group/g"}}, "Goal", BASE).references

    assert (("subject", "Group", "g", None, None, None, 0),) == rows


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
        ("questionnaire", None, None, "https://x.example/q", None, None, 0),
        ("questionnaire", None, None, "https://x.example/q|2", None, None, 0),
    ) == tuple(row for row in rows if row[0] == "questionnaire")


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
        ("name", "van eyck", "Van  Éyck", 0),
        ("name", "jan", "Jan", 0),
        ("name", "piet", "Pïet", 0),
        ("family", "van eyck", "Van  Éyck", 0),
        ("given", "jan", "Jan", 0),
        ("given", "piet", "Pïet", 0),
    ) == index(practitioner, "Practitioner", BASE).strings


def test_a_uri_is_a_token_without_system():
    rows = index({"url": "https://x.example/q|1"}, "Questionnaire", BASE).tokens

    assert (("url", "", "https://x.example/q|1", 0),) == tuple(row for row in rows if row[0] == "url")


def test_a_uri_is_also_kept_below_all_that_is_above_it():
    rows = index({"url": "https://x.example/a/b|1"}, "Questionnaire", BASE).tokens

    assert [
        "https://x.example/a/b|1", "https://x.example/a/b", "https://x.example/a/", "https://x.example/a",
        "https://x.example/", "https://x.example",
    ] == [row[2] for row in rows if row[0] == "url:below"]  # fmt: skip


def test_a_canonical_is_also_kept_below_each_beginning_of_its_version():
    rows = index({"questionnaire": "https://x.example/q|1.2"}, "QuestionnaireResponse", BASE).references

    assert ["https://x.example/q", "https://x.example/q|1", "https://x.example/q|1.2"] == [
        row[3] for row in rows if row[0] == "questionnaire:below"
    ]


def test_a_profile_is_found_with_and_without_its_version():
    rows = index({"meta": {"profile": ["https://x.example/p|1"]}}, "Goal", BASE).tokens

    assert ["https://x.example/p|1", "https://x.example/p"] == [
        row[2] for row in rows if row[0] == "_profile"
    ]


def test_a_category_label_is_not_indexed_for_it_follows_from_the_resource():
    labels = [{"system": DATA_CATEGORY, "code": "plan"}, {"system": "http://s.example", "code": "R"}]

    assert (("_security", "http://s.example", "R", 0),) == index(
        {"meta": {"security": labels}}, "Goal", BASE
    ).tokens


def test_an_identifier_is_kept_under_its_type():
    identifier = {
        "type": {"coding": [{"system": "http://t.example", "code": "MR"}], "text": "Dossier"},
        "value": "7",
    }
    rows = index({"identifier": [identifier]}, "Patient", BASE)

    assert ("identifier:of-type", "http://t.example|MR", "7", 0) in rows.tokens
    assert ("identifier", "dossier", "Dossier", 0) in rows.strings


def test_the_parts_of_a_composite_are_kept_by_the_element_they_are_in():
    code = {"coding": [{"system": "http://s.example", "code": "sys"}]}
    observation = {
        "component": [
            {"code": {"coding": [{"code": "sys"}]}, "valueQuantity": {"value": Decimal(120)}},
            {"code": {"coding": [{"code": "dia"}]}, "valueQuantity": {"value": Decimal(80)}},
        ],
        "code": code,
    }
    rows = index(observation, "Observation", BASE)
    name = "component-code-value-quantity"

    assert [("sys", 1), ("dia", 2)] == [
        (row[2], row[3]) for row in rows.tokens if row[0] == f"{name}.component-code"
    ]
    assert [(120, 1), (80, 2)] == [
        (row[1], row[6]) for row in rows.quantities if row[0] == f"{name}.component-value-quantity"
    ]
    assert [("", 2), ("", 3)] == [
        (row[1], row[3]) for row in rows.tokens if row[0] == "combo-code-value-quantity.combo-code"
    ]


def test_a_person_is_deceased_or_not_and_never_neither():
    def deceased(**said):
        return [row[2] for row in index(said, "Patient", BASE).tokens if row[0] == "deceased"]

    assert [["false"], ["false"], ["true"], ["true"]] == [
        deceased(), deceased(deceasedBoolean=False), deceased(deceasedBoolean=True),
        deceased(deceasedDateTime="2026-01-01"),
    ]  # fmt: skip


def test_a_telephone_number_is_no_address_of_mail():
    telecom = [{"system": "phone", "value": "02"}, {"system": "email", "value": "a@x.example"}]
    rows = index({"telecom": telecom}, "Practitioner", BASE).tokens

    assert {("telecom", "02"), ("telecom", "a@x.example"), ("phone", "02"), ("email", "a@x.example")} == {
        (row[0], row[2]) for row in rows if row[0] in ("telecom", "phone", "email")
    }


def test_texts_are_what_is_written_for_people():
    goal = {
        "text": {
            "status": "generated",
            "div": '<div xmlns="http://www.w3.org/1999/xhtml">Naar<br/>zee</div>',
        },
        "description": {"text": "Weer wandelen"},
        "subject": {"reference": "Patient/p", "display": "Jet"},
        "note": [{"text": "Met de hond"}],
    }
    rows = index(goal, "Goal", BASE)

    assert ("Naar zee", "Naar zee Weer wandelen Jet Met de hond") == (rows.narrative, rows.content)


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


def test_what_the_meta_says_is_no_content_for_only_a_part_of_it_is_kept():
    meta = {"extension": [{"url": "https://gp.example/batch", "valueString": "batch 7"}]}
    goal = {"resourceType": "Goal", "meta": meta, "description": {"text": "Naar de markt"}}

    assert index(goal, "Goal", BASE).content == "Naar de markt"

"""What meets a query: each type of parameter, each modifier, each prefix and precision."""

from decimal import Decimal

import pytest
from answering import TERMINOLOGY

from dzop.fhir.resource_types import DATA_CATEGORY
from dzop.fhir.search.clause import AllOf
from dzop.fhir.search.match import Neighbours, Undecidable, matches, needs_neighbours, needs_store
from dzop.fhir.search.query import read_query

BASE = "https://dzop.example/fhir"
UCUM = "http://unitsofmeasure.org"
CATEGORY = f"{BASE}/CodeSystem/goal-category"


def _clause(type, *parameters):
    query = read_query(type, parameters, base=BASE, lenient=False, answers=TERMINOLOGY)
    return AllOf(query.criteria)


def _meets(resource, *parameters, neighbours=None):
    return matches(resource, _clause(resource["resourceType"], *parameters), BASE, neighbours)


TASK = {
    "resourceType": "Task",
    "id": "t",
    "meta": {
        "lastUpdated": "2026-03-01T12:00:00Z",
        "profile": ["https://x.example/p|2"],
        "source": "https://x.example/a/b",
        "tag": [{"system": "http://t.example", "code": "blue", "display": "Blauw"}],
        "security": [{"system": DATA_CATEGORY, "code": "task"}, {"system": "http://s.example", "code": "R"}],
    },
    "identifier": [
        {
            "type": {"coding": [{"system": "http://t.example", "code": "MR"}], "text": "Dossier"},
            "system": "http://i.example",
            "value": "1",
        }
    ],
    "status": "requested",
    "code": {"coding": [{"system": "http://s.example", "code": "wash", "display": "Wassen"}], "text": "Hulp"},
    "for": {"reference": "Patient/jet"},
    "focus": {"reference": "Goal/g/_history/2"},
    "owner": {"type": "Practitioner", "identifier": {"system": "http://i.example", "value": "9"}},
    "basedOn": [{"reference": "https://x.example/fhir/CarePlan/c"}],
    "authoredOn": "2026-03-29T10:00:00+02:00",
    "executionPeriod": {"start": "2026-03-01", "end": "2026-03-31"},
}


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("_id", "t", True),
        ("_id", "u,t", True),
        ("_id", "u", False),
        ("_id", "http://s.example|t", False),
        ("_lastUpdated", "2026-03-01", True),
        ("_lastUpdated", "gt2026-03-01", False),
        ("_profile", "https://x.example/p", True),
        ("_profile", "https://x.example/p|2", True),
        ("_profile", "https://x.example/p|3", False),
        ("_profile:below", "https://x.example", True),
        ("_source", "https://x.example/a/b", True),
        ("_source:below", "https://x.example/a", True),
        ("_source:below", "https://x.example/a/", True),
        ("_source:below", "https://x.example/b", False),
        ("_source:above", "https://x.example/a/b/c", True),
        ("_source:above", "https://x.example/a", False),
        ("_source:missing", "false", True),
        ("_tag", "blue", True),
        ("_tag:text", "blauw", True),
        ("_tag:missing", "true", False),
        ("_security", "http://s.example|R", True),
        ("_security", f"{DATA_CATEGORY}|task", True),
        ("_security", f"{DATA_CATEGORY}|plan", False),
        ("status", "requested", True),
        ("status", "accepted,requested", True),
        ("status", "accepted", False),
        ("status", "Requested", False),
        ("status", "http://hl7.org/fhir/task-status|requested", True),
        ("status", "http://hl7.org/fhir/task-status|accepted", False),
        ("status", "http://hl7.org/fhir/task-status|", True),
        ("status", "http://hl7.org/fhir/request-status|requested", False),
        ("status", "|requested", True),
        ("status:not", "http://hl7.org/fhir/task-status|requested", False),
        ("status:not", "accepted", True),
        ("status:not", "requested", False),
        ("status:not", "accepted,requested", False),
        ("priority:not", "urgent", True),
        ("priority:missing", "true", True),
        ("priority:missing", "false", False),
        ("priority:missing", "true,false", True),
        ("code", "wash", True),
        ("code", "http://s.example|wash", True),
        ("code", "http://s.example|", True),
        ("code", "http://other.example|wash", False),
        ("code", "|wash", False),
        ("code:text", "hulp", True),
        ("code:text", "WASSEN", True),
        ("code:text", "sen", False),
        ("identifier", "http://i.example|1", True),
        ("identifier", "1", True),
        ("identifier:text", "dossier", True),
        ("identifier:of-type", "http://t.example|MR|1", True),
        ("identifier:of-type", "http://t.example|MR|2", False),
        ("identifier:of-type", "http://t.example|DL|1", False),
        ("patient", "jet", True),
        ("patient", "Patient/jet", True),
        ("patient", f"{BASE}/Patient/jet", True),
        ("patient", "Patient/an", False),
        ("subject:Patient", "jet", True),
        ("subject:RelatedPerson", "jet", False),
        ("focus", "Goal/g", True),
        ("focus", "Goal/g/_history/2", True),
        ("focus", "Goal/g/_history/1", False),
        ("owner:identifier", "http://i.example|9", True),
        ("owner:identifier", "9", True),
        ("owner:identifier", "http://other.example|9", False),
        ("owner", "9", False),
        ("owner:missing", "false", True),
        ("requester:missing", "true", True),
        ("based-on", "https://x.example/fhir/CarePlan/c", True),
        ("based-on", "CarePlan/c", False),
    ],
)
def test_a_task_meets_what_is_asked_of_tokens_references_and_uris(name, text, expected):
    assert expected == _meets(TASK, (name, text))


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("authored-on", "2026", True),
        ("authored-on", "2026-03", True),
        ("authored-on", "2026-03-29", True),
        ("authored-on", "2026-03-29T10:00", True),
        ("authored-on", "2026-03-29T08:00:00Z", True),
        ("authored-on", "2026-03-29T10:00:00.000+02:00", False),
        ("authored-on", "2026-03-28", False),
        ("authored-on", "ne2026-03-28", True),
        ("authored-on", "ne2026-03-29", False),
        ("authored-on", "gt2026-03-28", True),
        ("authored-on", "gt2026-03-29", False),
        ("authored-on", "ge2026-03-29", True),
        ("authored-on", "lt2026-03-30", True),
        ("authored-on", "lt2026-03-29", False),
        ("authored-on", "le2026-03-29", True),
        ("authored-on", "sa2026-03-28", True),
        ("authored-on", "sa2026-03-29", False),
        ("authored-on", "eb2026-03-30", True),
        ("authored-on", "eb2026-03-29", False),
        ("authored-on", "ap2026-03-28", True),
        ("authored-on", "ap2026-03-26", False),
        ("period", "2026-03", True),
        ("period", "2026-03-15", False),
        ("period", "ap2026-03-15", True),
        ("period", "gt2026-03-15", True),
        ("period", "lt2026-03-15", True),
        ("period", "sa2026-02", True),
        ("period", "eb2026-04", True),
        ("modified:missing", "true", True),
        ("modified", "ne2026", False),
    ],
)
def test_a_date_is_compared_by_its_precision_and_zone(name, text, expected):
    assert expected == _meets(TASK, (name, text))


PATIENT = {
    "resourceType": "Patient",
    "id": "jet",
    "name": [{"family": "van Eyck", "given": ["Henriëtte"]}, {"text": "Jet"}],
    "address": [{"city": "Gent", "postalCode": "9000", "use": "home"}],
    "telecom": [{"system": "phone", "value": "02 123"}, {"system": "email", "value": "jet@x.example"}],
    "deceasedBoolean": False,
}


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("name", "van", True),
        ("name", "VAN  EYCK", True),
        ("name", "henriette", True),
        ("name", "eyck", False),
        ("name", "jan,jet", True),
        ("name:contains", "eyck", True),
        ("name:contains", "%", False),
        ("name:exact", "van Eyck", True),
        ("name:exact", "Van Eyck", False),
        ("name:missing", "false", True),
        ("family", "jet", False),
        ("address", "gent", True),
        ("address-city", "Ge", True),
        ("address-postalcode", "9000", True),
        ("address-state:missing", "true", True),
        ("address-use", "home", True),
        ("telecom", "02 123", True),
        ("phone", "02 123", True),
        ("phone", "jet@x.example", False),
        ("email", "jet@x.example", True),
        ("deceased", "false", True),
        ("deceased", "true", False),
        ("death-date:missing", "true", True),
    ],
)
def test_a_person_meets_what_is_asked_of_strings(name, text, expected):
    assert expected == _meets(PATIENT, (name, text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("period po 2026-03-31", True),
        ("period po 2026-04-01", False),
        ("period ap 2026-04-01", True),
        ("modified pr false", True),
        ("authored-on ne 2026", False),
        ("status eq http://hl7.org/fhir/task-status|requested", True),
        ("status ne requested", False),
        ("priority ne urgent", False),
        ("_lastUpdated ne 2025", True),
        ("focus re Goal/g", True),
        ("focus re Goal/h", False),
    ],
)
def test_a_task_meets_a_filter(text, expected):
    assert expected == _meets(TASK, ("_filter", text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('name eq "jet"', True),
        ('name eq "je"', False),
        ('name sw "je"', True),
        ('name ew "eyck"', True),
        ('name ew "van"', False),
        ('name co "an e"', True),
        ('name ne "jet"', True),
        ('family ne "VAN EYCK"', False),
        ("deceased ne true", True),
        ("deceased ne false", False),
        ("deceased eq false and not (name sw an)", True),
        ("address-state pr true or address-city pr true", True),
    ],
)
def test_a_person_meets_a_filter(text, expected):
    assert expected == _meets(PATIENT, ("_filter", text))


def _coded(code):
    return {"coding": [{"system": "http://loinc.org", "code": code}]}


def _amount(value, unit):
    return {"value": Decimal(value), "system": UCUM, "code": unit, "unit": unit}


PRESSURE = {
    "resourceType": "Observation",
    "id": "o",
    "code": _coded("bp"),
    "valueQuantity": _amount("5.40", "mg"),
    "component": [
        {"code": _coded("sys"), "valueQuantity": _amount("120", "mm[Hg]")},
        {"code": _coded("dia"), "valueQuantity": _amount("80", "mm[Hg]")},
    ],
}


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("value-quantity", "5.4", True),
        ("value-quantity", "5.4|http://unitsofmeasure.org|mg", True),
        ("value-quantity", "5.4||mg", True),
        ("value-quantity", "5.4||g", False),
        ("value-quantity", "5.4|http://other.example|mg", False),
        ("value-quantity", "5", True),
        ("value-quantity", "5.40", True),
        ("value-quantity", "5.46", False),
        ("value-quantity", "gt5.4", False),
        ("value-quantity", "ge5.4", True),
        ("value-quantity", "lt5.41||mg", True),
        ("value-quantity", "le5.39", False),
        ("value-quantity", "ne5.4||mg", False),
        ("value-quantity", "ne6||mg", True),
        ("value-quantity", "ne6||g", False),
        ("value-quantity", "sa5.3", True),
        ("value-quantity", "eb5.5", True),
        ("value-quantity", "ap5.9", True),
        ("value-quantity", "ap7", False),
        ("value-quantity", "54e-1", True),
        ("value-quantity:missing", "false", True),
        ("component-value-quantity", "gt100", True),
        ("combo-value-quantity", "5.4,7", True),
        ("code-value-quantity", "http://loinc.org|bp$5.4", True),
        ("code-value-quantity", "bp$gt6", False),
        ("code-value-quantity", "bp$gt6,bp$gt5||mg", True),
        ("component-code-value-quantity", "sys$120||mm[Hg]", True),
        ("component-code-value-quantity", "sys$80||mm[Hg]", False),
        ("component-code-value-quantity", "dia$lt90", True),
        ("combo-code-value-quantity", "bp$5.4", True),
        ("combo-code-value-quantity", "bp$120", False),
        ("value-integer:missing", "true", True),
    ],
)
def test_an_observation_meets_what_is_asked_of_quantities_within_one_element(name, text, expected):
    assert expected == _meets(PRESSURE, (name, text))


SCORE = {"resourceType": "Observation", "id": "s", "code": _coded("katz"), "valueInteger": 12}


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("value-integer", "12", True),
        ("value-integer", "gt11", True),
        ("value-integer", "gt12", False),
        ("value-integer", "ne12", False),
        ("value-integer", "ap13", True),
        ("code-value-integer", "http://loinc.org|katz$ge12", True),
        ("code-value-integer", "http://loinc.org|other$ge12", False),
    ],
)
def test_a_score_meets_what_is_asked_of_numbers(name, text, expected):
    assert expected == _meets(SCORE, (name, text))


ANSWERS = {"resourceType": "QuestionnaireResponse", "id": "r", "questionnaire": "https://x.example/q|1.2.3"}


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("questionnaire", "https://x.example/q", True),
        ("questionnaire", "https://x.example/q|1.2.3", True),
        ("questionnaire", "https://x.example/q|1.2", False),
        ("questionnaire:below", "https://x.example/q|1.2", True),
        ("questionnaire:below", "https://x.example/q|1", True),
        ("questionnaire:below", "https://x.example/q", True),
        ("questionnaire:below", "https://x.example/q|2", False),
        ("questionnaire", "https://x.example/other", False),
    ],
)
def test_a_canonical_is_met_with_its_version_without_it_or_below_one(name, text, expected):
    assert expected == _meets(ANSWERS, (name, text))


GOAL = {
    "resourceType": "Goal",
    "id": "g",
    "category": [{"coding": [{"system": CATEGORY, "code": "life-goal"}]}],
    "subject": {"reference": "Patient/jet"},
}


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("category:in", f"{BASE}/ValueSet/goal-category", True),
        ("category:in", "ValueSet/goal-category", True),
        ("category:in", f"{BASE}/ValueSet/role", False),
        ("category:not-in", f"{BASE}/ValueSet/role", True),
        ("category:not-in", f"{BASE}/ValueSet/goal-category", False),
        ("achievement-status:not-in", f"{BASE}/ValueSet/goal-category", True),
        ("category:below", f"{CATEGORY}|life-goal", True),
        ("category:above", f"{CATEGORY}|care-goal", False),
    ],
)
def test_a_goal_meets_what_is_asked_of_value_sets_and_hierarchies(name, text, expected):
    assert expected == _meets(GOAL, (name, text))


def test_the_same_parameter_twice_must_hold_twice():
    twice = {**GOAL, "category": [*GOAL["category"], {"coding": [{"code": "other"}]}]}

    assert [True, False] == [
        _meets(each, ("category", "life-goal"), ("category", "other")) for each in (twice, GOAL)
    ]


def test_a_member_is_asked_for_in_a_role():
    team = {
        "resourceType": "CareTeam",
        "id": "c",
        "participant": [
            {"member": {"reference": "Practitioner/a"}, "role": [{"coding": [{"code": "coordinator"}]}]},
            {"member": {"reference": "Practitioner/b"}, "role": [{"coding": [{"code": "nurse"}]}]},
        ],
    }

    assert [True, False] == [
        _meets(team, ("participant-role", f"Practitioner/{id}$coordinator")) for id in ("a", "b")
    ]


OTHERS = {("Patient", "jet"): PATIENT, ("Goal", "g"): GOAL, ("Task", "t"): TASK}
LIST = {"resourceType": "List", "id": "l", "entry": [{"item": {"reference": "Goal/g"}}]}
FORM = {"resourceType": "Questionnaire", "id": "q", "url": "https://x.example/q", "title": "Katz"}


def _of_type(type):
    return [each for each in (*OTHERS.values(), LIST, FORM, ANSWERS) if each["resourceType"] == type]


def _resolve(type, id):
    return OTHERS.get((type, id))


def _canonical(type, url):
    return [each for each in _of_type(type) if each.get("url") == url]


def _referrers(type, target, id):
    return _of_type(type)


NEIGHBOURS = Neighbours(_resolve, _canonical, _referrers)


@pytest.mark.parametrize(
    ("resource", "name", "text", "expected"),
    [
        (TASK, "patient.name", "jet", True),
        (TASK, "patient.name", "an", False),
        (TASK, "subject:Patient.name:exact", "Jet", True),
        (TASK, "focus.category", "life-goal", True),
        (TASK, "focus:Goal.patient.name", "jet", True),
        (TASK, "owner.name", "x", False),
        (GOAL, "_has:Task:focus:status", "requested", True),
        (GOAL, "_has:Task:focus:status", "accepted", False),
        (PATIENT, "_has:Goal:patient:_has:Task:focus:code", "wash", True),
        (PATIENT, "_has:Goal:subject:category", "care-goal", False),
        (GOAL, "_list", "l", True),
        (GOAL, "_list", "m", False),
        (TASK, "_list", "l", False),
        (ANSWERS, "questionnaire.title", "katz", True),
        (ANSWERS, "questionnaire.title", "barthel", False),
        (FORM, "_has:QuestionnaireResponse:questionnaire:status:missing", "true", True),
        (TASK, "_filter", 'focus[patient eq jet].category eq "life-goal"', True),
        (TASK, "_filter", 'focus[patient eq an].category eq "life-goal"', False),
    ],
)
def test_chains_and_has_ask_the_neighbours(resource, name, text, expected):
    assert expected == _meets(resource, (name, text), neighbours=NEIGHBOURS)


@pytest.mark.parametrize("name", ["patient.name", "_has:Task:part-of:status", "_list"])
def test_without_neighbours_what_asks_for_them_cannot_be_decided(name):
    clause = _clause("Task", (name, "x"))

    assert needs_neighbours(clause)
    with pytest.raises(Undecidable):
        matches(TASK, clause, BASE)


@pytest.mark.parametrize("name", ["_text", "_content"])
def test_the_words_of_a_text_are_found_by_the_store_alone(name):
    clause = _clause("Task", (name, "hulp"))

    assert needs_store(clause)
    with pytest.raises(Undecidable):
        matches(TASK, clause, BASE)


def test_what_asks_of_the_resource_alone_needs_nobody():
    clause = _clause("Task", ("status", "requested"), ("_filter", "not (code eq wash)"))

    assert (False, False) == (needs_neighbours(clause), needs_store(clause))

"""Search by every type of parameter and every modifier, over HTTP; and the order of what is found."""

from __future__ import annotations

import pytest
from persons import Person, ids, refused
from resources import concept, entity, goal, ref
from serving import Server

LOINC, UCUM = "http://loinc.org", "http://unitsofmeasure.org"


def observation(person: Person, name: str, **elements: object) -> dict[str, object]:
    return entity(
        person.ref("Observation", name),
        **{"status": "final", "code": concept(LOINC, "29463-7"), "subject": ref(person.patient), **elements},
    )


def kilos(value: float, unit: str = "kg") -> dict[str, object]:
    return {"value": value, "unit": "kilo", "system": UCUM, "code": unit}


@pytest.fixture(scope="module")
def measured(server: Server) -> Person:
    """A person with observations of several kinds, and goals with texts."""
    from persons import new_person

    person = new_person(server)
    component = [
        {"code": concept(LOINC, "8480-6"), "valueQuantity": {"value": 120, "system": UCUM, "code": "mm[Hg]"}},
        {"code": concept(LOINC, "8462-4"), "valueQuantity": {"value": 80, "system": UCUM, "code": "mm[Hg]"}},
    ]
    walk = "<div xmlns='http://www.w3.org/1999/xhtml'>Elke dag wandelen, élève</div>"
    person.store(
        observation(person, "light", valueQuantity=kilos(5.4), effectiveDateTime="2026-03-01"),
        observation(person, "heavy", valueQuantity=kilos(80), effectiveDateTime="2026-03"),
        observation(person, "under", valueQuantity={**kilos(60), "comparator": "<"}),
        observation(person, "pressure", code={**concept(LOINC, "85354-9"), "text": "Bloeddruk"}, component=component),
        observation(person, "count", valueInteger=3),
        goal(person.ref("Goal", "walk"), person.patient, text={"status": "additional", "div": walk},
             meta={"tag": [{"system": "urn:x", "code": "t"}], "profile": ["https://p.example/goal/sub"],
                   "security": [{"system": "urn:s", "code": "R"}], "source": "https://s.example/a"},
             note=[{"text": "Les enfants aident; die Häuser sind weit"}]),
        goal(person.ref("Goal", "swim"), person.patient, startDate="2026-05-01",
             identifier=[{"system": "urn:i", "value": "7", "type": {**concept("urn:t", "MR"), "text": "Dossier nr"}}]),
    )  # fmt: skip
    return person


def found(person: Person, query: str) -> list[str]:
    """The names of what is found of this person, in order."""
    type, _, rest = query.partition("?")
    answer = person.client("gp").get(f"/{type}?patient={person.patient}&{rest}")
    assert answer.status_code == 200, answer.text
    return [each.rpartition("-")[0] for each in ids(answer)]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("value-quantity=5.4||kg", ["light"]),
        ("value-quantity=5.40||kg", ["light"]),
        (f"value-quantity=5.4|{UCUM}|kg", ["light"]),
        ("value-quantity=5.4||kilo", ["light"]),
        ("value-quantity=5.4||g", []),
        ("value-quantity=5||kg", ["light"]),
        ("value-quantity=5.3||kg", []),
        ("value-quantity=gt5.4", ["heavy", "under"]),
        ("value-quantity=ge5.4||kg", ["heavy", "light", "under"]),
        ("value-quantity=lt60", ["light", "under"]),
        ("value-quantity=sa60", ["heavy"]),
        ("value-quantity=ap78", ["heavy"]),
        ("value-quantity=5.4,80", ["heavy", "light"]),
        ("value-quantity:missing=false&_id=count-{}", []),
        ("value-integer=3", ["count"]),
        ("value-integer=lt3", []),
        ("code-value-quantity=29463-7$80", ["heavy"]),
        ("code-value-quantity=85354-9$80", []),
        ("component-code-value-quantity=8480-6$120", ["pressure"]),
        ("component-code-value-quantity=8480-6$80", []),
        ("component-code-value-quantity=8480-6$80,8462-4$80", ["pressure"]),
        ("code:text=bloed", ["pressure"]),
        ("code:not=29463-7", ["mobility", "pressure"]),
        ("date=2026-03", ["heavy", "light"]),
        ("date=2026-03-01", ["light"]),
        ("date=sa2026-02-28&date=eb2026-04", ["heavy", "light"]),
    ],
)
def test_observations_are_found_by_what_they_measured(
    measured: Person, query: str, expected: list[str]
) -> None:
    assert sorted(found(measured, f"Observation?{query.replace('{}', measured.mark)}")) == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("_tag=urn:x|t", ["walk"]),
        ("_tag:not=t", ["care", "life", "swim"]),
        ("_profile=https://p.example/goal/sub", ["walk"]),
        ("_profile:below=https://p.example/goal", ["walk"]),
        ("_profile:above=https://p.example/goal/sub/more", ["walk"]),
        ("_profile:below=https://p.example/go", []),
        ("_source=https://s.example/a", ["walk"]),
        ("_security=urn:s|R", ["walk"]),
        ("_security=life-goal", ["life"]),
        ("_security=https://dzop.example/fhir/CodeSystem/data-category|life-goal", ["life"]),
        ("_security:not=life-goal", ["care", "swim", "walk"]),
        ("identifier:of-type=urn:t|MR|7", ["swim"]),
        ("identifier:text=dossier", ["swim"]),
        ("_text=wandel", ["walk"]),
        ("_text=WANDELEN", ["walk"]),
        ("_text=eleve", ["walk"]),
        ("_text=enfant", []),
        ("_content=enfant", ["walk"]),
        ("_content=haus", ["walk"]),
        ("_content=enfants -wandelen", []),
        ('_content="elke dag"', ["walk"]),
        ('_content="dag elke"', []),
        ("_content=zwemmen or enfants", ["walk"]),
        ("start-date:missing=true", ["care", "life", "walk"]),
        ("_id=walk-{},swim-{}", ["swim", "walk"]),
        ("_id=urn:x|walk-{}", []),
    ],
)
def test_goals_are_found_by_their_labels_and_words(measured: Person, query: str, expected: list[str]) -> None:
    assert sorted(found(measured, f"Goal?{query.replace('{}', measured.mark)}")) == expected


@pytest.mark.parametrize(
    "text", ["'", '"', "&", "|", "!", "<->", ":*", "((", "-", "or", "and not", "\\", "a:b:c", "x" * 3000]
)
@pytest.mark.parametrize("name", ["_text", "_content"])
def test_no_text_is_wrong(measured: Person, name: str, text: str) -> None:
    answer = measured.client("gp").get("/Goal", params={"patient": measured.patient, name: text})
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("_sort=value-quantity&_id={heavy},{light},{count}", ["light", "heavy", "count"]),
        ("_sort=-value-quantity&_id={heavy},{light},{count}", ["heavy", "light", "count"]),
        ("_sort=value-integer,_id&_id={heavy},{light},{count}", ["count", "heavy", "light"]),
        ("_sort=-value-integer,-_id&_id={heavy},{light},{count}", ["count", "light", "heavy"]),
        ("_sort=-date&_id={heavy},{light},{pressure}", ["heavy", "light", "pressure"]),
    ],
)
def test_what_has_no_value_comes_last_in_both_directions(
    measured: Person, query: str, expected: list[str]
) -> None:
    names = {name: f"{name}-{measured.mark}" for name in ("heavy", "light", "count", "pressure")}
    assert found(measured, f"Observation?{query.format(**names)}") == expected


@pytest.mark.parametrize("sort", ["value-quantity", "-value-quantity", "value-integer,date", "-date"])
@pytest.mark.parametrize("size", [1, 2, 4])
def test_pages_by_number_are_one_list(measured: Person, sort: str, size: int) -> None:
    client = measured.client("gp")
    base = f"/Observation?patient={measured.patient}&_sort={sort}"
    url, walked = f"{base}&_count={size}", []
    while url:
        page = client.get(url)
        walked += ids(page)
        links = {link["relation"]: link["url"] for link in page.json()["link"]}
        url = links.get("next", "")
    assert walked == ids(client.get(f"{base}&_count=100"))


@pytest.mark.parametrize(
    "query",
    [
        "Observation?value-quantity=heavy",
        "Observation?value-quantity=5|kg",
        "Observation?value-quantity=5|http://x|",
        "Observation?value-integer=1e9999",
        "Observation?code-value-quantity=29463-7",
        "Observation?code-value-quantity=29463-7$",
        "Observation?value-quantity:exact=5",
        "Goal?_text=",
        "Goal?_sort=_text",
        "Goal?_sort=_profile",
    ],
)
def test_a_value_that_cannot_be_used_is_refused(measured: Person, query: str) -> None:
    assert refused(measured.client("gp").get(f"/{query}"))[0] == 400


@pytest.mark.parametrize(
    "query",
    [
        "value-quantity=gt5||kg&_sort=-value-quantity&_total=accurate",
        "component-code-value-quantity=8480-6$120&_include=*",
        "_filter=code eq 29463-7 and not (value-quantity gt 60)",
        "subject:Patient.name=jet&_count=2",
    ],
)
def test_a_search_by_post_is_the_one_by_get(measured: Person, query: str) -> None:
    client = measured.client("gp")
    parameters = [tuple(each.split("=", 1)) for each in f"patient={measured.patient}&{query}".split("&")]
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    by_get = client.get("/Observation", params=parameters).json()
    by_post = client.post("/Observation/_search", data=dict(parameters), headers=form).json()
    different = ("id", "meta", "link")
    assert [
        {name: value for name, value in each.items() if name not in different} for each in (by_get, by_post)
    ] == [{name: value for name, value in by_get.items() if name not in different}] * 2


@pytest.mark.parametrize(
    "query", ["", "&value-quantity=gt5", "&_has:Provenance:target:_id=x", "&subject.name=jet"]
)
def test_the_total_is_the_number_of_matches(measured: Person, query: str) -> None:
    client = measured.client("gp")
    url = f"/Observation?patient={measured.patient}{query}"
    counted = client.get(f"{url}&_summary=count").json()["total"]
    assert (counted, client.get(f"{url}&_total=accurate&_count=1").json()["total"]) == (
        len(ids(client.get(f"{url}&_count=100"))),
    ) * 2


def test_more_codes_than_are_numbered_are_kept(person: Person) -> None:
    many = [{"system": "urn:x", "code": f"c{number}", "display": f"d{number}"} for number in range(33_000)]
    answer = person.client("system").put(
        f"/{person.ref('Observation', 'many')}", json=observation(person, "many", code={"coding": many})
    )
    assert (answer.status_code, found(person, "Observation?code=urn:x|c7")) == (201, ["many"])


def test_more_words_than_are_looked_through_are_kept(person: Person) -> None:
    words = " ".join(chr(0x4E00 + number % 9000) + chr(0x4E00 + number // 9000) for number in range(300_000))
    note = [{"text": f"wandelen {words}"}]
    answer = person.client("system").put(
        f"/{person.ref('Goal', 'many')}", json=goal(person.ref("Goal", "many"), person.patient, note=note)
    )
    assert (answer.status_code, found(person, "Goal?_content=wandelen")) == (201, ["many"])

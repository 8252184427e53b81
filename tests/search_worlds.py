"""Generated resources of several types that refer to each other, and generated questions about them.

Nothing here has to be valid FHIR: what is searched is what the table of parameters looks at. Persons are
`Patient/p`, `Patient/q` and `Patient/z`; the last one shares nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st
from resources import Resource, concept, entity, ref

from dzop.fhir.outcome import FhirError
from dzop.fhir.resource_types import RESOURCE_TYPES, SearchParameter
from dzop.fhir.search.clause import AllOf, AnyOf, Clause, Not
from dzop.fhir.search.context import Context
from dzop.fhir.search.criterion import Unusable
from dzop.fhir.search.filter import read_filter
from dzop.fhir.search.index import index
from dzop.fhir.search.modifier import modifiers
from dzop.fhir.search.path import read_clause
from dzop.fhir.search.terminology import Answer, Question
from dzop.fhir.search.token import Codes

BASE = "http://plan.test/fhir"
PERSONS = ("Patient/p", "Patient/q", "Patient/z")
DIRECTORY = ("Practitioner/a", "Practitioner/b", "Organization/o", "Questionnaire/f", "Questionnaire/g")
OF_PERSON = ("Goal", "Task", "Observation", "CarePlan", "QuestionnaireResponse", "List", "Communication")
TYPES = ("Patient", "Practitioner", "Questionnaire", *OF_PERSON)
SYSTEMS = ("http://loinc.org", "http://other.example/codes", "")
CODES = ("8302-2", "29463-7", "A", "a")
WORDS = ("Jan", "José", "jos", "Ann Peeters", "50% van_alles", "naar de markt wegen")
DATES = ("2026", "2026-03", "2026-03-01", "2026-03-01T10:00:00Z", "2026-03-01T10:00:00.5+02:00")
NUMBERS = ("0", "1", "5.4", "5.40", "-3", "100")
FORMS = ("http://forms.example/f", "http://forms.example/f/sub")
_PREFIXES = ("", "eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap")

_chance = st.sampled_from
_code = st.builds(concept, _chance(SYSTEMS[:2]), _chance(CODES))
_named_code = st.builds(lambda code, text: {**code, "text": text}, _code, _chance(WORDS))
_date = _chance(DATES)
_period = st.fixed_dictionaries({}, optional={"start": _date, "end": _date})
_quantity = st.fixed_dictionaries(
    {"value": _chance(NUMBERS).map(Decimal)},
    optional={
        "system": st.just("http://unitsofmeasure.org"),
        "code": _chance(("kg", "cm")),
        "unit": _chance(("kg", "kilo")),
        "comparator": _chance(("<", ">=")),
    },
)
_identifier = st.fixed_dictionaries(
    {"value": _chance(("1", "2", "A"))},
    optional={"system": _chance(SYSTEMS[:2]), "type": _named_code},
)
_name = st.fixed_dictionaries(
    {}, optional={"family": _chance(WORDS), "given": st.lists(_chance(WORDS), max_size=2)}
)
_meta = st.fixed_dictionaries(
    {},
    optional={
        "profile": st.lists(_chance(FORMS), min_size=1, max_size=2, unique=True),
        "tag": st.lists(
            st.fixed_dictionaries({"code": _chance(CODES)}, optional={"system": _chance(SYSTEMS[:2])}),
            min_size=1, max_size=1,
        ),
        "security": st.just([{"system": SYSTEMS[1], "code": "A"}]),
        "source": _chance(FORMS),
    },
)  # fmt: skip


@dataclass(frozen=True)
class Held:
    """A resource, the person it is of, its categories, and whether it was deleted since."""

    resource: Resource
    person: int
    mask: int
    deleted: bool

    @property
    def key(self) -> str:
        return f"{self.resource['resourceType']}/{self.resource['id']}"


def _reference(*targets: str) -> st.SearchStrategy[Resource]:
    """To one of these in some form, to nothing, elsewhere, or by a number only."""
    places = _chance((*targets, f"{targets[0].partition('/')[0]}/free"))
    return st.one_of(
        places.map(ref),
        places.map(ref),
        places.map(lambda place: ref(f"{BASE}/{place}")),
        places.map(lambda place: ref(f"{place}/_history/1")),
        st.just(ref("http://elsewhere.example/fhir/Goal/1")),
        _identifier.map(lambda each: {"identifier": each}),
    )


def _optional(**elements: st.SearchStrategy[Any]) -> st.SearchStrategy[Resource]:
    return st.fixed_dictionaries(
        {}, optional={"meta": _meta, "identifier": st.lists(_identifier, min_size=1, max_size=2), **elements}
    )


_anyone = _reference(*PERSONS, *DIRECTORY[:3])
_goals, _tasks = ("Goal/1", "Goal/2"), ("Task/1", "Task/2")


def _some(each: st.SearchStrategy[Any], most: int = 2) -> st.SearchStrategy[list[Any]]:
    return st.lists(each, min_size=1, max_size=most)


_valued = {"valueQuantity": _quantity, "valueCodeableConcept": _code}
_component = st.fixed_dictionaries({"code": _code}, optional=_valued)
_context = st.fixed_dictionaries({"code": st.just({"code": "A"})}, optional=_valued)
_forms = _chance((*FORMS, f"{FORMS[0]}|1.0", f"{BASE}/Questionnaire/f"))
_answered = _chance(("completed", "in-progress"))
_ELEMENTS = {
    "Patient": _optional(
        name=_some(_name),
        birthDate=_chance(DATES[:3]),
        gender=_chance(("male", "female")),
        active=st.booleans(),
        generalPractitioner=_some(_reference(*DIRECTORY[:3])),
    ),
    "Practitioner": _optional(name=_some(_name), active=st.booleans()),
    "Organization": _optional(name=_chance(WORDS)),
    "Questionnaire": _optional(
        url=_chance(FORMS),
        version=_chance(("1.0", "2")),
        title=_chance(WORDS),
        status=_chance(("active", "draft")),
        useContext=_some(_context),
    ),
    "Goal": _optional(
        lifecycleStatus=_chance(("active", "proposed")),
        category=_some(_named_code),
        startDate=_chance(DATES[:3]),
        expressedBy=_anyone,
        target=_some(st.fixed_dictionaries({"dueDate": _date})),
    ),
    "Task": _optional(
        status=_chance(("requested", "completed")),
        focus=_reference(*_goals, "CarePlan/1"),
        owner=_anyone,
        partOf=_some(_reference(*_tasks), 1),
        basedOn=_some(_reference("CarePlan/1"), 1),
        authoredOn=_date,
        executionPeriod=_period,
        code=_named_code,
    ),
    "Observation": _optional(
        code=_named_code,
        effectiveDateTime=_date,
        valueQuantity=_quantity,
        valueInteger=_chance((1, 5, -3)),
        component=_some(_component, 3),
        performer=_some(_anyone),
    ),
    "CarePlan": _optional(
        status=_chance(("active", "draft")),
        goal=_some(_reference(*_goals)),
        period=_period,
        activity=_some(st.fixed_dictionaries({"reference": _reference(*_tasks)}), 1),
    ),
    "QuestionnaireResponse": _optional(
        questionnaire=_forms, author=_anyone, authored=_date, status=_answered
    ),
    "List": _optional(
        entry=_some(st.fixed_dictionaries({"item": _reference(*_goals, *_tasks)})), title=_chance(WORDS)
    ),
    "Communication": _optional(sender=_anyone, recipient=_some(_anyone), sent=_date, status=_answered),
}
_SUBJECT = {"Task": "for"}


@st.composite
def worlds(draw: st.DrawFn, most: int = 3) -> list[Held]:
    """The persons, the directory, and of each type as many as `most`."""
    held = []
    for number, key in enumerate(PERSONS, 1):
        held.append(_held(draw, key, number))
    held += [_held(draw, key, 0) for key in DIRECTORY]
    for type in OF_PERSON:
        for id in range(1, draw(st.integers(0, most)) + 1):
            number = draw(st.integers(1, len(PERSONS)))
            about = {_SUBJECT.get(type, "subject"): ref(PERSONS[number - 1])}
            held.append(_held(draw, f"{type}/{id}", number, **about))
    return held


def _held(draw: st.DrawFn, key: str, person: int, **elements: Any) -> Held:
    resource = entity(key, **draw(_ELEMENTS[key.partition("/")[0]]), **elements)
    mask = draw(st.integers(1, 7)) if person else 0
    return Held(resource, person, mask, draw(_chance((False,) * 7 + (True,))))


class _Terminology(dict[Question, Answer]):
    """Knows every value set: `system|code` has that code and others. Below and above a code there is another."""

    def __contains__(self, question: object) -> bool:
        return True

    def __missing__(self, question: Question) -> Answer:
        asked = f"{question.system}|{question.name}" if question.system else question.name
        system, _, code = asked.partition("|")
        return Codes(system, frozenset({code, "b"})), Codes("https://x.example/many", _MANY)


_MANY = frozenset(str(each) for each in range(100))
_TERMINOLOGY = _Terminology()


# -- questions ---------------------------------------------------------------------------------------


@st.composite
def clauses(draw: st.DrawFn, world: list[Held], type: str) -> Clause:
    """A tree of clauses on resources of the type, over references too, with values that there are and are not."""
    return draw(st.recursive(_leaf(world, type), _joined, max_leaves=4))


def links(world: list[Held]) -> list[tuple[str, Clause]]:
    """Each reference from one to another as what is asked of its type: as a chain, and of the other as `_has`."""
    there, found = {each.key for each in world}, list[tuple[str, str, str]]()
    for each in world:
        type, _, id = each.key.partition("/")
        for name, to, other, *_ in index(each.resource, type, BASE).references:
            if f"{to}/{other}" in there and ":" not in name:
                found.append((type, f"{name}:{to}._id", str(other)))
                found.append((str(to), f"_has:{type}:{name}:_id", id))
    return [(type, read_clause(RESOURCE_TYPES[type], *asked, Context(BASE))) for type, *asked in found]


def restrictions(world: list[Held], type: str) -> st.SearchStrategy[tuple[str, str]]:
    """A parameter of the resources of the type themselves, perhaps with a modifier, and values."""
    return _path(world, type, 0)


def _joined(inner: st.SearchStrategy[Clause]) -> st.SearchStrategy[Clause]:
    several = st.lists(inner, max_size=3).map(tuple)
    return st.one_of(several.map(AllOf), several.map(AnyOf), inner.map(Not))


@st.composite
def _leaf(draw: st.DrawFn, world: list[Held], type: str) -> Clause:
    context = Context(BASE, _TERMINOLOGY)
    if draw(_chance((False, False, False, True))):
        text = " and ".join(draw(st.lists(_test(world, type), min_size=1, max_size=2)))
        try:
            return read_filter(RESOURCE_TYPES[type], draw(_chance((text, f"not ({text})"))), context)
        except (FhirError, Unusable):
            return AllOf(())
    name, value = draw(_path(world, type, draw(st.integers(0, 2))))
    try:
        return read_clause(RESOURCE_TYPES[type], name, value, context)
    except (FhirError, Unusable):
        return AnyOf(())


@st.composite
def _test(draw: st.DrawFn, world: list[Held], type: str) -> str:
    own = [
        each
        for each in RESOURCE_TYPES[type].search
        if each.type != "composite" and each.name not in ("_text", "_content")
    ]
    parameter = draw(_chance(own))
    value = draw(_chance(_values(world, type, parameter)))
    if "$" in value:
        value = "x"
    return f'{parameter.name} {draw(_chance(("eq", "ne", "co", "sw", "ew", "gt", "le", "pr", "in", "ss")))} "{value}"'


@st.composite
def _path(draw: st.DrawFn, world: list[Held], type: str, hops: int) -> tuple[str, str]:
    entry = RESOURCE_TYPES[type]
    onward = [
        (each, to)
        for each in entry.search
        if each.type == "reference"
        for to in TYPES
        if to in (each.targets or TYPES)
    ]
    if hops and draw(st.booleans()):
        if onward and draw(st.booleans()):
            parameter, to = draw(_chance(onward))
            name, value = draw(_path(world, to, hops - 1))
            return f"{parameter.name}{draw(_chance((f':{to}', '')))}.{name}", value
        source, parameter = draw(_chance(list(_referring(type))))
        name, value = draw(_path(world, source, hops - 1))
        return f"_has:{source}:{parameter.name}:{name}", value
    if draw(_chance((False,) * 8 + (True,))):
        return "_list", draw(_chance(("1", "2", "List/1,free")))
    parameter = draw(_chance([each for each in entry.search if each.name not in ("_text", "_content")]))
    modifier = draw(_chance(("", "", *modifiers(parameter))))
    if modifier == "missing":
        return f"{parameter.name}:missing", draw(_chance(("true", "false")))
    values = draw(st.lists(_chance(_values(world, type, parameter)), min_size=1, max_size=2, unique=True))
    if parameter.type in ("date", "number", "quantity"):
        values = [draw(_chance(_PREFIXES)) + value for value in values]
    return f"{parameter.name}{':' if modifier else ''}{modifier}", ",".join(values)


def _referring(type: str) -> Iterator[tuple[str, SearchParameter]]:
    for source in TYPES:
        for each in RESOURCE_TYPES[source].search:
            if each.type == "reference" and type in (each.targets or TYPES):
                yield source, each


def _values(world: list[Held], type: str, parameter: SearchParameter) -> list[str]:
    """Values as a client writes them: those that a resource of the type has, and others."""
    if parameter.name == "_id":
        return [each.resource["id"] for each in world if each.key.startswith(f"{type}/")] + ["free"]
    if parameter.type == "composite":
        return [
            "$".join(parts)
            for first in _values(world, type, parameter.components[0])
            for parts in [(first, second) for second in _values(world, type, parameter.components[1])]
        ][:60]
    if parameter.type == "date":
        return list(DATES)
    if parameter.type == "number":
        return list(NUMBERS)
    if parameter.type == "quantity":
        return [
            f"{number}{unit}"
            for number in NUMBERS
            for unit in ("", "||kg", "|http://unitsofmeasure.org|kg", "||kilo")
        ]
    found = ["nothing"]
    for each in world:
        if not each.key.startswith(f"{type}/"):
            continue
        rows = index(each.resource, type, BASE)
        names = (parameter.name, f"{parameter.name}:of-type", f"{parameter.name}:below")
        for name, system, code, _ in rows.tokens:
            if name in names:
                found += [code, f"{system}|{code}", f"{system}|" if system else f"|{code}"]
        found += [_escaped(text[: len(text) // 2 + 1]) for name, text, *_ in rows.strings if name in names]
        for name, to, id, url, _, value, _ in rows.references:
            if name in names:
                found += [f"{to}/{id}", str(id)] if id else []
                found += [each for each in (url, value) if each]
    if parameter.type == "reference":
        found += [*PERSONS, "Goal/1", f"{BASE}/Task/1"]
    if parameter.name == "_security":
        found += ["life-goal", "https://dzop.example/fhir/CodeSystem/data-category|", "|life-goal"]
    return list(dict.fromkeys(found))


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace(",", "\\,").replace("|", "\\|").replace("$", "\\$")

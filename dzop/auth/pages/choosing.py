"""Pages with a list to choose from: who to be in the sandbox, how to log in, as whom to act, whose plan to open."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from dzop.auth.pages.page import Place, form, page
from dzop.auth.pages.parts import cancel, field, note, paragraph, search_button
from dzop.auth.people import Described

__all__ = [
    "MOST",
    "Group",
    "Means",
    "Person",
    "capacity_page",
    "grouped",
    "means_page",
    "people_page",
    "persons_page",
]

MOST: Final = 50
"""How many persons a list has at most (`People.plans`)."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody to log in as in the sandbox.

    `reference` such as `RelatedPerson/an`; `description` in plain words, or such words by language;
    `patient` is the id of the Patient in whose plan they are to be found.
    """

    reference: str
    name: str
    description: str | Mapping[str, str]
    patient: str | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Persons under one heading: those around one patient (`name`), or the professionals (None)."""

    name: str | None
    people: tuple[Person, ...]


@dataclass(frozen=True, slots=True)
class Means:
    """A way to log in: `password`, `sandbox`, or the `id` of an identity provider, which has a `name` of its own."""

    id: str
    name: str = ""


def grouped(people: Sequence[Person]) -> tuple[Group, ...]:
    """Each patient with those around them, in the order given, and then everybody else."""
    patients = [person for person in people if person.reference == f"Patient/{person.patient}"]
    around = [
        Group(patient.name, tuple(person for person in people if person.patient == patient.patient))
        for patient in patients
    ]
    placed = {person.reference for group in around for person in group.people}
    others = tuple(person for person in people if person.reference not in placed)
    return (*around, Group(None, others)) if others else tuple(around)


def people_page(place: Place, groups: Sequence[Group]) -> str:
    """The sandbox login. Posts `person`, a reference, or `cancel=yes`."""
    words = place.words
    sections = Markup("\n").join(_section(place, group, number) for number, group in enumerate(groups))
    content = note(words.say("people", "intro")) + paragraph(words.say("people", "choose"))
    return page(place, words.say("people", "title"), content + form(place, sections + cancel(words, "login")))


def means_page(place: Place, means: Sequence[Means]) -> str:
    """How to log in. Each way is a link to the page's own address with `means`; `cancel=yes` is posted.

    Links, because a browser would hold the whole chain of redirects after a form against `form-action`.
    """
    words = place.words
    items = (
        Markup('<li><a class="choice" href="{}"><strong>{}</strong> <span>{}</span></a></li>').format(
            place.link(means=each.id), _means_name(place, each), _means_text(place, each)
        )
        for each in means
    )
    content = Markup('<ul class="choices">{}</ul>').format(Markup("").join(items))
    return page(place, words.say("means", "title"), content + form(place, cancel(words, "login")))


def capacity_page(place: Place, choices: Sequence[Described]) -> str:
    """As whom to act, for somebody with several capacities. Posts `subject`, a reference, or `cancel=yes`."""
    words = place.words
    cards = (_card("subject", each.reference, each.name, said(each.description, place)) for each in choices)
    content = paragraph(words.say("capacity", "text")) + form(place, _cards(cards) + cancel(words, "app"))
    return page(place, words.say("capacity", "title"), content)


def persons_page(place: Place, choices: Sequence[Described], text: str = "") -> str:
    """Whose plan to open. Posts `patient`, the id of a Patient; or `text`, part of a name to look for (the
    page is then shown again with it); or `cancel=yes`.

    `choices` are Patient references. A search box is there when there was a search, or there may be more.
    """
    words = place.words
    cards = (
        _card("patient", each.reference.partition("/")[2], each.name, said(each.description, place))
        for each in choices
    )
    search = _search(place, text) if text or len(choices) > 5 else Markup("")
    found = form(place, _cards(cards) + cancel(words, "app"))
    return page(place, words.say("persons", "title"), search + _told(place, len(choices), text) + found)


def said(description: str | Mapping[str, str], place: Place) -> str:
    """A description in the language of the page, else in English, else in any."""
    if isinstance(description, str):
        return description
    return description.get(place.language) or description.get("en") or next(iter(description.values()), "")


def _search(place: Place, text: str) -> Markup:
    box = field(place.words.say("persons", "search"), "text", value=text, type="search", autocomplete="off")
    row = Markup('<div class="search">{}{}</div>').format(box, search_button(place.words))
    return Markup("<search>{}</search>").format(form(place, row))


def _told(place: Place, count: int, text: str) -> Markup:
    """What to know about the list: nobody is on it, or there are more."""
    words = place.words
    if not count:
        return note(
            words.marked("persons", "none-found", text=text) if text else words.say("persons", "none")
        )
    return note(words.say("persons", "more", count=count)) if count >= MOST else Markup("")


def _section(place: Place, group: Group, number: int) -> Markup:
    words = place.words
    heading = words.say("people", "others")
    if group.name is not None:
        heading = words.say("people", "around", name=group.name)
    cards = (
        _card("person", each.reference, each.name, said(each.description, place)) for each in group.people
    )
    return Markup('<section aria-labelledby="group-{}"><h2 id="group-{}">{}</h2>{}</section>').format(
        number, number, heading, _cards(cards)
    )


def _cards(cards: Iterable[Markup]) -> Markup:
    items = Markup("").join(cards)
    return Markup('<ul class="choices">{}</ul>').format(items) if items else items


def _card(field: str, value: str, name: str, description: str) -> Markup:
    return Markup(
        '<li><button name="{}" value="{}"><strong><bdi>{}</bdi></strong> <span>{}</span></button></li>'
    ).format(field, value, name, description)


def _means_name(place: Place, means: Means) -> str:
    return means.name or place.words.say("means", means.id)


def _means_text(place: Place, means: Means) -> str:
    return place.words.say("means", f"{means.id}-text" if not means.name else "elsewhere")

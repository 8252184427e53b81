"""The HTML of the sandbox login: choose who you are, in plain words, without a script."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from urllib.parse import urlencode

from dzop.auth.login_texts import LANGUAGES, TEXTS

__all__ = ["Group", "Person", "grouped", "message_page", "people_page"]


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody to log in as.

    `reference` such as `RelatedPerson/an`; `description` in plain words, or such words by language;
    `patient` is the id of the Patient in whose plan they are to be found.
    """

    reference: str
    name: str
    description: str | Mapping[str, str]
    patient: str | None = None

    def described_in(self, language: str) -> str:
        """The description in a language, else in English."""
        if isinstance(self.description, str):
            return self.description
        return (
            self.description.get(language)
            or self.description.get("en")
            or next(iter(self.description.values()))
        )


@dataclass(frozen=True, slots=True)
class Group:
    """Persons under one heading: those around one patient (`name`), or the professionals (None)."""

    name: str | None
    people: tuple[Person, ...]


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


def people_page(
    *, language: str, groups: Sequence[Group], pending: str, parameters: Mapping[str, str], path: str
) -> str:
    """The page to choose a person on; `pending` is the sealed request that goes along."""
    texts = TEXTS[language]
    sections = "".join(_section(group, number, language) for number, group in enumerate(groups))
    return _page(
        language,
        texts["title"],
        f"""<p class="note">{escape(texts["intro"])}</p>
<p>{escape(texts["choose"])}</p>
<form method="post" action="{escape(path)}/authorize">
<input type="hidden" name="pending" value="{escape(pending)}">
{sections}
<p><button class="quiet" name="cancel" value="yes">{escape(texts["cancel"])}</button></p>
</form>
<nav aria-label="{escape(texts["languages"])}"><ul>{_languages(language, parameters, path)}</ul></nav>""",
        path,
    )


def message_page(*, language: str, name: str, path: str) -> str:
    """A page that says why nobody can log in; `name` is of a text, such as `too-old`."""
    texts = TEXTS[language]
    return _page(language, texts[name], f"<p>{escape(texts[name + '-text'])}</p>", path)


def _section(group: Group, number: int, language: str) -> str:
    texts = TEXTS[language]
    heading = texts["others"] if group.name is None else texts["around"].format(name=group.name)
    cards = "".join(_card(person, language) for person in group.people)
    return (
        f'<section aria-labelledby="group-{number}"><h2 id="group-{number}">{escape(heading)}</h2>'
        f"<ul>{cards}</ul></section>"
    )


def _card(person: Person, language: str) -> str:
    return (
        f'<li><button name="person" value="{escape(person.reference)}"><strong>{escape(person.name)}</strong>'
        f" <span>{escape(person.described_in(language))}</span></button></li>"
    )


def _languages(current: str, parameters: Mapping[str, str], path: str) -> str:
    links = []
    for language, name in LANGUAGES.items():
        address = f"{path}/authorize?{urlencode({**parameters, 'ui_locales': language})}"
        here = ' aria-current="true"' if language == current else ""
        links.append(f'<li><a href="{escape(address)}" lang="{language}"{here}>{escape(name)}</a></li>')
    return "".join(links)


def _page(language: str, title: str, content: str, path: str) -> str:
    return f"""<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{escape(title)}</title>
<link rel="stylesheet" href="{escape(path)}/login.css">
</head>
<body>
<main>
<h1>{escape(title)}</h1>
{content}
</main>
</body>
</html>
"""

import re

import pytest

from dzop.auth.pages.words import LANGUAGES, WORDS, preferred_language

PLACES = re.compile(r"\{(\w+)\}")


def places(language: str) -> dict[tuple[str, str], set[str]]:
    return {
        (section, key): set(PLACES.findall(text))
        for section, texts in WORDS[language].texts.items()
        for key, text in texts.items()
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_there_in_every_language_with_the_same_places(language: str) -> None:
    assert places("en") == places(language)


@pytest.mark.parametrize(
    ("asked", "accepted", "language"),
    [
        ("de", "fr", "de"),
        ("xx fr-BE", "en", "fr"),
        ("", "en-GB;q=0.5, fr;q=0.9", "fr"),
        ("", "en;q=many, de", "de"),
        ("", "sv", "nl"),
        ("", "", "nl"),
    ],
)
def test_the_language_is_the_best_that_was_asked_for(asked: str, accepted: str, language: str) -> None:
    assert language == preferred_language(asked, accepted)


def test_what_comes_from_others_stands_apart_and_is_text() -> None:
    told = WORDS["en"].marked("consent", "app", app="<b>\u202e{app}")
    assert told == "<strong><bdi>&lt;b&gt;\u202e{app}</bdi></strong> wants to use data from here."

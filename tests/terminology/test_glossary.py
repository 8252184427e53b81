"""Each word of the field that the plan says by a code has one, with words in four languages."""

from __future__ import annotations

import pytest
from glossary import GLOSSARY

from terminology.content import CONTENT, LANGUAGES

_SYSTEMS = {each.url: each for each in CONTENT.code_systems.values()}
_LISTED = {
    (part.system, each.code): each
    for value_set in CONTENT.value_sets.values()
    for part in value_set.include
    for each in part.concepts
    if each.display
}


def _languages(system: str, code: str) -> set[str]:
    """The languages in which a code has words, in its code system or, when that is not shipped, in a value set."""
    known = _SYSTEMS[system].concepts if system in _SYSTEMS else {code: _LISTED[system, code]}
    return {"en", *(each.language for each in known[code].designations)}


@pytest.mark.parametrize("word", GLOSSARY)
def test_a_word_of_the_field_has_codes_with_words_in_each_language(word: str) -> None:
    wordless = {
        (system, code)
        for system, codes in GLOSSARY[word]
        for code in codes.split()
        if not _languages(system, code) >= set(LANGUAGES)
    }
    assert set() == wordless

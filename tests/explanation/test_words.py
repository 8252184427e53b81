import string
from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest

from consent.categories import CATEGORIES
from consent.matrix import ACTIONS, ROLES
from consent.rules import RULE_KINDS, STEPS
from dzop.explanation import reasons
from dzop.explanation.dates import day, moment, period
from dzop.explanation.languages import preferred
from dzop.explanation.reasons import OUTSIDE, Said, decision, reason
from dzop.explanation.told import Told, told
from dzop.explanation.words import WORDS, Words, sentence
from terminology.content import LANGUAGES

JANUARY, MARCH = datetime(2026, 1, 4, 23, tzinfo=UTC), datetime(2026, 3, 31, 22, tzinfo=UTC)


def rule_of(kind: str) -> str:
    """An example of a rule of this kind."""
    if kind == "cell":
        return "cell:care-goal/health-professional"
    if kind == "relation:team":
        return f"{kind}:CareTeam/x"
    if kind == "closing:plan":
        return f"{kind}:CarePlan/x"
    if kind == "setting":
        return f"{kind}:Consent/x#1"
    shown = RULE_KINDS.get(kind, "")
    return f"{kind}:Consent/x" if shown.startswith("`:Consent") else kind


def texts(words: Words) -> Iterator[tuple[str, str, str]]:
    """(section, key, text) of all that is said in a language."""
    for section, entries in words.texts.items():
        for key, text in entries.items():
            for each in text if isinstance(text, list) else [text]:
                yield section, key, each


def places(text: str) -> set[str]:
    """The places of a text; whose something is takes a place of its own where a language needs one."""
    found = {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}
    return {name.removeprefix("of_") for name in found}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_says_the_same_things(language: str) -> None:
    assert {each[:2] for each in texts(WORDS["en"])} == {each[:2] for each in texts(WORDS[language])}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", [*RULE_KINDS, *OUTSIDE])
def test_every_kind_of_rule_is_said_in_every_language(language: str, kind: str) -> None:
    words = WORDS[language]
    for permits in (True, False):
        said = Said(rule_of(kind), "An Peeters", "Jet Peeters", "read", permits, "all", JANUARY, MARCH)
        clause = reason(words, said)
        assert clause is not None
        assert (clause[-1] == ".", "{" in clause) == (False, False)


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_said_that_no_rule_needs(language: str) -> None:
    said = {key.removesuffix(".permit").removesuffix(".deny") for key in WORDS[language].texts["rule"]}
    assert {*RULE_KINDS, *OUTSIDE} == said


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_category_and_action_has_words(language: str) -> None:
    texts = WORDS[language].texts
    assert (list(CATEGORIES), list(ACTIONS)) == (list(texts["category"]), list(texts["verb"]))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("extent", ["all", "own", "authored", "none"])
def test_every_decision_is_one_sentence(language: str, action: str, extent: str) -> None:
    for category in (*CATEGORIES, None):
        said = decision(WORDS[language], "An Peeters", action, category, extent, None)
        assert (said[0], said[-1], said.count("{")) == ("A", ".", 0)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("role", ROLES)
def test_every_cell_is_said(language: str, role: str) -> None:
    for extent in ("all", "own", "propose", "none"):
        clause = reason(WORDS[language], Said(f"cell:care-team/{role}", "An", "Jet", "create", extent=extent))
        assert clause is not None
        assert "{" not in clause


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_has_the_places_it_has_in_another_language(language: str) -> None:
    english, other = (
        [(*key, places(text)) for *key, text in texts(WORDS[each]) if key != ["date", "months"]]
        for each in ("en", language)
    )
    dates = ("day", "first")  # a first of the month may be written without its number
    assert [each for each in english if each[1] not in dates] == [
        each for each in other if each[1] not in dates
    ]


@pytest.mark.parametrize("step", [None, *STEPS])
def test_every_step_has_a_main_reason(step: str | None) -> None:
    assert reasons.main(step, ("cell:task/person",)) == "cell:task/person"
    assert step in reasons._MAIN


def test_a_rule_that_nobody_knows_any_more_is_left_unsaid() -> None:
    assert reason(WORDS["nl"], Said("moon:full", "An", "Jet")) is None


@pytest.mark.parametrize(
    ("language", "said"),
    [
        (
            "nl",
            "An Peeters mag de zorgdoelen lezen, want An Peeters zit in het zorgteam sinds 5 januari 2026.",
        ),
        (
            "fr",
            "An Peeters peut lire les objectifs de soins, car An Peeters fait partie de l'équipe de soins "
            "depuis le 5 janvier 2026.",
        ),
        (
            "de",
            "An Peeters darf die Versorgungsziele lesen, denn An Peeters gehört zum Versorgungsteam "
            "seit dem 5. Januar 2026.",
        ),
        (
            "en",
            "An Peeters may read the care goals, because An Peeters is in the care team (since 5 January 2026).",
        ),
    ],
)
def test_a_decision_reads_well(language: str, said: str) -> None:
    words = WORDS[language]
    because = reason(words, Said("relation:team:CareTeam/x", "An Peeters", "Jet", start=JANUARY))
    assert said == decision(words, "An Peeters", "read", "care-goal", "all", because)


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("nl", " van 5 januari 2026 tot en met 31 maart 2026"),
        ("fr", " du 5 janvier 2026 au 31 mars 2026 inclus"),
        ("de", " vom 5. Januar 2026 bis einschließlich 31. März 2026"),
        ("en", " (from 5 January 2026 up to and including 31 March 2026)"),
    ],
)
def test_whole_days_are_told_with_their_last_day(language: str, said: str) -> None:
    assert said == period(WORDS[language], JANUARY, MARCH)


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("nl", " tot 1 juli 2026 om 14.05 uur"),
        ("fr", " jusqu'au 1er juillet 2026 à 14 h 05"),
        ("de", " bis 1. Juli 2026 um 14.05 Uhr"),
        ("en", " (until 1 July 2026 at 14:05)"),
    ],
)
def test_a_time_of_day_is_told_as_it_is_in_brussels(language: str, said: str) -> None:
    assert said == period(WORDS[language], None, datetime(2026, 7, 1, 12, 5, tzinfo=UTC))


def test_what_always_holds_needs_no_period() -> None:
    assert period(WORDS["nl"], None, None) == ""


def test_a_moment_and_a_day_are_written_in_the_language() -> None:
    at = datetime(2026, 8, 1, 7, 30, tzinfo=UTC)
    assert [moment(WORDS[each], at) for each in LANGUAGES] == [
        "1 augustus 2026 om 09.30 uur", "1er août 2026 à 9 h 30", "1. August 2026 um 9.30 Uhr",
        "1 August 2026 at 09:30",
    ]  # fmt: skip
    assert day(WORDS["fr"], date(2026, 2, 2)) == "2 février 2026"


@pytest.mark.parametrize(("name", "whose"), [("An", "d'An"), ("Jet", "de Jet"), ("Élise", "d'Élise")])
def test_french_elides_before_a_vowel(name: str, whose: str) -> None:
    assert whose == WORDS["fr"].of(name)


@pytest.mark.parametrize(
    ("event", "said"),
    [
        (Told("An", "read", ["care-goal"]), "An heeft de zorgdoelen gelezen."),
        (Told("An", "read", ["care-goal"], count=3), "An heeft de zorgdoelen gelezen (3 keer)."),
        (
            Told("An", "search-type", ["task", "message"]),
            "An heeft de taken en aanvragen en de berichten bekeken.",
        ),
        (Told("An", "search-type", [], result=False), "An zocht in het plan en kreeg niets te zien."),
        (Told("An", "read", ["document"], refused=True), "An wilde de diagnoses en medische documenten lezen, "
            "maar mocht dat niet."),
        (Told("An", "update", ["task"], refused=True), "An wilde iets veranderen, maar mocht dat niet: "
            "‘taken en aanvragen’."),
        (Told("An", "$everything", ["plan"]), "An heeft het plan als geheel bekeken."),
        (Told("An", "$meta", ["plan"]), "An heeft de functie ‘meta’ gebruikt."),
        (Told("An", "read", ["plan"], break_glass=True), "NOODTOEGANG: An heeft het plan als geheel gelezen."),
    ],
)  # fmt: skip
def test_an_event_is_told(event: Told, said: str) -> None:
    assert said == told(WORDS["nl"], event)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "interaction", ["read", "search-type", "create", "patch", "delete", "$x", "$what-if"]
)
def test_every_event_is_told_in_every_language(language: str, interaction: str) -> None:
    for refused in (True, False):
        for categories in (["task"], []):
            for result in (True, False):
                said = told(WORDS[language], Told("An", interaction, categories, refused, result, 2, True))
                assert (said[-1], "{" in said) == (".", False)


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("fr-BE,nl;q=0.8", "fr"), ("en;q=0.2, de;q=0.9", "de"), ("pt, es", "de"), ("", "de"), ("*", "de"),
        ("nl;q=0, en", "en"), ("fr;q=x", "de"),
    ],
)  # fmt: skip
def test_the_language_is_what_is_accepted_and_else_what_the_person_speaks(
    accepted: str, language: str
) -> None:
    patient = {
        "communication": [
            {"language": {"coding": [{"code": "fr"}]}},
            {"language": {"coding": [{"code": "de-BE"}]}, "preferred": True},
        ]
    }
    assert language == preferred(accepted, patient)


def test_without_any_language_it_is_dutch() -> None:
    assert preferred("", {}) == "nl"


def test_a_sentence_begins_with_a_capital_and_ends_with_a_full_stop() -> None:
    assert sentence("élise mag dit lezen") == "Élise mag dit lezen."

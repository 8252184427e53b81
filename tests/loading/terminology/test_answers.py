"""What was loaded is what is answered from."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from fhir_packages import SYSTEM, code_system
from rf2_releases import BLUE, BLUE_VESSEL, CAPACITY, COLOUR, OLD_VESSEL, VESSEL, edition, identifier

from dzop.access.vocabulary.loaded import Loaded
from dzop.access.vocabulary.vocabulary import Vocabulary
from dzop.store.database import Database
from terminology.fault import Fault

SCT = "http://snomed.info/sct"
MOST = 100


def answered(url: str, ask: Callable[[Vocabulary], Awaitable[Any]]) -> Any:
    """What the vocabulary of this database answers."""

    async def asked() -> Any:
        async with Database.opened(url, 1) as database:
            return await ask(Vocabulary(Loaded(database)))

    return asyncio.run(asked())


def load(loading: Any, folder: Path, *resources: Any) -> None:
    path = folder / "loaded.ndjson"
    path.write_text("".join(f"{json.dumps(each)}\n" for each in resources))
    loading.load(path)


def codes(loading: Any, canonical: str) -> set[str]:
    return {code for _, code in answered(loading.url, lambda vocabulary: vocabulary.members(canonical, MOST))}


def test_a_concept_of_snomed_ct_is_called_by_its_preferred_term(loading: Any, tmp_path: Path) -> None:
    loading.load(edition().unpacked(tmp_path))
    coding = (SCT, BLUE_VESSEL)
    found = {
        language: answered(loading.url, lambda each, language=language: each.displays([coding], [language]))[
            coding
        ]
        for language in ("nl-BE", "fr", "en", "en-GB", "de")
    }
    assert found == {
        "nl-BE": "blauwe kuip",
        "fr": "récipient bleu",
        "en": "Blue-colored vessel",
        "en-GB": "Blue-coloured vessel",
        "de": "Blue-colored vessel",
    }


def test_what_is_below_a_concept_is_a_value_set(loading: Any, tmp_path: Path) -> None:
    loading.load(edition().unpacked(tmp_path))
    assert codes(loading, f"{SCT}?fhir_vs=isa/{VESSEL}") == {VESSEL, BLUE_VESSEL, identifier(18)}


def test_an_attribute_can_be_asked_for(loading: Any, tmp_path: Path) -> None:
    blue = {
        "resourceType": "ValueSet",
        "url": "https://packaged.example/ValueSet/blue",
        "status": "active",
        "compose": {"include": [{"system": SCT, "filter": [{"property": COLOUR, "op": "=", "value": BLUE}]}]},
    }
    loading.load(edition().unpacked(tmp_path / "release"))
    load(loading, tmp_path, blue)
    assert codes(loading, blue["url"]) == {BLUE_VESSEL}


def test_properties_and_inactive_concepts_are_told(loading: Any, tmp_path: Path) -> None:
    loading.load(edition().unpacked(tmp_path))
    found = answered(loading.url, lambda each: each.concepts(SCT, "", [BLUE_VESSEL, OLD_VESSEL]))
    capacity = next(each for each in found[BLUE_VESSEL].concept.properties if each.code == CAPACITY)
    assert ((capacity.type, capacity.value), found[OLD_VESSEL].concept.inactive) == (("decimal", "1.5"), True)


@pytest.mark.parametrize(
    ("content", "held"), [("complete", "complete"), ("fragment", "fragment"), ("example", "fragment")]
)
def test_an_example_counts_as_a_fragment(loading: Any, tmp_path: Path, content: str, held: str) -> None:
    load(loading, tmp_path, code_system(content=content))
    assert answered(loading.url, lambda vocabulary: vocabulary.code_system(SYSTEM)).content == held


def test_a_definition_without_content_answers_nothing(loading: Any, tmp_path: Path) -> None:
    load(loading, tmp_path, code_system(content="not-present"))
    with pytest.raises(Fault) as refused:
        answered(loading.url, lambda vocabulary: vocabulary.code_system(SYSTEM))
    assert refused.value.code == "not-found"


def test_a_code_system_that_is_removed_answers_no_more(loading: Any, tmp_path: Path) -> None:
    load(loading, tmp_path, code_system())
    loading.remove(SYSTEM)
    with pytest.raises(Fault) as refused:
        answered(loading.url, lambda vocabulary: vocabulary.code_system(SYSTEM))
    assert refused.value.code == "not-found"

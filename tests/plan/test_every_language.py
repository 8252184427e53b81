"""What the server says in every language is told in one; what people say stays as they said it."""

from __future__ import annotations

import pytest
from resources import ours

from dzop.plan.every_language import in_one_language
from dzop.plan.notice import notice
from terminology.content import LANGUAGES, display

TEXT = notice("plan-changed", "Patient/x", [], [], "2026-11-22T10:00:00Z")["payload"][0]["contentString"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_notice_is_told_in_one_language(language: str) -> None:
    expected = display("message-kind", "plan-changed", language)
    assert expected == in_one_language(TEXT, ours("message-kind", "plan-changed"), language)


@pytest.mark.parametrize("kind", [None, ours("message-kind", "question"), ours("message-kind", "unknown")])
def test_what_is_not_said_of_that_kind_stays_whole(kind: dict[str, object] | None) -> None:
    assert TEXT == in_one_language(TEXT, kind, "fr")


def test_four_lines_that_somebody_wrote_stay_four_lines() -> None:
    text = "Melk\nBrood\nKaas\nBoter"
    assert text == in_one_language(text, ours("message-kind", "plan-changed"), "nl")

"""Every rule of the plan is used, explained on its page, and broken by a test."""

from __future__ import annotations

from pathlib import Path

import pytest

from dzop.plan.rule import RULES, page, refusal, remark

PROJECT = Path(__file__).parents[2]


def _texts(folder: str, pattern: str) -> str:
    return "\n".join(each.read_text() for each in sorted((PROJECT / folder).rglob(pattern)))


SOURCE, TESTS = _texts("dzop", "*.py"), _texts("tests/api", "*.py") + _texts("tests/journeys", "*.py")


@pytest.mark.parametrize("code", RULES)
def test_a_rule_stands_on_its_page(code: str) -> None:
    assert f"`{code}`" in (PROJECT / "docs" / f"{page(code)}.md").read_text()


@pytest.mark.parametrize("code", RULES)
def test_a_rule_is_applied_and_tried(code: str) -> None:
    assert (f'"{code}"' in SOURCE, f'"{code}"' in TESTS) == (True, True)


@pytest.mark.parametrize("code", RULES)
def test_a_rule_says_what_is_wrong_in_whole_sentences(code: str) -> None:
    text = RULES[code].definition
    assert (text[:1].isupper(), text[-1:]) == (True, ".")


def test_what_is_given_stands_in_backticks() -> None:
    issue = remark("goal-cycle", "Goal.extension[0]")
    assert (issue.code, issue.rule, issue.severity, issue.expression) == (
        "business-rule", "goal-cycle", "error", "Goal.extension[0]",
    )  # fmt: skip


def test_a_rule_is_refused_with_422_unless_its_row_says_otherwise() -> None:
    assert refusal("goal-cycle").status == 422

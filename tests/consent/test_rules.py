"""The grammar of rules."""

from __future__ import annotations

import pytest

from consent.rules import kind_of


@pytest.mark.parametrize(
    ("rule", "kind"),
    [
        ("relation:own-record", "relation:own-record"),
        ("relation:team:CareTeam/t", "relation:team"),
        ("setting:Consent/s#1", "setting"),
        ("cell:task/person", "cell"),
        ("closing:plan:CarePlan/u", "closing:plan"),
        ("exclusion:Consent/x", "exclusion"),
    ],
)
def test_a_rule_is_of_a_kind(rule: str, kind: str) -> None:
    assert kind == kind_of(rule)


@pytest.mark.parametrize("rule", ["", "relation", "relation:hearsay", "whim:Consent/c"])
def test_anything_else_is_no_rule(rule: str) -> None:
    with pytest.raises(ValueError, match=f"^`{rule}` is no rule$"):
        kind_of(rule)

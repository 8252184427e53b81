"""What a ConceptMap says, group by group and element by element."""

from __future__ import annotations

import pytest

from terminology.concept_map import Group, MapOutline, MapRow, Unmapped, outline, rows
from terminology.fault import Fault

MAP = {
    "resourceType": "ConceptMap",
    "url": "http://map.example",
    "version": "1",
    "sourceCanonical": "http://from.example/vs",
    "targetUri": "http://to.example/vs",
    "group": [
        {
            "source": "http://from.example",
            "target": "http://to.example",
            "targetVersion": "2",
            "element": [
                {
                    "code": "a",
                    "target": [
                        {"code": "A", "display": "Big", "equivalence": "wider", "comment": "so"},
                        {"code": "AA", "equivalence": "narrower"},
                    ],
                },
                {"code": "b"},
                {"code": "c", "target": [{"equivalence": "disjoint", "code": "C"}]},
            ],
            "unmapped": {"mode": "fixed", "code": "other", "display": "Other"},
        }
    ],
}


def test_each_target_of_each_element_is_a_row_and_an_element_without_one_is_unmatched():
    both = ("http://from.example", "http://to.example")
    expected = [
        MapRow(both[0], "a", both[1], "A", "Big", "wider", "so"),
        MapRow(both[0], "a", both[1], "AA", "", "narrower"),
        MapRow(both[0], "b", both[1], "", "", "unmatched"),
        MapRow(both[0], "c", both[1], "C", "", "disjoint"),
    ]
    assert expected == list(rows(MAP))


def test_the_outline_has_the_value_sets_and_groups_without_elements():
    group = Group("http://from.example", "http://to.example", "", "2", Unmapped("fixed", "other", "Other"))
    expected = MapOutline(
        "http://map.example", "1", "http://from.example/vs", "http://to.example/vs", (group,)
    )
    assert expected == outline(MAP)


def test_a_target_that_depends_on_other_elements_is_refused():
    target = {"code": "A", "equivalence": "equal", "dependsOn": [{"property": "sex", "value": "f"}]}
    with pytest.raises(Fault) as refused:
        list(rows({"group": [{"element": [{"code": "a", "target": [target]}]}]}))
    assert "not-supported" == refused.value.code

"""What is published, as a terminology."""

import pytest

from dzop.definitions.published import ALWAYS
from dzop.definitions.terminology import TERMINOLOGY, Published

SYSTEM = "https://x.example/CodeSystem/animals"
ANIMALS = {
    "id": "animals",
    "url": SYSTEM,
    "concept": [
        {"code": "mammal", "concept": [{"code": "cat", "concept": [{"code": "lynx"}]}]},
        {"code": "bird"},
    ],
}


def _value_set(*include, exclude=()):
    return {
        "id": "s",
        "url": "https://x.example/ValueSet/s",
        "version": "1",
        "compose": {"include": list(include), "exclude": list(exclude)},
    }


def _members(value_set, name="https://x.example/ValueSet/s"):
    return Published([value_set], [ANIMALS]).members(name)


def _codes(*codes):
    return tuple((SYSTEM, code) for code in codes)


@pytest.mark.parametrize(
    "name", ["https://x.example/ValueSet/s", "https://x.example/ValueSet/s|1", "ValueSet/s"]
)
def test_a_value_set_of_a_system_has_all_its_codes(name):
    assert _codes("mammal", "cat", "lynx", "bird") == _members(_value_set({"system": SYSTEM}), name)


def test_a_value_set_may_list_and_exclude_codes():
    without = {"system": SYSTEM, "concept": [{"code": "cat"}]}

    assert _codes("cat") == _members(_value_set(without))
    assert _codes("mammal", "lynx", "bird") == _members(_value_set({"system": SYSTEM}, exclude=[without]))


@pytest.mark.parametrize(
    "include",
    [{"system": "https://x.example/other"}, {"valueSet": ["https://x.example/v"]},
     {"system": SYSTEM, "filter": [{"property": "a", "op": "=", "value": "b"}]}],
)  # fmt: skip
def test_a_value_set_that_cannot_be_listed_is_not_known(include):
    assert _members(_value_set({"system": SYSTEM}, include)) is None


@pytest.mark.parametrize("name", ["https://x.example/ValueSet/other", "https://x.example/ValueSet/s|2", ""])
def test_another_value_set_or_version_is_not_known(name):
    assert _members(_value_set({"system": SYSTEM}), name) is None


def test_a_code_is_among_what_is_below_and_above_it():
    animals = Published([], [ANIMALS])

    assert _codes("mammal", "cat", "lynx") == animals.descendants((SYSTEM, "mammal"))
    assert _codes("lynx", "cat", "mammal") == animals.ancestors((SYSTEM, "lynx"))
    assert (None, None) == (animals.descendants(("https://o", "a")), animals.ancestors(("https://o", "a")))


@pytest.mark.parametrize("id", list(ALWAYS["ValueSet"]))
def test_every_published_value_set_can_be_listed(id):
    assert TERMINOLOGY.members(f"ValueSet/{id}")

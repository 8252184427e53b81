"""Which version is the newest, and which one is asked."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminology.versions import fits, order

SNOMED = "http://snomed.info/sct"
RISING = [
    ["", "0.9", "1.0-draft", "1.0", "1.0.1", "1.2", "1.10", "2"],
    ["2018-08-12", "2019", "2020-02-01", "2020-12-31"],
    ["4.0.0-ballot", "4.0.0", "4.0.1"],
    ["20240101", "20250315"],
    [f"{SNOMED}/900000000000207008/version/20250101", f"{SNOMED}/11000172109/version/20250315"],
]


@pytest.mark.parametrize("versions", RISING, ids=lambda each: each[-1])
def test_versions_rise_as_people_count(versions: list[str]):
    assert all(order(older) < order(newer) for older, newer in pairwise(versions))


@given(st.lists(st.text("0123456789.-abz", max_size=8)))
def test_any_versions_can_be_put_in_order(versions: list[str]):
    rising = [order(each) for each in sorted(versions, key=order)]
    assert rising == sorted(map(order, reversed(versions)))


def test_a_version_is_meant_when_it_is_asked_or_none_is():
    assert (True, True, False) == (fits("4.0.1", "4.0.1"), fits("4.0.1", ""), fits("4.0.1", "4.0"))


def test_an_edition_of_snomed_ct_means_its_versions():
    version = f"{SNOMED}/11000172109/version/20250315"
    assert (True, False) == (fits(version, f"{SNOMED}/11000172109"), fits(version, f"{SNOMED}/1100017210"))

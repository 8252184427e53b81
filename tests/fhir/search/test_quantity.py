"""Numbers and quantities: how exactly they are meant, and what is kept of them."""

import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dzop.fhir.search.quantity import HIGHEST, LOWEST, Quantity, indexed_quantities, is_met, read_quantity

UCUM = "http://unitsofmeasure.org"


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("5.4", "5.35", "5.45"),
        ("5.40", "5.395", "5.405"),
        ("5", "4.5", "5.5"),
        ("100", "99.5", "100.5"),
        ("-3", "-3.5", "-2.5"),
        ("+3", "2.5", "3.5"),
        ("0", "-0.5", "0.5"),
        ("1e2", "95", "105"),
        ("1.00e2", "99.5", "100.5"),
        ("5.4E-3", "0.00535", "0.00545"),
        ("5.4e 3", "5350", "5450"),
        ("0.0", "-0.05", "0.05"),
        ("ap100", "89.5", "110.5"),
        ("ap-100", "-110.5", "-89.5"),
    ],
)
def test_a_number_is_meant_with_the_precision_in_which_it_is_written(text, low, high):
    quantity = read_quantity((text,))

    assert (Decimal(low), Decimal(high)) == (quantity.low, quantity.high)


@pytest.mark.parametrize(
    ("parts", "system", "code"),
    [
        (("5",), None, None),
        (("5", UCUM, "mg"), UCUM, "mg"),
        (("5", "", "mg"), None, "mg"),
        (("5", "", ""), None, None),
    ],
)
def test_a_quantity_has_a_unit_by_code_or_by_either(parts, system, code):
    assert (system, code) == (read_quantity(parts).system, read_quantity(parts).code)


@pytest.mark.parametrize(
    ("parts", "named"),
    [
        (("five",), "`fi`"),
        (("",), "`` is not a number"),
        (("5,4",), "`5,4`"),
        (("1e999",), "`1e999`"),
        (("NaN",), "`Na`"),
        (("٣",), "`٣`"),
        ((".5",), "`.5`"),
        (("5.",), "`5.`"),
        (("5", "mg"), "`value|system|code`"),
        (("5", UCUM, ""), "code"),
        (("xx5",), "`xx`"),
        (("9" * 500,), "is not a number"),
    ],
)
def test_what_is_no_quantity_is_refused(parts, named):
    with pytest.raises(ValueError, match=re.escape(named)):
        read_quantity(parts)


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        (7, ((7, 7, "", "", ""),)),
        (Decimal("5.40"), ((Decimal("5.4"), Decimal("5.4"), "", "", ""),)),
        (
            {"value": Decimal("5.4"), "unit": "milligram"},
            ((Decimal("5.4"), Decimal("5.4"), "", "", "milligram"),),
        ),
        ({"value": 5, "system": UCUM, "code": "mg"}, ((5, 5, UCUM, "mg", ""),)),
        ({"value": 5, "comparator": "<"}, ((LOWEST, 5, "", "", ""),)),
        ({"value": 5, "comparator": ">="}, ((5, HIGHEST, "", "", ""),)),
        ({"low": {"value": 5, "code": "a"}, "high": {"value": 7, "code": "a"}}, ((5, 7, "", "a", ""),)),
        ({"low": {"value": 5}}, ((5, HIGHEST, "", "", ""),)),
        ({"high": {"value": 5, "unit": "a"}}, ((LOWEST, 5, "", "", "a"),)),
        ({"low": {"value": 7}, "high": {"value": 5}}, ()),
        ({"low": {"unit": "a"}}, ()),
        ({"unit": "mg"}, ()),
        ({"origin": {"value": 1}, "period": 3, "data": "E"}, ()),
        (True, ()),
        ("5", ()),
        (None, ()),
    ],
)
def test_what_is_kept_of_a_number_or_quantity(node, expected):
    assert expected == indexed_quantities(node)


PREFIXES = ["eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap"]


@pytest.mark.parametrize(
    ("value", "met"),
    [
        ("3.9", "ne lt le eb"),
        ("4", "ne lt le eb ap"),
        ("4.49", "ne lt le eb ap"),
        ("4.5", "eq lt le ap"),
        ("5", "eq ge le ap"),
        ("5.4", "eq gt ge ap"),
        ("5.5", "ne gt ge sa ap"),
        ("6", "ne gt ge sa"),
    ],
)
def test_each_prefix_compares_a_value_with_five(value, met):
    number = Decimal(value)

    assert set(met.split()) == {
        prefix for prefix in PREFIXES if is_met(read_quantity((f"{prefix}5",)), number, number, "", "", "")
    }


@pytest.mark.parametrize(
    ("low", "high", "met"),
    [
        ("4.6", "5.4", "eq gt ge lt le ap"),
        ("1", "9", "ne gt ge lt le ap"),
        ("1", "2", "ne lt le eb"),
        ("8", "9", "ne gt ge sa"),
    ],
)
def test_each_prefix_compares_a_range_with_five(low, high, met):
    assert set(met.split()) == {
        prefix
        for prefix in PREFIXES
        if is_met(read_quantity((f"{prefix}5",)), Decimal(low), Decimal(high), "", "", "")
    }


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        (("5", UCUM, "mg"), [True, False, False]),
        (("5", "", "mg"), [True, True, True]),
        (("5", "", "g"), [False, False, False]),
        (("5",), [True, True, True]),
    ],
)
def test_the_unit_is_the_one_asked_for(parts, expected):
    units = [(UCUM, "mg", "milligram"), ("", "mg", ""), ("", "", "mg")]
    asked = read_quantity(parts)

    assert expected == [is_met(asked, Decimal(5), Decimal(5), *unit) for unit in units]


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**9), max_value=10**9, places=3))
def test_a_number_is_equal_to_itself(number):
    assert is_met(read_quantity((str(number),)), number, number, "", "", "")


def test_what_was_asked_is_a_value():
    assert Quantity("gt", Decimal("5.35"), Decimal("5.45"), Decimal("5.4"), UCUM, "mg") == read_quantity(
        ("gt5.4", UCUM, "mg")
    )

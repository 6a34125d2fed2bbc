"""Numbers as people write them."""

from __future__ import annotations

import math

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cellocate.tables import numbers


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False)), st.booleans())
def test_a_decimal_comma_is_a_point(values: list[float], comma: bool) -> None:
    texts = [repr(value).replace(".", ",") if comma else repr(value) for value in values]
    assert numbers(pd.Series(texts, dtype=str)).tolist() == values


@pytest.mark.parametrize("text", ["", "x", "1.000,5", "1,2,3", ",", "0_1", "０.１", "1 000", "nan", "0,5 %"])
def test_what_is_no_number_is_none(text: str) -> None:
    assert math.isnan(numbers(pd.Series([text, "0,5"], dtype=str))[0])

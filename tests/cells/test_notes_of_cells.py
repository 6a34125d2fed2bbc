"""What is told of many fields at once."""

import re

from hypothesis import given
from hypothesis import strategies as st

from cellocate.cells.notes import notes_of_a_kind

figures = st.lists(st.integers(0, 999) | st.decimals(0, 9, places=2), min_size=1, max_size=6)


@given(figures)
def test_figures_of_a_kind_are_told_by_the_smallest_and_largest(values):
    notes = {f"f{i}": [f"{value} µm of 13 µm."] for i, value in enumerate(values)}
    [told] = notes_of_a_kind(notes)
    assert (told["fields"], told["first"]) == (len(values), "f0")
    low, high = min(values), max(values)
    said = re.fullmatch(r"([\d.]+)(?: to ([\d.]+))? µm of 13 µm\.", told["note"])
    assert said is not None
    assert float(said[1]) == float(low)
    assert float(said[2] or said[1]) == float(high)
    assert (said[2] is None) == (low == high)


def test_the_commonest_kind_comes_first():
    notes = {"a": ["rare"], "b": ["often 1"], "c": ["often 2", "rare too"], "d": []}
    assert [told["note"] for told in notes_of_a_kind(notes)] == ["often 1 to 2", "rare", "rare too"]
    assert notes_of_a_kind({}) == []

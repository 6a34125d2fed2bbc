"""Intervals of the share of cells or fields that show a location."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from cellocate.evaluation import share_intervals


@given(st.lists(st.booleans(), min_size=1, max_size=40))
def test_independent_fields_have_wilsons_interval(shown):
    low, high = share_intervals(np.array(shown)[:, None], np.zeros(len(shown), int), np.arange(len(shown)))
    wilson = binomtest(sum(shown), len(shown)).proportion_ci(0.95, "wilson")
    assert (low.item(), high.item()) == pytest.approx((wilson.low, wilson.high), abs=1e-9)


def test_cells_of_one_field_count_as_one_field():
    shown = np.array([True, False, True, True])[:, None]
    low, high = share_intervals(shown, np.zeros(4, int), np.zeros(4, int))
    one = binomtest(1, 1).proportion_ci(0.95, "wilson")
    assert high.item() - low.item() > 0.7
    assert share_intervals(np.ones((50, 1), bool), np.zeros(50, int), np.zeros(50, int))[0].item() == pytest.approx(
        one.low
    )


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 3), st.booleans()), min_size=1, max_size=40), st.randoms())
def test_order_is_nothing_and_the_share_lies_within(cells, random):
    _, groups = np.unique([group for group, _, _ in cells], return_inverse=True)
    fields = np.array([4 * group + field for group, field, _ in cells])
    shown = np.array([[shows, not shows] for _, _, shows in cells])
    order = np.array(random.sample(range(len(cells)), len(cells)))
    low, high = share_intervals(shown, groups, fields)
    again = share_intervals(shown[order], groups[order], fields[order])
    assert np.allclose((low, high), again)
    share = np.stack([shown[groups == g].mean(axis=0) for g in range(groups.max() + 1)])
    assert ((low >= 0) & (low <= share) & (share <= high) & (high <= 1)).all()


@pytest.mark.parametrize(("count", "share"), [(3, 0.8), (4, 0.5), (8, 0.9)])
@pytest.mark.parametrize("likeness", [0.02, 0.3, 0.9])
def test_intervals_cover_where_fields_differ(count, share, likeness):
    """Beta-binomial cells, `likeness` being the correlation of two cells of one field."""
    rng = np.random.default_rng(0)
    groups, cells = 600, 20
    strength = 1 / likeness - 1
    of_field = rng.beta(share * strength, (1 - share) * strength, groups * count)
    shown = rng.random((groups * count, cells)) < of_field[:, None]
    fields = np.repeat(np.arange(groups * count), cells)
    low, high = share_intervals(shown.reshape(-1, 1), fields // count, fields)
    assert ((low <= share) & (share <= high)).mean() > 0.88
    independent = 2 * 1.96 * np.sqrt(share * (1 - share) / (count * cells))
    assert np.median(high - low) > independent

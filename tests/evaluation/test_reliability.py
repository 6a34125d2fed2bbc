"""The reliability diagram as a table."""

import numpy as np
import pytest
from hypothesis import given, settings
from random_tables import tables

from cellocate.evaluation import expected_calibration_error, reliability
from cellocate.evaluation.frequency import rank_correlation


@given(tables())
@settings(max_examples=60)
def test_bins_hold_every_pair_once_and_give_the_calibration_error(drawn):
    truth, _, p = drawn
    table = reliability(truth, p)
    assert table["n"].sum() == truth.size
    full = table[table["n"] > 0]
    assert full["probability"].between(full["low"] - 1e-9, full["high"] + 1e-9).all()
    assert (full["frequency"] * full["n"]).sum() == pytest.approx(truth.sum())
    gap = ((full["probability"] - full["frequency"]).abs() * full["n"]).sum() / truth.size
    assert expected_calibration_error(truth, p) == pytest.approx(gap)
    assert table[table["n"] == 0][["probability", "frequency"]].isna().all(axis=None)


@pytest.mark.parametrize(
    ("counts", "f1", "expected"),
    [
        ([1, 2, 3], [0.1, 0.2, 0.9], 1),
        ([9, 2, 1], [0.1, 0.2, 0.9], -1),
        ([1, 2, 3, 4], [0.1, 0.4, 0.2, 0.3], 0.4),
        ([5, 5, 5], [0.1, 0.4, 0.2], None),
        ([1, 2, 3], [0, 0, 0], None),
        ([1, 2], [0, 1], None),
    ],
)
def test_the_rank_correlation_of_f1_and_frequency(counts, f1, expected):
    assert rank_correlation(counts, f1) == (None if expected is None else pytest.approx(expected))


def test_locations_that_do_not_occur_are_left_out_of_the_correlation():
    occurs = np.array([True, True, True, False])
    assert rank_correlation([1, 2, 3, 0], [0.1, 0.2, 0.9, 1], occurs) == pytest.approx(1)

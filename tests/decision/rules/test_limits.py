"""At least one location and at most some: what is added is the nearest, what is kept the furthest above."""

from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from cellocate.choices import Fallback
from cellocate.decision import fit
from cellocate.decision.rules import KINDS

TABLE = arrays(np.float64, (8, 4), elements=st.integers(0, 20).map(lambda i: i / 20))
TRUTH = arrays(bool, (8, 4))
MANY = settings(max_examples=50)


@given(TABLE, TRUTH, st.sampled_from(KINDS), st.sampled_from(["nearest", "likeliest"]), st.integers(1, 4))
@MANY
def test_fields_show_at_least_one_location_and_at_most_some(probabilities, truth, kind, fallback, at_most):
    plain = fit(kind, probabilities, truth, fallback="none").apply(probabilities)
    rule = fit(kind, probabilities, truth, fallback=fallback, at_most=at_most)
    limited, count = rule.apply(probabilities), plain.sum(axis=1)
    assert limited.sum(axis=1).tolist() == np.clip(count, 1, at_most).tolist()
    some = count > 0
    assert not (limited & ~plain)[some].any()


@given(TABLE, TRUTH)
@MANY
def test_those_furthest_above_their_thresholds_are_kept(probabilities, truth):
    rule = fit("per_class", probabilities, truth, at_most=2)
    above = probabilities - np.array(rule.thresholds)
    kept, plain = rule.apply(probabilities), above >= 0
    for row in range(len(kept)):
        left_out = plain[row] & ~kept[row]
        if left_out.any():
            assert above[row][kept[row]].min() >= above[row][left_out].max()


def test_the_nearest_is_not_always_the_likeliest():
    probabilities, truth = np.array([[0.8, 0.3], [0.9, 0.1], [0.1, 0.4]]), np.array([[0, 0], [1, 0], [0, 1]], bool)
    decided = {
        f: fit("per_class", probabilities, truth, fallback=f).apply(probabilities)[0] for f in get_args(Fallback)
    }
    # thresholds are .85 and .35: both lack .05, and the first of equals is taken
    assert decided["none"].tolist() == [False, False]
    assert decided["likeliest"].tolist() == [True, False]
    nearer = np.array([[0.7, 0.3]])
    rule = fit("per_class", probabilities, truth, fallback="nearest")
    assert rule.apply(nearer).tolist() == [[False, True]]


def test_the_scaled_rule_alone_falls_back_by_itself():
    probabilities, truth = np.random.default_rng(0).random((30, 3)), np.eye(30, 3, dtype=bool)
    assert {kind for kind in KINDS if fit(kind, probabilities, truth).fallback != "none"} == {"scaled"}
    assert fit("scaled", probabilities, truth, fallback="none").fallback == "none"


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_table_without_fields_is_decided(dtype):
    for kind in KINDS:
        rule = fit(kind, np.eye(3), np.eye(3, dtype=bool), fallback="nearest", at_most=1)
        assert rule.apply(np.zeros((0, 3), dtype)).shape == (0, 3)

"""Scores of coarse groups: a near miss is none there, a far one is."""

import numpy as np
import pytest
from hypothesis import given, settings
from random_tables import tables, vocabulary
from sklearn import metrics as sk

from cellocate.evaluation import evaluate
from cellocate.evaluation.group_level import GroupLevel
from cellocate.vocabulary import BUILT_IN, get_vocabulary


@given(tables(classes=5))
@settings(max_examples=60)
def test_the_figures_are_those_of_the_mapped_tables(drawn):
    ours = vocabulary(5, ["x", "y", "x", "", "y"])
    columns = ([0, 2], [1, 4], [3])
    truth, decided, p = (np.stack([t[:, c].max(axis=1) for c in columns], axis=1) for t in drawn)
    found = evaluate(*drawn[:2], ours, probabilities=drawn[2], interval=False)["group_level"]
    assert [row["name"] for row in found["per_group"]] == ["x", "y", "L3"]
    assert found["macro_f1"] == pytest.approx(sk.f1_score(truth, decided, average="macro", zero_division=0), abs=1e-9)
    assert found["micro_f1"] == pytest.approx(sk.f1_score(truth, decided, average="micro", zero_division=0), abs=1e-9)
    assert found["exact_match"] == pytest.approx(sk.accuracy_score(truth, decided), abs=1e-9)
    for k, row in enumerate(found["per_group"]):
        if truth[:, k].any():
            expected = sk.average_precision_score(truth[:, k], p[:, k])
            assert row["average_precision"] == pytest.approx(expected, abs=1e-9)


def test_a_near_miss_counts_as_right_and_a_far_one_does_not():
    hpa28 = get_vocabulary("hpa28")
    truth = hpa28.encode([(4,)] * 6)  # nuclear speckles
    near, far = hpa28.encode([(5,)] * 6), hpa28.encode([(23,)] * 6)  # nuclear bodies; mitochondria
    scores = [evaluate(truth, decided, hpa28, interval=False) for decided in (near, far)]
    assert [s["micro_f1"] for s in scores] == [0, 0]
    assert [s["group_level"]["micro_f1"] for s in scores] == [1, 0]
    assert scores[0]["group_level"]["absent"] == list(GroupLevel(hpa28).vocabulary.names[1:])


@pytest.mark.parametrize("name", BUILT_IN)
def test_every_location_has_a_group(name):
    assert set(GroupLevel(get_vocabulary(name)).vocabulary.names) == set(get_vocabulary(name).groups)


def test_the_interval_contains_the_point():
    rng = np.random.default_rng(0)
    truth = rng.random((200, 28)) < 0.1
    decided = truth ^ (rng.random((200, 28)) < 0.05)
    coarse = evaluate(truth, decided, get_vocabulary("hpa28"))["group_level"]
    assert coarse["macro_f1_interval"][0] < coarse["macro_f1"] < coarse["macro_f1_interval"][1]

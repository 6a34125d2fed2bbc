"""Two models on the same fields."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from random_tables import vocabulary
from sklearn import metrics as sk

from cellocate.errors import CellocateError
from cellocate.evaluation import compare, evaluate
from cellocate.evaluation.paired_comparison import holm
from cellocate.vocabulary import get_vocabulary


def pair(seed, fields=120, classes=5, worse=0.15):
    """Truth, and two models' decisions: each errs at 10% of all places, the second at further ones."""
    rng = np.random.default_rng(seed)
    truth = rng.random((fields, classes)) < 0.3
    a, b = (truth ^ (rng.random(truth.shape) < 0.1) for _ in range(2))
    return truth, a, b ^ (rng.random(truth.shape) < worse)


def by_name(found):
    return {row["name"]: row for row in found["measures"]}


def test_values_are_those_of_each_model_measured_alone():
    truth, a, b = pair(0)
    p, q = a * 0.5 + 0.2, b * 0.3 + 0.1
    measures = by_name(compare(truth, a, b, vocabulary(5), probabilities=(p, q)))
    for key, decided, values in (("a", a, p), ("b", b, q)):
        alone = evaluate(truth, decided, vocabulary(5), probabilities=values, interval=False)
        for name in ("macro_f1", "micro_f1", "exact_match", "macro_average_precision"):
            assert measures[name][key] == pytest.approx(alone[name], abs=1e-9)
        assert measures["group_macro_f1"][key] == pytest.approx(alone["group_level"]["macro_f1"], abs=1e-9)
    for row in measures.values():
        assert row["difference"] == pytest.approx(row["a"] - row["b"])
        assert row["interval"][0] < row["difference"] < row["interval"][1]
    assert measures["macro_average_precision"]["p"] is None


def test_a_better_model_is_found_and_equal_ones_are_not():
    truth, a, b = pair(0)
    assert by_name(compare(truth, a, b, vocabulary(5)))["macro_f1"]["p"] < 0.01
    same = compare(truth, a, a, vocabulary(5))
    for row in (*same["measures"], *same["per_class"]):
        assert (row["difference"], row["p"], row["interval"]) == (0, 1, [0, 0])


def test_among_equally_good_models_p_is_small_as_often_as_it_says():
    found = [by_name(compare(*pair(seed, fields=40, worse=0), vocabulary(5)))["macro_f1"]["p"] for seed in range(60)]
    assert np.mean(np.array(found) < 0.2) == pytest.approx(0.2, abs=0.15)
    assert min(found) >= 1e-4


def test_p_is_that_of_every_way_to_swap():
    truth, a, b = pair(3, fields=8, worse=0.3)
    observed = sk.f1_score(truth, a, average="macro", zero_division=0)
    observed -= sk.f1_score(truth, b, average="macro", zero_division=0)
    beyond = 0
    for bits in range(256):
        swap = ((bits >> np.arange(8)) & 1).astype(bool)[:, None]
        first, second = np.where(swap, b, a), np.where(swap, a, b)
        f1 = [sk.f1_score(truth, d, average="macro", zero_division=0) for d in (first, second)]
        beyond += abs(f1[0] - f1[1]) >= abs(observed) - 1e-12
    assert by_name(compare(truth, a, b, vocabulary(5)))["macro_f1"]["p"] == pytest.approx(beyond / 256, abs=0.02)


def test_fields_of_a_group_are_one_piece_of_evidence():
    truth, a, b = pair(1, fields=30)
    alone = by_name(compare(truth, a, b, vocabulary(5)))["macro_f1"]
    copies = [np.tile(table, (4, 1)) for table in (truth, a, b)]
    groups = [f"antibody {i:02}" for i in range(30)] * 4
    together = compare(*copies, vocabulary(5), groups=groups)
    assert together["groups"] == 30
    once = by_name(together)["macro_f1"]
    assert once["interval"] == pytest.approx(alone["interval"])
    assert [once[key] for key in ("a", "b", "p")] == pytest.approx([alone[key] for key in ("a", "b", "p")])
    assert by_name(compare(*copies, vocabulary(5)))["macro_f1"]["p"] < alone["p"]


def test_a_location_that_nothing_has_is_not_compared_and_does_not_count_in_the_correction():
    truth, a, b = pair(2)
    for table in (truth, a, b):
        table[:, 4] = False
    rows = compare(truth, a, b, vocabulary(5))["per_class"]
    assert (rows[4]["p"], rows[4]["p_holm"], rows[4]["interval"], rows[4]["support"]) == (None, None, None, 0)
    assert [row["p_holm"] for row in rows[:4]] == holm([row["p"] for row in rows[:4]])


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_holm_is_that_of_its_definition(p):
    m, order = len(p), np.argsort(p, kind="stable")
    expected = np.empty(m)
    for i, place in enumerate(order):
        expected[place] = max(min(1, (m - j) * p[order[j]]) for j in range(i + 1))
    assert holm(p) == pytest.approx(expected.tolist())


def test_tables_of_other_fields_and_none_at_all_are_refused():
    truth, a, b = pair(0)
    with pytest.raises(CellocateError, match="tables of shapes"):
        compare(truth, a, b[:-1], vocabulary(5))
    with pytest.raises(CellocateError, match="no labelled field"):
        compare(truth[:0], a[:0], b[:0], vocabulary(5))


def test_the_comparison_is_json():
    truth, a, b = pair(0, classes=28)
    found = compare(truth, a, b, get_vocabulary("hpa28"), probabilities=(a / 2, b / 2))
    assert json.loads(json.dumps(found, allow_nan=False)) == found

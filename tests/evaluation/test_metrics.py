"""Every figure of `metrics.json`, beside scikit-learn, slow code of our own, and numbers worked out by hand."""

import itertools
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn import metrics as sk

from cellocate.decision import fit
from cellocate.errors import CellocateError
from cellocate.evaluation import evaluate, expected_calibration_error
from cellocate.evaluation.metrics import chance_average_precision
from cellocate.vocabulary import Location, Vocabulary, get_vocabulary

COUNTS_2018 = [12885, 1254, 3621, 1561, 1858, 2513, 1008, 2822, 53, 45, 28, 1093, 688, 537]
COUNTS_2018 += [1066, 21, 530, 210, 902, 1482, 172, 3777, 802, 2965, 322, 8228, 328, 11]


def vocabulary(size):
    return Vocabulary("ours", tuple(Location(f"L{k}", None, "") for k in range(size)))


def random_table(seed, fields=60, classes=7):
    """Truth, decisions and probabilities; the last two locations never occur, the last is never decided either."""
    rng = np.random.default_rng(seed)
    truth = rng.random((fields, classes)) < 0.3
    probabilities = np.round(np.clip(0.3 * truth + rng.random((fields, classes)) * 0.7, 0, 1), 2)
    truth[:, -2:] = False
    probabilities[:, -1] /= 3
    return truth, probabilities >= 0.5, probabilities


SEEDS = pytest.mark.parametrize("seed", range(4))


@SEEDS
def test_averages_are_those_of_scikit_learn(seed):
    truth, decided, probabilities = random_table(seed)
    found = evaluate(truth, decided, vocabulary(7), probabilities=probabilities)
    for name, score in (("f1", sk.f1_score), ("precision", sk.precision_score), ("recall", sk.recall_score)):
        assert found[f"macro_{name}"] == pytest.approx(score(truth, decided, average="macro", zero_division=0))
    assert found["micro_f1"] == pytest.approx(sk.f1_score(truth, decided, average="micro", zero_division=0))
    assert found["exact_match"] == pytest.approx(sk.accuracy_score(truth, decided))
    assert found["binary_accuracy"] == pytest.approx(1 - sk.hamming_loss(truth, decided))
    nothing = np.zeros_like(truth)
    assert found["binary_accuracy_of_predicting_nothing"] == pytest.approx(1 - sk.hamming_loss(truth, nothing))


@SEEDS
def test_averages_over_what_occurs_are_those_of_scikit_learn(seed):
    truth, decided, probabilities = random_table(seed)
    found = evaluate(truth, decided, vocabulary(7), probabilities=probabilities)
    some = truth.any(axis=0)
    assert some.tolist() == [True] * 5 + [False] * 2
    assert found["macro_f1_present"] == pytest.approx(sk.f1_score(truth[:, some], decided[:, some], average="macro"))
    assert found["macro_average_precision"] == pytest.approx(
        sk.average_precision_score(truth[:, some], probabilities[:, some], average="macro")
    )


def chance_of_slow_code(positives, n):
    """The mean average precision over every way to rank n fields of which some are positive."""
    rankings = [np.isin(np.arange(n), places) for places in itertools.combinations(range(n), positives)]
    return np.mean([sk.average_precision_score(ranking, -np.arange(n)) for ranking in rankings])


@pytest.mark.parametrize(("positives", "n"), [(1, 1), (1, 2), (2, 2), (1, 7), (3, 7), (6, 7), (7, 7), (2, 12)])
def test_the_average_precision_of_chance_is_the_mean_over_all_rankings(positives, n):
    expected = chance_of_slow_code(positives, n)
    assert chance_average_precision(positives, n) == pytest.approx(expected)
    truth = np.zeros((n, 3), bool)
    truth[:positives, :2] = True  # the third location never occurs
    found = evaluate(truth, truth, vocabulary(3), probabilities=truth / 2)
    assert found["macro_average_precision_of_chance"] == pytest.approx(expected)


@SEEDS
def test_what_predicting_everything_would_score_is_told(seed):
    truth, decided, _ = random_table(seed)
    everything = sk.f1_score(truth, np.ones_like(truth), average="macro", zero_division=0)
    assert evaluate(truth, decided, vocabulary(7))["macro_f1_of_predicting_everything"] == pytest.approx(everything)


@SEEDS
def test_the_table_per_class_is_that_of_scikit_learn(seed):
    truth, decided, probabilities = random_table(seed)
    thresholds = np.linspace(0.1, 0.7, 7)
    rows = evaluate(truth, decided, vocabulary(7), probabilities=probabilities, thresholds=thresholds)["per_class"]
    assert [row["name"] for row in rows] == [f"L{k}" for k in range(7)]
    for k, row in enumerate(rows):
        ours = (row["precision"], row["recall"], row["f1"])
        theirs = sk.precision_recall_fscore_support(truth[:, k], decided[:, k], average="binary", zero_division=0)
        assert ours == pytest.approx(theirs[:3])
        assert (row["support"], row["predicted"]) == (truth[:, k].sum(), decided[:, k].sum())
        assert row["threshold"] == pytest.approx(thresholds[k])


@SEEDS
def test_average_precision_per_class_is_that_of_scikit_learn_where_there_is_truth(seed):
    truth, decided, probabilities = random_table(seed)
    rows = evaluate(truth, decided, vocabulary(7), probabilities=probabilities)["per_class"]
    for k, row in enumerate(rows):
        if truth[:, k].any():
            assert row["average_precision"] == pytest.approx(
                sk.average_precision_score(truth[:, k], probabilities[:, k])
            )
        else:
            assert row["average_precision"] is None


def test_an_example_worked_out_by_hand():
    truth = np.array([[1, 1, 0, 0], [1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 0]], bool)
    decided = np.array([[1, 0, 0, 0], [1, 0, 1, 0], [1, 1, 0, 0], [0, 0, 0, 0]], bool)
    probabilities = np.array([[0.9, 0.4, 0.1, 0], [0.8, 0.3, 0.6, 0], [0.7, 0.8, 0.1, 0], [0.1, 0.5, 0.1, 0]])
    found = evaluate(truth, decided, vocabulary(4), probabilities=probabilities)
    assert found["n"] == 4
    assert [row["precision"] for row in found["per_class"]] == pytest.approx([2 / 3, 1, 0, 0])
    assert [row["recall"] for row in found["per_class"]] == pytest.approx([1, 1 / 2, 0, 0])
    assert [row["f1"] for row in found["per_class"]] == pytest.approx([4 / 5, 2 / 3, 0, 0])
    assert found["macro_f1"] == pytest.approx((4 / 5 + 2 / 3) / 4)
    assert found["macro_f1_present"] == pytest.approx((4 / 5 + 2 / 3) / 2)
    assert found["micro_f1"] == pytest.approx(2 * 3 / (4 + 5))
    assert found["exact_match"] == 1 / 4
    assert found["binary_accuracy"] == pytest.approx(13 / 16)
    assert found["binary_accuracy_of_predicting_nothing"] == pytest.approx(12 / 16)
    # the two of L1 are ranked first and third
    assert found["macro_average_precision"] == pytest.approx((1 + (1 + 2 / 3) / 2) / 2)
    # two of four fields: ranked 12, 13, 14, 23, 24 or 34
    chances = (1 + 5 / 6 + 3 / 4 + 7 / 12 + 1 / 2 + 5 / 12) / 6
    assert found["macro_average_precision_of_chance"] == pytest.approx(chances)
    assert found["absent"] == ["L2", "L3"]


def test_only_the_first_class_for_everything_scores_as_the_leaderboard_had_it():
    truth = np.arange(31_072)[:, None] < np.array(COUNTS_2018)
    decided = np.zeros_like(truth)
    decided[:, 0] = True
    found = evaluate(truth, decided, get_vocabulary("hpa28"))
    f1_of_nucleoplasm = 2 * 12_885 / (31_072 + 12_885)
    assert found["macro_f1"] == pytest.approx(f1_of_nucleoplasm / 28)
    assert found["macro_f1"] == pytest.approx(0.0209, abs=5e-5)
    assert found["absent"] == []
    low, high = found["macro_f1_interval"]
    assert low < found["macro_f1"] < high


def test_a_location_without_truth_counts_zero_and_still_divides():
    truth = np.array([[1, 0, 0]] * 5, bool)
    found = evaluate(truth, truth, vocabulary(3))
    assert (found["macro_f1"], found["macro_f1_present"]) == (pytest.approx(1 / 3), 1)
    assert found["absent"] == ["L1", "L2"]


@pytest.mark.parametrize("probabilities", [None, np.full((3, 4), 0.2)])
def test_fields_without_any_location_have_figures_too(probabilities):
    nothing = np.zeros((3, 4), bool)
    found = evaluate(nothing, nothing, vocabulary(4), probabilities=probabilities)
    assert (found["macro_f1"], found["micro_f1"], found["exact_match"]) == (0, 0, 1)
    undefined = ("macro_f1_present", "macro_average_precision", "macro_average_precision_of_chance")
    assert [found[name] for name in undefined] == [None] * 3
    assert found["absent"] == ["L0", "L1", "L2", "L3"]


def test_without_probabilities_what_needs_them_is_none():
    truth, decided, _ = random_table(0)
    found = evaluate(truth, decided, vocabulary(7))
    assert (found["macro_average_precision"], found["ece"]) == (None, None)
    assert {(row["average_precision"], row["threshold"]) for row in found["per_class"]} == {(None, None)}


@pytest.mark.parametrize("with_probabilities", [False, True])
def test_the_figures_are_json_without_nan_and_say_what_they_are_of(with_probabilities):
    truth, decided, probabilities = random_table(0)
    found = evaluate(truth, decided, vocabulary(7), probabilities=probabilities if with_probabilities else None)
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert (found["n"], found["vocabulary"]) == (60, "ours")
    asked = "n vocabulary macro_f1 micro_f1 macro_precision macro_recall exact_match binary_accuracy"
    assert set(asked.split()) | {"macro_average_precision", "ece", "per_class"} <= set(found)


def test_without_a_field_there_is_nothing_to_measure():
    nothing = np.zeros((0, 4), bool)
    with pytest.raises(CellocateError, match="no labelled field"):
        evaluate(nothing, nothing, vocabulary(4))


@pytest.mark.parametrize("truth", [[0, 0, 1, 1], [0, 0, 0, 0], [1, 1, 1, 1]])
def test_a_vocabulary_of_one_location_is_measured(truth):
    truth = np.array(truth, bool)[:, None]
    decided = np.array([0, 1, 1, 1], bool)[:, None]
    found = evaluate(truth, decided, vocabulary(1))
    assert found["macro_f1"] == pytest.approx(sk.f1_score(truth[:, 0], decided[:, 0], zero_division=0))
    assert found["micro_f1"] == pytest.approx(found["macro_f1"])
    assert [row["support"] for row in found["per_class"]] == [truth.sum()]


def ordinary(seed, fields=150):
    truth, _, probabilities = random_table(seed, fields)
    return truth, fit("per_class", probabilities, truth).apply(probabilities)


@SEEDS
def test_the_interval_contains_the_point_and_is_no_wider_than_it_need_be(seed):
    truth, decided = ordinary(seed)
    found = evaluate(truth, decided, vocabulary(7))
    low, high = found["macro_f1_interval"]
    assert low < found["macro_f1"] < high
    assert high - low < 0.15


def test_the_interval_is_that_of_a_slow_bootstrap():
    truth, decided = ordinary(0)
    rng = np.random.default_rng(5)
    draws = rng.integers(0, len(truth), (400, len(truth)))
    scores = [sk.f1_score(truth[rows], decided[rows], average="macro", zero_division=0) for rows in draws]
    expected = np.percentile(scores, [2.5, 97.5])
    np.testing.assert_allclose(evaluate(truth, decided, vocabulary(7))["macro_f1_interval"], expected, atol=0.01)


def test_the_interval_is_the_same_each_time():
    truth, decided = ordinary(1)
    first, again = (evaluate(truth, decided, vocabulary(7))["macro_f1_interval"] for _ in range(2))
    assert first == again


def test_fields_of_a_group_are_drawn_together():
    truth, decided = ordinary(0)
    alone = evaluate(truth, decided, vocabulary(7))["macro_f1_interval"]
    # the same fields four times over tell nothing new
    copies = np.tile(truth, (4, 1)), np.tile(decided, (4, 1))
    groups = [f"antibody {i:03}" for i in range(150)] * 4
    assert evaluate(*copies, vocabulary(7), groups=groups)["macro_f1_interval"] == pytest.approx(alone)
    low, high = evaluate(*copies, vocabulary(7))["macro_f1_interval"]
    assert high - low < 0.7 * (alone[1] - alone[0])


def test_groups_of_one_field_change_nothing_and_one_group_leaves_no_interval():
    truth, decided = ordinary(2)
    found = evaluate(truth, decided, vocabulary(7))
    own = evaluate(truth, decided, vocabulary(7), groups=[f"{i:03}" for i in range(150)])
    assert own == found
    one = evaluate(truth, decided, vocabulary(7), groups=["X"] * 150)
    assert one["macro_f1_interval"] == pytest.approx([found["macro_f1"]] * 2)


def test_more_fields_make_a_narrower_interval():
    widths = [np.diff(evaluate(*ordinary(0, n), vocabulary(7))["macro_f1_interval"])[0] for n in (50, 200, 800)]
    assert widths == sorted(widths, reverse=True)


def test_a_rare_location_does_not_pull_the_interval_below_the_point():
    truth = np.zeros((60, 5), bool)
    truth[np.arange(60), np.arange(60) % 3] = True
    truth[0, 3] = truth[1, 4] = True  # two locations of one field each, which many resamples miss
    decided = truth.copy()
    decided[::9, 0] ^= True
    found = evaluate(truth, decided, vocabulary(5))
    assert found["macro_f1_interval"][0] < found["macro_f1"] < found["macro_f1_interval"][1]


@pytest.mark.parametrize("right", [False, True])
def test_the_interval_of_one_field_is_finite(right):
    truth = np.array([[True, False, False]])
    found = evaluate(truth, truth if right else ~truth, vocabulary(3))
    assert np.isfinite(found["macro_f1_interval"]).all()
    assert found["macro_f1_interval"] == pytest.approx([found["macro_f1"]] * 2)


def slow_calibration_error(truth, probabilities):
    pairs = list(zip(probabilities.ravel().tolist(), truth.ravel().tolist(), strict=True))
    error = 0.0
    for b in range(15):
        inside = [(p, t) for p, t in pairs if b / 15 <= p < (b + 1) / 15 or (b == 14 and p == 1)]
        if inside:
            confidence = sum(p for p, _ in inside) / len(inside)
            share = sum(t for _, t in inside) / len(inside)
            error += len(inside) / len(pairs) * abs(confidence - share)
    return error


@given(st.data(), st.integers(1, 20), st.integers(1, 4))
@settings(max_examples=100)
def test_the_calibration_error_is_that_of_slow_code(data, fields, classes):
    # 64ths never fall on the edge between two bins, which are 15ths
    probabilities = data.draw(arrays(np.int64, (fields, classes), elements=st.integers(0, 64))) / 64
    truth = data.draw(arrays(bool, (fields, classes)))
    expected = slow_calibration_error(truth, probabilities)
    assert expected_calibration_error(truth, probabilities) == pytest.approx(expected, abs=1e-9)
    assert expected_calibration_error(truth, probabilities.astype(np.float32)) == pytest.approx(expected, abs=1e-6)
    assert 0 <= expected <= 1


@pytest.mark.parametrize(
    ("truth", "probabilities", "error"),
    [
        ([[True, False]], [[1.0, 0.0]], 0),
        ([[True, False]], [[0.0, 1.0]], 1),
        ([[True, False]], [[0.5, 0.5]], 0),
        ([[True, True]], [[0.5, 0.5]], 0.5),
        ([[True], [False], [False], [False]], [[0.25]] * 4, 0),
        ([[True, False]], [[0.75, 0.25]], 0.25),
        ([[False, True]], [[1.0, 0.95]], 0.475),  # certainty falls into the last bin
    ],
)
def test_calibration_errors_worked_out_by_hand(truth, probabilities, error):
    assert expected_calibration_error(np.array(truth), np.array(probabilities)) == pytest.approx(error)


def test_calibrated_probabilities_have_a_small_error_and_overconfident_ones_a_large_one():
    rng = np.random.default_rng(0)
    probabilities = rng.random((2000, 5))
    truth = rng.random((2000, 5)) < probabilities
    assert expected_calibration_error(truth, probabilities) < 0.02
    overconfident = np.clip(probabilities * 3 - 1, 0, 1)
    assert expected_calibration_error(truth, overconfident) > 0.1

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cellocate.collection import read_labels
from cellocate.decision import fit_guaranteed
from cellocate.decision.logistic import sigmoid
from cellocate.errors import CellocateError


def missed(rule, p, truth):
    """The share of each field's locations that its set leaves out; fields without any are left out."""
    some = truth.any(axis=1)
    left = (truth & ~rule.apply(p))[some].sum(axis=1)
    return left / truth[some].sum(axis=1)


def draw(rng, n, spread=1.0):
    score = rng.normal(size=(n, 5)) * 2 - 1
    return sigmoid(score + spread * rng.normal(size=(n, 5))), rng.random((n, 5)) < sigmoid(score)


@given(st.integers(0, 10_000), st.sampled_from([0.05, 0.1, 0.3]))
@settings(max_examples=60)
def test_the_threshold_is_the_highest_that_keeps_the_bound(seed, share):
    rng = np.random.default_rng(seed)
    p, truth = rng.integers(0, 30, (40, 3)) / 30, rng.random((40, 3)) < 0.4
    rule = fit_guaranteed(p, truth, share).rule
    n = int(truth.any(axis=1).sum())

    def bound(threshold):  # as the paper has it
        return (sum(np.mean(row[t] < threshold) for row, t in zip(p, truth, strict=True) if t.any()) + 1) / (n + 1)

    assert bound(rule.thresholds[0]) <= share + 1e-9
    higher = [q for q in np.unique(p[truth]) if q > rule.thresholds[0]]
    assert all(bound(q) > share - 1e-9 for q in higher)


@pytest.mark.parametrize("share", [0.05, 0.2])
@pytest.mark.parametrize("spread", [0.5, 5.0])
def test_new_fields_miss_no_more_than_promised_however_bad_the_network(share, spread):
    rng = np.random.default_rng(0)
    losses = []
    for _ in range(300):
        p, truth = draw(rng, 60, spread)
        rule = fit_guaranteed(p, truth, share).rule
        losses.append(missed(rule, *draw(rng, 200, spread)).mean())
    error = np.std(losses) / np.sqrt(len(losses))
    assert np.mean(losses) < share + 3 * error
    assert np.mean(losses) > share - 0.04  # and it is not had by promising everything


def test_fields_of_an_antibody_count_as_one():
    rng = np.random.default_rng(1)

    def draw_groups(count):
        """Groups of 1 to 20 fields alike, the large ones easy: fields drawn alone would promise too much."""
        sizes = rng.choice([1, 20], count)
        names = np.repeat(np.arange(count), sizes)
        p = np.clip(rng.random(count) * np.where(sizes == 1, 0.5, 1), 0, 1)[names, None]
        return p, np.ones((len(names), 1), bool), names

    together, apart = [], []
    for _ in range(300):
        p, truth, names = draw_groups(30)
        q, new, others = draw_groups(60)
        for losses, groups in ((together, names), (apart, None)):
            rule = fit_guaranteed(p, truth, 0.2, groups).rule
            left = (~rule.apply(q) & new)[:, 0]
            losses.append(np.mean([left[others == g].mean() for g in np.unique(others)]))
    assert np.mean(together) < 0.21
    assert np.mean(apart) > 0.25


def test_the_promise_is_told_with_what_it_rests_on():
    p, truth = draw(np.random.default_rng(0), 100)
    guarantee = fit_guaranteed(p, truth, 0.1).guarantee
    assert guarantee.units == int(truth.any(axis=1).sum())
    assert "at least 90%" in str(guarantee)


@pytest.mark.parametrize("share", [0.0, 1.0, -0.1, float("nan")])
def test_no_share_is_refused(share):
    with pytest.raises(CellocateError, match="a share of missed"):
        fit_guaranteed(np.ones((3, 1)), np.ones((3, 1), bool), share)


def test_too_few_fields_promise_nothing():
    p, truth = np.linspace(0.1, 0.9, 9)[:, None], np.ones((9, 1), bool)
    assert fit_guaranteed(p, truth, 0.1).rule.thresholds == (0.1,)  # none may be missed
    with pytest.raises(CellocateError, match=r"8 groups .* at most 0\.1\. Give at least 9"):
        fit_guaranteed(p[:8], truth[:8], 0.1)
    with pytest.raises(CellocateError, match="0 groups"):
        fit_guaranteed(p, ~truth, 0.1)


def test_a_network_that_is_always_right_may_take_the_highest_threshold():
    truth = np.eye(20, 4, dtype=bool)
    rule = fit_guaranteed(truth * 0.8 + 0.1, truth, 0.5).rule
    assert rule.thresholds[0] == pytest.approx(0.9)


def test_mapie_finds_the_same_on_its_grid():
    risk_control = pytest.importorskip("mapie.risk_control")
    p, truth = draw(np.random.default_rng(5), 200)
    p, truth = p[truth.any(axis=1)], truth[truth.any(axis=1)]
    controller = risk_control.MultiLabelClassificationController(
        lambda table: table, risk="recall", method="crc", target_level=0.9, predict_params=np.arange(0, 1, 0.002)
    )
    reference = float(controller.calibrate(p, truth.astype(int)).best_predict_param[0])
    assert fit_guaranteed(p, truth, 0.1).rule.thresholds[0] == pytest.approx(reference, abs=0.003)


def test_real_probabilities_keep_the_promise(real_data):
    saved = np.load(real_data / "decision" / "test_probabilities.npz")
    labels = read_labels(real_data / "decision" / "matched_labels.csv")
    ids = list(labels.table.index)
    rows = {field: row for row, field in enumerate(saved["ids"])}
    p, truth = saved["summary_final"][[rows[i] for i in ids]].astype(np.float64), labels.truth(ids)
    rng = np.random.default_rng(0)
    losses = []
    for _ in range(200):
        half = rng.permutation(len(ids)) < len(ids) // 2
        losses.append(missed(fit_guaranteed(p[half], truth[half], 0.1).rule, p[~half], truth[~half]).mean())
    assert 0.07 < np.mean(losses) < 0.105

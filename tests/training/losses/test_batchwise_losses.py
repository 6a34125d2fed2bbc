"""Losses of a whole batch against slow implementations of their definitions."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from sklearn.metrics import f1_score
from small_batches import batches, drawn

from cellocate.training.losses.batchwise import hard_log, lovasz, soft_f1
from cellocate.training.losses.fieldwise import bce

MANY = settings(max_examples=100)


def jaccard_loss(shown, wrong):
    """One minus |intersection|/|union| of what is shown and what is decided, where the fields of `wrong` are wrong."""
    decided = {i for i in range(len(shown)) if bool(shown[i]) != (i in wrong)}
    true = {i for i in range(len(shown)) if shown[i]}
    return 1 - len(true & decided) / len(true | decided) if true | decided else 0.0


def lovasz_extension(errors, shown):
    """Definition 1 of the paper: Σ e_i·(Δ({1..i}) − Δ({1..i−1})) over errors that fall."""
    order = np.argsort(-errors, kind="stable")
    wrong, before, total = set(), 0.0, 0.0
    for i in order:
        wrong.add(int(i))
        after = jaccard_loss(shown, wrong)
        total += errors[i] * (after - before)
        before = after
    return total


def slow_lovasz(logits, truth):
    losses = []
    for x, t in zip(logits.T, truth.T, strict=True):
        for sign, shown in ((1, t > 0.5), (-1, t < 0.5)):
            hinge = np.maximum(0, 1 - sign * x * np.where(shown, 1, -1))
            losses.append(lovasz_extension(hinge, shown))
    return np.mean(losses)


@given(batches(limit=20))
@MANY
def test_lovasz_is_the_extension_of_the_jaccard_loss(batch):
    logits, truth = (t.double() for t in batch)
    assert float(lovasz(logits, truth)) == pytest.approx(slow_lovasz(logits.numpy(), truth.numpy()), abs=1e-9)


def test_lovasz_at_a_wrong_decision_is_the_jaccard_loss():
    """The extension meets the set function: errors of 1 where wrong and 0 where right."""
    truth = torch.tensor([[1.0], [1], [1], [0], [0]])
    wrong = torch.tensor([[True], [False], [False], [True], [False]])
    logits = torch.where(wrong, 0.0, 1.0) * (2 * truth - 1)
    shown, not_shown = 1 - 2 / 4, 1 - 1 / 3
    assert float(lovasz(logits, truth)) == pytest.approx((shown + not_shown) / 2)


def slow_hard_log(logits, truth):
    losses = []
    for x, t in zip(logits.T.tolist(), truth.T.tolist(), strict=True):
        positives = [a for a, b in zip(x, t, strict=True) if b == 1]
        negatives = sorted((a for a, b in zip(x, t, strict=True) if b == 0), reverse=True)
        m = len(negatives)
        kept = negatives[: min(m, len(positives) + max(2, m // 2), m * 7 // 10 + 2)]
        entropies = [math.log1p(math.exp(-a)) for a in positives] + [math.log1p(math.exp(a)) for a in kept]
        losses.append(sum(entropies) / len(entropies))
    return sum(losses) / len(losses)


@given(batches(limit=20))
@MANY
def test_hard_log_keeps_the_hardest_negatives(batch):
    logits, truth = (t.double() for t in batch)
    assert float(hard_log(logits, truth)) == pytest.approx(slow_hard_log(logits, truth), rel=1e-9)


@pytest.mark.parametrize("fields", [1, 3, 10, 64])
def test_hard_log_beside_many_fields(fields):
    logits, truth = drawn(fields=fields)
    assert float(hard_log(logits, truth)) == pytest.approx(slow_hard_log(logits, truth), rel=1e-9)


def test_easy_negatives_have_no_part_in_hard_log():
    logits, truth = drawn()
    hard_log(logits.requires_grad_(), truth).backward()
    spared = logits.grad == 0
    assert not spared[truth == 1].any()
    for k in range(truth.shape[1]):
        negatives = truth[:, k] == 0
        easy, hard = (logits[negatives & chosen, k] for chosen in (spared[:, k], ~spared[:, k]))
        assert len(easy) > 0
        assert easy.max() < hard.min()


@given(batches())
@MANY
def test_soft_f1_of_sure_decisions_is_macro_f1(batch):
    logits, truth = batch
    truth[0] = 1  # each location occurs
    decided = logits > 0
    f1 = [f1_score(t, d, zero_division=0) for t, d in zip(truth.T, decided.T, strict=True)]
    assert float(soft_f1(torch.where(decided, 100.0, -100.0), truth)) == pytest.approx(1 - np.mean(f1), abs=1e-6)


def test_soft_f1_is_of_locations_that_occur_and_entropy_of_the_others():
    logits, truth = drawn()
    here, gone = truth.any(dim=0), ~truth.any(dim=0)
    assert here.any()
    assert gone.any()
    p = 1 / (1 + np.exp(-logits.numpy()))
    t = truth.numpy()
    f1 = [2 * (p[:, k] @ t[:, k]) / (p[:, k].sum() + t[:, k].sum()) for k in np.flatnonzero(here)]
    expected = 1 - np.mean(f1) + float(bce(logits[:, gone], truth[:, gone]))
    assert float(soft_f1(logits, truth)) == pytest.approx(expected, rel=1e-9)


def test_soft_f1_of_what_no_field_shows_is_entropy():
    logits, truth = drawn()
    assert soft_f1(logits, 0 * truth) == pytest.approx(float(bce(logits, 0 * truth)))

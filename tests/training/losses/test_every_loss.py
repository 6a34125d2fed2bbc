"""Properties of every loss."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from small_batches import TERMS, batches, drawn

MANY = settings(max_examples=30)


@pytest.mark.parametrize("term", TERMS)
@given(batch=batches(soft=True))
@MANY
def test_loss_and_gradient_are_finite(term, batch):
    logits, truth = batch
    loss = TERMS[term](logits.requires_grad_(), truth)
    loss.backward()
    assert loss.isfinite()
    assert loss >= 0
    assert logits.grad.isfinite().all()


@pytest.mark.parametrize("term", TERMS)
@pytest.mark.parametrize("logit", [-1e4, -100, 0, 100, 1e4])
@pytest.mark.parametrize("label", [0, 0.3, 1])
def test_they_are_finite_however_sure_all_are(term, logit, label):
    # beyond 104 probabilities vanish in single precision
    logits = torch.full((3, 2), float(logit), requires_grad=True)
    loss = TERMS[term](logits, torch.full((3, 2), float(label)))
    loss.backward()
    assert loss.isfinite()
    assert logits.grad.isfinite().all()


@pytest.mark.parametrize("term", TERMS)
@given(batch=batches(soft=True), shuffle=st.randoms(use_true_random=False))
@MANY
def test_the_order_of_fields_does_not_matter(term, batch, shuffle):
    logits, truth = batch
    order = list(range(len(logits)))
    shuffle.shuffle(order)
    assert float(TERMS[term](logits[order], truth[order])) == pytest.approx(
        float(TERMS[term](logits, truth)), rel=1e-5, abs=1e-6
    )


@pytest.mark.parametrize("term", TERMS)
def test_right_and_sure_is_the_least_and_wrong_and_sure_the_worst(term):
    _, truth = drawn()
    truth = torch.nn.functional.one_hot(truth.argmax(dim=1), truth.shape[1]).double()
    right, unsure, wrong = (float(TERMS[term](x * (2 * truth - 1), truth)) for x in (100.0, 0.1, -100.0))
    assert right == pytest.approx(0, abs=1e-12)
    assert right < unsure < wrong


@pytest.mark.parametrize("term", TERMS)
@pytest.mark.parametrize("label", [0.0, 1.0])
def test_what_is_not_a_number_is_not_hidden(term, label):
    logits, truth = drawn()
    logits[3, 2], truth[3, 2] = torch.nan, label
    assert TERMS[term](logits, truth).isnan()


@pytest.mark.parametrize("term", TERMS)
def test_gradients_are_those_of_the_loss(term):
    # the losses with corners are checked as well: none of these logits lies at one
    logits, truth = drawn(fields=6, locations=3, seed=3)
    assert torch.autograd.gradcheck(lambda x: TERMS[term](x, truth), logits.requires_grad_())


@pytest.mark.parametrize("term", ["bce", "focal", "asymmetric", "soft_margin"])
def test_of_truth_that_is_mixed_the_loss_is_mixed(term):
    logits, truth = drawn()
    mixed = 0.3 * TERMS[term](logits, truth) + 0.7 * TERMS[term](logits, 1 - truth)
    assert float(TERMS[term](logits, 0.3 * truth + 0.7 * (1 - truth))) == pytest.approx(float(mixed), rel=1e-12)


@pytest.mark.parametrize("term", ["lovasz", "hard_log"])
def test_losses_of_sets_take_truth_from_one_half_as_shown(term):
    logits, truth = drawn()
    assert TERMS[term](logits, 0.49 + 0.01 * truth) == TERMS[term](logits, truth)


def test_cross_entropy_is_of_one_label_or_shared_by_several():
    logits = torch.tensor([[1.0, 2.0, 3.0]])
    log_sum = math.log(math.e + math.e**2 + math.e**3)
    assert TERMS["cross_entropy"](logits, torch.tensor([[0.0, 1, 0]])) == pytest.approx(log_sum - 2)
    assert TERMS["cross_entropy"](logits, torch.tensor([[0.0, 1, 1]])) == pytest.approx(log_sum - 2.5)
    assert TERMS["cross_entropy"](logits, torch.zeros(1, 3)) == 0

"""Weighted sums of losses, and labels that they cannot learn from."""

import pytest
import torch
from small_batches import drawn

from cellocate.errors import CellocateError
from cellocate.training.losses import TotalLoss, build_loss, describe_missing_locations, require_one_label
from cellocate.training.losses.batchwise import hard_log, lovasz, soft_f1
from cellocate.training.losses.fieldwise import asymmetric, bce, cross_entropy, focal, soft_margin
from cellocate.training.losses.weights import class_weights
from cellocate.training.recipe import Loss

LOGITS, TRUTH = drawn()
COUNTS, FIELDS = TRUTH.sum(dim=0).long(), len(TRUTH)


def built(**section) -> TotalLoss:
    return build_loss(Loss(**section), COUNTS, FIELDS, features=3, identities=4)


@pytest.mark.parametrize(
    ("section", "expected"),
    [
        ({"terms": {"bce": 1}}, bce(LOGITS, TRUTH)),
        ({"terms": {"focal": 2}, "gamma": 3}, 2 * focal(LOGITS, TRUTH, 3)),
        (
            {"terms": {"asymmetric": 1}, "gamma": 1, "gamma_negative": 3, "clip": 0.1},
            asymmetric(LOGITS, TRUTH, 1, 3, 0.1),
        ),
        ({"terms": {"soft_f1": 1}}, soft_f1(LOGITS, TRUTH)),
        ({"terms": {"soft_margin": 1}}, soft_margin(LOGITS, TRUTH)),
        ({"terms": {"cross_entropy": 1}}, cross_entropy(LOGITS, TRUTH)),
        (
            {"terms": {"focal": 14, "lovasz": 0.5, "hard_log": 0.5}},
            14 * focal(LOGITS, TRUTH, 2) + 0.5 * lovasz(LOGITS, TRUTH) + 0.5 * hard_log(LOGITS, TRUTH),
        ),
    ],
)
def test_a_sum_of_terms(section, expected):
    assert float(built(**section)(LOGITS, TRUTH)) == pytest.approx(float(expected), rel=1e-6)


@pytest.mark.parametrize("term", ["bce", "focal"])
@pytest.mark.parametrize("name", ["inverse_log", "ratio", "root_ratio", "rest", "rest_squared"])
def test_locations_are_weighted_by_their_counts(term, name):
    weights = class_weights(name, COUNTS, FIELDS)
    expected = {"bce": bce(LOGITS, TRUTH, weights), "focal": focal(LOGITS, TRUTH, 2.0, weights)}[term]
    weighted = built(terms={term: 1}, class_weights=name)(LOGITS, TRUTH)
    assert float(weighted) == pytest.approx(float(expected))
    assert float(weighted) != pytest.approx(float(built(terms={term: 1})(LOGITS, TRUTH)))


def test_arcface_is_added_and_learnt():
    torch.manual_seed(0)
    loss = built(terms={"bce": 1, "arcface": 0.1})
    features, identities = torch.randn(FIELDS, 3), torch.arange(FIELDS) % 4
    total = loss(LOGITS, TRUTH, features, identities)
    assert loss.arcface is not None
    expected = bce(LOGITS, TRUTH) + 0.1 * loss.arcface(features, identities)
    assert total.item() == pytest.approx(expected.item(), rel=1e-6)
    assert float(loss.classification(LOGITS, TRUTH)) == pytest.approx(float(bce(LOGITS, TRUTH)))
    total.backward()
    assert [p.grad is not None for p in loss.parameters()] == [True]


def test_only_what_is_learnt_is_kept_in_a_checkpoint():
    assert not built(terms={"bce": 1}, class_weights="ratio").state_dict()
    assert list(built(terms={"bce": 1, "arcface": 1}).state_dict()) == ["arcface.weight"]


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_is_computed_in_single(dtype):
    section = {"terms": {"bce": 1, "focal": 1, "asymmetric": 1, "soft_f1": 1, "lovasz": 1, "hard_log": 1, "arcface": 1}}
    loss = built(**section)
    logits, features = (20 * LOGITS).to(dtype), torch.randn(FIELDS, 3).to(dtype)
    identities = torch.arange(FIELDS) % 4
    with torch.autocast("cpu", dtype=dtype):
        half = loss(logits, TRUTH.to(dtype), features, identities)
    assert half.dtype == torch.float32
    single = loss(logits.float(), TRUTH, features.float(), identities)
    assert half.item() == pytest.approx(single.item(), rel=1e-6)


@pytest.mark.parametrize("identities", [None, 0, 1])
def test_arcface_without_identities_is_refused(identities):
    section = Loss(terms={"bce": 1, "arcface": 1}, identity="plate")
    with pytest.raises(CellocateError, match=r"different plate, there are (none|1)\. Name a column"):
        build_loss(section, COUNTS, FIELDS, features=3, identities=identities)


def test_a_softmax_refuses_fields_with_several_labels_or_none():
    require_one_label(torch.eye(3))
    with pytest.raises(CellocateError, match=r"1 of 3 training images show several\. .*select --single"):
        require_one_label(torch.tensor([[1, 1], [0, 1], [1, 0]]))
    with pytest.raises(CellocateError, match="1 of 2 training images show several and 1 of 2 training images show no"):
        require_one_label(torch.tensor([[1, 1], [0, 0]]))


def test_absent_locations_are_named():
    names = ["Cytosol", "Aggresome", "Rods & rings"]
    assert describe_missing_locations(torch.tensor([[1, 1, 1]]), names) is None
    line = describe_missing_locations(torch.tensor([[1, 0, 0], [1, 0, 0]]), names)
    assert line == "no training image shows Aggresome, Rods & rings: they cannot be learnt"

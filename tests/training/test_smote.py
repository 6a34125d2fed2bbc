from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression
from torch import Tensor, nn

from cellocate.errors import CellocateError
from cellocate.training.smote import (
    Features,
    Truth,
    inputs_of,
    last_linear,
    refit_head,
    retrain_classifier,
    synthesise,
    usual_rarity,
)


def _fields(counts: tuple[int, ...] = (60, 30, 4), width: int = 6) -> tuple[Features, Truth]:
    """One location each, in clouds that lie apart; every second field also shows the first location."""
    rng = np.random.default_rng(0)
    truth = np.repeat(np.eye(len(counts), dtype=np.bool_), counts, axis=0)
    features = 8 * truth @ rng.normal(size=(len(counts), width)) + rng.normal(size=(len(truth), width))
    truth[::2, 0] = True
    return features.astype(np.float32), truth


def test_points_lie_between_neighbours_of_one_rare_location() -> None:
    features, truth = _fields()
    points, shown = synthesise(features, truth, seed=1, min_per_location=10)
    assert len(points) == 6
    assert shown[:, 2].all()
    rare = features[truth[:, 2]].astype(np.float64)
    for point in points:
        detour = [
            np.linalg.norm(point - a) + np.linalg.norm(b - point) - np.linalg.norm(b - a)
            for i, a in enumerate(rare)
            for b in rare[i + 1 :]
        ]
        assert min(detour) < 1e-5
    assert len(np.unique(points.round(4), axis=0)) == len(points)


def test_only_the_nearest_are_neighbours() -> None:
    """Two clouds of 6 fields each, far from one another: nothing is made on the way."""
    features = np.random.default_rng(0).random((12, 1), np.float32)
    features[6:] += 100
    points, _ = synthesise(features, np.ones((12, 1), np.bool_), seed=0, min_per_location=80)
    assert len(points) == 68
    assert ((points < 1) | (points >= 100)).all()
    assert 30 < (points < 1).sum() < 38


def test_a_point_shows_what_half_or_more_around_it_show() -> None:
    """The rare location's four fields are neighbours of each other; 2 of 4 show the first, 1 of 4 the second."""
    features = np.random.default_rng(0).normal(size=(14, 3)).astype(np.float32)
    truth = np.zeros((14, 3), np.bool_)
    truth[:10, :2] = True
    truth[10:, 2] = truth[10:12, 0] = truth[12, 1] = True
    points, shown = synthesise(features, truth, seed=0, min_per_location=9)
    assert len(points) == 5
    assert (shown == [True, False, True]).all()


@given(st.lists(st.integers(0, 12), min_size=2, max_size=5), st.integers(0, 20), st.integers(0, 3))
def test_locations_are_filled_up_where_there_is_a_neighbour(
    counts: list[int], min_per_location: int, seed: int
) -> None:
    truth = np.repeat(np.eye(len(counts), dtype=np.bool_), counts, axis=0)
    features = np.random.default_rng(seed).normal(size=(len(truth), 3)).astype(np.float32)
    _, shown = synthesise(features, truth, seed=seed, min_per_location=min_per_location)
    expected = [max(n, min_per_location) if n > 1 else n for n in counts]
    assert (truth.sum(axis=0) + shown.sum(axis=0)).tolist() == expected


def test_a_location_of_a_single_field_stays_as_it_is() -> None:
    features, truth = _fields((20, 1))
    points, shown = synthesise(features, truth, seed=0, min_per_location=5)
    assert points.shape == (0, 6)
    assert shown.shape == (0, 2)


def test_without_a_number_what_is_rarer_than_usual_is_filled_up_to_it() -> None:
    features, truth = _fields((70, 40, 2))
    min_per_location = usual_rarity(truth.sum(axis=0))
    assert 2 < min_per_location < 40
    _, shown = synthesise(features, truth, seed=0)
    assert truth[:, 2].sum() + shown[:, 2].sum() == min_per_location
    assert not shown[:, 1].any()


@given(st.lists(st.integers(0, 1000), min_size=1, max_size=28))
def test_rare_is_whose_imbalance_ratio_is_above_the_mean(counts: list[int]) -> None:
    min_per_location = usual_rarity(counts)
    occurring = np.array([n for n in counts if n], np.float64)
    ratios = occurring.max(initial=0) / occurring
    assert [n < min_per_location for n in occurring] == [bool(r > ratios.mean() * (1 + 1e-12)) for r in ratios]


def test_the_same_seed_makes_the_same_fields() -> None:
    features, truth = _fields()
    one, again, other = (synthesise(features, truth, seed=seed, min_per_location=20)[0] for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, again)
    assert not np.array_equal(one, other)


def test_separable_features_are_separated_perfectly() -> None:
    features, truth = _fields()
    separate = np.hstack([features, 3 * truth])
    head = nn.Linear(9, 3)
    before = head.weight.detach().clone()
    new = refit_head(head, torch.from_numpy(separate).float(), torch.from_numpy(truth))
    decided = (new(torch.from_numpy(separate).float()) >= 0).numpy()
    assert (decided == truth).all()  # F1 of 1
    assert torch.equal(head.weight, before)


def test_the_minimum_is_that_of_scikit_learn() -> None:
    features, truth = _fields()
    standard = (features - features.mean(axis=0)) / features.std(axis=0)
    new = refit_head(nn.Linear(6, 3), torch.from_numpy(features), torch.from_numpy(truth), weight_decay=0.02)
    logits = new(torch.from_numpy(features)).detach().numpy()
    for k in range(3):
        reference = LogisticRegression(C=1 / (len(truth) * 0.02), tol=1e-8, max_iter=1000).fit(standard, truth[:, k])
        np.testing.assert_allclose(logits[:, k], reference.decision_function(standard), atol=2e-3)


def test_one_label_each_is_softmax() -> None:
    features, truth = _fields()
    truth[:, 0] &= ~truth[:, 1:].any(axis=1)
    new = refit_head(nn.Linear(6, 3), torch.from_numpy(features), torch.from_numpy(truth), activation="softmax")
    standard = (features - features.mean(axis=0)) / features.std(axis=0)
    reference = LogisticRegression(C=1 / (len(truth) * 0.01), tol=1e-8, max_iter=1000)
    reference.fit(standard, truth.argmax(axis=1))
    p = torch.softmax(new(torch.from_numpy(features)), dim=1).detach().numpy()
    np.testing.assert_allclose(p, reference.predict_proba(standard), atol=2e-3)


def test_nothing_is_drawn_in_refitting_and_dead_features_do_no_harm() -> None:
    features, truth = _fields()
    features[:, 0] = 3.0
    one, again = (refit_head(nn.Linear(6, 3), torch.from_numpy(features), torch.from_numpy(truth)) for _ in range(2))
    assert torch.equal(one.weight, again.weight)
    assert torch.isfinite(one.weight).all()
    assert not one.weight[:, 0].any()


class _Network(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.backbone = nn.Sequential(nn.Flatten(), nn.Linear(6, 6), nn.BatchNorm1d(6), nn.Dropout(0.5))
        self.head = nn.Linear(6, 3)

    def forward(self, images: Tensor) -> Tensor:
        logits: Tensor = self.head(self.backbone(images))
        return logits


def test_a_classifier_is_trained_again_in_place_and_the_backbone_stays() -> None:
    features, truth = _fields()
    torch.manual_seed(0)
    network = _Network()
    network.train()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    images = torch.from_numpy(features).view(-1, 1, 2, 3)
    batches = [(images[i : i + 10], torch.from_numpy(truth[i : i + 10]).float()) for i in range(0, len(images), 10)]
    made = retrain_classifier(network, last_linear(network), batches, seed=0)
    assert made == usual_rarity(truth.sum(axis=0)) - truth[:, 2].sum() > 0
    assert network.training
    changed = {name for name, value in network.state_dict().items() if not torch.equal(value, before[name])}
    assert changed == {"head.weight", "head.bias"}
    decided = network.eval()(images).detach().numpy() >= 0
    assert (decided[:, 1:] == truth[:, 1:]).mean() > 0.97


def test_inputs_are_collected_only_as_long_as_asked() -> None:
    layer = nn.Linear(2, 1)
    with inputs_of(layer) as seen:
        layer(torch.ones(3, 2))
    layer(torch.ones(3, 2))
    assert len(seen) == 1
    assert not seen[0].requires_grad


def test_a_network_without_linear_layer_is_refused() -> None:
    with pytest.raises(CellocateError, match=r"no linear layer.*sampling\.smote"):
        last_linear(nn.Conv2d(1, 1, 3))

"""Synthetic features of rare locations, and a classifier trained on them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.neighbors import NearestNeighbors
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 # torch's own convention

from cellocate.choices import Activation
from cellocate.errors import CellocateError

Features = NDArray[np.float32]
Truth = NDArray[np.bool_]

NEIGHBOURS = 5  # as in the papers on SMOTE and MLSMOTE
WEIGHT_DECAY = 0.01  # of the weights on features of standard deviation 1


def synthesise(
    features: NDArray[np.floating], truth: Truth, *, seed: int, min_per_location: int | None = None
) -> tuple[Features, Truth]:
    """Create synthetic fields of rare locations by MLSMOTE.

    Each lies on the line between the features of a field and those of one of its (at most 5) nearest neighbours of the
    same rare location. It shows what at least half of that field and its neighbours show, and the rare location. Every
    field of the location is a starting point equally often, up to one. The rarest location comes first; fields made for
    it count for the next.

    Three things differ from the paper: one random number moves all features, so the point lies on the line (as in
    SMOTE, Chawla 2002); neighbours are real fields only; locations are filled up to a number instead of doubled. A
    location of a single field has no neighbour and stays as it is. imbalanced-learn's SMOTE takes one label per field
    only.

    Args:
        features: shape (N, F), what the classifier sees.
        truth: shape (N, K), bool.
        seed: random seed.
        min_per_location: fields to fill each location up to; by default the limit of rarity in the paper,
            `usual_rarity`.

    Returns:
        Features, shape (M, F), float32, and truth, shape (M, K), bool, of the synthetic fields only.

    References:
        Charte, Rivera, del Jesus, Herrera. MLSMOTE: Approaching imbalanced multilabel learning through synthetic
        instance generation. Knowledge-Based Systems 89 (2015). https://doi.org/10.1016/j.knosys.2015.07.019

        Chawla, Bowyer, Hall, Kegelmeyer. SMOTE: Synthetic Minority Over-sampling Technique. JAIR 16 (2002).
        https://doi.org/10.1613/jair.953

    Example:
        >>> truth = np.array([[True, False]] * 4 + [[False, True]] * 2)
        >>> features = np.array([[0, 0], [0, 1], [1, 0], [1, 1], [5, 5], [7, 5]])
        >>> points, labels = synthesise(features, truth, min_per_location=3, seed=0)
        >>> bool(5 <= points[0, 0] <= 7), float(points[0, 1]), labels.tolist()
        (True, 5.0, [[False, True]])
    """
    rng = np.random.default_rng(seed)
    counts = truth.sum(axis=0)
    min_per_location = usual_rarity(counts) if min_per_location is None else min_per_location
    points, shown = [np.zeros((0, features.shape[1]), np.float32)], [np.zeros((0, truth.shape[1]), np.bool_)]
    for location in np.argsort(counts, kind="stable"):
        fields = np.flatnonzero(truth[:, location])
        missing = min_per_location - counts[location]
        if len(fields) > 1 and missing > 0:
            made = _between(features[fields].astype(np.float32), truth[fields], int(missing), rng)
            points.append(made[0])
            shown.append(made[1])
            counts = counts + made[1].sum(axis=0)
    return np.concatenate(points), np.concatenate(shown)


def usual_rarity(counts: NDArray[np.integer] | Sequence[int]) -> int:
    """The number of fields below which a location is rare.

    The imbalance ratio of a location is the number of fields of the commonest location divided by its own; a location
    with a ratio above the mean is rare (Charte 2015). This is the smallest number with at most the mean ratio.
    Locations without fields do not count.

    Example:
        >>> usual_rarity([100, 50, 1])  # ratios 1, 2, 100, mean 34.3
        3
    """
    occurring = np.asarray(counts, np.float64)[np.asarray(counts) > 0]
    if not len(occurring):
        return 0
    return int(np.ceil(occurring.max() / np.mean(occurring.max() / occurring) - 1e-9))


def refit_head(
    head: nn.Linear,
    features: Tensor,
    truth: Tensor,
    *,
    activation: Activation = "sigmoid",
    weight_decay: float = WEIGHT_DECAY,
) -> nn.Linear:
    """Train a new linear layer like `head`, from zero, on all features (N, F) and truth (N, K) at once, on the CPU.

    It minimises the binary cross-entropy, summed over locations and averaged over fields (with `softmax` the
    cross-entropy), plus weight_decay/2 times the sum of squared weights, for features standardised to mean 0 and
    standard deviation 1. The minimum is unique and L-BFGS finds it; nothing is random. `weight_decay` is above 0, or
    separable features have no minimum.
    """
    # in single precision the line search stalls before the minimum
    features, truth = features.double().cpu(), truth.double().cpu()
    mean, std = features.mean(dim=0), features.std(dim=0, correction=0).clamp(min=1e-6)
    standard = (features - mean) / std
    weight = torch.zeros(head.weight.shape, dtype=torch.float64, requires_grad=True)
    bias = torch.logit((truth.sum(dim=0) + 0.5) / (len(truth) + 1)).requires_grad_()
    optimiser = torch.optim.LBFGS(
        [weight, bias], max_iter=500, history_size=50, tolerance_grad=1e-5, line_search_fn="strong_wolfe"
    )

    def loss() -> Tensor:
        optimiser.zero_grad()
        logits = F.linear(standard, weight, bias)
        if activation == "softmax":
            error = F.cross_entropy(logits, truth / truth.sum(dim=1, keepdim=True).clamp(min=1))
        else:
            error = F.binary_cross_entropy_with_logits(logits, truth, reduction="sum") / len(truth)
        total: Tensor = error + weight_decay / 2 * weight.square().sum()
        total.backward()  # type: ignore[no-untyped-call]
        return total

    optimiser.step(loss)  # type: ignore[no-untyped-call]
    new = deepcopy(head)
    with torch.no_grad():
        new.weight.copy_(weight / std)
        new.bias.copy_(bias - (weight / std) @ mean)
    return new


def last_linear(network: nn.Module) -> nn.Linear:
    """The layer that gives the logits: the last linear one.

    Raises:
        CellocateError: the network has no linear layer.
    """
    layers = [layer for layer in network.modules() if isinstance(layer, nn.Linear)]
    if not layers:
        raise CellocateError(
            "the network has no linear layer to retrain",
            where="recipe, sampling.smote",
            mend="Set it to false, or choose another backbone.",
        )
    return layers[-1]


@contextmanager
def inputs_of(layer: nn.Module) -> Iterator[list[Tensor]]:
    """Collect the inputs of a layer, batch by batch, on the CPU.

    Example:
        >>> layer = nn.Linear(2, 1)
        >>> with inputs_of(layer) as seen:
        ...     _ = layer(torch.ones(3, 2))
        >>> seen[0].shape
        torch.Size([3, 2])
    """
    seen: list[Tensor] = []
    handle = layer.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0].detach().float().cpu()))
    try:
        yield seen
    finally:
        handle.remove()


def retrain_classifier(
    model: nn.Module,
    head: nn.Linear,
    batches: Iterable[tuple[Tensor, ...]],
    *,
    seed: int,
    activation: Activation = "sigmoid",
) -> int:
    """Retrain the last layer of a trained model in place, with rare locations filled up by `synthesise`.

    Args:
        model: images (N, C, H, W) → logits (N, K); keeps its mode and its other weights.
        head: its layer that gives the logits (see `last_linear`).
        batches: images and truth (N, K) of all training fields, each once and unchanged; further items are ignored.
        seed: random seed.
        activation: how the logits become probabilities.

    Returns:
        The number of synthetic fields.
    """
    training, shown = model.training, []
    with inputs_of(head) as seen, torch.no_grad():
        model.eval()
        for images, truth, *_ in batches:
            model(images.to(head.weight.device))
            shown.append(truth.cpu())
    model.train(training)
    features, truth = torch.cat(seen), torch.cat(shown).bool()
    points, labels = synthesise(features.numpy(), truth.numpy(), seed=seed)
    features, truth = torch.cat([features, torch.from_numpy(points)]), torch.cat([truth, torch.from_numpy(labels)])
    new = refit_head(head, features, truth, activation=activation)
    with torch.no_grad():
        head.weight.copy_(new.weight)
        head.bias.copy_(new.bias)
    return len(points)


def _between(features: Features, truth: Truth, count: int, rng: np.random.Generator) -> tuple[Features, Truth]:
    """`count` points between neighbours among the fields of one location, and what they show."""
    nearest = NearestNeighbors(n_neighbors=min(NEIGHBOURS, len(features) - 1), algorithm="brute").fit(features)
    neighbours = nearest.kneighbors(return_distance=False)  # of each field without itself, shape (n, k)
    begin = np.resize(rng.permutation(len(features)), count)
    end = neighbours[begin, rng.integers(neighbours.shape[1], size=count)]
    way = rng.random((count, 1), np.float32)
    points = features[begin] + way * (features[end] - features[begin])
    together = truth[np.column_stack([begin, neighbours[begin]])]  # shape (count, k + 1, K)
    return points, together.mean(axis=1) >= 0.5

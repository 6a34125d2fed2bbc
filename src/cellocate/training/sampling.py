"""Which training fields an epoch shows, and how often."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Sampler

from cellocate.registry import SAMPLERS
from cellocate.training.recipe import Sampling

sampler = SAMPLERS.register

Truth = NDArray[np.bool_]
Indices = NDArray[np.intp]


class EpochSampler(Sampler[int], ABC):
    """New indices for each epoch, from the seed and the epoch only: a resumed run repeats them."""

    def __init__(self, length: int, seed: int, epoch: int = 0) -> None:
        self.length, self.seed, self.epoch = length, seed, epoch

    def set_epoch(self, epoch: int) -> None:
        """Called by Lightning before each epoch."""
        self.epoch = epoch

    def __len__(self) -> int:
        return self.length

    def __iter__(self) -> Iterator[int]:
        return iter(self._draw().tolist())

    @abstractmethod
    def _draw(self) -> Tensor:
        """The indices of `self.epoch`, shape (length,)."""

    def _generator(self, number: int) -> torch.Generator:
        return torch.Generator().manual_seed(self.seed * 1_000_003 + number)


class Shuffled(EpochSampler):
    """Shows every index once per round, in a new order; an epoch continues where the last one ended.

    If an epoch has as many indices as there are, an epoch is a round. An index that occurs several times is shown as
    often in each round.
    """

    def __init__(self, indices: Indices, length: int, seed: int, epoch: int = 0) -> None:
        super().__init__(length, seed, epoch)
        self.indices = torch.from_numpy(indices)

    def _draw(self) -> Tensor:
        size = len(self.indices)
        start, end = self.epoch * self.length, (self.epoch + 1) * self.length
        first = start // size
        rounds = range(first, -(-end // size))
        order = torch.cat([torch.randperm(size, generator=self._generator(r)) for r in rounds])
        return self.indices[order[start - first * size : end - first * size]]


class ByLocation(EpochSampler):
    """Draws locations in these `proportions`, and for each as many of its fields (`members`, none empty).

    The fields of a location are shown in one random order after another, so each is drawn for it equally often in an
    epoch, up to one.
    """

    def __init__(
        self, members: Sequence[Indices], proportions: NDArray[np.float64], length: int, seed: int, epoch: int = 0
    ) -> None:
        super().__init__(length, seed, epoch)
        self.members = [torch.from_numpy(fields) for fields in members]
        self.ends = torch.from_numpy(np.cumsum(proportions) / np.sum(proportions) * length)
        self.ends[-1] = length  # despite rounding

    def _draw(self) -> Tensor:
        generator = self._generator(self.epoch)
        # systematic sampling: each location is drawn as often as expected, randomly rounded
        ends = (self.ends + torch.rand(1, generator=generator)).floor().long().clamp(max=self.length)
        counts = torch.diff(ends, prepend=torch.zeros(1, dtype=torch.long)).tolist()
        drawn = torch.cat([_cycled(m, n, generator) for m, n in zip(self.members, counts, strict=True)])
        return drawn[torch.randperm(len(drawn), generator=generator)]


class EpochIndices(EpochSampler):
    """Indices that contain the epoch, `epoch · count + index`, for a data set that draws again in each epoch.

    Example:
        >>> order = epoch_sampler(Sampling(), np.ones((2, 1), np.bool_), batch_size=1, seed=0, first_epoch=3)
        >>> sorted(EpochIndices(order, 2))
        [6, 7]
    """

    def __init__(self, order: EpochSampler, count: int) -> None:
        super().__init__(order.length, order.seed, order.epoch)
        self._order, self._count = order, count

    def _draw(self) -> Tensor:
        self._order.set_epoch(self.epoch)
        return self.epoch * self._count + torch.tensor(list(self._order))


def epoch_sampler(section: Sampling, truth: Truth, batch_size: int, seed: int, first_epoch: int = 0) -> EpochSampler:
    """Build the sampler of a recipe: indices 0 to N − 1 of the rows of `truth`, shape (N, K), bool, N at least 1.

    First `section.max_per_location` limits the fields that are used, then `section.name` says how often each is shown:

    - `uniform`: once. With `section.batches` an epoch shows the next fields of a shuffled order, which is drawn again
      at its end: every field is shown once before any is shown twice, as in Keras with `steps_per_epoch`.
    - `oversample`: copies are added to fields of locations with fewer than `section.min_per_location`, evenly, the
      rarest location first, counting copies made for rarer ones. Which fields get one copy more is fixed for a run.
    - `class_aware`: every location is drawn equally often, then one of its fields (Shen 2016).
    - `square_root`: a location is drawn in proportion to the square root of its number of fields (Mahajan 2018).

    Fields without any location count as one more location. An epoch of the last two has as many fields as there are,
    unless `section.batches` is set. Only rows of `truth` are used, so copies stay in their part of the split.
    `batch_size` counts the fields of all processes; `first_epoch` starts a resumed run.

    References:
        Shen, Lin, Huang. Relay Backpropagation for Effective Learning of Deep Convolutional Neural Networks. ECCV 2016.
        arXiv:1512.05830

        Mahajan et al. Exploring the Limits of Weakly Supervised Pretraining. ECCV 2018. arXiv:1805.00932

    Example:
        >>> truth = np.array([[True, False]] * 3 + [[False, True]])
        >>> sorted(epoch_sampler(Sampling(name="oversample", min_per_location=3), truth, batch_size=2, seed=0))
        [0, 1, 2, 3, 3, 3]
    """
    columns = _with_none(truth)
    rng = np.random.default_rng(seed)
    used = (
        np.arange(len(truth))
        if section.max_per_location is None
        else limit_per_location(columns, section.max_per_location, rng)
    )
    length = None if section.batches is None else section.batches * batch_size
    made: EpochSampler = SAMPLERS[section.name](
        SamplingPlan(section, used, columns[used], rng, length, seed, first_epoch)
    )
    return made


@dataclass(frozen=True)
class SamplingPlan:
    """What a sampler draws from.

    Attributes:
        used: indices of the n fields that are used.
        truth: their labels, shape (n, K), bool; fields without any location count as one more.
        rng: for draws that are fixed for a run.
        length: length of an epoch, if the recipe sets it.
        epoch: first epoch.
    """

    section: Sampling
    used: Indices
    truth: Truth
    rng: np.random.Generator
    length: int | None
    seed: int
    epoch: int


@sampler("uniform")
@sampler("oversample")
def oversampled(plan: SamplingPlan) -> EpochSampler:
    """Every field once, and copies of fields of rare locations."""
    shown = plan.used[_copied(plan.truth, plan.section.min_per_location, plan.rng)]
    return Shuffled(shown, plan.length or len(shown), plan.seed, plan.epoch)


@sampler("class_aware")
def class_aware(plan: SamplingPlan) -> EpochSampler:
    """Every location equally often."""
    return _by_location(plan, np.ones_like)


@sampler("square_root")
def square_root(plan: SamplingPlan) -> EpochSampler:
    """Every location in proportion to the square root of its number of fields."""
    return _by_location(plan, np.sqrt)


def _by_location(plan: SamplingPlan, proportions: Callable[[NDArray[np.float64]], NDArray[np.float64]]) -> EpochSampler:
    members = [plan.used[np.flatnonzero(column)] for column in plan.truth.T if column.any()]
    sizes = np.array([len(fields) for fields in members], np.float64)
    return ByLocation(members, proportions(sizes), plan.length or len(plan.used), plan.seed, plan.epoch)


def limit_per_location(truth: Truth, max_per_location: int, rng: np.random.Generator) -> Indices:
    """Limit the fields of common locations, without losing fields of rare ones; returns ascending indices of rows.

    From the rarest to the commonest, each location adds random fields until it has `max_per_location`, including those
    that rarer ones added; fields whose rarest location it is come first. A location with no more fields loses none, and
    one with more keeps at least as many. Each row of `truth`, shape (N, K), has at least one location.

    Example:
        >>> truth = np.array([[True, False]] * 5 + [[True, True]])
        >>> len(limit_per_location(truth, 3, np.random.default_rng(0)))
        3
    """
    rarest_first = _rarest_first(truth)
    own = rarest_first[truth[:, rarest_first].argmax(axis=1)]
    kept = np.zeros(len(truth), np.bool_)
    for location in rarest_first:
        wanted = max_per_location - np.count_nonzero(kept & truth[:, location])
        if wanted > 0:
            fields = rng.permutation(np.flatnonzero(truth[:, location] & ~kept))
            kept[fields[np.argsort(own[fields] != location, kind="stable")][:wanted]] = True
    return np.flatnonzero(kept)


def _with_none(truth: Truth) -> Truth:
    without = ~truth.any(axis=1, keepdims=True)
    return np.hstack([truth, without]) if without.any() else truth


def _rarest_first(truth: Truth) -> Indices:
    return np.argsort(truth.sum(axis=0), kind="stable")


def _copied(truth: Truth, min_per_location: int, rng: np.random.Generator) -> Indices:
    """All rows, some repeated, so that each location that occurs has `min_per_location`."""
    copies = np.ones(len(truth), np.intp)
    for location in _rarest_first(truth):
        fields = np.flatnonzero(truth[:, location])
        missing = min_per_location - copies[fields].sum()
        if len(fields) and missing > 0:
            each, rest = divmod(missing, len(fields))
            copies[fields] += each
            copies[rng.permutation(fields)[:rest]] += 1
    return np.repeat(np.arange(len(truth)), copies)


def _cycled(members: Tensor, count: int, generator: torch.Generator) -> Tensor:
    """`count` of the members: all in a random order, then all in another, and so on."""
    rounds = -(-count // len(members))
    orders = torch.rand(rounds, len(members), generator=generator).argsort(dim=1, stable=True)
    return members[orders.flatten()[:count]]

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from lightning.fabric.utilities.distributed import DistributedSamplerWrapper

from cellocate.training.recipe import Sampling
from cellocate.training.sampling import EpochSampler, Truth, epoch_sampler, limit_per_location

SKEWED = np.zeros((100, 3), np.bool_)  # 90, 9 and 2 fields, of which one shows two locations
SKEWED[:90, 0] = SKEWED[90:99, 1] = SKEWED[98:, 2] = True

ALL = [
    Sampling(),
    Sampling(batches=3),
    Sampling(max_per_location=5),
    Sampling(name="oversample", min_per_location=20),
    Sampling(name="class_aware"),
    Sampling(name="square_root", max_per_location=20),
    Sampling(name="class_aware", batches=40),
]
truths = arrays(np.bool_, st.tuples(st.integers(1, 30), st.integers(1, 5)))


def _epoch(sampler: EpochSampler, epoch: int = 0) -> list[int]:
    sampler.set_epoch(epoch)
    return list(sampler)


def _shown(section: Sampling, truth: Truth = SKEWED) -> list[int]:
    sampler = epoch_sampler(section, truth, batch_size=8, seed=0)
    return list(truth[list(sampler)].sum(axis=0))


@pytest.mark.parametrize("section", ALL)
def test_what_an_epoch_shows_depends_on_seed_and_epoch_alone(section: Sampling) -> None:
    one, other = (epoch_sampler(section, SKEWED, batch_size=8, seed=1) for _ in range(2))
    _epoch(one, 2)
    assert _epoch(one, 4) == _epoch(other, 4)
    assert _epoch(one, 4) != _epoch(one, 5)
    assert _epoch(one, 4) != _epoch(epoch_sampler(section, SKEWED, batch_size=8, seed=2), 4)
    assert list(epoch_sampler(section, SKEWED, batch_size=8, seed=1, first_epoch=4)) == _epoch(one, 4)


@given(truths, st.sampled_from(ALL), st.integers(0, 5))
def test_the_length_is_known_and_no_index_lies_outside_the_part(truth: Truth, section: Sampling, epoch: int) -> None:
    sampler = epoch_sampler(section, truth, batch_size=2, seed=3)
    indices = _epoch(sampler, epoch)
    assert len(indices) == len(sampler)
    assert set(indices) <= set(range(len(truth)))


def test_copies_never_straddle_the_split() -> None:
    part = np.repeat(["train", "validation", "test"], [60, 20, 20])
    rows = np.random.default_rng(0).permutation(100)
    train = np.flatnonzero(part[rows] == "train")
    for section in ALL:
        sampler = epoch_sampler(section, SKEWED[train], batch_size=8, seed=0)
        shown = {int(train[index]) for epoch in range(3) for index in _epoch(sampler, epoch)}
        assert shown <= set(train)
        assert not shown & set(np.flatnonzero(part[rows] != "train"))


def test_uniform_shows_each_field_once_in_an_order_that_older_runs_knew() -> None:
    sampler = epoch_sampler(Sampling(), SKEWED, batch_size=8, seed=3)
    order = torch.randperm(100, generator=torch.Generator().manual_seed(3 * 1_000_003 + 2))
    assert _epoch(sampler, 2) == order.tolist()


def test_short_epochs_go_on_where_the_last_one_ended() -> None:
    sampler = epoch_sampler(Sampling(batches=3), SKEWED, batch_size=8, seed=0)
    assert len(sampler) == 24
    stream = [index for epoch in range(25) for index in _epoch(sampler, epoch)]
    rounds = [stream[start : start + 100] for start in range(0, 600, 100)]
    assert all(sorted(r) == list(range(100)) for r in rounds)
    assert rounds[0] != rounds[1]


def test_an_epoch_may_be_longer_than_a_round() -> None:
    sampler = epoch_sampler(Sampling(batches=30), SKEWED, batch_size=8, seed=0)
    first, second = (np.bincount(_epoch(sampler, epoch), minlength=100) for epoch in (0, 1))
    assert set(first) == {2, 3}
    assert set(first + second) == {4, 5}


def test_oversampling_fills_rare_locations_up_evenly_and_leaves_none_out() -> None:
    assert _shown(Sampling(name="oversample", min_per_location=20)) == [90, 20, 20]
    copies = np.bincount(list(epoch_sampler(Sampling(name="oversample", min_per_location=21), SKEWED, 8, seed=0)))
    assert set(copies[:90]) == {1}
    assert sorted(copies[98:]) == [10, 11]
    assert copies[90:].sum() == 21 + 21 - copies[98]  # the field of two locations counts for both


@given(truths, st.integers(1, 50))
def test_oversampling_brings_each_location_to_the_least(truth: Truth, least: int) -> None:
    before = truth.sum(axis=0)
    shown = truth[list(epoch_sampler(Sampling(name="oversample", min_per_location=least), truth, 2, seed=0))].sum(
        axis=0
    )
    assert (shown >= np.where(before, np.maximum(before, least), 0)).all()
    if truth.sum(axis=1).max() == 1:  # where no field has two locations, to no more than that
        assert (shown <= np.maximum(before, least)).all()


def test_class_aware_draws_locations_equally_often_and_their_fields_in_turn() -> None:
    truth = np.repeat(np.eye(3, dtype=np.bool_), [90, 9, 3], axis=0)
    assert _shown(Sampling(name="class_aware"), truth) == [34, 34, 34]
    copies = np.bincount(list(epoch_sampler(Sampling(name="class_aware"), truth, 8, seed=0)), minlength=102)
    assert set(copies[:90]) == {0, 1}
    assert set(copies[90:99]) == {3, 4}
    assert set(copies[99:]) == {11, 12}


def test_over_epochs_class_aware_shows_every_field() -> None:
    sampler = epoch_sampler(Sampling(name="class_aware"), SKEWED, batch_size=8, seed=0)
    assert {index for epoch in range(20) for index in _epoch(sampler, epoch)} == set(range(100))


def test_square_root_draws_by_the_root_of_the_frequency() -> None:
    truth = np.repeat(np.eye(2, dtype=np.bool_), [90, 10], axis=0)
    assert _shown(Sampling(name="square_root"), truth) == [75, 25]


def test_drawn_proportions_are_as_expected_over_epochs() -> None:
    truth = np.repeat(np.eye(3, dtype=np.bool_), [80, 15, 5], axis=0)
    sampler = epoch_sampler(Sampling(name="square_root"), truth, batch_size=8, seed=0)
    shown = sum(truth[_epoch(sampler, epoch)].sum(axis=0) for epoch in range(200))
    roots = np.sqrt([80, 15, 5])
    np.testing.assert_allclose(shown / np.sum(shown), roots / roots.sum(), atol=0.002)


def test_fields_without_location_count_as_one_more_location() -> None:
    truth = np.repeat([[True, False], [False, True], [False, False]], [80, 16, 4], axis=0)
    assert _shown(Sampling(name="class_aware", batches=15), truth) == [40, 40]  # and 40 without
    assert len(epoch_sampler(Sampling(max_per_location=10), truth, 8, seed=0)) == 24


def test_a_location_that_does_not_occur_is_not_drawn() -> None:
    truth = np.hstack([SKEWED, np.zeros((100, 1), np.bool_)])
    assert _shown(Sampling(name="class_aware"), truth)[3] == 0


@given(truths.filter(lambda t: bool(t.any(axis=1).all())), st.integers(1, 10), st.integers(0, 3))
def test_the_skew_is_balanced_and_rare_locations_lose_nothing(truth: Truth, most: int, seed: int) -> None:
    kept = limit_per_location(truth, most, np.random.default_rng(seed))
    before, after = truth.sum(axis=0), truth[kept].sum(axis=0)
    assert len(set(kept)) == len(kept)
    assert (after[before <= most] == before[before <= most]).all()
    assert (after >= np.minimum(before, most)).all()
    if truth.sum(axis=1).max() == 1:
        assert (after == np.minimum(before, most)).all()


def test_which_fields_are_used_is_chosen_by_the_seed_for_a_whole_run() -> None:
    def used(seed: int, epoch: int) -> set[int]:
        return set(_epoch(epoch_sampler(Sampling(max_per_location=10), SKEWED, 8, seed=seed), epoch))

    assert used(0, 0) == used(0, 7)
    assert used(0, 0) != used(1, 0)


@pytest.mark.parametrize("section", ALL)
def test_processes_share_an_epoch_evenly(section: Sampling) -> None:
    """Lightning wraps a sampler so; each process has one of its own."""
    whole = epoch_sampler(section, SKEWED, batch_size=8, seed=0)
    shares = []
    for rank in range(2):
        own = epoch_sampler(section, SKEWED, batch_size=8, seed=0)
        wrapped = DistributedSamplerWrapper(own, num_replicas=2, rank=rank, shuffle=False)
        wrapped.set_epoch(3)
        shares.append(list(wrapped))
    expected = _epoch(whole, 3)
    expected += expected[: len(expected) % 2]  # an odd number is made even by one more
    assert shares == [expected[0::2], expected[1::2]]

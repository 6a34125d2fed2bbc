from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from cellocate.training.distributed import OrderedDistributedSampler
from cellocate.training.sampling import Shuffled


def _shares(length: int, processes: int, epoch: int) -> list[list[int]]:
    shares = []
    for rank in range(processes):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(torch.distributed, "get_rank", lambda rank=rank: rank)
            sampler = OrderedDistributedSampler(_order(length), processes)
            sampler.set_epoch(epoch)
            shares.append(list(sampler))
            assert len(shares[-1]) == len(sampler)
    return shares


def _order(length: int, epoch: int = 0) -> Shuffled:
    import numpy as np

    return Shuffled(np.arange(length), length, seed=3, epoch=epoch)


@given(st.integers(1, 40), st.integers(2, 5), st.integers(0, 9))
def test_the_parts_interleave_to_the_order_of_one_process(length: int, processes: int, epoch: int) -> None:
    shares = _shares(length, processes, epoch)
    whole = [place for places in zip(*shares, strict=True) for place in places]
    order = list(_order(length, epoch))
    assert whole[:length] == order
    assert len(whole) - length < processes
    assert set(whole) == set(order)


def test_batches_together_are_those_of_one_process() -> None:
    shares = _shares(24, 2, epoch=1)
    order = list(_order(24, epoch=1))
    for start in range(0, 12, 4):
        both = {place for share in shares for place in share[start : start + 4]}
        assert both == set(order[2 * start : 2 * start + 8])

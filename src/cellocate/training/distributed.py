"""How several processes share the fields of an epoch."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import cycle, islice

import torch
from torch.utils.data.distributed import DistributedSampler

from cellocate.training.sampling import EpochSampler


class OrderedDistributedSampler(DistributedSampler[int]):
    """Gives each of n processes every nth index: their batches together are those of one process.

    Lightning leaves a sampler of this type alone. It would replace any other by one that shuffles again, so that the
    batches of several processes differ from those of one.

    Args:
        order: order of the whole epoch; if its length is no multiple of n, its first indices are repeated.
        processes: n.
    """

    def __init__(self, order: EpochSampler, processes: int) -> None:
        super().__init__(order, num_replicas=processes, rank=0, shuffle=False)  # type: ignore[arg-type] # for its length
        self.order = order

    def set_epoch(self, epoch: int) -> None:
        """Called by Lightning before each epoch."""
        self.order.set_epoch(epoch)

    def __iter__(self) -> Iterator[int]:
        whole = islice(cycle(list(self.order)), self.total_size)
        return islice(whole, torch.distributed.get_rank(), None, self.num_replicas)

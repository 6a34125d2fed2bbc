"""What goes wrong while a network is trained, in the user's words."""

from __future__ import annotations

import torch

from cellocate.errors import CellocateError
from cellocate.training.recipe import Training

_TOO_MUCH = ("out of memory", "not enough memory", "alloc_cpu", "DefaultCPUAllocator")


def from_worker(error: CellocateError) -> CellocateError:
    """The error as it was raised: a worker's reaches the main process with its traceback as its text."""
    raised = error.what.rpartition("CellocateError: ")[2].strip().rstrip(".")
    return CellocateError(raised) if "\n" in error.what else error


def no_memory(error: RuntimeError | MemoryError, settings: Training) -> Exception:
    """What to change where a batch is too large for the memory; any other error as it is."""
    told = isinstance(error, (MemoryError, torch.OutOfMemoryError)) or any(w in str(error) for w in _TOO_MUCH)
    if not told:
        return error
    if settings.batch_size == 1:
        return CellocateError("the memory is too small for a single field", mend="Lower data.size.")
    half = settings.batch_size // 2
    accumulate = settings.accumulate * 2
    return CellocateError(
        f"the memory is too small for batches of {settings.batch_size}",
        mend=f"--set training.batch_size={half} --set training.accumulate={accumulate} trains alike with less.",
    )

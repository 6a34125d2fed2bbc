"""Errors during training, explained to the user."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from cellocate.errors import CellocateError
from cellocate.training.recipe import Training

_OUT_OF_MEMORY = ("out of memory", "not enough memory", "alloc_cpu", "DefaultCPUAllocator")


def unwrap_worker_error(error: CellocateError) -> CellocateError:
    """The original error: one from a worker process arrives with its traceback as its text."""
    raised = error.what.rpartition("CellocateError: ")[2].strip().rstrip(".")
    return CellocateError(raised) if "\n" in error.what else error


@contextmanager
def translated_errors(settings: Training) -> Iterator[None]:
    """Raise errors of training as what they mean to the user.

    Raises:
        CellocateError: a setting can fix it.
        KeyboardInterrupt: training was interrupted.
    """
    try:
        yield
    except SystemExit:  # Lightning's answer to Ctrl-C
        raise KeyboardInterrupt from None
    except (CellocateError, RuntimeError, ValueError, MemoryError) as error:
        raise explain_error(error, settings) from None


def explain_error(error: Exception, settings: Training) -> Exception:
    """What to change if the recipe asks too much of the machine or of a batch; any other error unchanged."""
    if isinstance(error, CellocateError):
        return unwrap_worker_error(error)
    if "more than 1 value per channel" in str(error):  # torch's batch normalisation
        return CellocateError(
            "batch normalisation needs more than one field per batch",
            mend="Set training.batch_size to 2 or more, with at least as many training fields.",
        )
    if "DataLoader worker (pid" in str(error):  # killed from outside; its own errors arrive as they are
        return CellocateError(
            "the system killed a process that reads fields, usually because memory was short",
            mend="Lower training.workers; with --set training.workers=0 there are none.",
        )
    if not (isinstance(error, (MemoryError, torch.OutOfMemoryError)) or any(w in str(error) for w in _OUT_OF_MEMORY)):
        return error
    if settings.batch_size == 1:
        return CellocateError("there is not enough memory for a single field", mend="Lower data.size.")
    return CellocateError(
        f"there is not enough memory for batches of {settings.batch_size}",
        mend=f"--set training.batch_size={settings.batch_size // 2} "
        f"--set training.accumulate={settings.accumulate * 2} trains the same with less.",
    )

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from small_runs import learn

from cellocate.errors import CellocateError
from cellocate.training.classifier import FieldClassifier
from cellocate.training.recipe import Training
from cellocate.training.training_errors import explain_error

CPU = "[enforce fail at alloc_cpu.cpp:117] err == 0. DefaultCPUAllocator: can't allocate memory: you tried to allocate"


@pytest.mark.parametrize(
    "error",
    [torch.OutOfMemoryError("CUDA out of memory. Tried"), RuntimeError(CPU), MemoryError()],
    ids=["gpu", "cpu", "python"],
)
@pytest.mark.parametrize("rate", ["0.001", "find"])
def test_a_full_memory_names_the_settings(
    phantoms: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, rate: str
) -> None:
    def full(*_: object) -> None:
        raise error

    monkeypatch.setattr(FieldClassifier, "loss_of", full)
    with pytest.raises(CellocateError, match=r"batch_size=8 --set training\.accumulate=4 trains the same") as caught:
        learn(phantoms, tmp_path / "run", "training.accumulate=2", f"optimiser.learning_rate={rate}")
    assert "\n" not in str(caught.value)


def test_a_memory_too_small_for_one_field() -> None:
    assert "data.size" in str(explain_error(MemoryError(), Training(batch_size=1)))


def test_a_process_that_was_killed_names_the_setting() -> None:
    error = RuntimeError("DataLoader worker (pid 17) is killed by signal: Killed. ")
    assert "training.workers=0" in str(explain_error(error, Training()))


@pytest.mark.parametrize(
    "error", [RuntimeError("Caught RuntimeError in DataLoader worker process 0."), ValueError("of something else")]
)
def test_other_errors_stay_what_they_are(error: Exception) -> None:
    assert explain_error(error, Training()) is error

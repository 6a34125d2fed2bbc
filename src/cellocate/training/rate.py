"""The learning rate that a run begins with, where its recipe leaves it to be found."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from cellocate.errors import CellocateError
from cellocate.training.classifier import Classifier
from cellocate.training.datasets import LabelledDataset, training_loader
from cellocate.training.learning_rate import find_rate, read_rate_curve
from cellocate.training.run_folder import RunFolder


def require_one_process(processes: int) -> None:
    """Raise a `CellocateError` where several processes train: each would find a rate of its own."""
    if processes > 1:
        raise CellocateError(
            "a learning rate is found by one process",
            mend="Find it in a run of one process, and give the number with --set optimiser.learning_rate.",
        )


def choose_rate(module: Classifier[Any], dataset: LabelledDataset, run: RunFolder, say: Callable[[str], None]) -> float:
    """Try rates on the training fields, write them to `learning_rate.csv`, and take the recipe's fraction of the best.

    A run that is resumed takes the rate that it found before.

    Raises:
        CellocateError: no rate lets the loss fall.
    """
    path = Path(run.folder) / "learning_rate.csv"
    if not path.is_file():
        module.train()
        module.freeze_for(0)
        torch.manual_seed(module.recipe.training.seed)
        batches = training_loader(dataset, module.recipe)
        find_rate(module.loss_of, module, module.optimiser(1.0), batches, clip=module.recipe.optimiser.clip).save(path)
    rate = read_rate_curve(path).suggestion * module.recipe.optimiser.fraction
    say(f"learning rate {rate:.3g}, by {path}")
    return rate

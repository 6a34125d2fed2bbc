"""Which checkpoints a run keeps, and how they are written."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any, Literal

import torch
from lightning.fabric.plugins.io import TorchCheckpointIO
from lightning.pytorch.callbacks import ModelCheckpoint

from cellocate.files import new_file
from cellocate.training.recipe import Training

_LOWER_IS_BETTER = {"loss", "ece"}


def monitor_mode(name: str) -> Literal["min", "max"]:
    """Whether a metric should be low (`min`) or high (`max`).

    Example:
        >>> monitor_mode("validation_loss"), monitor_mode("validation_ece"), monitor_mode("validation_macro_f1")
        ('min', 'min', 'max')
    """
    return "min" if _LOWER_IS_BETTER & set(name.split("_")) else "max"


def checkpoint_callbacks(section: Training, folder: Path, *, validated: bool) -> list[ModelCheckpoint]:
    """Save after each epoch: the best as `best.ckpt`, the last ones as `step-NNNNNN.ckpt`, and `last.ckpt`.

    `last.ckpt` is written last: a run killed in between repeats the epoch and writes the others again, unchanged.
    """
    every_epoch = partial(_Checkpoint, folder, save_on_train_epoch_end=True, enable_version_counter=False)
    callbacks: list[ModelCheckpoint] = []
    if validated:
        callbacks.append(every_epoch("best", monitor=section.monitor, mode=monitor_mode(section.monitor)))
    if section.save_last > 1:
        # monitors the step: the highest are the last
        latest = partial(every_epoch, monitor="step", mode="max", save_top_k=section.save_last)
        callbacks.append(latest("step-{step:06d}", auto_insert_metric_name=False))
    return [*callbacks, every_epoch("last")]


def last_checkpoints(folder: Path) -> list[Path]:
    """The checkpoints that `training.save_last` kept in a folder, in order."""
    return sorted(folder.glob("step-*.ckpt"))


class WholeFiles(TorchCheckpointIO):
    """Writes checkpoints next to their place and renames them.

    Lightning goes through the folder for temporary files; a copy from another file system can be cut off.
    """

    def save_checkpoint(self, checkpoint: dict[str, Any], path: str | Path, storage_options: object = None) -> None:
        """Write the file, all or nothing."""
        with new_file(path) as aside:
            torch.save(checkpoint, aside)


class _Checkpoint(ModelCheckpoint):
    """Finds its files after a run's folder was moved; Lightning would forget which epoch was best."""

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        assert self.dirpath is not None
        folder = Path(self.dirpath)

        def here(path: str) -> str:
            return str(folder / Path(path).name) if path else path

        paths = {name: here(state_dict[name]) for name in ("best_model_path", "kth_best_model_path", "last_model_path")}
        kept = {here(path): score for path, score in state_dict["best_k_models"].items()}
        super().load_state_dict({**state_dict, **paths, "best_k_models": kept, "dirpath": self.dirpath})

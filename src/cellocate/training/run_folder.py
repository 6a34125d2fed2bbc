"""The folder of a training run: what defines it, and what is written after each epoch."""

from __future__ import annotations

import hashlib
import os
import shutil
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import lightning as L  # noqa: N812 # its own convention
import numpy as np
import pandas as pd
import torch
from lightning.fabric.utilities.rank_zero import rank_zero_only

from cellocate.collection import Collection, Inspection, Split
from cellocate.errors import CellocateError
from cellocate.evaluation import SMALL
from cellocate.files import mark, new_file, write_text
from cellocate.images import Scale
from cellocate.quiet import quiet
from cellocate.training.recipe import Recipe
from cellocate.write_tables import write_table

_COLUMNS = ("train_loss", "validation_loss", "validation_macro_f1", "validation_macro_average_precision")


class RunFolder:
    """The files of a run in `folder`."""

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        self.recipe, self.split = self.folder / "recipe.yaml", self.folder / "split.csv"
        self.history, self.skipped = self.folder / "history.csv", self.folder / "skipped.csv"
        self.curves = self.folder / "f1_curves.csv"
        self.checkpoints, self.model = self.folder / "checkpoints", self.folder / "model"
        self.last, self.best = self.checkpoints / "last.ckpt", self.checkpoints / "best.ckpt"

    def start(self, recipe: Recipe, split: Split, inspection: Inspection) -> None:
        """Remove an earlier run, and write what defines this one."""
        shutil.rmtree(self.folder, ignore_errors=True)
        mark(self.folder)
        write_text(self.recipe, recipe.to_yaml())
        with new_file(self.split) as aside:
            split.fields.to_csv(aside)
        if inspection.problems:
            with new_file(self.skipped) as aside:
                inspection.table().to_csv(aside, index=False)

    def write_curves(self, table: pd.DataFrame) -> None:
        """Write F1 against threshold, from `decision.f1_curves`."""
        write_table(self.curves, table)

    def require_unfinished(self) -> None:
        """Raise a `CellocateError` unless there is a run here that has not ended."""
        if not self.recipe.is_file() or not self.split.is_file():
            raise CellocateError("no run to resume", where=self.folder, mend="Start one without --resume.")
        if self.model.is_dir():
            raise CellocateError("this run has already finished", where=self.folder, mend=f"Its model is {self.model}.")

    def progress(self) -> tuple[int, bool]:
        """Number of epochs in the last checkpoint, and whether training stopped early there."""
        if not self.last.is_file():
            return 0, False
        state = torch.load(self.last, map_location="cpu", weights_only=True)
        stopping = [value for name, value in state["callbacks"].items() if name.startswith("EarlyStopping")]
        return int(state["epoch"]) + 1, any(s["wait_count"] >= s["patience"] for s in stopping)


def is_first_process() -> bool:
    """Whether this is the first process of several GPUs or machines; works before Lightning has counted them."""
    node = os.environ.get("NODE_RANK", os.environ.get("GROUP_RANK", "0"))
    return node == "0" and getattr(rank_zero_only, "rank", 0) == 0


@contextmanager
def quiet_lightning() -> Iterator[None]:
    """Hide messages of Lightning and torch that do not concern the user."""
    with quiet("lightning.pytorch"), warnings.catch_warnings():
        warnings.filterwarnings("ignore", module="lightning|torch")
        yield


def resume_facts(train: Collection, scale: Scale, truth: torch.Tensor) -> dict[str, Any]:
    """What must be the same when a run is resumed; `truth` are the labels as trained on, shape (N, K)."""
    labels = truth.numpy()
    whole = labels.astype(bool) if set(np.unique(labels).tolist()) <= {0.0, 1.0} else labels
    return {
        "pixel_size": scale.pixel_size,
        "vocabulary": "" if train.vocabulary is None else train.vocabulary.name,
        "labels_checksum": hashlib.sha256(whole.tobytes()).hexdigest()[:8],
    }


class History(L.Callback):
    """One row per epoch, in `history.csv` and in the checkpoints."""

    def __init__(self, path: Path, epochs: int, monitor: str, say: Callable[[str], None], validated: int) -> None:
        self.path, self.epochs, self.say, self.validated = path, epochs, say, validated
        self.columns = dict.fromkeys((*_COLUMNS, monitor))
        self.rows: list[dict[str, float]] = []
        self._began = 0.0

    def state_dict(self) -> dict[str, Any]:
        """The rows, for the checkpoint."""
        return {"rows": self.rows}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """The rows from the checkpoint."""
        self.rows = list(state_dict["rows"])

    def on_train_epoch_start(self, trainer: L.Trainer, *_: object) -> None:
        """Start the clock."""
        self._began = time.perf_counter()

    def on_train_epoch_end(self, trainer: L.Trainer, *_: object) -> None:
        """Write the epoch's row; validation is done by now."""
        metrics = {name: float(value) for name, value in trainer.callback_metrics.items()}
        row = {"epoch": trainer.current_epoch + 1, **{c: metrics[c] for c in self.columns if c in metrics}}
        row["learning_rate"] = trainer.optimizers[0].param_groups[-1]["lr"]  # the head's
        row["seconds"] = round(time.perf_counter() - self._began, 2)
        self.rows.append(row)
        if trainer.is_global_zero:
            write_table(self.path, pd.DataFrame(self.rows))
            self.say(self._line(row))

    def _line(self, row: dict[str, float]) -> str:
        words = [
            f"epoch {row['epoch']:>{len(str(self.epochs))}.0f}/{self.epochs}",
            f"train loss {row['train_loss']:.4f}",
        ]
        if "validation_loss" in row:
            words.append(f"validation loss {row['validation_loss']:.4f}")
            words.append(f"macro F1 {row['validation_macro_f1']:.3f}")
            few = f" (n = {self.validated})" if self.validated < SMALL else ""
            words.append(f"macro AP {row['validation_macro_average_precision']:.3f}{few}")
        left = timedelta(seconds=round(row["seconds"] * (self.epochs - row["epoch"])))
        return "  ".join([*words, f"{left} left"])

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pandas as pd

from cellocate.collection import open_collection
from cellocate.training import Recipe
from cellocate.training.fit import Options, train

EPOCHS = 8


def test_a_killed_run_ends_in_the_same_weights(phantoms: Path, tiny: Recipe, tmp_path: Path) -> None:
    """By SIGKILL, once an epoch is written; benchmarks/killed_runs.py does so at ten random moments."""
    recipe = tiny.model_copy(update={"training": tiny.training.model_copy(update={"epochs": EPOCHS})})
    (tmp_path / "recipe.yaml").write_text(recipe.to_yaml())
    whole, torn = tmp_path / "whole", tmp_path / "torn"
    train(open_collection(phantoms), recipe, whole)

    arguments = ["train", str(phantoms), "--recipe", str(tmp_path / "recipe.yaml"), "--out", str(torn)]
    with subprocess.Popen(
        [sys.executable, "-m", "cellocate", *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        while process.poll() is None and not _epochs(torn):
            time.sleep(0.001)
        process.kill()
    assert 1 <= _epochs(torn) < EPOCHS, "it was not killed while it trained"

    train(open_collection(phantoms), recipe, torn, Options(resume=True))
    weights = Path("model") / "model.safetensors"
    assert (torn / weights).read_bytes() == (whole / weights).read_bytes()


def _epochs(run: Path) -> int:
    """In the history; one epoch may be ahead of the last checkpoint."""
    history = run / "history.csv"
    return len(pd.read_csv(history)) if history.is_file() else 0

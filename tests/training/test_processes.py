from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cellocate.training import load_recipe

# no batch statistics and no dropout: what a field gives does not depend on the batch it is in
SETTINGS = (
    *("data.size=64", "data.intensity=depth", "network.backbone=test_vit", "network.pretrained=false"),
    *("augmentation.orientation=none", "training.epochs=3", "optimiser.learning_rate=0.001"),
)


def _losses(phantoms: Path, split: Path, out: Path, batch_size: int, *flags: str) -> np.ndarray:
    """The training loss of each epoch."""
    command = [sys.executable, "-m", "cellocate", "train", str(phantoms), "--out", str(out), "--split", str(split)]
    for setting in (*SETTINGS, f"training.batch_size={batch_size}"):
        command += ["--set", setting]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    result = subprocess.run(
        [*command, "--accelerator", "cpu", *flags], capture_output=True, text=True, timeout=600, env=environment
    )
    assert result.returncode == 0, result.stderr
    return pd.read_csv(out / "history.csv")["train_loss"].to_numpy()


@pytest.fixture
def split(phantoms: Path, tmp_path: Path) -> Path:
    """32 fields to train on, which are whole batches for one process and for two."""
    ids = [f"phantom-1-{i:06d}" for i in range(40)]
    parts = ["train"] * 32 + ["validation"] * 8
    pd.DataFrame({"id": ids, "part": parts}).to_csv(tmp_path / "split.csv", index=False)
    return tmp_path / "split.csv"


def test_two_processes_have_the_losses_of_one_with_the_summed_batch(
    phantoms: Path, split: Path, tmp_path: Path
) -> None:
    """Lightning gives process r the fields r, r + 2, … of an epoch's order: two batches of 4 are one of 8."""
    one = _losses(phantoms, split, tmp_path / "one", 8)
    two = _losses(phantoms, split, tmp_path / "two", 4, "--devices", "2", "--strategy", "ddp")
    np.testing.assert_allclose(two, one, rtol=0, atol=1e-6)
    assert len(one) == 3
    assert np.all(np.diff(one) < -1e-3), "it must have learnt, or equal losses mean nothing"


def test_what_the_network_of_the_comparison_is_made_of() -> None:
    import torch
    from torch import nn

    from cellocate.networks import build_network

    recipe = load_recipe("quick", SETTINGS)
    network = build_network(recipe.network.backbone, channels=recipe.data.channels, locations=28, size=recipe.data.size)
    assert not [m for m in network.modules() if isinstance(m, nn.modules.batchnorm._BatchNorm)]
    images = torch.rand(4, 4, 64, 64)
    network.train()
    with torch.no_grad():
        torch.testing.assert_close(network(images)[1:2], network(images[1:2]))


@pytest.mark.parametrize(("frozen", "waits"), [(0, None), (1, True), ("always", None)])
def test_a_backbone_that_is_frozen_for_some_epochs_blocks_no_process(
    tmp_path: Path, frozen: object, waits: bool | None
) -> None:
    """Processes agree on what they share before it is frozen, and would wait for its gradients."""
    from cellocate.training import fit
    from cellocate.training.run_folder import RunFolder

    recipe = load_recipe("quick", [*SETTINGS, "network.pretrained=true", f"network.frozen={frozen}"])
    flags = {"accelerator": "cpu", "devices": 2, "strategy": "ddp"}
    trainer = fit._trainer(recipe, RunFolder(tmp_path), fit.Options(trainer=flags), validated=True, epochs=None)
    assert trainer.strategy._ddp_kwargs.get("find_unused_parameters") == waits

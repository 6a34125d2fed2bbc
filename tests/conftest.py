"""What tests share: real images where they are at hand, small phantom collections, and a small model."""

from __future__ import annotations

import os
import shutil
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, settings

from cellocate import phantom
from cellocate.cli import main
from cellocate.collection import open_collection
from cellocate.images import CHANNELS, read_channel, write_png
from cellocate.training import Recipe, load_recipe

if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:  # as in a shell's background, where tests of Ctrl-C would hang
    signal.signal(signal.SIGINT, signal.default_int_handler)

settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")  # a machine with other work to do is slow, which is no fault of the code

collect_ignore_glob = ["*conftest.py"]  # for doctests, as several modules of one name cannot be collected

_HERE = Path(__file__).resolve().parent.parent.parent / "shared" / "data"


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real images and tables; tests that need it are skipped where it is absent."""
    folder = Path(os.environ.get("CELLOCATE_REAL_DATA", _HERE))
    if not folder.is_dir():
        pytest.skip("no real data here (CELLOCATE_REAL_DATA names their folder)")
    return folder


@pytest.fixture(scope="session")
def _phantoms(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("phantoms") / "collection"
    phantom.simulate(folder, fields=40, size=64, seed=1, workers=1)
    return folder


@pytest.fixture
def phantoms(_phantoms: Path, tmp_path: Path) -> Path:
    """A collection of 40 simulated fields of 64 px, in a folder that the test may damage."""
    return Path(shutil.copytree(_phantoms, tmp_path / "phantoms"))


@pytest.fixture(scope="session")
def _cells(_phantoms: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cells") / "crops"
    folder.mkdir()
    labels = pd.read_csv(_phantoms / "train.csv", index_col="Id")["Target"]
    rows = []
    for field in labels.index:
        masks = read_channel(_phantoms / "truth" / f"{field}_cells.png", "blue")
        channels = {c: read_channel(_phantoms / "train" / f"{field}_{c}.png", c) for c in CHANNELS}
        for number in np.unique(masks[masks > 0]):
            y, x = (int(where.mean()) for where in np.nonzero(masks == number))
            for channel, pixels in channels.items():
                crop = np.pad(pixels * (masks == number), 16)[y : y + 32, x : x + 32]
                write_png(folder / f"{field}_{number}_{channel}.png", crop)
            edge = bool((masks[[0, -1]] == number).any() or (masks[:, [0, -1]] == number).any())
            rows.append((f"{field}_{number}", labels[field], field, number, y, x, edge, field))
    columns = ["Id", "Target", "field", "cell", "y", "x", "edge", "group"]
    pd.DataFrame(rows, columns=columns).to_csv(folder / "train.csv", index=False)
    return folder


@pytest.fixture
def cells(_cells: Path, tmp_path: Path) -> Path:
    """The cells of these fields, each cut out into 32 px, with the labels of its field."""
    return Path(shutil.copytree(_cells, tmp_path / "cells"))


SMALL = ("data.size=64", "network.backbone=test_resnet")


@pytest.fixture(scope="session")
def tiny() -> Recipe:
    """A recipe that trains in seconds."""
    return load_recipe("quick", [*SMALL, "training.epochs=2", "data.intensity=depth"])


@pytest.fixture(scope="session")
def _run(_phantoms: Path, tiny: Recipe, tmp_path_factory: pytest.TempPathFactory) -> Path:
    from cellocate.training.fit import train

    folder = tmp_path_factory.mktemp("runs") / "run"
    train(open_collection(_phantoms), tiny, folder)
    return folder


@pytest.fixture
def run(_run: Path, tmp_path: Path) -> Path:
    """A finished run of the tiny recipe on the phantoms, in a folder that the test may damage."""
    return Path(shutil.copytree(_run, tmp_path / "run"))


@dataclass(frozen=True)
class Result:
    code: int
    out: str
    err: str
    reading: str = ""  # the lines of standard error that say what is read, which `err` leaves out


Command = Callable[..., Result]


@pytest.fixture
def cellocate(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Run `cellocate ARGUMENTS` and give its exit code and what it printed."""

    def run(*arguments: object) -> Result:
        monkeypatch.setattr(sys, "argv", ["cellocate", *map(str, arguments)])
        try:
            main()
            code = 0
        except SystemExit as stop:
            code = stop.code if isinstance(stop.code, int) else int(stop.code is not None)
        out, err = capsys.readouterr()
        lines = err.splitlines(keepends=True)
        reading = [line for line in lines if line.startswith("reading ")]
        return Result(code, out, "".join(line for line in lines if line not in reading), "".join(reading))

    return run

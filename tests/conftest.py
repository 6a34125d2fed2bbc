"""What tests share: real images where they are at hand, small phantom collections, and a small model."""

from __future__ import annotations

import os
import shutil
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from cellocate import phantom
from cellocate.cli import main
from cellocate.collection import open_collection
from cellocate.training import Recipe, load_recipe

if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:  # as in a shell's background, where tests of Ctrl-C would hang
    signal.signal(signal.SIGINT, signal.default_int_handler)

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
        return Result(code, *capsys.readouterr())

    return run

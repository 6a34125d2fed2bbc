"""What tests share: real images where they are at hand, and small phantom collections."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from cellocate import phantom

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

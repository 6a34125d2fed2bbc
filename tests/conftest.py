"""What tests share: real images where they are at hand, small phantom collections, and a small model."""

from __future__ import annotations

import gc
import os
import shutil
import signal
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from filelock import FileLock  # which torch needs
from hypothesis import HealthCheck, settings

from cellocate import phantom
from cellocate.cli import main
from cellocate.collection import open_collection
from cellocate.images import CHANNELS, read_channel, write_png
from cellocate.training import Recipe, load_recipe

if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:  # as in a shell's background, where tests of Ctrl-C would hang
    signal.signal(signal.SIGINT, signal.default_int_handler)

# no deadline: a machine with other work to do is slow, which is no fault of the code
_PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("fixed", _PATIENT, derandomize=True)  # the same examples in every run
settings.register_profile("random", _PATIENT)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "fixed"))

collect_ignore_glob = ["*conftest.py"]  # for doctests, as several modules of one name cannot be collected

_HERE = Path(__file__).resolve().parent.parent.parent / "shared" / "data"

_SLOW_LIST = Path(__file__).with_name("slow.txt")
_SLOW = set(_SLOW_LIST.read_text("utf-8").split())
_LIMIT = 0.2  # seconds of processor, of all cases of a test together
_FIXTURE_LIMIT = 0.5  # of a fixture: all tests that need it are slow then
_SECONDS: Counter[str] = Counter()
_FIXTURE_SECONDS: dict[str, float] = {}  # the longest
_SET_UP: list[tuple[str, float]] = []  # fixtures, for the test whose turn it is


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--note-slow", action="store_true", help="write tests/slow.txt again, from a run of all tests")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of slow.txt, and those that take minutes, as slow."""
    for item in items:
        minutes = item.get_closest_marker("docs") or item.get_closest_marker("fuzz")
        if minutes or not _SLOW.isdisjoint([_test(item.nodeid), *_fixtures(item)]):
            item.add_marker("slow")


def _fixtures(item: pytest.Item) -> Iterator[str]:
    """What a test needs, and what that needs, as slow.txt names it."""
    info = getattr(item, "_fixtureinfo", None)  # none for examples in docstrings
    for definitions in info.name2fixturedefs.values() if info else ():
        yield from map(_fixture, definitions)


def _fixture(definition: pytest.FixtureDef[Any]) -> str:
    return f"{definition.baseid or 'tests'}::{definition.argname}"


def pytest_collection_finish() -> None:
    gc.collect()
    gc.freeze()  # thousands of tests and all libraries would be searched for garbage again and again


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest) -> Iterator[None]:
    began = sum(os.times()[:4])
    try:
        return (yield)
    finally:
        _SET_UP.append((_fixture(fixturedef), sum(os.times()[:4]) - began))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    began = sum(os.times()[:4])
    try:
        return (yield)
    finally:
        item.user_properties += [("processor", sum(os.times()[:4]) - began), ("fixtures", [*_SET_UP])]
        _SET_UP.clear()


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    measured = dict(report.user_properties)  # nothing for examples in docstrings
    if report.when == "call" and measured:
        _SECONDS[_test(report.nodeid)] += measured["processor"]
        for fixture, seconds in measured["fixtures"]:
            _FIXTURE_SECONDS[fixture] = max(seconds, _FIXTURE_SECONDS.get(fixture, 0.0))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Name tests and fixtures that slow.txt lacks, or write it again."""
    slow = {test for test, seconds in _SECONDS.items() if seconds > _LIMIT}
    slow |= {fixture for fixture, seconds in _FIXTURE_SECONDS.items() if seconds > _FIXTURE_LIMIT}
    if config.option.note_slow:
        _SLOW_LIST.write_text("".join(f"{test}\n" for test in sorted(slow)), "utf-8")
    elif unmarked := sorted(test for test in slow - _SLOW if _SECONDS.get(test, 1.0) > 3 * _LIMIT):
        terminalreporter.write_line(f"slow, but not in tests/slow.txt ('make slow' adds them): {', '.join(unmarked)}")


def _test(nodeid: str) -> str:
    return nodeid.partition("[")[0]


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real images and tables; tests that need it are skipped where it is absent."""
    folder = Path(os.environ.get("CELLOCATE_REAL_DATA", _HERE))
    if not folder.is_dir():
        pytest.skip("no real data here (CELLOCATE_REAL_DATA names their folder)")
    return folder


Make = Callable[[Path], object]


@pytest.fixture(scope="session")
def _made_once(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, Make], Path]:
    """Make a folder that is the same for all tests, once for all processes that run them."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base

    def folder(name: str, make: Make) -> Path:
        with FileLock(shared / f"{name}.lock"):
            if not (shared / name).exists():
                (shared / "unfinished").mkdir(exist_ok=True)
                make(shared / "unfinished" / name)
                (shared / "unfinished" / name).rename(shared / name)
        return shared / name

    return folder


@pytest.fixture(scope="session")
def _phantoms(_made_once: Callable[[str, Make], Path]) -> Path:
    return _made_once("collection", lambda folder: phantom.simulate(folder, fields=40, size=64, seed=1, workers=1))


@pytest.fixture
def phantoms(_phantoms: Path, tmp_path: Path) -> Path:
    """A collection of 40 simulated fields of 64 px, in a folder that the test may damage."""
    return Path(shutil.copytree(_phantoms, tmp_path / "phantoms", copy_function=shutil.copyfile))


@pytest.fixture(scope="session")
def _cells(_phantoms: Path, _made_once: Callable[[str, Make], Path]) -> Path:
    return _made_once("crops", lambda folder: _cut_out(_phantoms, folder))


def _cut_out(phantoms: Path, folder: Path) -> None:
    folder.mkdir()
    labels = pd.read_csv(phantoms / "train.csv", index_col="Id")["Target"]
    rows = []
    for field in labels.index:
        masks = read_channel(phantoms / "truth" / f"{field}_cells.png", "blue")
        channels = {c: read_channel(phantoms / "train" / f"{field}_{c}.png", c) for c in CHANNELS}
        for number in np.unique(masks[masks > 0]):
            y, x = (int(where.mean()) for where in np.nonzero(masks == number))
            for channel, pixels in channels.items():
                crop = np.pad(pixels * (masks == number), 16)[y : y + 32, x : x + 32]
                write_png(folder / f"{field}_{number}_{channel}.png", crop)
            edge = bool((masks[[0, -1]] == number).any() or (masks[:, [0, -1]] == number).any())
            rows.append((f"{field}_{number}", labels[field], field, number, y, x, edge, field))
    columns = ["Id", "Target", "field", "cell", "y", "x", "edge", "group"]
    pd.DataFrame(rows, columns=columns).to_csv(folder / "train.csv", index=False)


@pytest.fixture
def cells(_cells: Path, tmp_path: Path) -> Path:
    """The cells of these fields, each cut out into 32 px, with the labels of its field.

    The thousands of images are links: replace one, but never write into it.
    """
    return Path(shutil.copytree(_cells, tmp_path / "cells", copy_function=_link_images))


def _link_images(source: str, target: str) -> None:
    (os.link if source.endswith(".png") else shutil.copyfile)(source, target)


SMALL = ("data.size=64", "network.backbone=test_resnet")


@pytest.fixture(scope="session")
def tiny() -> Recipe:
    """A recipe that trains in seconds."""
    return load_recipe("quick", [*SMALL, "training.epochs=2", "data.intensity=depth"])


@pytest.fixture(scope="session")
def _run(_phantoms: Path, tiny: Recipe, _made_once: Callable[[str, Make], Path]) -> Path:
    from cellocate.training.fit import train

    return _made_once("run", lambda folder: train(open_collection(_phantoms), tiny, folder))


@pytest.fixture
def run(_run: Path, tmp_path: Path) -> Path:
    """A finished run of the tiny recipe on the phantoms, in a folder that the test may damage."""
    return Path(shutil.copytree(_run, tmp_path / "run", copy_function=shutil.copyfile))


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

"""The loggers of other libraries belong to the program that imports cellocate."""

from __future__ import annotations

import logging
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import tifffile

from cellocate.errors import CellocateError
from cellocate.images import read_channel
from cellocate.quiet import quiet

CODE = """
import importlib, logging, pkgutil
import lightning, tifffile, timm

def loggers():
    found = map(logging.getLogger, ("tifffile", "timm", "huggingface_hub", "bioio", "lightning.pytorch"))
    return [(one.name, one.level, list(one.filters), list(one.handlers)) for one in found]

before = loggers()
import cellocate
for module in pkgutil.walk_packages(cellocate.__path__, "cellocate."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)
assert loggers() == before, loggers()
"""


def test_importing_every_module_changes_no_logger_of_another_library() -> None:
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_damaged_tiff_logs_nothing_and_leaves_the_logger_as_it_was(tmp_path, caplog) -> None:
    tifffile.imwrite(tmp_path / "a.tif", np.ones((64, 64), np.uint16), compression="zlib")
    content = bytearray((tmp_path / "a.tif").read_bytes())
    (tmp_path / "a.tif").write_bytes(content[:-40])
    logger = logging.getLogger("tifffile")
    before = logger.level
    with pytest.raises(CellocateError):
        read_channel(tmp_path / "a.tif", "green")
    assert (logger.level, caplog.records) == (before, [])


def test_the_level_is_restored_after_the_last_of_several_threads() -> None:
    logger = logging.getLogger("cellocate.tests.quiet")
    logger.setLevel(logging.INFO)

    def call(_: int) -> int:
        with quiet(logger.name, level=logging.CRITICAL):
            return logger.level

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(call, range(200))) == {logging.CRITICAL}
    assert logger.level == logging.INFO


def test_an_error_restores_the_level_too() -> None:
    logger = logging.getLogger("cellocate.tests.quiet")
    logger.setLevel(logging.DEBUG)
    with pytest.raises(ZeroDivisionError), quiet(logger.name):
        _ = 1 / 0
    assert logger.level == logging.DEBUG

"""What is asked of plug-ins holds of what comes with cellocate."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile

from cellocate.images import write_png
from cellocate.registry import LAYOUTS, RULES
from cellocate.testing import LayoutTests, RuleTests, SegmenterTests

PIXELS = np.arange(48, dtype=np.uint8).reshape(6, 8)
IDS = {"one", "two"}


class TestOurRules(RuleTests):
    @pytest.fixture(autouse=True, params=RULES.own)
    def each(self, request: pytest.FixtureRequest) -> None:
        self.name = request.param


class TestOurSegmenters(SegmenterTests):
    @pytest.fixture(autouse=True, params=["classical", "multinucleate"])  # the others may not be installed
    def each(self, request: pytest.FixtureRequest) -> None:
        self.name = request.param


class TestFilesOfOneChannel(LayoutTests):
    name = "folder"

    def write(self, folder: Path) -> set[str]:
        for field in IDS:
            for channel in ("blue", "green"):
                write_png(folder / f"{field}_{channel}.png", PIXELS)
        return IDS


class TestStacks(LayoutTests):
    name = "stacks"

    def write(self, folder: Path) -> set[str]:
        for field in IDS:
            names = {"axes": "CYX", "Channel": {"Name": ["nucleus", "protein"]}}
            tifffile.imwrite(folder / f"{field}.ome.tif", np.stack([PIXELS, PIXELS]), metadata=names)
        return IDS


class TestPathList(LayoutTests):
    name = "path_list"

    def write(self, folder: Path) -> set[str]:
        (folder / "pixels").mkdir()
        write_png(folder / "pixels" / "p.png", PIXELS)
        rows = [f"pixels/p.png,pixels/p.png,{field}_" for field in sorted(IDS)]
        (folder / "path_list.csv").write_text("\n".join(["b_image,g_image,output_prefix", *rows]) + "\n")
        return IDS


def test_every_layout_is_tested() -> None:
    assert set(LAYOUTS.own) == {tests.name for tests in LayoutTests.__subclasses__()}

"""What the scale bar of an overlay says of its pixel size."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from cellocate.cells import exports
from cellocate.cells.field_masks import ImportedMasks


@pytest.mark.parametrize(
    ("note", "assumed", "said"),
    [("", False, ""), ("", True, "assumed"), ("estimated from nuclei", False, "estimated"), ("a", True, "estimated")],
)
def test_a_scale_bar_says_where_its_pixel_size_comes_from(
    note: str, assumed: bool, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    origins: list[str] = []

    def with_legend(picture: np.ndarray, *_: object, origin: str, colours: str) -> np.ndarray:
        origins.append(origin)
        return picture

    monkeypatch.setattr(exports, "with_legend", with_legend)
    labels = np.ones((8, 8), np.uint16)
    plan = SimpleNamespace(out=tmp_path, channels=("green", "blue"), colours="atlas")
    task = SimpleNamespace(plan=plan, field="a", note=note, collection=SimpleNamespace(pixel_size_assumed=assumed))
    exports.overlays(task, np.full((2, 8, 8), 9, np.uint8), ImportedMasks(labels, labels, 0.3), None)  # type: ignore[arg-type]
    assert origins == [said]
    assert (tmp_path / "overlays" / "a.png").is_file()

"""Counts of 12 bits in 16-bit files, by every command as their 8-bit edition, and offsets of whole collections."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import tifffile

from cellocate.collection import open_collection
from cellocate.images import CHANNELS, read_channel, write_png

TOLD = "no pixel of 6 fields is above 4095: read as 12-bit counts"


@pytest.fixture
def eight(phantoms: Path, tmp_path: Path) -> Path:
    """The 8-bit edition of six phantoms."""
    for field in open_collection(phantoms).ids[:6]:
        for channel in CHANNELS:
            path = tmp_path / "eight" / f"{field}_{channel}.png"
            path.parent.mkdir(exist_ok=True)
            write_png(path, read_channel(phantoms / "train" / path.name, channel))
    return tmp_path / "eight"


def edition(eight: Path, out: Path, top: int = 4095, offset: int = 0) -> Path:
    """The same in 16-bit files, of a camera whose largest value is `top`."""
    out.mkdir()
    for path in eight.glob("*.png"):
        counts = np.round(read_channel(path, path.stem.rpartition("_")[2]) * (top / 255)).astype(np.uint16)
        write_png(out / path.name, counts + np.uint16(offset))
    return out


@pytest.fixture
def twelve(eight: Path, tmp_path: Path) -> Path:
    """Their 12-bit edition."""
    return edition(eight, tmp_path / "twelve")


def probabilities(path: Path) -> np.ndarray:
    return pd.read_csv(path, index_col=0).select_dtypes("number").to_numpy()


def test_check_reports_the_bits_and_by_what_they_were_told(cellocate: Callable[..., Any], twelve: Path) -> None:
    printed = cellocate("check", twelve).out.splitlines()
    assert "size        64×64 px, 12 bits in 16: 6 fields" in printed
    assert any(line.startswith("depth       ") and TOLD in line for line in printed)
    found = json.loads(cellocate("check", twelve, "--json").out)
    assert [(size["depth"], size["bits"]) for size in found["sizes"]] == [(16, 12)]
    assert TOLD in found["depth"][0]
    (twelve / "collection.yaml").write_text("bits: 12\n")
    printed = cellocate("check", twelve).out
    assert "64×64 px, 12 bits in 16: 6 fields" in printed
    assert "12-bit counts in 16-bit files (from metadata or collection.yaml)" in printed


def test_check_refuses_a_field_with_pixels_beyond_its_bits(cellocate: Callable[..., Any], twelve: Path) -> None:
    (twelve / "collection.yaml").write_text("bits: 10\n")
    result = cellocate("check", twelve)
    assert result.code == 1
    assert "above the 1023 of 10 bits" in result.out


@pytest.mark.parametrize("top", [1023, 4095, 16383])
def test_predictions_are_those_of_the_8_bit_edition(
    cellocate: Callable[..., Any], run: Path, eight: Path, tmp_path: Path, top: int
) -> None:
    deep = edition(eight, tmp_path / "deep", top)
    for data in (eight, deep):
        result = cellocate("predict", run / "model", data, "--out", tmp_path / f"{data.name}.csv")
        assert result.code == 0
    assert f"is above {top}: read as {top.bit_length()}-bit counts" in result.err
    found, expected = (probabilities(tmp_path / f"{name}.csv") for name in ("deep", "eight"))
    np.testing.assert_allclose(found, expected, atol=3e-3)
    (deep / "collection.yaml").write_text("bits: 16\n")  # what a wrong scale would have said
    cellocate("predict", run / "model", deep, "--out", tmp_path / "dark.csv")
    assert np.abs(probabilities(tmp_path / "dark.csv") - expected).max() > 0.02


def test_a_store_and_cut_out_cells_keep_the_bits(
    cellocate: Callable[..., Any], run: Path, phantoms: Path, eight: Path, twelve: Path, tmp_path: Path
) -> None:
    given = ("--masks", phantoms / "truth", "--pixel-size", 2.56, "--workers", 1)
    for data in (eight, twelve):
        packed = cellocate("pack", data, tmp_path / f"{data.name}_store", "--size", 64, "--workers", 1)
        assert packed.code == 0
        cellocate("predict", run / "model", tmp_path / f"{data.name}_store", "--out", tmp_path / f"{data.name}.csv")
        found = cellocate("cells", data, "--out", tmp_path / f"{data.name}_cells", *given)
        assert (found.code, found.out.partition(" of ")[2].split(" in ")[0]) == (0, "6 fields")
    assert TOLD in found.err
    np.testing.assert_allclose(probabilities(tmp_path / "twelve.csv"), probabilities(tmp_path / "eight.csv"), atol=3e-3)
    one, other = (pd.read_csv(tmp_path / f"{name}_cells" / "cells.csv") for name in ("twelve", "eight"))
    assert one["id"].tolist() == other["id"].tolist()
    assert set(one["bits"]) == {12}
    for column in ("red_cell_mean", "green_nucleus_mean", "contrast"):
        np.testing.assert_allclose(one[column], other[column], atol=0.5)
    np.testing.assert_allclose(one["red_cell_mean_counts"], other["red_cell_mean_counts"] * 4095 / 255, atol=0.5)
    assert open_collection(tmp_path / "twelve_cells" / "crops").bits(one["id"][0]) == 12


def test_training_notes_the_depth_and_the_card_keeps_it(
    cellocate: Callable[..., Any], phantoms: Path, tmp_path: Path
) -> None:
    small = ("data.size=64", "network.backbone=test_resnet", "training.epochs=1", "data.intensity=depth")
    settings = [word for setting in small for word in ("--set", setting)]
    deep = edition(phantoms / "train", tmp_path / "deep")
    (deep / "train.csv").write_bytes((phantoms / "train.csv").read_bytes())
    for data in (phantoms, deep):
        trained = cellocate("train", data, *settings, "--out", tmp_path / f"run_{data.name}")
        assert trained.code == 0
    assert "note: the files have 16 bits, but no pixel of 40 fields is above 4095: read as 12-bit counts" in trained.out
    one, other = (
        json.loads((tmp_path / f"run_{name}" / "model" / "model.json").read_text()) for name in ("phantoms", "deep")
    )
    assert (one["bits"], other["bits"]) == ([8], [12])
    for figure in ("mean", "std"):
        np.testing.assert_allclose(other["normalisation"][figure], one["normalisation"][figure], atol=1e-3)
    dim = edition(phantoms / "train", tmp_path / "dim", top=900)
    said = cellocate("predict", tmp_path / "run_deep" / "model", dim, "--out", tmp_path / "p.csv").err
    assert "quick was trained on 12-bit counts, but these are read as 10-bit counts. If one camera took both" in said


def test_an_ome_tiff_that_says_12_bits_is_read_so(
    cellocate: Callable[..., Any], run: Path, twelve: Path, eight: Path, tmp_path: Path
) -> None:
    field = open_collection(eight).ids[0]
    names = ["tubulin", "protein", "DAPI", "ER"]
    meta = {"axes": "CYX", "SignificantBits": 12, "Channel": {"Name": names}}
    planes = np.stack([read_channel(twelve / f"{field}_{channel}.png", channel) for channel in CHANNELS])
    tifffile.imwrite(tmp_path / "a.ome.tif", planes // 8, metadata=meta)  # so dim that its pixels tell less
    tifffile.imwrite(tmp_path / "b.ome.tif", planes // 8 * np.uint16(16), metadata=meta | {"SignificantBits": 16})
    assert "64×64 px, 12 bits in 16: 1 field" in cellocate("check", tmp_path / "a.ome.tif").out
    for name in "ab":
        result = cellocate("predict", run / "model", tmp_path / f"{name}.ome.tif", "--out", tmp_path / f"{name}.csv")
        assert result.code == 0
    np.testing.assert_allclose(probabilities(tmp_path / "a.csv"), probabilities(tmp_path / "b.csv"), atol=1e-3)


def test_scanrs_offset_is_a_warning_and_no_blank_channel(
    cellocate: Callable[..., Any], run: Path, eight: Path, tmp_path: Path
) -> None:
    data = edition(eight, tmp_path / "scanr", offset=32768)
    found = json.loads(cellocate("check", data, "--json").out)
    kinds = {w["what"].partition(":")[0] for w in found["warnings"]}
    of_eight = {w["what"] for w in json.loads(cellocate("check", eight, "--json").out)["warnings"]}
    assert kinds == of_eight | {"no pixel is darker than 32768"}
    assert "a blank channel" not in kinds
    assert [(size["depth"], size["bits"]) for size in found["sizes"]] == [(16, 12)]
    result = cellocate("predict", run / "model", data, "--out", tmp_path / "p.csv")
    assert "note: no pixel is darker than 32768" in result.err
    cellocate("predict", run / "model", eight, "--out", tmp_path / "e.csv")
    np.testing.assert_allclose(probabilities(tmp_path / "p.csv"), probabilities(tmp_path / "e.csv"), atol=3e-3)


def test_a_floor_is_reported_by_check_and_predict_with_what_to_write(
    cellocate: Callable[..., Any], run: Path, eight: Path, tmp_path: Path
) -> None:
    data = edition(eight, tmp_path / "high", top=3200, offset=800)
    warned = cellocate("check", data).out
    assert "no pixel of red, green, blue, yellow is darker than 800, 20% of the full scale" in warned
    assert "blank" not in warned
    result = cellocate("predict", run / "model", data, "--out", tmp_path / "p.csv")
    assert "write camera_offset: 800 into collection.yaml" in result.err
    (data / "collection.yaml").write_text("camera_offset: 800\n")
    assert "darker" not in cellocate("check", data).out
    assert "darker" not in cellocate("predict", run / "model", data, "--out", tmp_path / "q.csv").err


def test_rescaled_copies_keep_counts_and_bits(cellocate: Callable[..., Any], twelve: Path, tmp_path: Path) -> None:
    result = cellocate("select", twelve, "--pixel-size", 1, "--rescale", 1, "--out", tmp_path / "new")
    assert result.code == 0
    assert TOLD in result.err
    new = open_collection(tmp_path / "new")
    assert {new.bits(i) for i in new.ids} == {12}
    path = new.files(new.ids[0])["red"]
    assert read_channel(path, "red").max() == read_channel(twelve / path.name, "red").max()


def test_check_writes_down_the_bits_that_it_inferred(cellocate, twelve: Path) -> None:
    assert cellocate("check", twelve, "--write").code == 0
    assert "\nbits: 12\n" in (twelve / "collection.yaml").read_text()
    assert "read as 12-bit counts" not in cellocate("check", twelve).out

"""Masks as users have them, given to every command that takes some."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest
from PIL import Image
from skimage.segmentation import find_boundaries

from cellocate.cells.masks import MaskFolder, write_geojson
from cellocate.images import read_channel, write_png
from cellocate.phantom import simulate

BINARY = "each is read as a cell, touching cells as one"


@pytest.fixture(scope="module")
def _fields(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("fields") / "phantoms"
    simulate(folder, fields=3, size=96, seed=7, workers=1)
    return folder


@pytest.fixture
def fields(_fields: Path) -> Path:
    return _fields / "train"


@pytest.fixture
def truth(_fields: Path) -> dict[str, np.ndarray]:
    """The cells of each field, with a gap between those that touch."""
    found = {}
    for path in sorted((_fields / "truth").glob("*_cells.png")):
        cells = read_channel(path, "blue")
        apart = np.where(find_boundaries(cells, mode="inner", connectivity=2), 0, cells)
        found[path.name.removesuffix("_cells.png")] = apart
    return found


@pytest.fixture
def binary(truth, tmp_path: Path) -> Path:
    """The same as 0 and 255, named as Cellpose does."""
    (tmp_path / "binary").mkdir()
    for field, cells in truth.items():
        write_png(tmp_path / "binary" / f"{field}_cp_masks.PNG", np.where(cells > 0, 255, 0).astype(np.uint8))
    return tmp_path / "binary"


def count(cells: np.ndarray) -> int:
    """How many pieces there are that are no specks."""
    _, _, table, _ = cv2.connectedComponentsWithStats((cells > 0).astype(np.uint8), connectivity=4)
    return int((table[1:, cv2.CC_STAT_AREA] >= 0.02 * np.median(table[1:, cv2.CC_STAT_AREA])).sum())


def test_cells_of_binary_masks_are_cut_predicted_and_explained(cellocate, fields, run, truth, binary, tmp_path):
    expected = {field: count(cells) for field, cells in truth.items()}
    assert all(number > 3 for number in expected.values())
    out, size = tmp_path / "cells", ("--pixel-size", 1.7)
    result = cellocate("cells", fields, "--masks", binary, "--out", out, "--also", "geojson", "--workers", 1, *size)
    assert result.code == 0, result.err
    [note] = [line for line in result.err.splitlines() if BINARY in line]
    assert note.startswith("note: 255 marks ")
    assert note.endswith(f"(3 fields, such as {min(truth)})")
    table = pd.read_csv(out / "cells.csv")
    assert table.groupby("field").size().to_dict() == expected
    written = MaskFolder(out / "masks")
    for field, cells in truth.items():
        assert list(written.read(field, cells.shape)[1]) == list(range(1, expected[field] + 1))
        assert written.notes[field] == ()
        objects = json.loads((out / "geojson" / f"{field}.geojson").read_text())["features"]
        assert [one["geometry"]["type"] for one in objects] == ["Polygon"] * expected[field]
        measurements = objects[0]["properties"]["measurements"]
        assert "solidity" in measurements
        assert not {"top", "x", "pixel_size", "largest_file"} & set(measurements)

    predicted = cellocate("predict", run / "model", fields, "--masks", binary, "--out", tmp_path / "p.csv", *size)
    assert predicted.code == 0, predicted.err
    assert predicted.err.count(BINARY) == 1
    assert pd.read_csv(tmp_path / "p.csv")["Id"].tolist() == table["id"].tolist()
    also = ("--fields", 1, "--location", "Nucleoplasm", *size)
    explained = cellocate("explain", run / "model", fields, "--masks", binary, "--out", tmp_path / "why", *also)
    assert explained.code == 0, explained.err
    assert explained.err.count(BINARY) == 1


def test_predict_takes_outlines_of_qupath_and_says_what_it_leaves_out(cellocate, fields, run, truth, tmp_path):
    (tmp_path / "masks").mkdir()
    for field, cells in truth.items():
        path = tmp_path / "masks" / f"{field}.geojson"
        numbers = np.unique(cells, return_inverse=True)[1].reshape(cells.shape)
        write_geojson(path, np.zeros_like(numbers), numbers)
        content = json.loads(path.read_text())
        corners = [[0, 0], [96, 0], [96, 96], [0, 96], [0, 0]]
        around = {"type": "Polygon", "coordinates": [corners]}
        content["features"].append({"type": "Feature", "geometry": around, "properties": {"objectType": "annotation"}})
        path.write_text(json.dumps(content))
    result = cellocate(
        "predict", run / "model", fields, "--masks", tmp_path / "masks", "--out", tmp_path / "p.csv", "--by-map"
    )
    assert result.code == 0, result.err
    assert "note: 1 annotation is not a cell and was left out (3 fields" in result.err
    table = pd.read_csv(tmp_path / "p.csv")
    assert table.groupby("field").size().to_dict() == {f: len(np.unique(c)) - 1 for f, c in truth.items()}


@pytest.mark.parametrize("command", ["cells", "predict", "explain"])
def test_masks_that_cannot_be_understood_are_one_line(cellocate, fields, run, truth, tmp_path, command):
    first, second, third = sorted(truth)
    model = () if command == "cells" else (run / "model",)
    also = {"cells": ("--workers", 1), "explain": ("--id", first, "--id", second), "predict": ()}[command]
    masks = tmp_path / "masks"
    masks.mkdir()
    for field, cells in truth.items():
        write_png(masks / f"{field}_cells.png", cells)

    def refused(message: str) -> None:
        result = cellocate(command, *model, fields, "--masks", masks, "--out", tmp_path / "out", *also, "--overwrite")
        assert (result.code, result.out) == (1, "")
        [error] = [line for line in result.err.splitlines() if not line.startswith("note: ")]
        assert message in error

    cells = truth[first]
    Image.fromarray(np.dstack([cells.astype(np.uint8) * 9] * 3)).save(masks / f"{first}_cells.jpg", quality=90)
    (masks / f"{first}_cells.png").unlink()
    refused("a JPEG, which changes the numbers of cells")
    write_png(masks / f"{first}_cells.png", cells[:, ::2])
    refused("masks on 48 × 96 px in a field of 96 × 96 px")
    write_png(masks / f"{first}_cells.png", cells)
    write_png(masks / f"{first}_masks.png", cells)
    refused(f"several masks of field {first}: {first}_cells.png, {first}_masks.png")
    for path in masks.glob(f"{first}*"):
        path.unlink()
    refused(first)
    for path in masks.glob(f"{second}*"):
        path.unlink()
    (masks / f"{third}_cells.png").unlink()
    write_png(masks / "other_cells.png", cells)
    refused(f"without a mask of their cells: {first}, {second}")


def test_the_truth_of_a_submission_is_not_numbered_anew(cellocate, tmp_path):
    simulate(tmp_path / "p", fields=2, size=64, layout="kaggle2021", seed=5, workers=1)
    truth = tmp_path / "p" / "truth"
    header = "ID,ImageWidth,ImageHeight,PredictionString\n"
    ids = sorted(path.name.removesuffix("_cells.png") for path in truth.glob("*_cells.png"))
    (tmp_path / "s.csv").write_text(header + "".join(f"{i},64,64,\n" for i in ids))
    request = ("evaluate", "--predictions", tmp_path / "s.csv", "--labels", truth, "--out", tmp_path / "m")
    assert cellocate(*request).code == 0
    for i in ids:
        cells = read_channel(truth / f"{i}_cells.png", "blue")
        apart = np.where(find_boundaries(cells, mode="inner", connectivity=2), 0, cells)
        write_png(truth / f"{i}_cells.png", np.where(apart > 0, 255, 0).astype(np.uint8))
    result = cellocate(*request, "--overwrite")
    assert (result.code, result.err.count("\n")) == (1, 1)
    assert "a table refers to the cells by number, but 255 marks" in result.err

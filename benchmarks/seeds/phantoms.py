"""The collections that are compared on: fields, and single cells cut out of them by their true masks; their splits."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pandas as pd

from cellocate import phantom
from cellocate.cells.crops import CropSettings, crops
from cellocate.collection import Collection, make_split, open_collection, read_split, save_split
from cellocate.files import new_folder
from cellocate.images import CHANNELS, FIELD_SPAN, read_channel, read_field, write_png

LARGEST = 768  # px: what the champion cuts its crops of 512 px from; every other input is smaller
VALIDATION, TEST = 0.15, 0.25
CLASSES = 12  # of cells, as many as the seed kept: the commonest
CELL = 40.96  # µm, side of the square that a cell is cut out in
SMALLEST = 0.3  # of the median area: less is a sliver at the edge of a field
LEAST = 8  # test fields of the location that a specialist is for


def fields_of(folder: Path, labels: str, count: int, divide: int, seed: int = 0) -> Collection:
    """Phantom fields, drawn once; halved in width where they are divided, so that small structures stay visible."""
    if not folder.is_dir():
        span = FIELD_SPAN * min(1, 2 / divide)
        phantom.simulate(folder, fields=count, size=LARGEST // divide, span=span, labels=labels, seed=seed)
    return open_collection(folder)


def cells_of(folder: Path, fields: Path, most: int) -> Collection:
    """Cells of one label each, cut out of phantom fields along their masks, of the commonest locations; at most `most`.

    A cell's group is its field, so that no field is torn by a split.
    """
    if not folder.is_dir():
        told = pd.read_csv(fields / "truth" / "cells.csv", dtype=str, keep_default_na=False)
        told = told[told["labels"].str.fullmatch(r"\d+")]
        common = told["labels"].value_counts().index[:CLASSES]
        told = told[told["labels"].isin(common)]
        with new_folder(folder) as aside:
            _cut_out(told, fields, aside, most)
    return open_collection(folder)


def _cut_out(told: pd.DataFrame, fields: Path, out: Path, most: int) -> None:
    pixel_size = json.loads((fields / "truth" / "collection.json").read_text())["pixel_size"]
    size = 2 * round(CELL / pixel_size / 2)
    square = CropSettings(size, span=size * pixel_size)  # at the field's own scale
    made: list[tuple[str, str, str, float]] = []
    typical: list[int] = []
    for field, cells in told.groupby("Id", sort=True):
        if len(made) >= most:
            break
        masks = read_channel(fields / "truth" / f"{field}_cells.png", "blue")
        pixels = read_field({c: fields / "train" / f"{field}_{c}.png" for c in CHANNELS}, CHANNELS)
        cut = {crop.number: crop.pixels for crop in crops(pixels, masks, None, pixel_size, square)}
        areas = np.bincount(masks.ravel())
        typical += [int(n) for n in areas[1:] if n]
        for number, label in zip(cells["cell"].astype(int), cells["labels"], strict=True):
            if number not in cut or areas[number] < SMALLEST * np.median(typical):
                continue
            name = f"{field}-{number:02d}"
            for channel, plane in zip(CHANNELS, cut[number], strict=True):
                write_png(out / f"{name}_{channel}.png", plane)
            made.append((name, label, str(field), pixel_size))
    with (out / "train.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(("Id", "Target", "group", "pixel_size"))
        rows.writerows(made)


def split_of(collection: Collection, path: Path) -> dict[str, Collection]:
    """The parts of a collection, drawn once and saved; one split for all rows and seeds."""
    if not path.is_file():
        save_split(path, make_split(collection, "stratified", validation=VALIDATION, test=TEST, seed=0))
    parts = read_split(path, collection).parts
    return {part: collection.subset([str(i) for i in parts.index[parts == part]]) for part in ("train", "test")}


def facts(parts: dict[str, Collection]) -> dict[str, str]:
    """What settings depend on.

    - `least`: a tenth of the training fields, to which rare locations are copied up.
    - `most`: the median of the locations' training fields, to which common ones are cut.
    - `rare`: the rarest location with at least 8 fields (if any has) in the test part.
    - `all`: the locations that occur in the train part.
    """
    train, test = (parts[part].labelled().truth().sum(axis=0) for part in ("train", "test"))
    vocabulary = parts["train"].require_vocabulary()
    measured = np.flatnonzero((test >= min(LEAST, test.max())) & (train > 0))
    rare = measured[train[measured].argmin()]
    return {
        "least": str(max(1, len(parts["train"]) // 10)),
        "most": str(max(1, int(np.median(train[train > 0])))),
        "rare": json.dumps([vocabulary.names[rare]]),
        "all": json.dumps([name for name, n in zip(vocabulary.names, train, strict=True) if n]),
    }

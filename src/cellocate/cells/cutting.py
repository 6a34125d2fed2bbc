"""Cut out the cells of one field: what a worker process does, and how it is known to be done."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cellocate.cells.crops import Crop, CropSettings, crops
from cellocate.cells.describe import describe_cells, describe_field
from cellocate.cells.exports import Export
from cellocate.cells.field_masks import FieldMasks, read_field_masks
from cellocate.cells.field_notes import Note, save_notes
from cellocate.cells.masks import write_labels
from cellocate.cells.mismatched_masks import MISMATCHED, are_mismatched
from cellocate.cells.segmenters import Segmenter
from cellocate.choices import Colours
from cellocate.collection import Collection, Problem
from cellocate.collection.collection import FLAGS
from cellocate.collection.inspection import problem_table
from cellocate.collection.shards import write_rows
from cellocate.errors import CellocateError
from cellocate.files import new_file
from cellocate.images import Pixels
from cellocate.images.bit_depth import full_scale
from cellocate.images.store import index_type, is_whole, shard_path, write_shard

WORK = "cutting"
"""The folder of intermediate files; removed when all is done."""
DIGITS = "%.6g"


@dataclass(frozen=True)
class CellPlan:
    """Settings shared by all fields of a conversion."""

    out: Path  # the folder to write
    channels: tuple[str, ...]  # the channels to read, and of the crops
    crop: CropSettings  # size, scale and content of the crops
    masks: Path | None  # folder of the user's masks; None to find cells with `segment`
    segment: Segmenter | None  # finds the cells
    exports: tuple[Export, ...] = ()  # further files to write of each field
    png: bool = False  # also write cells as PNG files
    colours: Colours = "atlas"  # of the channels in overlays
    skip_bad: bool = False  # leave out faulty fields

    @property
    def work(self) -> Path:
        """The folder of intermediate files."""
        return self.out / WORK

    def rows(self, number: int) -> Path:
        """Index rows of a field's crops; written last, they show that the field is done."""
        return self.work / f"{number:06}.npy"

    def cells(self, number: int) -> Path:
        """A field's rows of the table of cells."""
        return self.work / f"{number:06}.csv"

    def notes(self, number: int) -> Path:
        """Notes on a field, for the user."""
        return self.work / f"{number:06}.json"

    def problem(self, number: int) -> Path:
        """Why a field could not be used."""
        return self.work / f"{number:06}.bad.csv"

    def shard(self, number: int) -> Path:
        """A field's crops, one after the other."""
        return shard_path(self.work, self.crop.size, number)

    def label_images(self, field: str) -> tuple[Path, Path]:
        """The files of a field's label images: nuclei, cells."""
        return self.out / "masks" / f"{field}_nuclei.png", self.out / "masks" / f"{field}_cells.png"


@dataclass(frozen=True)
class FieldToCut:
    """One field for a worker: `collection` holds only this field; `note` is for the user."""

    plan: CellPlan
    number: int
    collection: Collection
    note: Note | None = None

    @property
    def field(self) -> str:
        """The field's id."""
        return self.collection.ids[0]


def cut_field(task: FieldToCut) -> Problem | None:
    """Find and cut out the cells of a field; return its fault, if it has one."""
    plan, number = task.plan, task.number
    plan.problem(number).unlink(missing_ok=True)
    try:
        _cut(task)
    except CellocateError as error:
        problem = Problem(task.field, "files", error)
        with new_file(plan.problem(number)) as aside:
            problem_table([problem]).to_csv(aside, index=False)
        write_rows(plan.rows(number), np.empty(0, index_type(1)))
        return problem
    return None


def is_cut(task: FieldToCut) -> bool:
    """Whether all files of a field are there and whole; a faulty field counts as done if `skip_bad` is set."""
    plan, number = task.plan, task.number
    try:
        rows = np.load(plan.rows(number))
    except (OSError, ValueError, EOFError):
        return False
    if plan.problem(number).is_file():
        return plan.skip_bad
    if rows.dtype != index_type(1) or not plan.cells(number).is_file():
        return False
    written = plan.label_images(task.field)[1].is_file()
    return written and (not len(rows) or is_whole(plan.work, (plan.crop.size,), len(plan.channels), rows))


def _cut(task: FieldToCut) -> None:
    plan, number, field = task.plan, task.number, task.field
    counts, pixel_size = task.collection.read_counts(field, plan.channels)
    bits = task.collection.bits(field)
    pixels = full_scale(counts, bits)
    masks = _masks(task, pixels, pixel_size)
    for path, labels in zip(plan.label_images(field), (masks.nuclei, masks.cells), strict=True):
        write_labels(path, labels)
    found = list[tuple[Crop, bool]]()
    nuclei = None if masks.cells.any() and not masks.nuclei.any() else masks.nuclei
    cut = crops(counts, masks.cells, nuclei, masks.pixel_size, plan.crop)
    rows = write_shard(plan.work, number, (plan.crop.size,), (_noted(crop, found) for crop in cut))
    table = describe_cells(counts, plan.channels, masks, bits)
    whole = describe_field(pixels, plan.channels, task.collection.files(field), masks.pixel_size)
    table = table.assign(
        field_pixel_size=masks.pixel_size,
        pixel_size=[crop.pixel_size for crop, _ in found],
        empty=[empty for _, empty in found],
        **whole,
    )
    for extra in plan.exports:
        extra(task, pixels, masks, table)
    with new_file(plan.cells(number)) as aside:
        table.to_csv(aside, index=False, float_format=DIGITS)
    notes = [*([] if task.note is None else [task.note]), *masks.notes]
    comparable = plan.masks is not None and "blue" in plan.channels
    if comparable and are_mismatched(counts[plan.channels.index("blue")], masks.cells):
        notes.append(MISMATCHED)
    save_notes(plan.notes(number), notes)
    write_rows(plan.rows(number), rows)


def _noted(crop: Crop, found: list[tuple[Crop, bool]]) -> Pixels:
    found.append((crop._replace(pixels=crop.pixels[:0]), not crop.pixels.any()))
    return crop.pixels


def _masks(task: FieldToCut, pixels: Pixels, pixel_size: float | None) -> FieldMasks:
    plan, shape = task.plan, pixels.shape[1:]
    if plan.masks is not None:
        return read_field_masks(plan.masks, task.field, (shape[0], shape[1]), pixel_size, task.collection.files)
    assert plan.segment is not None
    return plan.segment(pixels, plan.channels, pixel_size)


def read_cells(plan: CellPlan, number: int, field: str) -> pd.DataFrame:
    """A field's rows of the table of cells, with `field`; empty for a faulty field."""
    path = plan.cells(number)
    if not path.is_file():
        return pd.DataFrame()
    return pd.read_csv(path, dtype={FLAGS: str}).fillna({FLAGS: ""}).assign(field=field)


def move_kept_crops(plan: CellPlan, number: int, kept: NDArray[np.bool_], store: Path, shard: int) -> NDArray[Any]:
    """Move a field's crops that are `kept` into a shard of the store, unless already moved; return their index rows."""
    rows = np.load(plan.rows(number))
    length = len(plan.channels) * plan.crop.size**2 * (rows["bits"] // 8).astype(np.int64)
    chosen: NDArray[Any] = rows[kept].copy()
    chosen["shard"] = shard
    chosen["offset"][:, 0] = np.cumsum(length[kept]) - length[kept]
    place = shard_path(store, plan.crop.size, shard)
    if plan.shard(number).is_file():
        content = plan.shard(number).read_bytes()
        with new_file(place) as aside, aside.open("wb") as file:
            for row, bytes_ in zip(rows[kept], length[kept], strict=True):
                start = int(row["offset"][0])
                file.write(content[start : start + int(bytes_)])
        plan.shard(number).unlink()
    return chosen

"""Simulate fields and write them as a collection with its truth."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

import cellocate
from cellocate.errors import CellocateError
from cellocate.files import new_folder, refuse_existing, write_text
from cellocate.images import CHANNELS, FIELD_SPAN, write_png
from cellocate.phantom.check_requests import VARIABILITY, check_depth, check_seed, check_size, check_variability
from cellocate.phantom.field import PhantomField, simulate_field
from cellocate.phantom.label_sets import label_sets
from cellocate.phantom.phantom_layouts import LabelSet, PhantomLayout
from cellocate.phantom.phantom_layouts import layout as layout_of
from cellocate.phantom.shapes import MAP_PIXEL, Image, map_px
from cellocate.work import Work, check_workers, run_in_processes
from cellocate.write_tables import write_table

_WORTH_A_POOL = 8  # for fewer fields, starting processes takes longer than it saves


def simulate(
    out: Path,
    *,
    fields: int,
    size: int = 512,
    span: float = FIELD_SPAN,
    labels: str | Path = "real",
    layout: str = "kaggle2018",
    vocabulary: str | None = None,
    depth: int = 8,
    variability: float = VARIABILITY,
    seed: int = 0,
    overwrite: bool = False,
    workers: int | None = None,
    progress: Callable[[int], object] | None = None,
) -> None:
    """Write a collection of simulated fields; the same seed gives the same bytes, whatever the number of workers.

    The folder is that of a challenge: `train/<Id>_{red,green,blue,yellow}.png` (grey) and `train.csv`. `truth/` holds
    instance masks `<Id>_cells.png` and `<Id>_nuclei.png` (16-bit; 0 is background), `cells.csv` (Id, cell, labels of
    each cell), each location's own light `<Id>_signal_<label>.png` (8-bit; 255 is its brightest pixel, with the grey
    levels in `signals.csv`) and `collection.json` (how it was made).

    Args:
        out: a new folder; nothing is left there if the simulation fails or is interrupted.
        fields: number of fields, 1 or more.
        size: pixels a side, 64 or more.
        span: µm a side, whatever the size, rounded to 0.32 µm.
        labels: "real" (label sets as frequent as in the 2018 train set), "balanced" (all locations about equally
            frequent, a quarter of the fields with two), or a CSV file with Id and Target (of `hpa28`).
        layout: of files and labels. "kaggle2018": `train.csv` has Id and Target, labels are of `hpa28`. "kaggle2021":
            ID and Label, of `hpa19`: some locations are merged, fields and cells that show nothing are `Negative`, and
            locations without a counterpart are never drawn, and refused in a file.
        vocabulary: of the labels, instead of the layout's: any with a map from `hpa28`.
        depth: bits of a pixel of the channels, 8 or 16.
        variability: how much the cells of a field differ, 0 to 1: the share of suitable cells that do not show a
            location, for each location separately; one cell always shows it.
        seed: 0 or more.
        overwrite: replace what is in `out`.
        workers: processes; one for each core by default. As in all Python programs that start processes, a script that
            asks for more than one must keep its work below `if __name__ == "__main__":`.
        progress: called with the number of fields done, after each.

    Raises:
        CellocateError: a number out of range, an unknown label, layout or vocabulary, an unreadable table, or a folder
            in use; all before any work starts.

    Example:
        >>> import tempfile
        >>> out = Path(tempfile.mkdtemp()) / "phantoms"
        >>> simulate(out, fields=2, size=64, workers=1)
        >>> (out / "train.csv").read_text().splitlines()[0], len(list((out / "train").glob("*.png")))
        ('Id,Target', 8)
    """
    settings = CollectionSettings(layout_of(layout, vocabulary), size, span, depth, variability, seed)
    _check(settings, fields)
    check_workers(workers)
    draw_labels = label_sets(labels, seed, settings.layout)
    chosen_labels = [draw_labels(index) for index in range(fields)]
    refuse_existing(Path(out), overwrite=overwrite)
    with new_folder(out, overwrite=overwrite) as aside:
        (aside / "train").mkdir()
        (aside / "truth").mkdir()
        plan = [FieldToDraw(aside, index, chosen, settings) for index, chosen in enumerate(chosen_labels)]
        truth: dict[str, FieldTruth] = {}
        for field, drawn in run_in_processes(Work(plan, draw_field), workers if fields >= _WORTH_A_POOL else 1):
            assert drawn is not None  # the folder is new
            truth[field.id] = drawn
            if progress is not None:
                progress(len(truth))
        _write_tables(aside, plan, truth, settings.layout)
        about = _about(settings, fields=fields, labels=labels)
        write_text(aside / "truth" / "collection.json", json.dumps(about, indent=2) + "\n")


def _check(settings: CollectionSettings, fields: int) -> None:
    if fields < 1:
        raise CellocateError("a collection needs a field", where=f"fields {fields}", mend="Ask for 1 or more.")
    check_seed([settings.seed])
    check_size(settings.size, settings.span)
    check_depth(settings.depth)
    check_variability(settings.variability)


def _about(settings: CollectionSettings, *, fields: int, labels: str | Path) -> dict[str, object]:
    """How a collection was made; depth and variability only if they differ from the default."""
    about: dict[str, object] = {
        "kind": "phantom",
        "vocabulary": settings.layout.format.vocabulary,
        "fields": fields,
        "size": settings.size,
        "span": map_px(settings.span) * MAP_PIXEL,
        "pixel_size": map_px(settings.span) * MAP_PIXEL / settings.size,
        "labels": labels if labels in ("balanced", "real") else Path(labels).name,
        "seed": settings.seed,
        "version": cellocate.__version__,
    }
    if settings.depth != 8:
        about["depth"] = settings.depth
    if settings.variability != VARIABILITY:
        about["variability"] = settings.variability
    return about


def _write_tables(out: Path, plan: list[FieldToDraw], truth: dict[str, FieldTruth], layout: PhantomLayout) -> None:
    fields = [(field.id, layout.text(field.labels)) for field in plan]
    drawn = [(field.id, truth[field.id]) for field in plan]
    cells = [(i, n, " ".join(map(str, shown))) for i, of in drawn for n, shown in enumerate(of.cells, start=1)]
    signals = [(i, label, f"{brightest:.2f}") for i, of in drawn for label, brightest in of.brightest.items()]
    columns = [layout.format.id, layout.format.labels]
    write_table(out / "train.csv", pd.DataFrame(fields, columns=columns))
    write_table(out / "truth" / "cells.csv", pd.DataFrame(cells, columns=["Id", "cell", "labels"]))
    write_table(out / "truth" / "signals.csv", pd.DataFrame(signals, columns=["Id", "label", "brightest"]))


@dataclass(frozen=True)
class CollectionSettings:
    """Settings shared by all fields of a collection."""

    layout: PhantomLayout
    size: int
    span: float
    depth: int
    variability: float
    seed: int


@dataclass(frozen=True)
class FieldToDraw:
    """One field for a worker to simulate and write; `labels` are those of `hpa28`."""

    out: Path
    index: int
    labels: LabelSet
    settings: CollectionSettings

    @property
    def id(self) -> str:
        """The field's id, independent of the size of the collection; it contains the seed."""
        return f"phantom-{self.settings.seed}-{self.index:06d}"


@dataclass(frozen=True)
class FieldTruth:
    """The truth about a field for the collection's tables."""

    cells: tuple[LabelSet, ...]  # for each cell, 1 to n, the labels that it shows, in the layout's vocabulary
    brightest: dict[int, float]  # label of the layout → grey levels of the brightest pixel of its signal


def draw_field(task: FieldToDraw) -> FieldTruth:
    """Simulate a field; write its channels to `train/` and its masks to `truth/`."""
    settings = task.settings
    field = simulate_field(
        task.labels,
        size=settings.size,
        span=settings.span,
        depth=settings.depth,
        variability=settings.variability,
        seed=(settings.seed, task.index),
    )
    for channel, image in zip(CHANNELS, field.channels, strict=True):
        write_png(task.out / "train" / f"{task.id}_{channel}.png", image)
    return FieldTruth(tuple(map(settings.layout.translate, field.cell_labels)), _write_masks(task, field))


def _write_masks(task: FieldToDraw, field: PhantomField) -> dict[int, float]:
    truth = task.out / "truth"
    write_png(truth / f"{task.id}_cells.png", field.cells)
    write_png(truth / f"{task.id}_nuclei.png", field.nuclei)
    signal = task.settings.layout.merge(field.signal)
    brightest = {label: float(light.max()) for label, light in signal.items()}
    for label, light in signal.items():
        write_png(truth / f"{task.id}_signal_{label}.png", _to_8_bits(light, brightest[label]))
    return brightest


def _to_8_bits(light: Image, brightest: float) -> NDArray[np.uint8]:
    return np.asarray(np.round(light * (255 / max(brightest, 1e-6))), np.uint8)

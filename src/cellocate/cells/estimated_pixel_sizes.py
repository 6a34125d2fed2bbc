"""Estimate one pixel size for all fields of a microscope: the median over the nuclei of some of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from cellocate.cells.field_notes import Note
from cellocate.cells.segmentation.nucleus_sizes import estimated_pixel_size
from cellocate.cells.segmentation.segmented import NUCLEUS
from cellocate.collection import Collection
from cellocate.collection.merge import SOURCE
from cellocate.errors import CellocateError
from cellocate.files import write_text
from cellocate.work import Work, run_in_processes

SAMPLE = 20
"""Fields used of each group: their median scatters by 4%, single fields by 25%."""
_NUCLEI = ("blue",)


class PixelSizeEstimates(NamedTuple):
    """µm per px of fields without a pixel size, by id (of a store: as packed), and a note about each."""

    sizes: Mapping[str, float]
    notes: Mapping[str, Note]


def estimate_pixel_sizes(fields: Collection, workers: int | None = 1, kept: Path | None = None) -> PixelSizeEstimates:
    """Estimate the pixel size of fields without one, the same for all of one size in px and one source.

    Fields of one microscope share a pixel size, and estimates from single fields scatter. The result depends on the
    fields only, not on the number of workers. Unreadable fields are skipped; a group without visible nuclei gets no
    estimate. The file `kept` holds earlier estimates, which are reused; new ones are added.
    """
    groups = _groups(fields)
    known: dict[str, float] = {}
    if kept is not None and kept.is_file():
        known = json.loads(kept.read_text(encoding="utf-8"))
    known |= _medians(
        fields, {str(group): _spread(ids) for group, ids in groups.items() if str(group) not in known}, workers
    )
    if kept is not None:
        write_text(kept, json.dumps(known))
    sizes, notes = dict[str, float](), dict[str, Note]()
    for group, ids in groups.items():
        if (size := known.get(str(group))) is not None:
            sizes |= dict.fromkeys(ids, size)
            notes |= dict.fromkeys(ids, _note(size, group))
    return PixelSizeEstimates(sizes, notes)


class _Group(NamedTuple):
    """Fields of one size in px; `of` names the source collection after a merge, in words."""

    width: int
    height: int
    of: str

    def __str__(self) -> str:
        return f"{self.width}×{self.height} px{self.of}"


def _groups(fields: Collection) -> dict[_Group, list[str]]:
    source: Mapping[Any, str] = dict(fields.fields[SOURCE].astype(str)) if SOURCE in fields.fields else {}
    packed = " before they were packed" if fields.layout == "store" else ""
    groups: dict[_Group, list[str]] = {}
    for field in fields.ids:
        if fields.pixel_size(field) is None and fields.files(field):
            try:
                height, width = fields.shape(field)
            except CellocateError:  # reported when its cells are cut out
                continue
            of = f" of {source[field]}" if field in source else ""
            groups.setdefault(_Group(width, height, f"{packed}{of}"), []).append(field)
    return groups


def _medians(fields: Collection, drawn: Mapping[str, list[str]], workers: int | None) -> dict[str, float]:
    """The median estimate over the fields drawn from each group; none where no field shows nuclei."""
    slim = replace(fields, made={}, problems=())
    work = Work([slim.subset([field]) for ids in drawn.values() for field in ids], _estimate)
    found = {one.ids[0]: size for one, size in run_in_processes(work, workers)}
    seen = {name: [size for field in ids if (size := found[field]) is not None] for name, ids in drawn.items()}
    return {name: float(f"{np.median(sizes):.4g}") for name, sizes in seen.items() if sizes}


def _spread(ids: list[str]) -> list[str]:
    places = np.linspace(0, len(ids) - 1, min(SAMPLE, len(ids))).round().astype(int)
    return [ids[place] for place in places]


def _estimate(collection: Collection) -> float | None:
    try:
        pixels, _ = collection.read(collection.ids[0], _NUCLEI)
    except CellocateError:
        return None
    return estimated_pixel_size(pixels[0])


def _note(size: float, group: _Group) -> Note:
    how = "because nuclei are about {:.0f} px wide, and mostly {:g} µm"
    text = f"The pixel size was not given. It is assumed to be {{:.2g}} µm for all fields of {{}}×{{}} px{{}}, {how}."
    return Note(text, size, *group, NUCLEUS / size, NUCLEUS)

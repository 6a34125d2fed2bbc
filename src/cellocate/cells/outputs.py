"""Write the results of a conversion: the store of crops, the tables and the summary."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

import cellocate
from cellocate.cells.clean_up import removal_reasons
from cellocate.cells.cutting import DIGITS, CellPlan, move_kept_crops, read_cells
from cellocate.cells.describe import BOX
from cellocate.cells.exports import write_cell_images
from cellocate.cells.field_notes import group_notes, load_notes
from cellocate.cells.flags import SEPARATOR, odd_nuclei
from cellocate.cells.strong_labels import StrongLabels, count_by_location, limit_cells
from cellocate.collection import Collection, Problem, open_collection
from cellocate.collection.collection import FLAGS, group_of
from cellocate.collection.faulty_fields import SKIPPED, skipped_table
from cellocate.collection.identity import ORIGINAL, original_ids
from cellocate.collection.layouts.store import collection_metadata, table
from cellocate.collection.packing import finish_store
from cellocate.errors import CellocateError
from cellocate.files import sync, write_text
from cellocate.rounded import json_text
from cellocate.write_tables import write_table

SUMMARY, CELLS, COUNTS, CROPS, PICTURES = "cells.json", "cells.csv", "counts.csv", "crops", "png"
_FIRST = ("id", "field", "cell", "y_px", "x_px", "area_um2", "edge", "why", FLAGS, "labels")  # columns of `cells.csv`


def write_outputs(
    plan: CellPlan, fields: Collection, collection: Collection, known: Sequence[Problem], strong: StrongLabels | None
) -> None:
    """Decide which cells stay, then write the store, the tables and, last, the summary.

    `fields` were cut into cells. The other fields of `collection` had `known` faults or other labels.

    Raises:
        CellocateError: no cell was found, or none is left.
    """
    cells = _found(plan, fields)
    cells["why"] = _why(cells, strong)
    kept = cells["why"] == ""
    if not kept.any():
        first, n = Counter(cells["why"]).most_common(1)[0]
        raise CellocateError(
            f"none of {len(cells)} cells is left: {n} were left out for {first!r}",
            where=fields.folder,
            mend="Keep such cells with --keep, lower --min-cells, or check the masks.",
        )
    index = _move_crops(plan, fields, cells)
    skipped = skipped_table(known, map(plan.problem, range(len(fields))))
    summary = _summary(plan, fields, cells, strong) | {
        "fields_skipped": skipped["id"].nunique(),  # a field may have several faults
        "fields_of_other_labels": len(set(collection.ids) - {problem.id for problem in known}) - len(fields),
    }
    history = {"made": dict(fields.made)} if fields.made else {}
    opened = {"step": "open", "layout": fields.layout, "fields": len(fields), **history}
    made = {"by": f"cellocate {cellocate.__version__}", "steps": [opened, {"step": "cells", **summary}]}
    store = plan.out / CROPS
    crops = _fields_of_store(cells[kept], fields)
    finish_store(store, index, crops, plan.channels, (plan.crop.size,), collection_metadata(replace(fields, made=made)))
    if plan.png:
        write_cell_images(open_collection(store), plan.out / PICTURES)
    if len(skipped):
        write_text(plan.out / SKIPPED, skipped.to_csv(index=False))
    _write_tables(plan, fields, cells, strong)
    write_text(plan.out / SUMMARY, json_text(summary) + "\n")
    sync(plan.out / SUMMARY, plan.out)


def _found(plan: CellPlan, fields: Collection) -> pd.DataFrame:
    """All cells, each with its id and the metadata of its field."""
    parts = [read_cells(plan, number, field) for number, field in enumerate(fields.ids)]
    if not sum(map(len, parts)):
        mend = "Check the masks, or give the pixel size of the images with --pixel-size."
        raise CellocateError("no cell was found in any field", where=fields.folder, mend=mend)
    cells = pd.concat([part for part in parts if len(part)], ignore_index=True)
    cells.insert(0, "id", [f"{field}_{number}" for field, number in zip(cells["field"], cells["cell"], strict=True)])
    known = fields.fields.drop(columns=["pixel_size", "camera_offset", *fields.channels], errors="ignore")
    known = known.drop(columns=[c for c in known if c in cells.columns]).reset_index(drop=True)
    rows = dict(zip(fields.ids, range(len(fields)), strict=True))
    known = known.assign(group=group_of(fields.fields).to_numpy(dtype=object))
    known[ORIGINAL] = original_ids(fields.fields)
    of_cells = known.iloc[[rows[field] for field in cells["field"]]].reset_index(drop=True)
    return pd.concat([cells, of_cells], axis=1)


def _why(cells: pd.DataFrame, strong: StrongLabels | None) -> pd.Series[str]:
    """Why each cell is left out; without `strong`, only because its crop is empty."""
    if strong is None:
        return cells["empty"].map({True: "empty", False: ""})
    return limit_cells(_label(cells), removal_reasons(cells, strong.clean), strong)


def _label(cells: pd.DataFrame) -> pd.Series[int]:
    return cells["labels"].map(lambda labels: labels[0])


def _move_crops(plan: CellPlan, fields: Collection, cells: pd.DataFrame) -> NDArray[Any]:
    """Move the crops that stay into the store, one shard for each field; return their index rows."""
    shards = plan.out / CROPS / str(plan.crop.size)
    by_field = (cells["why"] == "").groupby(cells["field"], sort=False)
    kept = {field: flags.to_numpy() for field, flags in by_field}
    index = [
        move_kept_crops(plan, number, kept[field], plan.out / CROPS, number)
        for number, field in enumerate(fields.ids)
        if field in kept
    ]
    sync(*shards.iterdir(), shards)
    return np.concatenate(index)


def _summary(plan: CellPlan, fields: Collection, cells: pd.DataFrame, strong: StrongLabels | None) -> dict[str, Any]:
    odd = odd_nuclei(cells["nucleus_area_um2"])
    notes = {field: [*odd, *load_notes(plan.notes(number))] for number, field in enumerate(fields.ids)}
    removed = cells.loc[cells["why"] != "", "why"].value_counts()
    flags = cells[FLAGS].str.split(SEPARATOR).explode()
    flagged = flags[flags != ""].value_counts()
    return {
        "crops": asdict(plan.crop),
        "masks": "given" if plan.masks is not None else "segmented",
        "strong": None if strong is None else strong.settings(),
        "fields": sum(not plan.problem(number).is_file() for number in range(len(fields))),
        "found": len(cells),
        "removed": {str(why): int(n) for why, n in removed.items()},
        "cells": int((cells["why"] == "").sum()),
        "flagged": {str(flag): int(n) for flag, n in flagged.items()},
        "notes": group_notes(notes),
    }


def _fields_of_store(cells: pd.DataFrame, fields: Collection) -> pd.DataFrame:
    """The table of the store of crops: place, size and brightness; all other measurements are only in `cells.csv`."""
    own = ["field", "cell", "y_px", "x_px", *BOX, "area_um2", "edge", FLAGS]
    own += [f"{channel}_cell_mean" for channel in fields.channels]
    of_field = [ORIGINAL, "group", "labels", *(c for c in fields.fields if c in cells and c not in own)]
    chosen = dict.fromkeys([*(c for c in own if c in cells), "field_pixel_size", "pixel_size", *of_field])
    as_text = cells.set_index("id")[list(chosen)].assign(edge=cells["edge"].astype(int).to_numpy())
    floats = as_text.select_dtypes("float").columns
    as_text[floats] = as_text[floats].map(lambda x: "" if pd.isna(x) else DIGITS % x)
    return table(replace(fields, fields=as_text))


def _write_tables(plan: CellPlan, fields: Collection, cells: pd.DataFrame, strong: StrongLabels | None) -> None:
    if strong is not None:
        write_table(
            plan.out / COUNTS, count_by_location(cells.assign(label=_label(cells)), fields.require_vocabulary())
        )
    texts = cells["labels"].map(lambda labels: "" if labels is None else " ".join(map(str, labels)))
    rows = cells.assign(labels=texts, edge=cells["edge"].astype(int)).drop(columns="empty")
    rows = rows[[*_FIRST, *(c for c in rows if c not in _FIRST)]]
    write_text(plan.out / CELLS, rows.to_csv(index=False, float_format=DIGITS))

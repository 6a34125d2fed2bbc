"""What is made of the cells of all fields: the store of crops, the tables and the card."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

import cellocate
from cellocate.cells.card import card_of
from cellocate.cells.clean import reasons
from cellocate.cells.cutting import DIGITS, CellPlan, keep_crops, read_cells
from cellocate.cells.describe import BOX
from cellocate.cells.notes import load_notes
from cellocate.cells.pictures import write_pictures
from cellocate.cells.strong import Strong, counts, scoped
from cellocate.collection import Collection, Problem, open_collection
from cellocate.collection.collection import FLAGS, group_of
from cellocate.collection.faulty import SKIPPED, skipped_fields
from cellocate.collection.identity import ORIGINAL, originals
from cellocate.collection.layouts.store import table, told
from cellocate.collection.packing import seal
from cellocate.errors import CellocateError
from cellocate.files import sync, write_text
from cellocate.rounded import json_text
from cellocate.write_tables import write_table

CARD, CELLS, COUNTS, CROPS, PICTURES = "cells.json", "cells.csv", "counts.csv", "crops", "png"
_FIRST = ("id", "field", "cell", "y_px", "x_px", "area_um2", "edge", "why", FLAGS, "labels")  # columns of `cells.csv`


def write_outputs(
    plan: CellPlan, fields: Collection, collection: Collection, known: Sequence[Problem], strong: Strong | None
) -> None:
    """Decide which cells stay, then write the store, the tables and, at the very end, the card.

    `fields` were cut into cells; of the whole `collection` those with `known` faults, and other labels, were left out.

    Raises:
        CellocateError: no cell was found, or none is left.
    """
    cells = _found(plan, fields)
    cells["why"] = _why(cells, strong)
    kept = cells["why"] == ""
    if not kept.any():
        first, n = Counter(cells["why"]).most_common(1)[0]
        raise CellocateError(
            f"no cell is left of {len(cells)}: {n} are left out for {first!r}",
            where=fields.folder,
            mend="Keep such cells with --keep, lower --min-cells, or look at the masks.",
        )
    index = _move_crops(plan, fields, cells)
    skipped = skipped_fields(known, map(plan.problem, range(len(fields))))
    card = _card(plan, fields, cells, strong) | {
        "fields_skipped": skipped["id"].nunique(),  # of which one may have several faults
        "fields_of_other_labels": len(set(collection.ids) - {problem.id for problem in known}) - len(fields),
    }
    history = {"made": dict(fields.made)} if fields.made else {}
    opened = {"step": "open", "layout": fields.layout, "fields": len(fields), **history}
    made = {"by": f"cellocate {cellocate.__version__}", "steps": [opened, {"step": "cells", **card}]}
    store = plan.out / CROPS
    crops = _fields_of_store(cells[kept], fields)
    seal(store, index, crops, plan.channels, (plan.crop.size,), told(replace(fields, made=made)))
    if plan.png:
        write_pictures(open_collection(store), plan.out / PICTURES)
    if len(skipped):
        write_text(plan.out / SKIPPED, skipped.to_csv(index=False))
    _write_tables(plan, fields, cells, strong)
    write_text(plan.out / CARD, json_text(card) + "\n")
    sync(plan.out / CARD, plan.out)


def _found(plan: CellPlan, fields: Collection) -> pd.DataFrame:
    """All cells, each with its id, and what is known of its field."""
    parts = [read_cells(plan, number, field) for number, field in enumerate(fields.ids)]
    if not sum(map(len, parts)):
        mend = "Look at the masks, or give the pixel size of the images with --pixel-size."
        raise CellocateError("no cell was found in any field", where=fields.folder, mend=mend)
    cells = pd.concat(parts, ignore_index=True)
    cells.insert(0, "id", [f"{field}_{number}" for field, number in zip(cells["field"], cells["cell"], strict=True)])
    known = fields.fields.drop(columns=["pixel_size", "camera_offset", *fields.channels], errors="ignore")
    known = known.drop(columns=[c for c in known if c in cells.columns]).reset_index(drop=True)
    rows = dict(zip(fields.ids, range(len(fields)), strict=True))
    known = known.assign(group=group_of(fields.fields).to_numpy(dtype=object))
    known[ORIGINAL] = originals(fields.fields)
    of_cells = known.iloc[[rows[field] for field in cells["field"]]].reset_index(drop=True)
    return pd.concat([cells, of_cells], axis=1)


def _why(cells: pd.DataFrame, strong: Strong | None) -> pd.Series[str]:
    """Why a cell is left out: of weak labels nothing but that nothing is seen of it."""
    if strong is None:
        return cells["empty"].map({True: "empty", False: ""})
    return scoped(_label(cells), reasons(cells, strong.clean), strong)


def _label(cells: pd.DataFrame) -> pd.Series[int]:
    """The one label of each cell, where fields have one."""
    return cells["labels"].map(lambda labels: labels[0])


def _move_crops(plan: CellPlan, fields: Collection, cells: pd.DataFrame) -> NDArray[Any]:
    """Move the crops that stay into the store, a shard for each field; give their rows of its index."""
    shards = plan.out / CROPS / str(plan.crop.size)
    by_field = (cells["why"] == "").groupby(cells["field"], sort=False)
    kept = {field: flags.to_numpy() for field, flags in by_field}
    index = [
        keep_crops(plan, number, kept[field], plan.out / CROPS, number)
        for number, field in enumerate(fields.ids)
        if field in kept
    ]
    sync(*shards.iterdir(), shards)
    return np.concatenate(index)


def _card(plan: CellPlan, fields: Collection, cells: pd.DataFrame, strong: Strong | None) -> dict[str, Any]:
    notes = {field: load_notes(plan.notes(number)) for number, field in enumerate(fields.ids)}
    used = sum(not plan.problem(number).is_file() for number in range(len(fields)))
    return card_of(plan, strong, cells, notes, used)


def _fields_of_store(cells: pd.DataFrame, fields: Collection) -> pd.DataFrame:
    """The table of the store of crops: what was measured beyond place, size and brightness is in `cells.csv` alone."""
    own = ["field", "cell", "y_px", "x_px", *BOX, "area_um2", "edge", FLAGS]
    own += [f"{channel}_cell_mean" for channel in fields.channels]
    of_field = [ORIGINAL, "group", "labels", *(c for c in fields.fields if c in cells and c not in own)]
    chosen = dict.fromkeys([*(c for c in own if c in cells), "field_pixel_size", "pixel_size", *of_field])
    as_text = cells.set_index("id")[list(chosen)].assign(edge=cells["edge"].astype(int).to_numpy())
    floats = as_text.select_dtypes("float").columns
    as_text[floats] = as_text[floats].map(lambda x: "" if pd.isna(x) else DIGITS % x)
    return table(replace(fields, fields=as_text))


def _write_tables(plan: CellPlan, fields: Collection, cells: pd.DataFrame, strong: Strong | None) -> None:
    if strong is not None:
        write_table(plan.out / COUNTS, counts(cells.assign(label=_label(cells)), fields.require_vocabulary()))
    texts = cells["labels"].map(lambda labels: "" if labels is None else " ".join(map(str, labels)))
    rows = cells.assign(labels=texts, edge=cells["edge"].astype(int)).drop(columns="empty")
    rows = rows[[*_FIRST, *(c for c in rows if c not in _FIRST)]]
    write_text(plan.out / CELLS, rows.to_csv(index=False, float_format=DIGITS))

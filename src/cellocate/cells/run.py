"""Fields → cells: in parallel, on from where it stopped, written as a collection of their own."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

import cellocate
from cellocate.cells.card import card_of
from cellocate.cells.clean import reasons
from cellocate.cells.describe import BOX
from cellocate.cells.given import masks_in
from cellocate.cells.job import WORK, Job, Plan, do, keep_crops, read_cells
from cellocate.cells.notes import load_notes
from cellocate.cells.pictures import write_pictures
from cellocate.cells.pixel_sizes import Estimated, estimate, with_sizes
from cellocate.cells.strong import Strong, counts, scoped, with_one_label
from cellocate.collection import Collection, Problem, open_collection
from cellocate.collection.check import problem_table
from cellocate.collection.collection import FLAGS, group_of
from cellocate.collection.depth import of_known_depth
from cellocate.collection.identity import ORIGINAL, originals
from cellocate.collection.layouts.store import table, told
from cellocate.collection.packing import SKIPPED, seal
from cellocate.collection.rescale import see_name
from cellocate.collection.unfinished import resumable
from cellocate.counted import counted
from cellocate.errors import CellocateError
from cellocate.files import sync, write_text
from cellocate.pool import run
from cellocate.rounded import json_text
from cellocate.written import write_table

CARD, CELLS, COUNTS, CROPS, PICTURES = "cells.json", "cells.csv", "counts.csv", "crops", "png"
NUCLEI = "blue"
_DIGITS = "%.6g"


@dataclass(frozen=True)
class Converted:
    """What was written.

    Attributes:
        cells: the collection of cells.
        card: what `cells.json` says.
    """

    cells: Collection
    card: dict[str, Any]


def convert(
    collection: Collection,
    plan: Plan,
    strong: Strong | None = None,
    *,
    workers: int | None = None,
    resume: bool = False,
    overwrite: bool = False,
    progress: Callable[[int], object] | None = None,
) -> Converted:
    """Find the cells of every field and cut them out, as a collection that everything else can be done with.

    Written to `plan.out`: `masks/`, the store `crops/`, `cells.csv`, `cells.json`, where labels became strong ones
    `counts.csv`, and where fields were left out `skipped.csv`. The same collection and request give the same files,
    whatever the number of workers and however often the work was interrupted.

    Args:
        collection: of fields; labels of a field are copied to each of its cells.
        plan: what is to be done with each.
        strong: take the fields with one label alone, and of their cells those that are likely to show it.
        workers: processes; as many as the machine has cores by default.
        resume: go on with what was begun.
        overwrite: replace what is there.
        progress: called with 1 after each field.

    Raises:
        CellocateError: an impossible request, a faulty field (after all others were done), no cell, a folder in use,
            a full disk, or another request to resume than was begun.
    """
    if workers is not None and workers < 1:
        raise CellocateError("nobody to do the work", where=f"workers {workers}", mend="Ask for 1 or more.")
    plan, collection = replace(plan, out=plan.out.resolve()), of_known_depth(collection)
    if resume and (plan.out / CARD).is_file():
        shutil.rmtree(plan.work, ignore_errors=True)
        return _opened(plan)
    if not collection.channels:
        raise CellocateError("a table without images", where=collection.folder, mend="Give the folder of its images.")
    if collection.unit == "cell":
        raise CellocateError("single cells already", where=collection.folder, mend="Give the fields that they are of.")
    collection.require(plan.channels)
    masks_in.cache_clear()  # the folder may have changed since an earlier call
    if plan.masks is not None:
        masks_in(plan.masks)  # says what is missing
    else:
        _require_nuclei(collection)
    faults = [p for p in collection.problems if p.severity == "fault"]
    early = [p for p in faults if collection.vocabulary is not None or p.about == "files"]
    fields = collection.without(early, skip_bad=plan.skip_bad)
    if strong is not None:
        fields = _of_one_label(fields, strong)
    if plan.masks is not None:
        masks = masks_in(plan.masks).beside(fields.files)
        masks.see_one_field_each(fields.ids)
        if not any(map(masks.has, fields.ids)):
            masks.require(fields.ids)
    for field in fields.ids:
        see_name(field)
    request, inputs = _request(plan, fields, strong), (*collection.places, plan.masks)
    with resumable(plan.out, WORK, request, noun="conversion", resume=resume, overwrite=overwrite, inputs=inputs):
        if not (plan.work / "decided").is_file():
            _cut_all(plan, fields, min(workers or os.cpu_count() or 1, len(fields)), progress)
            write_text(plan.work / "decided", "")  # from here on crops are moved, and no field is done anew
        _finish(plan, fields, collection, early, strong)
    return _opened(plan)


def _require_nuclei(collection: Collection) -> None:
    if NUCLEI not in collection.channels:
        what = f"no channel of nuclei, blue (it has {', '.join(collection.channels) or 'no images'})"
        mend = "Cells are found from their nuclei: add the files, or bring masks with --masks."
        raise CellocateError(what, where=collection.folder, mend=mend)


def _opened(plan: Plan) -> Converted:
    card = json.loads((plan.out / CARD).read_text(encoding="utf-8"))
    return Converted(open_collection(plan.out / CROPS), card)


def _of_one_label(fields: Collection, strong: Strong) -> Collection:
    fields.truth()  # says what is missing where nothing is labelled
    assert fields.vocabulary is not None
    unwanted = [fields.vocabulary.index(name) for name in strong.without]
    single = with_one_label(fields.fields["labels"], unwanted)
    if not single.any():
        mend = "Leave --strong out: the labels of a field are copied to its cells."
        raise CellocateError("no field has exactly one label that is wanted", where=fields.folder, mend=mend)
    return fields.subset([str(i) for i in fields.fields.index[single]])


def _request(plan: Plan, fields: Collection, strong: Strong | None) -> dict[str, Any]:
    """What must be the same when the work is resumed."""
    rows = table(fields).to_csv(lineterminator="\n")
    return {
        "channels": list(plan.channels),
        "crops": asdict(plan.square),
        "masks": None if plan.masks is None else str(plan.masks.resolve()),
        "segmenter": None if plan.segment is None else getattr(plan.segment, "__name__", ""),
        "strong": None if strong is None else strong.told(),
        "extras": [extra.__name__ for extra in plan.extras],
        "png": plan.png,
        "colours": plan.colours,
        "fields": hashlib.sha256(rows.encode()).hexdigest(),
    }


def _cut_all(plan: Plan, fields: Collection, workers: int, progress: Callable[[int], object] | None) -> None:
    problems: list[Problem] = []
    estimated = Estimated({}, {})
    if plan.masks is None:
        estimated = estimate(fields, workers, kept=plan.work / "pixel_sizes.json")
    for done in run(do, _jobs(plan, fields, estimated), workers):
        if done.problem is not None:
            problems.append(done.problem)
        written = (plan.shard(done.number), plan.rows(done.number), plan.cells(done.number))
        sync(*(path for path in written if path.is_file()))
        if progress is not None:
            progress(1)
    if problems and not plan.skip_bad:
        first = min(problems, key=lambda problem: problem.id)
        raise CellocateError(
            f"{len(problems)} of {counted(len(fields), 'field')} cannot be used; the first, {first.id}: "
            f"{first.error.what}",
            where=first.error.where,
            mend=f"{first.error.mend} All others are done: go on with --resume, or without the faulty ones with "
            "--resume --skip-bad.",
        )


def _jobs(plan: Plan, fields: Collection, estimated: Estimated) -> Iterator[Job]:
    slim = with_sizes(replace(fields, made={}, problems=()), estimated.sizes)
    for number, field in enumerate(fields.ids):
        yield Job(plan, number, slim.subset([field]), estimated.notes.get(field))


def _finish(
    plan: Plan, fields: Collection, collection: Collection, early: list[Problem], strong: Strong | None
) -> None:
    """Decide which cells stay, then write the store, the tables and, at the very end, the card."""
    parts = [read_cells(plan, number, field) for number, field in enumerate(fields.ids)]
    if not sum(map(len, parts)):
        mend = "Look at the masks, or give the pixel size of the images with --pixel-size."
        raise CellocateError("no cell was found in any field", where=fields.folder, mend=mend)
    cells = _with_fields(pd.concat(parts, ignore_index=True), fields)
    cells["why"] = _why(cells, strong)
    kept = cells["why"] == ""
    if not kept.any():
        first, n = Counter(cells["why"]).most_common(1)[0]
        raise CellocateError(
            f"no cell is left of {len(cells)}: {n} are left out for {first!r}",
            where=fields.folder,
            mend="Keep such cells with --keep, lower --min-cells, or look at the masks.",
        )
    store, size = plan.out / CROPS, plan.square.size
    by_field = cells.groupby("field", sort=False).indices
    index = [
        keep_crops(plan, number, kept.to_numpy()[by_field[field]], store, number)
        for number, field in enumerate(fields.ids)
        if field in by_field
    ]
    sync(*(store / str(size)).iterdir(), store / str(size))
    skipped = _skipped(plan, fields, early)
    notes = {field: load_notes(plan.notes(number)) for number, field in enumerate(fields.ids)}
    bad = {problem.id for problem in early}  # among them may be ids of rows without images
    used = sum(not plan.problem(number).is_file() for number in range(len(fields)))
    card = card_of(plan, strong, cells, notes, used) | {
        "fields_skipped": skipped["id"].nunique(),  # of which one may have several faults
        "fields_of_other_labels": len(collection) - len(fields) - len(bad & set(collection.ids)),
    }
    made = {"by": f"cellocate {cellocate.__version__}", "steps": [*_steps(fields), {"step": "cells", **card}]}
    crops = _store_fields(cells[kept], fields)
    seal(store, np.concatenate(index), crops, plan.channels, (size,), told(replace(fields, made=made)))
    if plan.png:
        write_pictures(open_collection(store), plan.out / PICTURES)
    if len(skipped):
        write_text(plan.out / SKIPPED, skipped.to_csv(index=False))
    _write_tables(plan, fields, cells, strong)
    write_text(plan.out / CARD, json_text(card) + "\n")
    sync(plan.out / CARD, plan.out)
    shutil.rmtree(plan.work)


def _with_fields(cells: pd.DataFrame, fields: Collection) -> pd.DataFrame:
    """Each cell with its id, and what is known of its field."""
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
    label = cells["labels"].map(lambda labels: labels[0])
    return scoped(label, reasons(cells, strong.clean), strong)


def _store_fields(cells: pd.DataFrame, fields: Collection) -> pd.DataFrame:
    """The table of the store of crops: what was measured beyond place, size and brightness is in `cells.csv` alone."""
    own = [
        "field",
        "cell",
        "y_px",
        "x_px",
        *BOX,
        "area_um2",
        "edge",
        FLAGS,
        *(f"{c}_cell_mean" for c in fields.channels),
    ]
    of_field = [ORIGINAL, "group", "labels", *(c for c in fields.fields if c in cells and c not in own)]
    chosen = dict.fromkeys([*(c for c in own if c in cells), "field_pixel_size", "pixel_size", *of_field])
    as_text = cells.set_index("id")[list(chosen)].assign(edge=cells["edge"].astype(int).to_numpy())
    floats = as_text.select_dtypes("float").columns
    as_text[floats] = as_text[floats].map(lambda x: "" if pd.isna(x) else _DIGITS % x)
    return table(replace(fields, fields=as_text))


def _write_tables(plan: Plan, fields: Collection, cells: pd.DataFrame, strong: Strong | None) -> None:
    if strong is not None:
        assert fields.vocabulary is not None
        label = cells["labels"].map(lambda labels: labels[0])
        how_many = counts(cells.assign(label=label), fields.vocabulary)
        write_table(plan.out / COUNTS, how_many)
    texts = cells["labels"].map(lambda labels: "" if labels is None else " ".join(map(str, labels)))
    first = ["id", "field", "cell", "y_px", "x_px", "area_um2", "edge", "why", FLAGS, "labels"]
    rows = cells.assign(labels=texts, edge=cells["edge"].astype(int)).drop(columns="empty")
    rows = rows[[*first, *(c for c in rows if c not in first)]]
    write_text(plan.out / CELLS, rows.to_csv(index=False, float_format=_DIGITS))


def _skipped(plan: Plan, fields: Collection, early: list[Problem]) -> pd.DataFrame:
    """The faulty fields that were left out."""
    late = [
        pd.read_csv(path, dtype=str, keep_default_na=False)
        for path in map(plan.problem, range(len(fields)))
        if path.is_file()
    ]
    return pd.concat([problem_table(early), *late])


def _steps(fields: Collection) -> list[dict[str, Any]]:
    """The history of the fields."""
    if fields.made:
        return [{"step": "open", "layout": fields.layout, "fields": len(fields), "made": dict(fields.made)}]
    return [{"step": "open", "layout": fields.layout, "fields": len(fields)}]

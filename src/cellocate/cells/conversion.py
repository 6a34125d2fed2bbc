"""Fields → cells: in parallel, on from where it stopped, written as a collection of their own."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any

from cellocate.cells.cutting import WORK, CellPlan, FieldToCut, cut_field, is_cut
from cellocate.cells.given import masks_in
from cellocate.cells.outputs import CARD, CROPS, write_outputs
from cellocate.cells.pixel_sizes import Estimated, estimate
from cellocate.cells.strong import Strong, with_one_label
from cellocate.collection import Collection, LabelledCollection, Problem, open_collection
from cellocate.collection.depth import with_known_depth
from cellocate.collection.faulty import known_faults, refuse_faulty, with_images
from cellocate.collection.layouts.store import table
from cellocate.collection.rescale import check_file_name
from cellocate.errors import CellocateError
from cellocate.files import sync, write_text
from cellocate.work import Work, check_workers, resumable, run

NUCLEI = "blue"


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
    plan: CellPlan,
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
    check_workers(workers)
    plan, collection = replace(plan, out=plan.out.resolve()), with_known_depth(collection)
    if resume and (plan.out / CARD).is_file():  # if it was interrupted, then when all was there
        shutil.rmtree(plan.work, ignore_errors=True)
        return _opened(plan)
    _check_images(collection, plan)
    known = known_faults(collection)
    fields = collection.without(known, skip_bad=plan.skip_bad)
    if strong is not None:
        fields = _of_one_label(fields.labelled(), strong)
    _check_masks_of(fields, plan)
    for field in fields.ids:
        check_file_name(field)
    request, inputs = _request(plan, fields, strong), (*collection.places, plan.masks)
    with resumable(plan.out, WORK, request, noun="conversion", resume=resume, overwrite=overwrite, inputs=inputs):
        decided = plan.work / "decided"  # from here on crops are moved, and no field is done anew
        if not decided.is_file():
            _cut_all(plan, fields, workers, progress)
            write_text(decided, "")
        write_outputs(plan, fields, collection, known, strong)
        shutil.rmtree(plan.work)
    return _opened(plan)


def _check_images(collection: Collection, plan: CellPlan) -> None:
    """Refuse a collection whose cells cannot be cut out, and a folder without masks."""
    with_images(collection, plan.channels)
    if collection.unit == "cell":
        raise CellocateError("single cells already", where=collection.folder, mend="Give the fields that they are of.")
    masks_in.cache_clear()  # the folder may have changed since an earlier call
    if plan.masks is not None:
        masks_in(plan.masks)  # says what is missing
    elif NUCLEI not in collection.channels:
        what = f"no channel of nuclei, blue (it has {', '.join(collection.channels)})"
        mend = "Cells are found from their nuclei: add the files, or bring masks with --masks."
        raise CellocateError(what, where=collection.folder, mend=mend)


def _check_masks_of(fields: Collection, plan: CellPlan) -> None:
    """Refuse masks that are of none of the fields, or of several at once."""
    if plan.masks is not None:
        masks = masks_in(plan.masks).excluding(fields.files)
        masks.refuse_shared_masks(fields.ids)
        if not any(map(masks.has, fields.ids)):
            masks.require(fields.ids)


def _opened(plan: CellPlan) -> Converted:
    card = json.loads((plan.out / CARD).read_text(encoding="utf-8"))
    return Converted(open_collection(plan.out / CROPS), card)


def _of_one_label(fields: LabelledCollection, strong: Strong) -> LabelledCollection:
    unwanted = [fields.vocabulary.index(name) for name in strong.without]
    single = with_one_label(fields.fields["labels"], unwanted)
    if not single.any():
        mend = "Leave --strong out: the labels of a field are copied to its cells."
        raise CellocateError("no field has exactly one label that is wanted", where=fields.folder, mend=mend)
    return fields.subset([str(i) for i in fields.fields.index[single]])


def _request(plan: CellPlan, fields: Collection, strong: Strong | None) -> dict[str, Any]:
    """What must be the same when the work is resumed."""
    rows = table(fields).to_csv(lineterminator="\n")
    return {
        "channels": list(plan.channels),
        "crops": asdict(plan.crop),
        "masks": None if plan.masks is None else str(plan.masks.resolve()),
        "segmenter": None if plan.segment is None else getattr(plan.segment, "__name__", ""),
        "strong": None if strong is None else strong.settings(),
        "extras": [extra.__name__ for extra in plan.extras],
        "png": plan.png,
        "colours": plan.colours,
        "fields": hashlib.sha256(rows.encode()).hexdigest(),
    }


def _cut_all(plan: CellPlan, fields: Collection, workers: int | None, progress: Callable[[int], object] | None) -> None:
    estimated = Estimated({}, {})
    if plan.masks is None:
        estimated = estimate(fields, workers, kept=plan.work / "pixel_sizes.json")
    slim = replace(fields, made={}, problems=()).with_pixel_sizes(estimated.sizes)
    tasks = (FieldToCut(plan, n, slim.subset([i]), estimated.notes.get(i)) for n, i in enumerate(fields.ids))
    problems: list[Problem] = []
    for task, problem in run(Work(tasks, cut_field, is_cut), workers):
        if problem is not None:
            problems.append(problem)
        written = (plan.shard(task.number), plan.rows(task.number), plan.cells(task.number))
        sync(*(path for path in written if path.is_file()))
        if progress is not None:
            progress(1)
    if not plan.skip_bad:
        refuse_faulty(problems, len(fields), "used")

"""Pack a collection into a store: once, in parallel, and on from where it stopped."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cellocate.collection.collection import Collection, Problem
from cellocate.collection.depth import with_known_depth
from cellocate.collection.faulty import SKIPPED, known_faults, refuse_faulty, skipped_fields, with_images
from cellocate.collection.layouts import open_collection
from cellocate.collection.layouts.phantoms import CARD as PHANTOMS
from cellocate.collection.layouts.store import TABLE, UNFINISHED, table, told
from cellocate.collection.shards import Shard, StorePlan, is_packed, pack_shard, save
from cellocate.errors import CellocateError
from cellocate.files import sync, write_text
from cellocate.images.store import CARD, INDEX, Card, per_shard, write_card
from cellocate.work import Work, check_workers, resumable, run

_SIZES = (16, 16384)  # px: below, nothing is to be seen; above, one field would fill a worker's memory


def pack(
    collection: Collection,
    out: str | Path,
    *,
    sizes: Sequence[int],
    channels: Sequence[str] | None = None,
    workers: int | None = None,
    resume: bool = False,
    overwrite: bool = False,
    skip_bad: bool = False,
    progress: Callable[[int], object] | None = None,
) -> Collection:
    """Pack a collection into a store: a folder from which fields are read many times faster than from image files.

    Each field is shrunk by area averaging until its longer side is each of `sizes` (a smaller one is kept as it is),
    in its own depth; the bits of the camera are kept beside its labels. The same collection and request give the same
    bytes, whatever the number of workers and however often the work was interrupted.

    Args:
        collection: its labels and metadata go into the store as well.
        out: a new folder; `open_collection` reads it.
        sizes: px of the longer side, 16 to 16384. Readers take the smallest that is enough for them.
        channels: which to keep; all that the collection has, unless given.
        workers: processes; as many as the machine has cores by default. As with all Python programs that start
            processes, a script that asks for more than one keeps its work below `if __name__ == "__main__":`.
        resume: go on with the unfinished store in `out`; what is there already is checked first.
        overwrite: replace what is in `out`.
        skip_bad: leave faulty fields out (they are listed in `out/skipped.csv`) instead of refusing the collection.
        progress: called with the number of its fields after each shard.

    Returns:
        The store, opened.

    Raises:
        CellocateError: an impossible request, a faulty field, a folder in use (by files, or by another process), no
            room on the disk, or a store to resume that was begun with another collection or request.

    Example:
        >>> import tempfile
        >>> from cellocate.images import write_png
        >>> folder = Path(tempfile.mkdtemp())
        >>> write_png(folder / "a_green.png", np.full((64, 32), 7, np.uint8))
        >>> store = pack(open_collection(folder), folder / "store", sizes=[16], workers=1)
        >>> store.layout, store.read("a", ["green"])[0].shape
        ('store', (1, 16, 8))
    """
    collection = with_known_depth(collection)
    plan = StorePlan(Path(out).resolve(), tuple(channels or collection.channels), _checked(sizes), skip_bad)
    check_workers(workers)
    if resume and (plan.out / CARD).is_file():  # if it was interrupted, then when all was there
        shutil.rmtree(plan.out / UNFINISHED, ignore_errors=True)
        return open_collection(plan.out)
    with_images(collection, plan.channels)
    known = known_faults(collection)  # all others show in decoding
    collection = collection.without(known, skip_bad=skip_bad)
    request, inputs = _request(plan, collection), collection.places
    with resumable(plan.out, UNFINISHED, request, noun="store", resume=resume, overwrite=overwrite, inputs=inputs):
        problems: list[Problem] = []
        for shard, found in run(Work(_shards(plan, collection), pack_shard, is_packed), workers):
            problems += found or ()
            sync(*plan.pixels(shard.number))  # while the workers decode the next ones
            if progress is not None:
                progress(len(shard.fields))
        refuse_faulty(problems, len(collection), "packed")
        _finish(plan, collection, known)
    return open_collection(plan.out)


def _checked(sizes: Sequence[int]) -> tuple[int, ...]:
    wrong = [size for size in sizes if not _SIZES[0] <= size <= _SIZES[1]]
    if wrong or not sizes:
        mend = f"Give px of the longer side, {_SIZES[0]} to {_SIZES[1]}."
        raise CellocateError("no size" if not sizes else f"an impossible size of {wrong[0]} px", mend=mend)
    return tuple(sorted(set(sizes)))


def _request(plan: StorePlan, collection: Collection) -> dict[str, Any]:
    """What must be the same when a store is resumed."""
    counts = table(collection).drop(columns="bits", errors="ignore")  # which do not change what is packed
    fields = hashlib.sha256(_csv(counts).encode()).hexdigest()
    return {"channels": list(plan.channels), "sizes": list(plan.sizes), "fields": fields}


def _shards(plan: StorePlan, collection: Collection) -> Iterator[Shard]:
    ids, many = collection.ids, per_shard(plan.sizes, len(plan.channels))
    collection = replace(collection, made={})  # which may be long, and no worker needs
    for number, start in enumerate(range(0, len(ids), many)):
        yield Shard(plan, number, collection.subset(ids[start : start + many]))


def _finish(plan: StorePlan, collection: Collection, known: list[Problem]) -> None:
    """Write the tables and, at the very end, the card that makes a folder a store."""
    shards = range(-(-len(collection) // per_shard(plan.sizes, len(plan.channels))))
    index = np.concatenate([np.load(plan.rows(number)) for number in shards])
    kept = index["bits"] > 0
    if not kept.any():
        raise CellocateError("no usable field is left", where=collection.folder, mend="'cellocate check' says why.")
    skipped = skipped_fields(known, map(plan.problems, shards))
    if len(skipped):
        write_text(plan.out / SKIPPED, skipped.to_csv(index=False))
    if (collection.folder / PHANTOMS).is_file():
        write_text(plan.out / PHANTOMS, (collection.folder / PHANTOMS).read_text(encoding="utf-8"))
        sync(*plan.out.glob(f"{PHANTOMS.parent}/*"))
    seal(plan.out, index[kept], table(collection)[kept], plan.channels, plan.sizes, told(collection))
    shutil.rmtree(plan.out / UNFINISHED)


def seal(
    out: Path,
    index: NDArray[Any],
    fields: pd.DataFrame,
    channels: Sequence[str],
    sizes: Sequence[int],
    told: dict[str, Any],
) -> None:
    """Make a folder with shards a store: write its tables and, at the very end, its card.

    Args:
        out: the folder.
        index: a row for each field that is kept.
        fields: their ids, labels and metadata (see `layouts.store.table`), in the same order.
        channels: of each.
        sizes: px of the longer side, ascending.
        told: what the store says of the collection (see `layouts.store.told`).
    """
    save(out / INDEX, index)
    write_text(out / TABLE, _csv(fields))
    sync(*out.iterdir())
    tables = {name: hashlib.sha256((out / name).read_bytes()).hexdigest() for name in (INDEX, TABLE)}
    write_card(out, Card(tuple(channels), tuple(sizes), len(index), tables, told))


def _csv(fields: pd.DataFrame) -> str:
    return fields.to_csv(index_label="id", lineterminator="\n")

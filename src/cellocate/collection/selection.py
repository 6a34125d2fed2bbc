"""Select from collections, and write the result as a new folder."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import cellocate
from cellocate.collection.collection import Collection
from cellocate.collection.filters import (
    map_labels,
    sample_fields,
    with_listed_ids,
    with_locations,
    with_metadata,
    with_single_location,
)
from cellocate.collection.inspection import usable_fields
from cellocate.collection.layouts import listing
from cellocate.collection.merge import SharedIds, merge
from cellocate.collection.rescale import rescale
from cellocate.files import new_folder
from cellocate.tables import table_rows
from cellocate.vocabulary.vocabulary import get_vocabulary

_NAMED = 5


@dataclass(frozen=True)
class Selection:
    """Steps of a selection, taken in this order.

    Args:
        vocabulary: name or file of the vocabulary to map labels to; later steps use its names.
        by: your own map to it, a CSV table `from,to`, instead of the built-in one.
        keep_lost: keep fields that lose all labels in the map, as Negative.
        any_of: locations; a field must have at least one.
        all_of: locations that a field must all have.
        without: locations that a field must not have.
        single: keep only fields with exactly one location.
        where: columns of metadata, and the values to keep.
        ids: a table of fields to keep (see `with_listed_ids`).
        without_ids: a table of fields to leave out.
        sample: number of fields to draw at random.
        seed: random seed of the sample.
    """

    vocabulary: str | None = None
    by: Path | None = None
    keep_lost: bool = False
    any_of: Sequence[str] = ()
    all_of: Sequence[str] = ()
    without: Sequence[str] = ()
    single: bool = False
    where: Mapping[str, Sequence[str]] = field(default_factory=dict)
    ids: Path | None = None
    without_ids: Path | None = None
    sample: int | None = None
    seed: int = 0


@dataclass(frozen=True)
class Derived:
    """The result of a selection: its fields, the steps with the number of fields left, and notes for the user."""

    collection: Collection
    steps: tuple[dict[str, Any], ...]
    notes: tuple[str, ...]


def select(collections: Sequence[Collection], selection: Selection, *, skip_bad: bool = False) -> Derived:
    """Select fields from one or several collections, without writing anything.

    Raises:
        CellocateError: a field has faulty labels and `skip_bad` is not set, collections cannot be merged, or no field
            is left.
    """
    steps: list[dict[str, Any]] = []
    notes: list[str] = []
    parts = []
    for part in collections:
        good = part.without(part.problems, skip_bad=skip_bad)
        step = {"step": "open", "folder": str(part.folder.resolve()), "layout": part.layout, "fields": len(good)}
        steps.append({**step, "made": dict(part.made)} if part.made else step)
        if len(part) > len(good):
            notes.append(f"{len(part) - len(good)} faulty fields of {part.folder} were left out")
        if selection.vocabulary is not None and (
            selection.by or good.vocabulary != get_vocabulary(selection.vocabulary)
        ):
            good, lost = map_labels(good, selection.vocabulary, by=selection.by, keep_lost=selection.keep_lost)
            by = {} if selection.by is None else {"by": [",".join(row) for _, row in table_rows(selection.by)]}
            steps.append({"step": "map", "vocabulary": selection.vocabulary, **by, "lost": lost, "fields": len(good)})
            notes.extend(_lost(lost, part, selection))
        parts.append(good)
    chosen, shared = merge(parts) if len(parts) > 1 else (parts[0], ())
    notes.extend(map(_shared_note, shared))
    if len(parts) > 1:
        steps.append({"step": "merge", "shared": [_shared_counts(s) for s in shared], "fields": len(chosen)})
    for name, asked, narrow in _narrowing(selection):
        chosen = narrow(chosen)
        steps.append({"step": name, **asked, "fields": len(chosen)})
    return Derived(chosen, tuple(steps), tuple(notes))


def write_derived(
    derived: Derived,
    folder: Path,
    *,
    pixel_size: float | None = None,
    overwrite: bool = False,
    skip_bad: bool = False,
    inputs: Sequence[str | Path] = (),
    progress: Callable[[int], object] | None = None,
) -> Collection:
    """Write a derived collection: a listing of the original files, or rescaled images with their listing.

    Args:
        derived: the collection to write.
        folder: a new or empty folder.
        pixel_size: µm per px to rescale the images to.
        overwrite: replace the content of the folder.
        skip_bad: when rescaling, leave faulty images out.
        inputs: input folders, which are never replaced.
        progress: called with 1 after each rescaled field.

    Returns:
        What was written.

    Raises:
        CellocateError: the folder is not empty, or images cannot be rescaled.
    """
    collection, steps = derived.collection, list(derived.steps)
    with new_folder(folder, overwrite=overwrite, inputs=(*inputs, *collection.places)) as aside:
        if pixel_size is not None:
            collection, _ = usable_fields(collection, collection.channels, labelled=False, skip_bad=skip_bad)
            collection = rescale(collection, pixel_size, aside / "images", progress)
            steps.append({"step": "rescale", "pixel_size": pixel_size, "fields": len(collection)})
        made = {"by": f"cellocate {cellocate.__version__}", "steps": steps}
        listing.write(aside, collection, made)
    return replace(collection, made=made)


def _narrowing(selection: Selection) -> list[tuple[str, dict[str, Any], Callable[[Collection], Collection]]]:
    """Name, settings and function of each requested step."""
    labels = {"any_of": selection.any_of, "all_of": selection.all_of, "without": selection.without}
    asked = {name: list(names) for name, names in labels.items() if names}
    count, seed = selection.sample, selection.seed
    steps: list[tuple[bool, str, dict[str, Any], Callable[[Collection], Collection]]] = [
        (bool(asked), "labels", asked, lambda c: with_locations(c, **asked)),
        (selection.single, "single", {}, with_single_location),
        (bool(selection.where), "where", dict(selection.where), lambda c: with_metadata(c, selection.where)),
        *(
            (
                table is not None,
                name,
                {"table": str(table)},
                partial(with_listed_ids, table=table or Path(), keep=name == "ids"),
            )
            for name, table in (("ids", selection.ids), ("without_ids", selection.without_ids))
        ),
        (count is not None, "sample", {"count": count, "seed": seed}, lambda c: sample_fields(c, count or 0, seed)),
    ]
    return [(name, settings, narrow) for wanted, name, settings, narrow in steps if wanted]


def _lost(lost: Mapping[str, int], part: Collection, selection: Selection) -> list[str]:
    if not lost:
        return []
    fate = "were kept as Negative" if selection.keep_lost else "were left out"
    which = ", ".join(f"{names} {count}" for names, count in sorted(lost.items(), key=lambda item: -item[1]))
    count = sum(lost.values())
    return [f"{count} fields of {part.folder} lost all labels in {selection.vocabulary} and {fate} ({which})"]


def _shared_counts(shared: SharedIds) -> dict[str, Any]:
    counts = {"identical": len(shared.identical), "same": len(shared.same)}
    return {"sources": [shared.first, shared.second], "ids": shared.ids, **counts}


def _shared_note(shared: SharedIds) -> str:
    ids = ", ".join(shared.ids[:_NAMED]) + (" and so on" if len(shared.ids) > _NAMED else "")
    both = f"{shared.first} ({shared.sizes[0]} fields) and {shared.second} ({shared.sizes[1]} fields)"
    files = f", {len(shared.identical)} of them with identical files" if shared.identical else ""
    certain = len(shared.same) == len(shared.ids)
    what, mend = ("are the same", "") if certain else ("have the same id", "if they are the same images, ")
    return (
        f"{len(shared.ids)} fields {what} in {both}{files} ({ids}; listing.json lists all): {mend}train on them "
        "together, but never evaluate on one what was trained on the other. The column group keeps each pair in one "
        "part of a split"
    )

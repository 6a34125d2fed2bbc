"""A derived collection, from the folders it is made of to the folder it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import cellocate
from cellocate.collection.check import usable
from cellocate.collection.collection import Collection
from cellocate.collection.derive import listed, mapped, sample, showing, single, where
from cellocate.collection.layouts import listing
from cellocate.collection.merge import Shared, merge
from cellocate.collection.rescale import rescale
from cellocate.files import new_folder
from cellocate.tables import table_rows
from cellocate.vocabulary import get_vocabulary

_NAMED = 5


@dataclass(frozen=True)
class Selection:
    """What is asked of collections; steps are taken in this order, and what is not asked for is not done.

    Args:
        vocabulary: to map labels to, by name or file; the steps after it speak its words.
        by: a map of one's own to it, a CSV table `from,to`; the built-in one unless given.
        keep_lost: keep fields that lose all labels in the map, as Negative.
        any_of: locations of which a field must show one.
        all_of: locations of which it must show each.
        without: locations of which it may show none.
        single: take fields with exactly one location.
        where: columns of metadata, and the values that are taken.
        ids: a table of the fields that are taken (see `listed`).
        without_ids: a table of fields that are left out.
        sample: so many fields at random.
        seed: of that draw.
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
    """A selection carried out: the fields, what was done with how many left, and what a user should know."""

    collection: Collection
    steps: tuple[dict[str, Any], ...]
    notes: tuple[str, ...]


def select(collections: Sequence[Collection], selection: Selection, *, skip_bad: bool = False) -> Derived:
    """Choose from one or several collections, all but the writing of images.

    Raises:
        CellocateError: a field has faulty labels and `skip_bad` is not set, collections do not go together, or what
            is asked for is not there.
    """
    steps: list[dict[str, Any]] = []
    notes: list[str] = []
    parts = []
    for part in collections:
        good = part.without(part.problems, skip_bad=skip_bad)
        steps.append(_opened(part, len(good)))
        if len(part) > len(good):
            notes.append(f"{len(part) - len(good)} faulty fields of {part.folder} were left out")
        if selection.vocabulary is not None and (
            selection.by or good.vocabulary != get_vocabulary(selection.vocabulary)
        ):
            good, lost = mapped(good, selection.vocabulary, by=selection.by, keep_lost=selection.keep_lost)
            by = {} if selection.by is None else {"by": [",".join(row) for _, row in table_rows(selection.by)]}
            steps.append({"step": "map", "vocabulary": selection.vocabulary, **by, "lost": lost, "fields": len(good)})
            notes.extend(_lost(lost, part, selection))
        parts.append(good)
    chosen, shared = merge(parts) if len(parts) > 1 else (parts[0], ())
    notes.extend(map(_said, shared))
    if len(parts) > 1:
        told = [_told(s) for s in shared]
        steps.append({"step": "merge", "shared": told, "fields": len(chosen)})
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
    """Write a derived collection: a listing of files that stay where they are, or rescaled ones with their listing.

    Args:
        derived: what to write.
        folder: which must be new or empty.
        pixel_size: µm per px to rescale the images to.
        overwrite: replace an older one.
        skip_bad: leave faulty images out, where images are rescaled.
        inputs: folders that are read, and never replaced.
        progress: called with 1 after each field that is rescaled.

    Returns:
        What was written.

    Raises:
        CellocateError: the folder holds something, or images cannot be rescaled.
    """
    collection, steps = derived.collection, list(derived.steps)
    with new_folder(folder, overwrite=overwrite, inputs=(*inputs, *collection.places)) as aside:
        if pixel_size is not None:
            collection, _ = usable(collection, collection.channels, labelled=False, skip_bad=skip_bad)
            collection = rescale(collection, pixel_size, aside / "images", progress)
            steps.append({"step": "rescale", "pixel_size": pixel_size, "fields": len(collection)})
        made = {"by": f"cellocate {cellocate.__version__}", "steps": steps}
        listing.write(aside, collection, made)
    return replace(collection, made=made)


def _opened(part: Collection, count: int) -> dict[str, Any]:
    step = {"step": "open", "folder": str(part.folder.resolve()), "layout": part.layout, "fields": count}
    return {**step, "made": dict(part.made)} if part.made else step


def _narrowing(selection: Selection) -> list[tuple[str, dict[str, Any], Callable[[Collection], Collection]]]:
    """Name, settings and function of each step that is asked for."""
    labels = {"any_of": selection.any_of, "all_of": selection.all_of, "without": selection.without}
    asked = {name: list(names) for name, names in labels.items() if names}
    count, seed = selection.sample, selection.seed
    steps: list[tuple[bool, str, dict[str, Any], Callable[[Collection], Collection]]] = [
        (bool(asked), "labels", asked, lambda c: showing(c, **asked)),
        (selection.single, "single", {}, single),
        (bool(selection.where), "where", dict(selection.where), lambda c: where(c, selection.where)),
        *(
            (table is not None, name, {"table": str(table)}, partial(listed, table=table or Path(), keep=name == "ids"))
            for name, table in (("ids", selection.ids), ("without_ids", selection.without_ids))
        ),
        (count is not None, "sample", {"count": count, "seed": seed}, lambda c: sample(c, count or 0, seed)),
    ]
    return [(name, settings, narrow) for wanted, name, settings, narrow in steps if wanted]


def _lost(lost: Mapping[str, int], part: Collection, selection: Selection) -> list[str]:
    if not lost:
        return []
    fate = "were kept as Negative" if selection.keep_lost else "were left out"
    which = ", ".join(f"{names} {count}" for names, count in sorted(lost.items(), key=lambda item: -item[1]))
    count = sum(lost.values())
    return [f"{count} fields of {part.folder} lost all labels in {selection.vocabulary} and {fate} ({which})"]


def _told(shared: Shared) -> dict[str, Any]:
    counts = {"identical": len(shared.identical), "same": len(shared.same)}
    return {"sources": [shared.first, shared.second], "ids": shared.ids, **counts}


def _said(shared: Shared) -> str:
    ids = ", ".join(shared.ids[:_NAMED]) + (" and so on" if len(shared.ids) > _NAMED else "")
    both = f"the {shared.sizes[0]} of {shared.first} and of the {shared.sizes[1]} of {shared.second}"
    files = f", {len(shared.identical)} of them with identical files" if shared.identical else ""
    certain = len(shared.same) == len(shared.ids)
    what, mend = ("are the same", "") if certain else ("have the same id", "if they are the same images, ")
    return (
        f"{len(shared.ids)} fields {what}, of {both}{files} ({ids}; listing.json names all): {mend}train on them "
        "together, but never measure on one what was trained on the other. The column group keeps each pair in one "
        "part of a split"
    )

"""The layout `store`: a folder that `pack` wrote."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cellocate.collection.collection import Collection
from cellocate.collection.layouts.hpa_pixel_size import with_hpa_pixel_sizes
from cellocate.collection.layouts.join_labels import join_labels
from cellocate.collection.metadata_tables import NUMBERS
from cellocate.errors import CellocateError
from cellocate.images import CHANNELS
from cellocate.images.scale import check_pixel_size
from cellocate.images.store import CARD, Store, open_store, place
from cellocate.tables import normalised
from cellocate.vocabulary import Location, Vocabulary, get_vocabulary

TABLE = "fields.csv"
UNFINISHED = "packing"
"""Folder with the state of an unfinished `pack`."""


def is_store(folder: Path) -> bool:
    """Whether a folder holds a store, finished or not."""
    return (folder / CARD).is_file() or (folder / UNFINISHED).is_dir()


def collection_metadata(collection: Collection) -> dict[str, Any]:
    """The facts about a packed collection that a store keeps besides the table of its fields."""
    vocabulary = collection.vocabulary
    return {
        "vocabulary": None if vocabulary is None else vocabulary.name,
        "locations": None if vocabulary is None else [[x.name, x.go, x.group] for x in vocabulary.locations],
        "simulated": collection.simulated,
        "pixel_size_assumed": collection.pixel_size_assumed,
        "made": dict(collection.made) or {"layout": collection.layout},
    }


def table(collection: Collection) -> pd.DataFrame:
    """The table `fields.csv`: ids, labels and metadata. The pixel size is that of the packed files.

    The camera's offset is left out: it is subtracted before pixels are packed.
    """
    fields = collection.fields.drop(columns=[c for c in (*CHANNELS, "camera_offset") if c in collection.fields])
    if collection.vocabulary is None:
        return fields.drop(columns="labels")
    texts = [" ".join(map(str, labels)) for labels in collection.fields["labels"]]
    return fields.assign(labels=pd.Series(texts, index=fields.index, dtype=object))


def read(
    folder: Path, labels: Path | None, vocabulary: Vocabulary | str | None, pixel_size: float | None
) -> Collection:
    """Read the fields of a store, with its labels and metadata or those of another table.

    Args:
        folder: folder of the store.
        labels: a label table that replaces the store's labels.
        vocabulary: vocabulary of `labels`, if that of the store and the usual one differ.
        pixel_size: µm per px of the packed files; replaces the store's.

    Raises:
        CellocateError: the store is unfinished, altered, cut short, or of a later version.
    """
    if not (folder / CARD).is_file():
        mend = "Continue with 'cellocate pack … --resume'."
        raise CellocateError("an unfinished store", where=folder, mend=mend)
    open_store.cache_clear()  # another store may have taken its place
    store = open_store(str(folder))
    store.check_complete()
    own = _own(store)
    if labels is None:
        if vocabulary is not None and (own.vocabulary is None or not _same(vocabulary, own.vocabulary)):
            what = "the store's labels are of another vocabulary"
            raise CellocateError(what, where=folder, mend="Give a label table too, with --labels.")
        collection = own
    else:
        collection = _relabelled(own, labels, vocabulary)
    collection = replace(collection, simulated=own.simulated, made=own.made)
    if pixel_size is None:
        collection = with_hpa_pixel_sizes(collection)
    return _with_pixel_size(collection, own, store, pixel_size)


def _own(store: Store) -> Collection:
    fields = pd.read_csv(store.folder / TABLE, dtype=str, keep_default_na=False, index_col=0)
    fields.index = pd.Index([normalised(str(i)) for i in fields.index], name="id", dtype=object)
    vocabulary = _vocabulary(store.card.collection)
    if vocabulary is None:
        labels: list[Any] = [None] * len(fields)
    else:
        sets = {text: vocabulary.parse(text) for text in fields["labels"].unique()}
        labels = [sets[text] for text in fields["labels"]]
    for name in NUMBERS:
        if name in fields:
            fields[name] = fields[name].replace("", "nan").astype(object).astype(float)  # digit for digit
    places = pd.Series([place(store.folder, row) for row in range(len(fields))], index=fields.index, dtype=object)
    fields = fields.assign(labels=pd.Series(labels, index=fields.index, dtype=object))
    because = f"a store of {' and '.join(map(str, store.card.sizes))} px"
    metadata = store.card.collection  # older stores lack what follows
    return Collection(
        store.folder,
        "store",
        fields.assign(**dict.fromkeys(store.card.channels, places)),
        vocabulary,
        because=because,
        simulated=bool(metadata.get("simulated")),
        pixel_size_assumed=bool(metadata.get("pixel_size_assumed")),
        made=metadata.get("made", {}),
    )


def _vocabulary(card: dict[str, Any]) -> Vocabulary | None:
    if card["vocabulary"] is None:
        return None
    return Vocabulary(card["vocabulary"], tuple(Location(*x) for x in card["locations"]))


def _same(asked: Vocabulary | str, own: Vocabulary) -> bool:
    return (asked if isinstance(asked, Vocabulary) else get_vocabulary(asked)).names == own.names


def _relabelled(own: Collection, labels: Path, vocabulary: Vocabulary | str | None) -> Collection:
    fields, read, problems = join_labels(own.fields, labels, vocabulary, own.vocabulary)
    because = f"{own.because}; labels of {read.vocabulary.name} in {labels.name}"
    return replace(own, fields=fields, vocabulary=read.vocabulary, problems=tuple(problems), because=because)


def _with_pixel_size(collection: Collection, own: Collection, store: Store, pixel_size: float | None) -> Collection:
    """Scale the pixel size to the store's largest edition, as shrinking made pixels larger."""
    fields = collection.fields
    if pixel_size is not None:
        fields = fields.assign(pixel_size=check_pixel_size(pixel_size))
        collection = replace(collection, pixel_size_assumed=False)
    if "pixel_size" not in fields:
        return collection
    longer = np.maximum(store.index["height"], store.index["width"]).astype(float)
    factors: NDArray[np.float64] = longer / np.minimum(longer, store.card.sizes[-1])
    shrunk = pd.Series(factors, index=own.fields.index).reindex(fields.index)
    return replace(collection, fields=fields.assign(pixel_size=fields["pixel_size"] * shrunk))

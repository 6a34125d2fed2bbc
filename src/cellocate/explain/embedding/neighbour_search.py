"""Ask embeddings for what looks like a field, and write the answer as a table and as a sheet of pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from cellocate.choices import Colours
from cellocate.collection import Collection
from cellocate.errors import CellocateError
from cellocate.explain.embedding.embedding_plots import draw_neighbours
from cellocate.explain.embedding.embeddings import Embeddings
from cellocate.explain.embedding.nearest import Features, Index, Nearest, drop_excluded, find_nearest
from cellocate.networks import Model
from cellocate.pictures import read_pictures
from cellocate.prediction import predict_and_embed
from cellocate.write_tables import write_table

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_ROWS = 20  # of those asked for, on a sheet
_COLUMNS = ("query", "rank", "Id", "similarity")  # of the table, before what is known of each


@dataclass(frozen=True, eq=False)
class NeighbourSearch:
    """The nearest of each of Q fields, or cells.

    Args:
        known: what was searched.
        names: ids of those asked for.
        nearest: rows of `known`, -1 where fewer were found, shape (Q, k).
    """

    known: Embeddings
    names: list[str]
    nearest: Nearest

    def write(self, path: str | Path) -> int:
        """Write a CSV with a row for each neighbour: see docs/formats.md. Returns how many there are.

        What is known in columns of the names of its own is left out.
        """
        told = self.known.known.reset_index(drop=True).drop(columns=["group", *_COLUMNS], errors="ignore")
        rows = [
            {"query": name, "rank": rank, "Id": self.known.ids[row], "similarity": round(float(similarity), 6)}
            | told.iloc[int(row)].to_dict()
            for name, near, values in zip(self.names, *self.nearest, strict=True)
            for rank, (row, similarity) in enumerate(zip(near, values, strict=True), start=1)
            if row >= 0
        ]
        write_table(path, pd.DataFrame(rows, columns=[*_COLUMNS, *told]), sheet="neighbours")
        return len(rows)

    def draw(self, collection: Collection, asked: Collection | None = None, colours: Colours = "atlas") -> Figure:
        """The first twenty asked for, each beside its nearest.

        Args:
            collection: that `known` is of.
            asked: that the names are of; the same unless given.
            colours: of composites.
        """
        ids, words = self.known.ids, dict(zip(self.known.ids, self.known.shown, strict=True))
        own_words = words if asked is None else {}  # another field may have the same id
        names = self.names[:_ROWS]
        near = [
            [(ids[row], f"{value:.2f} {words[ids[row]]}") for row, value in zip(rows, values, strict=True) if row >= 0]
            for rows, values in zip(*(found[:_ROWS] for found in self.nearest), strict=True)
        ]
        pictures = read_pictures(collection, list({i for row in near for i, _ in row} & set(collection.ids)))
        own = read_pictures(collection if asked is None else asked, names)
        return draw_neighbours([(own.get(name), own_words.get(name, name)) for name in names], near, pictures, colours)


def neighbours_of_ids(
    known: Embeddings, ids: Sequence[str], count: int = 10, index: Path | None = None, where: Path | None = None
) -> NeighbourSearch:
    """The nearest of some that are embedded, themselves left out.

    Args:
        known: what is searched.
        ids: of those asked for.
        count: how many of each.
        index: a file to search by, which is made if absent; all are compared unless given.
        where: the file that `known` was read from.

    Raises:
        CellocateError: an id is not embedded, or the index is none, or of others.
    """
    rows = known.rows(ids, where)
    found = _search(known.features, known.features[rows], [[row] for row in rows], count, index)
    return NeighbourSearch(known, list(ids), found)


def neighbours_of_images(
    known: Embeddings, model: Model, collection: Collection, count: int = 10, index: Path | None = None
) -> NeighbourSearch:
    """The nearest of images that need not be embedded.

    Args:
        known: what is searched.
        model: that `known` was made with.
        collection: usable fields, or cells, with the model's channels.
        count: how many of each.
        index: as for `neighbours_of_ids`.

    Raises:
        CellocateError: it is another model, or the index is none, or of others.
    """
    if model.card.checksum != known.model:
        what = f"not the model that the embeddings were made with: {model.title}"
        raise CellocateError(what, mend="Give that model, or embed anew.")
    _, (_, features, _) = predict_and_embed(model, collection)
    return NeighbourSearch(
        known, collection.ids, _search(known.features, features, [[] for _ in features], count, index)
    )


def _search(
    features: Features, queries: Features, excluded: Sequence[Sequence[int]], count: int, path: Path | None
) -> Nearest:
    if path is None:
        return find_nearest(features, queries, count, excluded)
    if path.is_file():
        index = Index.load(path)
        if not index.is_of(features):
            raise CellocateError("an index of other embeddings", where=path, mend="Remove it; it is made anew.")
    else:
        index = Index(features)
        index.save(path)
    return drop_excluded(index.nearest(queries, count + 1), excluded, count)

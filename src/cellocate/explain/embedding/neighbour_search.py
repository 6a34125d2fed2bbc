"""Search embeddings for the most similar fields, and write the result as a table and a figure."""

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

_ROWS = 20  # of a figure
_COLUMNS = ("query", "rank", "Id", "similarity")  # of the table, before the metadata


@dataclass(frozen=True, eq=False)
class NeighbourSearch:
    """The nearest neighbours of Q fields or cells.

    Args:
        embeddings: what was searched.
        names: ids of the queries.
        nearest: rows of `embeddings` and similarities, shape (Q, k) each; row -1 if fewer were found.
    """

    embeddings: Embeddings
    names: list[str]
    nearest: Nearest

    def write(self, path: str | Path) -> int:
        """Write a table with a row for each neighbour (see docs/formats.md), and return their number.

        Columns of the metadata with the names of its own columns are left out.
        """
        metadata = self.embeddings.metadata.reset_index(drop=True).drop(columns=["group", *_COLUMNS], errors="ignore")
        rows = [
            {"query": name, "rank": rank, "Id": self.embeddings.ids[row], "similarity": round(float(similarity), 6)}
            | metadata.iloc[int(row)].to_dict()
            for name, near, values in zip(self.names, *self.nearest, strict=True)
            for rank, (row, similarity) in enumerate(zip(near, values, strict=True), start=1)
            if row >= 0
        ]
        write_table(path, pd.DataFrame(rows, columns=[*_COLUMNS, *metadata]), sheet="neighbours")
        return len(rows)

    def draw(self, collection: Collection, asked: Collection | None = None, colours: Colours = "atlas") -> Figure:
        """Draw the first 20 queries, each in a row with its neighbours.

        Args:
            collection: the embedded collection.
            asked: the collection of the queries; the same if None.
            colours: of composites.
        """
        ids, labels = self.embeddings.ids, dict(zip(self.embeddings.ids, self.embeddings.shown, strict=True))
        own_labels = labels if asked is None else {}  # another field may have the same id
        names = self.names[:_ROWS]
        near = [
            [(ids[row], f"{value:.2f} {labels[ids[row]]}") for row, value in zip(rows, values, strict=True) if row >= 0]
            for rows, values in zip(*(found[:_ROWS] for found in self.nearest), strict=True)
        ]
        pictures = read_pictures(collection, list({i for row in near for i, _ in row} & set(collection.ids)))
        own = read_pictures(collection if asked is None else asked, names)
        return draw_neighbours([(own.get(name), own_labels.get(name, name)) for name in names], near, pictures, colours)


def neighbours_of_ids(
    embeddings: Embeddings, ids: Sequence[str], count: int = 10, index: Path | None = None, where: Path | None = None
) -> NeighbourSearch:
    """Find the nearest neighbours of embedded fields, without themselves.

    Args:
        embeddings: what to search.
        ids: of the queries.
        count: number of neighbours of each.
        index: file of an index to search with, made if it does not exist; if None, all fields are compared.
        where: the file that the embeddings were read from.

    Raises:
        CellocateError: an id is unknown, or the index is damaged or belongs to other embeddings.
    """
    rows = embeddings.rows(ids, where)
    found = _search(embeddings.features, embeddings.features[rows], [[row] for row in rows], count, index)
    return NeighbourSearch(embeddings, list(ids), found)


def neighbours_of_images(
    embeddings: Embeddings, model: Model, collection: Collection, count: int = 10, index: Path | None = None
) -> NeighbourSearch:
    """Find the nearest neighbours of images.

    Args:
        embeddings: what to search.
        model: the model that the embeddings were made with.
        collection: the queries: usable fields or cells with the model's channels.
        count: number of neighbours of each.
        index: as for `neighbours_of_ids`.

    Raises:
        CellocateError: it is another model, or the index is damaged or belongs to other embeddings.
    """
    if model.card.checksum != embeddings.model:
        what = f"not the model that the embeddings were made with: {model.title}"
        raise CellocateError(what, mend="Use that model, or run 'cellocate embed' again.")
    _, (_, features, _) = predict_and_embed(model, collection)
    return NeighbourSearch(
        embeddings, collection.ids, _search(embeddings.features, features, [[] for _ in features], count, index)
    )


def _search(
    features: Features, queries: Features, excluded: Sequence[Sequence[int]], count: int, path: Path | None
) -> Nearest:
    if path is None:
        return find_nearest(features, queries, count, excluded)
    if path.is_file():
        index = Index.load(path)
        if not index.is_of(features):
            raise CellocateError("an index of other embeddings", where=path, mend="Remove it; a new one is made.")
    else:
        index = Index(features)
        index.save(path)
    return drop_excluded(index.nearest(queries, count + 1), excluded, count)

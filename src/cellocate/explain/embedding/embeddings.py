"""Embed fields: compute a network's features, write them to an h5ad file, and read it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cellocate import h5ad
from cellocate.collection import PARTS, Collection
from cellocate.collection.collection import Unit, unit_of
from cellocate.collection.identity import split_parts_of
from cellocate.decision.anndata_file import write_h5ad
from cellocate.errors import CellocateError
from cellocate.networks import Model
from cellocate.prediction import predict_and_embed

FEATURES, UMAP = "features", "X_umap"  # the name of a UMAP in scanpy
_KEPT = ("labels", "Locations", "part", "group")


@dataclass(frozen=True, eq=False)
class Embeddings:
    """Features of fields or cells from the last layer of a network.

    Args:
        ids: of N fields.
        features: shape (N, D).
        metadata: columns of the collection, `labels` (names joined by `; `; absent without labels), `Locations`
            (predicted), `part` (of the model's split, or `start` if its initial weights were trained on the field) and
            `group` (fields of one group are not independent).
        model: checksum of the model's card; features of different models cannot be compared.
        umap: coordinates of `compute_umap`, shape (N, 2), if computed.
    """

    ids: list[str]
    features: NDArray[np.float32]
    metadata: pd.DataFrame
    model: str
    umap: NDArray[np.float32] | None = None

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def unit(self) -> Unit:
        """What each is: "field" or "cell"."""
        return unit_of(self.metadata)

    def rows(self, ids: Sequence[str], where: Path | None = None) -> list[int]:
        """The rows of some ids; `where` is the file that the embeddings were read from.

        Raises:
            CellocateError: an id is unknown.
        """
        rows = {field: row for row, field in enumerate(self.ids)}
        if unknown := [field for field in ids if field not in rows]:
            what = f"no {self.unit} {unknown[0]!r} among the embeddings"
            raise CellocateError(what, where=where, mend="Give ids of the embedded collection.")
        return [rows[field] for field in ids]

    @property
    def shown(self) -> list[str]:
        """The labels of each as text, or the predicted locations if there are no labels."""
        words = self.metadata["labels" if "labels" in self.metadata else "Locations"]
        return [str(text).replace("; ", ", ") for text in words]


def embed_collection(
    model: Model,
    collection: Collection,
    path: str | Path,
    *,
    umap: bool = False,
    progress: Callable[[int], object] | None = None,
) -> Embeddings:
    """Embed every field of a collection, and write an h5ad file (see docs/formats.md).

    Args:
        model: gives the features: the mean over its test-time augmentation; an ensemble's members one after the other.
        collection: usable fields or cells with the model's channels.
        path: the file.
        umap: compute a UMAP as well, written as `obsm["X_umap"]`.
        progress: called with a number of fields as they are done.

    Raises:
        CellocateError: a UMAP is wanted and umap-learn is not installed; a field cannot be read.
    """
    if umap:
        require_umap()
    predictions, (_, features, _) = predict_and_embed(model, collection, progress=progress)
    metadata = _metadata(model, collection)
    places = compute_umap(features) if umap else None
    arrays = {FEATURES: features} | ({} if places is None else {UMAP: places})
    made_by = {"model": model.card.name, "model_checksum": model.card.checksum}
    write_h5ad(path, predictions, metadata, obsm=arrays, uns=made_by)
    names = ["; ".join(found) for found in predictions.locations]
    return Embeddings(collection.ids, features, metadata.assign(Locations=names), model.card.checksum, places)


def read_embeddings(path: str | Path) -> Embeddings:
    """Read what `embed_collection` wrote.

    Raises:
        CellocateError: there is no such file, or it holds no embeddings.
    """
    table = h5ad.read_h5ad(path)
    features, checksum = table.obsm.get(FEATURES), table.uns.get("model_checksum")
    if features is None or not isinstance(checksum, str):
        raise CellocateError("an h5ad file without embeddings", where=path, mend="'cellocate embed' writes them.")
    umap = np.asarray(table.obsm[UMAP], np.float32) if UMAP in table.obsm else None
    ids = [str(i) for i in table.obs.index]
    return Embeddings(ids, np.ascontiguousarray(features, np.float32), table.obs.astype(object), checksum, umap)


def require_umap() -> None:
    """Raise a `CellocateError` if umap-learn is not installed."""
    from importlib.util import find_spec

    if find_spec("umap") is None:  # importing takes ten seconds
        mend = "Install it with: pip install 'cellocate[explain]'"
        raise CellocateError("umap-learn, which computes UMAPs, is not installed", mend=mend)


def compute_umap(features: NDArray[np.float32]) -> NDArray[np.float32]:
    """Features, shape (N, D) → UMAP coordinates, shape (N, 2). Only neighbourhoods are meaningful, not distances.

    Raises:
        CellocateError: umap-learn is not installed, or there are fewer than four fields.

    References:
        McInnes, Healy, Melville. UMAP: Uniform manifold approximation and projection. arXiv:1802.03426
    """
    require_umap()
    import warnings

    if len(features) < 4:
        raise CellocateError(f"{len(features)} fields, too few for a UMAP", mend="Give four or more.")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of its own libraries
        from umap import UMAP

        reducer = UMAP(metric="cosine", n_neighbors=min(15, len(features) - 1), random_state=0, n_jobs=1)
        return np.asarray(reducer.fit_transform(features), np.float32)


def _metadata(model: Model, collection: Collection) -> pd.DataFrame:
    fields = collection.fields.drop(columns=[c for c in (*collection.channels, "labels") if c in collection.fields])
    metadata = fields.drop(columns=[c for c in _KEPT if c in fields]).copy()
    if collection.vocabulary is not None:
        names = collection.vocabulary.names
        metadata["labels"] = ["; ".join(names[k] for k in labels or ()) for labels in collection.fields["labels"]]
    split = {part: model.card.fields.get(part, ()) for part in PARTS}
    start = {"train": model.card.fields.get("start", ())}
    parts, starts = (split_parts_of(ids, model.card.originals, collection.fields) for ids in (split, start))
    metadata["part"] = ["start" if s and p != "train" else p or "" for p, s in zip(parts, starts, strict=True)]
    metadata["group"] = collection.group().to_numpy(dtype=object)
    return metadata

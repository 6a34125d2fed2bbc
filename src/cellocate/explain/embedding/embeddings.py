"""Fields as points, those near each other that look alike to a network; and the file that holds them."""

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
from cellocate.collection.identity import parts_met
from cellocate.decision.h5ad import write_h5ad
from cellocate.errors import CellocateError
from cellocate.networks import Model
from cellocate.prediction import predict_and_embed

FEATURES, UMAP = "features", "X_umap"  # where scanpy looks for a UMAP
_KEPT = ("labels", "Locations", "part", "group")


@dataclass(frozen=True, eq=False)
class Embeddings:
    """Fields, or cells, and what a network's last layer sees of them.

    Args:
        ids: of N fields.
        features: shape (N, D).
        known: of each, by column: `labels` (names joined by `; `; absent where nothing is labelled), `Locations`
            (decided), `part` (of the model's split; `start` where its first weights learnt from it), `group` (what is
            not independent of it), metadata.
        model: checksum of the model's card: features of different models have nothing to do with each other.
        plane: where `compute_umap` put each, shape (N, 2), or None.
    """

    ids: list[str]
    features: NDArray[np.float32]
    known: pd.DataFrame
    model: str
    plane: NDArray[np.float32] | None = None

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def unit(self) -> Unit:
        """What each is: a field, or a cell of one."""
        return unit_of(self.known)

    def rows(self, ids: Sequence[str], where: Path | None = None) -> list[int]:
        """The rows of some ids; `where` is the file that they were read from.

        Raises:
            CellocateError: one of them is not here.
        """
        row = {known: i for i, known in enumerate(self.ids)}
        if lacking := [asked for asked in ids if asked not in row]:
            what = f"no {self.unit} {lacking[0]!r} among the embeddings"
            raise CellocateError(what, where=where, mend="Give ids of the collection that they are of.")
        return [row[asked] for asked in ids]

    @property
    def shown(self) -> list[str]:
        """The locations of each, in words: labels, or where nothing is labelled what was decided."""
        words = self.known["labels" if "labels" in self.known else "Locations"]
        return [str(text).replace("; ", ", ") for text in words]


def embed_collection(
    model: Model,
    collection: Collection,
    path: str | Path,
    *,
    plane: bool = False,
    progress: Callable[[int], object] | None = None,
) -> Embeddings:
    """Embed every field of a collection, and write h5ad: see docs/formats.md.

    Args:
        model: whose features are taken: the mean over the views that it predicts with; those of an ensemble's members
            one after the other.
        collection: usable fields, or cells, with the model's channels.
        path: the file.
        plane: lay the fields out on a plane as well (UMAP), as `obsm["X_umap"]`.
        progress: called with a number of fields as they are done.

    Raises:
        CellocateError: umap-learn is not installed, where a plane is asked for; a field cannot be read.
    """
    if plane:
        require_umap()
    predictions, (_, features, _) = predict_and_embed(model, collection, progress=progress)
    known = _known(model, collection)
    places = compute_umap(features) if plane else None
    arrays = {FEATURES: features} | ({} if places is None else {UMAP: places})
    made_by = {"model": model.card.name, "model_checksum": model.card.checksum}
    write_h5ad(path, predictions, known, obsm=arrays, uns=made_by)
    names = ["; ".join(found) for found in predictions.locations]
    return Embeddings(collection.ids, features, known.assign(Locations=names), model.card.checksum, places)


def read_embeddings(path: str | Path) -> Embeddings:
    """Read what `embed_collection` wrote.

    Raises:
        CellocateError: there is no such file, or it is another.
    """
    table = h5ad.read_h5ad(path)
    features, checksum = table.obsm.get(FEATURES), table.uns.get("model_checksum")
    if features is None or checksum is None:
        raise CellocateError("an h5ad file without embeddings", where=path, mend="'cellocate embed' writes them.")
    known = table.obs.astype(object)
    plane = np.asarray(table.obsm[UMAP], np.float32) if UMAP in table.obsm else None
    ids = [str(i) for i in table.obs.index]
    return Embeddings(ids, np.ascontiguousarray(features, np.float32), known, checksum, plane)


def require_umap() -> None:
    """Raise a `CellocateError` where umap-learn is not installed."""
    from importlib.util import find_spec

    if find_spec("umap") is None:  # not imported, which takes ten seconds
        mend = "Install it with: pip install 'cellocate[explain]'"
        raise CellocateError("umap-learn is not installed, which lays fields out", mend=mend)


def compute_umap(features: NDArray[np.float32]) -> NDArray[np.float32]:
    """Features, shape (N, D) → places on a plane, shape (N, 2), at which neighbours stay near each other.

    What lies far apart there need not be less alike than what lies nearer: only neighbourhoods mean something.

    Raises:
        CellocateError: umap-learn is not installed, or there are fewer than four fields.

    References:
        McInnes, Healy, Melville. UMAP: Uniform manifold approximation and projection. arXiv:1802.03426
    """
    require_umap()
    import warnings

    if len(features) < 4:
        raise CellocateError(f"{len(features)} fields, too few to lay out", mend="Give four or more.")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of its own libraries, about which a user can do nothing
        from umap import UMAP

        reducer = UMAP(metric="cosine", n_neighbors=min(15, len(features) - 1), random_state=0, n_jobs=1)
        return np.asarray(reducer.fit_transform(features), np.float32)


def _known(model: Model, collection: Collection) -> pd.DataFrame:
    fields = collection.fields.drop(columns=[c for c in (*collection.channels, "labels") if c in collection.fields])
    known = fields.drop(columns=[c for c in _KEPT if c in fields]).copy()
    if collection.vocabulary is not None:
        names = collection.vocabulary.names
        known["labels"] = ["; ".join(names[k] for k in labels or ()) for labels in collection.fields["labels"]]
    split = {part: model.card.fields.get(part, ()) for part in PARTS}
    start = {"train": model.card.fields.get("start", ())}
    met, begun = (parts_met(ids, model.card.originals, collection.fields) for ids in (split, start))
    known["part"] = ["start" if b and part != "train" else part or "" for part, b in zip(met, begun, strict=True)]
    known["group"] = collection.group().to_numpy(dtype=object)
    return known

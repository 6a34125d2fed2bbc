"""Nearest neighbours by cosine similarity: exact, or faster with an index."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cellocate.errors import CellocateError
from cellocate.files import new_file
from cellocate.networks.ood import unit_length

_BLOCK = 2**25  # similarities in memory at once: 128 MiB
_PER_LIST, _PROBED = 40, 1 / 16  # fields per list of the index; share of lists to search
_PROVED = 16  # fields to check an index with
_TRAINED = 64  # fields per list to train the index with

Features = NDArray[np.float32]


class Nearest(NamedTuple):
    """Nearest fields of Q queries, the most similar first: rows and cosine similarities, shape (Q, k) each."""

    rows: NDArray[np.intp]
    similarities: NDArray[np.float32]


def find_nearest(
    features: Features, queries: Features, count: int = 10, excluded: Sequence[Any] | None = None
) -> Nearest:
    """Find the fields with the largest cosine similarity of features.

    Args:
        features: of N fields, shape (N, D).
        queries: shape (Q, D).
        count: number of neighbours; fewer if there are not as many.
        excluded: rows to leave out for each query, such as itself.

    Example:
        >>> find_nearest(np.eye(3, dtype=np.float32), np.array([[3, 1, 0]], np.float32), count=2).rows.tolist()
        [[0, 1]]
    """
    known, asked = unit_length(features), unit_length(queries)
    count = min(count, len(known) - max((len(rows) for rows in excluded or ()), default=0))
    step = max(1, _BLOCK // max(1, len(known)))
    rows, values = [np.zeros((0, count), np.intp)], [np.zeros((0, count), np.float32)]
    for start in range(0, len(asked), step):
        near = asked[start : start + step] @ known.T
        if excluded is not None:
            for i, others in enumerate(excluded[start : start + step]):
                near[i, others] = -np.inf
        best = np.argpartition(-near, count - 1, axis=1)[:, :count]
        found = np.take_along_axis(near, best, axis=1)
        order = np.argsort(-found, axis=1, kind="stable")
        rows.append(np.take_along_axis(best, order, axis=1))
        values.append(np.take_along_axis(found, order, axis=1))
    return Nearest(np.concatenate(rows), np.concatenate(values))


def drop_excluded(found: Nearest, excluded: Sequence[Sequence[int]], count: int) -> Nearest:
    """Leave out the excluded rows of each query, and keep `count`; a row is -1 if fewer are left."""
    rows = np.full((len(found.rows), count), -1, np.intp)
    values = np.full(rows.shape, -np.inf, np.float32)
    for i, others in enumerate(excluded):
        kept = np.flatnonzero(~np.isin(found.rows[i], list(others)))[:count]
        rows[i, : len(kept)], values[i, : len(kept)] = found.rows[i][kept], found.similarities[i][kept]
    return Nearest(rows, values)


class Index:
    """An index for approximate search, which misses a neighbour now and then.

    Fields are put into lists around centres, and a query is compared with the lists nearest to it (an inverted file:
    Jégou, Douze, Schmid 2011, doi:10.1109/TPAMI.2010.57; Douze et al. 2024, arXiv:2401.08281).

    Args:
        features: of N fields, shape (N, D).

    Raises:
        CellocateError: faiss is not installed.
    """

    def __init__(self, features: Features) -> None:
        faiss = _faiss()
        known = unit_length(features)
        lists = max(1, min(len(known) // _PER_LIST, int(4 * len(known) ** 0.5)))
        self._index = faiss.index_factory(known.shape[1], f"IVF{lists},Flat", faiss.METRIC_INNER_PRODUCT)
        self._index.cp.min_points_per_centroid = 1
        some = np.random.default_rng(0).permutation(len(known))[: _TRAINED * lists]
        self._index.train(known[np.sort(some)])
        self._index.add(known)
        self._index.nprobe = max(4, round(lists * _PROBED))

    def __len__(self) -> int:
        return int(self._index.ntotal)

    def is_of(self, features: Features) -> bool:
        """Whether the index was made from these features, in this order; tested on some of them."""
        if (len(self), int(self._index.d)) != features.shape:
            return False
        some = unit_length(features[np.linspace(0, len(self) - 1, min(_PROVED, len(self))).astype(int)])
        found, own = self.nearest(some, 1), (some * some).sum(axis=1)
        again = unit_length(features[found.rows[:, 0]])  # an identical field may be found
        return bool(
            np.allclose(found.similarities[:, 0], own, atol=1e-4)
            and np.allclose((again * some).sum(axis=1), own, atol=1e-4)
        )

    def nearest(self, queries: Features, count: int = 10) -> Nearest:
        """Like `find_nearest`; a row is -1 if fewer were found."""
        similarities, rows = self._index.search(unit_length(queries), count)
        return Nearest(np.asarray(rows, np.intp), np.asarray(similarities, np.float32))

    def save(self, path: str | Path) -> None:
        """Write a file in the format of faiss."""
        with new_file(path) as aside:
            _faiss().write_index(self._index, os.fspath(aside))

    @classmethod
    def load(cls, path: str | Path) -> Index:
        """Read what `save` wrote.

        Raises:
            CellocateError: faiss is not installed, or the file is no index.
        """
        faiss = _faiss()
        index = cls.__new__(cls)
        try:
            index._index = faiss.read_index(os.fspath(path))
        except RuntimeError:
            raise CellocateError("no index of neighbours", where=path, mend="Remove it; a new one is made.") from None
        return index


def _faiss() -> Any:  # noqa: ANN401 # an optional library without types
    try:
        import faiss
    except ImportError:
        mend = "Install it with: pip install 'cellocate[explain]', or leave out --index."
        raise CellocateError("faiss, which makes an index, is not installed", mend=mend) from None
    return faiss

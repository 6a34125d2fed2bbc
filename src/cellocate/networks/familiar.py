"""How unlike a field is to those that a network learnt from: its distance to them, as the network sees them."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

NEIGHBOURS = 10
QUANTILE = 0.99
MOST = 2000  # reference fields
_ROOM = 2**24  # bytes of them


class References(NamedTuple):
    """What fields are compared with.

    Args:
        features: of fields that were learnt from, of length 1, shape (R, D), float16.
        distance: that 99% of the validation fields do not exceed.
    """

    features: NDArray[np.float16]
    distance: float

    def unlike(self, features: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
        """Features of fields, shape (N, D) → distance over that of 99% of the validation fields, shape (N,).

        Above 1 a field is unlike what the network learnt from: do not rely on its prediction. The distance is that to
        the 10th nearest reference on the unit sphere (Sun et al. 2022, arXiv:2204.06507).

        Example:
            >>> known = References(np.eye(20, 4, dtype=np.float16)[:1].repeat(20, axis=0), distance=0.5)
            >>> known.unlike(np.array([[3.0, 0, 0, 0], [0, 2.0, 0, 0]])).round(2).tolist()
            [0.0, 2.8299999237060547]
        """
        return (_distances(features, self.features) / np.float32(self.distance)).astype(np.float32)


def room_for(width: int) -> int:
    """How many references of this many features are kept: at most 2000, and 16 MiB.

    Example:
        >>> room_for(512), room_for(524288)
        (2000, 16)
    """
    return min(MOST, _ROOM // (2 * width))


def fit_references(learnt: NDArray[np.floating[Any]], validated: NDArray[np.floating[Any]]) -> References | None:
    """References and the distance that 99% of the validation fields have; None where there are too few of either.

    Args:
        learnt: features of fields that the network was trained on, shape (R, D).
        validated: of fields that it was not, shape (V, D).
    """
    if len(learnt) <= NEIGHBOURS or not len(validated):
        return None
    features = _unit(learnt).astype(np.float16)
    distance = float(np.quantile(_distances(validated, features), QUANTILE))
    return References(features, distance) if distance > 0 else None


def _distances(features: NDArray[np.floating[Any]], references: NDArray[np.float16]) -> NDArray[np.float32]:
    near = _unit(features) @ references.astype(np.float32).T
    tenth = np.partition(near, len(references) - NEIGHBOURS, axis=1)[:, len(references) - NEIGHBOURS]
    return np.asarray(np.sqrt(np.maximum(2 - 2 * tenth, 0)), dtype=np.float32)


def _unit(features: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
    length = np.linalg.norm(features.astype(np.float32), axis=1, keepdims=True)
    return np.asarray(features / np.maximum(length, 1e-12), dtype=np.float32)

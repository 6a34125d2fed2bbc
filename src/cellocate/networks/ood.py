"""Out-of-distribution score: how far a field is from the training fields, in features and in brightness."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cellocate.networks.brightness import Brightness

NEIGHBOURS = 10
QUANTILE = 0.99
MAX_REFERENCES = 2000
_MAX_BYTES = 2**24  # of the references


class References(NamedTuple):
    """Training fields to compare other fields with.

    Args:
        features: features of training fields, normalised to length 1, shape (R, D), float16.
        distance: distance that 99% of the validation fields stay below.
        brightness: brightness of the same fields; None in older models.
    """

    features: NDArray[np.float16]
    distance: float
    brightness: Brightness | None = None

    def ood_score(
        self, features: NDArray[np.floating[Any]], brightness: NDArray[np.floating[Any]] | None = None
    ) -> NDArray[np.float32]:
        """Out-of-distribution scores, shape (N,); 99% of the validation fields are at most 1.

        Do not rely on predictions with a score above 1. The score is the larger of two relative distances: of the
        features to the 10th nearest reference on the unit sphere (Sun et al. 2022, arXiv:2204.06507), and of brightness
        and contrast (`cellocate.networks.brightness`). Features alone do not suffice: those of a field 16 times too
        dark hardly change, or move closer to the references.

        Args:
            features: features of fields, shape (N, D).
            brightness: statistics of the same fields from `brightness_of`, shape (N, 2C).

        Example:
            >>> known = References(np.eye(20, 4, dtype=np.float16)[:1].repeat(20, axis=0), distance=0.5)
            >>> known.ood_score(np.array([[3.0, 0, 0, 0], [0, 2.0, 0, 0]])).round(2).tolist()
            [0.0, 2.8299999237060547]
        """
        ood_score = (_distances(features, self.features) / np.float32(self.distance)).astype(np.float32)
        if self.brightness is None or brightness is None:
            return ood_score
        return np.asarray(
            np.maximum(ood_score, self.brightness.distances(brightness) / self.brightness.distance), np.float32
        )


def max_references(width: int) -> int:
    """Number of references to keep for this number of features: at most 2000, and 16 MiB.

    Example:
        >>> max_references(512), max_references(524288)
        (2000, 16)
    """
    return min(MAX_REFERENCES, _MAX_BYTES // (2 * width))


def fit_references(
    learnt: NDArray[np.floating[Any]],
    validated: NDArray[np.floating[Any]],
    brightness: tuple[NDArray[np.floating[Any]], NDArray[np.floating[Any]]] | None = None,
) -> References | None:
    """Fit the references and the distances that 99% of the validation fields stay below; None with too few fields.

    Args:
        learnt: features of training fields, shape (R, D).
        validated: features of validation fields, shape (V, D).
        brightness: statistics of both from `brightness_of`, shapes (R, 2C) and (V, 2C); None leaves brightness out.
    """
    if len(learnt) <= NEIGHBOURS or not len(validated):
        return None
    features = unit_length(learnt).astype(np.float16)
    known = References(
        features, 1.0, None if brightness is None else Brightness(np.asarray(brightness[0], np.float32), 1.0)
    )
    distances = [known.ood_score(validated)]
    if known.brightness is not None and brightness is not None:
        distances.append(known.brightness.distances(brightness[1]))
    limits = np.quantile(distances, QUANTILE, axis=1)
    if not limits.all():
        return None
    limits *= np.quantile(np.max(distances / limits[:, None], axis=0), QUANTILE)  # so that 99% exceed neither
    usual = None if known.brightness is None else known.brightness._replace(distance=float(limits[1]))
    return References(features, float(limits[0]), usual)


def _distances(features: NDArray[np.floating[Any]], references: NDArray[np.float16]) -> NDArray[np.float32]:
    near = unit_length(features) @ references.astype(np.float32).T
    tenth = np.partition(near, len(references) - NEIGHBOURS, axis=1)[:, len(references) - NEIGHBOURS]
    return np.asarray(np.sqrt(np.maximum(2 - 2 * tenth, 0)), dtype=np.float32)


def unit_length(features: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
    """Scale features, shape (N, D), to length 1; those of length 0 stay."""
    length = np.linalg.norm(features.astype(np.float32), axis=1, keepdims=True)
    return np.asarray(features / np.maximum(length, 1e-12), dtype=np.float32)

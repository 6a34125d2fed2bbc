"""Measure how often the nearest neighbours of a field share a label with it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cellocate.evaluation.bootstrap import mean_interval
from cellocate.explain.embedding.embeddings import Embeddings
from cellocate.explain.embedding.nearest import find_nearest

NEAREST = 10
_QUERIES = 2000  # fields drawn at random, for a precision of about .01


class Retrieval(NamedTuple):
    """The mean share of neighbours with a common label.

    Args:
        share: mean over n fields.
        interval: 95% interval, by a bootstrap of groups.
        chance: the same for all other fields in place of the nearest.
        n: number of labelled fields; held-out ones, if there are any.
        held_out: whether the model and its initial weights were trained on none of them.
    """

    share: float
    interval: tuple[float, float]
    chance: float
    n: int
    held_out: bool


def measure_retrieval(embeddings: Embeddings) -> Retrieval | None:
    """Find the ten nearest neighbours of labelled fields outside their own group (antibody, plate, or themselves).

    Returns:
        None if too few fields are labelled, or a field has fewer than ten labelled ones outside its group.
    """
    known = embeddings.metadata
    if "labels" not in known:
        return None
    marks = _marks([set(filter(None, str(text).split("; "))) for text in known["labels"]])
    labelled = np.flatnonzero(marks.any(axis=1))
    held_out = labelled[~known["part"].isin(["train", "start"]).to_numpy()[labelled]]
    pool = held_out if len(held_out) else labelled
    asked = np.sort(np.random.default_rng(0).permutation(pool)[:_QUERIES])
    groups = known["group"].astype(str).to_numpy()
    names = groups[asked]
    own = {name: np.flatnonzero(groups[labelled] == name) for name in set(names)}
    if len(labelled) - max(map(len, own.values()), default=0) < NEAREST:
        return None
    features = embeddings.features
    found = find_nearest(features[labelled], features[asked], NEAREST, [own[g] for g in names])
    hits, chances = np.zeros(len(asked)), np.zeros(len(asked))
    for i, row in enumerate(asked):
        alike = (marks[labelled] & marks[row]).any(axis=1)
        hits[i] = alike[found.rows[i]].mean()
        others = np.setdiff1d(np.arange(len(labelled)), own[names[i]])
        chances[i] = alike[others].mean()
    return Retrieval(
        float(hits.mean()), mean_interval(hits, list(names)), float(chances.mean()), len(asked), bool(len(held_out))
    )


def _marks(labels: list[set[str]]) -> NDArray[np.bool_]:
    names = sorted(set().union(*labels))
    return np.array([[name in own for name in names] for own in labels], bool).reshape(len(labels), len(names))

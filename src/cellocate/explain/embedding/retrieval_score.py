"""How well neighbours tell what a field shows: the share of the nearest that share a label with it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cellocate.evaluation.bootstrap import mean_interval
from cellocate.explain.embedding.embeddings import Embeddings
from cellocate.explain.embedding.nearest import find_nearest

NEAREST = 10
_ASKED = 2000  # fields, drawn at random, that tell a share to about a hundredth


class Retrieval(NamedTuple):
    """The mean share of the nearest that share a label with the field asked for.

    Args:
        share: over the n fields asked for.
        interval: 95%, of groups drawn anew.
        chance: the same of all other fields in place of the nearest.
        n: labelled fields asked for; those that the model, or its first weights, learnt from are not, where there are
            others.
        held_out: whether none of them was learnt from.
    """

    share: float
    interval: tuple[float, float]
    chance: float
    n: int
    held_out: bool


def measure_retrieval(embeddings: Embeddings) -> Retrieval | None:
    """Ask for the ten nearest of fields, but for those of their own group (antibody, plate, or themselves).

    Returns:
        None where too few fields are labelled, or some field has fewer than ten labelled ones beside its group.
    """
    known = embeddings.known
    if "labels" not in known:
        return None
    marks = _marks([set(filter(None, str(text).split("; "))) for text in known["labels"]])
    labelled = np.flatnonzero(marks.any(axis=1))
    unseen = labelled[~known["part"].isin(["train", "start"]).to_numpy()[labelled]]
    pool = unseen if len(unseen) else labelled
    asked = np.sort(np.random.default_rng(0).permutation(pool)[:_ASKED])
    groups = known["group"].astype(str).to_numpy()[labelled]
    own = {g: np.flatnonzero(groups == g) for g in set(known["group"].astype(str).to_numpy()[asked])}
    if len(labelled) - max(map(len, own.values()), default=0) < NEAREST:
        return None
    names = known["group"].astype(str).to_numpy()[asked]
    features = embeddings.features
    found = find_nearest(features[labelled], features[asked], NEAREST, [own[g] for g in names])
    hits, chances = np.zeros(len(asked)), np.zeros(len(asked))
    for i, row in enumerate(asked):
        alike = (marks[labelled] & marks[row]).any(axis=1)
        hits[i] = alike[found.rows[i]].mean()
        others = np.setdiff1d(np.arange(len(labelled)), own[names[i]])
        chances[i] = alike[others].mean()
    return Retrieval(
        float(hits.mean()), mean_interval(hits, list(names)), float(chances.mean()), len(asked), bool(len(unseen))
    )


def _marks(labels: list[set[str]]) -> NDArray[np.bool_]:
    names = sorted(set().union(*labels))
    return np.array([[name in own for name in names] for own in labels], bool).reshape(len(labels), len(names))

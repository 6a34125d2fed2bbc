"""Score segmented and labelled cells: the mean average precision of the 2021 challenge."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from cellocate.arrays import Bools, Doubles, Ints
from cellocate.errors import CellocateError
from cellocate.evaluation.bootstrap import percentiles
from cellocate.images.rle import Mask, overlaps
from cellocate.vocabulary import Vocabulary

MIN_OVERLAP = 0.6
_RESAMPLES = 1000
_AT_ONCE = 50


@dataclass(frozen=True, eq=False)
class Instances:
    """The cells of one field with their true or predicted locations.

    Args:
        masks: of the cells, each once.
        cell: shape (D,), the index in `masks` for each pair of a cell and a location.
        label: shape (D,), the location of each pair.
        confidence: shape (D,), 0 to 1; 1 for truth.
    """

    masks: Sequence[Mask]
    cell: Ints
    label: Ints
    confidence: Doubles

    @staticmethod
    def of(masks: Sequence[Mask], labels: Sequence[Sequence[int]]) -> Instances:
        """Truth: the masks of a field's cells, and the locations of each."""
        pairs = np.array([(i, k) for i, shown in enumerate(labels) for k in shown], dtype=np.intp).reshape(-1, 2)
        return Instances(masks, pairs[:, 0], pairs[:, 1], np.ones(len(pairs)))


@dataclass(frozen=True, eq=False)
class _Ranking:
    """All predictions of one location, by falling confidence.

    Args:
        field: shape (D,), number of the field.
        hit: shape (D,), whether it is right, and the first for its true cell.
        last: shape (D,), whether the next has another confidence.
        truths: shape (N,), how many cells of each field show the location.
    """

    field: Ints
    hit: Bools
    last: Bools
    truths: Ints


def evaluate_instances(
    truth: Mapping[str, Instances],
    predicted: Mapping[str, Instances],
    vocabulary: Vocabulary,
    *,
    min_overlap: float = MIN_OVERLAP,
    interval: bool = True,
) -> dict[str, Any]:
    """Mean average precision over locations, as in the 2021 challenge, and further scores.

    For each location: a predicted cell is matched to the cell of the same field that shows the location and overlaps it
    most. If their intersection over union is at least `min_overlap` and no likelier prediction has that cell, it is a
    hit, else a miss. Average precision is the area under precision against recall over all fields together, where
    precision is the best at this recall or a higher one. Equal confidences are counted together, in the least
    favourable order, so the order of a file does not matter. Locations that no cell shows are left out of the mean and
    named in `absent`.

    This is the metric of OpenImages' instance segmentation for truth that is complete and without groups of cells.
    `instance_map_of_predicting_everything` is the score of the same masks if each shows every location, all equally
    likely; `found` counts the cells of a location that any mask overlaps enough, so `found / support` is the best score
    of these masks. The 95% interval is from 1000 draws of Rubin's bootstrap, which weights fields and leaves none out:
    a resample without the only field that shows a location could not score it, and those with it would score it too
    high.

    Args:
        truth: by field, without confidences.
        predicted: of the same fields; a field may have no cells.
        vocabulary: of the labels.
        min_overlap: intersection over union from which a cell counts as found.
        interval: whether to compute the interval.

    Raises:
        CellocateError: there are no fields, or the fields differ.

    References:
        https://storage.googleapis.com/openimages/web/evaluation.html; Everingham, Van Gool, Williams, Winn, Zisserman.
        The Pascal Visual Object Classes (VOC) Challenge. IJCV 88 (2010). https://doi.org/10.1007/s11263-009-0275-4;
        Rubin. The Bayesian Bootstrap. Ann. Statist. 9 (1981). https://doi.org/10.1214/aos/1176345338

    Example:
        >>> from cellocate.vocabulary import get_vocabulary
        >>> cells = [Mask.of(np.array([[True, False]])), Mask.of(np.array([[False, True]]))]
        >>> truth = {"field": Instances.of(cells, [[16], [16, 0]])}
        >>> pairs = Instances(cells, np.array([0, 1]), np.array([16, 16]), np.array([0.9, 0.4]))
        >>> evaluate_instances(truth, {"field": pairs}, get_vocabulary("hpa19"))["instance_map"]
        0.5
    """
    if set(truth) != set(predicted):
        odd = min(set(truth) ^ set(predicted))
        raise CellocateError(f"predictions and truth of different fields, such as {odd}", mend="Give the same fields.")
    if not truth:
        raise CellocateError("no field to evaluate", mend="Give truth and predictions of some fields.")
    truths, pairs, every_pair = _match(truth, predicted, len(vocabulary), min_overlap)
    rankings = [_ranking(pairs, k, truths[k]) for k in range(len(vocabulary))]
    present: Bools = np.asarray(truths.any(axis=1))
    whole = np.ones((1, len(truth)))
    ap = np.array([_average_precision(ranking, whole)[0] for ranking in rankings])
    aimless = [_ranking(every_pair, int(k), truths[k]) for k in np.flatnonzero(present)]
    return {
        "n": len(truth),
        "vocabulary": vocabulary.name,
        "cells": sum(len(instances.masks) for instances in truth.values()),
        "predicted_cells": sum(len(instances.masks) for instances in predicted.values()),
        "least_overlap": min_overlap,
        "instance_map": float(ap[present].mean()) if present.any() else None,
        "instance_map_interval": _bootstrap([rankings[k] for k in np.flatnonzero(present)], len(truth))
        if interval and present.any()
        else None,
        "instance_map_of_predicting_everything": (
            float(np.mean([_average_precision(ranking, whole)[0] for ranking in aimless])) if aimless else None
        ),
        "absent": [name for name, occurs in zip(vocabulary.names, present, strict=True) if not occurs],
        "per_class": [
            {
                "name": name,
                "support": int(truths[k].sum()),
                "fields": int((truths[k] > 0).sum()),
                "predicted": len(rankings[k].hit),
                "found": len(np.unique(every_pair.target[(every_pair.label == k) & (every_pair.target >= 0)])),
                "average_precision": float(ap[k]) if present[k] else None,
            }
            for k, name in enumerate(vocabulary.names)
        ],
    }


class _Pairs(NamedTuple):
    """Pairs of a cell and a location over all fields: columns of one length.

    `target` is the number, over all fields, of the true cell that it matches, or -1.
    """

    field: Ints
    label: Ints
    target: Ints
    confidence: Doubles


def _match(
    truth: Mapping[str, Instances], predicted: Mapping[str, Instances], classes: int, min_overlap: float
) -> tuple[Ints, _Pairs, _Pairs]:
    """Cells per location and field, (K, N); the predicted pairs; and all possible pairs of these masks."""
    truths = np.zeros((classes, len(truth)), dtype=np.intp)
    pairs, every_pair, cells = [], [], 0
    for row, (field, true) in enumerate(truth.items()):
        guess = predicted[field]
        truths[:, row] = np.bincount(true.label, minlength=classes)
        targets = _targets(overlaps(guess.masks, true.masks), true, classes, min_overlap)
        targets[targets >= 0] += cells
        cells += len(true.masks)
        of_guess = targets[guess.cell, guess.label]
        pairs.append(_Pairs(np.full_like(of_guess, row), guess.label, of_guess, guess.confidence))
        labels = np.tile(np.arange(classes), len(guess.masks))
        every_pair.append(_Pairs(np.full_like(labels, row), labels, targets.ravel(), np.ones(len(labels))))
    return truths, _concatenated(pairs), _concatenated(every_pair)


def _concatenated(parts: list[_Pairs]) -> _Pairs:
    return _Pairs(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _targets(overlap: Doubles, true: Instances, classes: int, min_overlap: float) -> Ints:
    """For each predicted mask and location the true cell that shows it and overlaps most, or -1, shape (M, K)."""
    targets = np.full((len(overlap), classes), -1, dtype=np.intp)
    for k in np.unique(true.label):
        cells = true.cell[true.label == k]
        best = overlap[:, cells].argmax(axis=1)
        enough = overlap[np.arange(len(overlap)), cells[best]] >= min_overlap
        targets[enough, k] = cells[best[enough]]
    return targets


def _ranking(pairs: _Pairs, label: int, truths: Ints) -> _Ranking:
    chosen = np.flatnonzero(pairs.label == label)
    chosen = chosen[np.argsort(-pairs.confidence[chosen], kind="stable")]
    confidence, target = pairs.confidence[chosen], pairs.target[chosen]
    hit = np.zeros(len(chosen), dtype=bool)
    hit[np.unique(target, return_index=True)[1]] = True  # the first that is about a cell
    last = np.append(confidence[1:] != confidence[:-1], True)[: len(chosen)]
    return _Ranking(pairs.field[chosen], hit & (target >= 0), last, truths)


def _average_precision(ranking: _Ranking, weights: Doubles) -> Doubles:
    """Average precision with weighted fields, weights above 0, shape (R, N) → (R,); nan if no cell shows it."""
    support = weights @ ranking.truths
    drawn = weights[:, ranking.field]
    hits = np.cumsum(drawn * ranking.hit, axis=1)[:, ranking.last]
    precision = hits / np.cumsum(drawn, axis=1)[:, ranking.last]
    best = np.maximum.accumulate(precision[:, ::-1], axis=1)[:, ::-1]
    area = (np.diff(hits, axis=1, prepend=0) * best).sum(axis=1)
    ap: Doubles = np.divide(area, support, out=np.full(len(weights), np.nan), where=support > 0)
    return ap


def _bootstrap(rankings: Sequence[_Ranking], fields: int) -> list[float]:
    rng = np.random.default_rng(0)
    scores = []
    for _ in range(_RESAMPLES // _AT_ONCE):
        weights = np.maximum(rng.dirichlet(np.ones(fields), size=_AT_ONCE) * fields, np.finfo(np.float32).tiny)
        scores.append(np.mean([_average_precision(ranking, weights) for ranking in rankings], axis=0))
    return percentiles(np.concatenate(scores))

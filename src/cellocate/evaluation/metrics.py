"""The scores of `metrics.json`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from cellocate.arrays import Bools, Doubles, Floats
from cellocate.errors import CellocateError
from cellocate.evaluation.bootstrap import (
    Clusters,
    ResampledF1,
    ResampledPrecision,
    bootstrap,
    percentiles,
    without_bias,
)
from cellocate.evaluation.calibration_error import expected_calibration_error
from cellocate.evaluation.counts import Counts
from cellocate.evaluation.frequency import rank_correlation
from cellocate.evaluation.group_level import GroupLevel
from cellocate.evaluation.ranking import average_precisions, micro_scores, ranking_scores, roc_areas
from cellocate.vocabulary import Vocabulary

_INTERVALS = ("macro_f1_interval", "micro_f1_interval", "macro_average_precision_interval")


def evaluate(
    truth: Bools,
    labels: Bools,
    vocabulary: Vocabulary,
    *,
    probabilities: Floats | None = None,
    thresholds: Sequence[float] | None = None,
    groups: Sequence[str] | None = None,
    trained: Sequence[int] | None = None,
    interval: bool = True,
) -> dict[str, Any]:
    """Compute every score of `metrics.json` for labelled fields.

    Averages named `macro_*` are plain means over all locations, as in the 2018 challenge: one that neither occurs nor
    is predicted counts 0 (scikit-learn's `zero_division=0`). Those named `*_present` are means over the locations that
    occur; `absent` names the others. Average precision is undefined for a location without truth, and the area under
    the ROC curve also where every field shows it; their means leave these out. `group_level` has the same scores for
    the vocabulary's coarse groups (`GroupLevel`).

    `*_interval` are 95% percentile intervals of 1000 bootstrap resamples of the fields, or of their groups; a location
    that a resample misses is left out of that resample's mean. Those of average precision are `without_bias`.

    Args:
        truth: shape (N, K), bool.
        labels: predicted labels, shape (N, K), bool.
        vocabulary: of K locations.
        probabilities: shape (N, K); without them, scores that need them are None.
        thresholds: K of them, for the table per class.
        groups: of the fields (antibody, plate); fields of a group are not independent.
        trained: number of training fields that show each location, if known.
        interval: whether to compute intervals, which takes most of the time.

    Raises:
        CellocateError: there is no field.

    Example:
        >>> from cellocate.vocabulary import get_vocabulary
        >>> hpa28 = get_vocabulary("hpa28")
        >>> truth = hpa28.encode([(4,), (25,)])  # nuclear speckles; cytosol
        >>> found = evaluate(truth, hpa28.encode([(5,), (25,)]), hpa28)  # nuclear bodies: a near miss
        >>> found["micro_f1"], found["group_level"]["micro_f1"]
        (0.5, 1.0)
    """
    if not len(truth):
        raise CellocateError("no labelled field to evaluate", mend="Give a collection or part that has labels.")
    level = GroupLevel(vocabulary)
    coarse_probabilities = None if probabilities is None else level.of(probabilities)
    coarse = _figures(level.of(truth), level.of(labels), level.vocabulary, coarse_probabilities)
    figures = _figures(truth, labels, vocabulary, probabilities)
    figures.update(dict.fromkeys(_INTERVALS))
    coarse["macro_f1_interval"] = None
    if interval:
        clusters = Clusters(len(truth), groups)
        f1, at_groups = (ResampledF1(f(truth), f(labels), clusters) for f in (np.asarray, level.of))
        statistics = [at_groups.macro, f1.macro, f1.micro]
        if probabilities is not None and truth.any():
            statistics.append(ResampledPrecision(truth, probabilities, clusters).macro)
        resampled = bootstrap(lambda weights: np.stack([s(weights) for s in statistics], axis=1), clusters)
        if len(statistics) > len(_INTERVALS):
            resampled[:, -1] = without_bias(resampled[:, -1], figures["macro_average_precision"])
        coarse["macro_f1_interval"], *others = [percentiles(scores) for scores in resampled.T]
        figures.update(zip(_INTERVALS, others, strict=False))
    rows = figures.pop("per_class")
    for k, row in enumerate(rows):
        row["threshold"] = None if thresholds is None else float(thresholds[k])
        row["trained"] = None if trained is None else int(trained[k])
    counts = [row["support"] for row in rows] if trained is None else list(trained)
    figures["f1_and_frequency"] = rank_correlation(
        counts, [row["f1"] for row in rows], [row["support"] > 0 for row in rows]
    )
    coarse["per_group"] = coarse.pop("per_class")
    return {**figures, "group_level": coarse, "per_class": rows}


def _figures(truth: Bools, labels: Bools, vocabulary: Vocabulary, probabilities: Floats | None) -> dict[str, Any]:
    """All scores but the intervals, for locations or for groups."""
    counts, n = Counts.of(truth, labels), len(truth)
    present: Bools = counts.support > 0
    some = bool(present.any())
    chance = [chance_average_precision(int(positives), n) for positives in counts.support[present]]
    everywhere = Counts.of(truth, np.ones_like(truth))
    ap, auc = np.full((2, len(vocabulary)), np.nan)
    if probabilities is not None:
        ap, auc = average_precisions(truth, probabilities), roc_areas(truth, probabilities)
    return {
        "n": n,
        "vocabulary": vocabulary.name,
        "macro_f1": float(counts.f1.mean()),
        "macro_f1_of_predicting_everything": float(everywhere.f1.mean()),
        "macro_f1_present": float(counts.f1[present].mean()) if some else None,
        "micro_f1": float(counts.summed.f1[0]),
        "macro_precision": float(counts.precision.mean()),
        "macro_recall": float(counts.recall.mean()),
        "micro_precision": float(counts.summed.precision[0]),
        "micro_recall": float(counts.summed.recall[0]),
        "exact_match": float((truth == labels).all(axis=1).mean()),
        "recall_of_fields": _recall_of_fields(truth, labels),
        "binary_accuracy": float((truth == labels).mean()),
        "binary_accuracy_of_predicting_nothing": float((~truth).mean()),
        "hamming_loss": float((truth != labels).mean()),
        "macro_average_precision_of_chance": float(np.mean(chance)) if some else None,
        "macro_average_precision": _mean(ap),
        "macro_roc_auc": _mean(auc),
        **_of_probabilities(truth, probabilities),
        "absent": [name for name, occurs in zip(vocabulary.names, present, strict=True) if not occurs],
        "per_class": _per_class(counts, vocabulary, ap, auc),
    }


def _of_probabilities(truth: Bools, probabilities: Floats | None) -> dict[str, float | None]:
    if probabilities is None:
        return dict.fromkeys(
            (
                "micro_average_precision",
                "micro_roc_auc",
                "label_ranking_average_precision",
                "coverage_error",
                "ranking_loss",
                "ece",
            )
        )
    return {
        **micro_scores(truth, probabilities),
        **ranking_scores(truth, probabilities),
        "ece": expected_calibration_error(truth, probabilities),
    }


def _recall_of_fields(truth: Bools, labels: Bools) -> float | None:
    """The share of a field's locations that are predicted, averaged over fields with locations."""
    shown = truth.sum(axis=1)
    labelled = shown > 0
    return float(((truth & labels).sum(axis=1)[labelled] / shown[labelled]).mean()) if labelled.any() else None


def _per_class(counts: Counts, vocabulary: Vocabulary, ap: Doubles, auc: Doubles) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "support": int(counts.support[k]),
            "predicted": int(counts.predicted[k]),
            "accuracy": float(counts.accuracy[k]),
            "precision": float(counts.precision[k]),
            "recall": float(counts.recall[k]),
            "f1": float(counts.f1[k]),
            "average_precision": _number(ap[k]),
            "roc_auc": _number(auc[k]),
        }
        for k, name in enumerate(vocabulary.names)
    ]


def chance_average_precision(positives: int, n: int) -> float:
    """Expected average precision of n fields in random order, given the number of positives.

    It is above the share of positives, the more so the fewer fields there are.

    References:
        Bestgen. Exact Expected Average Precision of the Random Baseline for System Evaluation. The Prague Bulletin
        of Mathematical Linguistics 103 (2015). https://doi.org/10.1515/pralin-2015-0007

    Example:
        >>> round(chance_average_precision(1, 2), 2), chance_average_precision(2, 2)
        (0.75, 1.0)
    """
    if n == 1:
        return 1.0
    harmonic = float((1 / np.arange(1, n + 1)).sum())
    return float(((positives - 1) / (n - 1) * (n - harmonic) + harmonic) / n)


def _mean(values: Doubles) -> float | None:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else None


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)

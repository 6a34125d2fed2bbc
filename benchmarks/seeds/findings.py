"""The findings that the seeds report, each tested by a pair of rows on the same test fields."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np
from figures import Floats, Predictions, macro
from scipy import stats

from cellocate.vocabulary import get_vocabulary

RESAMPLES = 1000
EQUAL = 0.03  # a difference that is smaller, either way, is called none
Measure = Callable[[Predictions, Sequence[str], Floats], Floats]
"""Predictions, the locations that count, R weightings (R, N) of the test fields → R figures."""


@dataclass(frozen=True)
class Finding:
    """What a seed found.

    Args:
        says: the finding.
        seeds: which report it.
        better: the row that should be better.
        worse: the row that it is compared with; the same one where two figures of it are compared.
        measure: by which.
        against: of the worse row, where it is another measure.
        claim: that it is `better`, `no better`, or `equal`.
        locations: groups, or a name, of the locations that count.
    """

    says: str
    seeds: str
    better: str
    worse: str
    measure: str = "macro AP"
    against: str = ""
    claim: Literal["better", "no better", "equal"] = "better"
    locations: tuple[str, ...] = ()


@dataclass(frozen=True)
class Tested:
    """A finding on a collection: the difference for each seed, its interval over the mean of them, and a verdict."""

    finding: Finding
    differences: tuple[float, ...]
    interval: tuple[float, float]
    verdict: str


RULE = """\
The interval is the 95% percentile interval of the difference (mean over seeds) when test fields are resampled, the same
ones for both rows and all seeds. (If fields do not matter, as in early macro AP, it is Student's over seeds.) It covers
the choice of test fields; agreement of the seeds covers the luck of training. With one seed the latter is unknown, and
the verdict says so.

- "One row is *better*" holds if the interval and every seed's difference are above 0; it does not if they are below 0.
- "One row is *no better*" holds if the interval is below .03; it does not if all are above 0.
- "Rows are *equal*" holds if the interval is within ±.03; it does not if all are on one side of 0 and the mean beyond
  .03.
- Otherwise it cannot be told. The same applies to "equal" and "no better" for networks that have hardly learnt: both
  must have a macro AP of .06 more than a random order.

With so many findings, one or two may hold by chance."""


def test(finding: Finding, pairs: Sequence[tuple[Predictions, Predictions]]) -> Tested:
    """Compare two rows on the same test fields, for each seed, by `RULE`."""
    n = len(pairs[0][0].truth)
    rng = np.random.default_rng(0)
    weights = np.concatenate([np.ones((1, n)), rng.multinomial(n, np.full(n, 1 / n), size=RESAMPLES)])
    measure, against = MEASURES[finding.measure], MEASURES[finding.against or finding.measure]
    differences = []
    for better, worse in pairs:
        counted = _counted(finding, better, worse)
        differences.append(measure(better, counted, weights) - against(worse, counted, weights))
    own = tuple(float(d[0]) for d in differences)
    drawn = np.mean(differences, axis=0)[1:]
    low, high = (float(q) for q in np.percentile(drawn, [2.5, 97.5]))
    if low == high:
        low, high = _students(own)
    learnt = all(_has_learnt(p) for pair in pairs for p in pair)
    return Tested(finding, own, (low, high), _verdict(finding.claim, own, low, high, learnt=learnt))


def _students(own: tuple[float, ...]) -> tuple[float, float]:
    if len(own) < 2:
        return np.nan, np.nan
    half = float(stats.t.ppf(0.975, len(own) - 1) * stats.sem(own))
    return float(np.mean(own)) - half, float(np.mean(own)) + half


def _has_learnt(p: Predictions) -> bool:
    told = p.figures()
    return bool(told["macro_ap"] - told["macro_ap_chance"] > 2 * EQUAL)


def _verdict(claim: str, own: tuple[float, ...], low: float, high: float, *, learnt: bool) -> str:
    above, below = low > 0 and min(own) > 0, high < 0 and max(own) < 0
    holds, fails = above, below
    if claim == "no better":
        holds, fails = learnt and high < EQUAL, above
    elif claim == "equal":
        holds, fails = learnt and low > -EQUAL and high < EQUAL, (above or below) and bool(abs(np.mean(own)) > EQUAL)
    said = "holds" if holds else "does not" if fails else "cannot be told"
    return said + (" (one seed)" if len(own) == 1 and (holds or fails) else "")


def _counted(finding: Finding, better: Predictions, worse: Predictions) -> list[str]:
    """The names of the locations that both rows answer and that the finding is about."""
    group = {place.name: place.group for place in get_vocabulary("hpa28").locations}
    return [
        name
        for name in better.names
        if name in worse.names and (not finding.locations or {name, group[name]} & set(finding.locations))
    ]


def _over(values: Callable[[Predictions, Floats], Floats], p: Predictions, names: Sequence[str], w: Floats) -> Floats:
    return macro(values(p, w), np.isin(p.names, list(names)))


def _whole(values: Callable[[Predictions, Floats], Floats], p: Predictions, _: Sequence[str], w: Floats) -> Floats:
    return values(p, w)[:, 0]


def _by_frequency(p: Predictions, _: Sequence[str], weights: Floats) -> Floats:
    """Spearman's correlation of F1 with the number of training fields, over the locations that occur."""
    f1, fields = p.f1(weights), p.arrays["trained"]
    return np.array([np.nan_to_num(stats.spearmanr(f[~np.isnan(f)], fields[~np.isnan(f)]).statistic) for f in f1])


def _early(p: Predictions, _: Sequence[str], weights: Floats) -> Floats:
    """Mean macro AP on the validation part after each epoch of the first half: the same for all resamples."""
    learning = p.arrays["learning"]
    return np.full(len(weights), learning[: max(1, len(learning) // 2)].mean())


MEASURES: dict[str, Measure] = {
    "macro AP": partial(_over, Predictions.ap),
    "F1, tuned": partial(_over, Predictions.f1),
    "F1 at .5": partial(_over, lambda p, w: p.f1(w, tuned=False)),
    "accuracy": partial(_whole, Predictions.accuracy),
    "binary accuracy": partial(_whole, Predictions.binary_accuracy),
    "that of predicting nothing": partial(_whole, Predictions.negatives),
    "rank correlation of F1 and frequency": _by_frequency,
    "none": lambda p, _, w: np.zeros(len(w)),
    "early macro AP": _early,
}

BASE, W3 = "resnet18-rgb-512", "densenet161-w3"
NUCLEAR = ("Nucleus", "Nucleoli")
FINDINGS = (
    Finding("Retraining all layers beats a frozen body", "003", f"{BASE}-started", f"{BASE}-frozen"),
    Finding("Retraining all layers beats a frozen body", "002", "resnet50-all-layers", "resnet50-frozen"),
    Finding("Average pooling beats downsizing", "003", BASE, "resnet18-rgb-resized"),
    Finding("Average pooling beats further blocks", "003", BASE, f"{BASE}-blocks"),
    Finding("A threshold for each location beats .5", "003", BASE, BASE, "F1, tuned", "F1 at .5"),
    Finding(
        "A threshold for each location beats .5", "002", "densenet161-rgb", "densenet161-rgb", "F1, tuned", "F1 at .5"
    ),
    Finding("RGY is poor beside RGB", "002", "densenet161-rgb", "densenet161-rgy"),
    Finding("Nuclear locations need blue", "002", "densenet161-rgb", "densenet161-rgy", locations=NUCLEAR),
    Finding("Green alone beats RGB", "000", "resnet18-green-512", BASE),
    Finding("RGBY is no better than RGB", "003", "resnet18-rgby-512", BASE, claim="no better"),
    Finding("Weighting 3 beats weighting 2", "002", W3, "densenet161-w2"),
    Finding("Quarter turns and mirrors help", "002", f"{W3}-aug1", W3),
    Finding("Eighth turns help more", "002", "densenet161-rgb", f"{W3}-aug1"),
    Finding("Dropout costs", "002", f"{W3}-aug1", f"{W3}-aug1-dropout"),
    Finding("DenseNet161 beats ResNet18", "002", f"{W3}-aug1", "resnet18-w3-aug1"),
    Finding("Weighted BCE learns faster", "003", BASE, f"{BASE}-bce", "early macro AP"),
    Finding("Weighted BCE ends equal to BCE", "003", BASE, f"{BASE}-bce", claim="equal"),
    Finding("Focal loss is no better", "003", f"{BASE}-focal", f"{BASE}-bce", claim="no better"),
    Finding("Copying rare fields does not help", "000", f"{BASE}-oversample", BASE, claim="no better"),
    Finding("F1 rises with frequency", "003", BASE, BASE, "rank correlation of F1 and frequency", "none"),
    Finding("Balancing the skew helps locations on average", "001", f"{BASE}-balanced", BASE),
    Finding("Balancing costs Nucleoplasm", "001", BASE, f"{BASE}-balanced", "F1, tuned", locations=("Nucleoplasm",)),
    Finding("ResNet101 beats VGG16 on cells", "001", "cells-resnet101", "cells-vgg16", "accuracy"),
    Finding("EfficientNetB6 beats ResNet101 on cells", "001", "cells-efficientnet-b6", "cells-resnet101", "accuracy"),
    Finding(
        "Binary accuracy beats predicting nothing",
        "004",
        "cnn-rgby-128",
        "cnn-rgby-128",
        "binary accuracy",
        "that of predicting nothing",
    ),
    Finding("Specialists for nucleus and cytosol help", "next step", "resnet18-nucleus+cytosol", "resnet18"),
    Finding("A specialist for one location helps there", "next step", "resnet18-one-location", "resnet18"),
)

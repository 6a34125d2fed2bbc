"""How long it takes to measure 11,702 fields and 28 locations, with intervals, beside a loop over scikit-learn.

python benchmarks/metrics_speed.py [FIELDS]
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from sklearn import metrics as sk

from cellocate.evaluation import compare, evaluate
from cellocate.evaluation.bootstrap import RESAMPLES, Clusters, ResampledF1, ResampledPrecision, bootstrap
from cellocate.phantom.label_sets import real_label_sets
from cellocate.vocabulary import get_vocabulary

T = TypeVar("T")
Table = NDArray[Any]

FIELDS, LOOPS = 11_702, 10  # the test part of 2018; rounds of scikit-learn, of which the rest is reckoned


def main() -> None:
    fields = int(sys.argv[1]) if len(sys.argv) > 1 else FIELDS
    truth, p = _tables(fields)
    decided, clusters = p >= 0.5, Clusters(fields)
    print(f"{fields:,} fields, {truth.shape[1]} locations, {RESAMPLES:,} resamples, one core\nseconds")
    f1 = ResampledF1(truth, decided, clusters)
    ours = _timed("macro F1 in all resamples", lambda: bootstrap(f1.macro, clusters))
    looped = _loop(lambda rows: _f1(truth[rows], decided[rows]), fields, "macro F1")
    precision = ResampledPrecision(truth, p, clusters)
    ours_ap = _timed("macro average precision in all resamples", lambda: bootstrap(precision.macro, clusters))
    looped_ap = _loop(lambda rows: _precision(truth[rows], p[rows]), fields, "macro average precision")
    hpa28 = get_vocabulary("hpa28")
    _timed("every figure with every interval", lambda: evaluate(truth, decided, hpa28, probabilities=p))
    _timed("every figure without intervals", lambda: evaluate(truth, decided, hpa28, probabilities=p, interval=False))
    _timed("two models compared", lambda: compare(truth, decided, p >= 0.45, hpa28, probabilities=(p, p**2)))
    for name, a, b in (("macro F1", ours, looped), ("macro average precision", ours_ap, looped_ap)):
        print(f"{name}: mean of resamples {a.mean():.4f}, of {LOOPS} of scikit-learn {np.mean(b):.4f}")


def _tables(fields: int) -> tuple[Table, Table]:
    """Labels as in 2018, and probabilities of a fair model."""
    rng = np.random.default_rng(0)
    sets, counts = real_label_sets()
    drawn = rng.choice(len(sets), fields, p=np.array(counts) / sum(counts))
    truth = get_vocabulary("hpa28").encode([sets[i] for i in drawn])
    return truth, 1 / (1 + np.exp(3 - 5 * truth - 1.5 * rng.standard_normal(truth.shape)))


def _loop(score: Callable[[Table], float], fields: int, what: str) -> list[float]:
    rng, began = np.random.default_rng(0), time.perf_counter()
    found = [score(rng.integers(0, fields, fields)) for _ in range(LOOPS)]
    seconds = (time.perf_counter() - began) / LOOPS * RESAMPLES
    print(f"{seconds:9.1f}  {what} by a loop over scikit-learn, reckoned from {LOOPS} rounds", flush=True)
    return found


def _f1(truth: Table, decided: Table) -> float:
    return float(sk.f1_score(truth, decided, average="macro", zero_division=0))


def _precision(truth: Table, p: Table) -> float:
    some = truth.any(axis=0)
    return float(sk.average_precision_score(truth[:, some], p[:, some], average="macro"))


def _timed(what: str, work: Callable[[], T]) -> T:
    began = time.perf_counter()
    result = work()
    print(f"{time.perf_counter() - began:9.1f}  {what}", flush=True)
    return result


if __name__ == "__main__":
    main()

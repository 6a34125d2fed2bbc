"""Decision rules on the real probabilities of five champion networks: macro F1 out of fold, and on unseen fields.

    python benchmarks/decision_rules.py > docs/benchmarks/decision_rules.md

needs the folder `decision/` of the real data (`CELLOCATE_REAL_DATA`); see `about()` for what is measured.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cellocate.collection import read_labels
from cellocate.decision import DEFAULT, KINDS, POOLS, Kind, fit, fit_steps
from cellocate.decision.rules.scaling import fit_scaling

RULES: tuple[Kind, ...] = tuple(kind for kind in KINDS if kind != "best")
RESAMPLES = 1000
SIZES = (10, 25, 50, 100, 200, 1000, 5000)
Table = NDArray[np.float64]
Truth = NDArray[np.bool_]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=10)
    parser.add_argument("--folds", type=int, default=5)
    options = parser.parse_args()
    folder = Path(os.environ.get("CELLOCATE_REAL_DATA", "../shared/data")) / "decision"
    tables, rows, truth = read(folder)
    print(about(len(rows), len(next(iter(tables.values()))), options.repeats, options.folds))
    matched = {name: table[rows] for name, table in tables.items()}
    out_of_fold(matched, truth, options.repeats, options.folds)
    ensembles(matched, truth, max(1, options.repeats // 5), options.folds)
    few_fields(matched, truth, options.repeats)
    every_image(tables, rows, truth)
    simulated(tables, rows, truth, options.repeats)
    seconds(tables["mean"], rows, truth)


def read(folder: Path) -> tuple[dict[str, Table], NDArray[np.intp], Truth]:
    """Tables (11702, 28) by name, with the mean of the networks; the rows whose labels are known, and these labels."""
    saved = np.load(folder / "test_probabilities.npz")
    tables = {name: saved[name].astype(np.float64) for name in saved.files if name != "ids"}
    tables["mean"] = np.mean([table for name, table in tables.items() if name != "summary_final"], axis=0)
    labels = read_labels(folder / "matched_labels.csv")
    place = {field: row for row, field in enumerate(saved["ids"].tolist())}
    ids = list(labels.table.index)
    return tables, np.array([place[i] for i in ids]), labels.truth(ids)


def about(known: int, images: int, repeats: int, folds: int) -> str:
    """What is measured, as the beginning of the page."""
    return f"""# Decision rules, measured

Printed by `benchmarks/decision_rules.py`. Probabilities of five champion networks of the 2018 challenge, of their mean
and of one team's final ensemble (`summary_final`) for its {images:,} test images; the labels of {known} of them are
known, because near-duplicates were published. They are a biased sample, good for comparing rules and no test score. No
two of them are known to be of one antibody, so folds are of single images. One location (Peroxisomes) never occurs
among them, so that macro F1 over all 28 cannot exceed .964.

`{DEFAULT}` is the default. Where there is an interval it is the 95% percentile interval of {RESAMPLES} bootstrap
resamples of the images, the same for both rules of a difference.

## Out of fold, {repeats} times {folds} folds

Macro F1 of fields that the rule was not fitted on. In brackets, the interval of its difference to the default."""


def out_of_fold(tables: dict[str, Table], truth: Truth, repeats: int, folds: int) -> None:
    parts, weights = drawn_folds(len(truth), repeats, folds)
    scores = {
        (kind, name): np.mean([resampled(crossed(kind, p, truth, part), truth, weights) for part in parts], axis=0)
        for kind in RULES
        for name, p in tables.items()
    }
    beside_default(scores, list(tables))


def ensembles(tables: dict[str, Table], truth: Truth, repeats: int, folds: int) -> None:
    print(f"\n## Ensembles of the five networks, out of fold, {repeats} times {folds} folds\n")
    print(
        "Macro F1 as above; pool and rule are fitted without the fields that they are measured on, and the rule on\n"
        "cross-fitted probabilities (`decide fit --pool`)."
    )
    networks = {name: table for name, table in tables.items() if name not in ("mean", "summary_final")}
    stacked, ids = np.stack(list(networks.values())), np.arange(len(truth)).astype(str)
    parts, weights = drawn_folds(len(truth), repeats, folds)
    scores = {}
    for pool in POOLS:
        decided = {kind: np.zeros((repeats, *truth.shape), dtype=bool) for kind in RULES}
        for repeat, part in enumerate(parts):
            for fold in np.unique(part):
                held = part == fold
                known = truth[~held]
                before = fit_steps(stacked[:, ~held], known, list(networks), ids[~held].tolist(), pool=pool)
                pooled = before.steps.apply(stacked[:, held])
                for kind in RULES:
                    decided[kind][repeat, held] = fit(kind, before.calibrated, known).apply(pooled)
        for kind in RULES:
            scores[kind, str(pool)] = np.mean([resampled(d, truth, weights) for d in decided[kind]], axis=0)
    beside_default(scores, list(POOLS))


def drawn_folds(n: int, repeats: int, folds: int) -> tuple[list[NDArray[np.intp]], NDArray[np.float32]]:
    """The fold of each field, for each repeat; and how often it counts, as it is and in each resample."""
    rng = np.random.default_rng(0)
    parts = [rng.permutation(n) % folds for _ in range(repeats)]
    weights = rng.multinomial(n, np.full(n, 1 / n), size=RESAMPLES).astype(np.float32)
    return parts, np.vstack([np.ones(n, np.float32), weights])


def beside_default(scores: dict[tuple[Kind, str], NDArray[np.float64]], tables: Sequence[str]) -> None:
    """Show every rule's macro F1 on every table, with the interval of its difference to the default's."""
    rows = []
    for kind in RULES:
        cells = [cell(scores[kind, name], None if kind == DEFAULT else scores[DEFAULT, name]) for name in tables]
        mean = np.mean([scores[kind, name] for name in tables], axis=0)
        default = np.mean([scores[DEFAULT, name] for name in tables], axis=0)
        rows.append((kind, *cells, cell(mean, None if kind == DEFAULT else default)))
    show(("rule", *tables, "mean of columns"), rows)


def crossed(kind: Kind, p: Table, truth: Truth, part: NDArray[Any]) -> Truth:
    decided = np.zeros_like(truth)
    for fold in np.unique(part):
        held = part == fold
        decided[held] = fit(kind, p[~held], truth[~held]).apply(p[held])
    return decided


def resampled(decided: Truth, truth: Truth, weights: NDArray[np.float32]) -> NDArray[np.float64]:
    """Macro F1 over all locations for each row of weights; one that a resample misses is left out of its mean."""
    hits, both = weights @ (decided & truth), weights @ (decided.astype(np.float32) + truth)
    known = both > 0
    f1 = (2 * hits / np.maximum(both, 1)).sum(axis=1) / known.sum(axis=1)
    return np.asarray(f1 * (known[0].sum() / truth.shape[1]), dtype=np.float64)


def cell(scores: NDArray[np.float64], default: NDArray[np.float64] | None) -> str:
    if default is None:
        low, high = np.percentile(scores[1:], [2.5, 97.5])
        return f"**{scores[0]:.3f}** (of itself {low:.3f} to {high:.3f})"
    low, high = np.percentile((scores - default)[1:], [2.5, 97.5])
    return f"{scores[0]:.3f} ({low:+.3f} to {high:+.3f})"


def few_fields(tables: dict[str, Table], truth: Truth, repeats: int) -> None:
    print("\n## Fitted on few fields, measured on the others\n")
    print(f"Mean macro F1 over the seven tables and {repeats} draws of the fields that a rule is fitted on.\n")
    sizes = [n for n in SIZES if n < len(truth) - 100]

    def score(kind: Kind, n: int) -> list[float]:
        rng = np.random.default_rng(n)
        found = []
        for _ in range(repeats):
            order = rng.permutation(len(truth))
            fitted, held = order[:n], order[n:]
            found += [
                macro_f1(fit(kind, p[fitted], truth[fitted]).apply(p[held]), truth[held]) for p in tables.values()
            ]
        return found

    by_size(score, sizes)


def every_image(tables: dict[str, Table], rows: NDArray[np.intp], truth: Truth) -> None:
    print(f"\n## What a rule fitted on the {len(rows)} makes of all images\n")
    print("Of the networks' mean. The train set has 1.6 locations in an image, and at most 5.\n")
    p = tables["mean"]
    lines = []
    for kind in RULES:
        counts = fit(kind, p[rows], truth).apply(p).sum(axis=1)
        lines.append((kind, f"{counts.mean():.2f}", f"{(counts == 0).mean():.1%}", str(counts.max())))
    show(("rule", "locations in an image", "images with none", "most in one"), lines)


def simulated(tables: dict[str, Table], rows: NDArray[np.intp], truth: Truth, repeats: int) -> None:
    print("\n## On unseen images, with simulated truth\n")
    print(
        "Labels of all images drawn from the scaled probabilities of `summary_final`; rules fitted on n images and\n"
        f"measured on all others. Mean macro F1 over the five networks and {max(2, repeats // 2)} draws. The truth is\n"
        "simulated: what it tells is how much a rule needs, with locations as rare as they are.\n"
    )
    final = tables["summary_final"]
    shares = fit_scaling(final[rows], truth).apply(final)
    networks = [p for name, p in tables.items() if name not in ("mean", "summary_final")]

    def score(kind: Kind, n: int) -> list[float]:
        rng = np.random.default_rng(n)
        found = []
        for _ in range(max(2, repeats // 2)):
            drawn = rng.random(shares.shape) < shares
            order = rng.permutation(len(drawn))
            fitted, held = order[:n], order[n:]
            found += [macro_f1(fit(kind, p[fitted], drawn[fitted]).apply(p[held]), drawn[held]) for p in networks]
        return found

    by_size(score, SIZES)


def seconds(p: Table, rows: NDArray[np.intp], truth: Truth) -> None:
    print(f"\n## Seconds to fit {p.shape[0]:,} × {p.shape[1]}, on one core\n")
    drawn = np.random.default_rng(0).random(p.shape) < fit_scaling(p[rows], truth).apply(p)
    lines = []
    for kind in RULES:
        start = time.perf_counter()
        rule = fit(kind, p, drawn)
        fitted = time.perf_counter()
        rule.apply(p)
        lines.append((kind, f"{fitted - start:.2f}", f"{time.perf_counter() - fitted:.2f}"))
    show(("rule", "fit", "apply"), lines)


def macro_f1(decided: Truth, truth: Truth) -> float:
    both = decided.sum(axis=0) + truth.sum(axis=0)
    return float((2 * (decided & truth).sum(axis=0) / np.maximum(both, 1)).mean())


def by_size(score: Callable[[Kind, int], list[float]], sizes: Sequence[int]) -> None:
    scores = {kind: np.array([score(kind, n) for n in sizes]) for kind in RULES}
    show(("rule", *map(str, sizes)), [(kind, *(f"{mean:.3f}" for mean in scores[kind].mean(axis=1))) for kind in RULES])
    above = scores[DEFAULT] - scores["fixed"]
    print(f"\n`{DEFAULT}` above `fixed`, of the same table and draw:")
    lines = [
        ("mean", *(f"{mean:+.3f}" for mean in above.mean(axis=1))),
        ("worst", *(f"{worst:+.3f}" for worst in above.min(axis=1))),
        ("better in", *(f"{share:.0%}" for share in (above > 0).mean(axis=1))),
    ]
    show(("", *map(str, sizes)), lines)


def show(header: Iterable[str], lines: Iterable[Iterable[str]]) -> None:
    header = list(header)
    print("\n| " + " | ".join(header) + " |\n|" + "---|" * len(header))
    for line in lines:
        print("| " + " | ".join(line) + " |", flush=True)


if __name__ == "__main__":
    main()

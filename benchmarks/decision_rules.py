"""Decision rules on real probabilities: macro F1 out of fold, under distortions, of pools, and fitted on few fields.

    python benchmarks/decision_rules.py > docs/benchmarks/decision_rules.md

needs the folder `decision/` of the real data (`CELLOCATE_REAL_DATA`); see `about()` for what is measured.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray

from cellocate.choices import DEFAULT_RULE as DEFAULT
from cellocate.choices import PoolKind
from cellocate.collection import read_labels
from cellocate.decision import fit, fit_rule, fit_steps
from cellocate.decision.calibration import Calibration
from cellocate.decision.choose_rule import SIMPLE_RULES
from cellocate.decision.logistic import logits, sigmoid
from cellocate.decision.rules import KINDS

RULES: tuple[str, ...] = (DEFAULT, *(kind for kind in KINDS if kind != "argmax"))
SOME: tuple[str, ...] = (DEFAULT, "expected_f1", "bagged", *SIMPLE_RULES)
RESAMPLES, FOLDS, FREQUENT = 1000, 5, 10
SIZES = (10, 30, 100, 300, 1000)
Table = NDArray[np.float64]
Truth = NDArray[np.bool_]


class Known(NamedTuple):
    """Probabilities by name, each (N, K), of N images whose labels are known, and the names of the single networks."""

    name: str
    tables: dict[str, Table]
    truth: Truth
    networks: tuple[str, ...]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=4, help="of the folds of the smaller set; the larger has one")
    options = parser.parse_args()
    folder = Path(os.environ.get("CELLOCATE_REAL_DATA", "../shared/data")) / "decision"
    held, matched = validation(folder), test(folder)
    print(about(held, matched))
    for known, repeats in ((held, 1), (matched, options.repeats)):
        print(f"\n## {known.name}: out of fold, {repeats} times {FOLDS} folds")
        parts, weights = drawn_folds(len(known.truth), repeats)
        beside_default(known, {name: every(RULES, p, known.truth, parts) for name, p in known.tables.items()}, weights)
        print(f"\n## {known.name}: pools of its {len(known.networks)} networks")
        print(
            "\nPool and rule are fitted without the images that they are measured on, the rule on cross-fitted\n"
            "probabilities (`decide fit --pool`). Columns are pools.\n"
        )
        beside_default(known, pools(known, parts[:1]), weights)
    print(f"\n## {held.name}: under distortions, out of fold")
    print(distortions_in_words())
    parts, weights = drawn_folds(len(held.truth), 1)
    for name in ("mean", "vgg16_224"):
        print(f"\n### {name}")
        distorted = {
            kind: every(SOME, bent, held.truth, parts) for kind, bent in distortions(held.tables[name]).items()
        }
        beside_default(held, distorted, weights)
    few_fields(held, options.repeats)
    seconds(held)


def validation(folder: Path) -> Known:
    """3,700 truly labelled images of the 2018 train set, held out by a team from eleven of its networks."""
    saved = np.load(folder / "validation_2018.npz")
    networks = tuple(name for name in saved.files if name not in ("ids", "targets"))
    tables = {name: saved[name].astype(np.float64) for name in networks}
    tables["mean"] = np.mean(list(tables.values()), axis=0)
    return Known("Held-out images of 2018", tables, saved["targets"].astype(bool), networks)


def test(folder: Path) -> Known:
    """354 test images of 2018 whose labels are known, and the networks of the champions."""
    saved = np.load(folder / "test_probabilities.npz")
    labels = read_labels(folder / "matched_labels.csv")
    ids = list(labels.table.index)
    place = {field: row for row, field in enumerate(saved["ids"].tolist())}
    rows = np.array([place[i] for i in ids])
    tables = {name: saved[name].astype(np.float64)[rows] for name in saved.files if name != "ids"}
    networks = tuple(name for name in tables if name != "summary_final")
    tables["mean"] = np.mean([tables[name] for name in networks], axis=0)
    return Known("Test images of 2018", tables, labels.truth(ids), networks)


def about(held: Known, matched: Known) -> str:
    """What is measured, as the beginning of the page."""
    support = held.truth.sum(axis=0)
    certain = held.tables["inception_224"] > 0.99
    odd = certain.sum(axis=1) >= 5
    sure, wrong = odd.mean(), 1 - held.truth[odd][certain[odd]].mean()
    return f"""# Decision rules, measured

Printed by `benchmarks/decision_rules.py`. There are two sets:

- *{held.name}*: {len(held.truth):,} images of the train set with their true labels, and the probabilities of
  {len(held.networks)} networks of one team that were not trained on them. Four of these see one channel only and are
  near chance; `inception_224` is not calibrated (it gives {held.tables["inception_224"].mean():.2f} on average, where
  {held.truth.mean():.2f} is true), and gives {sure:.1%} of the images five or more locations with probabilities above
  .99, of which {wrong:.0%} are wrong. All 28 locations occur, {(support < FREQUENT).sum()} of them in fewer than ten
  images.
- *{matched.name}*: {len(matched.truth)} images whose labels are known because near-duplicates were published (a biased
  sample, and noisy), and the probabilities of {len(matched.networks)} networks of the champions and of one team's final
  ensemble. Peroxisomes never occur.

Macro F1 is measured on images that a rule was not fitted on. Each cell has two values: over all locations that occur,
and after the slash over those that ten or more images show. In brackets are 95% percentile intervals, from {RESAMPLES}
bootstrap resamples of the images, of the difference between the default (`{DEFAULT}`) and that rule, for both values. A
negative limit means that the default may be behind. The last line of each table is the largest lag of the default
(negative: its lead) compared with any of {", ".join(SIMPLE_RULES)}."""


def drawn_folds(n: int, repeats: int) -> tuple[list[NDArray[np.intp]], NDArray[np.float32]]:
    """The fold of each field, for each repeat; and how often it counts, as it is and in each resample."""
    rng = np.random.default_rng(0)
    parts = [rng.permutation(n) % FOLDS for _ in range(repeats)]
    weights = rng.multinomial(n, np.full(n, 1 / n), size=RESAMPLES).astype(np.float32)
    return parts, np.vstack([np.ones(n, np.float32), weights])


Decisions = dict[str, list[Truth]]


def every(rules: Sequence[str], p: Table, truth: Truth, parts: Sequence[NDArray[Any]]) -> Decisions:
    """What each rule decides for the fields that it was not fitted on, for each draw of the folds."""
    return {name: [crossed(name, p, truth, part) for part in parts] for name in rules}


def crossed(name: str, p: Table, truth: Truth, part: NDArray[Any]) -> Truth:
    decided = np.zeros_like(truth)
    for fold in np.unique(part):
        held = part == fold
        decided[held] = fitted(name, p[~held], truth[~held])(p[held])
    return decided


def fitted(name: str, p: Table, truth: Truth) -> Callable[[Table], Truth]:
    return fit_rule(name, p, truth).rule.apply if name == "auto" else fit(name, p, truth).apply


def pools(known: Known, parts: Sequence[NDArray[Any]]) -> dict[str, Decisions]:
    stacked = np.stack([known.tables[name] for name in known.networks])
    ids = np.arange(len(known.truth)).astype(str)
    found = {}
    for pool in get_args(PoolKind):
        decided: Decisions = {name: [np.zeros_like(known.truth) for _ in parts] for name in SOME}
        for repeat, part in enumerate(parts):
            for fold in np.unique(part):
                held = part == fold
                truth = known.truth[~held]
                before = fit_steps(stacked[:, ~held], truth, known.networks, ids[~held].tolist(), pool=pool)
                pooled = before.steps.apply(stacked[:, held])
                for name in SOME:
                    decided[name][repeat][held] = fitted(name, before.calibrated, truth)(pooled)
        found[str(pool)] = decided
    return found


def distortions_in_words() -> str:
    return """
All are monotone for each location, so a rule that uses only the order predicts the same: `temperature` logits times 3;
`cool` times .3; `powers` p to a power of .2 to 5 for each location; `shifted` logits by a normal number of deviation 2
for each location; `halved` p/2; `thousandth` p/1000; `saturated` 1.6 p − .1, cut off at 0 and 1; `float16` rounded to
that after `temperature`; `constant` three locations at .5, where no rule can do anything."""


def distortions(p: Table) -> dict[str, Table]:
    rng, k = np.random.default_rng(1), p.shape[1]
    hot = _scaled(p, np.full(k, 3.0), np.zeros(k))
    constant = p.copy()
    constant[:, [2, 16, 23]] = 0.5
    return {
        "none": p,
        "temperature": hot,
        "cool": _scaled(p, np.full(k, 0.3), np.zeros(k)),
        "powers": p ** rng.uniform(0.2, 5, k),
        "shifted": sigmoid(logits(p) + rng.normal(0, 2, k)),
        "halved": p / 2,
        "thousandth": p / 1000,
        "saturated": np.clip(1.6 * p - 0.1, 0, 1),
        "float16": hot.astype(np.float16).astype(np.float64),
        "constant": constant,
    }


def _scaled(p: Table, slopes: Table, intercepts: Table) -> Table:
    line = Calibration(kind="per_class", slopes=tuple(slopes.tolist()), intercepts=tuple(intercepts.tolist()))
    return line.apply(p)


def beside_default(known: Known, tables: dict[str, Decisions], weights: NDArray[np.float32]) -> None:
    """Show every rule's macro F1 on every table, and how far the default is ahead."""
    scores = {
        (name, table): np.mean([resampled(one, known.truth, weights) for one in repeats], axis=0)
        for table, decided in tables.items()
        for name, repeats in decided.items()
    }
    rules = list(next(iter(tables.values())))
    lines = []
    for name in rules:
        cells = [cell(scores[name, table], None if name == DEFAULT else scores[DEFAULT, table]) for table in tables]
        lines.append((f"**{name}**" if name == DEFAULT else name, *cells))
    behind = []
    for table in tables:
        worst = [
            max(float(scores[r, table][i, 0] - scores[DEFAULT, table][i, 0]) for r in SIMPLE_RULES) for i in (0, 1)
        ]
        behind.append(f"{worst[0]:+.3f} / {worst[1]:+.3f}")
    show(("rule", *tables), [*lines, ("worst behind", *behind)])
    pairs = [
        (scores[rule, table] - scores[DEFAULT, table])[i] for table in tables for rule in SIMPLE_RULES for i in (0, 1)
    ]
    beyond = [sum(float(np.percentile(pair[1:], 2.5)) > 0 for pair in pairs[i::2]) for i in (0, 1)]
    print(
        f"\nOf {len(pairs) // 2} comparisons with simple rules, the default is behind beyond the interval in "
        f"{beyond[0]} over all that occur and in {beyond[1]} over the frequent ones."
    )


def resampled(decided: Truth, truth: Truth, weights: NDArray[np.float32]) -> NDArray[np.float64]:
    """Macro F1 for each row of weights over the locations that occur, and over those that ten images show: (2, B)."""
    hits, kept = weights @ (decided & truth), weights @ decided.astype(np.float32)
    positives = weights @ truth.astype(np.float32)
    f1 = 2 * hits / np.maximum(kept + positives, 1)
    found = []
    for least in (1, FREQUENT):
        asked = (truth.sum(axis=0) >= least) & (positives > 0)  # one that a resample misses is left out, for all rules
        found.append((f1 * asked).sum(axis=1) / asked.sum(axis=1))
    return np.array(found, np.float64)


def cell(scores: NDArray[np.float64], default: NDArray[np.float64] | None) -> str:
    text = f"{scores[0, 0]:.3f} / {scores[1, 0]:.3f}"
    if default is None:
        return f"**{text}**"
    ends = np.percentile((default - scores)[:, 1:], [2.5, 97.5], axis=1)
    return f"{text} ({ends[0, 0]:+.3f} to {ends[1, 0]:+.3f} / {ends[0, 1]:+.3f} to {ends[1, 1]:+.3f})"


def few_fields(known: Known, repeats: int) -> None:
    print(f"\n## {known.name}: fitted on few images, measured on the others")
    print(f"\nMacro F1 over the frequent locations, mean over {repeats} draws of the images that a rule is fitted on.")
    frequent = known.truth.sum(axis=0) >= FREQUENT
    names = ("mean", "vgg16_224", "resnet_224", "inception_224", "vgg16_224_green")
    for n in SIZES:
        scores: dict[tuple[str, str], list[float]] = {}
        rng = np.random.default_rng(n)
        for _ in range(repeats):
            order = rng.permutation(len(known.truth))
            some, others = order[:n], order[n:]
            for table in names:
                for name in SOME:
                    p = known.tables[table]
                    decided = fitted(name, p[some], known.truth[some])(p[others])[:, frequent]
                    scores.setdefault((name, table), []).append(macro_f1(decided, known.truth[others][:, frequent]))
        print(f"\n{n} images:")
        show(("rule", *names), [(r, *(f"{np.mean(scores[r, table]):.3f}" for table in names)) for r in SOME])


def seconds(known: Known) -> None:
    p, truth = np.tile(known.tables["mean"], (8, 1)), np.tile(known.truth, (8, 1))
    print(f"\n## Seconds to fit {p.shape[0]:,} × {p.shape[1]}, on one core")
    lines = []
    for name in RULES:
        start = time.perf_counter()
        fitted(name, p, truth)
        lines.append((name, f"{time.perf_counter() - start:.2f}"))
    show(("rule", "seconds"), lines)


def macro_f1(decided: Truth, truth: Truth) -> float:
    both = decided.sum(axis=0) + truth.sum(axis=0)
    return float((2 * (decided & truth).sum(axis=0) / np.maximum(both, 1)).mean())


def show(header: Iterable[str], lines: Iterable[Iterable[str]]) -> None:
    header = list(header)
    print("\n| " + " | ".join(header) + " |\n|" + "---|" * len(header))
    for line in lines:
        print("| " + " | ".join(line) + " |", flush=True)


if __name__ == "__main__":
    main()

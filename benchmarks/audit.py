"""Whether wrong labels are found: precision and recall, with 5% of fields labelled wrongly on purpose.

Phantoms are given wrong labels, networks are trained on them in folds (`train --fold all`), and `audit` judges each
field by the network that was not trained on it. Wrong labels are of three kinds: those of `another` field, a label too
`few`, or one too `many`. Each judge is measured by the fields that it takes for suspect (their number, precision and
recall), and by average precision, which rests on the order alone and is 5% by chance. `disagreement` is what one would
do without either: the number of locations decided at .5 that differ from the labels, suspect where any does.

With --real, wrong labels are also planted, ten times, into the 354 known labels of the 2018 test images, which several
champions predicted without them (folder `decision` of the real data).

    python benchmarks/audit.py runs/audit --fields 1500
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score

from cellocate import phantom
from cellocate.choices import Judge
from cellocate.collection import LabelledCollection, make_split, open_collection, save_split
from cellocate.explain.audit import predict_held_out
from cellocate.explain.audit.label_doubts import judge_labels
from cellocate.networks import load
from cellocate.training import load_recipe
from cellocate.training.folds import train_folds
from cellocate.training.prepare import Options
from cellocate.vocabulary import get_vocabulary

Truth = NDArray[np.bool_]
KINDS = ("another", "few", "many")
_SHARE = 0.05


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?", default=Path("runs/audit"), help="what is done stays here")
    parser.add_argument("--fields", type=int, default=1500)
    parser.add_argument("--size", type=int, default=128)
    parser.add_argument("--folds", type=int, default=3)
    parser.add_argument("--set", nargs="*", default=[], help="settings of the recipe 'quick'")
    parser.add_argument("--real", type=Path, help="folder of real data")
    args = parser.parse_args()
    print(f"{'':22}{'wrong':>8}{'judge':>15}{'suspect':>9}{'precision':>11}{'recall':>8}{'average precision':>19}")
    if args.real is not None:
        _of_champions(args.real / "decision")
    if not (args.folder / "phantoms").is_dir():
        phantom.simulate(args.folder / "phantoms", fields=args.fields, size=args.size, span=81.92, seed=0)
    clean = open_collection(args.folder / "phantoms").labelled()
    for kind in KINDS:
        given, wrong = plant(clean.truth(), kind, seed=0)
        _print("phantoms", kind, [_of_phantoms(clean, given, args, kind)], given, [wrong])


def plant(truth: Truth, kind: str, seed: int) -> tuple[Truth, NDArray[np.bool_]]:
    """Labels of which 5% of the rows are wrong, and which rows these are."""
    rng = np.random.default_rng([seed, 5])  # another draw than that of any split
    given, wrong = truth.copy(), np.zeros(len(truth), bool)
    common = truth.mean(axis=0) / truth.mean(axis=0).sum()
    for i in rng.permutation(len(truth)):
        if wrong.sum() == round(_SHARE * len(truth)):
            break
        if kind == "another":
            others = np.flatnonzero((truth != truth[i]).any(axis=1))
            given[i] = truth[rng.choice(others)]
        elif kind == "few":
            if truth[i].sum() < 2:
                continue  # or it would have none, which is seen without any model
            given[i, rng.choice(np.flatnonzero(truth[i]))] = False
        else:
            chances = np.where(truth[i], 0, common)
            given[i, rng.choice(len(chances), p=chances / chances.sum())] = True
        wrong[i] = True
    return given, wrong


def _of_phantoms(clean: LabelledCollection, given: Truth, args: argparse.Namespace, kind: str) -> NDArray[np.float64]:
    labels = [tuple(np.flatnonzero(row).tolist()) for row in given]
    fields = clean.fields.assign(labels=pd.Series(labels, index=clean.fields.index, dtype=object))
    collection = LabelledCollection(clean.folder, clean.layout, fields, clean.vocabulary, simulated=True)
    out = args.folder / kind
    if not (out / "model").is_dir():
        split = args.folder / f"{kind}.csv"
        save_split(split, make_split(collection, folds=args.folds, test=0.0))
        train_folds(collection, load_recipe("quick", [f"data.size={args.size}", *args.set]), out, Options(split=split))
    models = [load(folder) for folder in sorted(out.glob("fold-*/model"))]
    return predict_held_out(models, collection).probabilities


def _of_champions(folder: Path) -> None:
    tables, known = np.load(folder / "test_probabilities.npz"), pd.read_csv(folder / "matched_labels.csv")
    row = {field: i for i, field in enumerate(tables["ids"])}
    rows = [row[field] for field in known["Id"]]
    words = get_vocabulary("hpa28")
    truth = words.encode([tuple(int(k) for k in str(text).split()) for text in known["Target"]])
    for name in sorted(set(tables.files) - {"ids"}):
        said = tables[name][rows].astype(np.float64)
        for kind in KINDS:
            planted = [plant(truth, kind, seed) for seed in range(10)]
            _print(name, kind, [said] * 10, np.stack([g for g, _ in planted]), [w for _, w in planted])


def _print(name: str, kind: str, said: list[NDArray[np.float64]], given: Truth, wrong: list[NDArray[np.bool_]]) -> None:
    for judge in (None, *get_args(Judge)):
        rows = []
        for p, labels, bad in zip(said, given.reshape(-1, *given.shape[-2:]), wrong, strict=True):
            if judge is None:
                doubt = ((p > 0.5) != labels).sum(axis=1).astype(np.float64)
                suspect = doubt > 0
            else:
                doubt, suspect, _ = judge_labels(p, labels, judge)
            precision = bad[suspect].mean() if suspect.any() else np.nan
            rows.append((suspect.sum(), precision, bad[suspect].sum() / bad.sum(), average_precision_score(bad, doubt)))
        n, precision, recall, order = np.nanmean(rows, axis=0)
        print(
            f"{name:22}{kind:>8}{judge or 'disagreement':>15}{n:9.0f}{precision:11.3f}{recall:8.3f}{order:19.3f}",
            flush=True,
        )


if __name__ == "__main__":
    main()

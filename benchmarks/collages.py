"""Real single cells: what collages of nine show, by measurements and by small networks, and their shares in mixtures.

Cells are found as in any field, without a pixel size and without any rule for the black between them; cut out, and
measured. Five ways to tell five locations apart, each of it with the settings that it was first given:

- `logistic`, `forest`: on the measurements of each cell (power-transformed and standardised).
- `scratch`: a small network on the crops, much augmented.
- `phantoms`: the same, trained on simulated cells alone, found and cut out by the same path (at a known pixel size).
- `phantoms, then real`: the same, trained on with the real cells.
- `both`: the mean of `logistic` and `phantoms, then real`.

Whole collages are left out in turn, those of each location dealt to five folds; `--repeats` deals them anew. Mixed
collages are shown to the classifiers of all folds, of which none has seen one. Needs the folder of real images that
`CELLOCATE_REAL_DATA` names (`../shared/data` beside the repository unless told otherwise); says so and stops where
there is none. What is done stays in the folder: the same command goes on where it was stopped. About twenty minutes
on one core.

    python benchmarks/collages.py runs/collages > docs/benchmarks/collages.md
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from collages_cells import LOCATIONS, SQUARE, Cells, Said, found
from collages_page import told
from numpy.typing import NDArray
from sklearn.base import ClassifierMixin
from sklearn.ensemble import RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PowerTransformer

from cellocate import load, phantom
from cellocate.collection import Collection, open_collection
from cellocate.files import new_file
from cellocate.prediction import predict_cells
from cellocate.training import load_recipe
from cellocate.training.fit import train
from cellocate.training.prepare import Options

FOLDS = 5
PHANTOMS, SIZE, SPAN = 100, 512, 163.84  # fields, and the px and µm of each
AUGMENTATION = {"rotation": 180, "shift": 0.08, "shear": 10, "zoom": 0.2, "contrast": 0.3, "gamma": 0.5, "blur": 1}
STEPS = {"phantoms": 600, "scratch": 160, "then_real": 60}  # of 32 cells
EPOCHS = 4
RATES = {"phantoms": 0.002, "scratch": 0.002, "then_real": 0.0005}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?", default=Path("runs/collages"), help="what is done stays here")
    parser.add_argument("--repeats", type=int, default=2)
    asked = parser.parse_args()
    beside = Path(__file__).resolve().parents[2] / "shared" / "data"
    real = Path(os.environ.get("CELLOCATE_REAL_DATA", beside)) / "collages"
    if not real.is_dir():
        print("no real data here (CELLOCATE_REAL_DATA names their folder): nothing is measured")
        return
    cells = Cells(found(open_collection(real), asked.folder / "cells"), asked.folder / "cells")
    said = {name: repeated(name, way, cells, asked) for name, way in WAYS.items()}
    said["both"] = (said["logistic"] + said["phantoms, then real"]) / 2
    print(told(cells, said, real))


Way = Callable[[Cells, NDArray[np.bool_], int, Path], Said]
"""From the cells that are learnt from, a seed and a folder to the probabilities of all cells."""


def by_measurements(classifier: ClassifierMixin) -> Way:
    """A classifier of scikit-learn's on the measurements."""

    def way(cells: Cells, learnt: NDArray[np.bool_], seed: int, _: Path) -> Said:
        steps = make_pipeline(PowerTransformer(), SimpleImputer(strategy="median"), classifier)
        steps[-1].set_params(random_state=seed)
        steps.fit(cells.measured[learnt], cells.label[learnt])
        said: Said = steps.predict_proba(cells.measured)
        return said

    return way


def from_scratch(cells: Cells, learnt: NDArray[np.bool_], seed: int, folder: Path) -> Said:
    return _said(_trained(cells.of(learnt), "scratch", seed, folder), cells)


def of_phantoms(cells: Cells, _: NDArray[np.bool_], __: int, folder: Path) -> Said:
    return _said(_phantom_model(folder.parent), cells)


def then_real(cells: Cells, learnt: NDArray[np.bool_], seed: int, folder: Path) -> Said:
    start = f"network.init_from={_phantom_model(folder.parent)}"
    return _said(_trained(cells.of(learnt), "then_real", seed, folder, start), cells)


WAYS: dict[str, Way] = {
    "logistic": by_measurements(LogisticRegression(class_weight="balanced", max_iter=5000)),
    "forest": by_measurements(RandomForestClassifier(500, class_weight="balanced")),
    "scratch": from_scratch,
    "phantoms": of_phantoms,
    "phantoms, then real": then_real,
}


def _phantom_model(folder: Path) -> Path:
    """Train on phantom cells of the five locations, each field of one, all of whose cells show it."""
    drawn = folder / "phantoms"
    if not drawn.is_dir():
        labels = folder / "phantoms.csv"
        rows = [f"{n},{label}" for n, label in enumerate(LOCATIONS)]
        labels.write_text("\n".join(["Id,Target", *rows, ""]), encoding="utf-8")
        phantom.simulate(drawn, fields=PHANTOMS, size=SIZE, span=SPAN, labels=labels, variability=0, workers=1)
    return _trained(found(open_collection(drawn), folder / "phantom_cells"), "phantoms", 0, folder / "phantom_run")


def _trained(cells: Collection, kind: str, seed: int, run: Path, *more: str) -> Path:
    """Train a network on all of these cells, to the end: no cell is left to choose an epoch by."""
    if not (run / "model").is_dir():
        run.parent.mkdir(parents=True, exist_ok=True)
        split = run.with_suffix(".split.csv")
        pd.DataFrame({"id": cells.ids, "part": "train"}).to_csv(split, index=False)
        options = Options(split=split, overwrite=True, say=lambda _: None, trainer={"accelerator": "cpu"})
        train(cells, load_recipe("quick", [*_settings(kind, seed), *more]), run, options)
    return run / "model"


def _settings(kind: str, seed: int) -> list[str]:
    return [
        "network.backbone=test_resnet",
        f"data.size={SQUARE.size}",
        f"data.locations=[{', '.join(LOCATIONS.values())}]",
        "loss.terms=cross_entropy",
        "decision.rule=argmax",
        "sampling.name=class_aware",
        f"sampling.batches={STEPS[kind] // EPOCHS}",
        f"optimiser.learning_rate={RATES[kind]}",
        f"training.epochs={EPOCHS}",
        "training.batch_size=32",
        "training.patience=null",
        f"training.seed={seed}",
        *(f"augmentation.{name}={most}" for name, most in AUGMENTATION.items()),
    ]


def _said(model: Path, cells: Cells) -> Said:
    network = load(model, device="cpu")
    assert network.vocabulary.names == tuple(LOCATIONS.values())
    return predict_cells(network, cells.crops, alone=True).probabilities


def repeated(name: str, way: Way, cells: Cells, asked: argparse.Namespace) -> Said:
    """What is said of each cell of one location out of fold, and of mixed ones on average, in each repeat."""
    kept = asked.folder / name.replace(", ", "_").replace(" ", "_")
    parts = []
    for repeat in range(asked.repeats):
        path = kept.with_name(f"{kept.name}-{repeat}.npy")
        if not path.is_file():
            with new_file(path) as aside, aside.open("wb") as file:
                np.save(file, _out_of_fold(way, cells, repeat, kept))
        parts.append(np.load(path))
    return np.stack(parts)


def _out_of_fold(way: Way, cells: Cells, repeat: int, kept: Path) -> Said:
    fold, mixed = folds(cells, repeat), cells.label < 0
    said = np.zeros((len(fold), len(LOCATIONS)))
    for left_out in range(FOLDS):
        seed = FOLDS * repeat + left_out
        each = way(cells, ~mixed & (fold != left_out), seed, kept.with_name(f"{kept.name}-{seed}"))
        said[fold == left_out] = each[fold == left_out]
        said[mixed] += each[mixed] / FOLDS
    return said


def folds(cells: Cells, repeat: int) -> NDArray[np.intp]:
    """The fold of each cell, -1 in a mixed collage: the collages of each location in turn, in an order drawn anew."""
    rng, fold, dealt = np.random.default_rng(repeat), np.full(len(cells.label), -1), 0
    for label in range(len(LOCATIONS)):
        for collage in rng.permutation(np.unique(cells.collages[cells.label == label])):
            fold[cells.collages == collage] = dealt % FOLDS
            dealt += 1
    return fold


if __name__ == "__main__":
    main()

"""What decision 0040 rests on: the largest label sets, judges without skill, and the span of the challenge's images.

    python benchmarks/unfounded.py

needs the real data (`CELLOCATE_REAL_DATA`). Its `decision/validation_2018.npz` has the probabilities of eleven networks
for 3,700 fields that they were not trained on; four of these networks see only one channel.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit
from sklearn.metrics import f1_score

from cellocate.cells.segmentation.nucleus_sizes import estimated_pixel_size
from cellocate.collection import open_collection
from cellocate.decision import fit
from cellocate.decision.logistic import logits
from cellocate.explain.audit.label_doubts import judge_labels
from cellocate.explain.audit.skill import skill_score

Table = NDArray[np.float64]
Truth = NDArray[np.bool_]
FITTED_ON = (5, 15, 50, 200)
DRAWS = 4


def main() -> None:
    folder = Path(os.environ.get("CELLOCATE_REAL_DATA", "../shared/data"))
    saved = np.load(folder / "decision" / "validation_2018.npz")
    truth = saved["targets"].astype(bool)
    tables = {name: saved[name].astype(np.float64) for name in saved.files if name not in ("ids", "targets")}
    limits(tables, truth)
    judges(tables, truth)
    spans(folder)


def limits(tables: dict[str, Table], truth: Truth) -> None:
    """The default rule fitted on n fields and applied to all others: how much it marks, and macro F1 by limit."""
    print("| network | fitted on | marked per field | macro F1 | at most 5 | at most 4 | at most 3 |")
    print("|---|---|---|---|---|---|---|")
    for name, p in tables.items():
        for n in FITTED_ON:
            rng, found = np.random.default_rng(0), []
            for _ in range(DRAWS):
                order = rng.permutation(len(truth))
                here, others = order[:n], order[n:]
                rule = fit("expected_f1", p[here], truth[here])
                scores = []
                for most in (28, 5, 4, 3):
                    marked = rule.model_copy(update={"at_most": most}).apply(p[others])
                    scores.append(f1_score(truth[others], marked, average="macro", zero_division=0))
                found.append([rule.apply(p[others]).sum(axis=1).mean(), *scores])
            marked_mean, *scores = np.mean(found, axis=0)
            print(f"| {name} | {n} | {marked_mean:.1f} | " + " | ".join(f"{score:.3f}" for score in scores) + " |")


def judges(tables: dict[str, Table], truth: Truth, n: int = 300) -> None:
    """Skill, and what `audit` makes of labels of which 5% were exchanged for those of another field."""
    rng = np.random.default_rng(0)
    given, wrong = planted(truth[:n], rng)
    noisy: dict[str, Table] = {}
    for name in ("vgg16_224_brgy", "resnet_224"):
        for noise in (1, 2, 3):
            p = logits(tables[name][:n])
            noisy[f"{name}, logits with noise of {noise}"] = expit(p + noise * rng.normal(size=p.shape))
    print("\n| judge | skill | 95% interval | suspects | of them wrong | of the wrong found |")
    print("|---|---|---|---|---|---|")
    for name, p in ({name: p[:n] for name, p in tables.items()} | noisy).items():
        skill, suspect = skill_score(p, given), judge_labels(p, given).suspect
        right = int((suspect & wrong).sum())
        shares = f"{suspect.mean():.0%} | {right / max(1, suspect.sum()):.0%} | {right / wrong.sum():.0%}"
        print(f"| {name} | {skill.score:.2f} | {skill.low:.2f} to {skill.high:.2f} | {shares} |")


def planted(truth: Truth, rng: np.random.Generator) -> tuple[Truth, NDArray[Any]]:
    """The labels, a twentieth of which are those of other fields, and which of them are now wrong."""
    given = truth.copy()
    for i in rng.choice(len(truth), len(truth) // 20, replace=False):
        given[i] = truth[rng.choice(np.flatnonzero((truth != truth[i]).any(axis=1)))]
    return given, (given != truth).any(axis=1)


def spans(folder: Path) -> None:
    """How wide nuclei make the 512 px images of 2018 look, by the width of the images that these were made of."""
    sizes = pd.read_csv(folder / "tables" / "kaggle2018_train_file_sizes.csv.gz", index_col="Id")["file_size"]
    widths = np.sqrt(sizes).round().astype(int)
    collection = open_collection(folder / "kaggle2018")
    read = (collection.read(field, ("blue",))[0][0] for field in collection.ids)
    estimated = pd.Series([estimated_pixel_size(pixels) for pixels in read], index=collection.ids, dtype=float)
    print("\n| width of the original, px | images of the train set | fields here | median µm per px by their nuclei |")
    print("|---|---|---|---|")
    for width, count in widths.value_counts().items():
        own = estimated[widths.reindex(collection.ids) == width].dropna()
        print(f"| {width} | {count:,} | {len(own)} | {own.median():.2f} |")


if __name__ == "__main__":
    main()

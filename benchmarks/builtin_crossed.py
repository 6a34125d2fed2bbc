"""Cross-validation of the last stage of the built-in model, which learns from phantoms and real images together.

Each fold starts from weights that saw no real image, and learns from the real images of the other folds; groups stay
together (see `builtin_real`). Rows are as of `builtin_judged`: macro average precision of what networks say of images
that they did not learn from. Logits of different folds are ranked together as they are.

    python benchmarks/builtin_crossed.py runs/leg1/weights.safetensors --ring runs/ring --real data --out runs/crossed
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from builtin_judged import SUBSETS, figures, printed
from builtin_leg import Course, Leg, normalised
from builtin_real import COLLAGES, FIELDS, Real, every, read
from numpy.typing import NDArray

from cellocate.networks import LocationNetwork

FOLDS = 5
NEVER = 1e18  # a time


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("start", type=Path, help="half-precision weights that saw no real image")
    parser.add_argument("--ring", type=Path, required=True, help="of phantoms")
    parser.add_argument("--real", type=Path, required=True, help="the folder of real images")
    parser.add_argument("--images", type=int, default=12_000, help="that each fold learns from")
    parser.add_argument("--rate", type=float, default=5e-4)
    parser.add_argument("--out", type=Path, required=True, help="folder of logits (a file for each fold) and the table")
    asked = parser.parse_args()
    os.environ["OMP_WAIT_POLICY"] = "PASSIVE"
    torch.set_num_threads(1)
    asked.out.mkdir(parents=True, exist_ok=True)
    real = every(asked.real)
    folds = folds_of(real)
    for fold in range(FOLDS):
        path = asked.out / f"fold-{fold}.npz"
        if not path.exists():
            network = learn(real.subset(np.flatnonzero(folds != fold)), asked)
            rows = np.flatnonzero(folds == fold)
            np.savez(path, **{subset: ask(network, real, rows, subset) for subset in SUBSETS})  # type: ignore[arg-type]
    table = printed(judge(asked.real, real, folds, asked.out))
    pd.DataFrame(table).to_csv(asked.out / "crossed.csv", index=False)


def folds_of(real: Real) -> NDArray[np.intp]:
    """The fold of each image; those of a group share one."""
    groups, rows = np.unique(real.groups, return_inverse=True)
    return np.random.default_rng(0).permutation(np.arange(len(groups)) % FOLDS)[rows]


def learn(real: Real, asked: argparse.Namespace) -> LocationNetwork:
    """A network that learnt from these images."""
    course = Course(rate=asked.rate, images=asked.images, warm_up=30)
    with tempfile.TemporaryDirectory() as folder:
        leg = Leg(Path(folder), course, asked.start)
        leg.learn(asked.ring, until=NEVER, every=NEVER, real=real)
        return leg.averaged()


@torch.inference_mode()
def ask(network: LocationNetwork, real: Real, rows: NDArray[np.intp], subset: str) -> NDArray[np.float32]:
    """Logits (n, 28) of some images, shown with a subset of stains."""
    there = np.isin(np.arange(4), SUBSETS[subset])[:, None, None]
    shown = (normalised(torch.from_numpy(real.images[row] * there)[None].float()) for row in rows)
    return np.concatenate([network(image).numpy() for image in shown])


def judge(folder: Path, real: Real, folds: NDArray[np.intp], out: Path) -> Iterator[dict[str, object]]:
    """Rows for fields, collages and pictures of patterns, and each subset of stains that they have."""
    fields, collages = len(read(folder, FIELDS).images), len(read(folder, COLLAGES).images)
    kinds = {"real fields": slice(0, fields), "collages": slice(fields, fields + collages)}
    kinds["pictures of patterns"] = slice(fields + collages, None)
    for name, part in kinds.items():
        truth, groups = real.truth[part], real.groups[part]
        least = 1 if name == "pictures of patterns" else 3
        counted = (truth.sum(axis=0) >= least) & ~truth.all(axis=0)
        for subset in SUBSETS:
            if name == "pictures of patterns" and 3 in SUBSETS[subset]:
                continue  # they have no ER
            logits = np.empty(real.truth.shape)
            for fold in range(FOLDS):
                with np.load(out / f"fold-{fold}.npz") as held:
                    logits[folds == fold] = held[subset]
            yield figures(name, subset, "out of fold", truth[:, counted], logits[part][:, counted], groups, None)


if __name__ == "__main__":
    main()

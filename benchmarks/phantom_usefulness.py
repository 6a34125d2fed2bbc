"""What phantoms teach: a network trained on phantoms alone, asked about real fields, beside chance.

Macro average precision over the locations that at least five of the real fields show. Chance is that of a random
order. The interval resamples the real fields, the network being the same; so few fields say little about any single
location, and nothing about performance on the atlas.

Needs the folder of real images that `CELLOCATE_REAL_DATA` names (`../shared/data` beside the repository unless told
otherwise); says so and stops where there is none. About a quarter of an hour on two cores.

    python benchmarks/phantom_usefulness.py
"""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score

from cellocate import phantom
from cellocate.collection import Collection, open_collection
from cellocate.evaluation.metrics import chance_average_precision
from cellocate.images import FIELD_SPAN
from cellocate.networks import Model
from cellocate.prediction import predict_collection
from cellocate.training import load_recipe
from cellocate.training.fit import train
from cellocate.training.prepare import Options

SIZE, SPAN = 256, 81.92  # px and µm of a phantom: small ones show detail, and real fields are covered by tiles
LEAST = 5  # fields that show a location, for its average precision to be counted
RESAMPLES = 2000
# folder → µm per px of its fields; that of the collages is such that their nuclei are as large as those of 2018
REAL = {"kaggle2018": FIELD_SPAN / 512, "collages": 0.16}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fields", type=int, default=2400)
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--labels", default="real")
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    beside = Path(__file__).resolve().parents[2] / "shared" / "data"
    real = Path(os.environ.get("CELLOCATE_REAL_DATA", beside))
    if not real.is_dir():
        print("no real data here (CELLOCATE_REAL_DATA names their folder): nothing is measured")
        return
    with tempfile.TemporaryDirectory() as folder:
        model = _train(Path(folder), asked)
        for name, pixel_size in REAL.items():
            collection = open_collection(real / name, pixel_size=pixel_size)
            _measure(name, collection, predict_collection(model, collection).probabilities, model)


def _train(folder: Path, asked: argparse.Namespace) -> Model:
    phantom.simulate(
        folder / "phantoms", fields=asked.fields, size=SIZE, span=SPAN, labels=asked.labels, seed=asked.seed
    )
    pixel_size = SPAN / SIZE
    settings = [f"data.size={SIZE}", f"data.pixel_size={pixel_size}", f"training.epochs={asked.epochs}"]
    settings += [f"training.seed={asked.seed}", "data.split.test=0"]
    collection = open_collection(folder / "phantoms")
    model = train(collection, load_recipe("quick", settings), folder / "run", Options(progress=False))
    assert model is not None  # there is one process
    history = (folder / "run" / "history.csv").read_text().splitlines()
    print(f"trained on {asked.fields} phantoms, labels {asked.labels}, seed {asked.seed}; last epoch:")
    print(f"{history[0]}\n{history[-1]}\n")
    return model


def _measure(name: str, collection: Collection, probabilities: NDArray[np.floating], model: Model) -> None:
    truth = collection.labelled().truth()
    counted = [label for label in range(truth.shape[1]) if LEAST <= truth[:, label].sum() < len(truth)]
    print(f"{name}: {len(truth)} real fields\nlocation                        fields  average precision  chance")
    chances = []
    for label in counted:
        positives = int(truth[:, label].sum())
        chances.append(chance_average_precision(positives, len(truth)))
        score = average_precision_score(truth[:, label], probabilities[:, label])
        print(f"{model.vocabulary.names[label]:31} {positives:6}  {score:17.3f}  {chances[-1]:6.3f}")
    macro = _macro(truth[:, counted], probabilities[:, counted])
    low, high = _interval(truth[:, counted], probabilities[:, counted])
    chance = float(np.mean(chances))
    print(f"macro over {len(counted)} locations: {macro:.3f} (95% interval {low:.3f} to {high:.3f})", end="")
    print(f", chance {chance:.3f}, ratio {macro / chance:.2f}\n", flush=True)


def _macro(truth: NDArray[np.bool_], probabilities: NDArray[np.floating]) -> float:
    """Over the locations that a field shows and another does not."""
    told = truth.any(axis=0) & ~truth.all(axis=0)
    return float(np.mean([average_precision_score(truth[:, k], probabilities[:, k]) for k in np.flatnonzero(told)]))


def _interval(truth: NDArray[np.bool_], probabilities: NDArray[np.floating]) -> tuple[float, float]:
    rng = np.random.default_rng(0)
    drawn = rng.integers(len(truth), size=(RESAMPLES, len(truth)))
    low, high = np.percentile([_macro(truth[rows], probabilities[rows]) for rows in drawn], (2.5, 97.5))
    return float(low), float(high)


if __name__ == "__main__":
    main()

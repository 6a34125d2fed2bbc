"""Whether synthetic features of rare locations (SMOTE in embedding space) help a classifier, beside what is simpler.

A body is trained on phantoms, once for each seed (of weights and split); then its last layer is trained again, alone,
on the features of the same training fields, and everything is measured on the test part:

- `as trained`: not trained again.
- `all fields`: on each field once.
- `class aware`: on as many fields, drawn so that locations come equally often.
- `copies`: on all fields, those of rare locations copied up to the number that SMOTE fills up to.
- `SMOTE`: on all fields and synthetic ones (`cellocate.training.smote`), up to its own limit of what is rare.
- `copies to 100`, `SMOTE to 100`: the same, with every location brought to 100 fields.

Of three weight decays each takes the one with the best macro average precision on the validation part, where its
thresholds are fitted as well. Label sets are those of the 2018 train set, drawn by the square root of how often they
occur there (the commonest location has about 130 times as many fields as the rarest): by their own frequency the
rarest would hardly occur in so few fields. Averages are over the locations that occur in the test part, `rare` over
those that SMOTE fills up by its own limit. Intervals are Student's, 95%, of the mean over seeds; differences are within
a seed.

What is done stays in the folder, each row in `rows.csv`: the same command goes on where it was stopped.

    python benchmarks/smote.py smote
"""

from __future__ import annotations

import argparse
import csv
import time
from collections.abc import Callable, Hashable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from scipy import stats
from torch import Tensor, nn

import cellocate
from cellocate import decision, phantom
from cellocate.collection import Collection, open_collection
from cellocate.evaluation import evaluate
from cellocate.files import new_file
from cellocate.networks import Model
from cellocate.phantom.label_sets import real_label_sets
from cellocate.prediction import predict_collection
from cellocate.training import load_recipe
from cellocate.training.fit import train
from cellocate.training.prepare import Options
from cellocate.training.recipe import Sampling
from cellocate.training.sampling import epoch_sampler
from cellocate.training.smote import inputs_of, last_linear, refit_head, synthesise, usual_rarity

SIZE, SPAN = 128, 81.92  # px and µm of a phantom, as in the demo
PARTS = ("train", "validation", "test")
SHARES = {"validation": 0.2, "test": 0.4}  # a large test part, or rare locations could not be measured
MANY = 100  # fields
WEIGHT_DECAYS = (0.001, 0.01, 0.1)
FIGURES = ("macro_f1", "macro_ap", "rare_f1", "rare_ap")

Truth = NDArray[np.bool_]
Fit = Callable[[Tensor, Truth, int], tuple[Tensor, Truth]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?", default=Path("runs/smote"), help="what is done stays here")
    parser.add_argument("--fields", type=int, default=3000)
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--seeds", type=int, default=5)
    asked = parser.parse_args()
    asked.folder /= f"{asked.fields}-fields-{asked.epochs}-epochs"
    collection = _phantoms(asked.folder, asked.fields)
    path = asked.folder / "rows.csv"
    rows: list[dict[Hashable, Any]] = pd.read_csv(path).to_dict("records") if path.is_file() else []
    for seed in range(len({row["seed"] for row in rows}), asked.seeds):
        began = time.monotonic()
        rows += _measure(_trained(collection, asked, seed), collection, seed)
        with new_file(path) as aside:
            pd.DataFrame(rows).to_csv(aside, index=False)
        print(f"seed {seed}: {time.monotonic() - began:.0f} s", flush=True)
    _tell(pd.DataFrame(rows), asked)


def _phantoms(folder: Path, fields: int) -> Collection:
    if not (folder / "phantoms").is_dir():
        sets, counts = real_label_sets()
        share = np.sqrt(counts)
        drawn = np.random.default_rng(0).choice(len(sets), fields, p=share / share.sum())
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / "labels.csv").open("w", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(("Id", "Target"))
            rows.writerows((index, " ".join(map(str, sets[label]))) for index, label in enumerate(drawn))
        phantom.simulate(folder / "phantoms", fields=fields, size=SIZE, span=SPAN, labels=folder / "labels.csv")
    return open_collection(folder / "phantoms")


def _trained(collection: Collection, asked: argparse.Namespace, seed: int) -> Model:
    run = asked.folder / f"run-{seed}"
    if not (run / "model").is_dir():
        settings = [f"training.epochs={asked.epochs}", "training.patience=null", f"training.seed={seed}"]
        settings += [f"data.split.{part}={share}" for part, share in SHARES.items()]
        resume = (run / "split.csv").is_file()
        train(collection, load_recipe("quick", settings), run, Options(resume=resume, say=lambda _: None))
    return cellocate.load(run / "model", device="cpu")


def _measure(model: Model, collection: Collection, seed: int) -> list[dict[Hashable, Any]]:
    """A row for each way to train the last layer again."""
    sets = {part: collection.subset(model.card.fields[part]) for part in PARTS}
    head = last_linear(model.network)
    features, truth = {}, {}
    for part, fields in sets.items():
        with inputs_of(head) as seen:
            predict_collection(model, fields)
        features[part], truth[part] = torch.cat(seen), fields.labelled().truth()
    counts = truth["train"].sum(axis=0)
    rare = (counts < usual_rarity(counts)) & (counts > 1) & truth["test"].any(axis=0)
    rows: list[dict[Hashable, Any]] = []
    for name, fit in WAYS.items():
        heads = [(0.0, head)] if fit is None else _refitted(head, fit(features["train"], truth["train"], seed))
        judged = [(_validated(h, features, truth, model), decay, h) for decay, h in heads]
        _, decay, best = max(judged, key=lambda entry: entry[0])
        rows.append({"seed": seed, "way": name, "weight_decay": decay, **_figures(best, features, truth, rare, model)})
    return rows


def _refitted(head: nn.Linear, fields: tuple[Tensor, Truth]) -> list[tuple[float, nn.Linear]]:
    features, truth = fields[0], torch.from_numpy(fields[1])
    return [(decay, refit_head(head, features, truth, weight_decay=decay)) for decay in WEIGHT_DECAYS]


@torch.inference_mode()
def _probabilities(head: nn.Linear, features: Tensor) -> NDArray[np.float32]:
    probabilities: NDArray[np.float32] = torch.sigmoid(head(features)).numpy()
    return probabilities


def _validated(head: nn.Linear, features: dict[str, Tensor], truth: dict[str, Truth], model: Model) -> float:
    p, t = _probabilities(head, features["validation"]), truth["validation"]
    return float(evaluate(t, p >= 0.5, model.vocabulary, probabilities=p)["macro_average_precision"])


def _figures(
    head: nn.Linear, features: dict[str, Tensor], truth: dict[str, Truth], rare: Truth, model: Model
) -> dict[Hashable, float]:
    rule = decision.fit("per_class", _probabilities(head, features["validation"]), truth["validation"])
    p, t = _probabilities(head, features["test"]), truth["test"]
    figures = evaluate(t, rule.apply(p), model.vocabulary, probabilities=p)
    few = [entry for entry, chosen in zip(figures["per_class"], rare, strict=True) if chosen]
    return {
        "macro_f1": figures["macro_f1_present"],
        "macro_ap": figures["macro_average_precision"],
        "rare_f1": float(np.mean([entry["f1"] for entry in few])),
        "rare_ap": float(np.mean([entry["average_precision"] for entry in few])),
        "rare": len(few),
        "chance_ap": figures["macro_average_precision_of_chance"],
    }


def _all_fields(features: Tensor, truth: Truth, _: int) -> tuple[Tensor, Truth]:
    return features, truth


def _class_aware(features: Tensor, truth: Truth, seed: int) -> tuple[Tensor, Truth]:
    drawn = list(epoch_sampler(Sampling(name="class_aware"), truth, 1, seed))
    return features[drawn], truth[drawn]


def _copies(features: Tensor, truth: Truth, seed: int, min_per_location: int | None = None) -> tuple[Tensor, Truth]:
    min_per_location = min_per_location or usual_rarity(truth.sum(axis=0))
    drawn = list(epoch_sampler(Sampling(name="oversample", min_per_location=min_per_location), truth, 1, seed))
    return features[drawn], truth[drawn]


def _smote(features: Tensor, truth: Truth, seed: int, min_per_location: int | None = None) -> tuple[Tensor, Truth]:
    points, shown = synthesise(features.numpy(), truth, seed=seed, min_per_location=min_per_location)
    return torch.cat([features, torch.from_numpy(points)]), np.concatenate([truth, shown])


WAYS: dict[str, Fit | None] = {
    "as trained": None,
    "all fields": _all_fields,
    "class aware": _class_aware,
    "copies": _copies,
    "SMOTE": _smote,
    "copies to 100": partial(_copies, min_per_location=MANY),
    "SMOTE to 100": partial(_smote, min_per_location=MANY),
}


def _tell(rows: pd.DataFrame, asked: argparse.Namespace) -> None:
    seeds, rare = rows["seed"].nunique(), rows["rare"]
    print(f"\n{asked.fields} phantoms of {SIZE} px, {asked.epochs} epochs, {seeds} seeds; on the test part (40%)")
    print(f"rare: {rare.min()} to {rare.max()} locations; chance: macro AP {rows['chance_ap'].mean():.3f}\n")
    tables = {figure: rows.pivot_table(index="seed", columns="way", values=figure) for figure in FIGURES}
    print(f"{'':14}" + "".join(f"{figure.replace('_', ' '):>25}" for figure in FIGURES))
    for way in WAYS:
        print(f"{way:14}" + "".join(f"{_interval(tables[figure][way]):>25}" for figure in FIGURES))
    print("\ndifference to all fields")
    for way in WAYS:
        if way != "all fields":
            differences = (tables[figure][way] - tables[figure]["all fields"] for figure in FIGURES)
            print(f"{way:14}" + "".join(f"{_interval(d):>25}" for d in differences))
    print("\nSMOTE less copies")
    for level in ("", " to 100"):
        differences = (tables[f][f"SMOTE{level}"] - tables[f][f"copies{level}"] for f in FIGURES)
        print(f"{level:14}" + "".join(f"{_interval(d):>25}" for d in differences))


def _interval(values: pd.Series[float]) -> str:
    mean = values.mean()
    if len(values) < 2:
        return f"{mean:.3f}"
    half = stats.t.ppf(0.975, len(values) - 1) * values.sem()
    return f"{mean:.3f} ({mean - half:.3f}, {mean + half:.3f})"


if __name__ == "__main__":
    main()

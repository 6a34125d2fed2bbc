"""What a network of the built-in model's training knows: of phantoms kept aside, and of real fields.

Real fields are asked about in cross-validation over groups (an antibody, or fields that look alike), with all stains
and with fewer. In the same folds and for the same locations:

- `ImageNet`: logistic regression on the frozen features of EfficientNet-Lite0, mean and maximum over the places of up
  to three composites; skipped where the package of its weights is not installed.
- `phantoms`: the network's own answer, which saw no real field.
- `phantoms, fitted`: logistic regression on the network's features.
- `phantoms + fitted`, `phantoms + ImageNet`: the sum of both, standardised.

Macro average precision over the locations that at least three fields show; the interval resamples groups, the networks
and folds being the same; `over ImageNet` is the difference from the first row, resampled in pairs. Fields that are
drawn again raise average precision, so that intervals lean upwards. The strength of the regressions was set once,
before any of them was measured. Collages are asked by regressions fitted to all the fields.

    python benchmarks/builtin_judged.py runs/leg1/weights.safetensors --aside runs/aside --out runs/judged.csv
"""

from __future__ import annotations

import argparse
import hashlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from builtin_leg import answers, build, normalised
from builtin_looks import show_cells
from builtin_real import COLLAGES, FIELDS, Real, read
from builtin_stream import Ring
from numpy.typing import NDArray
from safetensors import safe_open
from safetensors.torch import load_file
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold

from cellocate.evaluation.metrics import chance_average_precision
from cellocate.images import CHANNELS
from cellocate.networks import LocationNetwork
from cellocate.networks.backbone import build_backbone
from cellocate.networks.packaged import PACKAGES, packaged_weights
from cellocate.vocabulary import get_vocabulary

Floats = NDArray[np.floating]

LEAST, FOLDS, REPEATS, STRENGTH = 3, 5, 3, 10.0
RESAMPLES = 2000
FIGURES = 10  # columns that are printed
SUBSETS = {
    "all stains": (0, 1, 2, 3),
    "without ER": (0, 1, 2),
    "without microtubules": (1, 2, 3),
    "nucleus and protein": (1, 2),
    "protein alone": (1,),
}
COMPOSITES = ((0, 1, 2), (3, 1, 2), (1, 1, 2), (1, 1, 1))  # as red, green and blue
SHOWN_AS = {  # the composites of a subset of stains
    "all stains": (0, 1, 3),
    "without ER": (0, 3),
    "without microtubules": (1, 3),
    "nucleus and protein": (2, 3),
    "protein alone": (3,),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("weights", type=Path, help="half-precision weights of a leg")
    parser.add_argument("--aside", type=Path, help="a ring of phantoms that were not learnt from")
    parser.add_argument("--fields", type=int, default=100, help="phantoms of it that are asked about")
    parser.add_argument("--real", type=Path, default=_real(), help="the folder of real images")
    parser.add_argument("--cache", type=Path, default=Path("runs/judged"), help="features that were computed before")
    parser.add_argument("--collages", action="store_true", help="also the collages")
    parser.add_argument("--out", type=Path, help="table of all rows (CSV)")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    network = _network(asked.weights)
    rows: list[dict[str, object]] = []
    if asked.aside:
        rows += printed(on_phantoms(network, Ring(asked.aside), asked.fields))
    if asked.real.is_dir():
        fields = read(asked.real, FIELDS)
        cache = Cache(asked.cache, network, asked.weights)
        rows += printed(cross_validated(fields, cache))
        if asked.collages:
            rows += printed(on_collages(fields, read(asked.real, COLLAGES), cache))
    else:
        print("no real data here (CELLOCATE_REAL_DATA names their folder): phantoms alone")
    if asked.out:
        pd.DataFrame(rows).to_csv(asked.out, index=False)


def _real() -> Path:
    beside = Path(__file__).resolve().parents[2] / "shared" / "data"
    return Path(os.environ.get("CELLOCATE_REAL_DATA", beside))


def _network(path: Path) -> LocationNetwork:
    with safe_open(path, "pt") as file:
        facts = file.metadata() or {}
    network = build(facts.get("backbone", "resnet10t"))
    network.load_state_dict({name: tensor.float() for name, tensor in load_file(path).items()}, strict=False)
    print(f"{path}: {facts}", flush=True)
    return network.eval().to(memory_format=torch.channels_last)


# what networks say of them


class Cache:
    """Logits and features of fields with a subset of stains, computed once for a network."""

    def __init__(self, folder: Path, network: LocationNetwork, weights: Path) -> None:
        self.folder, self.network = folder, network
        self.digest = hashlib.sha256(weights.read_bytes()).hexdigest()[:12]
        folder.mkdir(parents=True, exist_ok=True)

    def own(self, fields: Real, name: str, subset: str) -> tuple[Floats, Floats]:
        """The network's logits (N, 28) and features (N, D)."""
        path = self.folder / f"{self.digest}-{name}-{subset.replace(' ', '-')}.npz"
        if not path.exists():
            said = [self._ask(image, SUBSETS[subset]) for image in fields.images]
            np.savez(path, logits=[logits for logits, _ in said], features=[features for _, features in said])
        with np.load(path) as held:
            return held["logits"], held["features"]

    @torch.inference_mode()
    def _ask(self, image: NDArray[np.float32], stains: Sequence[int]) -> tuple[Floats, Floats]:
        there = np.isin(np.arange(4), stains)[:, None, None]
        logits, features = self.network.logits_and_features(normalised(torch.from_numpy(image * there)[None].float()))
        return logits[0].numpy(), features[0].numpy()

    def imagenet(self, fields: Real, name: str, subset: str) -> Floats | None:
        """Features (N, D) of frozen EfficientNet-Lite0; None where its weights are not installed."""
        if packaged_weights("tf_efficientnet_lite0", {}) is None:
            return None
        path = self.folder / f"{PACKAGES['tf_efficientnet_lite0']}-{name}.npy"
        if not path.exists():
            np.save(path, _imagenet(fields))
        composites: Floats = np.load(path)[:, SHOWN_AS[subset]]
        return composites.reshape(len(composites), -1)


@torch.inference_mode()
def _imagenet(fields: Real) -> NDArray[np.float32]:
    """(N, composites, 2 × 1280): mean and maximum over places."""
    body, _ = build_backbone("tf_efficientnet_lite0", channels=CHANNELS[:3], size=512, pretrained=True)
    body.eval().to(memory_format=torch.channels_last)
    found = []
    for image in fields.images:
        maps = [body(torch.from_numpy(image[list(chosen)])[None] * 2 - 1) for chosen in COMPOSITES]
        found.append([torch.cat([each.mean((2, 3)), each.amax((2, 3))], 1)[0].numpy() for each in maps])
    return np.array(found, np.float32)


# cross-validation


def cross_validated(fields: Real, cache: Cache) -> Iterator[dict[str, object]]:
    """A row for each subset of stains and system."""
    counted = np.flatnonzero((fields.truth.sum(axis=0) >= LEAST) & ~fields.truth.all(axis=0))
    truth = fields.truth[:, counted]
    names = get_vocabulary("hpa28").names
    for subset in SUBSETS:
        logits, features = cache.own(fields, "fields", subset)
        logits = logits[:, counted]
        fitted = _out_of_fold(features, truth, fields.groups)
        systems = {"phantoms": logits, "phantoms, fitted": fitted, "phantoms + fitted": _standard(logits) + fitted}
        if (frozen := cache.imagenet(fields, "fields", subset)) is not None:
            theirs = _out_of_fold(frozen, truth, fields.groups)
            systems = {"ImageNet": theirs, **systems, "phantoms + ImageNet": _standard(logits) + theirs}
        for system, scores in systems.items():
            row = figures("real fields", subset, system, truth, scores, fields.groups, systems.get("ImageNet"))
            each = precisions(truth, scores)[0]
            yield row | {names[label]: round(float(each[place]), 3) for place, label in enumerate(counted)}


def on_collages(fields: Real, collages: Real, cache: Cache) -> Iterator[dict[str, object]]:
    """A row for each subset of stains and system; what is fitted is fitted to the real fields."""
    counted = np.flatnonzero((collages.truth.sum(axis=0) >= LEAST) & (fields.truth.sum(axis=0) >= LEAST))
    truth = collages.truth[:, counted]
    groups = np.arange(len(truth))
    for subset in ("all stains", "nucleus and protein", "protein alone"):
        logits, features = cache.own(collages, "collages", subset)
        logits = logits[:, counted]
        fitted = _fit(cache.own(fields, "fields", subset)[1], fields.truth[:, counted], features)
        systems = {"phantoms": logits, "phantoms, fitted": fitted, "phantoms + fitted": _standard(logits) + fitted}
        if (frozen := cache.imagenet(collages, "collages", subset)) is not None:
            learnt = cache.imagenet(fields, "fields", subset)
            assert learnt is not None
            theirs = _fit(learnt, fields.truth[:, counted], frozen)
            systems = {"ImageNet": theirs, **systems, "phantoms + ImageNet": _standard(logits) + theirs}
        for system, scores in systems.items():
            yield figures("collages", subset, system, truth, scores, groups, systems.get("ImageNet"))


def _out_of_fold(features: Floats, truth: NDArray[np.bool_], groups: NDArray[np.intp]) -> Floats:
    """Scores of a regression that saw no field of the same group, the mean of some draws of folds."""
    total = np.zeros(truth.shape)
    distinct = np.unique(groups)
    for repeat in range(REPEATS):
        for _, chosen in KFold(FOLDS, shuffle=True, random_state=repeat).split(distinct):
            held = np.isin(groups, distinct[chosen])
            total[held] += _fit(features[~held], truth[~held], features[held])
    return total / REPEATS


def _standard(logits: Floats) -> Floats:
    return np.asarray((logits - logits.mean(axis=0)) / logits.std(axis=0))


def _fit(features: Floats, truth: NDArray[np.bool_], others: Floats) -> Floats:
    """Scores of other fields, (M, K), by regressions on features that are standardised and, together, of size 1.

    Scores are standardised by those of the known fields. An intercept would be lower in folds that keep more of the
    positives out, so that these would rank below the fields of other folds: frozen ImageNet features had .18, not .24.
    """
    mean, spread = features.mean(axis=0), features.std(axis=0) + 1e-6
    known, asked = ((each - mean) / spread / np.sqrt(features.shape[1]) for each in (features, others))
    _, _, axes = np.linalg.svd(known, full_matrices=False)  # the regression sees no more than these
    known, asked = known @ axes.T, asked @ axes.T
    scores = np.zeros((len(others), truth.shape[1]))
    for place, shown in enumerate(truth.T):
        if 0 < shown.sum() < len(shown):
            fitted = LogisticRegression(C=STRENGTH, class_weight="balanced", max_iter=1000).fit(known, shown)
            weights = fitted.coef_[0]
            scores[:, place] = (asked - known.mean(axis=0)) @ weights / (known @ weights).std()
    return scores


# phantoms


@torch.inference_mode()
def on_phantoms(network: LocationNetwork, ring: Ring, fields: int) -> Iterator[dict[str, object]]:
    """Rows for whole fields, for their cells in the field, and for crops of single cells on black."""
    said: dict[str, list[Floats]] = {"fields": [], "cells in their fields": [], "cells cut out": []}
    truth: dict[str, list[NDArray[np.bool_]]] = {name: [] for name in said}
    for slot in ring.ready()[:fields]:
        shown = show_cells(ring, int(slot))
        numbers = torch.from_numpy(shown.numbers.astype(np.int64))[None]
        logits = answers(network, normalised(torch.from_numpy(shown.field)[None]), numbers, int(numbers.max()))[
            0
        ].numpy()
        said["fields"].append(logits[:1])
        truth["fields"].append(np.asarray(shown.truth.any(axis=0))[None])
        said["cells in their fields"].append(logits[shown.cells])
        truth["cells in their fields"].append(shown.truth[shown.asked])
        crops = torch.from_numpy(shown.crops)
        said["cells cut out"].append(network(normalised(crops)).numpy())
        truth["cells cut out"].append(shown.truth[shown.asked])
    for name in said:
        shown_by, scores = np.concatenate(truth[name]), np.concatenate(said[name])
        counted = (shown_by.sum(axis=0) >= LEAST) & ~shown_by.all(axis=0)
        groups = np.repeat(np.arange(len(said[name])), [len(part) for part in said[name]])
        yield figures(
            f"phantoms: {name}", "all stains", "phantoms", shown_by[:, counted], scores[:, counted], groups, None
        )


# figures


def precisions(truth: NDArray[np.bool_], scores: Floats, weights: Floats | None = None) -> Floats:
    """Average precision of each location, (R, K), for R weightings of the rows, such as how often each was drawn.

    NaN where all rows that weigh show it, or none. Equal scores do not occur, but for rows that were drawn again.
    """
    weights = np.ones((1, len(truth))) if weights is None else weights
    found = np.full((len(weights), truth.shape[1]), np.nan)
    for label in range(truth.shape[1]):
        order = np.argsort(-scores[:, label], kind="stable")
        weight = weights[:, order]
        right = weight * truth[order, label]
        total, wanted = weight.sum(axis=1), right.sum(axis=1)
        precision = right.cumsum(axis=1) / np.maximum(weight.cumsum(axis=1), 1e-9)
        told = (wanted > 0) & (wanted < total)
        found[told, label] = (right * precision).sum(axis=1)[told] / wanted[told]
    return found


def figures(
    data: str,
    subset: str,
    system: str,
    truth: NDArray[np.bool_],
    scores: Floats,
    groups: NDArray[np.intp],
    theirs: Floats | None,
) -> dict[str, object]:
    chance = np.mean([chance_average_precision(int(n), len(truth)) for n in truth.sum(axis=0)])
    row: dict[str, object] = {"data": data, "stains": subset, "system": system, "n": len(truth)}
    row |= {"locations": truth.shape[1], "chance": round(float(chance), 3)}
    row["macro AP"] = round(float(np.nanmean(precisions(truth, scores))), 3)
    member = groups[:, None] == np.unique(groups)
    drawn = np.random.default_rng(0).multinomial(
        member.shape[1], np.full(member.shape[1], 1 / member.shape[1]), RESAMPLES
    )
    weights = drawn @ member.T
    macro = np.nanmean(precisions(truth, scores, weights), axis=1)
    row["low"], row["high"] = (round(float(bound), 3) for bound in np.percentile(macro, (2.5, 97.5)))
    if theirs is not None and theirs is not scores:
        low, high = np.percentile(macro - np.nanmean(precisions(truth, theirs, weights), axis=1), (2.5, 97.5))
        row["over ImageNet"] = f"{low:+.3f} to {high:+.3f}"
    return row


def printed(rows: Iterator[dict[str, object]]) -> list[dict[str, object]]:
    done = []
    for row in rows:
        few = list(row.items())[:FIGURES]
        print("  ".join(f"{name}: {value}" for name, value in few), flush=True)
        done.append(row)
    return done


if __name__ == "__main__":
    main()

"""Whether fields that a model should not be asked about are told from those it may be: AUROC of five scores.

A network is trained on phantoms. Beside the phantoms of the test part, it is shown what is out of distribution, made
from the same fields: noise of the same brightness, blank fields, another magnification (the middle half enlarged, four
fields shrunk into one), green and blue exchanged, out of focus (a Gaussian of 3 px); 2, 4 and 16 times too dark, as 12
bits are that are read as 16, with nothing rounded; only green 16 times too dark; twice too bright; and on an offset of
a fifth of the full scale. Scores are

- `features`: the distance to the 10th nearest of the training fields, in the space of features (Sun et al. 2022,
  arXiv:2204.06507);
- `brightness`: that of brightness and contrast from the usual (`cellocate.networks.brightness`);
- `ood_score`: the larger of the two, each over its limit, which is what `predict` writes;
- `Mahalanobis`: of features from their mean, by their covariance (Lee et al. 2018, arXiv:1807.03888);
- `energy`: the sum over locations of log(1 + exp(logit)), falling (Wang et al. 2021, arXiv:2109.14162).

`flagged` is the share with ood_score above 1, which is to be 1% of phantoms; `by features` is the share that features
alone would flag, with a limit of their own. `lower` is the share with a lower ood_score than the field that each was
made from has, and `by features` the same of features alone.

    python benchmarks/ood_fields.py ood --fields 1500 --set data.intensity=depth
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from sklearn.covariance import LedoitWolf
from sklearn.metrics import roc_auc_score

import cellocate
from cellocate import phantom
from cellocate.collection import PARTS, open_collection
from cellocate.images import CHANNELS
from cellocate.networks import Model
from cellocate.networks.ood import fit_references
from cellocate.prediction import predict_and_embed
from cellocate.training import load_recipe
from cellocate.training.fit import train

Field = NDArray[Any]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?", default=Path("runs/ood_fields"), help="what is done stays here")
    parser.add_argument("--fields", type=int, default=1500)
    parser.add_argument("--size", type=int, default=128)
    parser.add_argument("--set", nargs="*", default=[], help="settings of the recipe 'quick'")
    args = parser.parse_args()
    model = _model(args.folder, args.fields, args.size, args.set)
    collection = open_collection(args.folder / "phantoms")
    fields: list[Field] = [collection.read(i, CHANNELS)[0] for i in collection.subset(model.card.fields["test"]).ids]
    learnt, validated = (predict_and_embed(model, collection.subset(model.card.fields[p]))[1] for p in PARTS[:2])
    covariance, known = LedoitWolf().fit(learnt.features), model.references
    alone = fit_references(learnt.features, validated.features)
    assert known is not None
    assert alone is not None
    brightness = known.brightness
    assert brightness is not None

    def scores(shown: list[Field]) -> dict[str, NDArray[np.floating]]:
        look = model.embed_tiles([model.prepare(field) for field in shown])
        p = np.clip(look.probabilities, 1e-7, 1 - 1e-7)
        return {
            "features": alone.ood_score(look.features),
            "light": brightness.distances(look.brightness),
            "ood_score": known.ood_score(look.features, look.brightness),
            "Mahalanobis": covariance.mahalanobis(look.features),
            "energy": np.log1p(-p).sum(axis=1),  # log(1 + e^x) is −log(1 − p)
        }

    usual = scores(fields)
    flagged, before = (float((usual[score] > 1).mean()) for score in ("ood_score", "features"))
    print(
        f"{len(learnt.features)} training fields, {len(fields)} held-out phantoms, {flagged:.1%} of them flagged, "
        f"{before:.1%} by features"
    )
    further = ("flagged", "by features", "lower", "by features")
    print(f"{'':24}" + "".join(f"{name:>13}" for name in (*usual, *further)))
    for name, change in CHANGES.items():
        odd = scores(change(fields))
        truth = np.repeat([0, 1], [len(fields), len(odd["ood_score"])])
        areas = [roc_auc_score(truth, np.concatenate([usual[score], odd[score]])) for score in usual]
        both = ("ood_score", "features")
        shares = [float((odd[score] > 1).mean()) for score in both]
        shares += [float((odd[score] < usual[score]).mean()) for score in both]
        print(f"{name:24}" + "".join(f"{area:13.3f}" for area in areas) + "".join(f"{share:13.1%}" for share in shares))


def _model(folder: Path, fields: int, size: int, settings: list[str]) -> Model:
    if not (folder / "run" / "model").is_dir():
        phantom.simulate(folder / "phantoms", fields=fields, size=size, span=81.92, labels="balanced", seed=0)
        recipe = load_recipe("quick", [f"data.size={size}", *settings])
        train(open_collection(folder / "phantoms"), recipe, folder / "run")
    return cellocate.load(folder / "run" / "model")


def _noise(fields: list[Field]) -> list[Field]:
    rng = np.random.default_rng(0)
    return [rng.permuted(f.reshape(len(f), -1), axis=1).reshape(f.shape) for f in fields]


def _blank(fields: list[Field]) -> list[Field]:
    return [np.broadcast_to(np.median(f, axis=(1, 2), keepdims=True), f.shape).astype(np.uint8) for f in fields]


def _enlarged(fields: list[Field]) -> list[Field]:
    side = fields[0].shape[1]
    quarter = side // 4
    return [_resized(f[:, quarter : side - quarter, quarter : side - quarter], side) for f in fields]


def _shrunk(fields: list[Field]) -> list[Field]:
    side = fields[0].shape[1]
    small = [_resized(f, side // 2) for f in fields]
    return [np.tile(f, (1, 2, 2)) for f in small]


def _exchanged(fields: list[Field]) -> list[Field]:
    order = [CHANNELS.index(c) for c in ("red", "blue", "green", "yellow")]
    return [f[order] for f in fields]


def _blurred(fields: list[Field]) -> list[Field]:
    return [np.stack([cv2.GaussianBlur(plane, (0, 0), 3) for plane in f]).astype(np.uint8) for f in fields]


def _darker(times: int, channels: tuple[str, ...] = CHANNELS) -> Callable[[list[Field]], list[Field]]:
    """Fields some times too dark in these channels, in 16 bits, so that nothing is rounded."""
    factors = np.array([257 / times if c in channels else 257 for c in CHANNELS])[:, None, None]
    return lambda fields: [np.round(f * factors).astype(np.uint16) for f in fields]


def _brighter(fields: list[Field]) -> list[Field]:
    return [np.minimum(f.astype(np.uint16) * 2, 255).astype(np.uint8) for f in fields]


def _offset(fields: list[Field]) -> list[Field]:
    return [np.round(51 + f * 0.8).astype(np.uint8) for f in fields]


def _resized(field: Field, side: int) -> Field:
    return np.stack([cv2.resize(plane, (side, side), interpolation=cv2.INTER_AREA) for plane in field])


CHANGES: dict[str, Callable[[list[Field]], list[Field]]] = {
    "noise": _noise,
    "blank": _blank,
    "twice as large": _enlarged,
    "half as large": _shrunk,
    "green and blue changed": _exchanged,
    "out of focus": _blurred,
    "2 times too dark": _darker(2),
    "4 times too dark": _darker(4),
    "16 times too dark": _darker(16),
    "green 16 times too dark": _darker(16, ("green",)),
    "2 times too bright": _brighter,
    "on an offset of a fifth": _offset,
}

if __name__ == "__main__":
    main()

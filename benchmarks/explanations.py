"""Whether maps lie where the light of a location is: pointing game and mass inside, on simulated cells.

A network is trained on phantoms. For each location that a test field shows, the map is laid beside the light of that
location alone (`truth/<Id>_signal_<label>.png`): where that exceeds a quarter of its largest value, it is inside.

- pointing: the share of maps whose largest value lies inside (Zhang et al. 2018, doi:10.1007/s11263-017-1059-x); a map
  of nothing points nowhere, which counts as a miss;
- mass: the mean share of a map that lies inside, 0 for a map of nothing.

Beside them: chance (a map that is even), and the green channel itself above its background, which knows nothing of
locations. Intervals are 95% bootstraps over fields. `alone`: fields that show one location, where the green channel is
that location's light; `several`: the others, where a map must tell whose light it is.

    python benchmarks/explanations.py runs/explanations --fields 1500
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import get_args

import cv2
import numpy as np
from numpy.typing import NDArray

import cellocate
from cellocate import phantom
from cellocate.choices import MapMethod
from cellocate.collection import Collection, open_collection
from cellocate.evaluation.bootstrap import mean_interval
from cellocate.explain.evidence_maps import map_tiles
from cellocate.images import TTA, read_channel
from cellocate.networks import Model
from cellocate.training import load_recipe
from cellocate.training.fit import train

Tiles = NDArray[np.float32]
Maps = Callable[[Model, Tiles, Sequence[int]], Tiles]
_INSIDE = 64  # of 255


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "folder", type=Path, nargs="?", default=Path("runs/explanations"), help="what is done stays here"
    )
    parser.add_argument("--fields", type=int, default=1500)
    parser.add_argument("--size", type=int, default=128)
    parser.add_argument("--test", type=int, default=200, help="test fields at most")
    parser.add_argument("--set", nargs="*", default=[], help="settings of the recipe 'quick'")
    args = parser.parse_args()
    model = _model(args.folder, args.fields, args.size, args.set)
    collection = open_collection(args.folder / "phantoms")
    test = collection.subset(model.card.fields["test"][: args.test])
    macro = (model.card.scores.get("validation") or {}).get("macro_average_precision")
    print(f"{len(test)} test fields of {args.size} px; validation macro average precision {macro:.3f}")
    print(f"{'':12}{'':10}{'maps':>6}  {'pointing':24}{'mass inside':24}")
    for name, maps in KINDS.items():
        rows = np.array([row for number, field in enumerate(test.ids) for row in _score(model, test, number, maps)])
        for kind, chosen in (("alone", rows[:, 3] == 1), ("several", rows[:, 3] > 1)):
            if chosen.any():
                point, mass = (_interval(rows[chosen, i], rows[chosen, 2]) for i in (0, 1))
                print(f"{name:12}{kind:10}{int(chosen.sum()):6}  {point:24}{mass:24}")


def _score(model: Model, test: Collection, number: int, maps: Maps) -> list[tuple[float, float, int, int]]:
    """For each location of a field: whether its map points inside, its mass inside, the field, how many it shows."""
    field = test.ids[number]
    pixels, pixel_size = test.read(field, model.card.channels)
    height, width = pixels.shape[1:]
    labels = test.fields["labels"][field]
    tiles = model.with_tta(TTA()).prepare(pixels, pixel_size)
    found = model.card.scale().whole(maps(model, tiles, labels), height, width, pixel_size)
    rows = []
    for label, heat in zip(labels, found, strict=True):
        signal = read_channel(test.folder / "truth" / f"{field}_signal_{label}.png", "green")
        bright = (signal > _INSIDE).astype(np.float32)
        inside = cv2.resize(bright, heat.shape[::-1], interpolation=cv2.INTER_AREA) >= 0.5
        if not inside.any():
            continue
        if np.ptp(heat) == 0:
            share = float(inside.mean()) if heat.max() > 0 else 0.0
            rows.append((share, share, number, len(labels)))
            continue
        rows.append((float(inside.ravel()[heat.argmax()]), float(heat[inside].sum() / heat.sum()), number, len(labels)))
    return rows


def _interval(values: NDArray[np.float64], fields: NDArray[np.float64]) -> str:
    low, high = mean_interval(values, [str(field) for field in fields])
    return f"{values.mean():.3f} ({low:.3f} to {high:.3f})"


def _green(model: Model, tiles: Tiles, labels: Sequence[int]) -> Tiles:
    green = tiles[:, [model.card.channels.index("green")]]
    return np.repeat(np.maximum(green - np.percentile(green, 5), 0), len(labels), axis=1)


def _even(model: Model, tiles: Tiles, labels: Sequence[int]) -> Tiles:
    return np.ones((len(tiles), len(labels), *tiles.shape[2:]), np.float32)


def _by(method: MapMethod) -> Maps:
    return lambda model, tiles, labels: map_tiles(model, tiles, labels, method)


def _model(folder: Path, fields: int, size: int, settings: list[str]) -> Model:
    if not (folder / "run" / "model").is_dir():
        phantom.simulate(folder / "phantoms", fields=fields, size=size, span=81.92, labels="real", seed=0)
        recipe = load_recipe("quick", [f"data.size={size}", *settings])
        train(open_collection(folder / "phantoms"), recipe, folder / "run")
    return cellocate.load(folder / "run" / "model")


KINDS: dict[str, Maps] = {"chance": _even, "green": _green} | {method: _by(method) for method in get_args(MapMethod)}

if __name__ == "__main__":
    main()

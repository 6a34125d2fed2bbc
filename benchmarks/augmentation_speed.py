"""What augmentation costs, beside kornia's where that is installed: time, exactness, what a seed decides.

CPU milliseconds for a batch on one core; kornia's nearest class is taken where it has none that does the same.

    python benchmarks/augmentation_speed.py
"""

from __future__ import annotations

import importlib
import importlib.util
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor

from cellocate.images import uncropped_side
from cellocate.networks.tta import resample
from cellocate.training.augmentation import augment
from cellocate.training.recipe import Augmentation

CHANNELS = ("red", "green", "blue", "yellow")
BATCHES = ((32, 128), (8, 512))
ROUNDS = 5
THIRDS = 2 / 3
SETTINGS: dict[str, dict[str, Any]] = {
    "orientation: dihedral": {"orientation": "dihedral"},
    "orientation: eighths": {"orientation": "eighths"},
    "rotation, shift, shear, zoom": {"rotation": 40, "shift": 0.2, "shear": 0.2, "zoom": 0.3},
    "crop": {"crop": THIRDS},
    "blur": {"blur": 2},
    "gamma, contrast": {"gamma": 1, "contrast": 0.3},
    "noise": {"noise": 0.05},
    "mixup": {"mixup": 1},
    "cutmix": {"cutmix": 1},
}
SETTINGS["all but eighths and cutmix"] = {
    name: value
    for what in SETTINGS
    if what not in ("orientation: eighths", "cutmix")
    for name, value in SETTINGS[what].items()
}


def main() -> None:
    torch.set_num_threads(1)
    installed = importlib.util.find_spec("kornia") is not None
    kornia = importlib.import_module("kornia.augmentation") if installed else None
    if kornia is None:
        print("kornia is not installed: ours alone")
    heads = [f"{n} x 4 x {size} px: {whose}" for n, size in BATCHES for whose in ("ours", "kornia")[: 1 + installed]]
    print("\t".join(["ms", *heads]))
    for what, settings in SETTINGS.items():
        section = Augmentation.model_validate({"orientation": "none", **settings})
        row: list[float] = []
        for count, size in BATCHES:
            side = uncropped_side(size, section.crop)
            images, truth = torch.rand(count, 4, side, side), torch.eye(count)
            row.append(_milliseconds(partial(augment, images, truth, section, CHANNELS, size)))
            if kornia is not None:
                row.append(_milliseconds(partial(_apply, _kornias(kornia, what, size), images)))
        print("\t".join([what, *(f"{ms:.0f}" for ms in row)]), flush=True)
    if kornia is not None:
        _exactness(kornia)


def _kornias(kornia: Any, what: str, size: int) -> list[Callable[[Tensor], Tensor]]:  # noqa: ANN401 # has no types
    k = kornia
    mirror = [k.RandomHorizontalFlip(p=0.5)]
    known: dict[str, list[Any]] = {
        "orientation: dihedral": [*mirror, k.RandomRotation90((0, 3), p=1.0)],
        "orientation: eighths": [*mirror, k.RandomRotation(180.0, p=1.0)],
        "rotation, shift, shear, zoom": [
            k.RandomAffine(40.0, (0.2, 0.2), (0.7, 1.3, 0.7, 1.3), 0.2, padding_mode="reflection", p=1.0)
        ],
        "crop": [k.RandomResizedCrop((size, size), (THIRDS**2, 1.0), (1.0, 1.0), cropping_mode="resample", p=1.0)],
        "blur": [k.RandomGaussianBlur((13, 13), (0.01, 2.0), p=1.0)],
        "gamma, contrast": [k.RandomGamma((0.5, 2.0), (0.7, 1.3), p=1.0)],
        "noise": [k.RandomGaussianNoise(0.0, 0.05, p=1.0)],
        "mixup": [k.RandomMixUpV2(p=1.0)],
        "cutmix": [k.RandomCutMixV2(use_correct_lambda=True, p=1.0)],
    }
    if what in known:
        return known[what]
    return [step for name, steps in known.items() if name not in ("orientation: eighths", "cutmix") for step in steps]


def _apply(steps: list[Callable[[Tensor], Tensor]], images: Tensor) -> Tensor:
    for step in steps:
        images = step(images)
    return images


def _exactness(kornia: Any) -> None:  # noqa: ANN401 # has no types
    """How far off each is where nothing moves, and by how many px mixed precision moves what is rotated."""
    torch.manual_seed(0)
    images, still = torch.rand(4, 4, 500, 500), torch.eye(2, 3).expand(4, 2, 3)
    turned = kornia.RandomRotation90((1, 1), p=1.0)
    print(f"in place:  ours {_apart(resample(images, still, 500), images):.1e}", end="")
    print(f", kornia {_apart(kornia.RandomAffine(0.0, p=1.0)(images), images):.1e}")
    print(f"90° turn:  ours exact, kornia {_apart(turned(images), torch.rot90(images, 1, (-2, -1))):.1e}")
    ramp = (torch.arange(500.0) / 500).expand(4, 4, 500, 500)  # a pixel tells its place
    section = Augmentation(orientation="none", rotation=40)
    moved: dict[str, Callable[[], Tensor]] = {
        "ours": lambda: augment(ramp, still[:, 0], section, CHANNELS, 500)[0],
        "kornia": partial(kornia.RandomAffine(40.0, padding_mode="reflection", p=1.0), ramp),
    }
    for name, move in moved.items():
        torch.manual_seed(1)
        first = move()
        torch.manual_seed(1)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            mixed = move()
        torch.manual_seed(1)
        same = torch.equal(first, move())
        print(f"{name}: the seed decides: {same}; mixed precision moves it by {_apart(mixed, first) * 500:.1f} px")


def _apart(one: Tensor, other: Tensor) -> float:
    return float((one.float() - other).abs().max())


def _milliseconds(work: Callable[[], object]) -> float:
    work()
    best = float("inf")
    for _ in range(ROUNDS):
        began = time.process_time()
        work()
        best = min(best, time.process_time() - began)
    return best * 1000


if __name__ == "__main__":
    main()

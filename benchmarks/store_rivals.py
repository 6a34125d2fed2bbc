"""Loaders of others, each run as it is from where the environment says, delivering what the store's benchmark times."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pandas as pd
import torch

from cellocate.collection import Collection
from cellocate.images import CHANNELS
from cellocate.vocabulary import get_vocabulary

Read = Callable[[int], object]


def rivals(files: Collection, size: int, folder: Path) -> dict[str, Read]:
    """Those that are at hand: fastai where it is installed, the champion's where CELLOCATE_CHAMPION names its src/."""
    found: dict[str, Read] = {}
    try:
        found["(c) fastai, a transform pipeline per channel"] = _fastai(files, size)
    except ImportError:
        print("(fastai is not installed)")
    if "CELLOCATE_CHAMPION" in os.environ:
        found["(d) the 2018 champion's dataset class"] = _champion(files, size, folder)
    else:
        print("(CELLOCATE_CHAMPION names no folder of the 2018 champion's code)")
    return found


def _fastai(files: Collection, size: int) -> Read:
    """Grey images decoded, resized and scaled as fastai's `ImageBlock` and `Resize` do; the channels put together."""
    vision: Any = importlib.import_module("fastai.vision.all")
    resize = vision.Resize(size, method=vision.ResizeMethod.Squish)
    pipeline = vision.Pipeline([vision.PILImageBW.create, resize, vision.ToTensor(), vision.IntToFloatTensor()])

    def read(i: int) -> torch.Tensor:
        paths = files.files(files.ids[i])
        return torch.cat([torch.Tensor(pipeline(paths[channel])) for channel in CHANNELS])

    return read


def _champion(files: Collection, size: int, folder: Path) -> Read:
    """His `ProteinDataset` without random crops; the augmentations that it imports, and does not use, are left out."""
    sys.path.insert(0, os.environ["CELLOCATE_CHAMPION"])
    imgaug = ModuleType("imgaug")
    imgaug.augmenters = None  # type: ignore[attr-defined] # the library needs a NumPy that is gone
    sys.modules.setdefault("imgaug", imgaug)
    module: Any = importlib.import_module("datasets.protein_dataset")
    module.DATA_DIR = str(folder / "champion")
    images = folder / "champion" / "train" / "images"
    if not images.exists():
        images.parent.mkdir(parents=True)
        images.symlink_to(files.folder / "train")
    truth = pd.DataFrame(files.labelled().truth().astype(int), columns=list(get_vocabulary("hpa28").names))
    truth.insert(0, "Id", files.ids)
    truth.to_csv(folder / "champion" / "split.csv", index=False)
    dataset: Any = module.ProteinDataset(str(folder / "champion" / "split.csv"), img_size=512, crop_size=size)
    return lambda i: dataset[i]

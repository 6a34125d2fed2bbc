"""Fields as a network sees them, in batches."""

from __future__ import annotations

import os
from collections.abc import Iterator

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, Sampler

from cellocate.collection import Collection, Inspection
from cellocate.errors import CellocateError
from cellocate.images import FIELD_SPAN, Scale, to_float
from cellocate.networks import Normalisation
from cellocate.training.recipe import Data, Training

_MEMORY = 2**30  # bytes of prepared fields that are kept from epoch to epoch
_SAMPLE = 512  # fields that mean and standard deviation are measured on


Batch = tuple[Tensor, Tensor, Tensor]
"""Images (N, C, size, size), 0 to 1; truth (N, K); and which fields of the data set they are (N,)."""


class FieldDataset(Dataset[Batch]):
    """Labelled fields: the centre tile of each, shape (C, size, size), its truth, shape (K,), and its place.

    Fields are read when asked for and, where all fit into 1 GiB, kept as half floats (finer than 8 bits).
    """

    def __init__(self, collection: Collection, data: Data, scale: Scale) -> None:
        self.collection, self.data, self.scale = collection, data, scale
        self.truth = torch.from_numpy(collection.truth()).float()
        self.ids = collection.ids
        self.fits = len(self.ids) * len(data.channels) * scale.size**2 * 2 <= _MEMORY
        self._kept: dict[int, Tensor] = {}

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, index: int) -> Batch:
        image = self._kept.get(index)
        if image is None:
            image = torch.from_numpy(self._prepared(self.ids[index]))
            if self.fits:
                image = self._kept[index] = image.half()
        return image.float(), self.truth[index], torch.tensor(index)

    def _prepared(self, field: str) -> NDArray[np.float32]:
        pixels, pixel_size = self.collection.read(field, self.data.channels, self.scale)
        return np.ascontiguousarray(self.scale.centre(to_float(pixels, self.data.intensity), pixel_size))


def training_scale(collection: Collection, data: Data, inspection: Inspection) -> tuple[Scale, bool]:
    """The scale that fields are trained at, and whether its pixel size rests on HPA's usual field alone.

    Raises:
        CellocateError: the recipe sets a pixel size, and that of a field is not known.
    """
    size = data.size
    known = {i: p for i in collection.ids if (p := collection.pixel_size(i)) is not None}
    if data.pixel_size is not None:
        if len(known) < len(collection):
            raise CellocateError(
                "the recipe sets a pixel size, and the files' own is not known",
                where=collection.folder,
                mend="Give it with --pixel-size or in a column pixel_size of the label table.",
            )
        return Scale(size, data.pixel_size), False
    if not known:
        return Scale(size, FIELD_SPAN / size), True
    spans = inspection.images.loc[list(known), ["height", "width"]].max(axis=1) * pd.Series(known)
    return Scale(size, float(spans.median()) / size), False


class EpochSampler(Sampler[int]):
    """A new order for each epoch, which depends on the seed and the epoch alone: a resumed run repeats it."""

    def __init__(self, length: int, seed: int, epoch: int = 0) -> None:
        self.length, self.seed, self.epoch = length, seed, epoch

    def set_epoch(self, epoch: int) -> None:
        """Called by Lightning before each epoch."""
        self.epoch = epoch

    def __len__(self) -> int:
        return self.length

    def __iter__(self) -> Iterator[int]:
        generator = torch.Generator().manual_seed(self.seed * 1_000_003 + self.epoch)
        return iter(torch.randperm(self.length, generator=generator).tolist())


def loader(
    dataset: FieldDataset, training: Training, *, shuffle: bool, first_epoch: int = 0, processes: int = 1
) -> DataLoader[Batch]:
    """Batches of a dataset; a last batch that is smaller is left out of training, as it would disturb batch norms.

    Args:
        dataset: the fields.
        training: batch size, workers, seed.
        shuffle: in a new order for each epoch.
        first_epoch: of a resumed run (Lightning asks for its first batch before it sets the epoch).
        processes: that Lightning will share the fields among.
    """
    workers = training.workers
    if workers is None:
        workers = 0 if dataset.fits else (os.cpu_count() or 1)
    return DataLoader(
        dataset,
        batch_size=training.batch_size,
        sampler=EpochSampler(len(dataset), training.seed, first_epoch) if shuffle else None,
        drop_last=shuffle and len(dataset) // processes >= training.batch_size,
        num_workers=workers,
        generator=torch.Generator().manual_seed(training.seed),  # so that torch's own is left to what an epoch draws
        persistent_workers=workers > 0,
        pin_memory=torch.cuda.is_available(),
    )


def measure_normalisation(dataset: FieldDataset, seed: int) -> Normalisation:
    """Mean and standard deviation per channel over (at most 512 of) the training fields."""
    count = min(_SAMPLE, len(dataset))
    chosen = np.random.default_rng(seed).choice(len(dataset), count, replace=False)
    images = (dataset[int(i)][0].double() for i in chosen)
    moments = torch.stack([torch.stack([i.mean(dim=(1, 2)), i.square().mean(dim=(1, 2))]) for i in images]).mean(dim=0)
    std = (moments[1] - moments[0].square()).clamp(min=1e-6).sqrt()
    return Normalisation(mean=tuple(moments[0].tolist()), std=tuple(std.tolist()))


def from_worker(error: CellocateError) -> CellocateError:
    """The error as it was raised: a worker's reaches the main process with its traceback as its text."""
    raised = error.what.rpartition("CellocateError: ")[2].strip().rstrip(".")
    return CellocateError(raised) if "\n" in error.what else error

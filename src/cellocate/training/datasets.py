"""Labelled fields as a network sees them, in batches."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, Sampler

from cellocate.collection import Collection, Inspection, LabelledCollection
from cellocate.errors import CellocateError
from cellocate.images import FIELD_SPAN, Scale, to_float
from cellocate.networks import Normalisation
from cellocate.training.distributed import OrderedDistributedSampler
from cellocate.training.recipe import Data, Recipe, Training
from cellocate.training.sampling import EpochIndices, epoch_sampler

_MEMORY = 2**30  # bytes of prepared fields to keep between epochs
_SAMPLE = 512  # fields to measure mean and standard deviation on


Batch = tuple[Tensor, Tensor, Tensor]
"""Images (N, C, size, size), 0 to 1; truth (N, K); and which fields of the data set they are (N,)."""


class LabelledDataset(Dataset[Any], ABC):
    """Labelled fields that batches are made from.

    Attributes:
        ids: ids of N fields.
        truth: their labels, shape (N, K).
        fits: whether everything it reads fits in memory.
        draws: whether it draws again in each epoch, and takes indices from `EpochIndices`.
        collate: joins several items into a batch; None: torch's own.
    """

    ids: list[str]
    truth: Tensor
    fits: bool
    draws = False
    collate: Callable[[Sequence[Any]], Any] | None = None

    def __len__(self) -> int:
        return len(self.ids)

    @property
    @abstractmethod
    def images(self) -> FieldDataset:
        """The images that the network sees one by one."""


class FieldDataset(LabelledDataset):
    """Labelled fields: the centre tile of each, shape (C, size, size), its labels, shape (K,), and its position.

    Fields are read on demand and, if all fit into 1 GiB, kept as half floats (finer than 8 bits).
    """

    def __init__(self, collection: LabelledCollection, data: Data, scale: Scale) -> None:
        self.collection, self.data, self.scale = collection, data, scale
        self.truth = torch.from_numpy(collection.truth()).float()
        self.ids = collection.ids
        self.fits = len(self.ids) * len(data.channels) * scale.size**2 * 2 <= _MEMORY
        self._kept: dict[int, Tensor] = {}

    @property
    def images(self) -> FieldDataset:
        """Itself: each field is one image."""
        return self

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
    """The scale of the training fields, and whether its pixel size is assumed and not recorded.

    Raises:
        CellocateError: the recipe sets a pixel size, and that of a field is unknown.
    """
    size = data.size
    known = {i: p for i in collection.ids if (p := collection.pixel_size(i)) is not None}
    if data.pixel_size is not None:
        if len(known) < len(collection):
            raise CellocateError(
                "the recipe sets a pixel size, but that of the files is unknown",
                where=collection.folder,
                mend="Give it with --pixel-size or in a column pixel_size of the label table.",
            )
        return Scale(size, data.pixel_size), collection.pixel_size_assumed
    if not known:
        return Scale(size, FIELD_SPAN / size), True
    spans = inspection.images.loc[list(known), ["height", "width"]].max(axis=1) * pd.Series(known)
    return Scale(size, float(spans.median()) / size), collection.pixel_size_assumed


def training_loader(
    dataset: LabelledDataset, recipe: Recipe, *, first_epoch: int = 0, processes: int = 1
) -> DataLoader[Any]:
    """Batches of the training fields of an epoch; a smaller last batch is dropped, for batch normalisation.

    `first_epoch` starts a resumed run, because Lightning reads a batch before it sets the epoch. `processes` is the
    number of processes that share the fields.
    """
    training = recipe.training
    together = training.batch_size * processes
    sampler = epoch_sampler(recipe.sampling, dataset.truth.numpy() > 0, together, training.seed, first_epoch)
    if dataset.draws:
        sampler = EpochIndices(sampler, len(dataset))
    shared = OrderedDistributedSampler(sampler, processes) if processes > 1 else sampler
    return loader(dataset, training, shared, drop_last=len(sampler) >= together)


def loader(
    dataset: LabelledDataset, training: Training, sampler: Sampler[int] | None = None, *, drop_last: bool = False
) -> DataLoader[Any]:
    """Batches of a data set, in its order or that of a sampler; `drop_last` drops a smaller last batch."""
    workers = training.workers
    if workers is None:
        workers = 0 if dataset.fits else (os.cpu_count() or 1)
    return DataLoader(
        dataset,
        batch_size=training.batch_size,
        collate_fn=dataset.collate,
        sampler=sampler,
        drop_last=drop_last,
        num_workers=workers,
        generator=torch.Generator().manual_seed(training.seed),  # leaves torch's own generator to the epoch
        persistent_workers=workers > 0,
        pin_memory=torch.cuda.is_available(),
    )


def measure_normalisation(dataset: FieldDataset, recipe: Recipe) -> Normalisation:
    """Mean and standard deviation of each channel over at most 512 training fields, unless the recipe wants none."""
    if recipe.data.normalisation == "none":
        channels = len(recipe.data.channels)
        return Normalisation(mean=(0.0,) * channels, std=(1.0,) * channels)
    count = min(_SAMPLE, len(dataset))
    chosen = np.random.default_rng(recipe.training.seed).choice(len(dataset), count, replace=False)
    images = (dataset[int(i)][0].double() for i in chosen)
    moments = torch.stack([torch.stack([i.mean(dim=(1, 2)), i.square().mean(dim=(1, 2))]) for i in images]).mean(dim=0)
    std = (moments[1] - moments[0].square()).clamp(min=1e-6).sqrt()
    return Normalisation(mean=tuple(moments[0].tolist()), std=tuple(std.tolist()))


def identities(collection: Collection, column: str) -> Tensor:
    """Encode a column's values as numbers, shape (N,); a field without a value gets a number of its own.

    Raises:
        CellocateError: there is no such column.
    """
    if column not in collection.fields:
        known = ", ".join(collection.metadata_columns) or "none"
        raise CellocateError(
            f"the fields have no column {column!r} to distinguish them by (there are {known})",
            where=collection.folder,
            mend="Name another with --set loss.identity, or leave arcface out of loss.terms.",
        )
    own = pd.Series(collection.ids, index=collection.fields.index)
    values = collection.fields[column].replace("", None).fillna(own)
    return torch.from_numpy(pd.factorize(values)[0]).long()

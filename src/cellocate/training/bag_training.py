"""Multiple-instance learning: single cells learned from the labels of their fields."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, cast

import numpy as np
import torch
from torch import Tensor

from cellocate.collection import CellBags, LabelledCollection, at_edge
from cellocate.images import Scale
from cellocate.training.augmentation import augment
from cellocate.training.classifier import Classifier
from cellocate.training.datasets import FieldDataset, LabelledDataset
from cellocate.training.recipe import Recipe


class BagBatch(NamedTuple):
    """Cells of one or several fields, one field after the other.

    Args:
        images: images of the cells, shape (n, C, size, size), 0 to 1.
        truth: labels of the fields, shape (fields, K).
        places: positions of the fields in the data set, shape (fields,).
        weights: weights of the cells, shape (n,).
        sizes: number of cells of each field, shape (fields,).
    """

    images: Tensor
    truth: Tensor
    places: Tensor
    weights: Tensor
    sizes: Tensor


class BagDataset(LabelledDataset):
    """Labelled fields, each with a random choice of its cells, drawn again in every epoch.

    An index is `epoch · fields + place` (see `EpochIndices`), so the draw depends only on the epoch, the field and the
    seed, in whatever process.
    """

    draws = True

    def __init__(self, bags: CellBags, recipe: Recipe, scale: Scale) -> None:
        self._images = FieldDataset(bags.cells.labelled(), recipe.data, scale)
        self.truth = torch.from_numpy(bags.fields.labelled().truth()).float()
        self.ids, self.fits = bags.fields.ids, self._images.fits
        self._most, self._seed = recipe.bags.cells, recipe.training.seed
        place = {cell: i for i, cell in enumerate(self._images.ids)}
        self._members = [np.array([place[cell] for cell in bags.members[field]]) for field in self.ids]
        self._weights = torch.from_numpy(np.where(at_edge(bags.cells), recipe.bags.edge, 1.0)).float()

    @property
    def images(self) -> FieldDataset:
        """The cells."""
        return self._images

    def __getitem__(self, index: int) -> BagBatch:
        epoch, place = divmod(index, len(self))
        rng = np.random.default_rng((self._seed, epoch, place))
        members = self._members[place]
        drawn = np.sort(rng.choice(members, min(self._most, len(members)), replace=False))
        images = torch.stack([self._images[int(i)][0] for i in drawn])
        sizes = torch.tensor([len(drawn)])
        return BagBatch(images, self.truth[place][None], torch.tensor([place]), self._weights[drawn], sizes)

    @staticmethod
    def collate(bags: Sequence[BagBatch]) -> BagBatch:
        """Join the bags of several fields."""
        return BagBatch(*(torch.cat(parts) for parts in zip(*bags, strict=True)))


def make_dataset(fields: LabelledCollection, bags: CellBags | None, recipe: Recipe, scale: Scale) -> LabelledDataset:
    """The data set of some fields: the fields themselves, or their bags of cells if there are any."""
    if bags is None:
        return FieldDataset(fields, recipe.data, scale)
    return BagDataset(bags.subset(fields.ids), recipe, scale)


class BagClassifier(Classifier[BagBatch]):
    """Trains a network of cells on the labels of their fields.

    The loss is that of the fields' logits plus `bags.cell_loss` times the loss of each cell against the labels of its
    field. Cells at the edge weigh `bags.edge`.
    """

    def loss_of(self, batch: BagBatch) -> Tensor:
        """The loss of a batch, after augmentation."""
        recipe = self.recipe
        owners = batch.truth.repeat_interleave(batch.sizes, dim=0)
        images, _ = augment(batch.images, owners, recipe.augmentation, recipe.data.channels, recipe.data.size)
        logits, fields = self._logits(images, batch)
        loss = cast(Tensor, self.loss(fields, batch.truth))
        if not recipe.bags.cell_loss:
            return loss
        return loss + recipe.bags.cell_loss * self._of_cells(logits, owners, batch.weights)

    def logits_of(self, batch: BagBatch) -> Tensor:
        """The logits of the fields."""
        return self._logits(batch.images, batch)[1]

    def _logits(self, images: Tensor, batch: BagBatch) -> tuple[Tensor, Tensor]:
        pool = self.network.cells
        assert pool is not None
        logits, features = self.network.logits_and_features(self.normalised(images))
        return logits, pool.of_bags(logits, features, batch.weights, batch.sizes.tolist())

    def _of_cells(self, logits: Tensor, truth: Tensor, weights: Tensor) -> Tensor:
        """The weighted mean loss of the cells; losses are means, so cells of equal weight are computed together."""
        total = logits.new_zeros(())
        for weight in set(weights.tolist()):
            same = weights == weight
            total = total + weight * same.sum() * self.loss.classification(logits[same], truth[same])
        return total / weights.sum()

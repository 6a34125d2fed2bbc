from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from cellocate.collection import open_collection
from cellocate.images import Scale, read_field
from cellocate.training import Recipe
from cellocate.training.data import EpochSampler, FieldDataset, loader, measure_normalisation


@pytest.fixture
def dataset(phantoms: Path, tiny: Recipe) -> FieldDataset:
    return FieldDataset(open_collection(phantoms), tiny.data, Scale(64, None))


def test_pixels_and_labels_of_a_field_stay_together(dataset: FieldDataset) -> None:
    image, truth = dataset[3]
    collection = dataset.collection
    pixels = read_field(collection.files(collection.ids[3]))
    np.testing.assert_allclose(image.numpy(), pixels / 255, atol=5e-4)
    assert tuple(np.flatnonzero(truth)) == collection.fields["labels"].iloc[3]


def test_a_field_is_decoded_once(dataset: FieldDataset, phantoms: Path) -> None:
    first, _ = dataset[0]
    for path in (phantoms / "train").glob("phantom-1-000000_*"):
        path.unlink()
    assert torch.equal(dataset[0][0], first)


def test_normalisation_is_the_mean_and_deviation_of_all_pixels(dataset: FieldDataset) -> None:
    pixels = np.stack([dataset[i][0].numpy() for i in range(len(dataset))]).astype(np.float64)
    measured = measure_normalisation(dataset, seed=0)
    np.testing.assert_allclose(measured.mean, pixels.mean(axis=(0, 2, 3)), rtol=1e-4)
    np.testing.assert_allclose(measured.std, pixels.std(axis=(0, 2, 3)), rtol=1e-4)


def test_the_order_depends_on_seed_and_epoch_alone() -> None:
    def order(seed: int, epoch: int) -> list[int]:
        sampler = EpochSampler(20, seed)
        sampler.set_epoch(epoch)
        return list(sampler)

    assert order(1, 4) == order(1, 4)
    assert sorted(order(1, 4)) == list(range(20))
    assert order(1, 4) != order(1, 5)
    assert order(1, 4) != order(2, 4)


def test_a_small_last_batch_is_left_out_of_training_alone(dataset: FieldDataset, tiny: Recipe) -> None:
    training = tiny.training.model_copy(update={"batch_size": 16})
    assert [len(t) for _, t in loader(dataset, training, shuffle=True)] == [16, 16]
    assert [len(t) for _, t in loader(dataset, training, shuffle=False)] == [16, 16, 8]
    larger = training.model_copy(update={"batch_size": 64})
    assert [len(t) for _, t in loader(dataset, larger, shuffle=True)] == [40]

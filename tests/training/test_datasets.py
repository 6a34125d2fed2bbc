from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from cellocate.collection import open_collection
from cellocate.errors import CellocateError
from cellocate.images import Scale, read_field
from cellocate.training import Recipe
from cellocate.training.datasets import FieldDataset, identities, loader, measure_normalisation, training_loader


@pytest.fixture
def dataset(phantoms: Path, tiny: Recipe) -> FieldDataset:
    return FieldDataset(open_collection(phantoms).labelled(), tiny.data, Scale(64, None))


def test_pixels_and_labels_of_a_field_stay_together(dataset: FieldDataset) -> None:
    image, truth, _ = dataset[3]
    collection = dataset.collection
    pixels = read_field(collection.files(collection.ids[3]))
    np.testing.assert_allclose(image.numpy(), pixels / 255, atol=5e-4)
    assert tuple(np.flatnonzero(truth)) == collection.fields["labels"].iloc[3]


def test_a_field_is_decoded_once(dataset: FieldDataset, phantoms: Path) -> None:
    first, *_ = dataset[0]
    for path in (phantoms / "train").glob("phantom-1-000000_*"):
        path.unlink()
    assert torch.equal(dataset[0][0], first)


def test_normalisation_is_the_mean_and_deviation_of_all_pixels(dataset: FieldDataset, tiny: Recipe) -> None:
    pixels = np.stack([dataset[i][0].numpy() for i in range(len(dataset))]).astype(np.float64)
    measured = measure_normalisation(dataset, tiny)
    np.testing.assert_allclose(measured.mean, pixels.mean(axis=(0, 2, 3)), rtol=1e-4)
    np.testing.assert_allclose(measured.std, pixels.std(axis=(0, 2, 3)), rtol=1e-4)


def test_a_small_last_batch_is_left_out_of_training_alone(dataset: FieldDataset, tiny: Recipe) -> None:
    def of(batch_size: int) -> Recipe:
        return tiny.model_copy(update={"training": tiny.training.model_copy(update={"batch_size": batch_size})})

    assert [len(t) for _, t, _ in training_loader(dataset, of(16))] == [16, 16]
    assert [len(t) for _, t, _ in loader(dataset, of(16).training)] == [16, 16, 8]
    assert [len(t) for _, t, _ in training_loader(dataset, of(64))] == [40]


def test_a_batch_says_which_fields_it_is_of(dataset: FieldDataset, tiny: Recipe) -> None:
    for _, truth, places in training_loader(dataset, tiny):
        assert torch.equal(truth, dataset.truth[places])


def test_fields_are_distinguished_by_a_column(phantoms: Path) -> None:
    collection = open_collection(phantoms).subset(open_collection(phantoms).ids[:4])
    named = replace(collection, fields=collection.fields.assign(antibody=["a", None, "a", ""]))
    codes = identities(named, "antibody")
    assert codes[0] == codes[2]
    assert len(set(codes.tolist())) == 3
    with pytest.raises(CellocateError, match="no column 'antibody' to distinguish them by"):
        identities(collection, "antibody")


def test_without_normalisation_floats_stay_as_they_are(dataset: FieldDataset, tiny: Recipe) -> None:
    plain = tiny.model_copy(update={"data": tiny.data.model_copy(update={"normalisation": "none"})})
    assert measure_normalisation(dataset, plain).mean == (0.0,) * 4

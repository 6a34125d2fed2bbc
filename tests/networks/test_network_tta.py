from __future__ import annotations

from collections.abc import Callable
from typing import cast

import numpy as np
import pytest
import torch

from cellocate.errors import CellocateError
from cellocate.images import TTA
from cellocate.networks import LocationNetwork, Model
from cellocate.networks.tta import orient, pool_probabilities, tta_images

FIELD = np.random.default_rng(0).integers(0, 256, (4, 64, 64), dtype=np.uint8)
CROPS = TTA(orientations="dihedral", crops=4, crop=0.5, pool="max")


def test_without_tta_the_images_are_unchanged() -> None:
    images = torch.rand(2, 4, 16, 16)
    [only] = tta_images(images, TTA(), 16)
    assert only is images


def test_turns_are_the_orientations() -> None:
    images = torch.rand(1, 1, 8, 8)
    seen = list(tta_images(images, TTA(orientations="dihedral"), 8))
    assert all(torch.equal(view, orient(images, i)) for i, view in enumerate(seen))
    assert len({tuple(view.flatten().tolist()) for view in seen}) == 8
    mirrors = {tuple(images.flip(sides).flatten().tolist()) for sides in ([], [2], [3], [2, 3])}
    assert {tuple(v.flatten().tolist()) for v in tta_images(images, TTA(orientations="flips"), 8)} == mirrors


def test_a_crop_shows_its_own_part_of_the_field() -> None:
    y, x = torch.meshgrid((torch.arange(64) + 0.5) / 64, (torch.arange(64) + 0.5) / 64, indexing="ij")
    images = torch.stack([x, y])[None]  # each pixel says where it is
    tta = TTA(crops=5, crop=0.5)
    for square, view in zip(tta.crop_places, tta_images(images, tta, 32), strict=True):
        assert view.shape == (1, 2, 32, 32)
        for axis, place in ((0, square.x), (1, square.y)):
            middle = 0.5 + place * (1 - square.side) / 2
            assert float(view[0, axis].mean()) == pytest.approx(middle, abs=1e-4)
            spread = float(view[0, axis].max() - view[0, axis].min())
            assert spread == pytest.approx(square.side * 31 / 32, abs=1e-3)


@pytest.mark.parametrize(
    ("pool", "expected"), [("mean", [0.5, 0.3]), ("max", [0.9, 0.5]), ("geometric", [0.5, 0.25 / (1 + 0.25)])]
)
def test_pools_of_locations_apart(pool: str, expected: list[float]) -> None:
    variants = torch.tensor([[[0.1, 0.1]], [[0.9, 0.5]]])
    expected = [*expected[:1], 0.25] if pool == "geometric" else expected  # odds 1/9 and 1: their mean is 1/3
    np.testing.assert_allclose(pool_probabilities(variants, pool, exclusive=False)[0], expected, atol=1e-6)  # type: ignore[arg-type]


def test_the_geometric_pool_does_not_care_whether_presence_or_absence_is_pooled() -> None:
    p = torch.rand(5, 7, 3)
    apart = pool_probabilities(p, "geometric", exclusive=False)
    torch.testing.assert_close(pool_probabilities(1 - p, "geometric", exclusive=False), 1 - apart)


def test_certainty_leaves_the_geometric_pool_a_number() -> None:
    certain = torch.tensor([[[0.0, 1.0]], [[0.0, 1.0]]])
    assert pool_probabilities(certain, "geometric", exclusive=False).isfinite().all()


@pytest.mark.parametrize("pool", ["mean", "geometric"])
def test_probabilities_of_one_location_still_sum_to_one(pool: str) -> None:
    p = torch.rand(4, 6, 5).softmax(dim=-1)
    sums = pool_probabilities(p, pool, exclusive=True).sum(dim=-1)  # type: ignore[arg-type]
    torch.testing.assert_close(sums, torch.ones(6))


def test_a_model_pools_what_it_says_of_each_variant(make: Callable[..., Model]) -> None:
    plain = make()
    for pool, of in (("mean", np.mean), ("max", np.max)):
        tta = TTA(orientations="dihedral", pool=pool)  # type: ignore[arg-type]
        turned = [np.ascontiguousarray(orient(torch.from_numpy(FIELD), i).numpy()) for i in range(8)]
        each = plain.predict(turned).probabilities
        assert np.ptp(each, axis=0).max() > 1e-4  # or the test would show nothing
        found = plain.with_tta(tta).predict(FIELD).probabilities[0]
        np.testing.assert_allclose(found, of(each, axis=0), atol=1e-6)


def test_the_way_a_field_lies_does_not_matter_to_all_orientations(make: Callable[..., Model]) -> None:
    model = make(tta=TTA(orientations="dihedral"))
    turned = np.ascontiguousarray(np.rot90(FIELD, axes=(1, 2)))
    np.testing.assert_allclose(
        model.predict(turned).probabilities, model.predict(FIELD).probabilities, atol=1e-6, rtol=1e-5
    )


def test_crops_are_seen_at_the_networks_own_size(make: Callable[..., Model]) -> None:
    model = make(tta=CROPS)
    sides = []

    network = cast(LocationNetwork, model.network)
    network.backbone.register_forward_pre_hook(lambda _, inputs: sides.append(tuple(inputs[0].shape[2:])))
    model.predict(FIELD)
    assert sides == [(64, 64)] * 32
    assert model.prepare(FIELD).shape == (1, 4, 128, 128)


def test_crops_and_repeats_give_the_same_twice(make: Callable[..., Model]) -> None:
    model = make(tta=CROPS)
    first = model.predict([FIELD, FIELD[:, ::-1]]).probabilities
    np.testing.assert_array_equal(first, model.predict([FIELD, FIELD[:, ::-1]]).probabilities)
    np.testing.assert_allclose(first[0], model.predict(FIELD).probabilities[0], rtol=1e-5)
    with pytest.raises(CellocateError, match="no field to predict"):
        model.predict([])


def test_features_do_not_depend_on_tta(make: Callable[..., Model]) -> None:
    np.testing.assert_array_equal(make(tta=CROPS).embed(FIELD), make().embed(FIELD))


def test_the_largest_of_probabilities_that_sum_to_one_is_refused(make: Callable[..., Model]) -> None:
    with pytest.raises(CellocateError, match="use mean or geometric"):
        make(activation="softmax").with_tta(CROPS)
    model = make(activation="softmax", tta=TTA(orientations="flips", pool="geometric"))
    np.testing.assert_allclose(model.predict(FIELD).probabilities.sum(), 1, rtol=1e-5)


def test_a_card_without_tta_keeps_its_checksum(make: Callable[..., Model]) -> None:
    card = make().card
    content = card.model_dump(mode="json")
    del content["tta"]
    assert type(card).model_validate(content).digest() == card.digest()
    assert card.with_tta(CROPS).digest() != card.digest()

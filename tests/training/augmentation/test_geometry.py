from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from cellocate.images import uncropped_side
from cellocate.networks.tta import orient, resample
from cellocate.training.augmentation import augment
from cellocate.training.augmentation.geometry import draw_affine, warp
from cellocate.training.recipe import Augmentation

MANY = 4000


def _still(**settings: object) -> Augmentation:
    return Augmentation.model_validate({"orientation": "none", **settings})


def _placed(linear: list[list[float]], shift: tuple[float, float] = (0, 0)) -> Tensor:
    return torch.tensor([[*row, by] for row, by in zip(linear, shift, strict=True)])[None]


def _turned(degrees: float) -> Tensor:
    c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return _placed([[c, -s], [s, c]])


def _spot(size: int, x: float, y: float) -> Tensor:
    """A round spot, around x and y from −1 to 1 between the edges."""
    steps = (2 * torch.arange(size) + 1) / size - 1
    return torch.exp(-((steps - x) ** 2 + (steps[:, None] - y) ** 2) / (2 * 0.05**2))[None, None]


def _centre(image: Tensor, near: tuple[float, float]) -> tuple[float, float]:
    """Centre of the light around a place, without the spot's reflections."""
    x = (2 * torch.arange(image.shape[-1]) + 1) / image.shape[-1] - 1
    y = x[:, None]
    light = image * ((x - near[0]).square() + (y - near[1]).square() < 0.2**2)
    return float((light * x).sum() / light.sum()), float((light * y).sum() / light.sum())


def test_nothing_to_do_gives_the_very_images() -> None:
    images = torch.rand(3, 2, 32, 32)
    state = torch.get_rng_state()
    assert warp(images, _still(), 32) is images
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize("size", [32, 45])
def test_in_place_nothing_changes(size: int) -> None:
    images = torch.rand(2, 3, size, size)
    torch.testing.assert_close(resample(images, _placed([[1, 0], [0, 1]]).expand(2, 2, 3), size), images)


@pytest.mark.parametrize("quarters", range(4))
def test_quarter_turns_agree_with_those_of_whole_pixels(quarters: int) -> None:
    images = torch.rand(1, 2, 33, 33)
    torch.testing.assert_close(
        resample(images, _turned(90 * quarters), 33), orient(images, quarters), atol=1e-4, rtol=1e-4
    )


@given(
    angle=st.floats(-180, 180),
    shift=st.tuples(st.floats(-0.2, 0.2), st.floats(-0.2, 0.2)),
    zoom=st.floats(0.8, 1.25),
    place=st.tuples(st.floats(-0.4, 0.4), st.floats(-0.4, 0.4)),
)
def test_a_spot_lands_where_the_matrix_says(
    angle: float, shift: tuple[float, float], zoom: float, place: tuple[float, float]
) -> None:
    linear = zoom * _turned(angle)[0, :, :2]
    came_from = linear @ torch.tensor(place) + torch.tensor(shift)
    if came_from.abs().max() > 0.75:  # too near its reflection
        return
    moved = resample(_spot(64, *came_from.tolist()), _placed(linear.tolist(), shift), 64)
    assert moved.max() > 0.8
    assert _centre(moved, place) == pytest.approx(place, abs=0.02)


def test_beyond_an_edge_lies_the_reflection() -> None:
    images = torch.rand(1, 1, 16, 16)
    moved = resample(images, _placed([[1, 0], [0, 1]], (1, 0)), 16)
    torch.testing.assert_close(moved[..., :8], images[..., 8:])
    torch.testing.assert_close(moved[..., 8:], images[..., 8:].flip(-1))


def test_turns_by_45_degrees_leave_no_dark_corner() -> None:
    torch.manual_seed(0)
    bright = torch.ones(32, 1, 20, 20)
    torch.testing.assert_close(warp(bright, _still(orientation="eighths"), 20), bright)


def test_eighths_have_sixteen_orientations_half_of_them_exact() -> None:
    torch.manual_seed(0)
    image = torch.rand(1, 32, 32)
    section = Augmentation(orientation="eighths")
    turned, _ = augment(image.expand(256, 1, 32, 32), torch.zeros(256, 1), section, ("green",), 32)
    distinct: list[Tensor] = []
    for one in turned:
        if not any(torch.allclose(one, other, atol=1e-4) for other in distinct):
            distinct.append(one)
    assert len(distinct) == 16
    exact = [one for one in distinct for i in range(8) if torch.allclose(one, orient(image, i), atol=1e-5)]
    assert len(exact) == 8
    uniform = [orient(resample(image[None], _turned(45), 32)[0], i) for i in range(8)]
    assert all(any(torch.allclose(one, other, atol=1e-4) for other in distinct) for one in uniform)


def test_all_at_once_are_kerass_matrices_and_then_a_crop() -> None:
    section = _still(rotation=40, shift=0.2, shear=20, zoom=0.3, crop=0.5)
    torch.manual_seed(0)
    placed = draw_affine(1, section)[0]
    torch.manual_seed(0)
    angle, (across, down), bend, zooms, side, (x, y) = (torch.rand(n).squeeze() for n in (1, 2, 1, 2, 1, 2))
    angle, bend = math.radians(80 * angle - 40), math.radians(40 * bend - 20)
    side = 0.5 + 0.5 * side
    c, s = math.cos(angle), math.sin(angle)
    rotation = torch.tensor([[c, -s, 0], [s, c, 0], [0, 0, 1]])
    shift = torch.tensor([[1, 0, 0.8 * across - 0.4], [0, 1, 0.8 * down - 0.4], [0, 0, 1]])
    shear = torch.tensor([[math.cos(bend), 0, 0], [-math.sin(bend), 1, 0], [0, 0, 1]])
    zoom = torch.diag(torch.tensor([*(0.7 + 0.6 * zooms), 1]))
    crop = torch.tensor([[side, 0, (1 - side) * (2 * x - 1)], [0, side, (1 - side) * (2 * y - 1)], [0, 0, 1]])
    torch.testing.assert_close(placed, (rotation @ shift @ shear @ zoom @ crop)[:2])


def test_rotations_are_even_between_their_bounds() -> None:
    torch.manual_seed(0)
    drawn = draw_affine(MANY, _still(rotation=40))
    angle = torch.rad2deg(torch.atan2(drawn[:, 1, 0], drawn[:, 0, 0]))
    assert float(angle.abs().max()) <= 40.001
    assert float(angle.mean()) == pytest.approx(0, abs=2)
    assert float(angle.std()) == pytest.approx(80 / math.sqrt(12), rel=0.05)
    torch.testing.assert_close(torch.linalg.det(drawn[:, :, :2]), torch.ones(MANY))


def test_shifts_are_shares_of_the_side_along_both_axes() -> None:
    torch.manual_seed(0)
    drawn = draw_affine(MANY, _still(shift=0.2))
    torch.testing.assert_close(drawn[:, :, :2], torch.eye(2).expand(MANY, 2, 2))
    assert float(drawn[:, :, 2].abs().max()) == pytest.approx(0.4, abs=0.01)  # the side is 2 long
    assert drawn[:, :, 2].std(dim=0).tolist() == pytest.approx([0.8 / math.sqrt(12)] * 2, rel=0.05)
    assert abs(float(torch.corrcoef(drawn[:, :, 2].T)[0, 1])) < 0.1


def test_shear_is_in_degrees_and_bends_columns() -> None:
    torch.manual_seed(0)
    drawn = draw_affine(MANY, _still(shear=20))
    angle = torch.rad2deg(torch.asin(-drawn[:, 1, 0]))
    assert float(angle.abs().max()) == pytest.approx(20, abs=0.1)
    torch.testing.assert_close(drawn[:, 0, 0], torch.deg2rad(angle).cos())
    torch.testing.assert_close(drawn[:, :, 1], torch.tensor([0.0, 1]).expand(MANY, 2))


def test_each_axis_is_zoomed_by_its_own_factor() -> None:
    torch.manual_seed(0)
    factors = torch.diagonal(draw_affine(MANY, _still(zoom=0.3))[:, :, :2], dim1=1, dim2=2)
    assert float(factors.min()) == pytest.approx(0.7, abs=0.01)
    assert float(factors.max()) == pytest.approx(1.3, abs=0.01)
    assert abs(float(torch.corrcoef(factors.T)[0, 1])) < 0.1


def test_crops_are_squares_inside_the_field_of_even_sides() -> None:
    torch.manual_seed(0)
    drawn = draw_affine(MANY, _still(crop=0.4))
    side, centre = drawn[:, 0, 0], drawn[:, :, 2]
    torch.testing.assert_close(drawn[:, :, :2], side.view(-1, 1, 1) * torch.eye(2))
    assert float(side.min()) == pytest.approx(0.4, abs=0.01)
    assert float(side.max()) == pytest.approx(1, abs=0.01)
    assert float(side.mean()) == pytest.approx(0.7, abs=0.02)
    assert float((centre.abs().amax(dim=1) + side).max()) <= 1 + 1e-6
    places = centre / (1 - side[:, None])
    assert places.std(dim=0).tolist() == pytest.approx([2 / math.sqrt(12)] * 2, rel=0.05)


@given(size=st.integers(32, 1024), crop=st.floats(0.11, 1))
def test_the_smallest_crop_is_hardly_enlarged_and_none_is_read_too_large(size: int, crop: float) -> None:
    side = uncropped_side(size, crop)
    assert size - 0.001 <= side * crop < size + 1
    assert uncropped_side(size, 1) == size


def test_a_crop_shows_what_was_there_at_its_scale() -> None:
    torch.manual_seed(0)
    steps = (2 * torch.arange(96) + 1) / 96 - 1
    place = (torch.stack([steps.expand(96, 96), steps[:, None].expand(96, 96)]) + 1) / 2  # a pixel tells its place
    section = _still(crop=2 / 3)
    moved = warp(place.expand(50, 2, 96, 96), section, 64)
    assert moved.shape == (50, 2, 64, 64)
    across = (moved[:, 0, :, -1] - moved[:, 0, :, 0]).mean(dim=1) * 64 / 63
    down = (moved[:, 1, -1] - moved[:, 1, 0]).mean(dim=1) * 64 / 63
    torch.testing.assert_close(across, down, atol=0.01, rtol=0)
    assert float(across.min()) > 2 / 3 - 0.01
    assert float(across.max()) < 1.01
    assert float(across.std()) > 0.05


def test_strong_shrinking_averages_instead_of_picking() -> None:
    board = torch.zeros(1, 1, 256, 256)
    board[..., ::4, ::4] = 1  # a sixteenth of all pixels, which picking would hit or miss
    shrunk = warp(board, _still(), 64)
    assert float(shrunk.std()) < 0.03
    assert float(shrunk.mean()) == pytest.approx(1 / 16, abs=0.005)


def test_one_resampling_does_it_all_within_bounds() -> None:
    torch.manual_seed(0)
    section = _still(orientation="eighths", rotation=40, shift=0.2, shear=0.2, zoom=0.3, crop=0.5)
    moved = warp(torch.rand(16, 4, 64, 64), section, 32)
    assert moved.shape == (16, 4, 32, 32)
    assert float(moved.min()) >= 0
    assert float(moved.max()) <= 1 + 1e-6

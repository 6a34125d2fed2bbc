from __future__ import annotations

import pytest
import torch
from torch import Tensor

from cellocate.networks.tta import orient
from cellocate.training.augmentation.orientation import reorient

IMAGE = torch.arange(9.0).reshape(1, 3, 3)


def _orientations(turned: Tensor) -> set[int]:
    """Which of the eight each image of a batch of `IMAGE` is in; each must be in one exactly."""
    found = [[i for i in range(8) if torch.equal(image, orient(IMAGE, i))] for image in turned]
    assert all(len(matches) == 1 for matches in found)
    return {matches[0] for matches in found}


def test_the_eight_orientations_differ_and_keep_all_pixels() -> None:
    turned = [tuple(orient(IMAGE, i).flatten().tolist()) for i in range(8)]
    assert len(set(turned)) == 8
    assert all(sorted(t) == list(range(9)) for t in turned)
    assert turned[0] == tuple(range(9))


def test_each_image_is_turned_on_its_own_and_channels_together() -> None:
    torch.manual_seed(0)
    batch = torch.cat([IMAGE, IMAGE + 100]).expand(64, 2, 3, 3)
    turned = reorient(batch, "dihedral")
    assert len({tuple(t[0].flatten().tolist()) for t in turned}) == 8
    assert torch.equal(turned[:, 1], turned[:, 0] + 100)


def test_orientations_are_equally_frequent() -> None:
    torch.manual_seed(0)
    turned = reorient(IMAGE.expand(4000, 1, 3, 3), "dihedral").flatten(1)
    counts = [int((turned == orient(IMAGE, i).flatten()).all(dim=1).sum()) for i in range(8)]
    assert sum(counts) == 4000
    assert min(counts) > 400
    assert max(counts) < 600


@pytest.mark.parametrize(
    ("orientation", "expected"), [("flips", {0, 2, 4, 6}), ("dihedral", set(range(8))), ("eighths", set(range(8)))]
)
def test_each_name_has_its_orientations(orientation: str, expected: set[int]) -> None:
    torch.manual_seed(0)
    assert _orientations(reorient(IMAGE.expand(64, 1, 3, 3), orientation)) == expected


def test_flips_are_the_mirrors() -> None:
    torch.manual_seed(0)
    mirrored = {tuple(t.flatten().tolist()) for t in reorient(IMAGE.expand(64, 1, 3, 3), "flips")}
    assert mirrored == {tuple(IMAGE.flip(sides).flatten().tolist()) for sides in ([], [1], [2], [1, 2])}


def test_the_seed_decides() -> None:
    batch = torch.rand(16, 1, 4, 4)
    torch.manual_seed(5)
    first = reorient(batch, "dihedral")
    torch.manual_seed(5)
    assert torch.equal(reorient(batch, "dihedral"), first)

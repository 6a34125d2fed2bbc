from __future__ import annotations

import torch

from cellocate.training.augmentation import dihedral, orient


def test_the_eight_orientations_differ_and_keep_all_pixels() -> None:
    image = torch.arange(9.0).reshape(1, 3, 3)
    turned = [tuple(orient(image, i).flatten().tolist()) for i in range(8)]
    assert len(set(turned)) == 8
    assert all(sorted(t) == list(range(9)) for t in turned)
    assert turned[0] == tuple(range(9))


def test_each_image_is_turned_on_its_own_and_channels_together() -> None:
    torch.manual_seed(0)
    image = torch.arange(9.0).reshape(1, 3, 3)
    batch = torch.cat([image, image + 100]).expand(64, 2, 3, 3)
    turned = dihedral(batch)
    assert len({tuple(t[0].flatten().tolist()) for t in turned}) == 8
    assert torch.equal(turned[:, 1], turned[:, 0] + 100)


def test_the_seed_decides() -> None:
    batch = torch.rand(16, 1, 4, 4)
    torch.manual_seed(5)
    first = dihedral(batch)
    torch.manual_seed(5)
    assert torch.equal(dihedral(batch), first)

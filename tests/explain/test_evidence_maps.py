from typing import get_args

import numpy as np
import pytest
import torch
from small_models import SIZE, looking

from cellocate.choices import MapMethod
from cellocate.errors import CellocateError
from cellocate.explain.evidence_maps import map_tiles
from cellocate.networks import Model, build_network, load
from cellocate.networks.heads import build_head


@pytest.fixture
def spots():
    """Two tiles; in the first a spot in red above left and one in green below right, in the second nothing."""
    tiles = np.full((2, 4, SIZE, SIZE), 0.1, np.float32)
    tiles[0, 0, 8:16, 8:16] = 0.9
    tiles[0, 1, 40:48, 48:56] = 0.9
    return tiles


@pytest.mark.parametrize("method", get_args(MapMethod))
@pytest.mark.parametrize("several", [False, True])
def test_a_location_is_seen_where_its_channel_is_bright(run, spots, method, several):
    maps = map_tiles(looking(run, several=several), spots, [0, 1, 5], method)
    assert maps.shape == (2, 3, SIZE, SIZE)
    assert maps.dtype == np.float32
    assert (maps >= 0).all()
    for tile, (top, left) in zip(maps[0], [(8, 8), (40, 48), (40, 48)], strict=True):
        y, x = np.unravel_index(tile.argmax(), tile.shape)
        assert (top <= y < top + 8, left <= x < left + 8) == (True, True)
        inside = tile[top - 4 : top + 12, left - 4 : left + 12].sum()
        # of feature maps the even light of the rest is seen as well, of gradients only what is above the background
        assert inside / tile.sum() > (0.99 if method == "gradients" else 0.15)
    if method == "gradients":
        assert maps[1].max() == pytest.approx(0, abs=1e-6)


def test_gradients_add_up_to_what_the_spot_adds(run, spots):
    model = looking(run)
    found = map_tiles(model, spots, [1], "gradients")[0, 0].sum()
    blank = np.full_like(spots[:1], 0.1)
    with torch.inference_mode():
        logits = model.network(model.images(np.concatenate([spots[:1], blank])))
    assert found == pytest.approx(float(logits[0, 1] - logits[1, 1]), rel=1e-3)


@pytest.mark.parametrize("head", ["linear", "concat", "blocks", "attention", "flatten"])
@pytest.mark.parametrize("method", get_args(MapMethod))
def test_every_head_has_maps(run, spots, head, method):
    card = load(run / "model").card
    torch.manual_seed(0)
    network = build_network("test_resnet", channels=card.channels, locations=28, size=SIZE, head=head)
    maps = map_tiles(Model(network, card.model_copy(update={"head": head})), spots, range(3), method)
    assert maps.shape == (2, 3, SIZE, SIZE)
    assert np.isfinite(maps).all()
    assert (maps >= 0).all()
    if (method, head) != ("gradcam", "flatten"):  # whose places differ, so that their mean may be nothing
        assert maps.max() > 0


@pytest.mark.parametrize("method", get_args(MapMethod))
def test_a_transformer_has_maps(run, spots, method):
    card = load(run / "model").card
    torch.manual_seed(0)
    model = Model(build_network("test_vit", channels=card.channels, locations=28, size=160), card)
    tiles = np.pad(spots, ((0, 0), (0, 0), (48, 48), (48, 48)))
    maps = map_tiles(model, tiles, [0, 1], method)
    assert maps.shape == (2, 2, 160, 160)
    assert maps.max() > 0


def test_a_network_that_keeps_no_places_has_gradients_alone(run, spots):
    model = looking(run)
    model.network.backbone.net = torch.nn.Sequential(torch.nn.AdaptiveAvgPool2d(1))
    model.network.head = build_head("linear", (4, 1, 1), 28, 0)
    with pytest.raises(CellocateError, match="several places"):
        map_tiles(model, spots, [0], "gradcam")
    assert map_tiles(model, spots, [0], "gradients").shape == (2, 1, SIZE, SIZE)


def test_all_tiles_of_a_field_have_one_background(run, spots):
    """Also where there are more of them than go through the network together."""
    tiles = np.concatenate([spots[:1] + 0.2, np.repeat(spots[1:], 15, axis=0), spots[:1] + 0.2])
    found = map_tiles(looking(run), tiles, [0], "gradients")
    assert np.allclose(found[0], found[16])

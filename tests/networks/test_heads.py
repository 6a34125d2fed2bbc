from __future__ import annotations

import pytest
import torch
from parameter_counts import count_parameters
from torch import nn

from cellocate.errors import CellocateError
from cellocate.networks.heads import GatedAttention, Head, build_head
from cellocate.registry import HEADS

NAMES = HEADS.own


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("shape", [(8, 4, 4), (8, 3, 5), (8, 2, 2)])
def test_every_head_learns_from_every_map(name: str, shape: tuple[int, int, int]) -> None:
    head = build_head(name, shape, locations=5, dropout=0.1)
    logits = head(torch.rand(3, *shape))
    assert logits.shape == (3, 5)
    logits.sum().backward()
    assert all(p.grad is not None for p in head.parameters())


@pytest.mark.parametrize(
    ("name", "width"), [("linear", 8), ("concat", 1024), ("blocks", 8), ("attention", 8), ("flatten", 128)]
)
def test_features_are_what_the_classifier_sees(name: str, width: int) -> None:
    head = build_head(name, (8, 4, 4), locations=5, dropout=0.5).eval()
    maps = torch.rand(2, 8, 4, 4)
    features = head.pool(maps)
    assert features.shape == (2, width)
    torch.testing.assert_close(head(maps), head.classifier(features))


def test_linear_is_on_the_average() -> None:
    head = build_head("linear", (8, 4, 4), locations=5, dropout=0)
    maps = torch.rand(2, 8, 4, 4)
    torch.testing.assert_close(head.pool(maps), maps.mean((2, 3)))


def test_flatten_sees_each_place() -> None:
    head = build_head("flatten", (2, 2, 2), locations=5, dropout=0)
    maps = torch.arange(16.0).view(2, 2, 2, 2)
    assert torch.equal(head.pool(maps), maps.flatten(1))
    turned = maps.contiguous(memory_format=torch.channels_last)
    assert torch.equal(head.pool(turned), maps.flatten(1))


def test_concat_is_the_champions() -> None:
    head = build_head("concat", (8, 4, 4), locations=28, dropout=0.5)
    kinds = [type(m) for m in head.modules() if not list(m.children())]
    assert kinds[1:] == [
        nn.BatchNorm1d, nn.Dropout, nn.Linear, nn.ReLU, nn.BatchNorm1d, nn.Dropout, nn.Linear,
    ]  # fmt: skip
    assert [m.p for m in head.modules() if isinstance(m, nn.Dropout)] == [0.5, 0.5]
    assert [tuple(m.weight.shape) for m in head.modules() if isinstance(m, nn.Linear)] == [(1024, 16), (28, 1024)]
    maps = torch.rand(2, 8, 4, 4)
    pool_probabilities = head.pool[0](maps)  # type: ignore[index]
    torch.testing.assert_close(pool_probabilities, torch.cat([maps.mean((2, 3)), maps.amax((2, 3))], 1))


@pytest.mark.parametrize(("side", "then"), [(16, 4), (7, 2), (2, 1)])
def test_two_blocks_halve_the_map_twice_and_keep_its_width(side: int, then: int) -> None:
    head = build_head("blocks", (8, side, side), locations=5, dropout=0)
    assert head.pool[0](torch.rand(2, 8, side, side)).shape == (2, 8, then, then)  # type: ignore[index]


def test_a_single_place_is_not_halved() -> None:
    with pytest.raises(CellocateError, match=r"1 × 1 is too small.*--set network\.head=linear"):
        build_head("blocks", (8, 1, 1), locations=5, dropout=0)


def test_attention_weighs_places() -> None:
    attention = GatedAttention(8)
    maps = torch.rand(2, 8, 3, 5)
    weights = attention.weights(maps)
    assert weights.shape == (2, 3, 5)
    torch.testing.assert_close(weights.sum((1, 2)), torch.ones(2))
    torch.testing.assert_close(attention(maps), (maps * weights[:, None]).sum((2, 3)))


def test_attention_is_gated_as_in_the_paper() -> None:
    attention, maps = GatedAttention(8), torch.rand(1, 8, 2, 2)
    h = maps[0].flatten(1).T
    v, g, u = (layer.weight.flatten(1) for layer in (attention.value, attention.gate, attention.score))
    gated = torch.tanh(h @ v.T + attention.value.bias) * torch.sigmoid(h @ g.T + attention.gate.bias)
    torch.testing.assert_close(attention.weights(maps).flatten(), (gated @ u.T).flatten().softmax(0))


def test_attention_can_look_at_one_place_alone() -> None:
    attention, maps = GatedAttention(1), torch.zeros(1, 1, 4, 4)
    maps[0, 0, 1, 2] = 1
    for layer, value in ((attention.value, 100.0), (attention.gate, 100.0), (attention.score, 1.0)):
        nn.init.constant_(layer.weight, value)
    assert attention(maps) > 0.99  # the average is 1/16


def test_dropout_spares_the_features() -> None:
    head = Head(nn.Flatten(), 100, 5, dropout=0.9)
    maps = torch.ones(2, 100, 1, 1)
    assert torch.equal(head.pool(maps), torch.ones(2, 100))
    torch.manual_seed(0)
    assert not torch.equal(head(maps), head(maps))


def test_a_flattened_map_of_resnet101_at_512_px_has_six_million_weights() -> None:
    assert count_parameters(build_head("flatten", (2048, 16, 16), locations=12, dropout=0)) == 16 * 16 * 2048 * 12 + 12

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from cellocate.choices import Stem
from cellocate.errors import CellocateError
from cellocate.networks.stem import adapt_filters, adapted_weights

FILTERS = torch.tensor([1.0, 2.0, 6.0]).view(1, 3, 1, 1)
CHANNELS = ["red", "green", "blue", "yellow"]


@pytest.mark.parametrize(
    ("stem", "channels", "expected"),
    [
        ("repeat", CHANNELS, [0.75, 1.5, 4.5, 0.75]),
        ("repeat", ["red", "green", "yellow"], [1, 2, 6]),  # by position
        ("repeat", ["green"], [9]),
        ("mean", CHANNELS, [3, 3, 3, 3]),
        ("mean", ["green"], [3]),
        ("red", CHANNELS, [1, 2, 6, 1]),
        ("green", CHANNELS, [1, 2, 6, 2]),
        ("blue", CHANNELS, [1, 2, 6, 6]),
        ("red", ["red", "green", "yellow"], [1, 2, 1]),  # by name
        ("red", ["yellow", "blue", "red"], [1, 6, 1]),
        ("red", ["green"], [2]),
        ("blue", ["yellow"], [6]),
    ],
)
def test_what_each_filter_becomes(stem: Stem, channels: list[str], expected: list[float]) -> None:
    assert adapt_filters(FILTERS, channels, stem).flatten().tolist() == expected


@given(st.permutations(CHANNELS), st.integers(1, 4), st.sampled_from(["mean", "red", "green", "blue"]))
def test_named_stems_do_not_depend_on_the_order_of_channels(order: list[str], count: int, stem: Stem) -> None:
    filters = torch.arange(2 * 3 * 4, dtype=torch.float32).view(2, 3, 2, 2)
    channels = order[:count]
    together = adapt_filters(filters, channels, stem)
    assert together.shape == (2, count, 2, 2)
    for i, channel in enumerate(channels):
        torch.testing.assert_close(together[:, [i]], adapt_filters(filters, [channel], stem))


def test_repeat_keeps_the_answer_to_a_grey_image() -> None:
    filters = torch.rand(5, 3, 7, 7)
    for channels in (CHANNELS[:1], CHANNELS[:3], [*CHANNELS, "a", "b"]):
        torch.testing.assert_close(adapt_filters(filters, channels, "repeat").sum(1), filters.sum(1))


@pytest.mark.parametrize("first", [None, "absent", "linear"])
def test_a_first_layer_of_another_kind_is_refused(first: str | None) -> None:
    source = nn.Sequential()
    source.linear = nn.Linear(48, 4)
    source.pretrained_cfg = {"first_conv": first}  # type: ignore[assignment]
    with pytest.raises(CellocateError, match=r"cannot be adapted to other channels.*network\.stem"):
        adapted_weights(source, CHANNELS, "repeat")
    assert adapted_weights(source, CHANNELS[:3], "repeat").keys() == {"linear.weight", "linear.bias"}

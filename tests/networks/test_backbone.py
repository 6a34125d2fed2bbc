from __future__ import annotations

import pytest
import timm
import torch

from cellocate.errors import CellocateError
from cellocate.networks import build_backbone


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_any_number_of_channels_gives_one_logit_per_location(channels: int) -> None:
    network = build_backbone("test_resnet", channels=channels, locations=28).eval()
    assert network(torch.zeros(2, channels, 64, 64)).shape == (2, 28)


def test_an_unknown_backbone_is_refused_with_similar_names() -> None:
    with pytest.raises(CellocateError, match=r"unknown backbone 'resnet1'.*resnet10"):
        build_backbone("resnet1", channels=4, locations=28)


def test_a_backbone_may_be_named_with_its_weights() -> None:
    assert build_backbone("test_resnet.r160_in1k", channels=4, locations=2) is not None


def test_a_failed_download_names_the_setting_to_change(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ConnectionError("no route")

    monkeypatch.setattr(timm, "create_model", fail)
    with pytest.raises(CellocateError, match=r"--set network\.pretrained=false"):
        build_backbone("resnet18", channels=4, locations=28, pretrained=True)


def test_pretrained_is_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = {}

    def spy(name: str, **settings: object) -> torch.nn.Module:
        seen.update(settings, name=name)
        return torch.nn.Identity()

    monkeypatch.setattr(timm, "create_model", spy)
    build_backbone("resnet18", channels=4, locations=19, pretrained=True, dropout=0.3)
    assert seen == {"name": "resnet18", "pretrained": True, "in_chans": 4, "num_classes": 19, "drop_rate": 0.3}

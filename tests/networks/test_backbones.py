from __future__ import annotations

from typing import Any

import pytest
import timm
import torch
from timm.models.resnet import ResNet

from cellocate.errors import CellocateError
from cellocate.images import CHANNELS
from cellocate.networks.backbone import build_backbone, require_weights

RGB = CHANNELS[:3]


@pytest.mark.parametrize(
    ("backbone", "size", "shape"),
    [
        ("test_resnet", 64, (96, 2, 2)),
        ("test_vit", 160, (64, 10, 10)),  # a sequence with a class token
        ("test_mambaout", 160, (256, 5, 5)),  # channels last
        ("test_convnext", 160, (64, 5, 5)),
        ("vgg11", 64, (512, 2, 2)),  # without its two layers of 4096
        ("mobilenetv3_small_050", 64, (1024, 2, 2)),
        ("cnn128", 64, (128, 1, 1)),
        ("densenet73", 64, (298, 4, 4)),
    ],
)
def test_every_kind_of_backbone_gives_a_map(backbone: str, size: int, shape: tuple[int, int, int]) -> None:
    built, described = build_backbone(backbone, channels=CHANNELS, size=size)
    assert described == shape
    assert built(torch.zeros(2, 4, size, size)).shape == (2, *shape)


def test_a_sequence_is_laid_out_as_it_lay_in_the_image() -> None:
    backbone, _ = build_backbone("test_vit", channels=["green"], size=160)
    backbone.eval().net.blocks = torch.nn.Identity()  # type: ignore[assignment] # what a token says is of its place alone
    image = torch.zeros(1, 1, 160, 160)
    image[:, :, 32:48, 80:96] = torch.linspace(0, 1, 16)  # the place in row 2, column 5
    changed = (backbone(image) - backbone(torch.zeros_like(image))).abs().sum((0, 1))
    assert changed.argmax() == 2 * 10 + 5
    assert torch.count_nonzero(changed) == 1


def test_channels_last_are_turned() -> None:
    backbone, _ = build_backbone("test_mambaout", channels=RGB, size=160)
    backbone.eval()
    images = torch.rand(1, 3, 160, 160)
    torch.testing.assert_close(backbone(images), backbone.net(images).permute(0, 3, 1, 2))


@pytest.mark.parametrize(
    ("unknown", "near"),
    [("resnet1", "resnet18"), ("densenet12", "densenet121"), ("cnn", "cnn128"), ("rsnet18", "resnet18")],
)
def test_an_unknown_backbone_is_refused_with_similar_names(unknown: str, near: str) -> None:
    with pytest.raises(CellocateError, match=rf"unknown backbone '{unknown}'.*Did you mean.* {near}\b"):
        build_backbone(unknown, channels=CHANNELS, size=64)


def test_a_name_like_nothing_is_refused() -> None:
    with pytest.raises(CellocateError, match=r"timm\.list_models"):
        build_backbone("!!", channels=CHANNELS, size=64)


def test_a_backbone_may_be_named_with_its_weights() -> None:
    assert build_backbone("test_resnet.r160_in1k", channels=CHANNELS, size=64)[1] == (96, 2, 2)


@pytest.mark.parametrize("backbone", ["coat_lite_tiny", "efficientvim_m1", "volo_d1_224"])
def test_a_backbone_without_a_map_is_refused(backbone: str) -> None:
    with pytest.raises(CellocateError, match=rf"{backbone} .*(pooling|no feature map).*network\.backbone"):
        build_backbone(backbone, channels=RGB, size=224)


@pytest.mark.parametrize(("backbone", "size", "fits"), [("vit_tiny_patch16_224", 64, 224), ("cnn128", 31, 128)])
def test_a_size_that_a_backbone_cannot_take_is_refused(backbone: str, size: int, fits: int) -> None:
    with pytest.raises(CellocateError, match=rf"{backbone} cannot take images of {size} px.*--set data\.size={fits}"):
        build_backbone(backbone, channels=RGB, size=size)


def test_a_failed_download_names_the_setting_to_change(monkeypatch: pytest.MonkeyPatch) -> None:
    create = timm.create_model

    def fail(name: str, pretrained: bool, **settings: Any) -> torch.nn.Module:
        if pretrained:
            raise ConnectionError("no route")
        return create(name, **settings)

    monkeypatch.setattr(timm, "create_model", fail)
    with pytest.raises(
        CellocateError, match=r"could not download the pretrained weights of resnet18.*--set network\.pretrained=false"
    ):
        build_backbone("resnet18", channels=CHANNELS, size=64, pretrained=True)
    with pytest.raises(CellocateError, match="could not download"):
        require_weights("resnet18")
    require_weights("no such backbone")  # which build_body refuses, by name


@pytest.mark.parametrize("backbone", ["cnn128", "densenet73", "resnet18t"])
def test_missing_pretrained_weights_are_not_replaced_by_random_ones(
    backbone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timm.models, "is_model_pretrained", lambda _: False)
    monkeypatch.setattr(timm, "is_model", lambda name: name == "resnet18t")
    monkeypatch.setattr(timm, "create_model", lambda *_, **__: torch.nn.Identity())
    with pytest.raises(CellocateError, match=rf"there are no pretrained weights of {backbone}"):
        build_backbone(backbone, channels=CHANNELS, size=64, pretrained=True)


@pytest.fixture
def weights(monkeypatch: pytest.MonkeyPatch) -> dict[str, torch.Tensor]:
    """What `test_resnet` is pretrained to here: known weights instead of downloaded ones."""
    create = timm.create_model
    torch.manual_seed(7)
    state = create("test_resnet", num_classes=0).state_dict()

    def fake(name: str, pretrained: bool, **settings: Any) -> torch.nn.Module:
        net: ResNet = create(name, **settings)
        if pretrained:
            assert settings["in_chans"] == 3
            net.load_state_dict(state)
        return net

    monkeypatch.setattr(timm, "create_model", fake)
    return state


@pytest.mark.parametrize("stem", ["repeat", "mean", "red"])
@pytest.mark.parametrize("channels", [CHANNELS, RGB, ("green",)])
def test_all_but_the_first_layer_is_as_it_was_pretrained(
    weights: dict[str, torch.Tensor], channels: tuple[str, ...], stem: Any
) -> None:
    backbone, _ = build_backbone("test_resnet", channels=channels, size=64, pretrained=True, stem=stem)
    state = backbone.net.state_dict()
    assert state.keys() == weights.keys()
    differ = {name for name, tensor in state.items() if not torch.equal(tensor, weights[name])}
    same = channels == RGB and stem != "mean"
    assert differ == (set() if same else {"conv1.0.weight"})


def test_yellow_copies_red_as_the_champion_had_it(weights: dict[str, torch.Tensor]) -> None:
    backbone, _ = build_backbone("test_resnet", channels=CHANNELS, size=64, pretrained=True, stem="red")
    first, was = backbone.net.state_dict()["conv1.0.weight"], weights["conv1.0.weight"]
    torch.testing.assert_close(first[:, :3], was)
    torch.testing.assert_close(first[:, 3], was[:, 0])

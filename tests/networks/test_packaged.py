from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import timm
import torch

from cellocate.errors import CellocateError
from cellocate.images import CHANNELS
from cellocate.networks.backbone import build_backbone
from cellocate.networks.packaged import PACKAGES, packaged_weights

RGB = ("red", "green", "blue")
LITE0 = "tf_efficientnet_lite0"


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the file of an installed package goes; the package is another than any that may be installed."""
    monkeypatch.setitem(PACKAGES, LITE0, "cellocate-weights-of-a-test")
    monkeypatch.syspath_prepend(tmp_path)
    models = tmp_path / "cellocate_weights_of_a_test" / "models"
    models.mkdir(parents=True)
    (models.parent / "__init__.py").touch()
    return models / "weights.pth"


def test_weights_of_an_installed_package_are_taken_in_order(package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(3)
    state = timm.create_model(LITE0).state_dict()
    torch.save({f"theirs.{name}": tensor for name, tensor in state.items()}, package)
    create = timm.create_model

    def offline(name: str, pretrained: bool = False, **settings: Any) -> torch.nn.Module:
        assert not pretrained
        return create(name, **settings)

    monkeypatch.setattr(timm, "create_model", offline)
    body, _ = build_backbone(LITE0, channels=RGB, size=64, pretrained=True)
    taken = body.net.state_dict()
    assert set(state) - set(taken) == {"classifier.weight", "classifier.bias"}
    assert all(torch.equal(tensor, state[name]) for name, tensor in taken.items())
    body, _ = build_backbone(LITE0, channels=CHANNELS, size=64, pretrained=True, stem="red")
    torch.testing.assert_close(body.net.state_dict()["conv_stem.weight"][:, 3], state["conv_stem.weight"][:, 0])


@pytest.mark.parametrize("held", ["others", "text", "code", "nothing"])
def test_a_package_that_holds_something_else_is_refused(package: Path, held: str) -> None:
    if held == "others":
        torch.save(timm.create_model("tf_efficientnet_lite1").state_dict(), package)
    elif held == "text":
        package.write_text("<html>")
    elif held == "code":
        torch.save({"path": package}, package)  # an object that only a program could make
    with pytest.raises(CellocateError, match=r"does not hold the weights of tf_efficientnet_lite0.*--force-reinstall"):
        build_backbone(LITE0, channels=RGB, size=64, pretrained=True)


def test_there_are_none_where_no_package_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PACKAGES, LITE0, "cellocate-never-installed")
    assert packaged_weights(LITE0, {}) is None
    assert packaged_weights("resnet18", {}) is None


def test_a_failed_download_names_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PACKAGES, LITE0, "cellocate-never-installed")
    create = timm.create_model

    def fail(name: str, pretrained: bool, **settings: Any) -> torch.nn.Module:
        if pretrained:
            raise ConnectionError("no route")
        return create(name, **settings)

    monkeypatch.setattr(timm, "create_model", fail)
    with pytest.raises(CellocateError, match=r"Connect to the internet, pip install cellocate-never-installed, or"):
        build_backbone(LITE0, channels=RGB, size=64, pretrained=True)


@pytest.mark.parametrize("backbone", PACKAGES)
def test_the_real_packages_know_a_cat(backbone: str) -> None:
    package = pytest.importorskip(PACKAGES[backbone].replace("-", "_"))
    file = next((Path(package.__file__).parent / "models").glob("*.pth"))
    classifier = list(torch.load(file, weights_only=True).values())[-2:]
    body, _ = build_backbone(backbone, channels=RGB, size=224, pretrained=True)
    data = pytest.importorskip("skimage.data")
    cat = torch.from_numpy(data.chelsea()[10:290, 85:365]).permute(2, 0, 1)[None].float()
    picture = torch.nn.functional.interpolate(cat, size=224, mode="bilinear", antialias=True) / 127.5 - 1
    with torch.no_grad():
        logits = body.eval()(picture).mean((2, 3)) @ classifier[0].T + classifier[1]
    assert 281 <= int(logits.argmax()) <= 285  # ImageNet's cats

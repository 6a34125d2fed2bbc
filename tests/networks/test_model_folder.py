from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

import cellocate
from cellocate.errors import CellocateError
from cellocate.images import CHANNELS
from cellocate.networks import Ensemble, LocationNetwork, Model, build_network, load_backbone, save
from cellocate.networks.model_card import Member


@pytest.mark.parametrize("head", ["linear", "concat", "blocks", "attention", "flatten"])
def test_a_loaded_model_predicts_as_the_saved_one(make: Callable[..., Model], tmp_path: Path, head: str) -> None:
    model, fields = make(head=head), np.random.default_rng(0).random((2, 4, 64, 64), dtype=np.float32)
    save(model, tmp_path / "model")
    loaded = cellocate.load(tmp_path / "model", device="cpu")
    assert loaded.card.head == head
    np.testing.assert_array_equal(loaded.predict(fields).probabilities, model.predict(fields).probabilities)


def test_a_model_whose_backbone_is_bound_to_its_size_is_loaded(make: Callable[..., Model], tmp_path: Path) -> None:
    save(make("cnn128", size=40), tmp_path / "model")
    assert cellocate.load(tmp_path / "model").network.size == 40


def test_a_network_starts_from_the_backbone_of_a_model(
    make: Callable[..., Model], tmp_path: Path, small: Callable[..., LocationNetwork]
) -> None:
    model = save(make(), tmp_path / "model")
    network = small(head="concat", locations=7, size=96)
    classifier = network.head.classifier.weight.clone()
    load_backbone(network, tmp_path / "model")
    for name, tensor in network.backbone.state_dict().items():
        assert torch.equal(tensor, model.network.backbone.state_dict()[name])
    assert torch.equal(network.head.classifier.weight, classifier)


@pytest.mark.parametrize(
    ("backbone", "channels", "of"),
    [("test_vit", CHANNELS, "test_vit for red"), ("test_resnet", ("green",), "test_resnet for green")],
)
def test_a_backbone_of_another_kind_is_refused(
    make: Callable[..., Model], tmp_path: Path, backbone: str, channels: tuple[str, ...], of: str
) -> None:
    save(make(), tmp_path / "model")
    network = build_network(backbone, channels=channels, locations=5, size=160)
    with pytest.raises(CellocateError, match=rf"test_resnet for red, green, blue, yellow cannot start one of {of}"):
        load_backbone(network, tmp_path / "model")


def test_a_backbone_starts_from_one_with_other_weights_in_its_name(make: Callable[..., Model], tmp_path: Path) -> None:
    model = make()
    save(model, tmp_path / "model")
    network = build_network("test_resnet.r160_in1k", channels=CHANNELS, locations=5, size=160)
    load_backbone(network, tmp_path / "model")
    for name, tensor in network.backbone.state_dict().items():
        assert torch.equal(tensor, model.network.backbone.state_dict()[name])


def test_a_backbone_of_another_size_is_refused_where_it_matters(make: Callable[..., Model], tmp_path: Path) -> None:
    save(make("cnn128", size=40), tmp_path / "model")
    network = build_network("cnn128", channels=CHANNELS, locations=5, size=64)
    with pytest.raises(CellocateError, match=r"cnn128 for 40 px cannot start one for 64 px.*--set data\.size=40"):
        load_backbone(network, tmp_path / "model")


def test_several_models_start_nothing(make: Callable[..., Model], tmp_path: Path) -> None:
    """`test_resnet.a + test_resnet.b` looks like a `test_resnet` by its name."""
    one = make()
    facts = {name: getattr(one.card, name) for name in ("name", "backbone", "activation", "normalisation", "checksum")}
    names = tuple(entry.name for entry in one.card.locations)
    member = Member(**facts, locations=names, class_weights=(0.5,) * len(names), epoch=1)
    network = Ensemble([one.network, deepcopy(one.network)], [member] * 2, names)  # type: ignore[list-item]
    backbone = "test_resnet.r160_in1k + test_resnet.r160_in1k"
    card = one.card.model_copy(update={"members": (member,) * 2, "backbone": backbone})
    save(Model(network, card), tmp_path / "model")
    with pytest.raises(CellocateError, match=r"random is an ensemble.*Start from one of its members"):
        load_backbone(one.network, tmp_path / "model")  # type: ignore[arg-type]


def test_a_damaged_model_starts_nothing(
    make: Callable[..., Model], tmp_path: Path, small: Callable[..., LocationNetwork]
) -> None:
    save(make(), tmp_path / "model")
    path = tmp_path / "model" / "model.safetensors"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(CellocateError, match="checksum"):
        load_backbone(small(), tmp_path / "model")
    with pytest.raises(CellocateError, match="no model here"):
        load_backbone(small(), tmp_path / "absent")


def test_weights_that_do_not_fit_the_card_are_refused(make: Callable[..., Model], tmp_path: Path) -> None:
    model = make()
    model.card = model.card.model_copy(update={"head": "concat"})
    save(model, tmp_path / "model")
    with pytest.raises(CellocateError, match=r"the weights do not fit test_resnet.*try that version"):
        cellocate.load(tmp_path / "model")


@pytest.mark.parametrize(("activation", "total"), [("softmax", 1.0), ("sigmoid", None)])
def test_the_card_says_how_logits_become_probabilities(make: Callable[..., Model], activation: str, total: Any) -> None:
    model, fields = make(activation=activation), np.random.default_rng(0).random((3, 4, 64, 64), dtype=np.float32)
    probabilities = model.predict(fields).probabilities
    with torch.no_grad():
        logits = model.network((torch.from_numpy(fields) - 0.1) / 0.2)
    expected = logits.softmax(1) if activation == "softmax" else logits.sigmoid()
    np.testing.assert_allclose(probabilities, expected, rtol=1e-3)
    if total:
        np.testing.assert_allclose(probabilities.sum(1), total, rtol=1e-5)


def test_features_are_the_mean_over_tiles(make: Callable[..., Model]) -> None:
    model, fields = make(head="concat"), np.random.default_rng(0).random((2, 4, 64, 64), dtype=np.float32)
    apart = model.embed(fields)
    assert apart.shape == (2, 1024)
    assert apart.dtype == np.float32
    wide = model.embed(np.concatenate(list(fields), axis=2), pixel_size=model.card.pixel_size)
    np.testing.assert_allclose(wide[0], apart.mean(0), rtol=1e-3, atol=1e-5)
    np.testing.assert_allclose(model.embed(fields, batch_size=1), apart, rtol=1e-3, atol=1e-5)
    with pytest.raises(CellocateError, match="no field to predict"):
        model.embed([])


def test_features_are_what_the_logits_are_made_of(make: Callable[..., Model]) -> None:
    model, fields = make(), np.random.default_rng(0).random((2, 4, 64, 64), dtype=np.float32)
    with torch.no_grad():
        logits = model.network.head.classifier(torch.from_numpy(model.embed(fields)))
    np.testing.assert_allclose(logits.sigmoid(), model.predict(fields).probabilities, rtol=1e-4)


def test_a_card_from_before_parts_of_it_had_all_their_settings_is_read(
    make: Callable[..., Model], tmp_path: Path
) -> None:
    save(make(), tmp_path / "model")
    path = tmp_path / "model" / "model.json"
    card = json.loads(path.read_text())
    later = {"unit", "bits", "bag", "originals", "tta", "calibration", "ood"}
    old = {name: value for name, value in card.items() if name not in later | {"checksum"}}
    old["rule"] = {name: old["rule"][name] for name in ("kind", "thresholds")}
    checksum = hashlib.sha256(json.dumps(old, sort_keys=True).encode()).hexdigest()
    path.write_text(json.dumps({**old, "checksum": checksum}))
    assert cellocate.load(tmp_path / "model", device="cpu").card.rule.fallback == "none"
    old["rule"]["thresholds"][0] += 0.01
    path.write_text(json.dumps({**old, "checksum": checksum}))
    with pytest.raises(CellocateError, match="altered or damaged"):
        cellocate.load(tmp_path / "model", device="cpu")


def test_a_model_with_earlier_names_of_settings_and_weights_is_read(make: Callable[..., Model], tmp_path: Path) -> None:
    model = make()
    save(model, tmp_path / "model")
    weights = tmp_path / "model" / "model.safetensors"
    tensors = {name.replace("backbone.", "body.", 1): tensor for name, tensor in load_file(weights).items()}
    save_file(tensors, weights)
    path = tmp_path / "model" / "model.json"
    card = json.loads(path.read_text())
    card["views"], card["familiar"] = card.pop("tta"), card.pop("ood")
    card["weights"] = hashlib.sha256(weights.read_bytes()).hexdigest()
    lacking = {
        "unit",
        "bits",
        "bag",
        "originals",
        "views",
        "calibration",
        "familiar",
        "checksum",
    }  # at their defaults
    kept = {name: value for name, value in card.items() if name not in lacking}
    card["checksum"] = hashlib.sha256(json.dumps(kept, sort_keys=True).encode()).hexdigest()
    path.write_text(json.dumps(card))
    loaded = cellocate.load(tmp_path / "model", device="cpu")
    fields = np.random.default_rng(0).random((2, 4, 64, 64), dtype=np.float32)
    np.testing.assert_array_equal(loaded.predict(fields).probabilities, model.predict(fields).probabilities)
    network = deepcopy(model.network)
    for weight in network.parameters():
        torch.nn.init.zeros_(weight)
    load_backbone(network, tmp_path / "model")
    for name, weight in network.backbone.state_dict().items():
        assert torch.equal(weight, model.network.backbone.state_dict()[name])

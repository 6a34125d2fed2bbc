"""Every recipe takes a step, with a network and fields that are much smaller than its own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from small_runs import history, of_one_location
from torch import nn

from cellocate.collection import open_collection
from cellocate.networks import backbone as backbones
from cellocate.training import load_recipe
from cellocate.training.fit import Options, train
from cellocate.training.recipe_files import recipe_names

ONE_STEP = (
    "network.backbone=test_resnet", "data.size=128", "data.split.method=random", "data.split.validation=0.2",
    "training.epochs=1", "training.batch_size=4", "training.workers=0",
)  # fmt: skip


@pytest.mark.parametrize("name", recipe_names())
def test_every_recipe_takes_a_step(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    def untrained(backbone: str, *, channels: int, pretrained: bool = False) -> nn.Module:
        return create(backbone, channels=channels, pretrained=False)  # there is nothing to download for this one

    create = backbones._create
    monkeypatch.setattr(backbones, "_create", untrained)
    recipe = load_recipe(name, ONE_STEP)
    if recipe.data.locations is not None and len(recipe.data.locations) == 1:
        recipe = load_recipe(name, [*ONE_STEP, "data.locations=[Nucleoplasm]"])  # its own is on too few of these fields
    collection = open_collection(request.getfixturevalue("cells" if recipe.bags.pool else "phantoms"))
    if "arcface" in recipe.loss.terms:
        collection = replace(collection, fields=collection.fields.assign(antibody=collection.ids))
    if "cross_entropy" in recipe.loss.terms:
        collection = of_one_location(collection)
    trainer = {"limit_train_batches": 1, "accelerator": "cpu"}
    model = train(collection, recipe, tmp_path / "run", Options(trainer=trainer, say=lambda _: None))
    assert model is not None
    assert model.card.channels == recipe.data.channels
    assert history(tmp_path / "run")["train_loss"].notna().all()

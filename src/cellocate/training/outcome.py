"""From the weights of the best epoch to a model: its card, its rule and its scores."""

from __future__ import annotations

from datetime import UTC, datetime

import timm
import torch

import cellocate
from cellocate import decision
from cellocate.collection import Collection
from cellocate.collection.identity import originals
from cellocate.evaluation import evaluate
from cellocate.images import Scale
from cellocate.networks import Model, ModelCard, Normalisation, Provenance
from cellocate.networks.card import LocationEntry
from cellocate.prediction import predict_collection
from cellocate.training.module import Classifier
from cellocate.training.recipe import Recipe
from cellocate.training.run import Run


def best_weights(module: Classifier, run: Run) -> int:
    """Give the module the weights of the best epoch, or of the last where nothing was validated; that epoch."""
    path = run.best if run.best.is_file() else run.last
    state = torch.load(path, map_location="cpu", weights_only=True)
    module.load_state_dict(state["state_dict"])
    return int(state["epoch"]) + 1


def model_card(
    recipe: Recipe,
    normalisation: Normalisation,
    scale: Scale,
    assumed: bool,
    sets: dict[str, Collection],
    epoch: int,
) -> ModelCard:
    """The card of a trained network, with a rule that is yet to be fitted.

    Args:
        recipe: that it was trained by.
        normalisation: of its training fields.
        scale: that it was trained at.
        assumed: whether the pixel size of the scale is assumed.
        sets: the parts of the collection.
        epoch: that its weights are of.
    """
    collection = sets["train"]
    assert collection.vocabulary is not None
    assert scale.pixel_size is not None
    vocabulary = collection.vocabulary
    return ModelCard(
        name=recipe.name,
        backbone=recipe.network.backbone,
        vocabulary=vocabulary.name,
        locations=tuple(LocationEntry(name=x.name, go=x.go, group=x.group) for x in vocabulary.locations),
        channels=recipe.data.channels,
        size=scale.size,
        pixel_size=scale.pixel_size,
        pixel_size_assumed=assumed,
        intensity=recipe.data.intensity,
        normalisation=normalisation,
        rule=decision.Rule(kind="fixed", thresholds=(0.5,) * len(vocabulary)),
        scores={},
        provenance=Provenance(
            cellocate=cellocate.__version__,
            torch=str(torch.__version__),
            timm=timm.__version__,
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            collection=collection.folder.resolve().name,
            layout=collection.layout,
            simulated=collection.simulated,
            fields={part: len(s) for part, s in sets.items()},
            epoch=epoch,
            recipe=recipe.model_dump(mode="json"),
        ),
        fields={part: tuple(s.ids) for part, s in sets.items()},
        originals={
            i: old for s in sets.values() for i, old in zip(s.ids, originals(s.fields), strict=True) if old != i
        },
    )


def with_rule(model: Model, validation: Collection, recipe: Recipe) -> Model:
    """The model with its rule fitted on the validation part, and the scores there."""
    if not len(validation):
        return model
    probabilities, truth = predict_collection(model, validation), validation.truth()
    rule = decision.fit(recipe.decision.rule, probabilities, truth)
    scores = evaluate(
        truth,
        rule.apply(probabilities),
        model.vocabulary,
        probabilities=probabilities,
        thresholds=rule.thresholds,
        groups=list(validation.group()),
    )
    model.card = model.card.model_copy(update={"rule": rule, "scores": {"validation": scores}})
    return model

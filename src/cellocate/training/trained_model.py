"""From the weights that a run kept to a model: its card, its rule and its scores."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from cellocate import decision
from cellocate.collection import CellBags, LabelledCollection
from cellocate.collection.camera_depth import camera_depths
from cellocate.collection.identity import challenges, original_ids
from cellocate.networks import Model, ModelCard, Normalisation, Provenance
from cellocate.networks.model_card import BagPooling, LocationEntry
from cellocate.prediction import predict_bags, predict_collection
from cellocate.training.averaging import average_checkpoints, update_norms
from cellocate.training.checkpoints import last_checkpoints
from cellocate.training.classifier import Classifier
from cellocate.training.datasets import LabelledDataset, loader
from cellocate.training.fit_decision import FittedDecision, fit_decision, fit_limited_rule
from cellocate.training.ood_references import with_references
from cellocate.training.prepare import Options, Prepared
from cellocate.training.recipe import Recipe, Training
from cellocate.training.run_folder import RunFolder
from cellocate.training.smote import last_linear, retrain_classifier


@dataclass(frozen=True)
class TrainedNetwork:
    """A network at the end of its training, its training fields without augmentation, and the epoch of its weights."""

    module: Classifier[Any]
    normalisation: Normalisation
    fields: LabelledDataset
    epoch: int


def load_kept_weights(module: Classifier[Any], run: RunFolder, fields: LabelledDataset) -> int:
    """Load the weights to keep: the best epoch, the last if nothing was validated, or a mean; return the epoch."""
    training = module.recipe.training
    averaged = training.average == "last"
    state = torch.load(
        run.best if run.best.is_file() and not averaged else run.last, map_location="cpu", weights_only=True
    )
    if averaged:
        module.load_state_dict(average_checkpoints(last_checkpoints(run.checkpoints)))
        module.freeze_for(int(state["epoch"]))
        whole = loader(fields, training, drop_last=len(fields) >= training.batch_size)  # avoids a batch of one field
        images = (module.normalised(batch[0].to(module.device)) for batch in whole)
        update_norms(module.network, images, training.seed)
    else:
        module.load_state_dict(state["state_dict"])
    return int(state["epoch"]) + 1


def describe_kept_epoch(training: Training, kept: int, run: RunFolder, *, validated: bool) -> str:
    """Which epoch's weights were kept, for the user; `kept` is the number from `load_kept_weights`."""
    done, _ = run.progress()
    if training.average == "last":
        first = done - len(last_checkpoints(run.checkpoints)) + 1
        return f"kept the mean weights of epochs {first} to {done}"
    if not validated:
        return f"kept epoch {kept} of {done}, the last, because there are no validation fields"
    best = training.monitor.removeprefix("validation_").replace("_", " ")
    return f"kept epoch {kept} of {done}, the one with the best {best} on the validation fields"


def build_model(trained: TrainedNetwork, prepared: Prepared, run: RunFolder, options: Options) -> Model:
    """Build the model: retrain its classifier if the recipe says so, fit its rule, and measure it.

    F1 of the validation part against the thresholds is written to the run.
    """
    device = "cuda" if torch.cuda.is_available() and options.trainer.get("accelerator") != "cpu" else "cpu"
    retrain_with_smote(trained, options)
    model = Model(trained.module.network, model_card(trained, prepared), device)
    model, found = with_fitted_rule(model, prepared.sets["validation"], prepared.recipe, prepared.bags)
    if found is not None:
        run.write_curves(found.curves)
    return with_references(model, prepared.sets["train"], prepared.sets["validation"], prepared.recipe.training.seed)


def with_retrained_weights(model: Model, again: TrainedNetwork, options: Options) -> Model:
    """The model with weights retrained on train and validation together; its rule and scores stay.

    The scores belong to the earlier weights, because no fields are left to measure the new ones on.
    """
    retrain_with_smote(again, options)
    train = tuple(again.fields.ids)
    made = model.card.provenance.model_copy(
        update={"fields": {**model.card.provenance.fields, "train": len(train), "validation": 0}}
    )
    card = model.card.model_copy(
        update={
            "normalisation": again.normalisation,
            "fields": {**model.card.fields, "train": train, "validation": ()},
            "provenance": made,
        }
    )
    return Model(again.module.network, card, model.device)


def retrain_with_smote(trained: TrainedNetwork, options: Options) -> None:
    """Retrain the classifier with synthetic features of rare locations, if the recipe says so."""
    module, recipe = trained.module, trained.module.recipe
    if not recipe.sampling.smote:
        return
    batches = ((images, truth) for images, truth, _ in loader(trained.fields, recipe.training))
    count = retrain_classifier(
        module, last_linear(module.network), batches, seed=recipe.training.seed, activation=recipe.loss.activation
    )
    options.say(f"classifier retrained with {count} synthetic fields")


def model_card(trained: TrainedNetwork, prepared: Prepared) -> ModelCard:
    """The card of a trained network, with a rule that is not fitted yet."""
    collection, recipe, sets, scale = prepared.sets["train"], prepared.recipe, prepared.sets, prepared.scale
    images = collection if prepared.bags is None else prepared.bags.subset(collection.ids).cells
    assert scale.pixel_size is not None
    vocabulary = collection.vocabulary
    return ModelCard(
        name=recipe.name,
        backbone=recipe.network.backbone,
        head=recipe.network.head,
        activation=recipe.loss.activation,
        unit=images.unit,
        bag=None if recipe.bags.pool is None else BagPooling(pool=recipe.bags.pool, edge=recipe.bags.edge),
        vocabulary=vocabulary.name,
        locations=tuple(LocationEntry(name=x.name, go=x.go, group=x.group) for x in vocabulary.locations),
        channels=recipe.data.channels,
        size=scale.size,
        pixel_size=scale.pixel_size,
        pixel_size_assumed=prepared.assumed,
        intensity=recipe.data.intensity,
        bits=camera_depths(images, prepared.inspection.images),
        normalisation=trained.normalisation,
        tta=recipe.tta(),
        rule=_unfitted(collection, recipe),
        scores={},
        provenance=Provenance.now(
            collection,
            challenges=challenges(collection),
            simulated=collection.simulated,
            fields={part: len(s) for part, s in sets.items()},
            epoch=trained.epoch,
            recipe=recipe.model_dump(mode="json"),
        ),
        fields={"start": prepared.start, **{part: tuple(s.ids) for part, s in sets.items()}},
        originals={
            i: old for s in sets.values() for i, old in zip(s.ids, original_ids(s.fields), strict=True) if old != i
        },
    )


def _unfitted(train: LabelledCollection, recipe: Recipe) -> decision.Rule:
    """The rule of a model without validation fields; the training fields limit the number of locations."""
    truth, chosen = train.truth(), recipe.decision
    absent = np.flatnonzero(~truth.any(axis=0)).tolist()
    never = absent if len(absent) < truth.shape[1] else []
    limit = chosen.at_most or (None if chosen.rule == "argmax" else decision.label_limit(truth))
    none = np.zeros((0, truth.shape[1]))
    return fit_limited_rule(chosen.rule, none, truth[:0], fallback=chosen.fallback, at_most=limit, never=never)


def with_fitted_rule(
    model: Model, validation: LabelledCollection, recipe: Recipe, bags: CellBags | None = None
) -> tuple[Model, FittedDecision | None]:
    """Fit the calibration and rule on the validation part, and measure the scores there.

    `bags` are the cells of these and other fields, for a model of multiple-instance bags.

    Returns:
        The model, and what was fitted; None without validation fields.
    """
    if not len(validation):
        return model, None
    batch = recipe.training.batch_size  # it fitted into memory in training
    if bags is None:
        plain = predict_collection(model, validation, batch_size=batch).probabilities
    else:
        plain = predict_bags(model, bags.subset(validation.ids), batch_size=batch)[0].probabilities
    chosen = recipe.decision.model_dump(include={"rule", "fallback", "at_most", "calibrate"})
    truth, groups = validation.truth(), list(validation.group())
    found = fit_decision(plain, truth, model.vocabulary, validation.ids, groups, never=model.card.rule.never, **chosen)
    model.card = model.card.model_copy(
        update={"calibration": found.calibration, "rule": found.rule, "scores": {"validation": found.scores}}
    )
    return model, found

"""Combine several models into one: an ensemble of folds or seeds, or of specialists for different locations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score

from cellocate import decision
from cellocate.choices import DEFAULT_RULE, CombineBy
from cellocate.collection import Collection, LabelledCollection
from cellocate.collection.camera_depth import with_known_depth
from cellocate.collection.filters import restrict_labels
from cellocate.errors import CellocateError
from cellocate.networks import Ensemble, Model, ModelCard, Normalisation, Provenance
from cellocate.networks.model_card import Member
from cellocate.prediction import predict_collection
from cellocate.training.fit_decision import fit_decision, fit_limited_rule
from cellocate.vocabulary import Vocabulary

_SAME = ("channels", "size", "pixel_size", "intensity", "tta")


class Combined(NamedTuple):
    """The ensemble, a table, and F1 against threshold from `f1_curves` (None if there was no field to fit a rule on).

    The table has for each location its support, each member's average precision, and the best member.
    """

    model: Model
    table: pd.DataFrame
    curves: pd.DataFrame | None


def combine(
    models: Sequence[Model],
    collection: Collection,
    *,
    by: CombineBy = "mean",
    rule: str = DEFAULT_RULE,
    fallback: decision.Fallback | None = None,
    at_most: int | None = None,
    calibrate: decision.CalibrationKind | None = None,
) -> Combined:
    """Combine models, and fit the rule on fields in the validation part of at least one of them.

    Each of these fields is predicted only by members that were not trained on it, as folds require. Fields in the test
    part of any member are left out.

    Args:
        models: models with the same channels, size, pixel size and intensity; the ensemble has all of their locations.
        collection: the collection they were trained on.
        by: `mean` of all members that know a location, or `best_per_location`: only the member with the highest average
            precision on the fields in the validation part of all.
        rule: rule to fit to the mean probabilities.
        fallback: label of a field with no location (see `cellocate.decision.fit`).
        at_most: maximum number of locations of a field (see `cellocate.training.fit_decision.fit_limited_rule`).
        calibrate: calibration of the mean probabilities; the members' own calibrations are left out.

    Raises:
        CellocateError: the models do not fit together or to the collection, or share no validation fields to choose the
            best by.
    """
    vocabulary, collection = _vocabulary(models, collection), with_known_depth(collection)
    models = [
        Model(m.network, m.card.model_copy(update={"calibration": None}), m.device, folder=m.folder) for m in models
    ]
    fields = {part: [set(m.card.fields.get(part, ())) for m in models] for part in ("train", "validation", "test")}
    tested = set().union(*fields["test"])
    validated = [i for i in collection.ids if any(i in v for v in fields["validation"]) and i not in tested]
    validation = restrict_labels(collection.subset(validated).labelled(), vocabulary)
    answers = np.stack([_answers(m, validation, t, vocabulary) for m, t in zip(models, fields["train"], strict=True)])
    table = _table(models, answers, validation)
    class_weights = _class_weights(answers, models, vocabulary, table if by == "best_per_location" else None)

    weights = np.where(np.isnan(answers), 0, class_weights[:, None, :])
    usable = (weights.sum(axis=0) > 0).all(axis=1)  # fields with an out-of-fold prediction for each location
    with np.errstate(invalid="ignore"):
        mean = (np.nan_to_num(answers) * weights).sum(axis=0) / weights.sum(axis=0)
    if not usable.any() and rule not in ("fixed", "argmax"):
        raise CellocateError(
            "no field of the collection is in the validation part of one model and outside the train and test parts of "
            "the others",
            where=collection.folder,
            mend="Give the collection that they were trained on, or fit nothing with --rule fixed.",
        )
    means, truth, groups = mean[usable].astype(np.float32), validation.truth()[usable], list(validation.group()[usable])
    ids = [field for field, usable_here in zip(validation.ids, usable, strict=True) if usable_here]
    found, never = None, _never(models, vocabulary)
    if usable.any():
        chosen: dict[str, Any] = {"fallback": fallback, "at_most": at_most, "calibrate": calibrate}
        found = fit_decision(means, truth, vocabulary, ids, groups, rule=rule, never=never, **chosen)
        fitted = found.rule
    else:
        fitted = fit_limited_rule(rule, means, truth, fallback=fallback, at_most=at_most, never=never)
    members = tuple(_member(m, s) for m, s in zip(models, class_weights, strict=True))
    card = _card(models, members, vocabulary, collection, fitted, {} if found is None else {"validation": found.scores})
    card = card.model_copy(update={"calibration": None if found is None else found.calibration})
    network = Ensemble([m.network for m in models], members, vocabulary.names)
    return Combined(Model(network, card, models[0].device), table, None if found is None else found.curves)


def _never(models: Sequence[Model], vocabulary: Vocabulary) -> list[int]:
    """The locations that none of the models has learned."""
    learnt = {name for m in models for k, name in enumerate(m.vocabulary.names) if k not in m.card.rule.never}
    return [k for k, name in enumerate(vocabulary.names) if name not in learnt]


def _vocabulary(models: Sequence[Model], collection: Collection) -> Vocabulary:
    if len(models) < 2:
        raise CellocateError("a single model cannot be combined", mend="Give two or more.")
    known = collection.require_vocabulary()
    first = models[0].card
    for model in models:
        card = model.card
        if card.members:
            raise CellocateError(f"{model.title} is an ensemble itself", mend="Give its members instead.")
        if card.bag is not None:
            what = f"{model.title} pools the cells of a field, and such models cannot be combined"
            raise CellocateError(what, mend="Predict with each, and pool the tables: 'cellocate decide fit'.")
        for what in _SAME:
            if getattr(card, what) != getattr(first, what):
                raise CellocateError(
                    f"{models[0].title} and {model.title} differ in {what.replace('_', ' ')}: "
                    f"{getattr(first, what)} and {getattr(card, what)}",
                    mend="Train them with the same data and decision sections in the recipes.",
                )
        if unknown := [x.name for x in card.locations if x.name not in known.names]:
            raise CellocateError(
                f"{model.title} predicts {unknown[0]!r}, which {known.name} lacks",
                where=collection.folder,
                mend="Give the collection and vocabulary that the models were trained on.",
            )
    if len({m.card.unit for m in models} - {None}) > 1:
        what = "some models were trained on whole fields, others on single cells"
        raise CellocateError(what, mend="Predict with each, and give the table of fields to 'predict --fields'.")
    answered = {x.name for m in models for x in m.card.locations}
    names = [name for name in known.names if name in answered]
    return known if len(names) == len(known) else known.subset(names)


def _answers(model: Model, validation: Collection, trained: set[str], vocabulary: Vocabulary) -> NDArray[np.float64]:
    """Probabilities (N, K); NaN where the model lacks the location or was trained on the field."""
    answers = np.full((len(validation), len(vocabulary)), np.nan)
    fair = np.array([field not in trained for field in validation.ids], dtype=bool)
    if fair.any():
        columns = [vocabulary.names.index(name) for name in model.vocabulary.names]
        new_fields = validation.subset([field for field, is_new in zip(validation.ids, fair, strict=True) if is_new])
        answers[np.ix_(np.flatnonzero(fair), np.array(columns))] = predict_collection(model, new_fields).probabilities
    return answers


def _table(models: Sequence[Model], answers: NDArray[np.float64], validation: LabelledCollection) -> pd.DataFrame:
    """Each member's average precision for each location, on the fields that none of them was trained on."""
    known = ~np.isnan(answers).all(axis=2)  # (M, N)
    common = known.all(axis=0)
    if not common.any():  # folds: each on its own fields
        common = known.any(axis=0)
    truth = validation.truth()[common]
    table = pd.DataFrame({"location": validation.vocabulary.names, "support": truth.sum(axis=0)})
    columns = _columns(models)
    for column, own in zip(columns, answers[:, common], strict=True):
        table[column] = [_precision(truth[:, k], own[:, k]) for k in range(truth.shape[1])]
    ranked = table[columns].fillna(-1)
    comparable = (ranked.max(axis=1) >= 0) & bool(known.all(axis=0).any())
    table["best"] = ranked.idxmax(axis=1).where(comparable, "")
    return table


def _columns(models: Sequence[Model]) -> list[str]:
    return [f"{model.card.name} {i + 1}" for i, model in enumerate(models)]


def _precision(truth: NDArray[np.bool_], answers: NDArray[np.float64]) -> float:
    fair = ~np.isnan(answers)
    return float(average_precision_score(truth[fair], answers[fair])) if truth[fair].any() else np.nan


def _class_weights(
    answers: NDArray[np.float64], models: Sequence[Model], vocabulary: Vocabulary, table: pd.DataFrame | None
) -> NDArray[np.float64]:
    """The weight of each member for each location, (M, K); each column sums to 1."""
    has = np.array([[name in m.vocabulary.names for name in vocabulary.names] for m in models], dtype=float)
    if table is not None:
        if not table["best"].any():
            raise CellocateError(
                "no labelled field is in the validation part of all models",
                mend="Train them with one split (--split), or combine them with --by mean.",
            )
        for k, best in enumerate(table["best"]):
            if best:  # else the mean
                has[:, k] = [column == best for column in _columns(models)]
    return np.asarray(has / has.sum(axis=0))


def _member(model: Model, class_weights: NDArray[np.float64]) -> Member:
    card = model.card
    return Member(
        name=card.name,
        backbone=card.backbone,
        head=card.head,
        activation=card.activation,
        locations=tuple(x.name for x in card.locations),
        normalisation=card.normalisation,
        class_weights=tuple(float(s) for s in class_weights),
        epoch=card.provenance.epoch,
        checksum=card.checksum,
    )


def _card(
    models: Sequence[Model],
    members: tuple[Member, ...],
    vocabulary: Vocabulary,
    collection: Collection,
    rule: decision.Rule,
    scores: dict[str, Any],
) -> ModelCard:
    first, cards = models[0].card, [m.card for m in models]
    fields = {"start": tuple(sorted({f for c in cards for f in c.fields.get("start", ())}))}
    learnt: set[str] = set()
    for part in ("train", "validation", "test"):  # a training field of any member is one of all
        fields[part] = tuple(sorted({f for c in cards for f in c.fields.get(part, ())} - learnt))
        learnt |= set(fields[part])
    entries = {entry.name: entry for card in cards for entry in card.locations}
    return first.model_copy(
        update={
            "name": " + ".join(dict.fromkeys(card.name for card in cards)),
            "backbone": " + ".join(card.backbone for card in cards),
            "head": "linear",
            "activation": "sigmoid",
            "members": members,
            "vocabulary": vocabulary.name,
            "locations": tuple(entries[name] for name in vocabulary.names),
            "normalisation": Normalisation(mean=(0.0,) * len(first.channels), std=(1.0,) * len(first.channels)),
            "bits": tuple(sorted({bits for card in cards for bits in card.bits})),
            "rule": rule,
            "scores": scores,
            "provenance": Provenance.now(
                collection,
                challenges=tuple(sorted({c for card in cards for c in card.provenance.challenges})),
                simulated=any(card.provenance.simulated for card in cards),
                fields={part: len(ids) for part, ids in fields.items()},
                epoch=max(card.provenance.epoch for card in cards),
                recipe={"members": [card.provenance.recipe for card in cards]},
            ),
            "fields": fields,
            "originals": {field: old for card in cards for field, old in card.originals.items()},
            "pixel_size_assumed": any(card.pixel_size_assumed for card in cards),
        }
    )

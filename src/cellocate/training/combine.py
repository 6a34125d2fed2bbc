"""Several models → one: an ensemble of folds or seeds, or of specialists for different locations."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import timm
import torch
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score

import cellocate
from cellocate import decision
from cellocate.choices import DEFAULT_RULE, CombineBy
from cellocate.collection import Collection, LabelledCollection
from cellocate.collection.depth import with_known_depth
from cellocate.collection.derive import restricted
from cellocate.errors import CellocateError
from cellocate.networks import Ensemble, Model, ModelCard, Normalisation, Provenance
from cellocate.networks.card import Member
from cellocate.prediction import predict_collection
from cellocate.training.decided import decide, fit_limited
from cellocate.vocabulary import Vocabulary

_AGREE = ("channels", "size", "pixel_size", "intensity", "tta")


class Combined(NamedTuple):
    """The model, what its members are good at, and F1 against threshold.

    Args:
        model: of all.
        table: for each location its support and each member's average precision, and the best.
        curves: as `cellocate.decision.f1_curves` gives them; None where no field could be used to fit a rule.
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
    """Make one model of several, and fit its rule on fields that are in the validation part of at least one of them.

    Each such field is predicted by the members that were not trained on it, as an ensemble of folds must be. Fields
    in the test part of any member are left out.

    Args:
        models: of the same channels, size, pixel size and intensity; the ensemble answers each location that one of
            them answers.
        collection: that they were trained on.
        by: `mean` of all that answer a location, or `best_per_location`, the one that is best at it, by average
            precision on the fields that are in the validation part of all.
        rule: fitted to the mean probabilities.
        fallback: what a field shows that would show nothing (see `cellocate.decision.fit`).
        at_most: how many locations a field may show (see `cellocate.training.decided.fit_limited`).
        calibrate: the mean probabilities beforehand; the members' own calibrations are left out.

    Raises:
        CellocateError: the models do not fit together or to the collection, or share no validation fields to choose
            the best by.
    """
    vocabulary, collection = _vocabulary(models, collection), with_known_depth(collection)
    models = [
        Model(m.network, m.card.model_copy(update={"calibration": None}), m.device, folder=m.folder) for m in models
    ]
    fields = {part: [set(m.card.fields.get(part, ())) for m in models] for part in ("train", "validation", "test")}
    tested = set().union(*fields["test"])
    validated = [i for i in collection.ids if any(i in v for v in fields["validation"]) and i not in tested]
    held = restricted(collection.subset(validated).labelled(), vocabulary)
    answers = np.stack([_answers(m, held, t, vocabulary) for m, t in zip(models, fields["train"], strict=True)])
    table = _table(models, answers, held)
    shares = _shares(answers, models, vocabulary, table if by == "best_per_location" else None)

    weights = np.where(np.isnan(answers), 0, shares[:, None, :])
    judged = (weights.sum(axis=0) > 0).all(axis=1)  # fields that some member answers fairly for each location
    with np.errstate(invalid="ignore"):
        mean = (np.nan_to_num(answers) * weights).sum(axis=0) / weights.sum(axis=0)
    if not judged.any() and rule not in ("fixed", "argmax"):
        raise CellocateError(
            "no field of the collection is in the validation part of one of them, and not in the train or test part "
            "of the others",
            where=collection.folder,
            mend="Give the collection that they were trained on; or let nothing be fitted, with --rule fixed.",
        )
    means, truth, groups = mean[judged].astype(np.float32), held.truth()[judged], list(held.group()[judged])
    ids = [field for field, is_judged in zip(held.ids, judged, strict=True) if is_judged]
    found, never = None, _never(models, vocabulary)
    if judged.any():
        chosen: dict[str, Any] = {"fallback": fallback, "at_most": at_most, "calibrate": calibrate}
        found = decide(means, truth, vocabulary, ids, groups, rule=rule, never=never, **chosen)
        fitted = found.rule
    else:
        fitted = fit_limited(rule, means, truth, fallback=fallback, at_most=at_most, never=never)
    members = tuple(_member(m, s) for m, s in zip(models, shares, strict=True))
    card = _card(models, members, vocabulary, collection, fitted, {} if found is None else {"validation": found.scores})
    card = card.model_copy(update={"calibration": None if found is None else found.calibration})
    network = Ensemble([m.network for m in models], members, vocabulary.names)
    return Combined(Model(network, card, models[0].device), table, None if found is None else found.curves)


def _never(models: Sequence[Model], vocabulary: Vocabulary) -> list[int]:
    """The locations that none of the models has learnt."""
    learnt = {
        name for m in models for k, name in enumerate(m.vocabulary.names) if k not in m.card.rule.never
    }  # what a model does not answer, it has not learnt either
    return [k for k, name in enumerate(vocabulary.names) if name not in learnt]


def _vocabulary(models: Sequence[Model], collection: Collection) -> Vocabulary:
    if len(models) < 2:
        raise CellocateError("one model alone", mend="Give two or more.")
    known = collection.require_vocabulary()
    first = models[0].card
    for model in models:
        card = model.card
        if card.members:
            raise CellocateError(f"{model.title} is made of several models itself", mend="Give its members instead.")
        if card.bag is not None:
            what = f"{model.title} brings the cells of a field together, and several such models cannot be one"
            raise CellocateError(what, mend="Predict with each, and pool the tables: 'cellocate decide fit'.")
        for what in _AGREE:
            if getattr(card, what) != getattr(first, what):
                raise CellocateError(
                    f"{models[0].title} and {model.title} differ in {what.replace('_', ' ')}: "
                    f"{getattr(first, what)} and {getattr(card, what)}",
                    mend="Train them with the same sections data and decision in their recipes.",
                )
        if unknown := [x.name for x in card.locations if x.name not in known.names]:
            raise CellocateError(
                f"{model.title} answers {unknown[0]!r}, which {known.name} lacks",
                where=collection.folder,
                mend="Give the collection, and the vocabulary, that the models were trained on.",
            )
    if len({m.card.unit for m in models} - {None}) > 1:
        what = "some models learnt from whole fields, and others from single cells"
        raise CellocateError(what, mend="Predict with each, and give the table of fields to 'predict --fields'.")
    answered = {x.name for m in models for x in m.card.locations}
    names = [name for name in known.names if name in answered]
    return known if len(names) == len(known) else known.narrowed(names)


def _answers(model: Model, held: Collection, trained: set[str], vocabulary: Vocabulary) -> NDArray[np.float64]:
    """Probabilities (N, K); NaN where the model has no answer, or was trained on the field."""
    answers = np.full((len(held), len(vocabulary)), np.nan)
    fair = np.array([field not in trained for field in held.ids], dtype=bool)
    if fair.any():
        columns = [vocabulary.names.index(name) for name in model.vocabulary.names]
        unseen = held.subset([field for field, is_fair in zip(held.ids, fair, strict=True) if is_fair])
        answers[np.ix_(np.flatnonzero(fair), np.array(columns))] = predict_collection(model, unseen).probabilities
    return answers


def _table(models: Sequence[Model], answers: NDArray[np.float64], held: LabelledCollection) -> pd.DataFrame:
    """Each member's average precision for each location, on the fields that all of them may be judged by."""
    known = ~np.isnan(answers).all(axis=2)  # (M, N)
    common = known.all(axis=0)
    if not common.any():  # folds: each by the fields of its own
        common = known.any(axis=0)
    truth = held.truth()[common]
    table = pd.DataFrame({"location": held.vocabulary.names, "support": truth.sum(axis=0)})
    columns = [f"{m.card.name} {i + 1}" for i, m in enumerate(models)]
    for column, own in zip(columns, answers[:, common], strict=True):
        table[column] = [_precision(truth[:, k], own[:, k]) for k in range(truth.shape[1])]
    ranked = table[columns].fillna(-1)
    comparable = (ranked.max(axis=1) >= 0) & bool(known.all(axis=0).any())
    table["best"] = ranked.idxmax(axis=1).where(comparable, "")
    return table


def _precision(truth: NDArray[np.bool_], answers: NDArray[np.float64]) -> float:
    fair = ~np.isnan(answers)
    return float(average_precision_score(truth[fair], answers[fair])) if truth[fair].any() else np.nan


def _shares(
    answers: NDArray[np.float64], models: Sequence[Model], vocabulary: Vocabulary, table: pd.DataFrame | None
) -> NDArray[np.float64]:
    """How much each member has a say in each location, (M, K); each column sums to 1."""
    has = np.array([[name in m.vocabulary.names for name in vocabulary.names] for m in models], dtype=float)
    if table is not None:
        if not table["best"].any():
            raise CellocateError(
                "no field is in the validation part of all of them, with any location",
                mend="Train them with one split (--split), or combine them by their mean.",
            )
        for k, best in enumerate(table["best"]):
            if best:  # where nobody can be judged the mean is taken
                has[:, k] = table.columns[2:-1] == best
    return np.asarray(has / has.sum(axis=0))


def _member(model: Model, shares: NDArray[np.float64]) -> Member:
    card = model.card
    return Member(
        name=card.name,
        backbone=card.backbone,
        head=card.head,
        activation=card.activation,
        locations=tuple(x.name for x in card.locations),
        normalisation=card.normalisation,
        shares=tuple(float(s) for s in shares),
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
    for part in ("train", "validation", "test"):  # what any member learnt from, all of them did
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
            "provenance": Provenance(
                cellocate=cellocate.__version__,
                torch=str(torch.__version__),
                timm=timm.__version__,
                created=datetime.now(UTC).isoformat(timespec="seconds"),
                collection=collection.folder.resolve().name,
                layout=collection.layout,
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

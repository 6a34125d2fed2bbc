"""The fields that a command can use: faulty ones are left out, if that is asked for, and the user is told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from cellocate.cli.console import note

if TYPE_CHECKING:
    from cellocate.collection import Collection
    from cellocate.decision import Predictions
    from cellocate.networks import Model


def usable_fields(collection: Collection, channels: Sequence[str], *, labelled: bool, skip_bad: bool) -> Collection:
    """The fields that have all of these channels and, if need be, labels.

    Notes name those that are left out, and say how many bits pixels are taken to have.

    Raises:
        CellocateError: the collection lacks a channel or labels; a field is faulty and `skip_bad` is not set.
    """
    from cellocate.collection import describe_skipped, usable_fields

    collection, inspection = usable_fields(collection, channels, labelled=labelled, skip_bad=skip_bad)
    if inspection.problems:
        note(describe_skipped(inspection.problems, inspection.unit))
    for text in inspection.notes:
        note(text)
    return collection


def note_cautions(model: Model, found: Predictions) -> None:
    """Say why a model's predictions are not to be relied on, where there is a reason."""
    from cellocate.prediction import prediction_warnings

    for text in prediction_warnings(model, found):
        note(text)


def fields_for(model: Model, collection: Collection, *, skip_bad: bool, also: Sequence[str] = ()) -> Collection:
    """The fields that a model can predict; notes name those left out and say what is taken for granted.

    Args:
        model: which is to predict.
        collection: all fields, or cells.
        skip_bad: go on without faulty ones.
        also: what else there is to note, said after what was left out.

    Raises:
        CellocateError: the collection lacks a channel of the model's; a field is faulty and `skip_bad` is not set.
    """
    from cellocate.prediction import assumptions

    collection = usable_fields(collection, model.card.channels, labelled=False, skip_bad=skip_bad)
    for text in (*also, *assumptions(model, collection)):
        note(text)
    return collection

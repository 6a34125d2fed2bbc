"""Fields on the report's page: examples, and predictions compared with truth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np

from cellocate.assessment import Evaluated
from cellocate.pictures import STAINS, Picture, read_pictures
from cellocate.pictures.choose_fields import GalleryChoice, choose_examples, choose_gallery
from cellocate.pictures.html_page import field_on_page
from cellocate.pictures.wording import listed

Outcome = Literal["found", "missed", "false alarm"]


class Mark(NamedTuple):
    """A location of a field: found, missed or a false alarm, and its probability if known."""

    name: str
    outcome: Outcome
    probability: float | None


@dataclass(frozen=True)
class FieldImages:
    """The fields on the page.

    Args:
        examples: with their single channels.
        right: fields whose locations are all right.
        wrong: fields with a mistake.
        shown: how these were chosen.
        unreadable: number of images that could not be read.
    """

    examples: list[dict[str, Any]]
    right: list[dict[str, Any]]
    wrong: list[dict[str, Any]]
    shown: GalleryChoice
    unreadable: int


def read_field_images(evaluated: Evaluated) -> FieldImages:
    """Choose fields, read their images and describe them; empty without a collection."""
    shown = choose_gallery(evaluated.truth, evaluated.labels)
    where = evaluated.collection
    if where is None or not evaluated.channels:
        return FieldImages([], [], [], shown, 0)
    examples = choose_examples(evaluated.truth)
    ids = where.ids
    wanted = dict.fromkeys(ids[i] for i in (*examples, *shown.right, *shown.wrong))
    pictures = read_pictures(where, list(wanted), evaluated.assumed_span, bags=evaluated.bags)

    def items(positions: list[int], *, planes: bool = False) -> list[dict[str, Any]]:
        readable = [i for i in positions if ids[i] in pictures]
        return [_item(evaluated, i, pictures[ids[i]], planes=planes) for i in readable]

    unreadable = len(wanted) - len(pictures)
    return FieldImages(items(examples, planes=True), items(shown.right), items(shown.wrong), shown, unreadable)


def marks(evaluated: Evaluated, position: int) -> list[Mark]:
    """The locations of one field: found, then missed, then false alarms, each in the vocabulary's order."""
    truth, predicted = evaluated.truth[position], evaluated.labels[position]
    outcomes: dict[Outcome, np.ndarray[tuple[int], np.dtype[np.bool_]]] = {
        "found": truth & predicted,
        "missed": truth & ~predicted,
        "false alarm": ~truth & predicted,
    }
    p = None if evaluated.probabilities is None else evaluated.probabilities[position]
    return [
        Mark(evaluated.names[k], outcome, None if p is None else float(p[k]))
        for outcome, which in outcomes.items()
        for k in np.flatnonzero(which)
    ]


def labels(evaluated: Evaluated, position: int) -> list[str]:
    """The names of the true locations of one field."""
    return [evaluated.names[k] for k in np.flatnonzero(evaluated.truth[position])]


def _item(evaluated: Evaluated, position: int, picture: Picture, *, planes: bool) -> dict[str, Any]:
    true = labels(evaluated, position)
    what = f"{evaluated.unit.capitalize()} {picture.id}"
    stains = listed([f"{STAINS[name]} in {name}" for name in picture.names])
    alt = f"{what}: {stains}. Labelled {listed(true) if true else 'with no location'}."
    return {
        **field_on_page(picture, alt, planes=planes),
        "labels": true,
        "marks": marks(evaluated, position),
        "trained_on": picture.id in evaluated.trained_on,
    }

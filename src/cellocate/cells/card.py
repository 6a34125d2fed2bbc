"""What was asked of a conversion and what came of it: for `cells.json`, the user, and the history of the crops."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import pandas as pd

from cellocate.cells.flags import SEPARATOR
from cellocate.cells.job import Plan
from cellocate.cells.strong import Strong
from cellocate.collection.collection import FLAGS

_FIGURE = re.compile(r"\d+(?:\.\d+)?")  # what differs between notes of one kind


def card_of(
    plan: Plan, strong: Strong | None, cells: pd.DataFrame, notes: Mapping[str, Sequence[str]], fields: int
) -> dict[str, Any]:
    """What `cells.json` says.

    Args:
        plan: of all fields.
        strong: how labels became strong ones.
        cells: all that were found, with `why` each was left out.
        notes: sentences for the user, by field.
        fields: how many were used.
    """
    removed = cells.loc[cells["why"] != "", "why"].value_counts()
    flags = cells[FLAGS].str.split(SEPARATOR).explode()
    flagged = flags[flags != ""].value_counts()
    return {
        "crops": asdict(plan.square),
        "masks": "given" if plan.masks is not None else "segmented",
        "strong": None if strong is None else strong.told(),
        "fields": fields,
        "found": len(cells),
        "removed": {str(why): int(n) for why, n in removed.items()},
        "cells": int((cells["why"] == "").sum()),
        "flagged": {str(flag): int(n) for flag, n in flagged.items()},
        "notes": notes_of_a_kind(notes),
    }


def notes_of_a_kind(notes: Mapping[str, Sequence[str]]) -> list[dict[str, Any]]:
    """Sentences that differ in their figures alone, as one with the smallest and largest of each figure.

    Returns:
        `note`, `fields` (how many it is of) and `first` of these; the commonest first.

    Example:
        >>> notes_of_a_kind({"a": ["0.3 µm wide"], "b": ["0.25 µm wide"], "c": []})
        [{'note': '0.25 to 0.3 µm wide', 'fields': 2, 'first': 'a'}]
    """
    kinds: dict[str, list[tuple[str, str]]] = {}
    for field, texts in notes.items():
        for text in texts:
            kinds.setdefault(_FIGURE.sub("", text), []).append((field, text))
    told = [{"note": _as_one([text for _, text in of]), "fields": len(of), "first": of[0][0]} for of in kinds.values()]
    return sorted(told, key=lambda note: -int(note["fields"]))


def _as_one(texts: Sequence[str]) -> str:
    words, figures = _FIGURE.split(texts[0]), zip(*map(_FIGURE.findall, texts), strict=True)
    spans = [(min(column, key=float), max(column, key=float)) for column in figures]
    said = [low if float(low) == float(high) else f"{low} to {high}" for low, high in spans]
    return "".join(text for pair in zip(words, [*said, ""], strict=True) for text in pair)

"""Notes about single fields: one sentence for all of a kind."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

_FIGURE = re.compile(r"\d+(?:\.\d+)?")  # what differs between notes of one kind


def as_sentences(notes: Sequence[Mapping[str, Any]]) -> list[str]:
    """The rows of `notes_of_a_kind`, each as a sentence that names its fields.

    Example:
        >>> as_sentences(notes_of_a_kind({"a": ["0.3 µm wide"], "b": ["0.25 µm wide"], "c": ["blank"]}))
        ['0.25 to 0.3 µm wide (2 fields, such as a)', 'blank (c)']
    """
    fields = [f"{row['fields']} fields, such as {row['first']}" if row["fields"] > 1 else row["first"] for row in notes]
    return [f"{row['note']} ({of})" for row, of in zip(notes, fields, strict=True)]


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

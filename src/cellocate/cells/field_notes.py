"""Notes about single fields, grouped by what they say: one sentence for all that differ in their numbers alone."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from cellocate.counted import plural
from cellocate.files import write_text


class Note(str):
    """A sentence for the user that keeps what it was made of.

    Args:
        template: the sentence, with `{}` for each value; it is the code by which notes are grouped.
        values: a text, or a number, of which a group shows the smallest and the largest.

    Example:
        >>> note = Note("{:g} µm wide", 0.25)
        >>> note, note.template, note.values
        ('0.25 µm wide', '{:g} µm wide', (0.25,))
    """

    template: str
    values: tuple[str | float, ...]

    def __new__(cls, template: str, *values: str | float) -> Note:
        """Fill in the values."""
        note = super().__new__(cls, template.format(*values))
        note.template, note.values = template, values
        return note

    def __reduce__(self) -> tuple[Callable[..., Note], tuple[str | float, ...]]:
        """How it comes out of a worker process."""
        return Note, (self.template, *self.values)


def left_out_note(n: int, thing: str, where: str = "") -> Note:
    """Objects of a mask that are left out, such as "2 regions around cells are no cells, and left out".

    Example:
        >>> left_out_note(1, "annotation")
        '1 annotation is no cell, and left out'
    """
    verb = "is no cell" if n == 1 else "are no cells"
    return Note(f"{{:,}} {plural(n, thing)}{where} {verb}, and left out", n)


def save_notes(path: Path, notes: Sequence[str]) -> None:
    """Write notes, or sentences of a segmenter that knows no notes, for `load_notes`."""
    parts = [[note.template, *note.values] if isinstance(note, Note) else ["{}", note] for note in notes]
    write_text(path, json.dumps(parts))


def load_notes(path: Path) -> list[Note]:
    """What `save_notes` wrote; nothing where there is no file."""
    return [Note(*parts) for parts in json.loads(path.read_text(encoding="utf-8"))] if path.is_file() else []


def format_notes(notes: Sequence[Mapping[str, Any]]) -> list[str]:
    """The rows of `group_notes`, each as a sentence that names its fields.

    Example:
        >>> wide = "{:g} µm wide"
        >>> format_notes(group_notes({"a": [Note(wide, 0.3)], "b": [Note(wide, 0.25)], "c": [Note("blank")]}))
        ['0.25 to 0.3 µm wide (2 fields, such as a)', 'blank (c)']
    """
    fields = [f"{row['fields']} fields, such as {row['first']}" if row["fields"] > 1 else row["first"] for row in notes]
    return [f"{row['note']} ({of})" for row, of in zip(notes, fields, strict=True)]


def group_notes(notes: Mapping[str, Sequence[Note]]) -> list[dict[str, Any]]:
    """The notes on each field, by their templates and texts: one sentence for each group.

    Returns:
        `note`, `fields` (how many it is about) and `first` of these; the commonest first.

    Example:
        >>> group_notes({"a": [Note("{:g} µm wide", 0.3)], "b": [Note("{:g} µm wide", 0.25)], "c": []})
        [{'note': '0.25 to 0.3 µm wide', 'fields': 2, 'first': 'a'}]
    """
    kinds: dict[tuple[object, ...], list[tuple[str, Note]]] = {}
    for field, own in notes.items():
        for note in own:
            texts = (value for value in note.values if isinstance(value, str))
            kinds.setdefault((note.template, *texts), []).append((field, note))
    rows = [{"note": _as_one([n for _, n in of]), "fields": len(of), "first": of[0][0]} for of in kinds.values()]
    return sorted(rows, key=lambda row: -int(row["fields"]))


class _Span(tuple[str | float, ...]):
    """Values of one place in a template, shown as the smallest and the largest."""

    def __format__(self, spec: str) -> str:
        low, high = (format(end(self), spec) for end in (min, max))
        return low if low == high else f"{low} to {high}"


def _as_one(notes: Sequence[Note]) -> str:
    return notes[0].template.format(*map(_Span, zip(*(note.values for note in notes), strict=True)))

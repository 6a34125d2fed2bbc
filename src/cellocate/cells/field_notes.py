"""Notes about single fields, grouped so that notes that differ only in numbers become one sentence."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from cellocate.counted import plural
from cellocate.files import write_text


class Note(str):
    """A sentence for the user that remembers its template and values.

    Args:
        template: the sentence, with `{}` for each value; notes are grouped by it.
        values: texts, or numbers; a group shows the smallest and the largest number.

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
        """Pickle the parts, for worker processes."""
        return Note, (self.template, *self.values)


def left_out_note(n: int, thing: str, where: str = "") -> Note:
    """A note on objects of a mask that are not cells.

    Example:
        >>> left_out_note(1, "annotation")
        '1 annotation is not a cell and was left out'
    """
    verb = "is not a cell and was" if n == 1 else "are not cells and were"
    return Note(f"{{:,}} {plural(n, thing)}{where} {verb} left out", n)


def save_notes(path: Path, notes: Sequence[str]) -> None:
    """Write notes, or plain sentences, for `load_notes`."""
    parts = [[note.template, *note.values] if isinstance(note, Note) else ["{}", note] for note in notes]
    write_text(path, json.dumps(parts))


def load_notes(path: Path) -> list[Note]:
    """Read notes that `save_notes` wrote; none if there is no file."""
    return [Note(*parts) for parts in json.loads(path.read_text(encoding="utf-8"))] if path.is_file() else []


def format_notes(notes: Sequence[Mapping[str, Any]]) -> list[str]:
    """Format the rows of `group_notes` as sentences that name their fields.

    Example:
        >>> wide = "{:g} µm wide"
        >>> format_notes(group_notes({"a": [Note(wide, 0.3)], "b": [Note(wide, 0.25)], "c": [Note("blank")]}))
        ['0.25 to 0.3 µm wide (2 fields, such as a)', 'blank (c)']
    """
    fields = [f"{row['fields']} fields, such as {row['first']}" if row["fields"] > 1 else row["first"] for row in notes]
    return [f"{row['note']} ({of})" for row, of in zip(notes, fields, strict=True)]


def group_notes(notes: Mapping[str, Sequence[Note]]) -> list[dict[str, Any]]:
    """Group the notes on each field by template and texts, in one sentence for each group.

    Returns:
        `note`, `fields` (number of fields) and `first` of these; the most common first.
    """
    kinds: dict[tuple[object, ...], list[tuple[str, Note]]] = {}
    for field, own in notes.items():
        for note in own:
            texts = (value for value in note.values if isinstance(value, str))
            kinds.setdefault((note.template, *texts), []).append((field, note))
    rows = [{"note": _as_one([n for _, n in of]), "fields": len(of), "first": of[0][0]} for of in kinds.values()]
    return sorted(rows, key=lambda row: -int(row["fields"]))


class _Span(tuple[str | float, ...]):
    def __format__(self, spec: str) -> str:
        low, high = (format(end(self), spec) for end in (min, max))
        return low if low == high else f"{low} to {high}"


def _as_one(notes: Sequence[Note]) -> str:
    return notes[0].template.format(*map(_Span, zip(*(note.values for note in notes), strict=True)))

"""Lists of the atlas's images: fields, addresses and locations."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from cellocate.collection.atlas.location_words import NOTHING, labels_by_word
from cellocate.collection.atlas_names import NAME, antibody_number
from cellocate.collection.challenge_labels import format_of, read_challenge_labels
from cellocate.collection.metadata_tables import tidy
from cellocate.errors import CellocateError
from cellocate.images import CHANNELS
from cellocate.tables import read_columns, read_table, text_lines
from cellocate.vocabulary import Vocabulary, get_vocabulary

BASE = "https://images.proteinatlas.org"
"""Address of the atlas's image server."""

_BETWEEN = re.compile("[,;|]")  # between the atlas's words
_COLOURS = r"(?:_(?:red|green|blue|yellow))*(?:\.(?:jpe?g|png|tiff?)(?:\.gz)?)?"
_PLACE = re.compile(
    rf"(?:(?P<base>https?://\S+)/)?(?P<antibody>(?:HPA|CAB)?\d+)[/_]"
    rf"(?P<name>{NAME})_?{_COLOURS}",
    re.IGNORECASE,
)
NAMES = ("filename", "antibody", "locations", "unspecific", "Image", "Label", "Label_idx", "Id", "ID")
"""Columns by which lists are recognised."""

_DROPPED = {"filename", "Image", "Label", "Label_idx", "Id", "ID", "Target", "labels", "address", *CHANNELS}


@dataclass(frozen=True)
class ImageList:
    """The fields of an image list.

    Args:
        fields: by id (`<antibody>_<plate>_<well>_<n>`): `address` (without colour and suffix), `antibody`, `plate`,
            `well`, `locations` in the atlas's words (if the list has them), `labels`, and the list's own columns.
        vocabulary: vocabulary of the labels; None if the list has none.
        unknown_words: the words that the vocabulary lacks, by id.
        faulty: rows that name no image, as `line 7 (…)`.
        repeated: number of rows that repeat a field.
    """

    fields: pd.DataFrame
    vocabulary: Vocabulary | None
    unknown_words: Mapping[str, tuple[str, ...]]
    faulty: tuple[str, ...]
    repeated: int

    @property
    def unknown_counts(self) -> Counter[str]:
        """The words that the vocabulary lacks, with their numbers of fields."""
        return Counter(word for field in self.fields.index for word in self.unknown_words.get(field, ()))


def read_list(path: str | Path, *, base: str | None = None, vocabulary: Vocabulary | str = "hpa28") -> ImageList:
    """Read a list of images: `IF-image.csv`, `kaggle_2021.tsv`, a label table, or one address or id in each line.

    Args:
        path: the list, in any format of `read_table`; its columns decide what it is.
        base: address of the server, if neither the atlas's nor that in the list.
        vocabulary: vocabulary of the labels.

    Raises:
        CellocateError: the file is missing or names no image.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "list.txt"
        >>> _ = path.write_text("10580_1610_C1_1")
        >>> read_list(path).fields["address"].to_dict()
        {'10580_1610_C1_1': 'https://images.proteinatlas.org/10580/1610_C1_1'}
    """
    path = Path(path)
    rows, lines = _rows(path)
    names = ("filename", "Image", "Id", "ID") if "antibody" in rows else ("Image", "Id", "ID")
    column = next(name for name in names if name in rows)
    texts = rows[column]
    if column == "filename":  # /archive/1/1_A1_1_ has the name, the column antibody the folder
        texts = rows["antibody"] + "/" + texts.str.rsplit("/", n=1).str[-1]
    matches = [_PLACE.fullmatch(text) for text in texts]
    faulty = [f"line {n} ({t!r})" for n, t, m in zip(lines, texts, matches, strict=True) if m is None]
    good = np.array([m is not None for m in matches], dtype=bool)
    if not good.any():
        mend = "Lines are addresses, or ids such as 10580_1610_C1_1; docs/formats.md names the tables."
        raise CellocateError("the list names no image of the atlas", where=path, mend=mend)
    fields = _placed([m for m in matches if m is not None], base)
    rows = rows[good].set_axis(fields.index)
    fields = fields.assign(**tidy(rows.drop(columns=list(_DROPPED & set(rows))), path))
    known = vocabulary if isinstance(vocabulary, Vocabulary) else get_vocabulary(vocabulary)
    words = rows.get("Label" if column == "Image" else "locations")
    repeated = fields.index.duplicated()
    fields, rows = fields[~repeated].assign(labels=None), rows[~repeated]
    unknown_words: dict[str, tuple[str, ...]] = {}
    if words is not None:
        fields["locations"] = words[~repeated]
        fields["labels"], unknown_words = _labels(fields["locations"], rows, known)
    return ImageList(fields, None if words is None else known, unknown_words, tuple(faulty), int(repeated.sum()))


def _rows(path: Path) -> tuple[pd.DataFrame, list[int]]:
    """The rows of a table; of a file that is no table as one column, `Id`."""
    columns = set(read_columns(path, "list", NAMES))
    if format_of(path) is not None:
        labels = read_challenge_labels(path)
        if labels.problems:
            raise labels.problems[0].error
        names = labels.vocabulary.names
        locations = [",".join(names[i] for i in shown) or "Negative" for shown in labels.table["labels"]]
        return labels.table.assign(locations=locations).reset_index(names="Id"), read_table(path)[1]
    if {"filename", "antibody"} <= columns or columns & {"Image", "Id", "ID"}:
        return read_table(path, "list", NAMES)
    kept = [(n, text) for n, text in text_lines(path) if text and not text.startswith("#")]
    return pd.DataFrame({"Id": [text for _, text in kept]}, dtype=str), [n for n, _ in kept]


def _placed(matches: Sequence[re.Match[str]], base: str | None) -> pd.DataFrame:
    rows = []
    for match in matches:
        folder, name = antibody_number(match["antibody"]), match["name"]
        plate, well = name.split("_")[:2]
        place = f"{(base or match['base'] or BASE).rstrip('/')}/{folder}/{name}"
        rows.append((f"{folder}_{name}", place, folder, plate, well))
    table = pd.DataFrame(rows, columns=["id", "address", "antibody", "plate", "well"], dtype=object)
    return table.set_index("id")


def _labels(
    words: pd.Series[str], rows: pd.DataFrame, vocabulary: Vocabulary
) -> tuple[pd.Series[Any], dict[str, tuple[str, ...]]]:
    """The labels of each field (None if the vocabulary has none of its words), and unknown words by id."""
    known = labels_by_word(vocabulary)
    specific = rows["unspecific"].isin(["0", "0.0", "False"]) if "unspecific" in rows else None
    nothing = (known["negative"],) if "negative" in known else ()
    unknown_words: dict[str, tuple[str, ...]] = {}
    labels: list[tuple[int, ...] | None] = []
    for row, (field, text) in enumerate(words.items()):
        names = [name.strip() for name in _BETWEEN.split(text) if name.strip()]
        shown = [name for name in dict.fromkeys(names) if name.casefold() not in NOTHING]
        found = tuple(sorted({known[name.casefold()] for name in shown if name.casefold() in known}))
        if lacking := tuple(name for name in shown if name.casefold() not in known):
            unknown_words[str(field)] = lacking
        negative = not shown and (bool(names) or (specific is not None and specific.iloc[row]))
        labels.append(found or (nothing if negative else None))
    return pd.Series(np.array([*labels, None], dtype=object)[:-1], index=words.index), unknown_words

"""Submissions to the 2021 challenge: every cell of a field with its locations and their probabilities."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from cellocate.arrays import Floats
from cellocate.counted import counted
from cellocate.decision.submissions.sample import LONGEST, SubmissionContents, require_vocabulary
from cellocate.errors import CellocateError
from cellocate.evaluation import Instances
from cellocate.files import new_file
from cellocate.images.rle import Mask
from cellocate.tables import plain_rows, read_columns
from cellocate.vocabulary import Vocabulary, get_vocabulary

COLUMNS = ("ID", "ImageWidth", "ImageHeight", "PredictionString")
_MEND = "Write it again with 'cellocate predict --format kaggle2021'."
_LARGEST = 2**15  # px a side, so that a number gone wrong does not ask for all memory

Shape = tuple[int, int]


class Cells(NamedTuple):
    """Height and width of a field in px, and the cells in it."""

    shape: Shape
    instances: Instances


def is_kaggle2021(path: str | Path) -> bool:
    """Whether the table at `path` has the column of the 2021 challenge's submissions."""
    return COLUMNS[-1] in read_columns(path)


def write_kaggle2021(
    path: str | Path,
    shapes: Mapping[str, Shape],
    masks: Callable[[str], Sequence[Mask]],
    probabilities: Floats | Callable[[str], Floats],
    vocabulary: Vocabulary,
    wanted: Sequence[str] | None = None,
) -> None:
    """Write a submission of cells with their own locations or those of their field, and check it.

    Every location of every cell is written with its probability (six decimals; what rounds to 0 is left out): average
    precision ranks them and loses nothing by unlikely ones.

    Args:
        path: a CSV file.
        shapes: height and width in px by field, in the order to write.
        masks: gives the masks of a field's cells; called once for each field, in order.
        probabilities: of the fields in the same order, shape (N, 19), which their cells are given; or a function that
            gives those of a field's cells, in the order of its masks, shape (cells, 19).
        vocabulary: must be hpa19.
        wanted: the ids that the challenge requires; by default those of the fields.

    Raises:
        CellocateError: the vocabulary is another one, masks are missing, or a required field is missing.
    """
    require_vocabulary(vocabulary, 2021)
    with new_file(path) as aside:
        with aside.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(COLUMNS)
            for number, (field, (height, width)) in enumerate(shapes.items()):
                found = masks(field)
                rows = probabilities(field) if callable(probabilities) else [probabilities[number]] * len(found)
                words = [word for mask, row in zip(found, rows, strict=True) for word in _words(mask.text, row)]
                writer.writerow((field, width, height, " ".join(words)))
        validate_kaggle2021(aside, {field: shapes.get(field) for field in (shapes if wanted is None else wanted)})


def validate_kaggle2021(path: str | Path, shapes: Mapping[str, Shape | None] | None = None) -> SubmissionContents:
    """Check a submission: the header, every id once and no other, sizes, labels, confidences, and every mask.

    Args:
        path: a CSV file.
        shapes: height and width in px of each required field, None if unknown; without them any fields are accepted.

    Raises:
        CellocateError: at the first fault, with its line and the number of the cell.
    """
    seen, masks, labels = set[str](), 0, Counter[int]()
    for field, cells in read_kaggle2021(path):
        wanted = (shapes or {}).get(field) or cells.shape
        if shapes is not None and field not in shapes:
            raise _fault(f"unknown id {field!r}", path)
        if wanted != cells.shape:
            sizes = f"{cells.shape[1]} × {cells.shape[0]} px, but the field has {wanted[1]} × {wanted[0]}"
            raise _fault(f"ImageWidth and ImageHeight of {field} are {sizes}", path)
        seen.add(field)
        masks += len(cells.instances.masks)
        labels.update(cells.instances.label.tolist())
    if missing := sorted(set(shapes or ()) - seen):
        raise _fault(f"it lacks {counted(len(missing), 'id')}, such as {missing[0]}", path)
    return SubmissionContents(len(seen), masks, labels)


def read_kaggle2021(path: str | Path, vocabulary: Vocabulary | None = None) -> Iterator[tuple[str, Cells]]:
    """Read the fields of a submission, one after the other; equal masks are one cell.

    Args:
        path: a CSV file, plain or gzipped.
        vocabulary: of the labels; hpa19 by default.

    Raises:
        CellocateError: at the first fault, with its line and the number of the cell.
    """
    rows = plain_rows(path, "submission", longest=LONGEST)
    _, columns = next(rows)
    if tuple(columns) != COLUMNS:
        raise _fault(f"its header is {','.join(columns)[:80]} and not {','.join(COLUMNS)}", path)
    seen, classes = set(), len(vocabulary or get_vocabulary("hpa19"))
    for line, row in rows:
        where = f"{path}, line {line}"
        if len(row) != len(COLUMNS):
            raise _fault(f"{len(row)} values under {len(COLUMNS)} columns", where)
        field, width, height, text = row
        if not field or field in seen:
            raise _fault(f"id {field!r} is repeated" if field else "a row without an id", where)
        seen.add(field)
        shape = (parse_side(height, "ImageHeight", where), parse_side(width, "ImageWidth", where))
        yield field, Cells(shape, _instances(text.split(), shape, classes, f"{where}, {field}"))


def _words(mask: str, probabilities: Floats) -> Iterator[str]:
    for k, p in enumerate(probabilities):
        if float(text := f"{p:.6f}") > 0:
            yield f"{k} {text} {mask}"


def parse_mask(text: str, shape: Shape, where: str) -> Mask:
    """Parse a mask as the challenge writes it, with at least one pixel.

    Raises:
        CellocateError: it is broken, empty or of another size; `where` is its place.
    """
    try:
        mask = Mask.parse(text, *shape)
        if not len(mask.edges):
            raise ValueError("it has no pixel")
    except ValueError as error:
        mend = "A mask is COCO's compressed run lengths, by zlib, in base64."
        raise CellocateError(f"a broken mask: {error}", where=where, mend=mend) from None
    return mask


def parse_side(text: str, column: str, where: str) -> int:
    """Parse the height or width of a field.

    Raises:
        CellocateError: it is not a number of pixels.
    """
    if not (text.isascii() and text.isdigit() and len(text) < 10 and 0 < int(text) <= _LARGEST):
        raise _fault(f"{column} {text[:20]!r} is not a number of pixels", where)
    return int(text)


def _instances(words: list[str], shape: Shape, classes: int, where: str) -> Instances:
    if len(words) % 3:
        raise _fault("PredictionString does not repeat 'label confidence mask'", where)
    cells: dict[str, int] = {}
    masks, labels, confidences = [], [], []
    for number, (label, confidence, text) in enumerate(zip(words[::3], words[1::3], words[2::3], strict=True), start=1):
        place = f"{where}, cell {number}"
        if text not in cells:
            masks.append(parse_mask(text, shape, place))
        cells.setdefault(text, len(cells))
        if not (label.isascii() and label.isdigit() and len(label) < 10 and int(label) < classes):
            raise _fault(f"label {label[:20]!r} is not a number from 0 to {classes - 1}", place)
        labels.append(int(label))
        confidences.append(_confidence(confidence, place))
    cell = np.array([cells[text] for text in words[2::3]], dtype=np.intp)
    return Instances(masks, cell, np.array(labels, dtype=np.intp), np.array(confidences, dtype=np.float64))


def _confidence(text: str, where: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1
    if not 0 <= value <= 1:
        raise _fault(f"confidence {text[:20]!r} is not a number from 0 to 1", where)
    return value


def _fault(what: str, where: object) -> CellocateError:
    return CellocateError(f"a submission with a fault: {what}", where=where, mend=_MEND)

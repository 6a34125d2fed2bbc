"""Label tables of every kind: those of the challenges and the atlas's lists (`IF-image.csv`, `kaggle_2021.tsv`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from cellocate.collection.atlas.image_lists import NAMES, ImageList, read_list
from cellocate.collection.atlas_names import field_id
from cellocate.collection.challenge_labels import LabelFormat, Labels, format_of, read_challenge_labels
from cellocate.collection.collection import Problem
from cellocate.collection.identity import match_ids
from cellocate.errors import CellocateError
from cellocate.tables import read_columns
from cellocate.vocabulary import Vocabulary, get_vocabulary

ATLAS = LabelFormat("atlas", "id", "locations", ",", "hpa28")
_COLUMNS = ({"filename", "antibody", "locations"}, {"Image", "Label", "Label_idx"})


def is_label_table(path: Path) -> bool:
    """Whether a table has the columns of a label table of the challenges or the atlas."""
    try:
        return is_image_list(path) or format_of(path) is not None
    except CellocateError:  # other tables need not be readable
        return False


def read_labels(path: str | Path, vocabulary: Vocabulary | str | None = None) -> Labels:
    """Read a label table: `Id,Target`, `ID,Label` or an image list of the atlas.

    Ids of a list are `<antibody>_<plate>_<well>_<n>`. A field is a problem if the vocabulary has none of its locations,
    a warning if it lacks some.

    Args:
        path: the table.
        vocabulary: vocabulary of the labels; by default hpa28 for `Id,Target` and lists, hpa19 for `ID,Label`.

    Raises:
        CellocateError: the file is missing, no table, lacks a column, or is a list without images.
    """
    path = Path(path)
    if not (path.is_file() and is_image_list(path)):
        return read_challenge_labels(path, vocabulary)
    known = vocabulary if isinstance(vocabulary, Vocabulary) else get_vocabulary(vocabulary or ATLAS.vocabulary)
    listed = read_list(path, vocabulary=known)
    table = listed.fields.drop(columns="address")
    return Labels(ATLAS, table.rename_axis("id"), known, tuple(_problems(listed, known, path)))


def labels_for(labels: Labels, ids: Sequence[str], path: Path) -> Labels:
    """The labels of some fields from the table at `path`, under the fields' own ids.

    Ids in a list are `<antibody>_<plate>_<well>_<n>`, or without the antibody, as files on the website; other rows are
    dropped, as a list names the whole atlas. Ids in other tables are matched by `as_known`.

    Raises:
        CellocateError: the list names none of the fields.
    """
    if labels.format != ATLAS:
        written = [*labels.table.index, *(problem.id for problem in labels.problems if problem.id)]
        meant = match_ids(written, ids)
        if meant == written:
            return labels
        called = dict(zip(written, meant, strict=True)) | {"": ""}
        problems = [replace(problem, id=called[problem.id]) for problem in labels.problems]
        index = pd.Index([called[i] for i in labels.table.index], name="id", dtype=object)
        return replace(labels, table=labels.table.set_axis(index), problems=tuple(problems))
    table = labels.table
    by_name = dict(zip(table.index.str.split("_", n=1).str[1], table.index, strict=True))
    rows = {i: row if (row := field_id(i)) in table.index else by_name.get(i) for i in ids}
    known = {i: row for i, row in rows.items() if row is not None}
    if not known and len(rows):
        what = f"the list names none of the {len(rows)} fields, such as {next(iter(rows))}"
        raise CellocateError(what, where=path, mend="Files are named <plate>_<well>_<n>_<channel>.")
    by_id: dict[str, list[Problem]] = {}
    for problem in labels.problems:
        by_id.setdefault(problem.id, []).append(problem)
    problems = [*by_id.get("", ()), *(replace(p, id=i) for i, row in known.items() for p in by_id.get(row, ()))]
    own = table.loc[list(known.values())].set_axis(pd.Index(list(known), name="id", dtype=object))
    return replace(labels, table=own, problems=tuple(problems))


def is_image_list(path: Path) -> bool:
    """Whether a table has the columns of an image list of the atlas."""
    columns = set(read_columns(path, names=NAMES))
    return any(needed <= columns for needed in _COLUMNS)


def _problems(listed: ImageList, vocabulary: Vocabulary, path: Path) -> list[Problem]:
    what = "a row that names no image of the atlas"
    found = [_warning("", what, f"{path}, {row}", "Correct it.") for row in listed.faulty]
    if listed.repeated:
        what = f"rows that repeat a field ({listed.repeated})"
        found.append(_warning("", what, path, "The first of each counts."))
    for field, labels in listed.fields["labels"].items():
        words = listed.unknown_words.get(str(field))
        if words is None and labels is None:
            error = CellocateError("its labels are not known", where=path, mend="Leave it out.")
            found.append(Problem(str(field), "labels", error))
        elif words is not None:
            kind = f"{vocabulary.name} has no word for the location"
            what = f"{kind} '{', '.join(words)}'"
            mend = "Use another --vocabulary, such as subcell31"
            if labels is None:
                error = CellocateError(what, where=path, mend=f"{mend}, or leave it out.", kind=kind)
                found.append(Problem(str(field), "labels", error))
            else:
                found.append(
                    _warning(str(field), what, path, f"It is left out of the labels: {mend.lower()}, to keep it.", kind)
                )
    return found


def _warning(field: str, what: str, where: object, mend: str, kind: str = "") -> Problem:
    return Problem(field, "labels", CellocateError(what, where=where, mend=mend, kind=kind), "warning")

"""The Human Protein Atlas's lists (`IF-image.csv`, `kaggle_2021.tsv`) as label tables beside image files."""

from __future__ import annotations

from pathlib import Path

from cellocate.collection.atlas import read_list
from cellocate.collection.collection import Collection, Problem
from cellocate.collection.layouts.found import Found
from cellocate.collection.metadata import tidy
from cellocate.errors import CellocateError
from cellocate.tables import read_columns
from cellocate.vocabulary import Vocabulary

_FILES = ("IF-image.csv", "IF-image.csv.gz", "kaggle_2021.tsv", "kaggle_2021.tsv.gz")
_COLUMNS = ({"filename", "antibody", "locations"}, {"Image", "Label", "Label_idx"})


def table(folder: Path) -> Path | None:
    """The list in `folder`, where it has the atlas's name."""
    return next((folder / name for name in _FILES if (folder / name).is_file()), None)


def is_list(path: Path) -> bool:
    """Whether a table has the columns of the atlas's lists."""
    return any(columns <= set(read_columns(path)) for columns in _COLUMNS)


def read(folder: Path, name: str, found: Found, path: Path, vocabulary: Vocabulary | str | None) -> Collection:
    """The fields of a folder with what the list says of them.

    Files are named `<antibody>_<plate>_<well>_<n>`, or without the antibody, as on the website. Rows without files
    are passed over: a list names the whole atlas. A field whose locations the vocabulary cannot say has no labels.

    Raises:
        CellocateError: the list names none of the fields.
    """
    listed = read_list(path, vocabulary=vocabulary or "hpa28")
    said = tidy(listed.fields.drop(columns="address"), path)
    by_name = dict(zip(said.index.str.split("_", n=1).str[1], said.index, strict=True))
    rows = {i: i if i in said.index else by_name.get(i) for i in found.by_id}
    known = {i: row for i, row in rows.items() if row is not None}
    if not known:
        what = f"the list names none of the {len(rows)} fields, such as {next(iter(rows))}"
        raise CellocateError(what, where=path, mend="Files are named <plate>_<well>_<n>_<channel>.")
    fields = found.table()
    for column in said:
        values = said[column].loc[list(known.values())].set_axis(list(known)).reindex(fields.index)
        fields[column] = values.astype(object).where(values.notna(), None)
    unsaid = [i for i, labels in fields["labels"].items() if labels is None]
    problems = (*found.problems, *(_unlabelled(str(i), i in known, path) for i in unsaid))
    because = f"{found.because}; labels in {path.name}"
    return Collection(folder, name, fields, listed.vocabulary, problems, because)


def _unlabelled(field: str, listed: bool, path: Path) -> Problem:
    what = "locations that the vocabulary has no word for" if listed else "image files without a row"
    mend = "Use --vocabulary subcell31, or leave it out." if listed else "Leave it out."
    return Problem(field, "labels", CellocateError(what, where=path, mend=mend))

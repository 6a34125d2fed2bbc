"""Submissions to the 2018 challenge."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from cellocate.arrays import Bools
from cellocate.counted import counted
from cellocate.decision.probability_tables import write_predicted_labels
from cellocate.decision.submissions.sample import SubmissionContents, require_vocabulary
from cellocate.errors import CellocateError
from cellocate.files import new_file
from cellocate.tables import plain_rows, quoted
from cellocate.vocabulary import Vocabulary


def write_kaggle2018(
    path: str | Path, ids: Sequence[str], labels: Bools, vocabulary: Vocabulary, wanted: Sequence[str] | None = None
) -> None:
    """Write `Id,Predicted`, labels separated by spaces, and check it with `validate_kaggle2018`.

    Args:
        path: a CSV file.
        ids: of the fields.
        labels: predicted labels, shape (N, 28), bool.
        vocabulary: must be hpa28.
        wanted: the ids that the challenge requires; by default those of the fields.

    Raises:
        CellocateError: the vocabulary is another one, or a required field is missing.
    """
    require_vocabulary(vocabulary, 2018)
    with new_file(path) as aside:
        write_predicted_labels(aside, ids, labels)
        validate_kaggle2018(aside, ids if wanted is None else wanted)


def validate_kaggle2018(path: str | Path, ids: Sequence[str] | None = None) -> SubmissionContents:
    """Check a submission: the header, every id once and no other, labels 0 to 27 without repeats.

    Args:
        path: a CSV file, plain or gzipped.
        ids: that the challenge requires; without them any are accepted.

    Raises:
        CellocateError: at the first fault, with its line.
    """
    rows = plain_rows(path, "submission")
    _, columns = next(rows)
    if columns != ["Id", "Predicted"]:
        what = f"a submission without the header Id,Predicted: it has {quoted(','.join(columns))}"
        raise CellocateError(what, where=path, mend=_MEND)
    wanted, seen, counts = None if ids is None else set(ids), set[str](), Counter[int]()
    for line, row in rows:
        field, labels = row if len(row) == 2 else ("", "")
        what = ""
        if len(row) != 2:
            what = f"{len(row)} columns"
        elif not field:
            what = "a row without an id"
        elif wanted is not None and field not in wanted:
            what = f"unknown id {field!r}"
        elif field in seen:
            what = f"id {field!r} is repeated"
        elif not _are_labels(labels):
            what = f"labels {quoted(labels)} are not numbers from 0 to 27, each once, separated by single spaces"
        if what:
            raise CellocateError(f"a submission with a fault: {what}", where=f"{path}, line {line}", mend=_MEND)
        seen.add(field)
        counts.update(map(int, labels.split()))
    if lacking := (wanted or set()) - seen:
        missing = f"{counted(len(lacking), 'id')}, such as {min(lacking)}"
        raise CellocateError(f"a submission that lacks {missing}", where=path, mend=_MEND)
    return SubmissionContents(len(seen), None, counts)


_MEND = "Write it again with 'cellocate predict --format kaggle2018'."


def _are_labels(text: str) -> bool:
    parts = text.split(" ") if text else []
    numbers = [int(p) for p in parts if p.isascii() and p.isdigit() and str(int(p)) == p and int(p) < 28]
    return len(numbers) == len(parts) == len(set(numbers))

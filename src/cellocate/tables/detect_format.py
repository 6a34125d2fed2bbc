"""Detect the format of a text table: its separator, and row names as R writes them."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import islice
from typing import NamedTuple

_SEPARATORS = ",;\t"
_EXCELS = re.compile(r'"?sep=([,;\t|])"?\s*')  # a first line that tells Excel the separator
_SAMPLE = 20  # lines after the header
_HEADER = 100  # maximal lines of a header
_QUOTED = r'"[^"]*"'
# the default of R's write.table
_BLANKS_IN_HEADER = re.compile(rf"{_QUOTED}( {_QUOTED})*")
_BLANKS_IN_ROW = re.compile(rf'{_QUOTED}( ({_QUOTED}|[^\s"]+))+')


class TextFormat(NamedTuple):
    """The format of a text table.

    Args:
        lines: lines that were read to detect it.
        separator: separator of values.
        hint: whether the first line only tells Excel the separator.
        row_names: whether each row begins with a name that has no column in the header.
    """

    lines: list[str]
    separator: str
    hint: bool = False
    row_names: bool = False


def detect_format(lines: Iterator[str]) -> TextFormat:
    r"""Detect the format of a table by its header and the next rows.

    If the header has several separators, the one that splits the next rows alike is chosen.

    Example:
        >>> detect_format(iter(["Id;Target\n", "a;26,0\n"])).separator
        ';'
        >>> detect_format(iter(['"Id" "Target"\n', '"1" "a" "16 0"\n']))[1:]
        (' ', False, True)
    """
    head = _first_row(lines)
    if head and (excels := _EXCELS.fullmatch(head[0])):
        return TextFormat(head, excels[1], hint=True)
    more = list(islice(lines, _SAMPLE))
    read = [*head, *more]
    header, row = "".join(head).strip(), next((line.strip() for line in more if line.strip()), "")
    if _BLANKS_IN_HEADER.fullmatch(header) and _BLANKS_IN_ROW.fullmatch(row or header):
        return TextFormat(read, " ", row_names=_have_names(_split(read, " "), quoted=True))
    whole = None if len(more) < _SAMPLE else -1  # the last row may be cut
    parted = {separator: _split(read, separator)[:whole] for separator in _SEPARATORS}
    width = {separator: len(row) for separator in _SEPARATORS for row in _split(head, separator)[-1:]}
    found = [separator for separator in width if width[separator] > 1]
    quoted = header.startswith('"') and row.startswith('"')
    named = [s for s in found or width if _have_names(parted[s], quoted=quoted or s == "\t")]
    even = [separator for separator in found if all(len(row) == width[separator] for row in parted[separator])]
    separator = max(even or named or found or [","], key=lambda separator: width.get(separator, 0))
    return TextFormat(read, separator, row_names=separator in named)


def _first_row(lines: Iterator[str]) -> list[str]:
    head, quotes = [], 0
    for line in islice(lines, _HEADER):
        head.append(line)
        quotes += line.count('"')
        if quotes % 2 == 0 and line.strip(_SEPARATORS + '" \r\n'):
            break
    return head


def _split(lines: Iterable[str], separator: str) -> list[list[str]]:
    """The rows that are not blank, up to a broken one, which is reported when all are read."""
    rows: list[list[str]] = []
    with suppress(csv.Error):
        rows.extend(row for row in csv.reader(lines, delimiter=separator, skipinitialspace=True) if any(row))
    return rows


def _have_names(rows: list[list[str]], *, quoted: bool) -> bool:
    """Whether each row has one value more than the header, and all first values differ.

    Unquoted values may contain a separator that is not a tab: then the names must be numbers, in several rows.
    """
    if len(rows) < (2 if quoted else 3):
        return False
    header, *others = rows
    names = [row[0] for row in others]
    longer = all(len(row) == len(header) + 1 for row in others) and any(row[-1] for row in others)
    return longer and all(names) and len(set(names)) == len(names) and (quoted or all(map(str.isdigit, names)))

"""How a text file begins: what separates its values, and whether its rows have names, as R writes them."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import islice
from typing import NamedTuple

_SEPARATORS = ",;\t"
_EXCELS = re.compile(r'"?sep=([,;\t|])"?\s*')  # a first line by which Excel is told the separator
_LOOKED_AT = 20  # lines after the header
_HEADER = 100  # lines that a header may have
_QUOTED = r'"[^"]*"'
# what R's write.table writes unless it is asked for a separator
_BLANKS_IN_HEADER = re.compile(rf"{_QUOTED}( {_QUOTED})*")
_BLANKS_IN_ROW = re.compile(rf'{_QUOTED}( ({_QUOTED}|[^\s"]+))+')


class TextFormat(NamedTuple):
    """How a table begins.

    Args:
        lines: that were read to find it.
        separator: what stands between values.
        hint: whether the first line is none of the table, but tells Excel the separator.
        row_names: whether each row has a name before its values, and the header has none for it.
    """

    lines: list[str]
    separator: str
    hint: bool = False
    row_names: bool = False


def detect_format(lines: Iterator[str]) -> TextFormat:
    r"""How a table begins, by its header and the next rows.

    Where the header has several separators, it is the one that parts the next rows as it parts the header.

    Example:
        >>> detect_format(iter(["Id;Target\n", "a;26,0\n"])).separator
        ';'
        >>> detect_format(iter(['"Id" "Target"\n', '"1" "a" "16 0"\n']))[1:]
        (' ', False, True)
    """
    head = _first_row(lines)
    if head and (excels := _EXCELS.fullmatch(head[0])):
        return TextFormat(head, excels[1], hint=True)
    more = list(islice(lines, _LOOKED_AT))
    read = [*head, *more]
    header, row = "".join(head).strip(), next((line.strip() for line in more if line.strip()), "")
    if _BLANKS_IN_HEADER.fullmatch(header) and _BLANKS_IN_ROW.fullmatch(row or header):
        return TextFormat(read, " ", row_names=_have_names(_parted(read, " "), quoted=True))
    whole = None if len(more) < _LOOKED_AT else -1  # the last row may be cut
    parted = {separator: _parted(read, separator)[:whole] for separator in _SEPARATORS}
    width = {separator: len(row) for separator in _SEPARATORS for row in _parted(head, separator)[-1:]}
    found = [separator for separator in width if width[separator] > 1]
    quoted = header.startswith('"') and row.startswith('"')
    named = [s for s in found or width if _have_names(parted[s], quoted=quoted or s == "\t")]
    even = [separator for separator in found if all(len(row) == width[separator] for row in parted[separator])]
    separator = max(even or named or found or [","], key=lambda separator: width.get(separator, 0))
    return TextFormat(read, separator, row_names=separator in named)


def _first_row(lines: Iterator[str]) -> list[str]:
    """The lines up to the end of the first row that is not blank."""
    head, quotes = [], 0
    for line in islice(lines, _HEADER):
        head.append(line)
        quotes += line.count('"')
        if quotes % 2 == 0 and line.strip(_SEPARATORS + '" \r\n'):
            break
    return head


def _parted(lines: Iterable[str], separator: str) -> list[list[str]]:
    """The rows that are not blank, up to one that is broken: whoever reads them all will say why."""
    rows: list[list[str]] = []
    with suppress(csv.Error):
        rows.extend(row for row in csv.reader(lines, delimiter=separator, skipinitialspace=True) if any(row))
    return rows


def _have_names(rows: list[list[str]], *, quoted: bool) -> bool:
    """Whether each row has one value more than the header, the first of them all different.

    Where values are not quoted and do not stand between tabs, one may hold a separator: the names must be numbers, and
    several.
    """
    if len(rows) < (2 if quoted else 3):
        return False
    header, *others = rows
    names = [row[0] for row in others]
    longer = all(len(row) == len(header) + 1 for row in others) and any(row[-1] for row in others)
    return longer and all(names) and len(set(names)) == len(names) and (quoted or all(map(str.isdigit, names)))

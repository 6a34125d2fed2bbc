"""Rows of text files whose values stand between commas, semicolons or tabs."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from pathlib import Path

from cellocate.errors import CellocateError
from cellocate.tables.text import FOREIGN, UNREADABLE, lines_of, shortened, shown

Row = tuple[int, list[str]]

_SEPARATORS = ",;\t"
_EXCELS = re.compile(r'"?sep=([,;\t|])"?\s*')  # a first line by which Excel is told the separator
_LOOKED_AT = 20  # lines after the header, where several separators occur in it
_HEADER = 100  # lines that a header may have
_MEND = "Save it as UTF-8 CSV."


def separated_rows(
    path: Path, longest: int, separator: str | None = None, encoding: str | None = None
) -> Iterator[Row]:
    """Line and values of each row of a text file, as they stand there.

    Args:
        path: the file, plain or gzipped.
        longest: characters of a value from which on it is taken for no table.
        separator: what stands between values; found from the first rows, unless given.
        encoding: as of `lines_of`.

    Raises:
        CellocateError: it is not UTF-8 (or UTF-16 with its mark), or quotation marks stand where they cannot.
    """
    before, last = csv.field_size_limit(longest), 0
    try:
        with lines_of(path, encoding) as lines:
            head = _first_row(lines)
            excels = _EXCELS.fullmatch(head[0]) if head and separator is None else None
            if excels:
                separator = excels[1]
            elif separator is None:
                separator, head = _separator(head, lines)
            reader = csv.reader(chain(head, lines), delimiter=separator, strict=True)
            for row in islice(reader, 1 if excels else 0, None):
                last = reader.line_num
                yield last, row
    except csv.Error as error:
        raise _broken(path, last + 1, str(error), encoding) from None
    except UnicodeDecodeError:
        raise _not_utf8(path, longest) from None
    except UNREADABLE as error:
        raise CellocateError(f"not a CSV table ({error})", where=path, mend=_MEND) from None
    finally:
        csv.field_size_limit(before)


def _first_row(lines: Iterator[str]) -> list[str]:
    """The lines up to the end of the first row that is not blank."""
    head, quotes = [], 0
    for line in islice(lines, _HEADER):
        head.append(line)
        quotes += line.count('"')
        if quotes % 2 == 0 and line.strip(_SEPARATORS + '" \r\n'):
            break
    return head


def _separator(head: list[str], lines: Iterator[str]) -> tuple[str, list[str]]:
    """What separates the values, and all lines that were read to find it.

    Where the header has several separators, it is the one that parts the next rows as it parts the header.
    """
    columns = {separator: len(row) for separator in _SEPARATORS for row in _parted(head, separator)[-1:]}
    found = [separator for separator, count in columns.items() if count > 1]
    if len(found) < 2:
        return (found or [","])[0], head
    more = list(islice(lines, _LOOKED_AT))
    whole = None if len(more) < _LOOKED_AT else -1  # the last row may be cut
    parted = {separator: _parted([*head, *more], separator)[:whole] for separator in found}
    even = [separator for separator in found if all(len(row) == columns[separator] for row in parted[separator])]
    return max(even or found, key=lambda separator: columns[separator]), [*head, *more]


def _parted(lines: Iterable[str], separator: str) -> Sequence[list[str]]:
    """The rows that are not blank."""
    return [row for row in csv.reader(lines, delimiter=separator) if any(row)]


def _broken(path: Path, line: int, reason: str, encoding: str | None) -> CellocateError:
    with lines_of(path, encoding) as lines:
        text = next(islice(lines, line - 1, None), "").strip()
    if "unexpected end" in reason or "field larger" in reason:
        reason = "a quotation mark that is not closed"
    return CellocateError(f"not a CSV table ({reason}): {shown(text)}", where=f"{path}, line {line}", mend=_MEND)


def _not_utf8(path: Path, longest: int) -> CellocateError:
    """The error of a file in another encoding, with the first text that shows it, as Windows-1252 would have it."""
    mend = "Save it as UTF-8; in Excel, as 'CSV UTF-8'."
    try:
        rows = list(separated_rows(path, longest, encoding=FOREIGN))
    except CellocateError:
        rows = []
    columns = next((row for _, row in rows if any(row)), [])
    for line, row in rows:
        for at, text in enumerate(row):
            if not _could_be_utf8(text):
                column = f", column {shortened(columns[at].strip())}" if at < len(columns) else ""
                what = f"not a CSV table (it is not UTF-8; as Windows-1252 it has {shown(text)})"
                return CellocateError(what, where=f"{path}, line {line}{column}", mend=mend)
    return CellocateError("not a CSV table (it is not UTF-8)", where=path, mend=mend)


def _could_be_utf8(text: str) -> bool:
    try:
        text.encode(FOREIGN).decode()
    except UnicodeError:
        return False
    return True

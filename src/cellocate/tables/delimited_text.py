"""Rows of text tables, separated by commas, semicolons, tabs, or (from R) blanks."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from pathlib import Path

from cellocate.errors import CellocateError
from cellocate.tables.detect_format import TextFormat, detect_format
from cellocate.tables.text import FOREIGN, UNREADABLE, lines_of, quoted, shortened

Row = tuple[int, list[str]]

_MEND = "Save it as UTF-8 CSV."


def separated_rows(
    path: Path, longest: int, separator: str | None = None, encoding: str | None = None
) -> Iterator[Row]:
    """Line number and raw values of each row of a text file.

    Args:
        path: the file, plain or gzipped.
        longest: maximal characters of a value.
        separator: separator of values; detected by default.
        encoding: as for `lines_of`.

    Raises:
        CellocateError: it is not UTF-8 (or UTF-16 with byte order mark), or quotation marks are misplaced.
    """
    before, last = csv.field_size_limit(longest), 0
    try:
        with lines_of(path, encoding) as lines:
            begin = TextFormat([], separator) if separator is not None else detect_format(lines)
            text: Iterator[str] = chain(begin.lines, lines)
            if separator is None:
                text = _tidied(text, begin.separator)
            reader = csv.reader(text, delimiter=begin.separator, strict=True, skipinitialspace=separator is None)
            unnamed = begin.row_names
            for row in islice(reader, 1 if begin.hint else 0, None):
                last = reader.line_num
                if unnamed and any(row):
                    row, unnamed = ["", *row], False  # the header of R's other functions
                yield last, row
    except csv.Error as error:
        raise _broken(path, last + 1, str(error), encoding) from None
    except UnicodeDecodeError:
        raise _not_utf8(path, longest) from None
    except UNREADABLE as error:
        raise CellocateError(f"not a CSV table ({error})", where=path, mend=_MEND) from None
    finally:
        csv.field_size_limit(before)


def _tidied(lines: Iterable[str], separator: str) -> Iterator[str]:
    """Remove blanks after closing quotation marks, and unwrap `="007"`, which keeps zeros in Excel."""
    formula = re.compile(rf"(^|(?<=[{separator}])) *(?:=\"([^\"]*)\"|\"=\"\"([^\"]*)\"\"\") *(?=[{separator}\r\n]|$)")
    inside = False
    for line in lines:
        if '="' in line:
            line = formula.sub(lambda match: f'"{match[2] or match[3] or ""}"', line)
        if '"' in line and separator != " ":
            line, inside = _without_blanks(line, separator, inside)
        yield line


def _without_blanks(line: str, separator: str, inside: bool) -> tuple[str, bool]:
    """Remove blanks after closing quotation marks; also return whether the line ends within a quotation."""
    first, *others = line.split('"')
    kept, before = [first], first.strip(" ")
    for place, part in enumerate(others, start=1):
        closes = inside
        inside = not inside and (not before or before.endswith(separator))
        before = part.strip(" ")
        ends = before.startswith((separator, "\r", "\n")) or (not before and place == len(others))
        kept.append(part.lstrip(" ") if closes and ends else part)
    return '"'.join(kept), inside


def _broken(path: Path, line: int, reason: str, encoding: str | None) -> CellocateError:
    with lines_of(path, encoding) as lines:
        text = next(islice(lines, line - 1, None), "").strip()
    if "unexpected end" in reason or "field larger" in reason:
        reason = "a quotation mark that is not closed"
    return CellocateError(f"not a CSV table ({reason}): {quoted(text)}", where=f"{path}, line {line}", mend=_MEND)


def _not_utf8(path: Path, longest: int) -> CellocateError:
    """The error for another encoding, with the first affected text as Windows-1252."""
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
                what = f"not a CSV table (it is not UTF-8; as Windows-1252 it has {quoted(text)})"
                return CellocateError(what, where=f"{path}, line {line}{column}", mend=mend)
    return CellocateError("not a CSV table (it is not UTF-8)", where=path, mend=mend)


def _could_be_utf8(text: str) -> bool:
    try:
        text.encode(FOREIGN).decode()
    except UnicodeError:
        return False
    return True

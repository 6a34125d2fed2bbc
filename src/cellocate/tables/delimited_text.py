"""Rows of text files whose values stand between commas, semicolons, tabs, or as R writes them, blanks."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from pathlib import Path

from cellocate.errors import CellocateError
from cellocate.tables.text import FOREIGN, UNREADABLE, lines_of, quoted, shortened
from cellocate.tables.text_format import TextFormat, detect_format

Row = tuple[int, list[str]]

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
            begin = TextFormat([], separator) if separator is not None else detect_format(lines)
            text: Iterator[str] = chain(begin.lines, lines)
            if separator is None:
                text = _tidied(text, begin.separator)
            reader = csv.reader(text, delimiter=begin.separator, strict=True, skipinitialspace=separator is None)
            unnamed = begin.row_names
            for row in islice(reader, 1 if begin.hint else 0, None):
                last = reader.line_num
                if unnamed and any(row):
                    row, unnamed = ["", *row], False  # as R's other functions write the header
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
    """Lines without blanks after a closing quotation mark, and with `="007"`, as Excel keeps zeros, as text."""
    formula = re.compile(rf"(^|(?<=[{separator}])) *(?:=\"([^\"]*)\"|\"=\"\"([^\"]*)\"\"\") *(?=[{separator}\r\n]|$)")
    inside = False
    for line in lines:
        if '="' in line:
            line = formula.sub(lambda match: f'"{match[2] or match[3] or ""}"', line)
        if '"' in line and separator != " ":
            line, inside = _without_blanks(line, separator, inside)
        yield line


def _without_blanks(line: str, separator: str, inside: bool) -> tuple[str, bool]:
    """A line without blanks after closing quotation marks; and whether its end lies inside of quotation marks."""
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
                what = f"not a CSV table (it is not UTF-8; as Windows-1252 it has {quoted(text)})"
                return CellocateError(what, where=f"{path}, line {line}{column}", mend=mend)
    return CellocateError("not a CSV table (it is not UTF-8)", where=path, mend=mend)


def _could_be_utf8(text: str) -> bool:
    try:
        text.encode(FOREIGN).decode()
    except UnicodeError:
        return False
    return True

"""Read lines of text files in any encoding with a byte order mark, in Unicode's normal form C."""

from __future__ import annotations

import codecs
import gzip
import unicodedata
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path

from cellocate.errors import CellocateError

FOREIGN = "cp1252"
"""Excel's default encoding in Western Europe and America."""

UNREADABLE = (OSError, EOFError, zlib.error)
"""Errors while reading a file that is cut short or no gzip."""

_GZIP = b"\x1f\x8b"
_MARKS = (  # the mark of UTF-32 begins with that of UTF-16
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_INVISIBLE = dict.fromkeys((0x200B, 0xFEFF))  # blanks without width, from web pages or a second byte order mark
_SHOWN = 60


def normalised(text: str) -> str:
    r"""Ids and names in the form in which they are compared: NFC, stripped.

    macOS writes `ä` in file names as two characters, `a` and a combining mark (NFD); most tables have one (NFC).

    Example:
        >>> normalised(" Pra\u0308p_1 ") == "Pr\u00e4p_1"
        True
    """
    return text.strip() if text.isascii() else unicodedata.normalize("NFC", text).strip()


def quoted(text: str) -> str:
    """Text from a file for an error message: in quotes, on one line, shortened.

    Example:
        >>> quoted("Golgi"), len(quoted("x" * 999))
        ("'Golgi'", 63)
    """
    return repr(shortened(text))


def shortened(text: str) -> str:
    """Text shortened for an error message."""
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def first_bytes(path: Path, count: int = 4) -> bytes:
    """The first bytes of a file."""
    with path.open("rb") as file:
        return file.read(count)


@contextmanager
def lines_of(path: Path, encoding: str | None = None) -> Iterator[Iterator[str]]:
    """The lines of a text file (plain or gzipped), each with its end, in normal form C.

    Args:
        path: the file.
        encoding: by default UTF-16 or UTF-32 with a byte order mark, or else UTF-8. `FOREIGN` accepts any bytes.

    Raises:
        CellocateError: it holds bytes that text never has.
        UnicodeDecodeError: it has another encoding; raised while lines are read, as are `UNREADABLE`.
    """
    opened = gzip.open if first_bytes(path, 2) == _GZIP else open
    with opened(path, "rb") as binary:
        head = binary.read(4096)
        marked = next((name for mark, name in _MARKS if head.startswith(mark)), None)
        if marked is None and b"\0" in head:  # perhaps no line break for gigabytes
            raise no_text(path)
        binary.seek(0)
        errors = "replace" if encoding == FOREIGN else "strict"
        with TextIOWrapper(binary, encoding or marked or "utf-8-sig", errors, newline="") as file:
            yield (_line(line, path) for line in file)


def text_lines(path: str | Path) -> Iterator[tuple[int, str]]:
    """Number and stripped text of each line of a list.

    Raises:
        CellocateError: it cannot be read as text.
    """
    number = 0
    try:
        with lines_of(Path(path)) as lines:
            for number, line in enumerate(lines, start=1):  # used below
                yield number, line.strip()
    except UnicodeDecodeError:
        where = f"{path}, after line {number}"
        raise CellocateError("a list that is not UTF-8", where=where, mend="Save it as UTF-8.") from None
    except UNREADABLE as error:
        raise CellocateError(f"a list that cannot be read ({error})", where=path, mend="Write it again.") from None


def no_text(path: Path) -> CellocateError:
    """The error for a file with zero bytes."""
    return CellocateError("not a CSV table (it has zero bytes)", where=path, mend="Save it as UTF-8 CSV.")


def _line(line: str, path: Path) -> str:
    if "\0" in line:
        raise no_text(path)
    return line if line.isascii() else unicodedata.normalize("NFC", line.translate(_INVISIBLE))

"""Errors in a user's data or request, and warnings about results."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial


class CellocateError(Exception):
    """An error in a user's data or request: what is wrong, where, and how to fix it.

    The command line prints it in one line, with unprintable characters escaped, and exits with 1.

    Args:
        what: the fault.
        where: the file, row or option at fault.
        mend: what to do about it, as a sentence.
        kind: the fault without details of the field, by which faults of many fields are grouped; `what` if empty.

    Example:
        >>> print(CellocateError("no images found", where="plates/", mend="Give a folder with PNG files."))
        no images found: plates/. Give a folder with PNG files.
        >>> CellocateError("unknown label 28", kind="unknown label").kind
        'unknown label'
    """

    def __init__(self, what: str, *, where: object = None, mend: str = "", kind: str = "") -> None:
        self.what, self.where, self.mend, self.kind = what, where, mend, kind or what
        place = "" if where is None else f": {where}"
        super().__init__(_shown(f"{what}{place}." + (f" {mend}" if mend else "")))

    def at(self, where: object) -> CellocateError:
        """The same error at another, or a more exact, place."""
        return CellocateError(self.what, where=where, mend=self.mend, kind=self.kind)

    def __reduce__(self) -> tuple[Callable[[], CellocateError], tuple[()]]:
        """Pickle it with all arguments, so that it survives worker processes."""
        return partial(CellocateError, self.what, where=self.where, mend=self.mend, kind=self.kind), ()


class CellocateWarning(UserWarning):
    """What a user should know about a result before relying on it."""


def _shown(text: str) -> str:
    return text if text.isprintable() else "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)

"""The one error that a user's data or request can cause."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial


class CellocateError(Exception):
    """What is wrong, where, and how to mend it; the command line shows it as one line and exits with 1.

    Args:
        what: the fault, in plain words.
        where: the file, row or option at fault.
        mend: what to do about it, as a sentence.

    Example:
        >>> print(CellocateError("no images found", where="plates/", mend="Give a folder with PNG files."))
        no images found: plates/. Give a folder with PNG files.
    """

    def __init__(self, what: str, *, where: object = None, mend: str = "") -> None:
        self.what, self.where, self.mend = what, where, mend
        place = "" if where is None else f": {where}"
        message = f"{what}{place}." + (f" {mend}" if mend else "")
        super().__init__(" ".join(message.splitlines()))  # names may have line breaks

    def __reduce__(self) -> tuple[Callable[[], CellocateError], tuple[()]]:
        """How it comes out of a worker process: as it was raised."""
        return partial(CellocateError, self.what, where=self.where, mend=self.mend), ()

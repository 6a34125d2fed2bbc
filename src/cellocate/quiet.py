"""Silence the log of other libraries while cellocate calls them."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

_LOCK = Lock()
_HELD: dict[str, tuple[int, int]] = {}  # by logger: its own level, and the number of calls that silence it


@contextmanager
def quiet(*libraries: str, level: int = logging.ERROR) -> Iterator[None]:
    """Raise the level of loggers, and restore it when the last call in any thread has ended.

    Example:
        >>> logging.getLogger("tifffile").setLevel(logging.INFO)
        >>> with quiet("tifffile"):
        ...     logging.getLogger("tifffile").level == logging.ERROR
        True
        >>> logging.getLogger("tifffile").level == logging.INFO
        True
    """
    for library in libraries:
        logger = logging.getLogger(library)
        with _LOCK:
            own, calls = _HELD.get(library, (logger.level, 0))
            _HELD[library] = own, calls + 1
            logger.setLevel(level)
    try:
        yield
    finally:
        for library in libraries:
            with _LOCK:
                own, calls = _HELD.pop(library)
                if calls > 1:
                    _HELD[library] = own, calls - 1
                else:
                    logging.getLogger(library).setLevel(own)

"""A lock file next to a folder, so that only one process writes to the folder."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from cellocate.errors import CellocateError
from cellocate.files import make_parents, refuse_closed


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep other processes out of a folder, with a lock file `.<name>.lock` next to it.

    The file names the process and its machine. A lock that a killed process of this machine left is taken over.

    Raises:
        CellocateError: another process, perhaps on another machine, writes to the folder.

    Example:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp()) / "store"
        >>> with locked(folder):
        ...     print([path.name for path in folder.parent.iterdir()])
        ['.store.lock']
        >>> list(folder.parent.iterdir())
        []
    """
    path = folder.with_name(f".{folder.name}.lock")
    refuse_closed(path)
    make_parents(path)
    _acquire(path, folder)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def _acquire(path: Path, folder: Path) -> None:
    held_by: list[str] = []
    for _ in range(2):
        try:
            with path.open("x", encoding="utf-8") as file:
                file.write(f"{os.getpid()} {socket.gethostname()}")
        except FileExistsError:
            with suppress(FileNotFoundError):  # the other process has just finished
                held_by = path.read_text(encoding="utf-8", errors="replace").split()
                if not _is_gone(held_by):
                    break
                path.unlink(missing_ok=True)
        else:
            return
    who = f"process {held_by[0]} of {held_by[1]}" if len(held_by) == 2 else "unknown"
    mend = f"Wait until it is done. If nothing runs there any more, remove {path}."
    raise CellocateError(f"another process writes to the folder ({who})", where=folder, mend=mend)


def _is_gone(held_by: list[str]) -> bool:
    if os.name != "posix" or len(held_by) != 2 or held_by[1] != socket.gethostname() or not held_by[0].isdecimal():
        return False
    if int(held_by[0]) == os.getpid():  # a restarted container reuses process numbers
        return True
    try:
        os.kill(int(held_by[0]), 0)
    except ProcessLookupError:
        return True
    except (PermissionError, OverflowError):
        pass  # another user's process, or not a process number
    return False

"""Long work into a folder, which a kill or a full disk does not undo."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cellocate.errors import CellocateError
from cellocate.files import DISK_FULL, MARKER, new_folder, sync, write_text
from cellocate.work.lock import locked

REQUEST = "request.json"


@contextmanager
def resumable(
    out: Path,
    work: str,
    request: Mapping[str, Any],
    *,
    noun: str,
    resume: bool,
    overwrite: bool,
    inputs: Iterable[str | Path | None] = (),
) -> Iterator[None]:
    """Begin work into a folder, or go on with it; nobody else writes there meanwhile.

    Args:
        out: the folder, whole path.
        work: name of the folder in it that is there until the work is finished.
        request: what must be the same when it is resumed.
        noun: what is made.
        resume: go on with what was begun. What a killed run left half-written is cleared away.
        overwrite: replace what is in the folder.
        inputs: files and folders that are read, and never replaced.

    Raises:
        CellocateError: there is nothing to resume, or what was begun with another request; the folder is in use, or
            the disk full.
    """
    begun = out / work / REQUEST
    if begun.is_file() and not (resume or overwrite):
        mend = "Go on with it by --resume, or start anew with --overwrite."
        raise CellocateError(f"the folder holds an unfinished {noun}", where=out, mend=mend)
    with _full_disks_reported(out), locked(out):
        if resume:
            _see_same(begun, request, out, noun)
            for aside in out.rglob(".*"):
                if aside.name != MARKER:
                    aside.unlink(missing_ok=True)
        else:
            with new_folder(out, overwrite=overwrite, inputs=inputs) as aside:
                write_text(aside / work / REQUEST, json.dumps(request) + "\n")
            sync(begun, begun.parent, out / MARKER, out, out.parent)
        yield


@contextmanager
def _full_disks_reported(out: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno not in DISK_FULL:
            raise
        mend = "Free some space and go on with --resume; nothing was lost."
        raise CellocateError("no room on the disk", where=out, mend=mend) from None


def _see_same(begun: Path, request: Mapping[str, Any], out: Path, noun: str) -> None:
    try:
        before = json.loads(begun.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise CellocateError(f"no {noun} to resume", where=out, mend="Start one without --resume.") from None
    changed = [name for name, value in request.items() if before.get(name) != value]
    if changed:
        mend = "Resume it with the data and options it was begun with, or start anew with --overwrite."
        raise CellocateError(f"this {noun} was begun with other {changed[0]}", where=out, mend=mend)

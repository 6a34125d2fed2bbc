"""Long work that writes to a folder and survives a kill or a full disk."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cellocate.errors import CellocateError
from cellocate.files import DISK_FULL, MARKER, new_folder, remove_unfinished_files, sync, write_text
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
    """Start work that writes to a folder, or resume it, and lock the folder meanwhile.

    Args:
        out: the folder, as an absolute path.
        work: name of the folder in it that exists until the work is finished.
        request: settings that must be the same when the work is resumed.
        noun: the product, such as "store", for messages.
        resume: continue unfinished work. Files that a killed run left half-written are removed.
        overwrite: replace the content of the folder.
        inputs: input files and folders, which are never replaced.

    Raises:
        CellocateError: there is nothing to resume, it was started with another request, the folder is in use, or the
            disk is full.
    """
    begun = out / work / REQUEST
    if begun.is_file() and not (resume or overwrite):
        mend = "Continue it with --resume, or start again with --overwrite."
        raise CellocateError(f"the folder holds an unfinished {noun}", where=out, mend=mend)
    with _full_disks_reported(out), locked(out):
        if resume:
            _check_request(begun, request, out, noun)
            remove_unfinished_files(out)
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
        mend = "Free some space, then continue with --resume; nothing was lost."
        raise CellocateError("no room on the disk", where=out, mend=mend) from None


def _check_request(begun: Path, request: Mapping[str, Any], out: Path, noun: str) -> None:
    try:
        before = json.loads(begun.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise CellocateError(f"no {noun} to resume", where=out, mend="Start one without --resume.") from None
    changed = [name for name, value in request.items() if before.get(name) != value]
    if changed:
        mend = "Resume it with the data and options it was started with, or start again with --overwrite."
        raise CellocateError(f"this {noun} was started with other {changed[0]}", where=out, mend=mend)

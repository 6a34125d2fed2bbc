"""The program `cellocate`: its commands, error messages and exit codes."""

from __future__ import annotations

import errno
import io
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

import cellocate
from cellocate.cli import (
    audit,
    cells,
    check,
    combine,
    decide,
    demo,
    download,
    embed,
    evaluate,
    explain,
    explore,
    neighbours,
    pack,
    predict,
    proteins,
    recipes,
    select,
    simulate,
    split,
    train,
)
from cellocate.cli.commands import Group, command
from cellocate.errors import CellocateError
from cellocate.files import DISK_FULL

app = typer.Typer(
    cls=Group,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
)
for each in (
    demo.demo,
    simulate.simulate,
    download.download,
    check.check,
    explore.explore,
    select.select,
    pack.pack,
    cells.cells,
    recipes.recipes,
    split.split,
    train.train,
    combine.combine,
    predict.predict,
    proteins.proteins,
    evaluate.evaluate,
    explain.explain,
    embed.embed,
    neighbours.neighbours,
    audit.audit,
):
    command(app)(each)
app.add_typer(decide.app, name="decide")

_SIGNALLED = 128  # plus the number of the signal: the exit code, as in shells
_INTERRUPTED = _SIGNALLED + signal.SIGINT
_ENDING = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]  # Windows has no SIGHUP
_NOT_ALLOWED = {errno.EACCES, errno.EPERM, errno.EROFS}


def _version(wanted: bool) -> None:
    if wanted:
        print(f"cellocate {cellocate.__version__}")
        raise typer.Exit


@app.callback()
def cellocate_(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Where in the cell is the protein? Fluorescence microscope images → protein locations.

    Start with [bold]cellocate demo[/bold]. If you have images, start with [bold]cellocate check FOLDER[/bold].
    """


def main() -> None:
    """Run the command line.

    Exit codes: 0 success; 1 an error in the data or the request; 2 wrong usage; 130 after Ctrl-C; 143 after SIGTERM
    (`kill`, `timeout`, a queue); 129 after SIGHUP (a closed terminal). Every exit cleans up.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # file names need not be valid text
    _let_threads_sleep()
    try:
        with _terminated_as_interrupted() as terminated:
            app()
    except CellocateError as error:
        _fail(str(error))
    except SystemExit as stop:
        if stop.code == _INTERRUPTED:  # typer's answer to Ctrl-C
            print("interrupted", file=sys.stderr)
            sys.exit(_SIGNALLED + terminated[0] if terminated else _INTERRUPTED)
        raise
    except OSError as error:
        if error.errno in DISK_FULL:
            _fail(f"no room on the disk{_place(error)}. Free some space or write elsewhere. No earlier file was lost.")
        if error.errno in _NOT_ALLOWED:
            _fail(f"permission denied{_place(error)}. Choose another place, or change its permissions.")
        raise


def _let_threads_sleep() -> None:
    """Let OpenMP's threads sleep while they wait for each other (docs/decisions/0041), unless the user set otherwise.

    OpenMP reads this once, when it is loaded, which has not happened yet.
    """
    if not {"OMP_WAIT_POLICY", "GOMP_SPINCOUNT"} & set(os.environ):
        os.environ["OMP_WAIT_POLICY"] = "PASSIVE"


@contextmanager
def _terminated_as_interrupted() -> Iterator[list[int]]:
    """Let SIGTERM and SIGHUP interrupt like Ctrl-C; yields a list that receives the signal."""
    received: list[int] = []

    def interrupt(number: int, _frame: object) -> None:
        received.append(number)
        for ending in handled:
            signal.signal(ending, signal.SIG_IGN)  # a second signal must not disturb the clean-up
        raise KeyboardInterrupt

    handled = []
    if threading.current_thread() is threading.main_thread():
        # keep handlers of other programs, and the ignored SIGHUP of nohup
        handled = [ending for ending in _ENDING if signal.getsignal(ending) == signal.SIG_DFL]
    for ending in handled:
        signal.signal(ending, interrupt)
    try:
        yield received
    finally:
        for ending in handled:
            signal.signal(ending, signal.SIG_DFL)


def _place(error: OSError) -> str:
    return f": {error.filename}" if error.filename else ""


def _fail(message: str) -> None:
    print(f"error: {message}", file=sys.stderr)
    sys.exit(1)

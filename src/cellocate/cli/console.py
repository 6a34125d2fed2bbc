"""What commands share to talk to the user: results on standard output, progress and notes on standard error."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cellocate.collection import Problem

_SHOWN = 10


def note(text: str) -> None:
    """Say something that is not the result."""
    print(f"note: {text}", file=sys.stderr)


def note_skipped(problems: Sequence[Problem]) -> None:
    """Name the fields that were left out."""
    for problem in problems[:_SHOWN]:
        note(f"skipped {problem.id}: {problem.error}")
    if len(problems) > _SHOWN:
        note(f"skipped {len(problems) - _SHOWN} more; 'cellocate check' lists them")


@contextmanager
def progress(what: str, total: int) -> Iterator[Callable[[int], object]]:
    """A bar on the terminal (nothing elsewhere), moved on by calling what this gives with a count."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(what, total=total)
        yield lambda count: bar.advance(task, count)

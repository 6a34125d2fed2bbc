"""What commands share to talk to the user: results on standard output, progress and notes on standard error."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cellocate.cells.masks import CellMasks
    from cellocate.networks import ModelCard


def note(text: str) -> None:
    """Say something that is not the result."""
    print(f"note: {text}", file=sys.stderr)


def notes_on_masks(masks: CellMasks) -> None:
    """Print how the masks that were read had to be understood, once for each kind."""
    from cellocate.cells.notes import as_sentences, notes_of_a_kind

    for text in as_sentences(notes_of_a_kind(masks.notes)):
        note(text)


def resuming(arguments: list[str]) -> str:
    """The command that continues the run: the same, without what the run itself remembers."""
    kept, remembered = [], {"--recipe", "--set", "--split", "--fold"}
    for before, argument in zip(["", *arguments], arguments, strict=False):
        name = argument.partition("=")[0]
        if before not in remembered and name not in (*remembered, "--overwrite", "--resume"):
            kept.append(argument)
    return shlex.join(["cellocate", *kept, "--resume"])


@contextmanager
def resumable(begun: Path | None = None) -> Iterator[None]:
    """Work that can be continued: Ctrl-C says how, where the file `begun` (if one is named) is there already."""
    try:
        yield
    except KeyboardInterrupt:
        if begun is None or begun.is_file():
            print(f"continue with: {resuming(sys.argv[1:])}", file=sys.stderr)
        raise


def validation(card: ModelCard) -> str:
    """What a model scored on the validation part, in a line; empty where it was not measured."""
    if not (scores := card.scores.get("validation")):
        return ""
    fitted = "" if card.rule.kind in ("fixed", "best") else "; its thresholds were fitted on the same fields"
    return (
        f"validation (n = {scores['n']}{fitted}): macro F1 {scores['macro_f1']:.3f}, "
        f"macro average precision {scores['macro_average_precision'] or 0:.3f}"
    )


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

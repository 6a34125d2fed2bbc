"""What commands share to talk to the user: results on standard output, progress and notes on standard error."""

from __future__ import annotations

import shlex
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cellocate.cells.masks import CellMasks
    from cellocate.networks import ModelCard


SECONDS = 30.0
"""Between two lines of progress where there is no terminal."""


def note(text: str) -> None:
    """Say something that is not the result."""
    print(f"note: {text}", file=sys.stderr)


def notes_on_masks(masks: CellMasks) -> None:
    """Print how the masks that were read had to be understood, once for each kind."""
    from cellocate.cells.notes import as_sentences, notes_of_a_kind

    for text in as_sentences(notes_of_a_kind(masks.notes)):
        note(text)


def resume_command(arguments: list[str]) -> str:
    """The command that continues the run: the same, without what the run itself remembers."""
    kept, remembered = [], {"--recipe", "--set", "--split", "--fold"}
    for before, argument in zip(["", *arguments], arguments, strict=False):
        name = argument.partition("=")[0]
        if before not in remembered and name not in (*remembered, "--overwrite", "--resume"):
            kept.append(argument)
    return shlex.join(["cellocate", *kept, "--resume"])


@contextmanager
def repeatable() -> Iterator[None]:
    """Work that cannot be continued: Ctrl-C and SIGTERM say how to start it again."""
    try:
        yield
    except KeyboardInterrupt:
        again = [*(argument for argument in sys.argv[1:] if argument != "--overwrite"), "--overwrite"]
        print(f"start again with: {shlex.join(['cellocate', *again])}", file=sys.stderr)
        raise


@contextmanager
def resumable(begun: Path | None = None) -> Iterator[None]:
    """Work that can be continued: Ctrl-C and SIGTERM say how, where the file `begun` (if one is named) exists."""
    try:
        yield
    except KeyboardInterrupt:
        if begun is None or begun.is_file():
            print(f"continue with: {resume_command(sys.argv[1:])}", file=sys.stderr)
        raise


def show_validation(card: ModelCard) -> None:
    """Print what a model scored on the validation part, and note why its scores or its rule are not to be relied on."""
    from cellocate.decision import UNCOMPARED, RuleComparison, doubts, in_words
    from cellocate.evaluation import SMALL

    if not (scores := card.scores.get("validation")):
        note("no validation fields: nothing shows how good the model is, and its decision rule was not fitted")
        return
    fitted = "" if card.rule.kind in ("fixed", "argmax") else "; its thresholds were fitted on the same fields"
    print(
        f"validation (n = {scores['n']}{fitted}): macro F1 {scores['macro_f1']:.3f}, "
        f"macro average precision {scores['macro_average_precision'] or 0:.3f}"
    )
    if rules := scores.get("rules"):
        names = [location.name for location in card.locations]
        for line in in_words(RuleComparison.model_validate(rules), names, card.unit or "field"):
            print(line)
    elif "rules" in scores:
        print(UNCOMPARED)
    if scores["n"] < SMALL:
        note(f"n = {scores['n']}: these scores say little, as one field more or less can change them all")
    if (doubt := doubts(card.rule, scores.get("marked_per_field", 0.0))) is not None:
        note(doubt)


@contextmanager
def progress(what: str, total: int) -> Iterator[Callable[[int], object]]:
    """Show how far long work is and how much time is left; call what this gives with a count that was done.

    A terminal has a bar; elsewhere, as in a log, there is a plain line on standard error every half a minute.
    """
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    if not console.is_terminal:
        yield _Lines(what, total).advance
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(what, total=total)
        yield lambda count: bar.advance(task, count)


class _Lines:
    """Progress as lines of text, the first after `SECONDS`: short work needs none."""

    def __init__(self, what: str, total: int) -> None:
        self.what, self.total, self.done = what, total, 0
        self.began = self.said = time.monotonic()
        self.lock = threading.Lock()  # fields may be read by several threads

    def advance(self, count: int) -> None:
        with self.lock:
            self.done += count
            now = time.monotonic()
            if now - self.said < SECONDS or self.done >= self.total:
                return
            self.said = now
            left = timedelta(seconds=round((now - self.began) / self.done * (self.total - self.done)))
        print(f"{self.what}: {self.done:,} of {self.total:,}, about {left} left", file=sys.stderr, flush=True)

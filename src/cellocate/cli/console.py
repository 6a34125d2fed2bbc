"""Print notes and progress to standard error, and what commands have in common to say."""

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
    from cellocate.cells.masks import MaskFolder
    from cellocate.networks import ModelCard

SECONDS = 30.0
"""Between two lines of progress where there is no terminal."""


def note(*texts: str) -> None:
    """Print notes, which are no part of the result."""
    for text in texts:
        print(f"note: {text}", file=sys.stderr)


def notes_on_masks(masks: MaskFolder) -> None:
    """Print how the masks were read, one note for each kind of thing."""
    from cellocate.cells.field_notes import format_notes, group_notes

    note(*format_notes(group_notes(masks.notes)))


def resume_command(arguments: list[str]) -> str:
    """The command that continues a run: the same, without the options that the run has saved."""
    kept, remembered = [], {"--recipe", "--set", "--split", "--fold"}
    for before, argument in zip(["", *arguments], arguments, strict=False):
        name = argument.partition("=")[0]
        if before not in remembered and name not in (*remembered, "--overwrite", "--resume"):
            kept.append(argument)
    return shlex.join(["cellocate", *kept, "--resume"])


@contextmanager
def repeatable() -> Iterator[None]:
    """Work that cannot be continued: after Ctrl-C or SIGTERM, print the command that starts it again."""
    try:
        yield
    except KeyboardInterrupt:
        again = [*(argument for argument in sys.argv[1:] if argument != "--overwrite"), "--overwrite"]
        print(f"start again with: {shlex.join(['cellocate', *again])}", file=sys.stderr)
        raise


@contextmanager
def resumable(begun: Path | None = None) -> Iterator[None]:
    """Work that can be continued: after Ctrl-C or SIGTERM, print the command, unless the file `begun` is missing."""
    try:
        yield
    except KeyboardInterrupt:
        if begun is None or begun.is_file():
            print(f"continue with: {resume_command(sys.argv[1:])}", file=sys.stderr)
        raise


def show_validation(card: ModelCard) -> None:
    """Print a model's scores on the validation part, and note why its scores or its rule may be unreliable."""
    from cellocate.decision import RuleComparison, rule_warning
    from cellocate.decision.choose_rule import NOT_COMPARED
    from cellocate.decision.rule_comparison import describe_comparison
    from cellocate.evaluation import SMALL

    if not (scores := card.scores.get("validation")):
        note("there are no validation fields, so the model was not tested and its decision rule was not fitted")
        return
    fitted = "" if card.rule.kind in ("fixed", "argmax") else "; its thresholds were fitted on the same fields"
    print(
        f"validation (n = {scores['n']}{fitted}): macro F1 {scores['macro_f1']:.3f}, "
        f"macro average precision {scores['macro_average_precision'] or 0:.3f}"
    )
    if rules := scores.get("rules"):
        names = [location.name for location in card.locations]
        for line in describe_comparison(RuleComparison.model_validate(rules), names, card.unit or "field"):
            print(line)
    elif "rules" in scores:
        print(NOT_COMPARED)
    if scores["n"] < SMALL:
        note(f"n = {scores['n']}: these scores are unreliable; one field more or less can change them all")
    if (doubt := rule_warning(card.rule, scores.get("marked_per_field", 0.0))) is not None:
        note(doubt)


@contextmanager
def progress(what: str, total: int) -> Iterator[Callable[[int], object]]:
    """Show the progress of long work and the time left: a bar in a terminal, else a line every half a minute.

    Yields:
        A function to call with the number of items that were just done.
    """
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    if not console.is_terminal:
        yield _ProgressLines(what, total).advance
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(what, total=total)
        yield lambda count: bar.advance(task, count)


class _ProgressLines:
    """Progress as lines of text, the first after `SECONDS`."""

    def __init__(self, what: str, total: int) -> None:
        self.what, self.total, self.done = what, total, 0
        self.began = self.printed = time.monotonic()
        self.lock = threading.Lock()  # fields may be read by several threads

    def advance(self, count: int) -> None:
        with self.lock:
            self.done += count
            now = time.monotonic()
            if now - self.printed < SECONDS or self.done >= self.total:
                return
            self.printed = now
            left = timedelta(seconds=round((now - self.began) / self.done * (self.total - self.done)))
        print(f"{self.what}: {self.done:,} of {self.total:,}, about {left} left", file=sys.stderr, flush=True)

"""Describe long work as tasks: which there are, how to do one, and how to see that it is done."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from cellocate.errors import CellocateError

Task = TypeVar("Task")
Result = TypeVar("Result")


def _never(_task: object) -> bool:
    return False


@dataclass(frozen=True)
class Work(Generic[Task, Result]):
    """Independent tasks, each of which is done once.

    To run them in processes, `do` must be a function of a module and the tasks must be picklable.

    Attributes:
        plan: the tasks. They are generated as workers need them, so there may be any number.
        do: does one task.
        is_done: whether everything that a task writes is complete. Such a task is skipped.

    Example:
        >>> work = Work([1, 2, 3], do=lambda n: n * n, is_done=lambda n: n == 2)
        >>> [(task, work.result(task)) for task in work.plan]
        [(1, 1), (2, None), (3, 9)]
    """

    plan: Iterable[Task]
    do: Callable[[Task], Result]
    is_done: Callable[[Task], bool] = _never

    def result(self, task: Task) -> Result | None:
        """Do a task and return its result, or None if it was done before."""
        return None if self.is_done(task) else self.do(task)


def check_workers(workers: int | None) -> None:
    """Raise a `CellocateError` if the number of workers is below 1; None means one per core."""
    if workers is not None and workers < 1:
        raise CellocateError(f"--workers must be at least 1, got {workers}", mend="Leave it out to use all cores.")

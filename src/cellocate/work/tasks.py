"""Long work as tasks: what there is to do, how, and how to see that it is done."""

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
    """Tasks that can be done in any order, and none of them twice.

    `run` does them in processes, which need functions of a module and tasks that can be pickled; `run_in_threads` in
    threads.

    Attributes:
        plan: the tasks. They are drawn as workers need them, so there may be any number.
        do: does one task.
        is_done: whether all that a task writes is there and whole. Such a task is not done again.

    Example:
        >>> work = Work([1, 2, 3], do=lambda n: n * n, is_done=lambda n: n == 2)
        >>> [(task, work.result(task)) for task in work.plan]
        [(1, 1), (2, None), (3, 9)]
    """

    plan: Iterable[Task]
    do: Callable[[Task], Result]
    is_done: Callable[[Task], bool] = _never

    def result(self, task: Task) -> Result | None:
        """Do a task and give its result; None where it was done before."""
        return None if self.is_done(task) else self.do(task)


def check_workers(workers: int | None) -> None:
    """Refuse an impossible number of workers; None stands for one on each core.

    Raises:
        CellocateError: there are fewer than 1.
    """
    if workers is not None and workers < 1:
        raise CellocateError(f"--workers must be at least 1, got {workers}", mend="Leave it out to use all cores.")

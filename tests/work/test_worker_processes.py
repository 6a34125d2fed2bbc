"""Tasks in processes: drawn as they are needed, and an ended worker reported in one line."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest

from cellocate.errors import CellocateError
from cellocate.work import Work, run_in_processes


def square(n: int) -> int:
    return n * n


def refuse(n: int) -> int:
    raise CellocateError(f"no {n}", mend="Ask for another.")


def end(n: int) -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return n


@pytest.mark.parametrize("workers", [1, 2])
def test_tasks_are_drawn_as_workers_need_them(workers: int) -> None:
    drawn = 0

    def plan() -> Iterator[int]:
        nonlocal drawn
        for n in range(1, 41):
            drawn = n
            yield n

    done = []
    for task_and_result in run_in_processes(Work(plan(), square), workers):
        done.append(task_and_result)
        assert drawn <= len(done) + 2 * workers + workers
    assert sorted(done) == [(n, n * n) for n in range(1, 41)]


def is_even(n: int) -> bool:
    return n % 2 == 0


@pytest.mark.parametrize("workers", [1, 2])
def test_what_is_done_is_not_done_again(workers: int) -> None:
    assert sorted(run_in_processes(Work([1, 2, 4, 3], square, is_even), workers), key=lambda done: done[0]) == [
        (1, 1),
        (2, None),
        (3, 9),
        (4, None),
    ]


def own_process(_: int) -> int:
    return os.getpid()


def test_a_single_task_needs_no_other_process() -> None:
    assert list(run_in_processes(Work([1], own_process), workers=2)) == [(1, os.getpid())]
    assert list(run_in_processes(Work(iter(()), own_process), workers=2)) == []


@pytest.mark.parametrize("workers", [1, 2])
def test_an_error_is_the_workers_own(workers: int) -> None:
    with pytest.raises(CellocateError, match=r"^no 7\. Ask for another\.$"):
        list(run_in_processes(Work([7, 7], refuse), workers))


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no such signal")
def test_a_worker_that_is_ended_from_outside_is_reported() -> None:
    with pytest.raises(CellocateError, match="a worker was killed"):
        list(run_in_processes(Work([1, 2], end), 2))

"""Tasks in threads: each done once, and an error or an end stops them all."""

from __future__ import annotations

import threading
from contextlib import closing

import pytest

from cellocate.errors import CellocateError
from cellocate.work import Stopped, Work, check_workers, run_in_threads


def test_each_task_is_done_once_unless_it_was_done() -> None:
    work = Work(range(1, 101), lambda n: n * n, is_done=lambda n: n > 90)
    results = dict(run_in_threads(work, 3))
    assert results == {n: None if n > 90 else n * n for n in range(1, 101)}


def test_an_error_is_raised_and_ends_the_others() -> None:
    stopped = threading.Event()

    def fail_or_wait(n: int) -> None:
        if n == 3:
            raise CellocateError("no 3")
        if n > 3 and stopped.wait(30):
            raise Stopped

    with pytest.raises(CellocateError, match="no 3"):
        list(run_in_threads(Work(range(100), fail_or_wait), 3, stopped.set))
    assert stopped.is_set()


def test_no_task_is_begun_when_nobody_takes_results_any_more() -> None:
    begun = []
    turn = threading.Semaphore(1)

    def wait_for_turn(n: int) -> None:
        turn.acquire(timeout=30)
        begun.append(n)

    with closing(run_in_threads(Work(range(100), wait_for_turn), 1, lambda: turn.release(1))) as results:
        assert next(results) == (0, None)
    assert begun in ([0], [0, 1])  # perhaps the one that waited, and none after it


@pytest.mark.parametrize("workers", [0, -2])
def test_an_impossible_number_of_workers_is_refused(workers: int) -> None:
    with pytest.raises(CellocateError, match=f"--workers must be at least 1, got {workers}"):
        check_workers(workers)

"""Jobs over processes: drawn as they are needed, and an ended worker told in one line."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest

from cellocate.errors import CellocateError
from cellocate.pool import run


def square(n: int) -> int:
    return n * n


def refuse(n: int) -> int:
    raise CellocateError(f"no {n}", mend="Ask for another.")


def end(n: int) -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return n


@pytest.mark.parametrize("workers", [1, 2])
def test_jobs_are_drawn_as_workers_need_them(workers: int) -> None:
    drawn = 0

    def jobs() -> Iterator[int]:
        nonlocal drawn
        for n in range(1, 41):
            drawn = n
            yield n

    done = []
    for result in run(square, jobs(), workers):
        done.append(result)
        assert drawn <= len(done) + 2 * workers + workers
    assert sorted(done) == [n * n for n in range(1, 41)]


@pytest.mark.parametrize("workers", [1, 2])
def test_an_error_is_the_workers_own(workers: int) -> None:
    with pytest.raises(CellocateError, match=r"^no 7\. Ask for another\.$"):
        list(run(refuse, [7], workers))


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no such signal")
def test_a_worker_that_is_ended_from_outside_is_told() -> None:
    with pytest.raises(CellocateError, match="ended from outside"):
        list(run(end, [1, 2], 2))

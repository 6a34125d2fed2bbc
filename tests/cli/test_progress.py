"""How far long work is, on a terminal and in a log."""

from __future__ import annotations

import re

import pytest
from rich.console import Console

from cellocate.cli import console


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """A clock that advances by what is in this list at each look."""
    steps, now = [0.0], [0.0]

    def look() -> float:
        now[0] += steps[0]
        return now[0]

    monkeypatch.setattr(console.time, "monotonic", look)
    return steps


def test_a_log_has_a_line_every_half_minute(clock: list[float], capsys: pytest.CaptureFixture[str]) -> None:
    with console.progress("predicting", 1000) as advance:
        clock[0] = 12.0
        for _ in range(9):
            advance(100)
        advance(100)
    err = capsys.readouterr().err.splitlines()
    assert err == [
        "predicting: 300 of 1,000, about 0:01:24 left",
        "predicting: 600 of 1,000, about 0:00:48 left",
        "predicting: 900 of 1,000, about 0:00:12 left",
    ]


def test_short_work_needs_no_line(capsys: pytest.CaptureFixture[str]) -> None:
    with console.progress("predicting", 2) as advance:
        advance(1)
        advance(1)
    with console.progress("predicting", 0):
        pass
    assert capsys.readouterr() == ("", "")


def test_a_terminal_has_a_bar_with_the_time_left(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(Console, "is_terminal", property(lambda _: True))
    with console.progress("explaining", 8) as advance:
        advance(3)
    err = capsys.readouterr().err
    assert "explaining" in err
    assert re.search(r"\d/8", err)

"""The list of slow tests and fixtures, which `make slow` writes."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SLOW = (ROOT / "tests" / "slow.txt").read_text("utf-8").split()


def test_every_slow_test_and_fixture_exists() -> None:
    for test in SLOW:
        place, _, name = test.partition("::")
        path = ROOT / place
        source = (path / "conftest.py" if path.is_dir() else path).read_text("utf-8")
        own = name.split("::")[0]  # a test of a class may be inherited
        assert re.search(rf"(?m)^ *(async )?(def|class) {re.escape(own)}\b", source), test


def test_it_is_sorted() -> None:
    assert sorted(set(SLOW)) == SLOW

"""A room imports only from those before it in the list of CONTRIBUTING.md, for types too."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import cellocate

PACKAGE = Path(cellocate.__file__).parent
CONTRIBUTING = Path(__file__).resolve().parents[1] / "CONTRIBUTING.md"
[LIST] = re.findall(r"(?m)^`errors`.*→ `cli`.*$", CONTRIBUTING.read_text("utf-8"))
ORDER = re.findall(r"`(\w+)`", LIST)
ROOMS = sorted({path.stem for path in PACKAGE.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()})
FILES = {room: sorted((PACKAGE / room).rglob("*.py")) or [PACKAGE / f"{room}.py"] for room in ORDER}


def imported_rooms(path: Path) -> Iterator[tuple[int, str]]:
    """The line of each import from the package, whether it runs or is for types, and the room it is from."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        for name in names:
            package, _, rest = name.partition(".")
            room = rest.partition(".")[0]
            if package == "cellocate" and room in ROOMS:
                yield node.lineno, room


def test_the_list_has_every_room_once() -> None:
    assert sorted(ORDER) == [room for room in ROOMS if not room.startswith("__")]


@pytest.mark.parametrize("room", ORDER)
def test_a_room_imports_only_from_those_before_it(room: str) -> None:
    allowed = ORDER[: ORDER.index(room) + 1]
    upwards = [
        f"{path.relative_to(PACKAGE)}:{line} imports {other}"
        for path in FILES[room]
        for line, other in imported_rooms(path)
        if other not in allowed
    ]
    assert not upwards

"""Names that settings and options choose from."""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

import cellocate

SOURCE = Path(cellocate.__file__).parent


def test_each_list_of_choices_is_written_once() -> None:
    places = defaultdict(list)
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id == "Literal":
                parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else []
                names = frozenset(part.value for part in parts if isinstance(part, ast.Constant))
                if len(names) > 1:
                    places[names].append(f"{path.relative_to(SOURCE)}:{node.lineno}")
    assert {names: where for names, where in places.items() if len(where) > 1} == {}

"""Every notebook runs from its first cell to its last."""

from __future__ import annotations

import ast
import json
import warnings
from pathlib import Path
from typing import Any

import matplotlib as mpl
import pytest

from cellocate.errors import CellocateWarning

NOTEBOOKS = sorted((Path(__file__).resolve().parents[2] / "docs" / "notebooks").glob("*.ipynb"))


def shown(source: str, names: dict[str, Any]) -> object:
    """Run the code of a cell, and give the value of its last line, as a notebook shows it."""
    code = ast.parse(source)
    last = ast.Expression(code.body.pop().value) if isinstance(code.body[-1], ast.Expr) else None
    exec(compile(code, "cell", "exec"), names)
    return None if last is None else eval(compile(last, "cell", "eval"), names)


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs(notebook: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    mpl.use("Agg")
    cells = [c for c in json.loads(notebook.read_text("utf-8"))["cells"] if c["cell_type"] == "code"]
    names: dict[str, Any] = {"__name__": "notebook"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CellocateWarning)  # such as of few fields
        warnings.filterwarnings("ignore", "FigureCanvasAgg is non-interactive")
        values = [shown("".join(cell["source"]), names) for cell in cells]
    assert sum(hasattr(value, "_repr_html_") for value in values) >= 5
    assert (tmp_path / "scores" / "report.html").is_file()

"""docs/formats.md names the columns that files have, all of them and no others."""

from __future__ import annotations

import itertools
import re
from decimal import Decimal
from pathlib import Path

import pandas as pd

from cellocate.images import CHANNELS

_FORMATS = Path(__file__).resolve().parents[2] / "docs" / "formats.md"
_PLACEHOLDERS = {
    "<channel>": CHANNELS,
    "<part>": ("cell", "nucleus", "cytoplasm"),
    "<landmark>": ("red", "blue", "yellow"),
}


def section(title: str) -> str:
    """The text below a heading of docs/formats.md."""
    text = _FORMATS.read_text(encoding="utf-8")
    return re.split(r"\n#+ ", text.split(f"# {title}\n", 1)[1], maxsplit=1)[0]


def expanded(name: str) -> set[str]:
    """A name with placeholders as all the names that it stands for."""
    used = [(mark, values) for mark, values in _PLACEHOLDERS.items() if mark in name]
    found = set()
    for values in itertools.product(*(values for _, values in used)):
        full = name
        for (mark, _), value in zip(used, values, strict=True):
            full = full.replace(mark, value)
        found.add(full)
    return found


def named(text: str) -> set[str]:
    """All names of columns between backticks."""
    return {full for name in re.findall(r"`([^`]+)`", text) for full in expanded(name)}


def row_of(title: str, file: str) -> str:
    """What the table below a heading says of a file."""
    line = next(line for line in section(title).splitlines() if line.startswith(f"| `{file}"))
    return line.split("|")[2]


def test_cells(cellocate, phantoms, tmp_path):
    out = tmp_path / "cells"
    small = ("--size", 16, "--span", 40, "--workers", 1)
    assert cellocate("cells", phantoms, "--out", out, "--masks", phantoms / "truth", *small).code == 0
    table = section("Cells (`cells`)").split("\n| column | unit | |\n", 1)[1]
    documented = set()
    for line in table.splitlines()[1:]:
        if not line.startswith("|"):
            break
        documented |= named(line.split("|")[1])
    columns = list(pd.read_csv(out / "cells.csv", nrows=0))
    assert documented == set(columns)
    of_crops = list(pd.read_csv(out / "crops" / "fields.csv", nrows=0))
    assert set(of_crops) < documented
    assert expanded("<channel>_cell_mean") < set(of_crops)
    areas = [name for name in columns if "area" in name and not name.endswith("_share")]
    assert areas == ["area_um2", "nucleus_area_um2"]


def test_measured_fields(cellocate, phantoms, tmp_path):
    assert cellocate("explore", phantoms, "--out", tmp_path / "look").code == 0
    said = row_of("Explored folder (`explore`)", "pixels.csv").replace("`_", "`<channel>_")
    said = said.replace("protein_in_<channel>", "protein_in_<landmark>")
    assert named(said) == set(pd.read_csv(tmp_path / "look" / "pixels.csv", nrows=0))


def test_scores_of_each_location(cellocate, phantoms, run, tmp_path):
    assert cellocate("evaluate", run / "model", phantoms, "--part", "test", "--out", tmp_path / "scores").code == 0
    documented = named(row_of("Evaluation folder (`evaluate`)", "per_class` |"))
    table = pd.read_csv(tmp_path / "scores" / "per_class.csv", dtype=str, keep_default_na=False)
    assert documented == set(table)
    values = pd.to_numeric(table.drop(columns="name").to_numpy().ravel(), errors="coerce")
    values = [float(value) for value in values if value == value]
    assert all(len(Decimal(repr(value)).normalize().as_tuple().digits) <= 6 for value in values)  # not 0.9299999999

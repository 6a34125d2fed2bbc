"""The page about phantoms tells what the code draws, and its example works."""

import re
from pathlib import Path

import numpy as np
import pytest

from cellocate.phantom import simulate_field
from cellocate.registry import LOCATIONS
from cellocate.vocabulary import get_vocabulary

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGE = (DOCS / "phantoms.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(("label", "name"), list(enumerate(get_vocabulary("hpa28").names)))
def test_each_location_stands_there_as_in_its_docstring(label, name):
    line = LOCATIONS[name].draw.__doc__.splitlines()[0]
    biology, references = re.fullmatch(r"(.*) \((.*)\)\.", line).groups()
    (row,) = [row for row in PAGE.splitlines() if row.startswith(f"| {label} | {name} |")]
    assert f"| {biology} |" in row
    assert all(reference.removeprefix("doi:") in row for reference in references.split("; "))


def test_the_picture_is_there_and_small():
    picture = DOCS / re.search(r"\]\((images/[^)]+)\)", PAGE)[1]
    assert 0 < picture.stat().st_size < 300_000


def test_the_example_draws_rings_around_nucleoli(monkeypatch):
    monkeypatch.setattr(LOCATIONS, "_known", {**LOCATIONS._known})
    exec(re.search(r"```python\n(.*?)```", PAGE, re.DOTALL)[1], {})
    monkeypatch.setitem(LOCATIONS._known, "Nucleoli", LOCATIONS["Nucleoli rim"])
    rings = simulate_field([2], size=512, seed=3).signal[2]
    monkeypatch.undo()
    bodies = simulate_field([2], size=512, seed=3).signal[2]
    bright = rings > 0.3 * rings.max()
    assert bodies[bright].mean() > 5 * bodies.mean()
    assert np.mean(bright) < 0.05

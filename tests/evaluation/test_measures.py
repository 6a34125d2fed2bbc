"""The measures in words."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from cellocate.evaluation import evaluate
from cellocate.evaluation.measures import MEASURES, Measure
from cellocate.vocabulary import get_vocabulary

FORMATS = (Path(__file__).parents[2] / "docs/formats.md").read_text(encoding="utf-8")
RNG = np.random.default_rng(0)
P = RNG.random((40, 28))
FIGURES = evaluate(RNG.random((40, 28)) < P, P > 0.5, get_vocabulary("hpa28"), probabilities=P, interval=False)


@pytest.mark.parametrize("measure", MEASURES, ids=lambda measure: measure.key)
def test_each_is_measured_and_documented(measure: Measure) -> None:
    level, dot, name = measure.key.rpartition(".")
    assert (FIGURES[level] if dot else FIGURES)[name] is not None
    assert f"`{name}`" in FORMATS


def test_none_stands_twice() -> None:
    for words in zip(*MEASURES, strict=True):
        if words[0] in (MEASURES[0].key, MEASURES[0].name, MEASURES[0].meaning):
            assert len(set(words)) == len(MEASURES)

"""What went into an evaluation, in words."""

import numpy as np
import pytest
from small_evaluation import TINY, make_card

from cellocate.decision import fit
from cellocate.decision.rules import KINDS
from cellocate.report.inputs import about_model


@pytest.mark.parametrize("kind", KINDS)
def test_every_rule_and_its_limits_are_told(kind):
    probabilities, truth = np.eye(3), np.eye(3, dtype=bool)
    plain = fit(kind, probabilities, truth, fallback="none")
    limited = fit(kind, probabilities, truth, fallback="nearest", at_most=1)
    words, more = (dict(about_model(make_card(TINY, rule=rule)))["Decision"] for rule in (plain, limited))
    assert len(words) > 20
    assert more == f"{words}; if there is none, the location nearest to its threshold; at most 1 location"

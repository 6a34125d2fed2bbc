"""Check that values are probabilities."""

from __future__ import annotations

import numpy as np

from cellocate.arrays import Floats
from cellocate.errors import CellocateError

UNREACHABLE = float(np.nextafter(np.float32(1), np.float32(2)))
"""The smallest threshold that no probability reaches, also in single precision."""


def check_probabilities(values: Floats) -> None:
    """Refuse values outside 0 to 1, and NaN, in an array of shape (N, K).

    Raises:
        CellocateError: there are such values; the message names the first and guesses what they are.
    """
    wrong = ~((values >= 0) & (values <= 1))
    if wrong.any():
        row, column = (int(i[0]) for i in np.nonzero(wrong))
        what = f"not a probability: {float(values[row, column]):g}"
        raise CellocateError(what, where=f"row {row}, column {column}", mend=suggest_mend(values))


def suggest_mend(values: Floats) -> str:
    """How to turn values that are no probabilities into some.

    Example:
        >>> suggest_mend(np.array([[-2.5, 3.0]]))
        'They look like logits: give 1 / (1 + exp(-x)) of them.'
    """
    known = values[~np.isnan(values)]
    if (known < 0).any() and (known > 1).any():
        return "They look like logits: give 1 / (1 + exp(-x)) of them."
    if known.size and (known >= 0).all() and ((known > 1) & (known <= 100)).mean() > 0.01 and (known <= 100).all():
        return "They look like percentages: divide them by 100."
    return "Give probabilities, from 0 to 1."

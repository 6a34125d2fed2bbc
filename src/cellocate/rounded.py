"""Round numbers in files and messages: 0.93, not 0.9299999999999999."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

DIGITS = 6
"""Significant digits."""


def rounded(value: Any) -> Any:  # noqa: ANN401 # any value that JSON or a table holds
    """Round floats to six significant digits, but not coarser than whole numbers, also in dicts and lists.

    Floats become plain Python floats; other values stay as they are.

    Example:
        >>> rounded({"f1": 0.9299999999999999, "p": 1.23456789e-7, "light": 12345678.9, "n": 3, "name": "Cytosol"})
        {'f1': 0.93, 'p': 1.23457e-07, 'light': 12345679.0, 'n': 3, 'name': 'Cytosol'}
    """
    if isinstance(value, Mapping):
        return {key: rounded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(item) for item in value]
    if not hasattr(value, "is_integer") or isinstance(value, int):  # Python's floats and NumPy's have it
        return value
    number = float(value)
    if number == 0 or not math.isfinite(number):
        return number
    return round(number, max(0, DIGITS - 1 - math.floor(math.log10(abs(number)))))


def json_text(content: Any) -> str:  # noqa: ANN401 # whatever JSON holds
    r"""Indented JSON with rounded floats.

    Example:
        >>> json_text([0.1 + 0.2])
        '[\n  0.3\n]'
    """
    return json.dumps(rounded(content), indent=2)

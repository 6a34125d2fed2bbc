"""Names that settings and options choose from, apart from what they do, which takes long to import."""

from __future__ import annotations

from typing import Literal

DEFAULT_RULE = "auto"
"""The rule of models and of `decide fit`, where nobody asks for another: the best of some, out of fold."""

Fallback = Literal["none", "nearest", "likeliest"]
"""What a field shows that reaches no threshold."""

CalibrationKind = Literal["temperature", "per_class"]
"""By one number for all locations, or by two for each; see `cellocate.decision.calibration`."""

DEFAULT_RECIPE = "quick"
"""What `train` follows, where nobody asks for another."""

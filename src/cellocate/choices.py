"""Names that settings and options choose from, apart from what they do, which takes long to import."""

from __future__ import annotations

from typing import Literal

RuleKind = Literal[
    "fixed", "single", "per_class", "shrunk", "bagged", "scaled", "ratio", "soft_f1", "expected_f1", "field_f1", "best"
]
"""Decision rules; see `cellocate.decision.rules`."""

RuleName = Literal["auto", RuleKind]
"""What a user may ask for: a rule, or the best of some, out of fold; see `cellocate.decision.choice`."""

DEFAULT_RULE: RuleName = "auto"
"""The rule of models and of `decide fit`, where nobody asks for another."""

Fallback = Literal["none", "nearest", "likeliest"]
"""What a field shows that reaches no threshold."""

CalibrationKind = Literal["temperature", "per_class"]
"""By one number for all locations, or by two for each; see `cellocate.decision.calibration`."""

DEFAULT_RECIPE = "quick"
"""What `train` follows, where nobody asks for another."""

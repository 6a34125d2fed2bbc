"""Rules: probabilities → locations. Each file has one idea of how to fit them; `fit` chooses among them by name."""

from cellocate.choices import Fallback
from cellocate.decision.rules.fit import fit, match_ratios
from cellocate.decision.rules.limit import label_limit
from cellocate.decision.rules.rule import FALLBACKS, KINDS, Kind, Rule

__all__ = ["FALLBACKS", "KINDS", "Fallback", "Kind", "Rule", "fit", "label_limit", "match_ratios"]

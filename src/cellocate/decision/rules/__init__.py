"""Decision rules: from probabilities to locations. Each file has one way to fit them; `fit` finds it by name."""

from cellocate.decision.rules.fitting import fit, label_limit, match_ratios
from cellocate.decision.rules.kinds import RuleKind
from cellocate.decision.rules.rule import KINDS, Rule

__all__ = ["KINDS", "Rule", "RuleKind", "fit", "label_limit", "match_ratios"]

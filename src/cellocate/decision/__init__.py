"""Deciding: probabilities → locations, on tables alone; no network here."""

from cellocate.choices import CalibrationKind, Fallback
from cellocate.decision.calibration import CALIBRATIONS, Calibration, fit_calibration
from cellocate.decision.choice import SIMPLE, UNCOMPARED, Chosen, fit_rule, without_choice
from cellocate.decision.comparison import (
    RuleComparison,
    RuleScore,
    Score,
    compare_rules,
    guesses,
    in_words,
    out_of_fold,
)
from cellocate.decision.curves import f1_curves
from cellocate.decision.doubts import doubts, mean_marked
from cellocate.decision.ensembles import POOLS, Pool, fit_pool
from cellocate.decision.guaranteed import Guarantee, Guaranteed, fit_guaranteed
from cellocate.decision.predictions import Predictions, read_predictions
from cellocate.decision.proteins import Proteins, bring_together, telling_apart
from cellocate.decision.rules import FALLBACKS, KINDS, Rule, RuleKind, fit, label_limit, match_ratios
from cellocate.decision.rules.kinds import rule
from cellocate.decision.saved import has_guarantee, read_rule, read_steps, save_rule
from cellocate.decision.silenced import SILENT, sentences, silenced
from cellocate.decision.steps import FittedSteps, Steps, fit_steps, told
from cellocate.decision.tables import (
    is_decided,
    locations_of,
    read_decided,
    read_fields,
    read_locations,
    read_notes,
    read_probabilities,
    read_tables,
    write_decided,
)

__all__ = [
    "CALIBRATIONS",
    "FALLBACKS",
    "KINDS",
    "POOLS",
    "SILENT",
    "SIMPLE",
    "UNCOMPARED",
    "Calibration",
    "CalibrationKind",
    "Chosen",
    "Fallback",
    "FittedSteps",
    "Guarantee",
    "Guaranteed",
    "Pool",
    "Predictions",
    "Proteins",
    "Rule",
    "RuleComparison",
    "RuleKind",
    "RuleScore",
    "Score",
    "Steps",
    "bring_together",
    "compare_rules",
    "doubts",
    "f1_curves",
    "fit",
    "fit_calibration",
    "fit_guaranteed",
    "fit_pool",
    "fit_rule",
    "fit_steps",
    "guesses",
    "has_guarantee",
    "in_words",
    "is_decided",
    "label_limit",
    "locations_of",
    "match_ratios",
    "mean_marked",
    "out_of_fold",
    "read_decided",
    "read_fields",
    "read_locations",
    "read_notes",
    "read_predictions",
    "read_probabilities",
    "read_rule",
    "read_steps",
    "read_tables",
    "rule",
    "save_rule",
    "sentences",
    "silenced",
    "telling_apart",
    "told",
    "without_choice",
    "write_decided",
]

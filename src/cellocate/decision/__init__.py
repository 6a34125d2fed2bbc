"""Decision: turn probabilities into locations.

It reads tables of probabilities, pools and calibrates them, fits and applies decision rules, and sums up a protein's
fields; no network is involved. Read `Predictions`, then `Rule` and `fit`.
"""

from cellocate.choices import CalibrationKind, Fallback
from cellocate.decision.calibration import CALIBRATIONS, Calibration, fit_calibration
from cellocate.decision.choose_rule import NOT_COMPARED, SIMPLE_RULES, FittedRule, default_rule, fit_rule
from cellocate.decision.guaranteed import Guarantee, Guaranteed, fit_guaranteed
from cellocate.decision.no_signal import SILENT, clear_empty, describe_notes
from cellocate.decision.pooling import POOLS, Pool, fit_pool, table_names
from cellocate.decision.predictions import Predictions, read_predictions
from cellocate.decision.probability_tables import (
    has_predicted_labels,
    read_fields,
    read_locations,
    read_notes,
    read_predicted_labels,
    read_probabilities,
    read_tables,
    vocabulary_from_columns,
    write_predicted_labels,
)
from cellocate.decision.proteins import ENOUGH, Proteins, aggregate_by_protein, grouping_columns
from cellocate.decision.rule_comparison import (
    RuleComparison,
    RuleScore,
    Score,
    compare_rules,
    decide_out_of_fold,
    describe_comparison,
    rare_location_notes,
)
from cellocate.decision.rule_file import has_guarantee, read_rule, read_steps, save_rule
from cellocate.decision.rule_warnings import mean_label_count, rule_warning
from cellocate.decision.rules import FALLBACKS, KINDS, Rule, RuleKind, fit, label_limit, match_ratios
from cellocate.decision.rules.kinds import rule
from cellocate.decision.steps import FittedSteps, Steps, describe_steps, fit_steps
from cellocate.decision.threshold_curves import f1_curves

__all__ = [
    "CALIBRATIONS",
    "ENOUGH",
    "FALLBACKS",
    "KINDS",
    "NOT_COMPARED",
    "POOLS",
    "SILENT",
    "SIMPLE_RULES",
    "Calibration",
    "CalibrationKind",
    "Fallback",
    "FittedRule",
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
    "aggregate_by_protein",
    "clear_empty",
    "compare_rules",
    "decide_out_of_fold",
    "default_rule",
    "describe_comparison",
    "describe_notes",
    "describe_steps",
    "f1_curves",
    "fit",
    "fit_calibration",
    "fit_guaranteed",
    "fit_pool",
    "fit_rule",
    "fit_steps",
    "grouping_columns",
    "has_guarantee",
    "has_predicted_labels",
    "label_limit",
    "match_ratios",
    "mean_label_count",
    "rare_location_notes",
    "read_fields",
    "read_locations",
    "read_notes",
    "read_predicted_labels",
    "read_predictions",
    "read_probabilities",
    "read_rule",
    "read_steps",
    "read_tables",
    "rule",
    "rule_warning",
    "save_rule",
    "table_names",
    "vocabulary_from_columns",
    "write_predicted_labels",
]

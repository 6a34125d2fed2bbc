"""Decision: turn probabilities into locations.

It reads tables of probabilities, pools and calibrates them, fits and applies decision rules, and sums up a protein's
fields; no network is involved. Read `Predictions`, then `Rule` and `fit`.
"""

from cellocate.choices import CalibrationKind, Fallback
from cellocate.decision.calibration import Calibration
from cellocate.decision.choose_rule import NOT_COMPARED, default_rule, fit_rule
from cellocate.decision.guaranteed import fit_guaranteed
from cellocate.decision.no_signal import SILENT, clear_empty, describe_notes
from cellocate.decision.pooling import Pool, table_names
from cellocate.decision.predictions import Predictions, read_cells, read_predictions
from cellocate.decision.probability_tables import (
    read_fields,
    read_locations,
    read_notes,
    read_ood_score,
    read_probabilities,
    read_tables,
    vocabulary_from_columns,
)
from cellocate.decision.proteins import ENOUGH, aggregate_by_protein, grouping_columns
from cellocate.decision.rule_comparison import (
    RuleComparison,
    RuleScore,
    Score,
    describe_comparison,
    rare_location_notes,
)
from cellocate.decision.rule_file import has_guarantee, read_rule, read_steps, save_rule
from cellocate.decision.rule_warnings import mean_label_count, rule_warning
from cellocate.decision.rules import Rule, fit, label_limit, match_ratios
from cellocate.decision.rules.kinds import rule
from cellocate.decision.steps import Steps, describe_steps, fit_steps
from cellocate.decision.threshold_curves import f1_curves

__all__ = [
    "ENOUGH",
    "NOT_COMPARED",
    "SILENT",
    "Calibration",
    "CalibrationKind",
    "Fallback",
    "Pool",
    "Predictions",
    "Rule",
    "RuleComparison",
    "RuleScore",
    "Score",
    "Steps",
    "aggregate_by_protein",
    "clear_empty",
    "default_rule",
    "describe_comparison",
    "describe_notes",
    "describe_steps",
    "f1_curves",
    "fit",
    "fit_guaranteed",
    "fit_rule",
    "fit_steps",
    "grouping_columns",
    "has_guarantee",
    "label_limit",
    "match_ratios",
    "mean_label_count",
    "rare_location_notes",
    "read_cells",
    "read_fields",
    "read_locations",
    "read_notes",
    "read_ood_score",
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
]

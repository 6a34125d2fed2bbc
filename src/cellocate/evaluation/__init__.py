"""Evaluation: compare predictions with truth, for fields and for cells.

It computes the scores of `metrics.json` from arrays, with bootstrap intervals and tests; it reads and writes no files.
Start with `evaluate`; `evaluate_instances` scores cells as the 2021 challenge does.
"""

from cellocate.evaluation.calibration_error import expected_calibration_error, reliability
from cellocate.evaluation.column_tables import FEW, SMALL, by_column
from cellocate.evaluation.confusion_matrix import confusion, confusion_table, misclassifications
from cellocate.evaluation.instances import Instances, evaluate_instances
from cellocate.evaluation.metrics import evaluate
from cellocate.evaluation.paired_comparison import compare
from cellocate.evaluation.shares import share_intervals

__all__ = [
    "FEW",
    "SMALL",
    "Instances",
    "by_column",
    "compare",
    "confusion",
    "confusion_table",
    "evaluate",
    "evaluate_instances",
    "expected_calibration_error",
    "misclassifications",
    "reliability",
    "share_intervals",
]

"""Evaluation: truth beside probabilities and decided locations, or beside cells that were found and named."""

from cellocate.evaluation.instances import Instances, evaluate_instances
from cellocate.evaluation.metrics import evaluate, expected_calibration_error

__all__ = ["Instances", "evaluate", "evaluate_instances", "expected_calibration_error"]

"""Evaluation: truth beside probabilities and decided locations."""

from cellocate.evaluation.metrics import evaluate, expected_calibration_error

__all__ = ["evaluate", "expected_calibration_error"]

"""Prediction: a model over a collection, and the submissions of the challenges."""

from cellocate.prediction.fields import (
    Compared,
    assumptions,
    look_at_collection,
    predict_and_compare,
    predict_collection,
)
from cellocate.prediction.submissions import in_order, read_sample, validate_kaggle2018, write_kaggle2018
from cellocate.prediction.views import with_turns

__all__ = [
    "Compared",
    "assumptions",
    "in_order",
    "look_at_collection",
    "predict_and_compare",
    "predict_collection",
    "read_sample",
    "validate_kaggle2018",
    "with_turns",
    "write_kaggle2018",
]

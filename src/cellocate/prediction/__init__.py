"""Prediction: a model over a collection, and the submissions of the challenges."""

from cellocate.prediction.fields import (
    Compared,
    assumptions,
    look_at_collection,
    predict_and_compare,
    predict_collection,
)
from cellocate.prediction.submissions import (
    in_order,
    read_sample,
    require_hpa19,
    validate_kaggle2018,
    validate_kaggle2021,
    write_kaggle2018,
    write_kaggle2021,
)
from cellocate.prediction.views import with_turns

__all__ = [
    "Compared",
    "assumptions",
    "in_order",
    "look_at_collection",
    "predict_and_compare",
    "predict_collection",
    "read_sample",
    "require_hpa19",
    "validate_kaggle2018",
    "validate_kaggle2021",
    "with_turns",
    "write_kaggle2018",
    "write_kaggle2021",
]

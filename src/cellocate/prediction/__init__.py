"""Prediction: a model over a collection, and the submissions of the challenges."""

from cellocate.prediction.fields import assumptions, predict_collection
from cellocate.prediction.submissions import (
    CellMasks,
    in_order,
    read_sample,
    require_hpa19,
    validate_kaggle2018,
    validate_kaggle2021,
    write_kaggle2018,
    write_kaggle2021,
)

__all__ = [
    "CellMasks",
    "assumptions",
    "in_order",
    "predict_collection",
    "read_sample",
    "require_hpa19",
    "validate_kaggle2018",
    "validate_kaggle2021",
    "write_kaggle2018",
    "write_kaggle2021",
]

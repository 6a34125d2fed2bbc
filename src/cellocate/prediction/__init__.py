"""Prediction: a model over a collection, and the submissions of the challenges."""

from cellocate.prediction.fields import predict_collection
from cellocate.prediction.submissions import read_sample, validate_kaggle2018, write_kaggle2018

__all__ = ["predict_collection", "read_sample", "validate_kaggle2018", "write_kaggle2018"]

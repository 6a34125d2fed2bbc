"""Explain a model: what its predictions are based on, which fields are similar to it, which labels it doubts.

Start with `explain`, which writes a folder, or `field_explanation.explain_field` for an array. `embedding` and `audit`
are rooms inside.
"""

from cellocate.explain.explanation_folder import DRAWN, ExplainOptions, choose_fields, explain
from cellocate.explain.field_explanation import FieldExplanation

__all__ = [
    "DRAWN",
    "ExplainOptions",
    "FieldExplanation",
    "choose_fields",
    "explain",
]

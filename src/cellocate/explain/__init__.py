"""Explain a model: what its predictions are based on, which fields are similar to it, which labels it doubts.

Start with `explain`, which writes a folder, or `explain_field` for an array. `embedding` and `audit` are rooms inside.
"""

from cellocate.explain.evidence_maps import METHODS, map_tiles
from cellocate.explain.explanation_folder import DRAWN, ExplainOptions, choose_fields, explain
from cellocate.explain.field_explanation import FieldExplanation, explain_field
from cellocate.explain.occlusion import COMPARTMENTS, compartments, occlude

__all__ = [
    "COMPARTMENTS",
    "DRAWN",
    "METHODS",
    "ExplainOptions",
    "FieldExplanation",
    "choose_fields",
    "compartments",
    "explain",
    "explain_field",
    "map_tiles",
    "occlude",
]

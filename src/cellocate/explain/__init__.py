"""Explain: where a network looked, which fields look alike to it, and which labels it doubts."""

from cellocate.explain.explained import Explained, explain_field
from cellocate.explain.folder import DRAWN, ExplainOptions, choose_fields, explain
from cellocate.explain.maps import METHODS, map_tiles
from cellocate.explain.occlusion import COMPARTMENTS, compartments, occlude

__all__ = [
    "COMPARTMENTS",
    "DRAWN",
    "METHODS",
    "ExplainOptions",
    "Explained",
    "choose_fields",
    "compartments",
    "explain",
    "explain_field",
    "map_tiles",
    "occlude",
]

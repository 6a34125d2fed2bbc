"""Deciding: probabilities → locations, on tables alone; no network here."""

from cellocate.decision.curves import f1_curves
from cellocate.decision.rules import DEFAULT, FALLBACKS, KINDS, Fallback, Kind, Rule, fit, match_ratios
from cellocate.decision.saved import read_rule, save_rule
from cellocate.decision.tables import (
    is_decided,
    read_decided,
    read_ensemble,
    read_locations,
    read_probabilities,
    write_decided,
    write_table,
)

__all__ = [
    "DEFAULT",
    "FALLBACKS",
    "KINDS",
    "Fallback",
    "Kind",
    "Rule",
    "f1_curves",
    "fit",
    "is_decided",
    "match_ratios",
    "read_decided",
    "read_ensemble",
    "read_locations",
    "read_probabilities",
    "read_rule",
    "save_rule",
    "write_decided",
    "write_table",
]

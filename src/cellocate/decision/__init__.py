"""Deciding: probabilities → locations, on tables alone; no network here."""

from cellocate.decision.rules import KINDS, Kind, Rule, fit
from cellocate.decision.tables import read_decided, read_probabilities, write_table

__all__ = ["KINDS", "Kind", "Rule", "fit", "read_decided", "read_probabilities", "write_table"]

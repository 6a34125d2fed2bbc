"""Phantoms: simulated cells, fields and collections with exact truth.

geometry (`morphology`, `placement`, `outlines`, `scene`) → structures (`filaments`, `landmarks`) → `patterns`, one per
location → `optics` → `field` → `layouts` and `label_sets`, `field_files` (one field on disk), `collection`.
"""

from cellocate.phantom.field import PhantomField, simulate_field
from cellocate.phantom.simulation import simulate

__all__ = ["PhantomField", "simulate", "simulate_field"]

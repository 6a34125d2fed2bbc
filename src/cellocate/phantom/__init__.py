"""Phantoms: simulated cells, fields and collections with exact truth.

Start with `simulation.simulate`, which writes a collection, and `field.simulate_field`, which draws one field. The
scene (`morphology`, `placement`, `cell_outlines`, `scene`) comes first, then its structures (`filaments`, `landmarks`,
`patterns`, one for each location), then the microscope (`optics`).
"""

from cellocate.phantom.field import PhantomField, simulate_field
from cellocate.phantom.simulation import simulate

__all__ = ["PhantomField", "simulate", "simulate_field"]

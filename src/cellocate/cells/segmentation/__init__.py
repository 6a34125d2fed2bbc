"""Find nuclei and cells in a field.

`segment` does it in four steps, each a function on pictures as large as the field: `nuclei_map`, `cell_map`,
`label_nuclei`, `label_cells`.
"""

from cellocate.cells.segmentation.classical import segment
from cellocate.cells.segmentation.growth import label_cells
from cellocate.cells.segmentation.segmented import SegmentationSettings, Segmented

__all__ = [
    "SegmentationSettings",
    "Segmented",
    "label_cells",
    "segment",
]

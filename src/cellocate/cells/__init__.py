"""Single cells: find them in fields, measure them, cut them out and label them.

Start with `conversion.convert`, which turns a collection of fields into a collection of cells, or with `segmenters` to
add a way to find cells. `masks` reads and writes masks, `segmentation` finds cells, `measure` measures them.
"""

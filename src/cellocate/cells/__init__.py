"""Single cells: found, measured, drawn, and learnt from."""

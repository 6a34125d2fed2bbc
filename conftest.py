"""Leaves out examples of an extra that is not installed."""

from importlib.util import find_spec

collect_ignore = [] if find_spec("anndata") else ["src/cellocate/h5ad.py"]

"""Leaves out examples of an extra that is not installed, and those that need files."""

from importlib.util import find_spec

collect_ignore = ["src/cellocate/api.py", "src/cellocate/networks/model_folder.py"]  # run by tests/test_api.py
if not find_spec("anndata"):
    collect_ignore.append("src/cellocate/h5ad.py")

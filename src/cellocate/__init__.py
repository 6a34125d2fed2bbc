"""Where in the cell is the protein? Fluorescence microscope images → protein locations.

Functions (slow packages are imported when first needed):

- `open_collection`: open a folder, table or store of images, with labels and metadata.
- `train`: train a model on labelled images.
- `load`: load a trained model; `Model.predict` takes arrays.
- `predict`: predict the locations in images → `Predictions`.
- `evaluate`: measure a model on labelled images.
- `find_cells`: find, measure and cut out single cells.
- `simulate`: draw simulated cells with exact labels.
- `get_vocabulary`: an ordered list of locations, such as hpa28.

Errors in your data or request are `CellocateError`s; warnings about a result are `CellocateWarning`s.

Example:
    >>> import cellocate
    >>> model = cellocate.load("runs/first/model")  # doctest: +SKIP
    >>> cellocate.predict(model, "my_images").locations  # doctest: +SKIP
    [['Nucleoplasm', 'Cytosol']]
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cellocate.api import evaluate, find_cells, predict, simulate, train
    from cellocate.collection import Collection, open_collection
    from cellocate.decision import Predictions
    from cellocate.errors import CellocateError, CellocateWarning
    from cellocate.networks import Model, load
    from cellocate.vocabulary import get_vocabulary

__version__ = "0.1.0"
__all__ = [
    "CellocateError",
    "CellocateWarning",
    "Collection",
    "Model",
    "Predictions",
    "__version__",
    "evaluate",
    "find_cells",
    "get_vocabulary",
    "load",
    "open_collection",
    "predict",
    "simulate",
    "train",
]

_HOMES = {
    **dict.fromkeys(("evaluate", "find_cells", "predict", "simulate", "train"), "api"),
    **dict.fromkeys(("Collection", "open_collection"), "collection"),
    **dict.fromkeys(("CellocateError", "CellocateWarning"), "errors"),
    **dict.fromkeys(("Model", "load"), "networks"),
    "Predictions": "decision",
    "get_vocabulary": "vocabulary",
}
"""Modules of the public names. No public name is that of a subpackage, whose import would replace it."""


def __getattr__(name: str) -> Any:  # noqa: ANN401 # public names are imported when first used
    if name not in _HOMES:
        raise AttributeError(f"module 'cellocate' has no attribute {name!r}")
    return getattr(import_module(f"cellocate.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)

"""Where in the cell is the protein? Fluorescence microscope images → protein locations.

Example:
    >>> import cellocate
    >>> model = cellocate.load("run/model")  # doctest: +SKIP
    >>> model.predict(fields).locations  # doctest: +SKIP
    [['Nucleoplasm', 'Cytosol']]
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cellocate.collection import open_collection
    from cellocate.errors import CellocateError
    from cellocate.networks import Model, load
    from cellocate.vocabulary import get as vocabulary

__version__ = "0.1.0"
__all__ = ["CellocateError", "Model", "__version__", "load", "open_collection", "vocabulary"]

_HOMES = {
    "CellocateError": ("cellocate.errors", "CellocateError"),
    "Model": ("cellocate.networks", "Model"),
    "load": ("cellocate.networks", "load"),
    "open_collection": ("cellocate.collection", "open_collection"),
    "vocabulary": ("cellocate.vocabulary", "get"),
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 # public names are imported when first used
    if name not in _HOMES:
        raise AttributeError(f"module 'cellocate' has no attribute {name!r}")
    from importlib import import_module

    module, attribute = _HOMES[name]
    return getattr(import_module(module), attribute)

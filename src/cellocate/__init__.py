"""Where in the cell is the protein? Fluorescence microscope images → protein locations.

- `load`: a trained model from its folder.
- `Model`: a network with all that is needed to use it; `Model.predict` takes arrays.
- `open_collection`: a folder, table or store of images, with labels and metadata.
- `get_vocabulary`: an ordered list of locations, such as hpa28.
- `CellocateError`: what is raised where data or a request are at fault.

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
    from cellocate.vocabulary import get_vocabulary as get_vocabulary

__version__ = "0.1.0"
__all__ = ["CellocateError", "Model", "__version__", "get_vocabulary", "load", "open_collection"]

_HOMES = {
    "CellocateError": ("cellocate.errors", "CellocateError"),
    "Model": ("cellocate.networks", "Model"),
    "get_vocabulary": ("cellocate.vocabulary", "get_vocabulary"),
    "load": ("cellocate.networks", "load"),
    "open_collection": ("cellocate.collection", "open_collection"),
}
"""Public names, and where they live; none is that of a room, which would take its place once it is imported."""


def __getattr__(name: str) -> Any:  # noqa: ANN401 # public names are imported when first used
    if name not in _HOMES:
        raise AttributeError(f"module 'cellocate' has no attribute {name!r}")
    from importlib import import_module

    module, attribute = _HOMES[name]
    return getattr(import_module(module), attribute)


def __dir__() -> list[str]:
    return sorted(__all__)

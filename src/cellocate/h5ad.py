"""Tables as h5ad files, the form in which single-cell tools expect them (AnnData, on HDF5)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cellocate.errors import CellocateError
from cellocate.files import new_file

if TYPE_CHECKING:
    import h5py
    import pandas as pd

Array = NDArray[np.generic]


@dataclass(frozen=True, eq=False)
class Annotated:
    """A matrix, with what is known of its rows and columns, in the words of AnnData.

    Args:
        x: shape (N, K), numbers.
        obs: what is known of each row, indexed by its id; columns of numbers, truth values or text.
        var: the same of each column.
        layers: further matrices of the shape of `x`.
        obsm: further arrays with a row for each row of `x`, such as features or places.
        uns: texts on the whole.
    """

    x: Array
    obs: pd.DataFrame
    var: pd.DataFrame
    layers: Mapping[str, Array] = field(default_factory=dict)
    obsm: Mapping[str, Array] = field(default_factory=dict)
    uns: Mapping[str, str] = field(default_factory=dict)


def write_h5ad(path: str | Path, table: Annotated) -> None:
    """Write an h5ad file.

    The file is as the specification of AnnData's files says
    (https://anndata.readthedocs.io/en/stable/fileformat-prose.html), in its versions of anndata 0.8 and later. Where a
    column of `obs` or `var` is of mixed kind or lacks values, it is written as text, empty where it lacks them; one of
    numbers that lacks some keeps them as NaN. HDF5 takes no empty name and none twice, and no "/" in one, which becomes
    "_".

    Args:
        path: of the file.
        table: what to write.

    Raises:
        ValueError: shapes do not fit.

    Example:
        >>> import tempfile
        >>> import pandas as pd
        >>> path = Path(tempfile.mkdtemp()) / "cells.h5ad"
        >>> known = pd.DataFrame({"area_um2": [7.5]}, index=["a_1"])
        >>> write_h5ad(path, Annotated(np.ones((1, 1)), known, pd.DataFrame(index=["Nucleoli"])))
        >>> read_h5ad(path).obs.loc["a_1", "area_um2"]
        np.float64(7.5)
    """
    import h5py

    _see_shapes(table)
    with new_file(path) as aside, h5py.File(aside, "w") as file:
        _encode(file, "anndata", "0.1.0")
        _write_array(file, "X", table.x)
        _write_frame(file, "obs", table.obs)
        _write_frame(file, "var", table.var)
        for name, arrays in (("layers", table.layers), ("obsm", table.obsm)):
            group = _group(file, name)
            for key, array in arrays.items():
                _write_array(group, key, array)
        for name in ("varm", "obsp", "varp"):
            _group(file, name)
        uns = _group(file, "uns")
        for key, text in table.uns.items():
            _encode(uns.create_dataset(key, data=text, dtype=h5py.string_dtype()), "string", "0.2.0")


def read_h5ad(path: str | Path) -> Annotated:
    """Read an h5ad file, of cellocate or of anything else that keeps its matrices dense.

    Columns and entries of kinds that `Annotated` has no place for are passed over.

    Raises:
        CellocateError: there is no such file, it is damaged or no h5ad file, or its matrix is sparse.
    """
    import h5py

    path = Path(path)
    if not path.is_file():
        raise CellocateError("no such h5ad file", where=path, mend="Check the name.")
    try:
        with h5py.File(path, "r") as file:
            if not {"obs", "var"} <= set(file):
                raise CellocateError("no h5ad file (it has no obs and var)", where=path, mend="Give one of AnnData.")
            if not isinstance(file.get("X"), h5py.Dataset):
                mend = "Write it with a dense X, such as 'table.X = table.X.toarray()' in anndata."
                raise CellocateError("no dense matrix X", where=path, mend=mend)
            return Annotated(
                file["X"][()],
                _read_frame(file["obs"]),
                _read_frame(file["var"]),
                _read_arrays(file.get("layers")),
                _read_arrays(file.get("obsm")),
                _read_texts(file.get("uns")),
            )
    except CellocateError:
        raise
    except Exception as error:  # noqa: BLE001 # in a damaged file h5py finds faults of many kinds
        raise CellocateError(f"not a whole h5ad file ({error})", where=path, mend="Write it anew.") from None


def _see_shapes(table: Annotated) -> None:
    shape = (len(table.obs), len(table.var))
    wrong = [name for name, layer in {"x": table.x, **table.layers}.items() if layer.shape != shape]
    wrong += [name for name, array in table.obsm.items() if len(array) != shape[0]]
    if wrong:
        raise ValueError(f"{wrong[0]} does not fit {shape[0]} rows and {shape[1]} columns")


def _encode(node: h5py.HLObject, kind: str, version: str) -> None:
    node.attrs["encoding-type"], node.attrs["encoding-version"] = kind, version


def _group(parent: h5py.Group, name: str) -> h5py.Group:
    group = parent.create_group(name)
    _encode(group, "dict", "0.1.0")
    return group


def _write_array(parent: h5py.Group, name: str, values: Array) -> None:
    _encode(parent.create_dataset(name, data=values), "array", "0.2.0")


def _write_texts(parent: h5py.Group, name: str, values: list[str]) -> None:
    import h5py

    written = parent.create_dataset(name, data=np.array(values, dtype=object), dtype=h5py.string_dtype())
    _encode(written, "string-array", "0.2.0")


def _write_frame(parent: h5py.Group, name: str, frame: pd.DataFrame) -> None:
    import h5py
    import pandas as pd

    group = parent.create_group(name)
    _encode(group, "dataframe", "0.2.0")
    group.attrs["_index"] = "_index"
    keys = _keys(frame)
    group.attrs.create("column-order", np.array(keys, dtype=object), dtype=h5py.string_dtype())
    _write_texts(group, "_index", list(map(str, frame.index)))
    for key, (_, values) in zip(keys, frame.items(), strict=True):
        if pd.api.types.is_bool_dtype(values) or (pd.api.types.is_numeric_dtype(values) and values.dtype != object):
            _write_array(group, key, values.to_numpy())
        else:
            _write_texts(group, key, list(values.where(values.notna(), "").astype(str)))


def _keys(columns: Iterable[object]) -> list[str]:
    """The names of columns as HDF5 takes them: an empty one is `unnamed`, one that is taken ends with `_`."""
    keys: list[str] = []
    for column in columns:
        key = str(column).replace("/", "_") or "unnamed"
        while key in ("_index", ".", *keys):
            key += "_"
        keys.append(key)
    return keys


def _read_frame(group: h5py.Group) -> pd.DataFrame:
    import h5py
    import pandas as pd

    index = group[group.attrs["_index"]].asstr()[()]
    columns = {}
    for name in group.attrs["column-order"]:
        if isinstance(column := group[name], h5py.Dataset):
            columns[str(name)] = column.asstr()[()] if h5py.check_string_dtype(column.dtype) else column[()]
        elif column.attrs["encoding-type"] == "categorical":
            columns[str(name)] = _categories(column)
    return pd.DataFrame(columns, index=pd.Index(index, dtype=str))


def _categories(column: h5py.Group) -> NDArray[np.object_]:
    import h5py

    kinds, codes = column["categories"], column["codes"][()]
    names = kinds.asstr()[()] if h5py.check_string_dtype(kinds.dtype) else kinds[()]
    values: NDArray[np.object_] = np.array([*names, ""], dtype=object)[codes]  # code -1 is no value
    return values


def _read_arrays(group: h5py.Group | None) -> dict[str, Array]:
    import h5py

    return {} if group is None else {name: node[()] for name, node in group.items() if isinstance(node, h5py.Dataset)}


def _read_texts(group: h5py.Group | None) -> dict[str, str]:
    import h5py

    nodes: dict[str, Any] = {} if group is None else dict(group.items())
    return {
        name: node.asstr()[()]
        for name, node in nodes.items()
        if isinstance(node, h5py.Dataset) and node.shape == () and h5py.check_string_dtype(node.dtype)
    }

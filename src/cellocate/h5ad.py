"""Read and write h5ad files (AnnData), the format of scanpy and other single-cell tools."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cellocate.errors import CellocateError
from cellocate.files import new_file

if TYPE_CHECKING:
    import pandas as pd
    from anndata import AnnData

Array = NDArray[np.generic]


def write_h5ad(path: str | Path, x: Array, obs: pd.DataFrame, var: pd.DataFrame, **parts: Mapping[str, Any]) -> None:
    """Write an h5ad file.

    Columns of `obs` and `var` with mixed types or missing values are written as text, missing ones as an empty text;
    numbers keep NaN. Names of columns that HDF5 refuses (empty, repeated, with "/") are changed.

    Args:
        path: of the file.
        x: numbers, shape (N, K).
        obs: metadata of the rows, indexed by id; columns of numbers, booleans or text.
        var: metadata of the columns.
        parts: `layers` (further matrices of the shape of `x`), `obsm` (arrays with N rows) and `uns` (texts).

    Raises:
        CellocateError: anndata is not installed.
        ValueError: shapes do not fit.

    Example:
        >>> import tempfile
        >>> import pandas as pd
        >>> path = Path(tempfile.mkdtemp()) / "cells.h5ad"
        >>> known = pd.DataFrame({"area_um2": [7.5]}, index=["a_1"])
        >>> write_h5ad(path, np.ones((1, 1)), known, pd.DataFrame(index=["Nucleoli"]))
        >>> read_h5ad(path).obs.loc["a_1", "area_um2"]
        np.float64(7.5)
    """
    own = {name: dict(part) for name, part in parts.items()}
    whole = _anndata(path).AnnData(x, _writable(obs), _writable(var), **own)
    with new_file(path) as aside:
        whole.write_h5ad(aside, convert_strings_to_categoricals=False)


def read_h5ad(path: str | Path) -> AnnData:
    """Read an h5ad file with a dense matrix, of cellocate or another program.

    Categories are read as text, missing ones as an empty text.

    Raises:
        CellocateError: anndata is not installed; the file is missing, damaged or no h5ad file; or its matrix is sparse.
    """
    path = Path(path)
    if not path.is_file():
        raise CellocateError("no such h5ad file", where=path, mend="Check the name.")
    anndata = _anndata(path)
    import h5py

    try:
        with h5py.File(path) as file:
            if not {"obs", "var"} <= set(file):
                raise CellocateError("no h5ad file (it has no obs and var)", where=path, mend="Give a file of AnnData.")
            table = anndata.read_h5ad(path)
    except CellocateError:
        raise
    except Exception as error:  # noqa: BLE001 # in a damaged file HDF5 finds faults of many kinds
        raise CellocateError(f"a damaged h5ad file ({error})", where=path, mend="Write it again.") from None
    if not isinstance(table.X, np.ndarray):
        mend = "Make it dense, in anndata with: table.X = table.X.toarray()"
        raise CellocateError("no dense matrix X", where=path, mend=mend)
    table.obs, table.var = _readable(table.obs), _readable(table.var)
    return table


def _anndata(path: str | Path) -> Any:  # noqa: ANN401 # anndata is optional
    try:
        import anndata
    except ImportError:
        mend = "Install it with: pip install 'cellocate[scverse]'"
        raise CellocateError("anndata, which reads and writes h5ad, is not installed", where=path, mend=mend) from None
    return anndata


def _writable(frame: pd.DataFrame) -> pd.DataFrame:
    import pandas as pd

    columns = dict(zip(_keys(frame), (_of_one_kind(values) for _, values in frame.items()), strict=True))
    return pd.DataFrame(columns, index=frame.index).set_axis(pd.Index(list(map(str, frame.index)), dtype=object))


def _of_one_kind(values: pd.Series[Any]) -> pd.Series[Any]:
    import pandas as pd

    if pd.api.types.is_numeric_dtype(values):  # or booleans
        return values
    return values.astype(object).where(values.notna(), "").astype(str).astype(object)


def _keys(columns: Iterable[object]) -> list[str]:
    """Names of columns that HDF5 accepts: an empty one becomes `unnamed`, a repeated one ends with `_`."""
    keys: list[str] = []
    for column in columns:
        key = str(column).replace("/", "_") or "unnamed"
        while key in ("_index", ".", *keys):
            key += "_"
        keys.append(key)
    return keys


def _readable(frame: pd.DataFrame) -> pd.DataFrame:
    categories = frame.select_dtypes("category").astype(object)
    return frame.assign(**categories.where(categories.notna(), ""))

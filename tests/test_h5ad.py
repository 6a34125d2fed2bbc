"""h5ad files: round trips, what AnnData's specification asks for, files that are none."""

import sys

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix

from cellocate.errors import CellocateError
from cellocate.h5ad import read_h5ad, write_h5ad

anndata, h5py = pytest.importorskip("anndata"), pytest.importorskip("h5py")

TEXT = st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\0"), max_size=8)


def small(**changes):
    table = {
        "x": np.arange(6, dtype=np.float32).reshape(3, 2),
        "obs": pd.DataFrame({"area": [1.5, np.nan, 3], "n": [1, 2, 3], "edge": [True, False, True]}, index=list("abc")),
        "var": pd.DataFrame({"go": ["GO:0005654", None]}, index=["Nucleoplasm", "Rods & rings"]),
        "layers": {"predicted": np.eye(3, 2, dtype=bool)},
        "obsm": {"spatial": np.ones((3, 2))},
        "uns": {"vocabulary": "hpa28"},
    }
    return {**table, **changes}


def test_all_comes_back(tmp_path):
    write_h5ad(tmp_path / "a.h5ad", **small())
    read = read_h5ad(tmp_path / "a.h5ad")
    np.testing.assert_array_equal(read.X, small()["x"])
    assert read.X.dtype == np.float32
    assert list(read.obs.index) == list("abc")
    np.testing.assert_array_equal(read.obs["area"], [1.5, np.nan, 3])
    assert read.obs["edge"].tolist() == [True, False, True]
    assert read.var["go"].tolist() == ["GO:0005654", ""]
    assert read.layers["predicted"].dtype == bool
    np.testing.assert_array_equal(read.obsm["spatial"], np.ones((3, 2)))
    assert dict(read.uns) == {"vocabulary": "hpa28"}


def test_columns_have_names_that_hdf5_takes(tmp_path):
    names = ["", "N", "N/C", "N_C", "_index", ".", "a"]
    obs = pd.DataFrame([[str(i) for i in range(len(names))]] * 3, columns=names, index=list("abc"))
    write_h5ad(tmp_path / "a.h5ad", **small(obs=obs))
    read = read_h5ad(tmp_path / "a.h5ad").obs
    assert list(read) == ["unnamed", "N", "N_C", "N_C_", "_index_", "._", "a"]
    assert read.iloc[0].tolist() == [str(i) for i in range(len(names))]


@settings(max_examples=30)
@given(st.lists(st.tuples(TEXT, TEXT), min_size=1, max_size=5, unique_by=lambda row: row[0]))
def test_any_text_comes_back(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("h5ad") / "a.h5ad"
    obs = pd.DataFrame({"gene": [gene for _, gene in rows]}, index=[name for name, _ in rows])
    write_h5ad(path, np.zeros((len(rows), 0)), obs, pd.DataFrame(index=pd.Index([], dtype=str)))
    read = read_h5ad(path).obs
    assert list(read.index) == list(obs.index)
    assert list(read["gene"]) == list(obs["gene"])


def test_the_file_is_as_the_specification_says(tmp_path):
    write_h5ad(tmp_path / "a.h5ad", **small())
    with h5py.File(tmp_path / "a.h5ad") as file:
        assert dict(file.attrs) == {"encoding-type": "anndata", "encoding-version": "0.1.0"}
        assert set(file) == {"X", "obs", "var", "layers", "obsm", "varm", "obsp", "varp", "uns"}
        kinds = {name: file[name].attrs["encoding-type"] for name in file}
        assert kinds == {"X": "array", "obs": "dataframe", "var": "dataframe"} | dict.fromkeys(
            ("layers", "obsm", "varm", "obsp", "varp", "uns"), "dict"
        )
        assert file["obs"].attrs["_index"] == "_index"
        assert list(file["obs"].attrs["column-order"]) == ["area", "n", "edge"]
        assert file["obs/_index"].attrs["encoding-type"] == file["var/go"].attrs["encoding-type"] == "string-array"
        assert file["uns/vocabulary"].attrs["encoding-type"] == "string"


def test_categories_of_others_are_read(tmp_path):
    write_h5ad(tmp_path / "a.h5ad", **small())
    table = anndata.read_h5ad(tmp_path / "a.h5ad")
    table.obs["cell_line"] = pd.Categorical(["U-2 OS", None, "HeLa"])
    table.write_h5ad(tmp_path / "a.h5ad")
    assert read_h5ad(tmp_path / "a.h5ad").obs["cell_line"].tolist() == ["U-2 OS", "", "HeLa"]


@pytest.mark.parametrize(
    "changes", [{"x": np.zeros((2, 2))}, {"layers": {"z": np.zeros((3, 3))}}, {"obsm": {"z": np.zeros((1, 1))}}]
)
def test_shapes_must_fit(tmp_path, changes):
    with pytest.raises(ValueError, match=r"3 rows|shape"):
        write_h5ad(tmp_path / "a.h5ad", **small(**changes))
    assert not list(tmp_path.iterdir())


def test_what_is_no_h5ad_file_is_told(tmp_path):
    with pytest.raises(CellocateError, match="no such h5ad file"):
        read_h5ad(tmp_path / "none.h5ad")
    (tmp_path / "text.h5ad").write_text("Id,Target\n")
    with pytest.raises(CellocateError, match="a damaged h5ad file"):
        read_h5ad(tmp_path / "text.h5ad")
    with h5py.File(tmp_path / "other.h5ad", "w") as file:
        file["a"] = 1
    with pytest.raises(CellocateError, match="no obs and var"):
        read_h5ad(tmp_path / "other.h5ad")
    anndata.AnnData(csr_matrix(np.eye(2)), obs=pd.DataFrame(index=list("ab"))).write_h5ad(tmp_path / "sparse.h5ad")
    with pytest.raises(CellocateError, match="no dense matrix"):
        read_h5ad(tmp_path / "sparse.h5ad")
    write_h5ad(tmp_path / "cut.h5ad", **small())
    content = (tmp_path / "cut.h5ad").read_bytes()
    (tmp_path / "cut.h5ad").write_bytes(content[: len(content) // 2])
    with pytest.raises(CellocateError, match="a damaged h5ad file"):
        read_h5ad(tmp_path / "cut.h5ad")


def test_what_to_install_is_told(tmp_path, monkeypatch):
    write_h5ad(tmp_path / "a.h5ad", **small())
    monkeypatch.setitem(sys.modules, "anndata", None)
    for ask in (lambda: read_h5ad(tmp_path / "a.h5ad"), lambda: write_h5ad(tmp_path / "b.h5ad", **small())):
        with pytest.raises(CellocateError, match=r"pip install 'cellocate\[scverse\]'"):
            ask()

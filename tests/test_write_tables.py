from __future__ import annotations

import gzip
import math
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from cellocate import write_tables
from cellocate.errors import CellocateError
from cellocate.rounded import rounded
from cellocate.write_tables import refuse_suffix, write_table

ODD = pd.DataFrame(
    {
        "Id": pd.Series(["001", "=1+1", "-2", "@x", "#N/A", "a\x07b", "\udcff.png"], dtype=object),
        "n": [1, 2, 3, 4, 5, 6, 7],
        "share": [0.1 + 0.2, math.nan, math.inf, 1e-9, 1.0, 0.9299999999999999, 2.0],
        "any": [1, None, "x", 2.5000000000000004, True, np.float32(0.93), 2**60],
    }
)


def read_workbook(path: Path) -> list[list[object]]:
    return [[cell.value for cell in row] for row in load_workbook(path).active.iter_rows()]


def test_a_workbook_keeps_text_as_text_and_numbers_as_numbers(tmp_path: Path) -> None:
    write_table(tmp_path / "t.XLSX", ODD, sheet="predictions")
    book = load_workbook(tmp_path / "t.XLSX")
    assert book.sheetnames == ["predictions"]
    header, *rows = book.active.iter_rows()
    assert [cell.value for cell in header] == list(ODD)
    assert all(cell.font.bold for cell in header)
    assert book.active.freeze_panes == "A2"
    ids = [row[0] for row in rows]
    assert [cell.value for cell in ids] == ["001", "=1+1", "-2", "@x", "#N/A", "a\\x07b", "\\udcff.png"]
    assert {cell.data_type for cell in ids} == {"s"}  # none is a formula, a number or an error
    assert [cell.quotePrefix for cell in ids] == [False, True, True, True, True, False, False]
    assert [row[1].value for row in rows] == [1, 2, 3, 4, 5, 6, 7]
    assert [row[2].value for row in rows] == [0.3, None, "inf", 1e-9, 1, 0.93, 2]
    assert [row[3].value for row in rows] == [1, None, "x", 2.5, True, 0.93, str(2**60)]


def test_columns_of_a_workbook_are_as_wide_as_what_stands_in_them(tmp_path: Path) -> None:
    write_table(tmp_path / "t.xlsx", pd.DataFrame({"a": ["x"], "b": ["x" * 30], "c": ["x" * 300]}))
    page = load_workbook(tmp_path / "t.xlsx").active
    assert [page.column_dimensions[c].width for c in "ABC"] == [8, 32, 60]


def test_more_rows_than_a_sheet_has_go_on_in_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(write_tables, "_ROWS", 2)
    write_table(tmp_path / "t.xlsx", pd.DataFrame({"n": [1, 2, 3]}), sheet="cells")
    book = load_workbook(tmp_path / "t.xlsx")
    assert book.sheetnames == ["cells", "cells 2"]
    assert [[row[0].value for row in page.iter_rows()] for page in book] == [["n", 1, 2], ["n", 3]]


def test_a_table_without_rows_has_its_header(tmp_path: Path) -> None:
    write_table(tmp_path / "t.xlsx", pd.DataFrame(columns=["Id", "x"]))
    assert read_workbook(tmp_path / "t.xlsx") == [["Id", "x"]]


def test_a_text_that_excel_would_cut_off_is_refused_and_nothing_is_left(tmp_path: Path) -> None:
    with pytest.raises(CellocateError, match="a text of 40,000 characters"):
        write_table(tmp_path / "t.xlsx", pd.DataFrame({"a": ["x" * 40_000]}))
    assert not list(tmp_path.iterdir())


def test_one_table_in_every_form(tmp_path: Path) -> None:
    table = pd.DataFrame({"Id": ["001", "b,c"], "f1": [0.1 + 0.2, math.nan], "n": [3, 4]})
    for suffix in write_tables.SUFFIXES:
        write_table(tmp_path / f"t{suffix}", table)
    plain = 'Id,f1,n\n001,0.3,3\n"b,c",,4\n'
    assert (tmp_path / "t.csv").read_text() == plain
    assert gzip.decompress((tmp_path / "t.csv.gz").read_bytes()).decode() == plain
    assert (tmp_path / "t.tsv").read_text() == "Id\tf1\tn\n001\t0.3\t3\nb,c\t\t4\n"
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "t.parquet"), table.assign(f1=[0.3, math.nan]))
    assert read_workbook(tmp_path / "t.xlsx") == [["Id", "f1", "n"], ["001", 0.3, 3], ["b,c", None, 4]]


def test_what_is_no_text_is_written_all_the_same(tmp_path: Path) -> None:
    for suffix in (".csv", ".parquet"):
        write_table(tmp_path / f"t{suffix}", ODD)
    assert "\\udcff.png" in (tmp_path / "t.csv").read_text()
    assert pd.read_parquet(tmp_path / "t.parquet")["Id"].tolist()[-1] == "\\udcff.png"


@pytest.mark.parametrize("name", ["x.xls", "x.txt", "x.csv.zip", "a.xlsx.bak"])
def test_other_names_are_refused(name: str) -> None:
    with pytest.raises(CellocateError, match=r"a table cannot be written .*End the name in \.csv"):
        refuse_suffix(name)


def test_a_name_without_an_ending_is_csv(tmp_path: Path) -> None:
    refuse_suffix("x")
    write_table(tmp_path / "x", pd.DataFrame({"a": [1]}))
    assert (tmp_path / "x").read_text() == "a\n1\n"


def test_what_needs_another_package_is_refused_without_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(write_tables, "find_spec", lambda _: None)
    refuse_suffix("x.csv")
    with pytest.raises(CellocateError, match=r"pyarrow.*pip install"):
        refuse_suffix("x.parquet")
    for name in ("x.h5ad", "x"):
        with pytest.raises(CellocateError, match=r"anndata.*pip install 'cellocate\[scverse\]'"):
            refuse_suffix(name, (".h5ad",))


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_rounding_keeps_six_digits_and_never_less_than_whole_numbers(x: float) -> None:
    found = rounded(x)
    assert abs(found - x) <= max(min(0.5, abs(x) * 5.1e-6), 5e-324)
    assert rounded(found) == found
    assert len(Decimal(repr(found)).normalize().as_tuple().digits) <= 6 or found.is_integer()


def test_rounding_leaves_all_else_as_it_is() -> None:
    content = {"a": (1, True, None, "0.10000000000000001"), "b": [np.float32(0.93), {"c": 2**70}]}
    assert rounded(content) == {"a": [1, True, None, "0.10000000000000001"], "b": [0.93, {"c": 2**70}]}
    assert math.isnan(rounded(math.nan))


def test_the_module_needs_no_pandas_until_it_writes() -> None:
    code = "import sys, cellocate.write_tables; sys.exit('pandas' in sys.modules or 'openpyxl' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

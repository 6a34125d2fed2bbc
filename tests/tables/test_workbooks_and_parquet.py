"""Tables that are no text: Excel's and Parquet's."""

from __future__ import annotations

import datetime
import sys
from pathlib import Path

import pytest

from cellocate.errors import CellocateError
from cellocate.tables import read_columns, read_table


def book(path: Path, *sheets: list[list[object]]) -> Path:
    """Write a workbook with these sheets."""
    from openpyxl import Workbook

    workbook = Workbook()
    workbook.remove(workbook.active)
    for rows in sheets:
        sheet = workbook.create_sheet()
        for row in rows:
            sheet.append(row)
    workbook.save(path)
    return path


def test_a_workbook_is_read_as_the_same_table_in_csv_is(tmp_path: Path) -> None:
    day = datetime.datetime(2026, 3, 1)
    rows = [[], ["Id", " Target ", "when", "n"], ["007", 26.0, day, 0.5], [None] * 4, [7, "16 0", None, True]]
    table, lines = read_table(book(tmp_path / "t.xlsx", rows, []))
    assert table.to_dict("records") == [
        {"Id": "007", "Target": "26", "when": "2026-03-01", "n": "0.5"},
        {"Id": "7", "Target": "16 0", "when": "", "n": "True"},
    ]
    assert lines == [3, 5]
    assert read_columns(tmp_path / "t.xlsx", names=("target",)) == ["Id", "target", "when", "n"]
    (tmp_path / "t.xlsx").rename(tmp_path / "t.csv")
    assert read_table(tmp_path / "t.csv")[0].equals(table)


def test_a_row_that_ends_in_empty_cells_is_as_long_as_the_header(tmp_path: Path) -> None:
    table, _ = read_table(book(tmp_path / "t.xlsx", [["Id", "Target"], ["a"], ["b", 5]]))
    assert table["Target"].tolist() == ["", "5"]


@pytest.mark.parametrize(
    ("sheets", "message"),
    [
        ([[["Id"], ["a"]], [["Id"], ["b"]]], r"2 sheets with content \(Sheet, Sheet1\)"),
        ([[]], "0 sheets with content"),
        ([[["Id", "Target"], ["a", "=1+1"]]], r"a formula without its value \(=1\+1\): .*cell B2"),
    ],
)
def test_what_a_workbook_does_not_tell_is_refused(
    tmp_path: Path, sheets: list[list[list[object]]], message: str
) -> None:
    with pytest.raises(CellocateError, match=message):
        read_table(book(tmp_path / "t.xlsx", *sheets))


def test_hidden_sheets_are_passed_over(tmp_path: Path) -> None:
    from openpyxl import load_workbook

    path = book(tmp_path / "t.xlsx", [["Id"], ["a"]], [["list"], ["of choices"]])
    workbook = load_workbook(path)
    workbook.worksheets[1].sheet_state = "hidden"
    workbook.save(path)
    assert read_table(path)[0]["Id"].tolist() == ["a"]


def test_what_is_no_workbook_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "old.xls").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(99))
    with pytest.raises(CellocateError, match=r"Excel workbook in the old format.*old\.xls.*Save it as \.xlsx"):
        read_table(tmp_path / "old.xls")
    for content in (b"Id,b\n", b"PK\x03\x04" + bytes(99)):
        (tmp_path / "bad.xlsx").write_bytes(content)
        with pytest.raises(CellocateError, match="not an Excel workbook"):
            read_table(tmp_path / "bad.xlsx")
    whole = book(tmp_path / "t.xlsx", [["Id"], ["a"]]).read_bytes()
    for length in range(4, len(whole), 97):
        (tmp_path / "bad.xlsx").write_bytes(whole[:length])
        with pytest.raises(CellocateError):
            read_table(tmp_path / "bad.xlsx")
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(CellocateError, match="pip install 'openpyxl'"):
        read_table(tmp_path / "t.xlsx")


def test_parquet_is_read_as_the_same_table_in_csv_is(tmp_path: Path) -> None:
    import pandas as pd

    table = pd.DataFrame({"Id": ["a", "7"], "0": [0.1 + 0.2, 1e-9], "plate": ["12", None], "n": [1, 2]})
    table.to_parquet(tmp_path / "t.parquet")
    table.to_csv(tmp_path / "t.csv", index=False)
    read, lines = read_table(tmp_path / "t.parquet")
    pd.testing.assert_frame_equal(read, read_table(tmp_path / "t.csv")[0], check_dtype=False)
    assert lines == [1, 2]
    assert read_columns(tmp_path / "t.parquet") == ["Id", "0", "plate", "n"]
    table.set_index("Id").to_parquet(tmp_path / "indexed.parquet")
    assert read_table(tmp_path / "indexed.parquet")[0].equals(read)
    assert read_columns(tmp_path / "indexed.parquet") == ["Id", "0", "plate", "n"]


def test_lists_in_parquet_are_labels(tmp_path: Path) -> None:
    import pandas as pd

    from cellocate.collection import read_labels

    sets = {"Id": ["a", "b", "c"], "Target": [[16, 0], [], ["Golgi apparatus", "Cytosol"]]}
    pd.DataFrame({name: values[:2] for name, values in sets.items()}).to_parquet(tmp_path / "numbers.parquet")
    pd.DataFrame({name: values[1:] for name, values in sets.items()}).to_parquet(tmp_path / "names.parquet")
    assert list(read_labels(tmp_path / "numbers.parquet").table["labels"]) == [(0, 16), ()]
    assert list(read_labels(tmp_path / "names.parquet").table["labels"]) == [(), (7, 25)]


def test_what_is_no_parquet_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CellocateError, match="no such table"):
        read_table(tmp_path / "none.parquet")
    (tmp_path / "text.parquet").write_text("Id,0\na,0.5\n")
    with pytest.raises(CellocateError, match="not a Parquet table"):
        read_table(tmp_path / "text.parquet")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(CellocateError, match=r"pip install 'cellocate\[parquet\]'"):
        read_table(tmp_path / "text.parquet")


def merge(path: Path, *ranges: str) -> Path:
    from openpyxl import load_workbook

    workbook = load_workbook(path)
    for cells in ranges:
        workbook.active.merge_cells(cells)
    workbook.save(path)
    return path


def test_cells_merged_over_rows_have_their_value_in_each_of_them(tmp_path: Path) -> None:
    rows = [[], ["Id", "Target", "plate"], ["a", 16, "P1"], ["b", 0], ["c", 3, 2.0], ["d", 2], ["e", 1, "P3"]]
    path = merge(book(tmp_path / "t.xlsx", rows), "C3:C4", "C5:C6", "C7:C9", "D3:E4")
    table, lines = read_table(path)
    assert table["plate"].tolist() == ["P1", "P1", "2", "2", "P3"]
    assert (table["Id"].tolist(), lines) == (list("abcde"), [3, 4, 5, 6, 7])


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ("A1:C1", r"merged cells A1:C1: .*t\.xlsx\. Unmerge them: the first row must name each column"),
        ("A1:A2", "merged cells A1:A2"),
        ("B3:C3", r"merged cells B3:C3: .*t\.xlsx\. Unmerge them, and fill each cell"),
    ],
)
def test_merged_cells_of_a_header_or_of_several_columns_are_refused(tmp_path: Path, cells: str, message: str) -> None:
    path = merge(book(tmp_path / "t.xlsx", [["Id", "Target", "plate"], ["a", 16, "P1"], ["b", 0]]), cells)
    with pytest.raises(CellocateError, match=message):
        read_table(path)


def test_a_formula_that_failed_is_refused_unless_it_says_that_nothing_is_known(tmp_path: Path) -> None:
    assert read_table(book(tmp_path / "t.xlsx", [["Id", "gene"], ["a", "#N/A"]]))[0]["gene"].tolist() == ["#N/A"]
    with pytest.raises(CellocateError, match=r"a formula that failed \(#REF!\): .*cell B2"):
        read_table(book(tmp_path / "t.xlsx", [["Id", "gene"], ["a", "#REF!"]]))


def test_every_index_that_pandas_keeps_in_parquet_is_a_column(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    import pandas as pd

    table = pd.DataFrame({"plate": ["1", "1"], "Id": ["a", "b"], "Target": [16, 0]})
    table.set_index(["plate", "Id"]).to_parquet(tmp_path / "t.parquet")
    assert read_columns(tmp_path / "t.parquet") == ["plate", "Id", "Target"]

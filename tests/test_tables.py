from __future__ import annotations

import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cellocate.errors import CellocateError
from cellocate.tables import read_columns, read_table


@given(st.lists(st.lists(st.text(st.characters(exclude_characters="\r\x00", codec="utf-8")), min_size=2, max_size=2)))
def test_what_pandas_writes_is_read_as_it_was(tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]]) -> None:
    import pandas as pd

    path = tmp_path_factory.mktemp("t") / "table.csv"
    pd.DataFrame(rows, columns=["a", "b"]).to_csv(path, index=False)
    table, lines = read_table(path)
    assert table.to_numpy().tolist() == rows
    assert lines == sorted(lines)


@pytest.mark.parametrize("content", ["Id,b\r\nx,1\r\n", "\ufeffId,b\nx,1\n", "Id,b\n\nx,1", '"Id","b"\n"x","1"\n'])
def test_spellings_of_one_table(tmp_path: Path, content: str) -> None:
    (tmp_path / "t.csv").write_text(content, encoding="utf-8", newline="")
    table, _ = read_table(tmp_path / "t.csv")
    assert table.to_dict("records") == [{"Id": "x", "b": "1"}]


@pytest.mark.parametrize(
    ("content", "message"),
    [("a,a\n1,2\n", "two columns named 'a'"), ("a,b\n1,2\n1\n", "line 3"), ('a,b\n"1,2\n', "not a CSV table")],
)
def test_faults_are_named(tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "t.csv").write_text(content)
    with pytest.raises(CellocateError, match=message):
        read_table(tmp_path / "t.csv")


def test_columns_are_read_without_the_rows(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a,b\n1\n")
    assert read_columns(tmp_path / "t.csv") == ["a", "b"]


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


def test_what_is_no_parquet_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CellocateError, match="no such table"):
        read_table(tmp_path / "none.parquet")
    (tmp_path / "text.parquet").write_text("Id,0\na,0.5\n")
    with pytest.raises(CellocateError, match="not a Parquet table"):
        read_table(tmp_path / "text.parquet")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(CellocateError, match=r"pip install 'cellocate\[parquet\]'"):
        read_table(tmp_path / "text.parquet")

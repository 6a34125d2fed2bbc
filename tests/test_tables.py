from __future__ import annotations

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

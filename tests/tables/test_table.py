"""Tables as programs write them: every spelling of one table is that table, and every fault has its line."""

from __future__ import annotations

import codecs
import gzip
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cellocate.errors import CellocateError
from cellocate.tables import (
    missing_column_error,
    normalised,
    plain_rows,
    read_columns,
    read_table,
    table_rows,
    text_lines,
)

TEXT = st.text(st.characters(exclude_characters="\r\x00", codec="utf-8"))


@given(st.lists(st.tuples(TEXT, TEXT).map(lambda row: [*map(normalised, row)]).filter(any)))
def test_what_pandas_writes_is_read_as_it_was(tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]]) -> None:
    import pandas as pd

    path = tmp_path_factory.mktemp("t") / "table.csv"
    for options in ({}, {"sep": ";"}, {"sep": "\t", "encoding": "utf-16"}, {"encoding": "utf-8-sig"}):
        pd.DataFrame(rows, columns=["a", "b"]).to_csv(path, index=False, **options)
        table, lines = read_table(path)
        assert table.to_numpy().tolist() == rows
        assert lines == sorted(lines)


SPELLINGS = {
    "Windows": "Id,b\r\nx,1\r\ny z,2\r\n",
    "old Mac": "Id,b\rx,1\ry z,2\r",
    "byte order mark": "\ufeffId,b\nx,1\ny z,2\n",
    "no last newline": "Id,b\nx,1\ny z,2",
    "quotes": '"Id","b"\n"x","1"\n"y z","2"\n',
    "semicolons": "Id;b\nx;1\ny z;2\n",
    "tabs": "Id\tb\nx\t1\ny z\t2\n",
    "Excel's hint": "sep=;\nId;b\nx;1\ny z;2\n",
    "blanks": " Id , b\nx ,1 \n\u00a0y z,  2\t\n",
    "blank lines": "\n\nId,b\n\nx,1\n\ny z,2\n\n",
    "rows of separators": ",,\nId,b,\nx,1,\n,,\ny z,2,\n,,\n",
    "columns without an end": "Id,b,,\nx,1\ny z,2,,,\n",
    "column before": ",Id,b\n,x,1\n,y z,2\n",
    "index of pandas": ",Id,b\n0,x,1\n1,y z,2\n",
    "index of pandas, twice": "Unnamed: 0.1,Unnamed: 0,Id,b\n0,0,x,1\n1,7,y z,2\n",
    "index of R": '"","Id","b"\n"row 1","x","1"\n"row 2","y z","2"\n',
    "R's write.table": '"Id" "b"\n"1" "x" 1\n"2" "y z" 2\n',
    "R's write.table without row names": '"Id" "b"\n"x" 1\n"y z" 2\n',
    "R's write.table with commas": '"Id","b"\n"row 1","x",1\n"row 2","y z",2\n',
    "R's write.table with tabs": "Id\tb\nrow 1\tx\t1\nrow 2\ty z\t2\n",
    "R's write.table, unquoted": "Id,b\n1,x,1\n2,y z,2\n",
    "blanks before quotes": '"Id", "b"\n"x", "1"\n"y z",   "2"\n',
    "blanks after quotes": '"Id" ,"b"  \n"x" , 1 \n"y z"  ,"2" ',
    "formulas that keep text": 'Id;b\n="x";1\n"=""y z""";="2"\n',
    "index at the end": "Id,b,Unnamed: 0\nx,1,0\ny z,2,1\n",
}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32", "gzip"])
@pytest.mark.parametrize("name", SPELLINGS)
def test_spellings_of_one_table(tmp_path: Path, name: str, encoding: str) -> None:
    text = SPELLINGS[name]
    content = gzip.compress(text.encode()) if encoding == "gzip" else text.lstrip("\ufeff").encode(encoding)
    (tmp_path / "t.csv").write_bytes(content if encoding != "utf-8" else text.encode())
    table, lines = read_table(tmp_path / "t.csv")
    assert table.to_dict("records") == [{"Id": "x", "b": "1"}, {"Id": "y z", "b": "2"}]
    as_an_editor_counts = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    assert ["x" in as_an_editor_counts[lines[0] - 1], "y z" in as_an_editor_counts[lines[1] - 1]] == [True, True]


@pytest.mark.parametrize("mark", [codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE])
def test_both_orders_of_utf16_are_read(tmp_path: Path, mark: bytes) -> None:
    order = "utf-16-le" if mark == codecs.BOM_UTF16_LE else "utf-16-be"
    (tmp_path / "t.txt").write_bytes(mark + "Id\tb\r\nPräp\t1\r\n".encode(order))
    assert read_table(tmp_path / "t.txt")[0].to_numpy().tolist() == [["Präp", "1"]]


def test_text_is_read_in_one_normal_form(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(unicodedata.normalize("NFD", "Id,Größe\nPräp_1,ü\n"), encoding="utf-8")
    table, _ = read_table(tmp_path / "t.csv")
    assert table.to_dict("records") == [{"Id": "Präp_1", "Größe": "ü"}]


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("Id,x;y,z\na,1;2,3\n", ["Id", "x;y", "z"]),
        ("Id;Golgi, cis;b\na;0,5;0,25\n", ["Id", "Golgi, cis", "b"]),
        ("Id;a,b\nx;0\ny;1\n", ["Id", "a,b"]),
        ('Id,"a;b;c;d"\nx,0\n', ["Id", "a;b;c;d"]),
        ("Id\nx\n", ["Id"]),
        ('"a\nb";c\n1;2\n', ["a\nb", "c"]),
        ('Id;size 5"\nx;1\n', ["Id", 'size 5"']),
    ],
)
def test_of_several_separators_the_one_that_parts_the_rows_is_meant(
    tmp_path: Path, text: str, columns: list[str]
) -> None:
    (tmp_path / "t.csv").write_text(text, encoding="utf-8", newline="")
    assert read_columns(tmp_path / "t.csv") == columns
    assert len(read_table(tmp_path / "t.csv")[0]) == text.count("\n") - 1 - text.count('"a\n')


def test_columns_are_known_in_any_case_where_only_one_can_be_meant(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("ID,TARGET,plate\n")
    assert read_columns(path, names=("Id", "Target")) == ["Id", "Target", "plate"]
    assert read_columns(path, names=("Id", "ID")) == ["ID", "TARGET", "plate"]
    path.write_text("id,iD\n")
    assert read_columns(path, names=("Id",)) == ["id", "iD"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a,a\n1,2\n", "two columns named 'a'"),
        ("a,b\n1,2\n1\n", r"1 values under 2 columns: '1': .*line 3"),
        ("a,b\n1,2,3\n", r"3 values under 2 columns: '1, 2, 3': .*line 2"),
        ("a,b\n1,2\n3\n", "line 3"),
        ('a,b\n1,2\n"3,4\n5,6\n', r"quotation mark that is not closed\): '\"3,4': .*line 3"),
        ('a,b\n"1"x,2\n', r"not a CSV table .*: '\"1\"x,2': .*line 2"),
        ("a,,b\n1,,2\n1,x,2\n", r"a value in column 2, which has no name: 'x': .*line 3"),
        (",,,\n\n", "it is empty"),
        ('a,b\n"1" "x",2\n', r"not a CSV table .*: '\"1\" \"x\",2': .*line 2"),
        ("Id,b\nx,16,0\ny,3,0\n", r"3 values under 2 columns: 'x, 16, 0': .*line 2"),
        ("Id;b\nx;16;0\ny;3;0\n", r"3 values under 2 columns: 'x, 16, 0': .*line 2"),
        ("Id,b\n1,x,1\n1,y,2\n", r"3 values under 2 columns: '1, x, 1': .*line 2"),
        ("Id,b\n1,x,\n2,y,\n3,z,1\n4,w\n", "under 2 columns|under 3 columns"),
        ("Plate 7\nId,b\nx,1\n", r"2 values under 1 columns: .*line 2.*delete lines above the header"),
        ("a,b\n1,\0\n", r"not a CSV table \(it has zero bytes\)"),
    ],
)
def test_faults_are_named_with_their_line_and_text(tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "t.csv").write_text(content)
    with pytest.raises(CellocateError, match=message) as caught:
        read_table(tmp_path / "t.csv")
    assert len(str(caught.value).splitlines()) == 1


def test_a_zero_byte_far_down_is_found(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a,b\n" + "1,2\n" * 5000 + "1,\0\n")
    with pytest.raises(CellocateError, match="zero bytes"):
        read_table(tmp_path / "t.csv")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Id;plate\nx;1\nPräp_1;2\n", r"as Windows-1252 it has 'Präp_1'\).*t\.csv, line 3, column Id"),
        ("Id,Größe\nx,1\n", r"as Windows-1252 it has 'Größe'\).*line 1, column Größe"),
    ],
)
def test_another_encoding_is_refused_with_the_text_that_shows_it(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "t.csv").write_bytes(text.encode("cp1252"))
    with pytest.raises(CellocateError, match=f"not UTF-8; {message}.*CSV UTF-8"):
        read_table(tmp_path / "t.csv")


def test_utf8_is_not_taken_for_the_text_that_shows_another_encoding(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes("Id\nä\n".encode() + "é\n".encode("latin-1"))
    with pytest.raises(CellocateError, match=r"it has 'é'\).*line 3"):
        read_table(tmp_path / "t.csv")


def test_bytes_that_no_encoding_has_are_refused(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes(b'Id\n"\x81\x8d')
    with pytest.raises(CellocateError, match="it is not UTF-8"):
        read_table(tmp_path / "t.csv")


@pytest.mark.parametrize("kind", ["folder", "none"])
def test_what_is_no_file_is_refused(tmp_path: Path, kind: str) -> None:
    with pytest.raises(CellocateError, match="no such split" if kind == "none" else "not a regular file"):
        read_table(tmp_path / "t.csv" if kind == "none" else tmp_path, "split")


def test_columns_are_read_without_the_rows(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a,b\n1\n")
    assert read_columns(tmp_path / "t.csv") == ["a", "b"]


def test_a_table_without_rows_is_read(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a;b\n")
    assert read_table(tmp_path / "t.csv")[0].to_dict("list") == {"a": [], "b": []}


def test_an_error_of_a_missing_column_shows_those_that_there_are(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("\n,Target\nx,1\n")
    error = missing_column_error(tmp_path / "t.csv", "no ids", "It needs Id.")
    assert str(error).startswith("no ids: its columns are (no name), Target: ")
    assert str(error).endswith("It needs Id. If the first column is the one, give it a name.")


def test_plain_rows_are_those_of_the_file_to_the_letter(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("sep=;\n\n,Id,b \n0,x;y,\n")
    assert [row for _, row in plain_rows(tmp_path / "t.csv")] == [["sep=;"], ["", "Id", "b "], ["0", "x;y", ""]]
    (tmp_path / "t.csv").write_bytes("Id\n".encode("utf-16"))
    with pytest.raises(CellocateError, match="not UTF-8"):
        list(plain_rows(tmp_path / "t.csv"))


def test_a_value_longer_than_allowed_is_taken_for_an_open_quotation(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text('a,b\n1,"' + "x" * 99)
    with pytest.raises(CellocateError, match=r"not closed.*line 2"):
        list(table_rows(tmp_path / "t.csv", longest=50))


def test_lines_of_text_are_read_with_their_numbers(tmp_path: Path) -> None:
    (tmp_path / "t.txt").write_bytes("one\r\n\r\n zwei ü\r\n".encode("utf-16"))
    assert list(text_lines(tmp_path / "t.txt")) == [(1, "one"), (2, ""), (3, "zwei ü")]


def test_quotation_marks_within_values_stay(tmp_path: Path) -> None:
    text = 'Id,b\n"a ""x"" ,y" ,"1\n2" ,\n"c" ,"say ""no"" , ""or"" yes"\nd 5" ,x\ne,"f" \n'
    (tmp_path / "t.csv").write_text(text)
    values = [['a "x" ,y', "1\n2"], ["c", 'say "no" , "or" yes'], ['d 5"', "x"], ["e", "f"]]
    assert read_table(tmp_path / "t.csv")[0].to_numpy().tolist() == values


def test_names_of_rows_that_may_be_the_ids_are_pointed_at(tmp_path: Path) -> None:
    (tmp_path / "t.txt").write_text('"Target"\n"a" "16 0"\n"b" "3"\n')
    assert str(missing_column_error(tmp_path / "t.txt", "no ids", "")).startswith(
        "no ids: its columns are (no name), Target:"
    )


def test_a_table_whose_values_stand_between_blanks_is_told_how_to_write_it(tmp_path: Path) -> None:
    (tmp_path / "t.txt").write_text("Id Target\n1 a 16\n")
    assert "in R: write.csv(table, file, row.names=FALSE)" in str(
        missing_column_error(tmp_path / "t.txt", "no label table", "")
    )

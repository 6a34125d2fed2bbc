"""Label tables as the challenges write them: the real ones to the last row, and every fault by its line."""

import gzip
from collections import Counter
from contextlib import suppress

import numpy as np
import pytest
from small_collections import COUNTS_2018, COUNTS_2021, faults

from cellocate.collection import read_labels
from cellocate.errors import CellocateError


@pytest.fixture
def labels_of(tmp_path):
    """Read a label table of this text."""

    def read(text, **options):
        (tmp_path / "train.csv").write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_labels(tmp_path / "train.csv", **options)

    return read


TWICE = "a row has a label twice"
REAL = {
    "kaggle2018": (31_072, 577, {1: 15_126, 2: 12_485, 3: 3_160, 4: 299, 5: 2}, COUNTS_2018, {}),
    "kaggle2021": (21_806, 372, {1: 10_508, 2: 8_873, 3: 2_233, 4: 190, 5: 2}, COUNTS_2021, {TWICE: 146}),
}


@pytest.mark.parametrize("name", REAL)
def test_the_real_tables_hold_what_is_known_of_them(real_data, name):
    rows, distinct, sizes, counts, repeats = REAL[name]
    labels = read_labels(real_data / "tables" / f"{name}_train.csv.gz")
    sets = list(labels.table["labels"])
    assert labels.format.layout == name
    assert Counter(p.error.what for p in labels.problems) == repeats
    assert {p.severity for p in labels.problems} <= {"warning"}
    assert len(sets) == labels.table.index.nunique() == rows
    assert len(set(sets)) == distinct
    assert Counter(map(len, sets)) == sizes
    assert labels.vocabulary.encode(sets).sum(axis=0).tolist() == counts


def test_all_ids_of_2021_occur_in_2018(real_data):
    first, second = (read_labels(real_data / "tables" / f"{name}_train.csv.gz").table.index for name in REAL)
    assert set(second) < set(first)


def test_a_table_of_2018_is_read(labels_of):
    labels = labels_of("Id,Target\nb,16 0\na,\n c , 5 \n")
    assert list(labels.table["labels"].items()) == [("b", (0, 16)), ("a", ()), ("c", (5,))]
    assert (labels.format.layout, labels.vocabulary.name, labels.problems) == ("kaggle2018", "hpa28", ())


def test_a_table_of_2021_is_read(labels_of):
    labels = labels_of("ID,Label\nb,13\na,\nc,Golgi apparatus|0\n")
    assert list(labels.table["labels"].items()) == [("b", (13,)), ("a", ()), ("c", (0, 7))]
    assert (labels.format.layout, labels.vocabulary.name, labels.problems) == ("kaggle2021", "hpa19", ())


@pytest.mark.parametrize("text", ["Id,Target\nb,16 0 16\n", "ID,Label\nb,13|13\n", "ID,Label\nb,Cytosol|16\n"])
def test_a_label_that_stands_twice_counts_once_and_is_a_warning(labels_of, text):
    labels = labels_of(text)
    assert labels.table["labels"].notna().all()
    assert [(p.id, p.error.what, p.severity) for p in labels.problems] == [("b", TWICE, "warning")]
    assert labels.truth(["b"]).sum() == len(labels.table["labels"].iloc[0])


@pytest.mark.parametrize(
    "text",
    ["\ufeffId,Target\na,0\n", "Id,Target\r\na,0\r\n", "Target,Id\n0,a\n", 'Id,Target\n"a","0"\n', "Id,Target\na,0"],
    ids=["byte order mark", "Windows", "order", "quotes", "no last newline"],
)
def test_a_table_may_be_written_by_any_program(labels_of, text):
    assert list(labels_of(text).table["labels"].items()) == [("a", (0,))]


@pytest.mark.parametrize("field", ["NA", "nan", "None", "007", "1e5", "true"])
def test_ids_are_taken_to_the_letter(labels_of, field):
    assert list(labels_of(f"Id,Target\n{field},0\n").table.index) == [field]


def test_an_unknown_label_is_named_with_its_line(labels_of):
    labels = labels_of("Id,Target\na,0\nb,3 28\nc,1\nd,Nucleus\n")
    assert faults(labels.problems) == [
        ("b", "labels", "unknown label '28'"),
        ("d", "labels", "unknown label 'Nucleus'"),
    ]
    where = [str(p.error.where).rpartition("train.csv")[2] for p in labels.problems]
    assert where == [", line 3, column Target: '3 28'", ", line 5, column Target: 'Nucleus'"]
    assert list(labels.table.index) == ["a", "c"]


@pytest.mark.parametrize("text", ["Id,Target\na,0\n\nb,99\n", 'Id,Target,note\na,0,"x\ny"\nb,99,\n'])
def test_lines_are_counted_as_an_editor_counts_them(labels_of, text):
    assert "line 4, column Target: '99'" in str(labels_of(text).problems[0].error.where)


def test_a_repeated_id_is_named_with_all_its_lines(labels_of):
    labels = labels_of("Id,Target\na,0\nb,1\na,0\nc,2\n a,5\nc,2\n")
    assert faults(labels.problems) == [(i, "labels", "an id is in several rows") for i in "ac"]
    assert [str(p.error.where).rpartition(", lines ")[2] for p in labels.problems] == ["2, 4, 6", "5, 7"]
    assert list(labels.table.index) == ["b"]


def test_blank_lines_are_passed_over_but_counted(labels_of):
    labels = labels_of("Id,Target\n\na,0\n\n\nb,1\na,2\n\n,3\n")
    assert list(labels.table.index) == ["b"]
    assert [str(p.error.where).rpartition(", line")[2] for p in labels.problems] == ["s 3, 7", " 9"]


def test_a_row_without_an_id_is_named(labels_of):
    labels = labels_of("Id,Target\na,0\n,1\n")
    assert faults(labels.problems) == [("", "labels", "a row without an id")]
    assert str(labels.problems[0].error.where).endswith("line 3")
    assert list(labels.table.index) == ["a"]


@pytest.mark.parametrize(
    "text", ["", "Id\na\n", "Target\n0\n", "ID,Target\na,0\n", "Id,Label\na,0\n", "id,label\na,0\n"]
)
def test_a_table_that_lacks_a_column_is_refused(labels_of, text):
    with pytest.raises(CellocateError, match=r"train\.csv"):
        labels_of(text)


@pytest.mark.parametrize(
    "content",
    [b"", "Id,Target\né,0\n".encode("latin-1"), b"Id,Target\na,0\nb,0,1\n"],
    ids=["empty", "latin-1", "ragged"],
)
def test_what_is_no_table_is_refused(labels_of, content):
    with pytest.raises(CellocateError, match=r"(not a CSV table|3 values under 2 columns).*train\.csv"):
        labels_of(content)


def test_a_refusal_is_one_line(labels_of):
    with pytest.raises(CellocateError) as caught:
        labels_of("Id,Target\na,0\nb,0,1\n")
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize("text", ["Id,Target\na,16,0\nb,7,1\n", "Id,Target\na,0,\nb,0,\n"])
def test_more_values_than_columns_never_move_a_column(labels_of, text):
    with suppress(CellocateError):
        assert list(labels_of(text).table.index) == ["a", "b"]


def test_a_row_that_was_cut_short_is_refused_or_a_problem(labels_of):
    with suppress(CellocateError):
        assert [problem.id for problem in labels_of("Id,Target\na,0\nb\n").problems] == ["b"]


def test_a_missing_table_is_refused(tmp_path):
    with pytest.raises(CellocateError, match=r"no such label table.*nowhere\.csv"):
        read_labels(tmp_path / "nowhere.csv")


def test_what_a_browser_unpacked_and_still_calls_gzipped_is_read(tmp_path):
    (tmp_path / "train.csv.gz").write_text("Id,Target\na,0\n")
    assert list(read_labels(tmp_path / "train.csv.gz").table["labels"]) == [(0,)]


def test_a_gzipped_table_cut_short_is_refused(tmp_path):
    text = "Id,Target\n" + "".join(f"f{i},{i % 28}\n" for i in range(999))
    (tmp_path / "train.csv.gz").write_bytes(gzip.compress(text.encode())[:-100])
    with pytest.raises(CellocateError, match=r"train\.csv\.gz"):
        read_labels(tmp_path / "train.csv.gz")


def test_truth_is_given_in_the_order_asked_for(labels_of):
    labels = labels_of("Id,Target\na,0\nb,1 2\nc,\n")
    assert labels.truth(["c", "b"]).tolist() == labels.vocabulary.encode([(), (1, 2)]).tolist()
    assert labels.truth([]).shape == (0, 28)
    assert labels.truth(["a"]).dtype == np.bool_


def test_truth_of_a_field_without_a_row_is_refused(labels_of):
    with pytest.raises(CellocateError, match="2 of 3 fields have no labels, such as x"):
        labels_of("Id,Target\na,0\n").truth(["x", "a", "y"])


def test_truth_of_a_field_whose_row_is_at_fault_says_how(labels_of):
    labels = labels_of("Id,Target\na,0\nb,99\n")
    assert labels.truth(["a"]).any()
    with pytest.raises(CellocateError, match=r"unknown label '99'.*line 3"):
        labels.truth(["a", "b"])


def test_a_table_without_rows_has_no_labels(labels_of):
    labels = labels_of("Id,Target\n")
    assert (len(labels.table), labels.problems) == (0, ())

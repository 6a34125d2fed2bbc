"""Tables of probabilities and of decided locations: what is written is read again, and faults are named."""

import gzip
from contextlib import suppress

import numpy as np
import pandas as pd
import pytest

from cellocate.decision import Predictions, read_probabilities, read_tables
from cellocate.decision.probability_tables import has_predicted_labels, read_predicted_labels, write_predicted_labels
from cellocate.errors import CellocateError
from cellocate.vocabulary import Location, Vocabulary, get_vocabulary

OURS = Vocabulary("ours", tuple(Location(name, None, "") for name in ("Cilium", "Basal body", "Tip")))


@pytest.fixture
def put(tmp_path):
    """Write text to a file, and give its path."""

    def write(text, name="table.csv"):
        (tmp_path / name).write_text(text, encoding="utf-8")
        return tmp_path / name

    return write


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", ["hpa28", "hpa19", "subcell31"])
def test_probabilities_survive_writing_to_six_decimals(tmp_path, name, dtype):
    vocabulary = get_vocabulary(name)
    probabilities = np.random.default_rng(0).random((7, len(vocabulary))).astype(dtype)
    ids = ["b", "a", "NA", "007", "a,b", 'q"q', "é"]
    Predictions(ids, probabilities, probabilities > 0.5, vocabulary).save(tmp_path / "t.csv")
    found_ids, found = read_probabilities(tmp_path / "t.csv", vocabulary)
    assert found_ids == ids
    assert found.dtype == np.float64
    np.testing.assert_allclose(found, probabilities, atol=6e-7)


def test_a_table_names_its_locations_for_a_spreadsheet(tmp_path):
    decided = np.array([[True, False, True], [False, False, False]])
    Predictions(["a", "b"], np.array([[0.75, 0.25, 1], [0, 0.1234567, 0]]), decided, OURS).save(tmp_path / "t.csv")
    assert (tmp_path / "t.csv").read_text().splitlines() == [
        "Id,Cilium,Basal body,Tip,Locations",
        "a,0.75,0.25,1.0,Cilium; Tip",
        "b,0.0,0.123457,0.0,",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "Id,Cilium,Basal body,Tip\na,.1,.2,.3\nb,.4,.5,.6\n",
        "Id,Tip,Cilium,Basal body\na,.3,.1,.2\nb,.6,.4,.5\n",
        "Id,0,1,2\na,.1,.2,.3\nb,.4,.5,.6\n",
        "2,1,Id,0\n.3,.2,a,.1\n.6,.5,b,.4\n",
        "Id,TIP,0,basal body,Locations\na,.3,.1,.2,Tip\nb,.6,.4,.5,\n",
        "\ufeffId,0,1,2\na,.1,.2,.3\nb,.4,.5,.6\n",
        "Id,0,1,2\na,1e-1,0.20,+.3\nb, .4,.5 ,.6\n",
    ],
)
def test_columns_are_found_by_name_or_by_index_in_any_order(put, text):
    ids, probabilities = read_probabilities(put(text), OURS)
    assert ids == ["a", "b"]
    assert probabilities.tolist() == [[0.1, 0.2, 0.3], [0.4, 0.5, 0.6]]


def test_a_table_without_rows_is_read(put):
    ids, probabilities = read_probabilities(put("Id,0,1,2\n"), OURS)
    assert (ids, probabilities.shape) == ([], (0, 3))


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("Id,0,1\na,.1,.2\n", "no column for 'Tip'"),
        ("Id,Cilium,Basal body,Tip,Flagellum\na,.1,.2,.3,.4\n", "'Flagellum'"),
        ("Id,0,1,2,3\na,.1,.2,.3,.4\n", "'3'"),
        ("Id,0,1,2,Tip\na,.1,.2,.3,.4\n", "two columns for one location"),
        ("Id,0,1,2,2\na,.1,.2,.3,.4\n", "label|column"),
        ("0,1,2\n.1,.2,.3\n", "no column Id"),
        ("name,0,1,2\na,.1,.2,.3\n", "no column Id: its columns are name, 0, 1, 2"),
        ("Id,0,1,2\na,.1,.2,.3\nb,.1,.2,.3\na,.1,.2,.3\n", "id a is in several rows"),
        ("Id,0,1,2\na,.1,.2,.3\n ,.1,.2,.3\n", "a row without an id: .*line 3"),
        ("Id,0,1,2\na,.1,nan,.3\n", "not a number"),
        ("Id,0,1,2\na,.1,,.3\n", "not a number"),
        ("Id,0,1,2\na,.1,high,.3\n", "not a number"),
        ("Id,0,1,2\na,.1,1.01,.3\n", "probability outside 0 to 1"),
        ("Id,0,1,2\na,.1,-0.01,.3\n", "probability outside 0 to 1"),
        ("Id,0,1,2\na,.1,inf,.3\n", "probability outside 0 to 1"),
        ("Id,0,1,2\na,.1,.2\n", "3 values under 4 columns"),
        ("", "not a CSV table"),
    ],
)
def test_a_faulty_table_is_refused(put, text, fault):
    with pytest.raises(CellocateError, match=fault):
        read_probabilities(put(text), OURS)


@pytest.mark.parametrize(
    ("rows", "fault"),
    [
        ("b,.4,.5,.6\na,.1,,.3\n", r"not a number: '': .*table\.csv, line 3 \(id a\), column Tip\. Give prob"),
        ("b,.4,.5,.6\na,.1,.3,high\n", r"not a number: 'high': .*line 3 \(id a\), column basal body"),
        ("b,.4,5,.6\na,.1,.3,-.2\n", r"outside 0 to 1: '5': .*line 2 \(id b\), column Tip.*They look like logits"),
        ("b,40,5,60\na,1,3,2\n", r"outside 0 to 1: '40': .*line 2 \(id b\), column 0.*look like percentages"),
    ],
)
def test_a_value_that_is_no_probability_is_named_with_its_id_and_column(put, rows, fault):
    with pytest.raises(CellocateError, match=fault):
        read_probabilities(put(f"Id,0,Tip,basal body\n{rows}"), OURS)


@pytest.mark.parametrize("text", ["Id,0,1,2,Flagellum\na,.1,.2,.3,.4\n", "Id,0,1,2,2\na,.1,.2,.3,.4\n"])
def test_an_unknown_or_repeated_column_is_refused_with_the_name_of_the_table(put, text):
    with pytest.raises(CellocateError, match=r"table\.csv"):
        read_probabilities(put(text), OURS)


@pytest.mark.parametrize(
    ("read", "text"),
    [
        (read_predicted_labels, "Id,Predicted\na,2,0\nb,1,2\n"),
        (read_predicted_labels, "Id,Predicted\na,2,\nb,1,\n"),
        (read_probabilities, "Id,0,1,2\na,.1,.2,.3,.4\nb,.4,.5,.6,.7\n"),
    ],
)
def test_more_values_than_columns_never_move_a_column(put, read, text):
    with suppress(CellocateError):
        assert read(put(text), OURS)[0] == ["a", "b"]


@pytest.mark.parametrize("number", ["0_1", "０.１"])
def test_what_only_python_calls_a_number_is_refused(put, number):
    with pytest.raises(CellocateError, match="not a number"):
        read_probabilities(put(f"Id,0,1,2\na,{number},.2,.3\n"), OURS)


def test_a_table_of_another_encoding_is_refused(tmp_path):
    (tmp_path / "t.csv").write_bytes("Id,0,1,2\né,.1,.2,.3\n".encode("latin-1"))
    with pytest.raises(CellocateError, match=r"not a CSV table.*UTF-8"):
        read_probabilities(tmp_path / "t.csv", OURS)


def test_a_gzipped_table_cut_short_is_refused(tmp_path):
    rows = "".join(f"f{i},.1,.2,{i / 1000}\n" for i in range(999))
    (tmp_path / "t.csv.gz").write_bytes(gzip.compress(f"Id,0,1,2\n{rows}".encode())[:-100])
    with pytest.raises(CellocateError, match=r"t\.csv\.gz"):
        read_probabilities(tmp_path / "t.csv.gz", OURS)


def test_a_missing_table_is_refused(tmp_path):
    for read in (read_probabilities, read_predicted_labels, lambda path, _: has_predicted_labels(path)):
        with pytest.raises(CellocateError, match=r"no such table.*nowhere\.csv"):
            read(tmp_path / "nowhere.csv", OURS)


def test_rows_of_several_tables_are_matched_by_id(put):
    first = put("Id,0,1,2\nb,.1,.2,.3\na,0,1,0\nc,1,1,1\n", "first.csv")
    second = put("Id,Tip,0,1\nc,0,.5,0\na,.5,.5,.5\nb,.5,.3,.4\n", "second.csv")
    ids, tables = read_tables([first, second], OURS)
    assert ids == ["b", "a", "c"]
    np.testing.assert_array_equal(tables[0], [[0.1, 0.2, 0.3], [0, 1, 0], [1, 1, 1]])
    np.testing.assert_allclose(tables.mean(axis=0), [[0.2, 0.3, 0.4], [0.25, 0.75, 0.25], [0.75, 0.5, 0.5]])


def test_one_table_alone_is_that_table(put):
    path = put("Id,0,1,2\nb,.1,.2,.3\na,0,1,0\n")
    (ids, tables), (own_ids, own) = read_tables([path], OURS), read_probabilities(path, OURS)
    assert ids == own_ids
    np.testing.assert_array_equal(tables, [own])


def test_tables_stand_in_the_order_that_they_are_given(put):
    paths = [put(f"Id,0,1,2\na,{p},0,0\n", f"{p}.csv") for p in (0.9, 0.1, 0.2)]
    assert read_tables(paths, OURS)[1][:, 0, 0].tolist() == [0.9, 0.1, 0.2]


@pytest.mark.parametrize(("rows", "odd"), [("a,.1,.2,.3\n", "b"), ("a,0,0,0\nb,0,0,0\nc,0,0,0\n", "c")])
def test_tables_of_other_fields_are_refused(put, rows, odd):
    first = put("Id,0,1,2\na,.1,.2,.3\nb,.1,.2,.3\n", "first.csv")
    with pytest.raises(CellocateError, match=rf"fields differ from .*first\.csv, such as {odd}: .*other\.csv"):
        read_tables([first, put(f"Id,0,1,2\n{rows}", "other.csv")], OURS)


def test_decided_locations_survive_writing(tmp_path):
    decided = np.random.default_rng(0).random((9, 28)) < 0.1
    decided[3] = False
    ids = [f"f{i}" for i in range(9)]
    write_predicted_labels(tmp_path / "d.csv", ids, decided)
    found_ids, found = read_predicted_labels(tmp_path / "d.csv", get_vocabulary("hpa28"))
    assert found_ids == ids
    np.testing.assert_array_equal(found, decided)


def test_decided_locations_are_written_as_the_challenge_takes_them(tmp_path):
    write_predicted_labels(tmp_path / "d.csv", ["b", "a"], np.array([[True, False, True], [False, False, False]]))
    assert (tmp_path / "d.csv").read_text() == "Id,Predicted\nb,0 2\na,\n"


def test_names_of_one_word_are_labels_too(put):
    _, decided = read_predicted_labels(put("Id,Predicted\na,tip 0\n"), OURS)
    assert decided.tolist() == [[True, False, True]]


def test_an_unknown_decided_label_is_named_with_its_line(put):
    with pytest.raises(CellocateError, match=r"unknown label '3': .*table\.csv, line 3"):
        read_predicted_labels(put("Id,Predicted\na,0\nb,1 3\n"), OURS)


def test_a_table_of_probabilities_is_no_table_of_decisions(put):
    with pytest.raises(CellocateError, match="no column Predicted"):
        read_predicted_labels(put("Id,0,1,2\na,.1,.2,.3\n"), OURS)


@pytest.mark.parametrize(("header", "is_so"), [("Id,Predicted", True), ("Id,0", False), ("Id,Cilium,Locations", False)])
def test_tables_of_either_kind_are_told_apart(put, header, is_so):
    assert has_predicted_labels(put(f"{header}\n")) is is_so


def test_the_real_sample_submission_is_read(real_data):
    path = real_data / "tables" / "kaggle2018_sample_submission.csv.gz"
    ids, decided = read_predicted_labels(path, get_vocabulary("hpa28"))
    assert has_predicted_labels(path)
    assert len(set(ids)) == 11_702
    assert decided.sum(axis=0).tolist() == [11_702] + [0] * 27


def test_a_failed_write_leaves_the_old_table(tmp_path, monkeypatch):
    (tmp_path / "d.csv").write_text("old")

    def fail(*_args, **_more):
        raise OSError("no room")

    monkeypatch.setattr(pd.DataFrame, "to_csv", fail)
    with pytest.raises(OSError, match="no room"):
        write_predicted_labels(tmp_path / "d.csv", ["a"], np.ones((1, 3), bool))
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("d.csv", "old")]

"""Probabilities and decided locations as other programs write them; and what we write, whatever the ids are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cellocate.decision import Predictions, read_locations, read_probabilities, read_tables, vocabulary_from_columns
from cellocate.decision.probability_tables import read_predicted_labels, write_predicted_labels
from cellocate.errors import CellocateError
from cellocate.tables import normalised
from cellocate.vocabulary import Location, Vocabulary, get_vocabulary

OURS = Vocabulary("ours", tuple(Location(name, None, "") for name in ("Cilium", "Golgi, cis", "a; b", "Nuclear body")))
P = [[0.1, 0.25, 0.5, 1.0], [0.0, 1e-5, 0.75, 0.125]]

TEXT = st.text(st.characters(exclude_characters="\0\r", codec="utf-8"), min_size=1).map(normalised).filter(bool)


@given(st.lists(TEXT, unique=True, max_size=5), st.integers(0, 2**20))
def test_any_ids_survive(tmp_path_factory: pytest.TempPathFactory, ids: list[str], seed: int) -> None:
    folder = tmp_path_factory.mktemp("t")
    probabilities = np.random.default_rng(seed).random((len(ids), 4)).round(6)
    Predictions(ids, probabilities, probabilities > 0.5, OURS).save(folder / "t.csv")
    write_predicted_labels(folder / "d.csv", ids, probabilities > 0.5)
    read, found = read_probabilities(folder / "t.csv", OURS)
    assert read == ids
    np.testing.assert_array_equal(found, probabilities)
    np.testing.assert_array_equal(read_locations(folder / "t.csv", OURS), probabilities > 0.5)
    assert read_predicted_labels(folder / "d.csv", OURS)[0] == ids
    assert vocabulary_from_columns(folder / "t.csv").names == OURS.names


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"index": True},
        {"sep": ";", "decimal": ","},
        {"sep": "\t", "decimal": ",", "encoding": "utf-16"},
        {"decimal": ",", "quoting": 1},
        {"encoding": "utf-8-sig", "lineterminator": "\r\n\r\n"},
    ],
)
@pytest.mark.parametrize("header", ["names", "numbers", "floats"])
def test_probabilities_of_any_program_are_read(tmp_path: Path, options: dict[str, object], header: str) -> None:
    columns = {"names": OURS.names, "numbers": range(4), "floats": np.arange(4.0)}[header]
    table = pd.DataFrame(P, columns=list(columns))
    table.insert(0, "id", ["Präp 1", "b"])
    table.to_csv(tmp_path / "t.csv", **{"index": False, **options})
    ids, found = read_probabilities(tmp_path / "t.csv", OURS)
    assert (ids, found.tolist()) == (["Präp 1", "b"], P)


def test_ids_without_a_name_are_asked_for(tmp_path: Path) -> None:
    pd.DataFrame(P, columns=list(OURS.names), index=["a", "b"]).to_csv(tmp_path / "t.csv")
    with pytest.raises(
        CellocateError,
        match=r"no column Id: its columns are \(no name\), Cilium.*If the first column is the one",
    ):
        read_probabilities(tmp_path / "t.csv", OURS)


def test_ids_of_one_table_may_have_become_numbers(tmp_path: Path) -> None:
    for name, ids in (("a.csv", ["007", "010"]), ("b.csv", ["10.0", "7.0"])):
        table = pd.DataFrame(P, columns=list(OURS.names))
        table.insert(0, "Id", ids)
        table.to_csv(tmp_path / name, index=False)
    ids, tables = read_tables([tmp_path / "a.csv", tmp_path / "b.csv"], OURS)
    assert ids == ["007", "010"]
    assert tables[1].tolist() == P[::-1]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Id;0;1;2;3\na;0,1;0,2;x,3;0\n", r"not a number: 'x,3': .*line 2 \(id a\), column 2"),
        ("Id,0,1,2,3\na,.1,.2,.3,.4\na,0,0,0,0\n", r"id a is in several rows: .*line 3"),
        (",Id,0,1,2,3,Flagellum\n0,a,.1,.2,.3,.4,1\n", "not a location: unknown label 'Flagellum'"),
    ],
)
def test_what_cannot_be_read_is_shown(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "t.csv").write_text(text)
    with pytest.raises(CellocateError, match=message):
        read_probabilities(tmp_path / "t.csv", OURS)


def test_decided_locations_are_read_in_any_spelling(tmp_path: Path) -> None:
    (tmp_path / "d.csv").write_text(
        "\ufeffID;predicted\r\na;[0, 3]\r\nb;Nuclear Body Cilium\r\n;\r\nc;1.0\r\n", "utf-8"
    )
    ids, decided = read_predicted_labels(tmp_path / "d.csv", OURS)
    assert (ids, OURS.decode(decided)) == (["a", "b", "c"], [(0, 3), (0, 3), (1,)])
    (tmp_path / "d.csv").write_text("Id,Predicted\na,0\nb,Cilia\n")
    with pytest.raises(CellocateError, match=r"unknown label 'Cilia': .*line 3, column Predicted: 'Cilia'"):
        read_predicted_labels(tmp_path / "d.csv", OURS)


def test_decided_locations_with_decimal_commas_are_refused(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("Id;Predicted;Locations\na;16,0;3,0\nb;3,0;7,0\n")
    with pytest.raises(CellocateError, match=r"decimal comma: .*line 2, column Predicted: '16,0'"):
        read_predicted_labels(tmp_path / "t.csv", get_vocabulary("hpa28"))
    with pytest.raises(CellocateError, match=r"decimal comma: .*column Locations: '3,0'"):
        read_locations(tmp_path / "t.csv", get_vocabulary("hpa28"))


def test_a_table_of_nothing_but_percent_signs_is_refused(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("Id;Nucleus\na;50%\n")
    with pytest.raises(CellocateError, match="not a number: '50%'"):
        read_probabilities(tmp_path / "t.csv", vocabulary_from_columns(tmp_path / "t.csv"))

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cellocate.collection import open_collection
from cellocate.decision.submissions import in_sample_order, read_sample, write_kaggle2018
from cellocate.decision.submissions.kaggle2018 import validate_kaggle2018
from cellocate.errors import CellocateError
from cellocate.vocabulary import get_vocabulary

HPA28 = get_vocabulary("hpa28")


@given(st.lists(st.lists(st.booleans(), min_size=28, max_size=28), min_size=1, max_size=5))
def test_what_is_written_can_be_read_back(tmp_path_factory: pytest.TempPathFactory, rows: list[list[bool]]) -> None:
    path = tmp_path_factory.mktemp("s") / "submission.csv"
    ids = [f"id, {i}" for i in range(len(rows))]
    write_kaggle2018(path, ids, np.array(rows), HPA28)
    from cellocate.decision.probability_tables import read_predicted_labels

    read, decided = read_predicted_labels(path, HPA28)
    assert read == ids
    assert decided.tolist() == rows


def test_a_submission_of_the_real_shape_is_accepted(real_data: Path, tmp_path: Path) -> None:
    ids = read_sample(real_data / "tables" / "kaggle2018_sample_submission.csv.gz")
    assert len(ids) == 11_702
    decided = np.random.default_rng(0).random((len(ids), 28)) < 0.1
    write_kaggle2018(tmp_path / "submission.csv", ids, decided, HPA28)
    validate_kaggle2018(tmp_path / "submission.csv", ids)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("id,Predicted\na,0\nb,1\n", "it has 'id,Predicted'"),
        (",Id,Predicted\n0,a,0\n1,b,1\n", "it has ',Id,Predicted'"),
        ("Id;Predicted\na;0\nb;1\n", "it has 'Id;Predicted'"),
        ("Id,Predicted\na ,0\nb,1\n", "unknown id 'a '"),
        ("Id,Predicted\na,0\n,\nb,1\n", "a row without an id"),
        ("", "it is empty"),
        ("Id,Predicted\n,0\nb,1\n", "a row without an id"),
        ("Id,Predicted\na,0\n", "lacks 1 id, such as b"),
        ("Id,Predicted\na,0\nb,1\na,2\n", "line 4"),
        ("Id,Predicted\na,0\nb,1\nc,2\n", "unknown id 'c'"),
        ("Id,Predicted\na,0\nb,28\n", "line 3"),
        ("Id,Predicted\na,0  1\nb,1\n", "line 2"),
        ("Id,Predicted\na,0 0\nb,1\n", "each once"),
        ("Id,Predicted\na,00\nb,1\n", "line 2"),
        ("Id,Predicted\na,-1\nb,1\n", "line 2"),
        ("Id,Predicted\na,Golgi\nb,1\n", "line 2"),
        ("Id,Predicted\na,0,1\nb,1\n", "3 columns"),
    ],
)
def test_a_faulty_submission_is_refused(tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "s.csv").write_text(content)
    with pytest.raises(CellocateError, match=message):
        validate_kaggle2018(tmp_path / "s.csv", ["a", "b"])


def test_another_vocabulary_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CellocateError, match="uses hpa28"):
        write_kaggle2018(tmp_path / "s.csv", ["a"], np.zeros((1, 19), bool), get_vocabulary("hpa19"))
    assert list(tmp_path.iterdir()) == []


def test_a_sample_gives_order_and_must_be_complete(phantoms: Path, tmp_path: Path) -> None:
    collection = open_collection(phantoms)
    backwards = collection.ids[::-1]
    assert in_sample_order(collection, backwards).ids == backwards
    with pytest.raises(CellocateError, match="1 of the sample's 41 fields have no images, such as elsewhere"):
        in_sample_order(collection, [*backwards, "elsewhere"])
    (tmp_path / "sample.csv").write_text("Id,Predicted\na,0\na,0\n")
    with pytest.raises(CellocateError, match="without repeats"):
        read_sample(tmp_path / "sample.csv")


@pytest.mark.parametrize("text", [",Id,Predicted\n0,b,0\n1,a,0\n", "ID;predicted\r\nb;0\r\n;\r\na;0\r\n"])
def test_a_sample_of_any_program_is_read(tmp_path: Path, text: str) -> None:
    (tmp_path / "sample.csv").write_text(text)
    assert read_sample(tmp_path / "sample.csv") == ["b", "a"]

"""`cellocate check` of submissions, whose truth nobody has."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from cellocate.images.rle import Mask
from cellocate.vocabulary import get_vocabulary

HEADER = "ID,ImageWidth,ImageHeight,PredictionString\n"


def _mask(height: int, width: int) -> str:
    return Mask.of(np.ones((height, width), dtype=bool)).text


def test_a_submission_of_2018(cellocate, tmp_path: Path) -> None:
    submission, sample = tmp_path / "s.csv", tmp_path / "sample.csv"
    submission.write_text("Id,Predicted\na,0 25\nb,\nc,25\n")
    sample.write_text("Id,Predicted\nc,0\nb,0\na,0\n")
    result = cellocate("check", submission, "--sample", sample)
    assert (result.code, result.err) == (0, "")
    assert result.out.splitlines()[0] == "submission of 2018: 3 fields"
    assert "the same as in the sample" in result.out
    assert "Cytosol 2, Nucleoplasm 1" in result.out
    assert "not compared" in cellocate("check", submission).out
    facts = json.loads(cellocate("check", submission, "--json").out)
    assert (facts["challenge"], facts["fields"], facts["labels"]["Cytosol"]) == (2018, 3, 2)
    assert list(facts["labels"]) == list(get_vocabulary("hpa28").names)


def test_a_submission_of_2021(cellocate, tmp_path: Path) -> None:
    submission = tmp_path / "s.csv"
    mask = _mask(4, 6)
    submission.write_text(f"{HEADER}a,6,4,16 0.5 {mask} 0 0.25 {mask}\nb,3,3,\n")
    result = cellocate("check", submission)
    assert (result.code, result.err) == (0, "")
    assert result.out.splitlines()[0] == "submission of 2021: 2 fields, 1 cell"
    (tmp_path / "sample.csv").write_text(f"{HEADER}a,6,4,\nb,3,2,\n")
    refused = cellocate("check", submission, "--sample", tmp_path / "sample.csv")
    assert (refused.code, refused.err.count("\n")) == (1, 1)
    assert "ImageWidth and ImageHeight of b are 3 × 3 px, but the field has 3 × 2" in refused.err


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("Id,Predicted\na,28\nb,0\n", "line 2"),
        ("Id,Predicted\na,0\n", "lacks 1 id, such as b"),
        ("Id,Predicted\na,0\nb,0\nc,0\n", "unknown id 'c'"),
        ("Id,Labels\na,0\nb,0\n", "header Id,Predicted"),
        (f"{HEADER}a,6,4,16 0.5 broken\nb,3,3,\n", "a broken mask"),
        (f"{HEADER}a,6,4,16 0.5\nb,3,3,\n", "does not repeat 'label confidence mask'"),
        (f"{HEADER}a,6,4,\n", "lacks 1 id, such as b"),
    ],
)
def test_a_fault_is_one_line(cellocate, tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "s.csv").write_text(content)
    (tmp_path / "sample.csv").write_text("Id,Predicted\na,0\nb,0\n")
    result = cellocate("check", tmp_path / "s.csv", "--sample", tmp_path / "sample.csv")
    assert (result.code, result.out, result.err.count("\n")) == (1, "", 1)
    assert message in result.err


def test_text_in_another_encoding_is_one_line(cellocate, tmp_path: Path) -> None:
    (tmp_path / "s.csv").write_bytes(b"Id,Predicted\na,0\n" + "é,0\n".encode("latin-1"))
    result = cellocate("check", tmp_path / "s.csv")
    assert (result.code, result.err.count("\n")) == (1, 1)
    assert "not a CSV table" in result.err


def test_what_a_submission_does_not_have_is_not_asked_for(cellocate, tmp_path: Path) -> None:
    (tmp_path / "s.csv").write_text("Id,Predicted\na,0\n")
    result = cellocate("check", tmp_path / "s.csv", "--labels", tmp_path / "s.csv")
    assert result.code == 2
    assert "evaluate" in result.err

"""The functions of `import cellocate`: their examples, and what they add to the rooms behind them."""

from __future__ import annotations

import doctest
import inspect
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import cellocate
from cellocate import open_collection, phantom
from cellocate.collection import Collection
from cellocate.errors import CellocateError, CellocateWarning

FUNCTIONS = ("evaluate", "find_cells", "load", "predict", "simulate", "train")


@pytest.mark.parametrize("name", FUNCTIONS)
def test_its_example_runs(
    name: str, run: Path, phantoms: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(run.parent)
    function, names = getattr(cellocate, name), {"cellocate": cellocate, "np": np}
    (example,) = doctest.DocTestFinder().find(function, name, globs=names)
    assert example.examples
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CellocateWarning)  # such as of few fields
        failed, _ = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(example)
    assert not failed, capsys.readouterr().out


def test_simulate_has_the_arguments_of_its_room() -> None:
    public, room = (inspect.signature(function).parameters for function in (cellocate.simulate, phantom.simulate))
    assert list(public) == [name for name in room if name != "progress"]
    assert all(public[name].default == room[name].default for name in public if name != "workers")


def test_a_collection_has_one_of_the_vocabularies(phantoms: Path) -> None:
    assert cellocate.open_collection(phantoms).vocabulary == cellocate.get_vocabulary("hpa28")


def test_paths_and_objects_give_the_same(run: Path, phantoms: Path, tmp_path: Path) -> None:
    model, collection = cellocate.load(run / "model"), open_collection(phantoms).subset(["phantom-1-000000"])
    with pytest.warns(CellocateWarning):
        found = cellocate.predict(model, collection)
    with pytest.warns(CellocateWarning):
        whole = cellocate.predict(run, phantoms)
    np.testing.assert_allclose(found.probabilities, whole.subset(found.ids).probabilities, rtol=1e-3, atol=1e-6)
    with pytest.warns(CellocateWarning):
        evaluated = cellocate.evaluate(run, phantoms, tmp_path / "scores", part="test", baseline=whole)
    assert evaluated.comparison is not None
    assert (tmp_path / "scores" / "report.html").is_file()


def test_a_folder_that_is_kept_is_refused_before_anything_is_predicted(phantoms: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("all of it")
    with pytest.raises(CellocateError, match="the folder is not empty"):
        cellocate.evaluate("no model here", phantoms, tmp_path / "mine")


def test_cells_are_predicted_one_by_one(run: Path, phantoms: Path, tmp_path: Path) -> None:
    fields = open_collection(phantoms)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CellocateWarning)
        cells = cellocate.find_cells(fields.subset(fields.ids[:4]), tmp_path / "cells", size=64)
        found = cellocate.predict(run, cells)
    assert found.unit == "cell"
    assert set(found.fields or ()) <= set(fields.ids[:4])
    assert (tmp_path / "cells" / "cells.csv").is_file()


def test_fields_that_are_left_out_are_named(phantoms: Path, tmp_path: Path) -> None:
    fields = open_collection(phantoms).subset(["phantom-1-000000", "phantom-1-000001", "phantom-1-000002"])
    fields.files("phantom-1-000001")["red"].write_bytes(b"no image")
    with pytest.warns(CellocateWarning, match=r"left out 1 faulty field: phantom-1-000001 \(.*image.*skipped\.csv"):
        cellocate.find_cells(fields, tmp_path / "cells", skip_bad=True, size=64)


def test_an_assumed_pixel_size_is_told_of_a_collection_as_of_its_folder(phantoms: Path, tmp_path: Path) -> None:
    note = "the files record no pixel size: 40 fields are assumed to span 164 µm"
    opened = open_collection(phantoms)
    collection = replace(opened.subset(opened.ids[:2]), notes=(note,))
    with pytest.warns(CellocateWarning) as told:
        cellocate.find_cells(collection, tmp_path / "cells", size=64)
    assert note in [str(one.message) for one in told]
    assert {one.filename for one in told} == {__file__}


def test_training_warns_where_it_was_called(phantoms: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    small = {"training.epochs": 1, "data.size": 64, "network.backbone": "test_resnet"}
    with pytest.warns(CellocateWarning) as told:
        cellocate.train(phantoms, tmp_path / "run", settings=small)
    texts = [str(one.message) for one in told]
    assert any(text.startswith("only 28 training fields") for text in texts)
    assert any("cannot be learnt" in text for text in texts)
    assert {one.filename for one in told} == {__file__}
    assert "warning:" not in capsys.readouterr().out


def test_a_recipe_object_takes_no_settings(phantoms: Path, tmp_path: Path) -> None:
    from cellocate.training import load_recipe

    with pytest.raises(CellocateError, match="settings need the name or file of a recipe"):
        cellocate.train(phantoms, tmp_path / "run", load_recipe("quick"), settings={"training.epochs": 1})
    with pytest.raises(CellocateError, match="unknown setting"):
        cellocate.train(phantoms, tmp_path / "run", settings={"optimizer.name": "sgd"})


def test_objects_show_what_they_are(run: Path, phantoms: Path) -> None:
    model, collection = cellocate.load(run / "model"), open_collection(phantoms)
    assert isinstance(collection, Collection)
    assert repr(collection) == "<Collection of 40 fields (kaggle2018): red, green, blue, yellow; labels of hpa28>"
    with pytest.warns(CellocateWarning):
        evaluated = cellocate.evaluate(model, collection, part="test")
    assert repr(evaluated).startswith("<Evaluated: 6 fields, macro F1 0.")
    for shown in (model, collection, evaluated, evaluated.predictions):
        assert "<table" in shown._repr_html_()
        assert "&lt;" in shown._repr_html_()

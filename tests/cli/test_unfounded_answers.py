"""Answers that nothing stands behind: commands say so, in one line, or refuse."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

SHORT = [f"--set={s}" for s in ("training.epochs=2", "network.backbone=test_resnet", "data.size=32")]


def notes(err: str) -> list[str]:
    return [line.removeprefix("note: ") for line in err.splitlines() if line.startswith("note: ")]


@pytest.fixture
def real(phantoms: Path, tmp_path: Path) -> Path:
    """Images that do not say that they are simulated."""
    shutil.copytree(phantoms / "train", tmp_path / "mine")
    for file in (tmp_path / "mine").iterdir():
        file.rename(file.with_name(file.name.replace("phantom-1-", "plate_")))
    labels = (phantoms / "train.csv").read_text().replace("phantom-1-", "plate_")
    (tmp_path / "mine" / "train.csv").write_text(labels)
    return tmp_path / "mine"


def test_training_on_few_fields_is_noted_and_the_epoch_kept_is_named(cellocate, phantoms: Path, tmp_path: Path) -> None:
    trained = cellocate("train", phantoms, *SHORT, "--out", tmp_path / "run")
    assert trained.code == 0, trained.err
    assert "warning: only 28 training fields: the network will memorise them" in trained.out
    assert "warning: only 6 validation fields: the epoch, the decision rule and the scores rest on" in trained.out
    epochs = [line for line in trained.out.splitlines() if line.startswith("epoch ")]
    assert [("(n = 6)" in line) for line in epochs] == [True, True]
    history = pd.read_csv(tmp_path / "run" / "history.csv")
    best = int(history["validation_macro_average_precision"].argmax()) + 1
    kept = f"kept epoch {best} of 2, the one with the best macro average precision on the validation fields"
    assert kept in trained.out
    assert "validation (n = 6; its thresholds were fitted on the same fields)" in trained.out
    few, rule = notes(trained.err)
    assert few.startswith("n = 6: these scores are unreliable")
    assert rule.startswith("the decision rule was fitted on only 6 validation images and marks ")
    card = json.loads((tmp_path / "run" / "model" / "model.json").read_text())
    marked = card["scores"]["validation"]["marked_per_field"]
    assert f"marks {marked:.1f} of 28 locations per field" in rule
    assert (card["rule"]["at_most"], card["rule"]["fitted_on"]) == (5, 6)


@pytest.mark.parametrize(
    ("settings", "kept"),
    [
        (("data.split.validation=0",), "kept epoch 2 of 2, the last, because there are no validation fields"),
        (("training.average=last", "training.save_last=2"), "kept the mean weights of epochs 1 to 2"),
        (
            ("training.monitor=validation_loss", "training.retrain=true"),
            "of 2, the one with the best loss on the validation fields",
        ),
    ],
)
def test_the_epoch_kept_is_named_in_each_case(
    cellocate, phantoms: Path, tmp_path: Path, settings: tuple[str, ...], kept: str
) -> None:
    trained = cellocate("train", phantoms, *SHORT, *(f"--set={s}" for s in settings), "--out", tmp_path / "run")
    assert trained.code == 0, trained.err
    assert trained.out.count("kept ") == 1
    assert kept in trained.out
    if "data.split.validation=0" in settings:
        assert notes(trained.err) == [
            "there are no validation fields, so the model was not tested and its decision rule was not fitted"
        ]
        predicted = cellocate("predict", tmp_path / "run" / "model", phantoms, "--out", tmp_path / "p.csv")
        assert any("was trained without validation fields" in note for note in notes(predicted.err))


def test_predicting_other_images_with_simulated_cells_is_noted(
    cellocate, run: Path, real: Path, phantoms: Path, tmp_path: Path
) -> None:
    said = f"quick ({run / 'model'}) was trained on simulated cells"
    given = (run / "model", real, "--pixel-size", 2.56)
    predicted = cellocate("predict", *given, "--out", tmp_path / "p.csv")
    assert predicted.code == 0, predicted.err
    assert sum(said in note for note in notes(predicted.err)) == 1
    assert any("fitted on only 6 validation images" in note for note in notes(predicted.err))
    counts = pd.read_csv(tmp_path / "p.csv", keep_default_na=False)["Locations"].map(
        lambda names: len(names.split(";"))
    )
    assert counts.max() <= 5
    own = cellocate("predict", run / "model", phantoms, "--out", tmp_path / "q.csv")
    assert said not in own.err
    pytest.importorskip("anndata")
    for command in (
        ("embed", *given, "--out", tmp_path / "e.h5ad"),
        ("evaluate", *given, "--out", tmp_path / "scores"),
    ):
        assert sum(said in note for note in notes(cellocate(*command).err)) == 1, command
    assert "was trained on simulated cells" in (tmp_path / "scores" / "report.html").read_text()


def test_scores_without_skill_are_noted(cellocate, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    ids = [f"f{i}" for i in range(50)]
    pd.DataFrame({"Id": ids, "Target": [str(i % 28) for i in range(50)]}).to_csv(tmp_path / "labels.csv", index=False)
    wrong = pd.DataFrame({"Id": ids, "Predicted": [str((i + 1 + rng.integers(26)) % 28) for i in range(50)]})
    wrong.to_csv(tmp_path / "wrong.csv", index=False)
    asked = ("evaluate", "--labels", tmp_path / "labels.csv", "--out", tmp_path / "scores", "--overwrite")
    measured = cellocate(*asked, "--predictions", tmp_path / "wrong.csv")
    assert notes(measured.err) == ["macro F1 0.000 is no better than naming every location for every field (0.069)"]
    assert "no better than naming every location" in (tmp_path / "scores" / "report.html").read_text()
    right = pd.DataFrame({"Id": ids, "Predicted": [str(i % 28) for i in range(50)]})
    right.to_csv(tmp_path / "right.csv", index=False)
    assert notes(cellocate(*asked, "--predictions", tmp_path / "right.csv").err) == []


def test_a_missing_model_or_missing_images_are_named(cellocate, run: Path, phantoms: Path, tmp_path: Path) -> None:
    out = ("--out", tmp_path / "p.csv")
    images = cellocate("predict", phantoms, *out)
    assert (images.code, len(images.err.splitlines())) == (1, 1)
    assert f"images but no model given. Type: cellocate predict MODEL {phantoms} --out" in images.err
    assert "No trained model comes with cellocate yet" in images.err
    for given in (run / "model", run):
        model = cellocate("predict", given, *out)
        assert (model.code, len(model.err.splitlines())) == (1, 1)
        assert f"a model but no images given. Type: cellocate predict {run / 'model'} DATA --out" in model.err
    nothing = cellocate("predict", *out)
    assert (nothing.code, "no model and no images given" in nothing.err) == (1, True)
    name = cellocate("predict", "quick", phantoms, *out)
    assert name.code == 1
    assert "no model here: quick. Check the name. 'cellocate train' makes a model; none comes with" in name.err


def test_models_of_one_name_are_told_by_their_folders(cellocate, run: Path, phantoms: Path, tmp_path: Path) -> None:
    trained = cellocate("train", phantoms, *SHORT, "--out", tmp_path / "other")
    assert trained.code == 0, trained.err
    models = (run / "model", tmp_path / "other" / "model")
    refused = cellocate("combine", *models, "--data", phantoms, "--out", tmp_path / "both")
    assert refused.code == 1
    assert f"quick ({models[0]}) and quick ({models[1]}) differ in size" in refused.err

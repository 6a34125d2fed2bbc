"""The commands as a user gives them, on small simulated collections."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

import cellocate as package
from cellocate.cli import app
from cellocate.collection import open_collection
from cellocate.collection.layouts import listing
from cellocate.files import MARKER
from cellocate.training import load_recipe
from cellocate.training.recipe_files import recipe_names
from cellocate.vocabulary import get_vocabulary


def test_version_and_help(cellocate) -> None:
    assert cellocate("--version").out == f"cellocate {package.__version__}\n"
    for command in ("demo", "simulate", "check", "pack", "recipes", "train", "predict", "evaluate"):
        result = cellocate(command, "--help")
        assert result.code == 0
        assert f"cellocate {command}" in result.out


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; sys.argv[1:] = ['--help']\nfrom cellocate.cli import main\ntry: main()\nexcept SystemExit: pass\n"
    )
    code += "print(sorted({'torch', 'pandas', 'numpy', 'lightning', 'matplotlib', 'pydantic'} & set(sys.modules)))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, "PASSIVE"),
        ({"OMP_WAIT_POLICY": "ACTIVE"}, "ACTIVE"),
        ({"GOMP_SPINCOUNT": "5"}, None),
    ],
)
def test_threads_sleep_while_they_wait_unless_the_user_says_otherwise(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str], expected: str | None
) -> None:
    for name in ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT"):
        monkeypatch.setenv(name, "")  # so that it is as it was before, once the test is over
        monkeypatch.delenv(name)
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(app, "app", lambda: None)
    app.main()
    assert os.environ.get("OMP_WAIT_POLICY") == expected


def test_simulate_then_check(cellocate, tmp_path: Path) -> None:
    result = cellocate("simulate", tmp_path / "p", "--fields", 3, "--size", 64, "--seed", 4)
    assert result.code == 0
    checked = cellocate("check", tmp_path / "p")
    assert checked.code == 0
    assert checked.out.splitlines()[0] == "kaggle2018: 3 fields"
    assert "64×64 px, 8 bits: 3 fields" in checked.out


def test_simulate_16_bits(cellocate, tmp_path: Path) -> None:
    assert cellocate("simulate", tmp_path / "p", "--fields", 1, "--size", 64, "--depth", 16).code == 0
    assert "64×64 px, 16 bits: 1 field" in cellocate("check", tmp_path / "p").out
    refused = cellocate("simulate", tmp_path / "q", "--depth", 12)
    assert (refused.code, len(refused.err.splitlines())) == (1, 1)


def test_simulate_in_the_layout_of_2021(cellocate, tmp_path: Path) -> None:
    assert cellocate("simulate", tmp_path / "p", "--fields", 1, "--size", 64, "--layout", "kaggle2021").code == 0
    assert cellocate("check", tmp_path / "p").out.splitlines()[0] == "kaggle2021: 1 field"


def test_check_json_and_table(cellocate, phantoms: Path, tmp_path: Path) -> None:
    (phantoms / "train" / "phantom-1-000003_red.png").unlink()
    result = cellocate("check", phantoms, "--json", "--out", tmp_path / "problems.csv")
    assert result.code == 1
    assert json.loads(result.out)["fields"] == 40
    table = pd.read_csv(tmp_path / "problems.csv")
    assert table["id"][table["severity"] == "fault"].tolist() == ["phantom-1-000003"]


def test_check_names_identical_fields(cellocate, phantoms: Path) -> None:
    for colour in ("red", "green", "blue", "yellow"):
        original = phantoms / "train" / f"phantom-1-000001_{colour}.png"
        (phantoms / "train" / f"phantom-1-000002_{colour}.png").write_bytes(original.read_bytes())
    assert "phantom-1-000001, phantom-1-000002 have the same pixels" in cellocate("check", phantoms).out


def test_recipes(cellocate, tmp_path: Path) -> None:
    assert cellocate("recipes").out.splitlines() == recipe_names()
    printed = cellocate("recipes", "quick")
    assert "backbone:" in printed.out
    assert cellocate("recipes", "qick").code == 1


def test_recipes_on_a_terminal_say_what_they_are(cellocate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", "80")
    listed = cellocate("recipes").out
    words = " ".join(listed.split())
    for name in recipe_names():
        assert any(line.startswith(f"{name} ") for line in listed.splitlines())
        assert load_recipe(name).description.split()[0] in words
    plain = re.sub(r"\x1b\[[0-9;]*m", "", listed).splitlines()
    assert all(len(line) <= 80 for line in plain)
    titles = ["cellocate's own", "Course report on the 2018 challenge", "First of the 2018 challenge"]
    places = [[line.strip() for line in plain].index(title) for title in titles]
    assert places == sorted(places)
    assert plain[places[0] + 1].startswith("quick (default) ")
    assert sum("(default)" in line for line in plain) == 1


def test_folders_and_help_where_a_command_should_stand(cellocate, tmp_path: Path) -> None:
    assert cellocate("help").out == cellocate("--help").out
    assert cellocate("help", "split").out == cellocate("split", "--help").out
    refused = cellocate(tmp_path)
    assert refused.code == 2
    assert "is a folder, not a command" in " ".join(refused.err.replace("│", " ").split())


def test_paragraphs_of_help_fill_the_line_and_examples_keep_theirs(cellocate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    lines = [line.strip() for line in cellocate("train", "--help").out.splitlines()]
    [receives] = [line for line in lines if line.startswith("Writes model/")]
    assert receives.endswith("RUN/model combines them.")
    assert "or: cellocate split my_images --folds 5 --out folds.csv;" in lines


def test_train_predict_evaluate(cellocate, phantoms: Path, tmp_path: Path) -> None:
    short = ["--set", "training.epochs=1", "--set", "network.backbone=test_resnet", "--set", "data.size=64"]
    short += ["--set", "decision.at_most=28"]  # so that F1 is that of the thresholds alone
    trained = cellocate("train", phantoms, "--out", tmp_path / "run", *short)
    assert trained.code == 0, trained.err
    for figure in ("learning_curves.png", "f1_curves.png"):
        assert (tmp_path / "run" / figure).is_file()
    model = tmp_path / "run" / "model"
    curves = pd.read_csv(tmp_path / "run" / "f1_curves.csv")
    card = json.loads((model / "model.json").read_text())
    chosen = curves[curves["chosen"] == 1]
    assert chosen["threshold"].tolist() == pytest.approx(card["rule"]["thresholds"], abs=1e-6)
    f1 = [row["f1"] for row in card["scores"]["validation"]["per_class"]]
    assert chosen["f1"].tolist() == pytest.approx(f1, abs=1e-6)

    assert cellocate("predict", model, phantoms / "train", "--out", tmp_path / "p.csv").code == 0
    table = pd.read_csv(tmp_path / "p.csv")
    assert list(table.columns) == ["Id", *get_vocabulary("hpa28").names, "Locations"]
    assert len(table) == 40

    evaluated = cellocate("evaluate", model, phantoms, "--part", "test", "--out", tmp_path / "scores")
    assert evaluated.code == 0, evaluated.err
    metrics = json.loads((tmp_path / "scores" / "metrics.json").read_text())
    assert metrics["n"] == 6
    assert "seen" not in metrics
    tables = ("per_class", "per_group", "confusion", "misclassifications", "reliability", "predictions")
    names = {MARKER, "report.html", "metrics.json", "figures", *(f"{name}.csv" for name in tables)}
    assert {p.name for p in (tmp_path / "scores").iterdir()} == names


def test_a_store_takes_the_place_of_the_files(cellocate, run: Path, phantoms: Path, tmp_path: Path) -> None:
    (phantoms / "train" / "phantom-1-000003_red.png").unlink()
    store = tmp_path / "store"
    request = ("pack", phantoms, store, "--size", 64, "--size", 32, "--workers", 2)
    assert cellocate(*request).code == 1
    packed = cellocate(*request, "--resume", "--skip-bad")
    assert (packed.code, packed.out) == (0, f"39 fields of 32 and 64 px in {store}\n")
    assert f"left out 1 faulty field; {store / 'skipped.csv'} lists them" in packed.err
    checked = cellocate("check", store)
    assert checked.code == 0
    assert checked.out.splitlines()[0] == "store: 39 fields"
    assert "pixel size  2.56 µm" in checked.out
    for data, name in ((phantoms, "files"), (store, "stored")):
        table, scores = tmp_path / f"{name}.csv", tmp_path / name
        assert cellocate("predict", run / "model", data, "--out", table, "--skip-bad").code == 0
        assert cellocate("evaluate", run / "model", data, "--out", scores, "--skip-bad").code == 0
    for name in ("{}.csv", "{}/metrics.json"):
        of_files, of_store = ((tmp_path / name.format(of)).read_bytes() for of in ("files", "stored"))
        assert of_files == of_store
    assert "simulated" in (tmp_path / "stored" / "report.html").read_text()


def test_fields_that_were_trained_on_are_named_and_scored_apart(cellocate, run: Path, phantoms: Path) -> None:
    result = cellocate("evaluate", run / "model", phantoms, "--out", phantoms / "scores")
    assert result.code == 0
    assert "the model was trained on 28 of 40 fields: phantom-" in result.err
    metrics = json.loads((phantoms / "scores" / "metrics.json").read_text())
    assert (metrics["n"], metrics["seen"]["n"], metrics["unseen"]["n"]) == (40, 28, 6)


SHORT = ("--set", "training.epochs=1", "--set", "network.backbone=test_resnet", "--set", "data.size=64")


def test_what_was_trained_on_under_the_prefix_of_a_merge_is_known_again(
    cellocate, phantoms: Path, tmp_path: Path
) -> None:
    few, both, scores = tmp_path / "few", tmp_path / "both", tmp_path / "scores"
    assert cellocate("select", phantoms, "--sample", 10, "--out", few).code == 0
    assert cellocate("select", phantoms, few, "--out", both).code == 0
    assert cellocate("train", both, "--out", tmp_path / "run", *SHORT).code == 0
    parts = pd.read_csv(tmp_path / "run" / "split.csv", index_col="id")["part"]
    trained = {i.removeprefix("phantoms-").removeprefix("few-") for i in parts.index[parts == "train"]}
    result = cellocate("evaluate", tmp_path / "run" / "model", phantoms, "--out", scores)
    assert f"the model was trained on {len(trained)} of 40 fields" in result.err
    assert json.loads((scores / "metrics.json").read_text())["seen"]["n"] == len(trained) < 40


def test_fields_of_a_challenge_are_not_measured_after_training_on_them(
    cellocate, phantoms: Path, tmp_path: Path
) -> None:
    files = open_collection(phantoms)
    uuids = [f"027a702a-bbca-11e8-b2bc-ac1f6b64{i:04}" for i in range(len(files))]
    fields = files.fields.set_axis(pd.Index(uuids, name="id", dtype=object))
    whole = replace(files, fields=fields)
    for year, listed in (("2018", whole), ("2021", whole.subset(uuids[:30]))):
        (tmp_path / year).mkdir()
        listing.write(tmp_path / year, listed, {"layout": f"kaggle{year}"})
    assert cellocate("pack", tmp_path / "2018", tmp_path / "store", "--size", 64).code == 0
    assert cellocate("train", tmp_path / "store", "--out", tmp_path / "run", *SHORT).code == 0
    assert cellocate("select", tmp_path / "2021", "--sample", 20, "--out", tmp_path / "part").code == 0
    model = tmp_path / "run" / "model"
    result = cellocate("evaluate", model, tmp_path / "part", "--out", tmp_path / "scores")
    assert (result.code, result.err.count("\n")) == (1, 1)
    assert "All fields of the 2021 challenge are also in the train set of 2018" in result.err
    for options in ([], ["--part", "test"]):
        result = cellocate("evaluate", model, tmp_path / "2018", *options, "--out", tmp_path / f"s{len(options)}")
        assert result.code == 0, result.err


def test_a_submission_follows_the_sample(cellocate, run: Path, phantoms: Path, tmp_path: Path) -> None:
    (tmp_path / "sample.csv").write_text("Id,Predicted\nphantom-1-000009,0\nphantom-1-000002,0\n")
    out = tmp_path / "submission.csv"
    result = cellocate(
        "predict", run / "model", phantoms, "--format", "kaggle2018", "--sample", tmp_path / "sample.csv", "--out", out
    )
    assert result.code == 0
    assert pd.read_csv(out, dtype=str)["Id"].tolist() == ["phantom-1-000009", "phantom-1-000002"]


def test_a_submission_is_never_short_of_the_sample(cellocate, run: Path, phantoms: Path, tmp_path: Path) -> None:
    (tmp_path / "sample.csv").write_text("Id,Predicted\nphantom-1-000009,0\nphantom-1-000002,0\n")
    (phantoms / "train" / "phantom-1-000002_red.png").unlink()
    out = tmp_path / "submission.csv"
    options = ["--format", "kaggle2018", "--sample", tmp_path / "sample.csv", "--skip-bad", "--out", out]
    result = cellocate("predict", run / "model", phantoms, *options)
    assert result.code == 1
    assert "lacks 1 id, such as phantom-1-000002" in result.err
    assert not out.exists()


def test_probabilities_are_decided_and_measured_without_a_network(
    cellocate, run: Path, phantoms: Path, tmp_path: Path
) -> None:
    assert cellocate("predict", run / "model", phantoms, "--out", tmp_path / "p.csv").code == 0
    labels, rule, decided = phantoms / "train.csv", tmp_path / "rule.json", tmp_path / "decided.csv"
    assert cellocate("decide", "fit", tmp_path / "p.csv", "--labels", labels, "--out", rule).code == 0
    assert cellocate("decide", "apply", tmp_path / "p.csv", "--rule", rule, "--out", decided).code == 0
    scores = tmp_path / "scores"
    measured = cellocate("evaluate", "--predictions", decided, "--labels", labels, "--out", scores, "--json")
    assert measured.code == 0
    of_model = cellocate("evaluate", "--predictions", tmp_path / "p.csv", "--labels", labels, "--out", tmp_path / "s1")
    assert of_model.code == 0
    by_model = cellocate("evaluate", run / "model", phantoms, "--out", tmp_path / "s3")
    assert by_model.code == 0
    first, second = (json.loads((tmp_path / name / "metrics.json").read_text()) for name in ("s1", "s3"))
    assert first["macro_f1"] == pytest.approx(second["macro_f1"])
    bare = tmp_path / "bare.csv"
    pd.read_csv(tmp_path / "p.csv").drop(columns="Locations").to_csv(bare, index=False)
    at_half = cellocate("evaluate", "--predictions", bare, "--labels", labels, "--out", tmp_path / "s2")
    assert at_half.code == 0
    assert "threshold of .5" in at_half.err
    fitted = json.loads(measured.out)
    assert fitted == json.loads((scores / "metrics.json").read_text())
    assert fitted["macro_f1"] > json.loads((tmp_path / "s2" / "metrics.json").read_text())["macro_f1"]


def test_predictions_of_files_as_the_atlas_names_them_are_measured_by_its_own_list(cellocate, tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("Id,Predicted\n1_A1_1,2\n2_B1_1,7\n")
    columns, place = "filename,antibody,locations", "/archive/992"
    rows = [f"{place}/1_A1_1_,HPA000992,Nucleoli", f"{place}/2_B1_1_,HPA000992,Golgi apparatus"]
    (tmp_path / "IF-image.csv").write_text("\n".join([columns, *rows, f"{place}/3_C1_1_,HPA000992,Cytosol\n"]))
    asked = ("evaluate", "--predictions", tmp_path / "p.csv", "--labels", tmp_path / "IF-image.csv", "--json")
    measured = cellocate(*asked, "--out", tmp_path / "scores")
    assert (measured.code, measured.err.startswith("note: n = 2: the scores of so few fields")) == (0, True)
    assert json.loads(measured.out)["exact_match"] == 1
    header = ",".join(["Id", *map(str, range(28))])
    values = ["1_A1_1" + ",.9" * 28, "2_B1_1" + ",.1" * 28]
    (tmp_path / "probabilities.csv").write_text("\n".join([header, *values]))
    rule = ("--labels", tmp_path / "IF-image.csv", "--out", tmp_path / "rule.json")
    assert cellocate("decide", "fit", tmp_path / "probabilities.csv", *rule).code == 0


def test_two_processes_train_one_model(phantoms: Path, tmp_path: Path) -> None:
    """As several GPUs do, by Lightning's own flags."""
    command = [str(Path(sys.executable).with_name("cellocate")), "train", str(phantoms), "--out", str(tmp_path / "run")]
    command += ["--set", "training.epochs=1", "--set", "network.backbone=test_resnet", "--set", "data.size=64"]
    command += ["--accelerator", "cpu", "--devices", "2", "--strategy", "ddp"]
    result = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert result.returncode == 0, result.stderr
    assert len(pd.read_csv(tmp_path / "run" / "history.csv")) == 1
    assert (tmp_path / "run" / "model" / "model.safetensors").is_file()


def test_demo_makes_what_it_promises(cellocate, tmp_path: Path) -> None:
    result = cellocate("demo", "--out", tmp_path / "demo", "--fields", 60, "--epochs", 1)
    assert result.code == 0, result.err
    for name in ("report.html", "model/model.json", "submission.csv", "scores/metrics.json", "phantoms/train.csv"):
        assert (tmp_path / "demo" / name).is_file(), name
    assert str(tmp_path / "demo" / "report.html") in result.out
    assert "Where the model looked" in (tmp_path / "demo" / "report.html").read_text()
    assert (tmp_path / "demo" / "scores" / "figures" / "maps.png").is_file()
    assert cellocate("demo", "--out", tmp_path / "demo").code == 1


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("kaggle2018", "kaggle2018: 65 fields"),
        ("kaggle2021", "kaggle2021: 3 fields"),
        ("hpa_web", "atlas: 4 fields"),
    ],
)
def test_real_collections_are_recognised_and_whole(cellocate, real_data: Path, name: str, said: str) -> None:
    result = cellocate("check", real_data / name)
    assert result.code == 0
    assert result.out.splitlines()[0] == said
    assert result.out.splitlines()[-1] == "problems    none"


def test_the_main_path_on_real_fields(cellocate, real_data: Path, tmp_path: Path) -> None:
    short = ["--set", "training.epochs=1", "--set", "network.backbone=test_resnet", "--set", "data.size=64"]
    trained = cellocate("train", real_data / "kaggle2018", "--out", tmp_path / "run", *short)
    assert trained.code == 0, trained.err
    model = tmp_path / "run" / "model"
    for name, n in (("kaggle2021", 3), ("hpa_web", 4)):
        out = tmp_path / f"{name}.csv"
        assert cellocate("predict", model, real_data / name, "--out", out).code == 0
        assert len(pd.read_csv(out)) == n
    result = cellocate("evaluate", model, real_data / "kaggle2018", "--part", "test", "--out", tmp_path / "scores")
    assert result.code == 0, result.err
    of_2021 = cellocate("train", real_data / "kaggle2021", "--out", tmp_path / "run2021", *short, *NO_SPLIT)
    assert of_2021.code == 0, of_2021.err


NO_SPLIT = ["--set", "data.split.validation=0", "--set", "data.split.test=0"]

"""`cellocate decide` on tables alone."""

import json
import re
import shutil

import numpy as np
import pandas as pd
import pytest

from cellocate.cli.decide import app
from cellocate.decision.choose_rule import CANDIDATES
from cellocate.decision.rules import KINDS
from cellocate.vocabulary import get_vocabulary

NAMES = get_vocabulary("hpa28").names


@pytest.fixture
def tables(tmp_path):
    """Probabilities of 60 fields, and their labels; Rods & rings never occurs."""
    rng = np.random.default_rng(0)
    probabilities = rng.beta(0.3, 2, (60, 28))
    truth = rng.random((60, 28)) < probabilities
    truth[:, 27] = False
    ids = [f"f{i}" for i in range(60)]
    pd.DataFrame(probabilities, columns=list(NAMES)).assign(Id=ids).to_csv(tmp_path / "p.csv", index=False)
    targets = [" ".join(map(str, np.flatnonzero(row))) for row in truth]
    pd.DataFrame({"Id": ids, "Target": targets}).to_csv(tmp_path / "labels.csv", index=False)
    return tmp_path


def saved(folder):
    return json.loads((folder / "rule.json").read_text())["rule"]


@pytest.mark.parametrize("kind", KINDS)
def test_every_rule_is_fitted_and_applied(cellocate, tables, kind):
    out = tables / "rule.json"
    fitted = cellocate(
        "decide", "fit", tables / "p.csv", "--labels", tables / "labels.csv", "--rule", kind, "--at-most", 2,
        "--fallback", "nearest", "--out", out,
    )  # fmt: skip
    assert fitted.code == 0, fitted.err
    assert "1 of 28 locations does not occur in these fields: Rods & rings" in fitted.err
    assert (saved(tables)["kind"], saved(tables)["at_most"]) == (kind, 2)
    assert cellocate("decide", "apply", tables / "p.csv", "--rule", out, "--out", tables / "d.csv").code == 0
    counts = pd.read_csv(tables / "d.csv", dtype=str)["Locations"].str.split("; ").str.len()
    assert counts.between(1, 2).all()


def test_a_submission_has_the_numbers_of_the_same_locations(cellocate, tables):
    rule = tables / "rule.json"
    cellocate("decide", "fit", tables / "p.csv", "--labels", tables / "labels.csv", "--rule", "single", "--out", rule)
    apply = ("decide", "apply", tables / "p.csv", "--rule", rule)
    assert cellocate(*apply, "--out", tables / "d.csv").code == 0
    assert cellocate(*apply, "--out", tables / "s.csv", "--format", "kaggle2018").code == 0
    named, submitted = (pd.read_csv(tables / f"{name}.csv", dtype=str, keep_default_na=False) for name in "ds")
    assert list(submitted) == ["Id", "Predicted"]
    numbers = [[str(NAMES.index(name)) for name in row.split("; ") if name] for row in named["Locations"]]
    assert [row.split() for row in submitted["Predicted"]] == numbers
    assert any(numbers)
    assert "End the name in .csv" in cellocate(*apply, "--out", tables / "s.xlsx", "--format", "kaggle2018").err


def test_fields_without_signal_stay_without_location(cellocate, tables):
    noted = pd.read_csv(tables / "p.csv").assign(Note="")
    noted.loc[0, "Note"], noted.loc[1, "Note"] = "no signal", "protein channel like red"
    noted.to_csv(tables / "noted.csv", index=False)
    rule = tables / "rule.json"
    cellocate("decide", "fit", tables / "p.csv", "--labels", tables / "labels.csv", "--rule", "argmax", "--out", rule)
    result = cellocate("decide", "apply", tables / "noted.csv", "--rule", rule, "--out", tables / "d.csv")
    assert "1 of 60 fields without signal" in result.err
    assert "1 of 60 fields with a protein channel that is a copy of red" in result.err
    decided = pd.read_csv(tables / "d.csv", dtype=str, keep_default_na=False)["Locations"]
    assert (decided == "").tolist() == [True] + [False] * 59


def test_columns_of_other_programs_do_not_matter(cellocate, tables):
    rule = tables / "rule.json"
    cellocate("decide", "fit", tables / "p.csv", "--labels", tables / "labels.csv", "--rule", "single", "--out", rule)
    foreign = pd.read_csv(tables / "p.csv").assign(Locations="Nucleus, Golgi", field="")
    foreign.to_csv(tables / "foreign.csv", index=False)
    for name in ("p", "foreign"):
        out = tables / f"{name}_decided.csv"
        assert cellocate("decide", "apply", tables / f"{name}.csv", "--rule", rule, "--out", out).code == 0
    assert (tables / "foreign_decided.csv").read_text() == (tables / "p_decided.csv").read_text()


def test_cells_stay_cells_and_only_one_models_score_is_kept(cellocate, tables):
    cells = pd.read_csv(tables / "p.csv").assign(field="f", cell=range(60), ood_score=0.5)
    for name in ("a.csv", "b.csv"):
        cells.to_csv(tables / name, index=False)
    rule = ("--rule", tables / "rule.json", "--out", tables / "d.csv", "--overwrite")
    for probabilities in (["a.csv"], ["a.csv", "b.csv"]):
        paths = [tables / name for name in probabilities]
        fit = ("decide", "fit", *paths, "--labels", tables / "labels.csv", "--rule", "single")
        assert cellocate(*fit, "--out", tables / "rule.json", "--overwrite").code == 0
        result = cellocate("decide", "apply", *paths, *rule)
        assert result.out.startswith("60 cells in ")
        extra = ["ood_score"] * (len(paths) == 1)
        assert list(pd.read_csv(tables / "d.csv")) == ["Id", "field", "cell", *NAMES, "Locations", *extra]


def test_the_examples_of_the_help_run(cellocate, tables, monkeypatch):
    monkeypatch.chdir(tables)
    for name in ("validation.csv", "test.csv"):
        shutil.copy("p.csv", name)
    shutil.copy("labels.csv", "train.csv")
    examples = re.findall(r"cellocate ([^;\n]+)", app.info.help)
    assert len(examples) == 2
    for example in examples:
        result = cellocate(*example.split())
        assert result.code == 0, result.err


def test_without_a_name_the_best_rule_is_fitted(cellocate, tables):
    result = cellocate(
        "decide", "fit", tables / "p.csv", "--labels", tables / "labels.csv", "--out", tables / "rule.json"
    )
    kind = saved(tables)["kind"]
    assert kind in CANDIDATES
    assert f"{kind} rule, fitted on 60 fields" in result.out
    assert f"rule {kind} (the best of expected_f1, bagged, ratio by these scores), out of fold (n = 60)" in result.out
    assert ".5 for all " in result.out
    assert "thresholds are guesses" in result.out
    content = json.loads((tables / "rule.json").read_text())
    assert [score["rule"] for score in content["comparison"]["scores"]] == list(
        dict.fromkeys([kind, "fixed", "single", "per_class", "ratio"])
    )


def test_ratios_of_another_table_need_no_truth(cellocate, tables):
    few = pd.DataFrame({"Id": ["x", "y"], "Target": ["0", "0 1"]})
    few.to_csv(tables / "train.csv", index=False)
    rule = tables / "rule.json"
    result = cellocate("decide", "fit", tables / "p.csv", "--ratios", tables / "train.csv", "--out", rule)
    assert result.code == 0, result.err
    assert cellocate("decide", "apply", tables / "p.csv", "--rule", rule, "--out", tables / "d.csv").code == 0
    decided = pd.read_csv(tables / "d.csv", dtype=str)["Locations"].str.split("; ").explode()
    assert decided.value_counts().to_dict() == {NAMES[0]: 60, NAMES[1]: 30}


def test_curves_are_drawn_beside(cellocate, tables):
    result = cellocate(
        "decide", "fit", tables / "p.csv", "--labels", tables / "labels.csv", "--out", tables / "rule.json",
        "--figure", tables / "curves.svg",
    )  # fmt: skip
    assert result.code == 0, result.err
    assert "<svg" in (tables / "curves.svg").read_text()
    assert pd.read_csv(tables / "curves.csv")["chosen"].sum() == 28
    again = cellocate(
        "decide", "fit", tables / "p.csv", "--labels", tables / "labels.csv", "--out", tables / "other.json",
        "--figure", tables / "curves.svg",
    )  # fmt: skip
    assert again.code == 1
    assert "curves.svg" in again.err
    assert not (tables / "other.json").exists()


@pytest.mark.parametrize(
    "options",
    [
        [],
        ["--ratios", "labels.csv", "--rule", "single"],
        ["--ratios", "labels.csv", "--figure", "curves.png"],
        ["--labels", "labels.csv", "--figure", "curves.docx"],
        ["--labels", "labels.csv", "--at-most", "0"],
        ["--labels", "labels.csv", "--rule", "guess"],
    ],
)
def test_wrong_usage_is_told(cellocate, tables, monkeypatch, options):
    monkeypatch.chdir(tables)
    assert cellocate("decide", "fit", "p.csv", "--out", "rule.json", *options).code == 2
    assert not (tables / "rule.json").exists()


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda t: t.assign(Cytosol=t["Cytosol"] * 8 - 4), r"column Cytosol"),
        (lambda t: t.rename(columns={"Cytosol": "Vesicles"}), r"Vesicles"),
        (lambda t: t.drop(columns="Cytosol"), r"no column for 'Cytosol'"),
        (lambda t: t.assign(Id=t["Id"].replace("f3", "other")), r"1 of 60 fields have no labels, such as other"),
        (lambda t: t.assign(Cytosol=t["Cytosol"].where(t["Id"] != "f7")), r"(id f7), column Cytosol"),
    ],
)
def test_faults_are_named(cellocate, tables, change, fault):
    change(pd.read_csv(tables / "p.csv")).to_csv(tables / "bad.csv", index=False)
    result = cellocate(
        "decide", "fit", tables / "bad.csv", "--labels", tables / "labels.csv", "--out", tables / "rule.json"
    )
    assert result.code == 1
    assert fault in result.err
    assert result.err.count("\n") == 1


def test_columns_in_another_order_are_the_same_table(cellocate, tables):
    rules = []
    for name, order in (("p.csv", list(NAMES)), ("turned.csv", list(reversed(NAMES)))):
        pd.read_csv(tables / "p.csv")[["Id", *order]].to_csv(tables / name, index=False)
        out = tables / "rule.json"
        result = cellocate(
            "decide", "fit", tables / name, "--labels", tables / "labels.csv", "--out", out, "--overwrite"
        )
        assert result.code == 0, result.err
        rules.append(saved(tables))
    assert rules[0] == rules[1]


@pytest.mark.parametrize("ignored", [("--fallback", "likeliest"), ("--at-most", 1)])
def test_what_is_for_rules_is_refused_of_sets_with_a_guarantee(cellocate, tables, ignored):
    given = ("decide", "fit", tables / "p.csv", "--labels", tables / "labels.csv", "--guarantee", 0.3)
    result = cellocate(*given, "--out", tables / "rule.json", *ignored)
    assert (result.code, (tables / "rule.json").exists()) == (2, False)
    assert cellocate(*given, "--out", tables / "rule.json").code == 0


def test_tables_of_other_programs_give_the_same_rule(cellocate, tables):
    command = ("decide", "fit", "--rule", "single", "--out", tables / "rule.json", "--overwrite")
    assert cellocate(*command, tables / "p.csv", "--labels", tables / "labels.csv").code == 0
    expected = saved(tables)
    pd.read_csv(tables / "p.csv").to_csv(tables / "index.csv")  # with the index in an unnamed column
    pd.read_csv(tables / "p.csv").to_csv(tables / "german.csv", sep=";", decimal=",", index=False)
    pd.read_csv(tables / "labels.csv").to_csv(tables / "excel.csv", sep="\t", encoding="utf-16")
    for probabilities in ("index.csv", "german.csv"):
        assert cellocate(*command, tables / probabilities, "--labels", tables / "excel.csv").code == 0
        assert saved(tables) == expected
    with (tables / "index.csv").open("a") as file:
        file.write(f"60,high{',0' * 27},g\n")
    refused = cellocate(*command, tables / "index.csv", "--labels", tables / "labels.csv")
    assert refused.code == 1
    assert "not a number: 'high': " in refused.err
    assert "index.csv, line 62 (id g), column Nucleoplasm." in refused.err


def test_one_table_is_no_pool(cellocate, tables):
    labels = ("--labels", tables / "labels.csv", "--out", tables / "rule.json")
    result = cellocate("decide", "fit", tables / "p.csv", *labels, "--pool", "weighted")
    assert (result.code, "needs several tables" in result.err) == (2, True)

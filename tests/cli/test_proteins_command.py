"""`cellocate proteins` on what `predict` writes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from cellocate.decision import read_probabilities, read_rule, read_steps
from cellocate.vocabulary import get_vocabulary

NAMES = list(get_vocabulary("hpa28").names)


@pytest.fixture
def tables(tmp_path):
    """Predictions of six fields of three antibodies, and a table of these."""
    p = np.full((6, 28), 0.01)
    p[[0, 1, 2], 0] = 0.9, 0.8, 0.4
    p[[3, 4, 5], 7] = 0.9
    locations = ["Nucleoplasm", "Nucleoplasm", "", *["Golgi apparatus"] * 3]
    predictions = pd.DataFrame(p, columns=NAMES).assign(Locations=locations)
    predictions.insert(0, "Id", list("abcdef"))
    predictions.to_csv(tmp_path / "p.csv", index=False)
    antibodies = ["HPA000992", "992", "HPA992", "8", "8", ""]
    told = pd.DataFrame({"Id": list("fedcba"), "antibody": antibodies[::-1], "Cellline": "HeLa", "Target": "0"})
    told.to_csv(tmp_path / "told.csv", index=False)
    return tmp_path


def proteins(cellocate, folder, *more, predictions="p.csv"):
    return cellocate(
        "proteins", folder / predictions, "--of", folder / "told.csv", "--out", folder / "out.csv", *more,
        "--calls", folder / "calls.csv", "--overwrite",
    )  # fmt: skip


def test_one_call_for_each_antibody_and_cell_line(cellocate, tables):
    result = proteins(cellocate, tables)
    assert result.code == 0, result.err
    assert "2 proteins (by antibody, cell_line) of 5 fields" in result.out
    assert "left out: 1 field" in result.err
    assert "antibody of f" in result.err
    calls = pd.read_csv(tables / "calls.csv", dtype={"antibody": str})
    assert calls[["antibody", "cell_line", "n", "Locations"]].to_numpy().tolist() == [
        ["8", "HeLa", 2, "Golgi apparatus"],
        ["992", "HeLa", 3, "Nucleoplasm"],
    ]
    rows = pd.read_csv(tables / "out.csv", dtype={"antibody": str})
    nucleoplasm = rows[rows["location"] == "Nucleoplasm"].iloc[0]
    assert nucleoplasm[["share", "probability"]].tolist() == pytest.approx([2 / 3, 0.7], abs=1e-6)
    assert nucleoplasm["share_low"] < 2 / 3 < nucleoplasm["share_high"] < 1


def test_half_of_the_fields_are_enough_for_a_call(cellocate, tables):
    predictions = pd.read_csv(tables / "p.csv")
    predictions["Locations"] = ["", "", "", "Golgi apparatus", "", ""]  # one of the two fields of antibody 8
    predictions.to_csv(tables / "p.csv", index=False)
    result = proteins(cellocate, tables)
    assert result.code == 0, result.err
    calls = pd.read_csv(tables / "calls.csv", dtype={"antibody": str}).set_index("antibody")["Locations"]
    assert calls["8"] == "Golgi apparatus"
    assert "called: locations that at least half of the fields of a protein show; 1 call of exactly half" in result.out


def test_other_columns_and_a_rule(cellocate, tables):
    rule = tables / "rule.json"
    pd.DataFrame({"Id": list("abcdef"), "Target": ["0", "0", "0", "7", "7", "7"]}).to_csv(tables / "l.csv", index=False)
    fitted = cellocate(
        "decide", "fit", tables / "p.csv", "--labels", tables / "l.csv", "--rule", "single", "--out", rule
    )
    assert fitted.code == 0, fitted.err
    result = proteins(cellocate, tables, "--by", "cell_line", "--rule", rule)
    assert result.code == 0, result.err
    calls = pd.read_csv(tables / "calls.csv")
    assert calls[["cell_line", "n"]].to_numpy().tolist() == [["HeLa", 6]]
    shares = pd.read_csv(tables / "out.csv").set_index("location")["share"]
    assert shares["Nucleoplasm"] == shares["Golgi apparatus"] == 0.5  # the rule decides c, which Locations does not


@pytest.mark.parametrize("pool", ["mean", "stacked"])
def test_a_rule_of_several_tables_pools_and_calibrates_them(cellocate, tables, tmp_path, pool):
    """The call is what the rule makes of pooled and calibrated probabilities, and so are these."""
    rng = np.random.default_rng(0)
    ids = [f"v{i}" for i in range(40)]
    shown = rng.random((40, 28)) < 0.3
    folders = (tables, tmp_path / "fit")
    folders[1].mkdir()
    for name in ("p.csv", "q.csv"):  # stacked tables are known by their names
        known = pd.DataFrame(np.where(shown, 0.7, 0.3) + 0.25 * rng.random((40, 28)), columns=NAMES)
        known.insert(0, "Id", ids)
        known.to_csv(folders[1] / name, index=False)
    pd.read_csv(tables / "p.csv").assign(Nucleoplasm=0.1).to_csv(tables / "q.csv", index=False)
    targets = [" ".join(map(str, np.flatnonzero(row))) for row in shown]
    pd.DataFrame({"Id": ids, "Target": targets}).to_csv(tables / "l.csv", index=False)
    rule, both = tables / "rule.json", [tables / name for name in ("p.csv", "q.csv")]
    fitted = cellocate(
        "decide", "fit", folders[1] / "p.csv", folders[1] / "q.csv", "--labels", tables / "l.csv", "--out", rule,
        "--pool", pool, "--calibrate", "per_class",
    )  # fmt: skip
    assert fitted.code == 0, fitted.err
    result = proteins(cellocate, tables, both[1], "--rule", rule)
    assert result.code == 0, result.err
    vocabulary = get_vocabulary("hpa28")
    expected = read_steps(rule).apply(np.stack([read_probabilities(path, vocabulary)[1] for path in both]))
    decided = read_rule(rule)[0].apply(expected)
    rows = pd.read_csv(tables / "out.csv", dtype={"antibody": str}).set_index(["antibody", "location"])
    for k, name in enumerate(NAMES):
        if ("992", name) in rows.index:
            told = rows.loc[("992", name)]
            assert told["probability"] == pytest.approx(expected[:3, k].mean(), abs=1e-6)
            assert told["share"] == pytest.approx(decided[:3, k].mean(), abs=1e-6)
        else:
            assert not decided[:3, k].any()
    refused = proteins(cellocate, tables, "--rule", rule)
    assert (refused.code, refused.err.count("\n")) == (1, 1)
    assert "Give tables like p.csv, q.csv" in refused.err


def test_several_tables_need_a_rule_that_pools_them(cellocate, tables):
    assert proteins(cellocate, tables, tables / "p.csv").code == 2
    labels = pd.DataFrame({"Id": list("abcdef"), "Target": "0"})
    labels.to_csv(tables / "l.csv", index=False)
    request = ("decide", "fit", tables / "p.csv", "--labels", tables / "l.csv", "--out", tables / "rule.json")
    assert cellocate(*request).code == 0
    (tables / "q.csv").write_bytes((tables / "p.csv").read_bytes())
    refused = proteins(cellocate, tables, tables / "q.csv", "--rule", tables / "rule.json")
    assert (refused.code, refused.err.count("\n")) == (1, 1)
    assert "a rule for one table, but 2 are given" in refused.err


def test_cells_are_brought_together_by_their_fields(cellocate, tables):
    p = pd.read_csv(tables / "p.csv")
    cells = pd.concat([p.assign(Id=p["Id"] + f"_{i}", field=p["Id"], cell=i) for i in (1, 2)])
    cells.to_csv(tables / "cells.csv", index=False)
    result = proteins(cellocate, tables, predictions="cells.csv")
    assert result.code == 0, result.err
    assert "of 10 cells" in result.out
    calls = pd.read_csv(tables / "calls.csv")
    assert calls[["n", "fields"]].to_numpy().tolist() == [[4, 2], [6, 3]]


def test_cells_tell_the_proteins_of_their_fields(cellocate, cells, run, tmp_path):
    table = tmp_path / "cells.csv"
    assert cellocate("predict", run / "model", cells, "--out", table).code == 0
    result = cellocate("proteins", table, "--of", cells, "--by", "group", "--out", tmp_path / "proteins.csv")
    assert result.code == 0, result.err
    assert "40 proteins (by group) of" in result.out


@pytest.mark.parametrize(
    ("damage", "fault"),
    [
        (lambda p, t: (pd.concat([p, p[:1]]), t), "id a is in several rows"),
        (lambda p, t: (p, pd.concat([t, t[:1]])), "several rows for f"),
        (lambda p, t: (p, t[t["Id"] != "b"]), "1 of 6 fields are unknown here, such as b"),
        (lambda p, t: (p, t[["Id", "Target"]]), "these fields have no antibody, gene or cell line"),
        (lambda p, t: (p.drop(columns="Locations"), t), "no column Locations"),
        (lambda p, t: (p.assign(Cytosol=7), t), "column Cytosol"),
        (lambda p, t: (p.rename(columns={"Cytosol": "25"}), t), "columns are numbers"),
        (lambda p, t: (p.assign(field=["", *"bcdef"]), t), "a cell without its field"),
        (lambda p, t: (p, t.assign(antibody=["", *"12345"], Cellline=["x", *[""] * 5])), "no field has all of"),
    ],
)
def test_faults_are_named(cellocate, tables, damage, fault):
    p, told = damage(pd.read_csv(tables / "p.csv"), pd.read_csv(tables / "told.csv", dtype=str))
    p.to_csv(tables / "p.csv", index=False)
    told.to_csv(tables / "told.csv", index=False)
    result = proteins(cellocate, tables)
    assert result.code == 1
    assert fault in result.err
    assert result.err.count("\n") == 1
    assert not (tables / "out.csv").exists()
    assert not (tables / "calls.csv").exists()


def test_an_unknown_column_is_told_with_those_that_there_are(cellocate, tables):
    result = proteins(cellocate, tables, "--by", "gene")
    assert (result.code, "no values in a column 'gene'" in result.err) == (1, True)
    assert "It has antibody, cell_line" in result.err


def test_a_cell_line_is_no_protein(cellocate, tables):
    of = tables / "lines.csv"
    pd.DataFrame({"Id": list("abcdef"), "cell_line": "HeLa"}).to_csv(of, index=False)
    result = cellocate("proteins", tables / "p.csv", "--of", of, "--out", tables / "o.csv")
    assert (result.code, "no antibody or gene" in result.err) == (1, True)
    named = cellocate("proteins", tables / "p.csv", "--of", of, "--out", tables / "o.csv", "--by", "cell_line")
    assert named.code == 0


def test_wrong_usage(cellocate, tables):
    assert proteins(cellocate, tables, "--rule", tables / "r.json", "--vocabulary", "hpa28").code == 2
    assert proteins(cellocate, tables, "--out", tables / "calls.csv").code == 2


def test_a_models_own_predictions(cellocate, run, phantoms, tmp_path):
    labels = next(path for path in phantoms.rglob("train.csv"))
    table = pd.read_csv(labels, dtype=str, keep_default_na=False)
    table.assign(antibody=[str(i // 4) for i in range(len(table))]).to_csv(labels, index=False)
    predictions = tmp_path / "p.csv"
    assert cellocate("predict", run / "model", phantoms, "--out", predictions).code == 0
    for more in ((), ("--rule", run / "model")):
        result = cellocate("proteins", predictions, "--of", phantoms, "--out", tmp_path / "o.csv", "--overwrite", *more)
        assert result.code == 0, result.err
        assert f"{-(-len(table) // 4)} proteins (by antibody) of {len(table)} fields" in result.out

"""From tables to probabilities: fitted, saved beside the rule, and repeated."""

from __future__ import annotations

import json
from typing import get_args

import numpy as np
import pandas as pd
import pytest

from cellocate.choices import CalibrationKind, PoolKind
from cellocate.decision import Rule, Steps, describe_steps, fit_steps, read_rule, read_steps, save_rule
from cellocate.errors import CellocateError
from cellocate.vocabulary import get_vocabulary

WORDS = get_vocabulary("hpa28")


@pytest.fixture
def fields():
    """Two tables of 60 fields by the antibody, and their truth."""
    rng = np.random.default_rng(0)
    truth = rng.random((60, 28)) < 0.2
    tables = np.clip(truth * 0.4 + rng.random((2, 60, 28)) * 0.6, 0, 1).round(6)
    return [f"f{i}" for i in range(60)], tables, truth


@pytest.fixture
def files(tmp_path, fields):
    ids, tables, truth = fields
    for part, rows in (("fit", slice(0, 50)), ("new", slice(50, 60))):
        (tmp_path / part).mkdir()
        for name, table in zip("ab", tables, strict=True):
            frame = pd.DataFrame(table[rows])
            frame.insert(0, "Id", ids[rows])
            frame.to_csv(tmp_path / part / f"{name}.csv", index=False)
    labels = [" ".join(map(str, np.flatnonzero(row))) for row in truth]
    pd.DataFrame({"Id": ids, "Target": labels, "antibody": [i % 9 for i in range(60)]}).to_csv(
        tmp_path / "labels.csv", index=False
    )
    return tmp_path


@pytest.mark.parametrize("calibrate", [None, *get_args(CalibrationKind)])
@pytest.mark.parametrize("pool", get_args(PoolKind))
def test_steps_survive_saving_and_do_the_same(tmp_path, fields, pool, calibrate):
    ids, tables, truth = fields
    fitted = fit_steps(tables, truth, ["a", "b"], ids, pool=pool, calibrate=calibrate)
    rule = Rule(kind="fixed", thresholds=(0.5,) * 28)
    save_rule(tmp_path / "rule.json", rule, WORDS, fitted.steps)
    assert read_steps(tmp_path / "rule.json") == fitted.steps
    assert read_rule(tmp_path / "rule.json")[0] == rule
    np.testing.assert_array_equal(read_steps(tmp_path / "rule.json").apply(tables), fitted.steps.apply(tables))
    assert all("nan" not in line for line in describe_steps(fitted, tables, truth))


def test_without_steps_one_table_is_left_alone(tmp_path, fields):
    ids, tables, truth = fields
    assert fit_steps(tables[:1], truth, ["a"], ids).steps == Steps()
    save_rule(tmp_path / "rule.json", Rule(kind="fixed", thresholds=(0.5,) * 28), WORDS)
    assert set(json.loads((tmp_path / "rule.json").read_text())) == {"vocabulary", "locations", "rule"}
    assert read_steps(tmp_path / "rule.json") == Steps()
    np.testing.assert_array_equal(Steps().apply(tables[:1]), tables[0])
    with pytest.raises(CellocateError, match=f"a rule for one table, but {len(tables)} are given"):
        Steps().apply(tables)


def test_antibodies_are_kept_together(fields):
    ids, tables, truth = fields
    with pytest.raises(CellocateError, match="at least two groups"):
        fit_steps(tables, truth, ["a", "b"], ids, pool="stacked", groups=["same"] * 60)
    fit_steps(tables, truth, ["a", "b"], ids, pool="mean", groups=["same"] * 60)  # nothing is cross-fitted


@pytest.mark.parametrize("key", ["pool", "calibration"])
@pytest.mark.parametrize("content", [3, [], {"kind": "none"}])
def test_faulty_steps_are_refused(tmp_path, key, content):
    (tmp_path / "rule.json").write_text(json.dumps({key: content}))
    with pytest.raises(CellocateError, match="not a decision rule"):
        read_steps(tmp_path / "rule.json")


def test_the_commands_fit_and_repeat_steps(cellocate, files):
    fit, new = ([files / part / f"{name}.csv" for name in "ab"] for part in ("fit", "new"))
    out = files / "rule.json"
    options = ("--labels", files / "labels.csv", "--pool", "stacked", "--calibrate", "temperature", "--out", out)
    result = cellocate("decide", "fit", *fit, *options)
    assert result.code == 0
    assert "stacked tables" in result.out
    assert result.out.count("(cross-fitted)") == 2
    assert cellocate("decide", "apply", *new, "--rule", out, "--out", files / "d.csv").code == 0
    assert len(pd.read_csv(files / "d.csv")) == 10
    for tables, fault in (
        (fit, "fields that it was fitted to"),
        (new[::-1], "another order"),
        (new[:1], "2 tables, but 1"),
    ):
        result = cellocate("decide", "apply", *tables, "--rule", out, "--out", files / "no.csv")
        assert result.code == 1
        assert fault in result.err
        assert not (files / "no.csv").exists()


def test_the_command_promises_what_it_stores(cellocate, files):
    fit = [files / "fit" / f"{name}.csv" for name in "ab"]
    options = ("--labels", files / "labels.csv", "--out", files / "rule.json")
    result = cellocate("decide", "fit", *fit, *options, "--guarantee", "0.2")
    assert result.code == 0
    assert "at least 80% of a field's locations" in result.out
    content = json.loads((files / "rule.json").read_text())
    assert content["guarantee"]["missed"] == 0.2
    assert content["guarantee"]["units"] == 9  # antibodies
    assert cellocate("decide", "apply", *fit, "--rule", files / "rule.json", "--out", files / "d.csv").code == 0
    (files / "rule.json").unlink()
    result = cellocate("decide", "fit", *fit, *options, "--guarantee", "0.05")
    assert (result.code, "Give at least 19" in result.err) == (1, True)
    assert cellocate("decide", "fit", *fit, *options, "--guarantee", "0.2", "--calibrate", "temperature").code == 2
    assert not (files / "rule.json").exists()

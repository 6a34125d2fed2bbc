"""Figures by cell line, plate or part."""

import numpy as np
import pytest
from random_tables import vocabulary

from cellocate.evaluation import by_column, evaluate


def test_each_row_is_that_of_its_fields_alone():
    rng = np.random.default_rng(0)
    truth = rng.random((90, 4)) < 0.4
    p = np.clip(truth * 0.2 + rng.random((90, 4)) * 0.8, 0, 1)
    values = np.array(["HeLa"] * 50 + ["U-2 OS"] * 30 + [""] * 6 + ["A-431"] * 4)
    groups = [f"antibody {i // 3}" for i in range(90)]
    order = rng.permutation(90)
    truth, p, values, groups = truth[order], p[order], values[order], [groups[i] for i in order]
    table = by_column(truth, p > 0.5, vocabulary(4), values, probabilities=p, groups=groups).set_index("value")
    assert table.index.tolist() == ["HeLa", "U-2 OS", "not recorded", "A-431"]
    assert table["n"].tolist() == [50, 30, 6, 4]
    assert table["small"].tolist() == [False, False, True, True]
    here = values == "HeLa"
    own = [group for group, is_here in zip(groups, here, strict=True) if is_here]
    alone = evaluate(truth[here], p[here] > 0.5, vocabulary(4), probabilities=p[here], groups=own)
    row = table.loc["HeLa"]
    assert row["groups"] == len(set(own)) == 17
    for name in ("macro_f1", "micro_f1", "macro_f1_present", "exact_match", "macro_average_precision"):
        assert row[name] == pytest.approx(alone[name])
    assert [row["macro_f1_low"], row["macro_f1_high"]] == pytest.approx(alone["macro_f1_interval"])


def test_train_stands_beside_validation():
    truth = np.eye(4, dtype=bool)[[0, 1, 0, 1, 2]]
    decided = np.eye(4, dtype=bool)[[0, 1, 1, 0, 2]]
    parts = ["train", "train", "validation", "validation", None]
    table = by_column(truth, decided, vocabulary(4), parts).set_index("value")
    assert table["micro_f1"].to_dict() == {"train": 1, "validation": 0, "not recorded": 1}
    assert table["macro_average_precision"].isna().all()
    assert table["locations"].tolist() == [2, 2, 1]

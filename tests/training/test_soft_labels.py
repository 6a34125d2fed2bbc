"""Training on soft labels from out-of-fold predictions."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from small_runs import history, learn

from cellocate.collection import make_split, open_collection, save_split
from cellocate.decision import Predictions, read_probabilities
from cellocate.errors import CellocateError
from cellocate.training.soft_labels import soften_labels
from cellocate.vocabulary import get_vocabulary

WORDS = get_vocabulary("hpa28")


def _table(path: Path, ids: list[str], value: float) -> Path:
    p = np.full((len(ids), 28), value)
    Predictions(ids, p, p > 0.5, WORDS).save(path)
    return path


def test_labels_of_fields_are_softened_by_what_cells_show(cells: Path, tmp_path: Path) -> None:
    collection = open_collection(cells).labelled()
    ids = collection.ids
    tables = [_table(tmp_path / "a.csv", ids[:9], 0.2), _table(tmp_path / "b.csv", [*ids[6:12], "other"], 0.6)]
    soft, truth = soften_labels(collection, tables), collection.truth()
    assert (soft[~truth] == 0).all()
    for row, value in ((0, 0.2), (7, 0.4), (10, 0.6), (20, 1.0)):
        np.testing.assert_allclose(soft[row][truth[row]], value, rtol=1e-6)


def test_tables_of_nothing_that_is_known_are_refused(cells: Path, tmp_path: Path) -> None:
    with pytest.raises(CellocateError, match="soft labels contain none"):
        soften_labels(open_collection(cells).labelled(), [_table(tmp_path / "a.csv", ["x", "y"], 0.5)])


def test_what_is_learnt_is_soft(cells: Path, tmp_path: Path) -> None:
    collection = open_collection(cells).labelled()
    table = _table(tmp_path / "a.csv", collection.ids, 0.5)
    still = ("training.epochs=1", "optimiser.learning_rate=1e-30", "optimiser.weight_decay=0")
    losses = {}
    for name, soft in (("hard", ()), ("soft", (table,))):
        learn(cells, tmp_path / name, *still, soft=soft)
        losses[name] = history(tmp_path / name).iloc[0]
    assert losses["soft"]["train_loss"] != pytest.approx(losses["hard"]["train_loss"], rel=1e-6)
    assert losses["soft"]["validation_loss"] == pytest.approx(losses["hard"]["validation_loss"])  # by the true labels
    state = torch.load(tmp_path / "soft" / "checkpoints" / "last.ckpt", weights_only=True)
    hard = torch.load(tmp_path / "hard" / "checkpoints" / "last.ckpt", weights_only=True)
    assert state["begun_with"] != hard["begun_with"]
    with pytest.raises(CellocateError, match=r"soft labels are for single cells"):
        learn(cells, tmp_path / "bags", "bags.pool=mean", soft=(table,))


def test_folds_soften_the_labels_from_the_command_line(cellocate, cells: Path, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    """Two folds; each predicts the cells that it was not trained on."""
    small = ("data.size=32", "network.backbone=test_resnet", "training.epochs=1", "bags.pool=mean")
    settings = [word for setting in small for word in ("--set", setting)]
    collection = open_collection(cells).labelled()
    fields = collection.fields["field"]
    table = make_split(collection, "random", validation=0.0, test=0.2, seed=0)
    save_split(tmp_path / "whole.csv", table)
    parts = pd.read_csv(tmp_path / "whole.csv").assign(id=lambda t: t["id"].map(fields.to_dict())).drop_duplicates("id")
    learnt = parts.index[parts["part"] == "train"]
    predicted_ids = []
    for number in range(2):
        own = parts.copy()
        own.loc[learnt[number::2], "part"] = "validation"
        own[["id", "part"]].to_csv(tmp_path / f"split{number}.csv", index=False)
        run, out = tmp_path / f"fold{number}", tmp_path / f"soft{number}.csv"
        request = ("train", cells, "--recipe", "quick", *settings, "--split", tmp_path / f"split{number}.csv")
        assert cellocate(*request, "--out", run).code == 0
        found = cellocate("predict", run / "model", cells, "--part", "validation", "--out", out)
        assert found.code == 0, found.err
        predicted_ids.append(set(read_probabilities(out, WORDS)[0]))
    assert not predicted_ids[0] & predicted_ids[1]
    assert predicted_ids[0] | predicted_ids[1] == {i for i in collection.ids if fields[i] in set(parts["id"][learnt])}
    soft = ("--soft", tmp_path / "soft0.csv", "--soft", tmp_path / "soft1.csv")
    second = ("train", cells, "--recipe", "quick", *settings[:-2], *soft, "--split", tmp_path / "whole.csv")
    done = cellocate(*second, "--out", tmp_path / "second")
    assert done.code == 0, done.err

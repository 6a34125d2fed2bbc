from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score

from cellocate.collection import open_collection
from cellocate.decision import write_table
from cellocate.errors import CellocateError
from cellocate.explain.audit import HeldOut, audit_labels, by_models, by_tables, doubts, write_audit
from cellocate.networks import load


def _said(seed=0, n=600, k=8, share=0.06):
    """Labels, of which some are those of another field, and calibrated probabilities of the right ones."""
    rng = np.random.default_rng(seed)
    probabilities = rng.beta(0.05, 0.2, (n, k))
    truth = rng.random((n, k)) < probabilities
    given, wrong = truth.copy(), np.zeros(n, bool)
    for i in rng.choice(n, round(share * n), replace=False):
        given[i] = truth[rng.choice(np.flatnonzero((truth != truth[i]).any(axis=1)))]
        wrong[i] = True
    return probabilities, given, wrong


@pytest.mark.parametrize(("judge", "least"), [("likelihood", 0.75), ("cleanlab", 0.25)])
def test_labels_of_other_fields_are_found(judge, least):
    probabilities, given, wrong = _said()
    found = doubts(probabilities, given, judge)
    assert average_precision_score(wrong, found.doubt) > least
    assert wrong[found.suspect].sum() / wrong.sum() > 0.5
    if judge == "likelihood":
        assert wrong[found.suspect].mean() > 0.8
        assert found.doubt.sum() == pytest.approx(wrong.sum(), rel=0.4)


def test_right_labels_are_left_alone():
    probabilities, given, _ = _said(share=0)
    assert doubts(probabilities, given).suspect.mean() < 0.01


def test_a_model_that_knows_nothing_doubts_nothing():
    rng = np.random.default_rng(0)
    truth = rng.random((300, 5)) < 0.3
    assert doubts(rng.random((300, 5)), truth).suspect.mean() < 0.05


@settings(max_examples=25)
@given(st.integers(0, 10**6), st.integers(1, 40), st.integers(1, 4))
def test_doubts_are_probabilities(seed, n, k):
    rng = np.random.default_rng(seed)
    found = doubts(rng.integers(0, 2, (n, k)).astype(float), rng.random((n, k)) < 0.5)
    assert ((found.doubt >= 0) & (found.doubt <= 1 + 1e-9)).all()
    assert np.isfinite(found.probabilities).all()


def test_models_judge_what_they_did_not_learn_from(phantoms, run):
    collection, model = open_collection(phantoms), load(run / "model")
    found = by_models([model], collection)
    unseen = [i for i in collection.ids if i not in set(model.card.fields["train"])]
    assert found.ids == unseen
    assert found.probabilities.shape == (len(unseen), 28)
    learnt = model.card.model_copy(update={"fields": {"train": tuple(collection.ids)}})
    model.card = learnt
    with pytest.raises(CellocateError, match="every field was trained on"):
        by_models([model], collection)


def test_fields_that_were_learnt_from_are_known_under_the_ids_of_a_merge(phantoms, run):
    collection, model = open_collection(phantoms), load(run / "model")
    old = pd.Index(collection.ids)
    fields = collection.fields.set_axis(pd.Index([f"merged-{i}" for i in old], dtype=object)).assign(original_id=old)
    found = by_models([model], replace(collection, fields=fields))
    learnt = set(model.card.fields["train"])
    assert found.ids == [f"merged-{i}" for i in old if i not in learnt]


def test_tables_of_folds_are_brought_together(phantoms, tmp_path):
    collection = open_collection(phantoms)
    ids, rng = collection.ids, np.random.default_rng(0)
    said = rng.random((len(ids), 28)).round(6)
    for name, rows in (("a.csv", slice(0, 20)), ("b.csv", slice(15, 35))):
        write_table(tmp_path / name, ids[rows], said[rows], said[rows] > 0.5, collection.vocabulary)
    found = by_tables([tmp_path / "a.csv", tmp_path / "b.csv"], collection)
    assert found.ids == ids[:35]
    assert np.allclose(found.probabilities, said[:35])
    with pytest.raises(CellocateError, match="no field of the collection"):
        by_tables([tmp_path / "a.csv"], collection.subset(ids[36:]))


def test_too_few_fields_say_nothing(phantoms):
    collection = open_collection(phantoms)
    held_out = HeldOut(collection.ids, np.full((40, 28), 0.1), np.full(40, np.nan))
    with pytest.raises(CellocateError, match="40 held-out fields"):
        audit_labels(collection, held_out)


def test_the_folder_names_what_is_wrong(phantoms, tmp_path, monkeypatch):
    monkeypatch.setattr("cellocate.explain.audit.audited.LEAST", 10)
    for colour in ("red", "green", "blue", "yellow"):  # the second field is the first, labelled otherwise
        first = phantoms / "train" / f"phantom-1-000000_{colour}.png"
        first.with_name(first.name.replace("000000", "000001")).write_bytes(first.read_bytes())
    table = pd.read_csv(phantoms / "train.csv", dtype=str)
    table.loc[:1, "Target"] = ["0", "25"]
    table.to_csv(phantoms / "train.csv", index=False)
    collection = open_collection(phantoms)
    said = np.where(collection.truth(), 0.9, 0.02)
    said[1] = np.where(np.arange(28) == 0, 0.95, 0.01)
    unlike = np.zeros(40)
    unlike[5] = 2.5
    audited = audit_labels(collection, HeldOut(collection.ids, said, unlike))
    write_audit(audited, tmp_path / "out")
    suspects = pd.read_csv(tmp_path / "out" / "suspects.csv")
    assert suspects["Id"].tolist() == ["phantom-1-000001"]
    assert suspects.iloc[0][["labels", "doubted", "missing"]].tolist() == ["Cytosol", "Cytosol", "Nucleoplasm"]
    assert set(pd.read_csv(tmp_path / "out" / "twins.csv")["Id"]) == {"phantom-1-000000", "phantom-1-000001"}
    assert pd.read_csv(tmp_path / "out" / "outlying.csv")["Id"].tolist() == ["phantom-1-000005"]
    mistakes = pd.read_csv(tmp_path / "out" / "mistakes.csv")
    assert mistakes[["location", "kind"]].to_numpy().tolist() == [["Nucleoplasm", "false alarm"], ["Cytosol", "missed"]]
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "likely: Nucleoplasm" in page
    assert (tmp_path / "out" / "figures" / "suspects.svg").exists()

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score

from cellocate.collection import LabelledCollection, open_collection
from cellocate.decision import Predictions
from cellocate.errors import CellocateError
from cellocate.explain.audit import audit_labels, predict_held_out, read_held_out, write_audit
from cellocate.explain.audit.held_out import HeldOutPredictions
from cellocate.explain.audit.label_doubts import judge_labels
from cellocate.explain.audit.skill import skill_score
from cellocate.networks import load
from cellocate.vocabulary import Location, Vocabulary


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
    found = judge_labels(probabilities, given, judge)
    assert average_precision_score(wrong, found.doubt) > least
    assert wrong[found.suspect].sum() / wrong.sum() > 0.5
    if judge == "likelihood":
        assert wrong[found.suspect].mean() > 0.8
        assert found.doubt.sum() == pytest.approx(wrong.sum(), rel=0.4)


def test_right_labels_are_left_alone():
    probabilities, given, _ = _said(share=0)
    assert judge_labels(probabilities, given).suspect.mean() < 0.01


def test_a_model_that_knows_nothing_doubts_nothing():
    rng = np.random.default_rng(0)
    truth = rng.random((300, 5)) < 0.3
    assert judge_labels(rng.random((300, 5)), truth).suspect.mean() < 0.05


@settings(max_examples=25)
@given(st.integers(0, 10**6), st.integers(1, 40), st.integers(1, 4))
def test_doubts_are_probabilities(seed, n, k):
    rng = np.random.default_rng(seed)
    found = judge_labels(rng.integers(0, 2, (n, k)).astype(float), rng.random((n, k)) < 0.5)
    assert ((found.doubt >= 0) & (found.doubt <= 1 + 1e-9)).all()
    assert np.isfinite(found.probabilities).all()


def test_models_judge_what_they_did_not_learn_from(phantoms, run):
    collection, model = open_collection(phantoms).labelled(), load(run / "model")
    found = predict_held_out([model], collection)
    unseen = [i for i in collection.ids if i not in set(model.card.fields["train"])]
    assert found.ids == unseen
    assert found.probabilities.shape == (len(unseen), 28)
    learnt = model.card.model_copy(update={"fields": {"train": tuple(collection.ids)}})
    model.card = learnt
    with pytest.raises(CellocateError, match="every field was trained on"):
        predict_held_out([model], collection)


def test_fields_that_were_learnt_from_are_known_under_the_ids_of_a_merge(phantoms, run):
    collection, model = open_collection(phantoms).labelled(), load(run / "model")
    old = pd.Index(collection.ids)
    fields = collection.fields.set_axis(pd.Index([f"merged-{i}" for i in old], dtype=object)).assign(original_id=old)
    found = predict_held_out([model], replace(collection, fields=fields))
    learnt = set(model.card.fields["train"])
    assert found.ids == [f"merged-{i}" for i in old if i not in learnt]


def test_tables_of_folds_are_brought_together(phantoms, tmp_path):
    collection = open_collection(phantoms).labelled()
    ids, rng = collection.ids, np.random.default_rng(0)
    said = rng.random((len(ids), 28)).round(6)
    for name, rows in (("a.csv", slice(0, 20)), ("b.csv", slice(15, 35))):
        Predictions(ids[rows], said[rows], said[rows] > 0.5, collection.vocabulary).save(tmp_path / name)
    found = read_held_out([tmp_path / "a.csv", tmp_path / "b.csv"], collection)
    assert found.ids == ids[:35]
    assert np.allclose(found.probabilities, said[:35])
    with pytest.raises(CellocateError, match="no field of the collection"):
        read_held_out([tmp_path / "a.csv"], collection.subset(ids[36:]))


def test_too_few_fields_say_nothing(phantoms):
    collection = open_collection(phantoms).labelled()
    held_out = HeldOutPredictions(collection.ids, np.full((40, 28), 0.1), np.full(40, np.nan))
    with pytest.raises(CellocateError, match="40 held-out fields"):
        audit_labels(collection, held_out)


def test_skill_is_that_of_probabilities_over_frequencies():
    probabilities, given, _ = _said(share=0)
    found = skill_score(probabilities, given)
    assert found.n == 600
    assert found.low < found.score < found.high
    # calibrated as they are, the expected score can be worked out
    frequency = given.mean(axis=0)
    ours = np.log(np.where(given, probabilities, 1 - probabilities).clip(1e-4)).sum()
    theirs = np.log(np.where(given, frequency, 1 - frequency)).sum()
    assert found.score == pytest.approx(1 - ours / theirs, abs=0.02)


@settings(max_examples=20)
@given(st.integers(0, 10**6), st.integers(60, 200), st.integers(2, 8))
def test_what_is_drawn_at_random_has_no_skill(seed, n, k):
    rng = np.random.default_rng(seed)
    truth = rng.random((n, k)) < rng.uniform(0.05, 0.5, k)
    truth[0], truth[1] = True, False
    found = skill_score(rng.random((n, k)), truth)
    assert found.score < 0.1
    assert found.low <= 0


def test_fields_of_one_group_are_one_proof():
    probabilities, given, _ = (np.repeat(values, 4, axis=0) for values in _said(n=100, share=0))
    alone, together = skill_score(probabilities, given), skill_score(probabilities, given, np.repeat(np.arange(100), 4))
    assert alone.score == together.score
    assert together.high - together.low > 1.5 * (alone.high - alone.low)


def _collection(truth):
    ids = pd.Index([f"f{i}" for i in range(len(truth))], name="id", dtype=object)
    labels = pd.Series([tuple(np.flatnonzero(row).tolist()) for row in truth], index=ids, dtype=object)
    words = Vocabulary("own", tuple(Location(f"L{k}", None, "") for k in range(truth.shape[1])))
    return LabelledCollection(Path("nowhere"), "test", pd.DataFrame({"labels": labels}), words)


def _audited(probabilities, truth):
    collection = _collection(truth)
    return audit_labels(
        collection, HeldOutPredictions(collection.ids, probabilities, np.full(len(truth), np.nan)), duplicates=False
    )


def test_a_judge_without_skill_is_refused_with_its_score_and_n():
    truth = np.random.default_rng(0).random((200, 8)) < np.linspace(0.02, 0.5, 8)
    score = r"no better than .*: skill -?0\.\d\d \(95% interval .*n = 200\)"
    with pytest.raises(CellocateError, match=score) as refused:
        _audited(np.random.default_rng(1).random((200, 8)), truth)
    assert "--fold all" in refused.value.mend


def test_a_judge_of_little_skill_is_noted_and_a_good_one_is_not(tmp_path):
    probabilities, given, _ = _said(share=0)
    assert _audited(probabilities, given).caution is None
    noise = np.random.default_rng(2).normal(size=given.shape)
    weak = 1 / (1 + np.exp(-(1.4 * given - 2 + 1.3 * noise)))
    audited = _audited(weak, given)
    assert 0 < audited.skill.low < 0.2
    assert audited.caution is not None
    assert f"skill {audited.skill.score:.2f}" in audited.caution
    write_audit(audited, tmp_path / "out")
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "Warning." in page
    assert "little better than the frequency" in page


def test_real_probabilities_of_one_channel_alone_judge_nothing(real_data):
    saved = np.load(real_data / "decision" / "validation_2018.npz")
    truth = saved["targets"][:300].astype(bool)
    for name, skilled in (
        ("resnet_224", True),
        ("vgg16_224", True),
        ("vgg16_224_red", False),
        ("vgg16_224_blue", False),
    ):
        found = skill_score(saved[name][:300].astype(float), truth)
        assert (found.low > 0.2) == skilled
        assert (found.low <= 0) != skilled


def test_the_folder_names_what_is_wrong(phantoms, tmp_path, monkeypatch):
    monkeypatch.setattr("cellocate.explain.audit.label_audit.MIN_FIELDS", 10)
    for colour in ("red", "green", "blue", "yellow"):  # the second field is the first, labelled otherwise
        first = phantoms / "train" / f"phantom-1-000000_{colour}.png"
        first.with_name(first.name.replace("000000", "000001")).write_bytes(first.read_bytes())
    table = pd.read_csv(phantoms / "train.csv", dtype=str)
    table.loc[:1, "Target"] = ["0", "25"]
    table.to_csv(phantoms / "train.csv", index=False)
    collection = open_collection(phantoms).labelled()
    said = np.where(collection.truth(), 0.9, 0.02)
    said[1] = np.where(np.arange(28) == 0, 0.95, 0.01)
    ood_score = np.zeros(40)
    ood_score[5] = 2.5
    audited = audit_labels(collection, HeldOutPredictions(collection.ids, said, ood_score))
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

from __future__ import annotations

from copy import deepcopy
from pathlib import Path

import numpy as np
import pytest
import torch
from small_runs import learn, small

import cellocate
from cellocate.collection import Collection, open_collection
from cellocate.errors import CellocateError
from cellocate.images import TTA
from cellocate.networks import Model, save
from cellocate.networks.model_card import BagPooling
from cellocate.prediction import predict_collection
from cellocate.training.combine import combine
from cellocate.training.fit import Options, train

PARTS = {
    "nucleus": ("data.locations=['group:Nucleus']", "name=nucleus"),
    "cytosol": ("data.locations=[Cytosol, Nucleoplasm]", "name=cytosol"),
    "other": ("optimiser.learning_rate=0.02", "name=other"),
}


@pytest.fixture(scope="module")
def made(_phantoms: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Model]:
    """A network for all locations, and two for some of them, of one split."""
    folder, collection, models = tmp_path_factory.mktemp("members"), open_collection(_phantoms), {}
    for name, settings in PARTS.items():
        models[name] = train(collection, small(*settings), folder / name, Options(say=lambda _: None))
    return models


@pytest.fixture
def collection(phantoms: Path) -> Collection:
    return open_collection(phantoms)


def test_specialists_answer_what_one_of_them_answers(made: dict[str, Model], collection: Collection) -> None:
    nucleus, cytosol = made["nucleus"], made["cytosol"]
    both = combine([nucleus, cytosol], collection).model
    own, theirs = (predict_collection(m, collection).probabilities for m in (nucleus, cytosol))
    together = predict_collection(both, collection).probabilities
    assert set(both.vocabulary.names) == {*nucleus.vocabulary.names, "Cytosol"}
    for k, name in enumerate(both.vocabulary.names):
        answers = [
            p[:, m.vocabulary.names.index(name)]
            for m, p in ((nucleus, own), (cytosol, theirs))
            if name in m.vocabulary.names
        ]
        np.testing.assert_allclose(together[:, k], np.mean(answers, axis=0), atol=1e-5)


@pytest.mark.parametrize("pool", ["mean", "max", "geometric"])
def test_tta_of_each_member_is_pooled_before_the_members(
    made: dict[str, Model], collection: Collection, pool: str
) -> None:
    tta = TTA(orientations="dihedral", pool=pool)  # type: ignore[arg-type]
    members = [made["other"].with_tta(tta), _another(made["other"].with_tta(tta))]
    together = predict_collection(combine(members, collection).model, collection).probabilities
    own, theirs = (predict_collection(m, collection).probabilities for m in members)
    np.testing.assert_allclose(together, (own + theirs) / 2, atol=1e-6)


def _another(model: Model) -> Model:
    """The same with weights of which some are otherwise."""
    network = deepcopy(model.network)
    with torch.no_grad():
        first = next(network.parameters())
        first.copy_(torch.randn(first.shape, generator=torch.Generator().manual_seed(0)))
    return Model(network, model.card)


def test_the_best_alone_answers_its_locations(made: dict[str, Model], collection: Collection) -> None:
    models = [made["nucleus"], made["cytosol"], made["other"]]
    combined = combine(models, collection, by="best_per_location")
    together = predict_collection(combined.model, collection).probabilities
    columns = list(combined.table.columns[2:-1])
    judged = combined.table[combined.table["best"] != ""]
    assert len(judged)
    for _, row in judged.iterrows():
        best = models[columns.index(row["best"])]
        assert row[row["best"]] == max(v for v in row[columns] if not np.isnan(v))
        alone = predict_collection(best, collection).probabilities[:, best.vocabulary.names.index(row["location"])]
        place = combined.model.vocabulary.names.index(row["location"])
        np.testing.assert_allclose(together[:, place], alone, atol=1e-5)


@pytest.mark.parametrize("by", ["mean", "best_per_location"])
def test_what_is_combined_is_a_model_like_any_other(
    made: dict[str, Model], collection: Collection, tmp_path: Path, by: str
) -> None:
    model = combine([made["nucleus"], made["other"]], collection, by=by).model  # type: ignore[arg-type]
    save(model, tmp_path / "model")
    loaded = cellocate.load(tmp_path / "model")
    assert loaded.card == model.card
    field = np.random.default_rng(0).integers(0, 255, (4, 64, 64), np.uint8)
    np.testing.assert_allclose(loaded.predict(field).probabilities, model.predict(field).probabilities, atol=1e-6)
    members = [made["nucleus"].embed(field), made["other"].embed(field)]
    np.testing.assert_allclose(loaded.embed(field), np.concatenate(members, axis=1), rtol=1e-4, atol=1e-5)
    assert loaded.card.provenance.epoch == max(made[n].card.provenance.epoch for n in ("nucleus", "other"))


def test_what_one_of_them_assumed_and_was_renamed_is_kept(made: dict[str, Model], collection: Collection) -> None:
    first, second = made["nucleus"], made["other"]
    changed = second.card.model_copy(update={"originals": {"a": "b"}, "pixel_size_assumed": True})
    card = combine([first, Model(second.network, changed)], collection).model.card
    assert (card.originals, card.pixel_size_assumed) == ({"a": "b"}, True)


@pytest.mark.parametrize(
    ("update", "fault"),
    [
        ({"size": 64}, "differ in size: 32 and 64"),
        ({"pixel_size": 1.0}, "differ in pixel size"),
        ({"intensity": "channel"}, "differ in intensity: depth and channel"),
        ({"channels": ("red",)}, "differ in channels"),
        ({"unit": "cell"}, "some models were trained on whole fields, others on single cells"),
        (
            {"bag": BagPooling(pool="mean")},
            r"such models cannot be combined\. Predict with each, and pool the tables",
        ),
    ],
)
def test_members_that_do_not_fit_are_refused(
    made: dict[str, Model], collection: Collection, update: dict[str, object], fault: str
) -> None:
    other = Model(made["other"].network, made["other"].card)
    other.card = other.card.model_copy(update=update)
    with pytest.raises(CellocateError, match=fault):
        combine([made["nucleus"], other], collection)


def test_one_model_and_ensembles_are_refused(made: dict[str, Model], collection: Collection) -> None:
    with pytest.raises(CellocateError, match="a single model cannot be combined"):
        combine([made["other"]], collection)
    both = combine([made["nucleus"], made["cytosol"]], collection).model
    with pytest.raises(CellocateError, match="is an ensemble itself"):
        combine([made["other"], both], collection)


def test_without_fields_to_fit_it_on_a_rule_is_refused(
    made: dict[str, Model], phantoms: Path, collection: Collection, tmp_path: Path
) -> None:
    again = learn(phantoms, tmp_path / "again", "training.retrain=true")
    for models, given in (
        ([again, again], collection),
        (list(made.values()), collection.subset(again.card.fields["test"])),
    ):
        with pytest.raises(CellocateError, match=r"in the validation part of one model.*--rule fixed"):
            combine(models, given)
    assert combine([again, again], collection, rule="fixed").model.card.scores == {}
    with pytest.raises(CellocateError, match=r"validation part of all models.*mean"):
        combine([again, again], collection, by="best_per_location", rule="fixed")

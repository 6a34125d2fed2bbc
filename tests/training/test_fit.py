from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import lightning as L  # noqa: N812 # its own convention
import numpy as np
import pandas as pd
import pytest

import cellocate
from cellocate.collection import Collection, open_collection, pack
from cellocate.errors import CellocateError
from cellocate.evaluation import evaluate
from cellocate.files import MARKER
from cellocate.networks import build_network
from cellocate.prediction import predict_collection
from cellocate.training import Recipe, load_recipe
from cellocate.training.classifier import Classifier
from cellocate.training.fit import Options, train


def _changed(recipe: Recipe, section: str, **settings: Any) -> Recipe:
    return recipe.model_copy(update={section: getattr(recipe, section).model_copy(update=settings)})


def test_a_run_leaves_what_is_promised(run: Path) -> None:
    tables = {"split.csv", "history.csv", "f1_curves.csv"}
    assert {p.name for p in run.iterdir()} == {MARKER, "model", "recipe.yaml", "checkpoints", *tables}
    history = pd.read_csv(run / "history.csv")
    assert history["epoch"].tolist() == [1, 2]
    assert history.notna().all(axis=None)
    split = pd.read_csv(run / "split.csv")
    assert sorted(split["id"]) == [f"phantom-1-{i:06d}" for i in range(40)]
    assert set(split["part"]) == {"train", "validation", "test"}


def test_the_same_seed_gives_the_same_model(run: Path, phantoms: Path, tiny: Recipe, tmp_path: Path) -> None:
    again = train(open_collection(phantoms), tiny, tmp_path / "again")
    assert again is not None
    assert again.card.weights == cellocate.load(run / "model").card.weights


def test_another_seed_gives_another_model(run: Path, phantoms: Path, tiny: Recipe, tmp_path: Path) -> None:
    other = train(open_collection(phantoms), _changed(tiny, "training", seed=1), tmp_path / "other")
    assert other is not None
    assert other.card.weights != cellocate.load(run / "model").card.weights


def test_thresholds_come_from_the_validation_part_alone(run: Path, phantoms: Path) -> None:
    from cellocate import decision

    model, collection = cellocate.load(run / "model"), open_collection(phantoms)
    validation = collection.subset(model.card.fields["validation"])
    probabilities = predict_collection(model, validation).probabilities
    fitted = decision.fit(model.card.rule.kind, probabilities, validation.labelled().truth())
    np.testing.assert_allclose(fitted.thresholds, model.card.rule.thresholds, atol=1e-5)


def test_a_given_split_is_used(run: Path, phantoms: Path, tiny: Recipe, tmp_path: Path) -> None:
    split = pd.read_csv(run / "split.csv")
    split["part"] = ["train", "validation"] * 20
    split.to_csv(tmp_path / "mine.csv", index=False)
    model = train(open_collection(phantoms), tiny, tmp_path / "out", Options(split=tmp_path / "mine.csv"))
    assert model is not None
    assert set(model.card.fields["validation"]) == set(split["id"][1::2])
    assert model.card.fields["test"] == ()


class _Stop(L.Callback):
    """Interrupt a run as Ctrl-C does, in the middle of an epoch."""

    epoch = 2

    def on_train_batch_start(self, trainer: L.Trainer, *_: object) -> None:
        if trainer.current_epoch == self.epoch:
            raise KeyboardInterrupt


def _interrupted(collection: Collection, recipe: Recipe, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(Classifier, "configure_callbacks", lambda self: [_Stop()])
        with pytest.raises(KeyboardInterrupt):
            train(collection, recipe, out)


def test_a_resumed_run_ends_as_an_uninterrupted_one(
    phantoms: Path, tiny: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe, collection = _changed(tiny, "training", epochs=4), open_collection(phantoms)
    whole = train(collection, recipe, tmp_path / "whole")
    _interrupted(collection, recipe, tmp_path / "torn", monkeypatch)
    assert len(pd.read_csv(tmp_path / "torn" / "history.csv")) == 2
    resumed = train(collection, load_recipe("quick"), tmp_path / "torn", Options(resume=True))
    assert whole is not None
    assert resumed is not None
    first, second = (pd.read_csv(tmp_path / n / "history.csv").drop(columns="seconds") for n in ("whole", "torn"))
    pd.testing.assert_frame_equal(first, second)
    assert resumed.card.weights == whole.card.weights


def test_a_run_is_not_resumed_at_another_scale(
    phantoms: Path, tiny: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = _changed(tiny, "training", epochs=4)
    _interrupted(open_collection(phantoms, pixel_size=2.0), recipe, tmp_path / "run", monkeypatch)
    with pytest.raises(CellocateError, match=r"started with a pixel size of 2\.0, not 2\.56"):
        train(open_collection(phantoms), recipe, tmp_path / "run", Options(resume=True))


def test_a_damaged_file_met_by_a_worker_is_named_in_one_line(
    run: Path, phantoms: Path, tiny: Recipe, tmp_path: Path
) -> None:
    split = pd.read_csv(run / "split.csv")
    field = split["id"][split["part"] == "train"].iloc[0]
    path = phantoms / "train" / f"{field}_red.png"
    content = bytearray(path.read_bytes())
    content[60:90] = bytes(30)  # the end is whole, so that only decoding shows it
    path.write_bytes(content)
    with pytest.raises(CellocateError, match=rf"{field}_red\.png") as caught:
        train(open_collection(phantoms), _changed(tiny, "training", workers=1), tmp_path / "out")
    assert "\n" not in str(caught.value)


def test_a_finished_run_is_not_resumed(run: Path, phantoms: Path, tiny: Recipe) -> None:
    with pytest.raises(CellocateError, match="already finished"):
        train(open_collection(phantoms), tiny, run, Options(resume=True))


def test_nothing_can_be_resumed_where_nothing_was_begun(phantoms: Path, tiny: Recipe, tmp_path: Path) -> None:
    with pytest.raises(CellocateError, match="no run to resume"):
        train(open_collection(phantoms), tiny, tmp_path / "nothing", Options(resume=True))


def test_a_folder_in_use_is_kept_without_overwrite(run: Path, phantoms: Path, tiny: Recipe) -> None:
    before = (run / "history.csv").read_bytes()
    with pytest.raises(CellocateError, match="not empty"):
        train(open_collection(phantoms), tiny, run)
    assert (run / "history.csv").read_bytes() == before
    assert train(open_collection(phantoms), _changed(tiny, "training", epochs=1), run, Options(overwrite=True))
    assert len(pd.read_csv(run / "history.csv")) == 1


def test_what_is_read_is_never_replaced(phantoms: Path, tiny: Recipe) -> None:
    before = sorted(phantoms.rglob("*"))
    for out in (phantoms, phantoms.parent):
        with pytest.raises(CellocateError, match="the folder holds"):
            train(open_collection(phantoms), tiny, out, Options(overwrite=True))
    assert sorted(phantoms.rglob("*")) == before


def test_soft_labels_that_lie_in_the_run_are_not_replaced(phantoms: Path, tiny: Recipe, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    for name in ("recipe.yaml", "unseen.csv"):
        (tmp_path / "run" / name).write_text("old")
    options = Options(overwrite=True, soft=(tmp_path / "run" / "unseen.csv",))
    with pytest.raises(CellocateError, match=r"the folder holds .*unseen\.csv"):
        train(open_collection(phantoms), tiny, tmp_path / "run", options)


def test_one_device_is_used_unless_asked(tiny: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from cellocate.training import fit
    from cellocate.training.run_folder import RunFolder

    seen: list[dict[str, Any]] = []
    monkeypatch.setattr(fit.L, "Trainer", lambda **settings: seen.append(settings))
    for flags in ({}, {"devices": "4"}):
        fit._trainer(tiny, RunFolder(tmp_path), Options(trainer=dict(flags)), validated=True, epochs=None)
    assert [settings["devices"] for settings in seen] == [1, "4"]


def test_a_backbone_that_cannot_take_the_size_is_refused_before_work(
    phantoms: Path, tiny: Recipe, tmp_path: Path
) -> None:
    with pytest.raises(CellocateError, match=r"vit_tiny_patch16_224 cannot take images of 64 px"):
        train(open_collection(phantoms), _changed(tiny, "network", backbone="vit_tiny_patch16_224"), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_resumed_run_may_have_lost_a_field(
    phantoms: Path, tiny: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = _changed(tiny, "training", epochs=4)
    _interrupted(open_collection(phantoms), recipe, tmp_path / "run", monkeypatch)
    test = pd.read_csv(tmp_path / "run" / "split.csv").query("part == 'test'")["id"].iloc[0]
    (phantoms / "train" / f"{test}_red.png").unlink()
    assert train(open_collection(phantoms), recipe, tmp_path / "run", Options(resume=True, skip_bad=True))


@pytest.mark.parametrize("interrupted_in", [0, 2])
def test_pretrained_weights_are_fetched_again_only_where_there_is_no_checkpoint(
    phantoms: Path, tiny: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, interrupted_in: int
) -> None:
    from cellocate.training import fit

    asked: list[bool] = []

    def build(name: str, *, pretrained: bool, **settings: Any) -> Any:
        asked.append(pretrained)
        return build_network(name, pretrained=False, **settings)

    monkeypatch.setattr(fit, "build_network", build)
    monkeypatch.setattr(fit, "require_weights", lambda name: None)
    monkeypatch.setattr(_Stop, "epoch", interrupted_in)
    recipe = _changed(_changed(tiny, "training", epochs=4), "network", pretrained=True)
    _interrupted(open_collection(phantoms), recipe, tmp_path / "run", monkeypatch)
    train(open_collection(phantoms), recipe, tmp_path / "run", Options(resume=True))
    assert asked == [True, interrupted_in == 0]


def test_a_run_that_stopped_early_is_only_finished(phantoms: Path, tiny: Recipe, tmp_path: Path) -> None:
    slow = _changed(_changed(tiny, "training", epochs=30, patience=2), "optimiser", learning_rate=1e-12)
    train(open_collection(phantoms), slow, tmp_path / "run")
    rows = len(pd.read_csv(tmp_path / "run" / "history.csv"))
    shutil.rmtree(tmp_path / "run" / "model")
    assert train(open_collection(phantoms), slow, tmp_path / "run", Options(resume=True))
    assert len(pd.read_csv(tmp_path / "run" / "history.csv")) == rows


def test_early_stopping_stops(phantoms: Path, tiny: Recipe, tmp_path: Path) -> None:
    slow = _changed(_changed(tiny, "training", epochs=30, patience=2), "optimiser", learning_rate=1e-12)
    train(open_collection(phantoms), slow, tmp_path / "run")
    assert len(pd.read_csv(tmp_path / "run" / "history.csv")) < 10


def test_the_best_epoch_is_kept(phantoms: Path, tiny: Recipe, tmp_path: Path) -> None:
    recipe = _changed(tiny, "training", epochs=4, monitor="validation_loss", patience=None)
    model = train(open_collection(phantoms), _changed(recipe, "optimiser", learning_rate=0.3), tmp_path / "run")
    history = pd.read_csv(tmp_path / "run" / "history.csv")
    assert model is not None
    assert model.card.provenance.epoch == history["epoch"][history["validation_loss"].idxmin()]


def test_a_loss_that_is_no_number_is_explained(phantoms: Path, tiny: Recipe, tmp_path: Path) -> None:
    with pytest.raises(CellocateError, match=r"loss became (nan|inf).*learning_rate"):
        train(open_collection(phantoms), _changed(tiny, "optimiser", learning_rate=1e30), tmp_path / "run")


def test_known_pixel_sizes_become_the_models(phantoms: Path, tiny: Recipe, tmp_path: Path) -> None:
    model = train(open_collection(phantoms, pixel_size=2.0), _changed(tiny, "training", epochs=1), tmp_path / "run")
    assert model is not None
    assert (model.card.pixel_size, model.card.pixel_size_assumed) == (2.0, False)


def test_a_recipes_pixel_size_needs_the_files_own(phantoms: Path, tiny: Recipe, tmp_path: Path) -> None:
    shutil.rmtree(phantoms / "truth")
    with pytest.raises(CellocateError, match="--pixel-size"):
        train(open_collection(phantoms), _changed(tiny, "data", pixel_size=1.0), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_green_alone(phantoms: Path, tiny: Recipe, tmp_path: Path) -> None:
    recipe = _changed(_changed(tiny, "data", channels=("green",)), "training", epochs=1)
    model = train(open_collection(phantoms), recipe, tmp_path / "run")
    assert model is not None
    assert model.predict(np.zeros((1, 64, 64), np.uint8)).probabilities.shape == (1, 28)


def test_faulty_fields_are_refused_or_listed(phantoms: Path, tiny: Recipe, tmp_path: Path) -> None:
    (phantoms / "train" / "phantom-1-000005_red.png").unlink()
    recipe = _changed(tiny, "training", epochs=1)
    with pytest.raises(CellocateError, match=r"1 of 40 fields.*phantom-1-000005.*red.*--skip-bad"):
        train(open_collection(phantoms), recipe, tmp_path / "run")
    assert not (tmp_path / "run").exists()
    train(open_collection(phantoms), recipe, tmp_path / "run", Options(skip_bad=True))
    assert pd.read_csv(tmp_path / "run" / "skipped.csv")["id"].tolist() == ["phantom-1-000005"]


def test_impossible_lightning_flags_are_explained(phantoms: Path, tiny: Recipe, tmp_path: Path) -> None:
    with pytest.raises(CellocateError, match="Lightning"):
        train(open_collection(phantoms), tiny, tmp_path / "run", Options(trainer={"accelerator": "abacus"}))


def test_a_store_of_the_same_size_trains_the_same_model(
    run: Path, phantoms: Path, tiny: Recipe, tmp_path: Path
) -> None:
    """Read by a worker process, too."""
    store = pack(open_collection(phantoms), tmp_path / "store", sizes=(64, 32), workers=1)
    train(store, _changed(tiny, "training", workers=1), tmp_path / "again")
    of_files, of_store = (pd.read_csv(r / "history.csv").drop(columns="seconds") for r in (run, tmp_path / "again"))
    pd.testing.assert_frame_equal(of_store, of_files)
    weights = Path("model") / "model.safetensors"
    assert (tmp_path / "again" / weights).read_bytes() == (run / weights).read_bytes()


def test_quick_overfits_a_handful_of_real_fields(real_data: Path, tmp_path: Path) -> None:
    """A network that learns 16 fields by heart must have got the right labels with the right pixels."""
    collection = open_collection(real_data / "kaggle2018")
    handful = collection.subset(collection.ids[:16])
    recipe = load_recipe(
        "quick",
        [
            *("data.split.validation=0", "data.split.test=0", "data.size=96", "augmentation.orientation=none"),
            *("training.epochs=60", "training.batch_size=8"),
        ],
    )
    model = train(handful, recipe, tmp_path / "run")
    assert model is not None
    probabilities = predict_collection(model, handful).probabilities
    scores = evaluate(handful.labelled().truth(), model.card.rule.apply(probabilities), model.vocabulary)
    assert scores["macro_f1_present"] > 0.95

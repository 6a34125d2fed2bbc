from __future__ import annotations

import contextlib
import shutil
from pathlib import Path
from typing import Any

import lightning as L  # noqa: N812
import pytest
import torch
from torch import Tensor, nn

from cellocate.training.averaging import average_checkpoints, averaging_callback
from cellocate.training.checkpoints import WholeFiles, checkpoint_callbacks, last_checkpoints, monitor_mode
from cellocate.training.recipe import Training
from cellocate.training.run_folder import quiet_lightning

MONITOR = "validation_macro_f1"


class _Module(L.LightningModule):
    """Weights, batch statistics, dropout and random numbers that depend on the epoch, as `Classifier` has them."""

    def __init__(self, scores: list[float]) -> None:
        super().__init__()
        self.network = nn.Sequential(
            nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.Dropout(0.2), nn.Flatten(), nn.Linear(16, 1)
        )
        self.network = self.network.to(memory_format=torch.channels_last)
        self.scores, self.seen = scores, []

    def on_train_epoch_start(self) -> None:
        torch.manual_seed(self.current_epoch)

    def training_step(self, batch: Tensor, _: int) -> Tensor:
        return (
            (self.network(batch + 0.1 * torch.randn_like(batch)) - batch.mean(dim=(1, 2, 3))[:, None]).square().mean()
        )

    def validation_step(self, batch: Tensor, _: int) -> None:
        self.seen.append({name: value.clone() for name, value in self.state_dict().items()})
        self.log(MONITOR, self.scores[self.current_epoch])

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        checkpoint["begun_with"] = {"a": 1}

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.AdamW(self.parameters(), lr=0.01)


def _loader(images: Tensor) -> torch.utils.data.DataLoader[Tensor]:
    """With a generator of its own, so that it draws nothing from torch's."""
    return torch.utils.data.DataLoader(images, batch_size=8, generator=torch.Generator())


def _fit(
    folder: Path,
    section: Training,
    *,
    epochs: int = 4,
    scores: tuple[float, ...] = (1, 3, 2, 0),
    stop: int | None = None,
) -> _Module:
    """Train, or continue with what is in the folder; `stop` ends it within that epoch, as a kill does."""
    L.seed_everything(0, verbose=False)
    module = _Module(list(scores))
    images = torch.randn(24, 1, 4, 4, generator=torch.Generator().manual_seed(0))
    averaging = averaging_callback(section)
    callbacks = [*([averaging] if averaging else []), *checkpoint_callbacks(section, folder, validated=True)]
    if stop is not None:
        callbacks.append(_Stop(stop))
    with quiet_lightning():
        trainer = L.Trainer(
            max_epochs=epochs,
            callbacks=callbacks,
            plugins=[WholeFiles()],
            accelerator="cpu",
            default_root_dir=folder,
            logger=False,
            enable_model_summary=False,
            enable_progress_bar=False,
            num_sanity_val_steps=0,
        )
        last = folder / "last.ckpt"
        with contextlib.suppress(_Killed):
            trainer.fit(
                module, _loader(images), _loader(images), ckpt_path=last if last.is_file() else None, weights_only=True
            )
    return module


class _Killed(Exception):  # noqa: N818
    pass


class _Stop(L.Callback):
    def __init__(self, epoch: int) -> None:
        self.epoch = epoch

    def on_train_batch_end(self, trainer: L.Trainer, *_: object) -> None:
        if trainer.current_epoch == self.epoch:
            raise _Killed


def _state(path: Path) -> dict[str, Any]:
    return dict(torch.load(path, weights_only=True))


def _same(first: dict[str, Tensor], second: dict[str, Tensor]) -> bool:
    return first.keys() == second.keys() and all(torch.equal(first[name], second[name]) for name in first)


@pytest.mark.parametrize(
    ("name", "mode"),
    [
        ("validation_loss", "min"),
        ("validation_hamming_loss", "min"),
        ("validation_ece", "min"),
        ("validation_macro_average_precision", "max"),
        ("validation_exact_match", "max"),
        ("validation_macro_precision", "max"),
    ],
)
def test_less_or_more_is_better(name: str, mode: str) -> None:
    assert monitor_mode(name) == mode


def test_the_best_and_the_last_epochs_stay(tmp_path: Path) -> None:
    _fit(tmp_path, Training(monitor=MONITOR, keep=2))
    assert {path.name for path in tmp_path.iterdir()} == {
        "best.ckpt",
        "last.ckpt",
        "step-000009.ckpt",
        "step-000012.ckpt",
    }
    assert [_state(path)["epoch"] for path in last_checkpoints(tmp_path)] == [2, 3]
    assert (_state(tmp_path / "best.ckpt")["epoch"], _state(tmp_path / "last.ckpt")["epoch"]) == (1, 3)


def test_by_default_the_best_and_the_last_epoch_stay(tmp_path: Path) -> None:
    _fit(tmp_path, Training(monitor=MONITOR))
    assert {path.name for path in tmp_path.iterdir()} == {"best.ckpt", "last.ckpt"}


def test_a_moved_run_remembers_its_best_epoch(tmp_path: Path) -> None:
    section = Training(monitor=MONITOR, keep=2)
    _fit(tmp_path / "here", section, stop=2)
    shutil.move(tmp_path / "here", tmp_path / "there")
    _fit(tmp_path / "there", section)
    assert _state(tmp_path / "there" / "best.ckpt")["epoch"] == 1
    assert [_state(path)["epoch"] for path in last_checkpoints(tmp_path / "there")] == [2, 3]


def test_a_checkpoint_that_cannot_be_written_leaves_the_last_one_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files, path = WholeFiles(), tmp_path / "last.ckpt"
    files.save_checkpoint({"epoch": 1}, path)

    def cut_off(checkpoint: object, aside: Path) -> None:
        aside.write_bytes(b"half")
        raise OSError("no space left")

    monkeypatch.setattr(torch, "save", cut_off)
    with pytest.raises(OSError, match="no space"):
        files.save_checkpoint({"epoch": 2}, path)
    assert _state(path) == {"epoch": 1}
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("average", ["none", "ema", "last"])
def test_a_resumed_run_has_the_same_weights(tmp_path: Path, average: str) -> None:
    section = Training(monitor=MONITOR, keep=2, average=average, ema_decay=0.9 if average == "ema" else 0.999)
    whole = _fit(tmp_path / "whole", section)
    _fit(tmp_path / "torn", section, stop=2)
    resumed = _fit(tmp_path / "torn", section)
    assert _same(whole.state_dict(), resumed.state_dict())
    for first in (tmp_path / "whole").iterdir():
        one, other = _state(first), _state(tmp_path / "torn" / first.name)
        assert _same(one["state_dict"], other["state_dict"])
        assert one.get("averaging_state") == other.get("averaging_state")
        if average == "ema":
            assert _same(one["current_model_state"], other["current_model_state"])


def test_validation_and_checkpoints_have_the_averaged_weights(tmp_path: Path) -> None:
    section = Training(monitor=MONITOR, average="ema", ema_decay=0.9)
    module = _fit(tmp_path, section, epochs=2, scores=(1, 2))
    state = _state(tmp_path / "best.ckpt")
    assert _same(module.seen[-1], state["state_dict"])
    assert _same(module.state_dict(), state["state_dict"])
    assert not _same(state["current_model_state"], state["state_dict"])
    assert state["begun_with"] == {"a": 1}


def test_the_moving_average_is_that(tmp_path: Path) -> None:
    """Weighted by min(decay, (1 + n)/(10 + n)) of what was, from the weights after the first step on."""
    weights: list[Tensor] = []

    class Watch(L.Callback):
        def on_train_batch_end(self, trainer: L.Trainer, module: L.LightningModule, *_: object) -> None:
            weights.append(module.network[0].weight.detach().clone())

    section = Training(monitor=MONITOR, average="ema", ema_decay=0.25)
    callback = averaging_callback(section)
    assert callback is not None
    module = _Module([1, 1])
    images = torch.randn(24, 1, 4, 4)
    with quiet_lightning():
        L.Trainer(
            max_epochs=2,
            callbacks=[callback, Watch()],
            accelerator="cpu",
            logger=False,
            enable_checkpointing=False,
            enable_model_summary=False,
            enable_progress_bar=False,
        ).fit(module, _loader(images))
    expected = weights[0]
    for n, weight in enumerate(weights[1:], start=1):
        decay = min(0.25, (1 + n) / (10 + n))
        expected = decay * expected + (1 - decay) * weight
    torch.testing.assert_close(module.network[0].weight.detach(), expected)
    assert len(weights) == 6


def test_without_a_moving_average_there_is_no_callback() -> None:
    assert averaging_callback(Training()) is None
    assert averaging_callback(Training(average="last", keep=2)) is None


def test_the_mean_of_the_last_epochs(tmp_path: Path) -> None:
    _fit(tmp_path, Training(monitor=MONITOR, keep=3, average="last"))
    paths = last_checkpoints(tmp_path)
    states = [_state(path)["state_dict"] for path in paths]
    mean = average_checkpoints(paths)
    torch.testing.assert_close(
        mean["network.0.weight"], torch.stack([s["network.0.weight"] for s in states]).mean(dim=0)
    )
    assert mean["network.1.num_batches_tracked"] == states[-1]["network.1.num_batches_tracked"]
    assert _same(average_checkpoints(paths[-1:]), states[-1])

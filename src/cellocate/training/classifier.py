"""The Lightning module: a network, a loss and an optimiser."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, Generic, NoReturn, TypeVar, cast

import lightning as L  # noqa: N812 # its own convention
import numpy as np
import torch
from torch import Tensor

from cellocate.errors import CellocateError
from cellocate.evaluation import evaluate
from cellocate.networks import LocationNetwork, Normalisation, freeze, layer_groups
from cellocate.training.augmentation import augment
from cellocate.training.datasets import Batch
from cellocate.training.fit_decision import fit_limited_rule
from cellocate.training.losses import TotalLoss
from cellocate.training.optimisation import build_optimiser
from cellocate.training.recipe import FIGURES, Recipe
from cellocate.training.schedule import build_schedule
from cellocate.vocabulary import Vocabulary

AnyBatch = TypeVar("AnyBatch", bound=tuple[Tensor, ...])
"""A batch: its second tensor is the truth, shape (N, K); the third has the places of the fields in the data set."""
_RESUME_FACTS = {
    "pixel_size": "a pixel size of",
    "vocabulary": "the vocabulary",
    "labels_checksum": "training labels of checksum",
}


class Classifier(L.LightningModule, ABC, Generic[AnyBatch]):
    """Trains a network as a recipe says, on any kind of batch.

    Attributes:
        identities: identities of the training fields, shape (N,), for `arcface`.
        resume_facts: facts that must be the same when the run is resumed.
        rate: learning rate of the head; to be set if the recipe says `find`.
    """

    def __init__(
        self,
        network: LocationNetwork,
        loss: TotalLoss,
        recipe: Recipe,
        vocabulary: Vocabulary,
        normalisation: Normalisation,
        identities: Tensor | None,
        resume_facts: dict[str, Any],
    ) -> None:
        super().__init__()
        # the fastest order for convolutions
        self.network = network.to(memory_format=torch.channels_last)
        self.loss, self.recipe, self.vocabulary, self.resume_facts = loss, recipe, vocabulary, resume_facts
        self.mean: Tensor
        self.std: Tensor
        self.identities: Tensor | None
        self.register_buffer("mean", torch.tensor(normalisation.mean).view(-1, 1, 1))
        self.register_buffer("std", torch.tensor(normalisation.std).view(-1, 1, 1))
        self.register_buffer("identities", identities, persistent=False)
        rate = recipe.optimiser.learning_rate
        self.rate = 0.0 if rate == "find" else rate
        self._validated: list[tuple[Tensor, Tensor]] = []
        if recipe.network.frozen == "always":  # before processes agree on shared parameters
            self.freeze_for(0)

    def forward(self, images: Tensor) -> Tensor:
        """Floats between 0 and 1, shape (N, C, H, W) → logits (N, K)."""
        logits: Tensor = self.network(self.normalised(images))
        return logits

    def normalised(self, images: Tensor) -> Tensor:
        """Floats between 0 and 1, shape (N, C, H, W) → input of the network."""
        return ((images - self.mean) / self.std).contiguous(memory_format=torch.channels_last)

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Add the facts that a resumed run must share."""
        checkpoint["begun_with"] = self.resume_facts

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Check that the collection is read as when the run began."""
        before = checkpoint["begun_with"]
        changed = [name for name, value in self.resume_facts.items() if before.get(name) != value]
        if changed:
            name = changed[0]
            raise CellocateError(
                f"this run was started with {_RESUME_FACTS[name]} {before.get(name)}, not {self.resume_facts[name]}",
                mend="Resume it with the same collection and options.",
            )

    def on_train_epoch_start(self) -> None:
        """Seed by the epoch's number, so that a resumed run draws the same."""
        torch.manual_seed((self.recipe.training.seed * 1_000_003 + self.current_epoch) * 997 + self.global_rank)
        self.freeze_for(self.current_epoch)

    def freeze_for(self, epoch: int) -> None:
        """Freeze or unfreeze the backbone for an epoch, as the recipe says; 0 is the first."""
        frozen = self.recipe.network.frozen
        if frozen:
            freeze(self.network, frozen == "always" or epoch < frozen)

    @abstractmethod
    def loss_of(self, batch: AnyBatch) -> Tensor:
        """The loss of a batch, after augmentation."""

    @abstractmethod
    def logits_of(self, batch: AnyBatch) -> Tensor:
        """The logits of the fields of a batch, shape (N, K)."""

    def training_step(self, batch: AnyBatch, _: int) -> Tensor:
        """The loss of a batch."""
        loss = self.loss_of(batch)
        if not self.trainer.strategy.reduce_boolean_decision(bool(torch.isfinite(loss))):  # of all processes
            places = cast(Tensor, self.all_gather(batch[2])).flatten()
            ids = self.trainer.train_dataloader.dataset.ids  # type: ignore[union-attr]
            fields = ", ".join(ids[i] for i in places.tolist())
            self._fail(loss, f"at step {self.global_step + 1}, on the fields {fields}")
        self.log("train_loss", loss, on_step=False, on_epoch=True, batch_size=len(batch[1]), sync_dist=True)
        return loss

    def validation_step(self, batch: AnyBatch, _: int) -> None:
        """Keep the logits of a batch."""
        self._validated.append((self.logits_of(batch), batch[1]))

    def on_validation_epoch_end(self) -> None:
        """Measure the whole validation part; the decision rule is fitted on this part too."""
        logits, truth = (torch.cat(parts) for parts in zip(*self._validated, strict=True))
        self._validated.clear()
        if self.trainer.world_size > 1:
            logits, truth = (cast(Tensor, self.all_gather(t)).flatten(0, 1) for t in (logits, truth))
        loss = self.loss.classification(logits, truth)
        if not torch.isfinite(loss):
            self._fail(loss, f"after step {self.global_step}, on the validation fields")
        self.log("validation_loss", loss)
        softmax = self.recipe.loss.activation == "softmax"
        p = (logits.float().softmax(dim=1) if softmax else logits.float().sigmoid()).cpu().numpy()
        t = truth.cpu().numpy().astype(bool)
        chosen = self.recipe.decision
        rule = fit_limited_rule(chosen.rule, p, t, fallback=chosen.fallback, at_most=chosen.at_most)
        figures = evaluate(t, rule.apply(p), self.vocabulary, probabilities=p, interval=False)
        for name in FIGURES:
            self.log(f"validation_{name}", np.nan if figures[name] is None else figures[name])

    def _fail(self, loss: Tensor, when: str) -> NoReturn:
        """Save the state with the non-finite loss, and stop."""
        state = Path(self.trainer.default_root_dir) / "failed.ckpt"
        self.trainer.save_checkpoint(state)
        raise CellocateError(
            f"the loss became {loss.item()} in epoch {self.current_epoch + 1}, {when} (state in {state})",
            mend="Lower the rate with --set optimiser.learning_rate, or set optimiser.clip.",
        )

    def configure_optimizers(self) -> Any:  # noqa: ANN401 # Lightning's union of dictionaries
        """The recipe's optimiser and schedule; the rate changes at every step."""
        optimiser = self.optimiser(self.rate)
        steps = int(self.trainer.estimated_stepping_batches) // (self.trainer.max_epochs or 1)
        schedule = build_schedule(optimiser, self.recipe.schedule, steps, self.recipe.training.epochs)
        return {"optimizer": optimiser, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}

    def optimiser(self, rate: float) -> torch.optim.Optimizer:
        """The recipe's optimiser, with this rate at the head."""
        section = self.recipe.optimiser
        groups = layer_groups(self.network, len(section.layer_rates))
        return build_optimiser(groups, section, rate, list(self.loss.parameters()))


class FieldClassifier(Classifier[Batch]):
    """Trains on single images."""

    def loss_of(self, batch: Batch) -> Tensor:
        """The loss of a batch, after augmentation."""
        images, truth, places = batch
        data = self.recipe.data
        images, truth = augment(images, truth, self.recipe.augmentation, data.channels, data.size)
        logits, features = self.network.logits_and_features(self.normalised(images))
        identities = None if self.identities is None else self.identities[places]
        return cast(Tensor, self.loss(logits, truth, features, identities))

    def logits_of(self, batch: Batch) -> Tensor:
        """The logits of the images."""
        return cast(Tensor, self(batch[0]))

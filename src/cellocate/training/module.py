"""The Lightning module: one network, one loss, one optimiser."""

from __future__ import annotations

from typing import Any, cast

import lightning as L  # noqa: N812 # its own convention
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 # torch's own convention

from cellocate import decision
from cellocate.errors import CellocateError
from cellocate.evaluation import evaluate
from cellocate.networks import LocationNetwork, Normalisation
from cellocate.training.augmentation import dihedral
from cellocate.training.recipe import Recipe
from cellocate.training.schedule import cosine
from cellocate.vocabulary import Vocabulary


class Classifier(L.LightningModule):
    """Multi-label training of a network as a recipe says.

    Args:
        network: images (N, C, H, W) → logits (N, K).
        recipe: losses, augmentation, optimiser and schedule.
        vocabulary: of K locations.
        normalisation: of the images.
        begun_with: facts that must be the same when the run is resumed.
    """

    def __init__(
        self,
        network: LocationNetwork,
        recipe: Recipe,
        vocabulary: Vocabulary,
        normalisation: Normalisation,
        begun_with: dict[str, Any],
    ) -> None:

        super().__init__()
        # channels last is the order in which CPUs and GPUs convolve fastest
        self.network = network.to(memory_format=torch.channels_last)
        self.recipe, self.vocabulary, self.begun_with = recipe, vocabulary, begun_with
        self.mean: Tensor
        self.std: Tensor
        self.register_buffer("mean", torch.tensor(normalisation.mean).view(-1, 1, 1))
        self.register_buffer("std", torch.tensor(normalisation.std).view(-1, 1, 1))
        self._validated: list[tuple[Tensor, Tensor]] = []

    def forward(self, images: Tensor) -> Tensor:
        """Floats between 0 and 1, shape (N, C, H, W) → logits (N, K)."""
        normalised = (images - self.mean) / self.std
        logits: Tensor = self.network(normalised.contiguous(memory_format=torch.channels_last))
        return logits

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Add what a resumed run must share with its beginning."""
        checkpoint["begun_with"] = self.begun_with

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """See that the collection is read as it was when the run began."""
        changed = [name for name, value in checkpoint["begun_with"].items() if value != self.begun_with[name]]
        if changed:
            raise CellocateError(
                f"this run was begun with {changed[0]} {checkpoint['begun_with'][changed[0]]}, "
                f"not {self.begun_with[changed[0]]}",
                mend="Resume it with the collection and options it was begun with.",
            )

    def on_train_epoch_start(self) -> None:
        """Draw what an epoch draws from its number alone, so that a resumed run draws the same."""
        torch.manual_seed((self.recipe.training.seed * 1_000_003 + self.current_epoch) * 997 + self.global_rank)

    def training_step(self, batch: tuple[Tensor, Tensor], _: int) -> Tensor:
        """The loss of one batch."""
        images, truth = batch
        if self.recipe.augmentation.turns == "dihedral":
            images = dihedral(images)
        loss = F.binary_cross_entropy_with_logits(self(images), truth)
        self._see_finite(loss)
        self.log("train_loss", loss, on_step=False, on_epoch=True, batch_size=len(images), sync_dist=True)
        return loss

    def validation_step(self, batch: tuple[Tensor, Tensor], _: int) -> None:
        """Keep the logits of one batch."""
        images, truth = batch
        self._validated.append((self(images), truth))

    def on_validation_epoch_end(self) -> None:
        """Measure over the whole validation part; F1 with the recipe's rule, fitted to this same part."""
        logits, truth = (torch.cat(parts) for parts in zip(*self._validated, strict=True))
        self._validated.clear()
        if self.trainer.world_size > 1:
            logits, truth = (cast(Tensor, self.all_gather(t)).flatten(0, 1) for t in (logits, truth))
        loss = F.binary_cross_entropy_with_logits(logits, truth)
        self._see_finite(loss)
        self.log("validation_loss", loss)
        p, t = torch.sigmoid(logits.float()).cpu().numpy(), truth.cpu().numpy().astype(bool)
        rule = decision.fit(self.recipe.decision.rule, p, t)
        figures = evaluate(t, rule.apply(p), self.vocabulary, probabilities=p)
        for name in ("macro_f1", "macro_average_precision"):
            value = figures[name]
            self.log(f"validation_{name}", np.nan if value is None else value)

    def _see_finite(self, loss: Tensor) -> None:
        if not torch.isfinite(loss):
            raise CellocateError(
                f"the loss became {float(loss)} in epoch {self.current_epoch + 1}",
                mend="Lower the rate with --set optimiser.learning_rate.",
            )

    def configure_optimizers(self) -> Any:  # noqa: ANN401 # Lightning's union of dictionaries
        """AdamW, with a rate that rises linearly and falls as a cosine, changed at every step."""
        settings = self.recipe.optimiser
        decayed = [p for p in self.network.parameters() if p.ndim > 1]
        spared = [p for p in self.network.parameters() if p.ndim <= 1]
        groups = [{"params": decayed, "weight_decay": settings.weight_decay}, {"params": spared, "weight_decay": 0.0}]
        optimiser = torch.optim.AdamW(groups, lr=settings.learning_rate)
        steps = int(self.trainer.estimated_stepping_batches)
        warmup = self.recipe.schedule.warmup
        schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: cosine(step / steps, warmup))
        return {"optimizer": optimiser, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}

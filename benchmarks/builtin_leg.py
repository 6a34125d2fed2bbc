"""One leg of training: from weights or a checkpoint, on the stream, until a time is up."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from builtin_looks import MOST, Shown, show, show_real
from builtin_real import Real
from builtin_stream import LOCATIONS, Ring
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 # torch's own convention
from torch.utils.data import DataLoader, IterableDataset

from cellocate.files import new_file
from cellocate.images import CHANNELS
from cellocate.networks import LocationNetwork, build_network

MEAN, STD = 0.15, 0.2  # of stretched channels, about: taken off and divided by, the same for all
RARE = -3.0  # logit of a location before anything is learnt: one crop or cell in twenty shows it
FALLING = 0.3  # share of the images, the last, over which the learning rate falls to zero
AVERAGED = 0.999  # of the weights of a step, in their moving average
NEW, OLD = "checkpoint.pt", "weights.safetensors"


@dataclass(frozen=True)
class Course:
    """How a leg learns.

    With channels last, images of 192 px that a second of one core (with AVX-512 BF16) learns from: ResNet10t 26, in
    bfloat16 45; ResNet18 19 and 35; EfficientNet-Lite0 21 and 17. In torch's usual order of channels: 19, 16 and 11.
    """

    backbone: str = "resnet10t"
    pretrained: bool = False
    side: int = 192
    batch: int = 32
    rate: float = 1e-3
    decay: float = 0.02
    warm_up: int = 100  # steps
    images: float = math.inf  # to learn from in all
    real_share: float = 0.5  # of the crops, if there are real images

    @property
    def low(self) -> torch.dtype:
        """Half precision is quicker where convolutions are dense, and slower where they are depthwise."""
        return torch.float32 if "efficientnet" in self.backbone else torch.bfloat16

    def rate_at(self, step: float) -> float:
        """The learning rate: it rises over the first steps, and falls to zero over the last share of the images."""
        left = (self.images - step * self.batch) / (FALLING * self.images) if math.isfinite(self.images) else 1.0
        return self.rate * min(1.0, (step + 1) / self.warm_up, max(left, 0.0))


def build(backbone: str, pretrained: bool = False) -> LocationNetwork:
    """The network: any side, any subset of stains, logits of hpa28."""
    network = build_network(
        backbone, channels=CHANNELS, locations=LOCATIONS, size=192, head="attention", pretrained=pretrained
    )
    nn.init.constant_(network.head.classifier.bias, RARE)
    return network


def answers(network: LocationNetwork, images: Tensor, cells: Tensor, most: int) -> Tensor:
    """Images (N, 4, H, W) and the numbers of their cells (N, H, W) → logits (N, 1 + most, 28), of each image and cell.

    A cell's features are averaged over its places as those of the whole image are, by the head's own weights.
    """
    maps = network.backbone(images).float()
    weights = network.head.places(maps)
    masks = F.one_hot(cells.long(), most + 1).movedim(-1, 1).to(maps.dtype)
    masks = F.adaptive_avg_pool2d(masks, maps.shape[2:])
    masks = torch.cat([torch.ones_like(masks[:, :1]), masks[:, 1:]], 1) * weights[:, None]
    features = torch.einsum("nfhw,nmhw->nmf", maps, masks) / masks.sum((2, 3)).clamp(min=1e-6)[..., None]
    return network.head.classify(features)


def normalised(images: Tensor) -> Tensor:
    """Stretched channels as the network takes them."""
    return ((images - MEAN) / STD).contiguous(memory_format=torch.channels_last)


class Stream(IterableDataset[Shown]):
    """Crops of the ring without end, a share of them of real images instead."""

    def __init__(self, ring: Path, side: int, seed: int, real: Real | None = None, share: float = 0.0) -> None:
        self.ring, self.side, self.seed, self.real, self.share = ring, side, seed, real, share

    def __iter__(self) -> Iterator[Shown]:
        """Crops of random fields, of those that are ready at the time."""
        cv2.setNumThreads(1)
        ring, rng = Ring(self.ring), np.random.default_rng(self.seed)
        while True:
            ready = ring.ready()
            for slot in rng.choice(ready, min(len(ready), 256), replace=False):
                if self.real is not None and rng.random() < self.share:
                    row = int(rng.choice(len(self.real.weights), p=self.real.weights))
                    yield show_real(self.real.images[row], self.real.truth[row], self.side, rng)
                else:
                    yield show(ring, int(slot), self.side, rng)


class Leg:
    """A network that learns, and all that it needs to go on."""

    def __init__(self, folder: Path, course: Course, start: Path | None) -> None:
        self.folder, self.course = folder, course
        folder.mkdir(parents=True, exist_ok=True)
        self.network = build(course.backbone, course.pretrained and start is None)
        if start:
            self.network.load_state_dict({name: t.float() for name, t in load_file(start).items()}, strict=False)
        self.network.to(memory_format=torch.channels_last)
        grouped = _decayed(self.network, course.decay)
        self.optimiser = torch.optim.AdamW(grouped, lr=course.rate)
        self.average = {name: tensor.detach().clone().float() for name, tensor in self.network.state_dict().items()}
        self.steps = self.seconds = 0.0
        if (folder / NEW).exists():
            self._go_on()

    def learn(self, ring: Path, until: float, every: float, real: Real | None = None) -> None:
        """Take steps until a time (as `time.time` has it), or until the leg has seen all of its images."""
        course = self.course
        data = Stream(ring, course.side, int(self.steps) + 1, real, course.real_share)
        batches = iter(DataLoader(data, course.batch, num_workers=1, prefetch_factor=4))
        self.network.train()
        saved, began, losses = time.time(), time.process_time(), []
        while time.time() < until and self.steps * course.batch < course.images:
            shown = next(batches)
            losses.append(self._step(*shown))
            self.steps += 1
            now = time.process_time()
            self.seconds, began = self.seconds + now - began, now
            if len(losses) == 50:
                self._report(losses)
                losses = []
            if time.time() - saved > every:
                self.save()
                saved = time.time()
        self.save()

    def _step(self, images: Tensor, cells: Tensor, truth: Tensor, counts: Tensor) -> tuple[float, float]:
        for group in self.optimiser.param_groups:
            group["lr"] = self.course.rate_at(self.steps)
        low = self.course.low
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=low == torch.bfloat16):
            logits = answers(self.network, normalised(images), cells, MOST).float()
        losses = F.binary_cross_entropy_with_logits(logits, truth, reduction="none") * counts
        crop, cell = (part.sum() / count.sum().clamp(min=1) for part, count in _parts(losses, counts))
        (crop + cell).backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.network.parameters(), 5.0)
        self.optimiser.step()
        self.optimiser.zero_grad()
        self._follow()
        return crop.item(), cell.item()

    @torch.no_grad()
    def _follow(self) -> None:
        """Let the average follow the weights, quickly at first."""
        share = min(AVERAGED, (1 + self.steps) / (10 + self.steps))
        for name, tensor in self.network.state_dict().items():
            if tensor.is_floating_point():
                self.average[name].lerp_(tensor, 1 - share)

    def _report(self, losses: list[tuple[float, float]]) -> None:
        crop, cell = np.mean(losses, axis=0)
        seen = int(self.steps * self.course.batch)
        line = f"{time.strftime('%H:%M:%S')},{seen},{self.seconds:.0f},{crop:.4f},{cell:.4f}"
        print(line, flush=True)

    def averaged(self) -> LocationNetwork:
        """The network with the average of its weights, to ask."""
        network = build(self.course.backbone)
        network.load_state_dict(self.average)
        return network.eval().to(memory_format=torch.channels_last)

    def save(self) -> None:
        """Write all that the leg needs to go on, and the averaged weights in half precision."""
        state: dict[str, Any] = {"network": self.network.state_dict(), "optimiser": self.optimiser.state_dict()}
        state |= {"average": self.average, "steps": self.steps, "seconds": self.seconds}
        with new_file(self.folder / NEW) as path:
            torch.save(state, path)
        half = {name: t.half().contiguous() for name, t in self.average.items() if t.ndim or "num_batches" not in name}
        facts = {"backbone": self.course.backbone, "images": str(int(self.steps * self.course.batch))}
        with new_file(self.folder / OLD) as path:
            save_file(half, path, metadata=facts)

    def _go_on(self) -> None:
        state = torch.load(self.folder / NEW, weights_only=True)
        self.network.load_state_dict(state["network"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.average, self.steps, self.seconds = state["average"], state["steps"], state["seconds"]


def _parts(losses: Tensor, counts: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
    """Those of crops, and those of cells."""
    yield losses[:, :1], counts[:, :1]
    yield losses[:, 1:], counts[:, 1:]


def _decayed(network: nn.Module, decay: float) -> list[dict[str, Any]]:
    """Parameters in two groups: matrices and filters decay, scales and biases do not."""
    parameters = list(network.parameters())
    flat = [parameter for parameter in parameters if parameter.ndim < 2]
    return [
        {"params": [parameter for parameter in parameters if parameter.ndim >= 2], "weight_decay": decay},
        {"params": flat, "weight_decay": 0.0},
    ]

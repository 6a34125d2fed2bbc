"""Whether a small U-Net trained on phantoms finds nuclei and cells better than light and shape alone (decision 0033).

The network (Ronneberger et al. 2015, doi:10.1007/978-3-319-24574-4_28) sees nuclei, microtubules and ER, .36 µm per px,
and tells where nuclei are, where cells are, and where two of either touch. Phantoms are turned, rescaled, dimmed,
blurred, made noisy, and stains are left out, so that it may also do on images of other microscopes. Its answers:

- `nuclei`: parts of its nuclei without the borders, grown by a watershed.
- `cells`: grown from these nuclei over its map of cells, by a watershed of the borders.
- `cells of our nuclei`: the same from the nuclei of the classical segmentation.
- `cells by cost`: from those as well, along costs as ever (`label_cells`), over the network's map.

They are measured as in benchmarks/cell_masks.py and benchmarks/nuclei.py: AP on phantoms that neither has met, F1 of
hand-drawn nuclei of two microscopes, agreement with the masks published for fields of 2021, cells in collages of nine.

    python benchmarks/unet.py unet --data ../shared/data
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from cell_masks import AT as AT_CELLS
from cell_masks import HPA_PIXEL, _ap, _outcome
from nuclei import PIXEL_SIZE, _f1, _truth
from numpy.typing import NDArray
from skimage.measure import label
from skimage.segmentation import watershed
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 # torch's own convention

from cellocate.cells.segmentation import SegmentationSettings, label_cells, segment
from cellocate.cells.segmentation.resampling import enlarged_labels, factor, rescaled
from cellocate.collection import open_collection
from cellocate.images import CHANNELS, FIELD_SPAN, read_channel, read_field
from cellocate.phantom import simulate_field

Image = NDArray[Any]

STAINS = ("blue", "red", "yellow")
DRAWN, SIDE = 448, 192  # px of a training phantom, and of the squares cut from it
NUCLEUS, CELL, NUCLEI_TOUCH, CELLS_TOUCH = range(4)
WIDTH, LEVELS = 16, 4
SMALLEST = 60  # px² of a nucleus, .36 µm per px
UNUSED = 7  # seed of the phantoms of benchmarks/cell_masks.py


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="the trained network stays here")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="real images")
    parser.add_argument("--phantoms", type=int, default=200, help="to train on")
    parser.add_argument("--steps", type=int, default=1000, help="of 8 squares")
    parser.add_argument("--fields", type=int, default=10, help="phantoms to measure on")
    asked = parser.parse_args()
    net = _trained(asked.folder, asked.phantoms, asked.steps)
    ways = _ways(net)
    for size in (512, 1024):
        _phantoms(ways, size, asked.fields)
    _nuclei(ways, asked.data / "nuclei")
    _fields_of_2021(ways, asked.data / "kaggle2021")
    _collages(ways, asked.data / "collages" / "images")


class UNet(nn.Module):
    """An encoder and a decoder of `LEVELS` levels, with what is fine handed across."""

    def __init__(self) -> None:
        super().__init__()
        widths = [WIDTH * 2**level for level in range(LEVELS)]
        self.down = nn.ModuleList(_block(a, b) for a, b in zip([len(STAINS), *widths], widths, strict=False))
        self.up = nn.ModuleList(_block(a + b, b) for a, b in zip(widths[:0:-1], widths[-2::-1], strict=True))
        self.last = nn.Conv2d(WIDTH, 4, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Logits of the four maps, shape (N, 4, H, W), of pictures (N, 3, H, W)."""
        kept = []
        for level, block in enumerate(self.down):
            x = block(F.max_pool2d(x, 2) if level else x)
            kept.append(x)
        for block, fine in zip(self.up, kept[-2::-1], strict=True):
            x = F.interpolate(x, size=fine.shape[-2:], mode="bilinear", align_corners=False)
            x = block(torch.cat([x, fine], 1))
        out: Tensor = self.last(x)
        return out


def _block(before: int, after: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    for width in (before, after):
        layers += [nn.Conv2d(width, after, 3, padding=1, bias=False), nn.BatchNorm2d(after), nn.ReLU(inplace=True)]
    return nn.Sequential(*layers)


def _trained(folder: Path, phantoms: int, steps: int) -> UNet:
    path = folder / f"unet-{phantoms}-{steps}.pt"
    net = UNet()
    if path.is_file():
        net.load_state_dict(torch.load(path, weights_only=True))
        return net.eval()
    began = time.monotonic()
    rng = np.random.default_rng(0)
    torch.manual_seed(0)
    drawn = [_example(rng, index) for index in range(phantoms)]
    print(f"{phantoms} phantoms: {time.monotonic() - began:.0f} s", flush=True)
    optimiser = torch.optim.AdamW(net.parameters(), lr=2e-3, weight_decay=1e-4)
    rate = torch.optim.lr_scheduler.OneCycleLR(optimiser, 2e-3, total_steps=steps)
    weights = torch.tensor([1.0, 1.0, 6.0, 3.0])[:, None, None]  # borders are rare
    mean = 0.0
    for step in range(1, steps + 1):
        squares = [_square(rng, *drawn[rng.integers(phantoms)]) for _ in range(8)]
        pixels, maps = (torch.from_numpy(np.stack(part)) for part in zip(*squares, strict=True))
        loss = F.binary_cross_entropy_with_logits(net(pixels), maps, pos_weight=weights)
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        rate.step()
        mean += float(loss.detach()) / 100
        if step % 100 == 0:
            print(f"step {step}: loss {mean:.4f}, {time.monotonic() - began:.0f} s", flush=True)
            mean = 0.0
    folder.mkdir(parents=True, exist_ok=True)
    torch.save(net.state_dict(), path)
    return net.eval()


def _example(rng: np.random.Generator, index: int) -> tuple[Image, Image]:
    """The stains of a phantom, and the four maps that are to be learnt."""
    phantom = simulate_field([int(rng.integers(28))], size=DRAWN, seed=(11, index))
    stains = phantom.channels[[CHANNELS.index(name) for name in STAINS]]
    maps = [phantom.nuclei > 0, phantom.cells > 0, _touching(phantom.nuclei), _touching(phantom.cells)]
    return stains, np.stack(maps)


def _touching(labels: Image) -> Image:
    """Where two numbers are within two pixels of each other."""
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5))
    most = cv2.dilate(labels.astype(np.uint16), disc)
    least = cv2.erode(np.where(labels > 0, labels, 65535).astype(np.uint16), disc)
    return np.asarray((most != least) & (least < 65535) & (most > 0))


def _square(rng: np.random.Generator, stains: Image, maps: Image) -> tuple[Image, Image]:
    """A square of a phantom as another microscope might show it, and its maps."""
    times = float(np.exp(rng.uniform(np.log(0.65), np.log(1.5))))
    side = min(DRAWN, round(SIDE / times))
    y, x = rng.integers(0, DRAWN - side + 1, 2)
    pixels, told = stains[:, y : y + side, x : x + side].astype(np.float32), maps[:, y : y + side, x : x + side]
    pixels = np.stack([cv2.resize(p, (SIDE, SIDE), interpolation=cv2.INTER_AREA) for p in pixels])
    told = np.stack([cv2.resize(m.astype(np.float32), (SIDE, SIDE)) for m in told]).round()
    for plane in pixels:
        plane[:] = cv2.GaussianBlur(plane, (0, 0), rng.uniform(0.1, 1.5))
        plane += rng.uniform(0, 0.15) * plane.max() + rng.normal(
            0, rng.uniform(0, 0.05) * plane.max() + 1e-3, plane.shape
        )
        plane *= np.exp(cv2.resize(rng.normal(0, 0.3, (3, 3)), (SIDE, SIDE), interpolation=cv2.INTER_CUBIC))
    pixels = _stretched(pixels) ** np.exp(rng.uniform(-0.5, 0.5, (3, 1, 1))).astype(np.float32)
    for stain in (1, 2):
        pixels[stain] *= rng.random() > 0.2
    if rng.random() < 0.5:
        pixels, told = pixels[:, ::-1], told[:, ::-1]
    turns = int(rng.integers(4))
    pixels, told = (np.ascontiguousarray(np.rot90(part, turns, (1, 2)), np.float32) for part in (pixels, told))
    return pixels, told


def _stretched(stains: Image) -> Image:
    """Each stain from 0 to 1, by its dimmest and brightest hundredth; square roots, as those of `cell_map`."""
    roots = np.sqrt(np.maximum(stains, 0))
    low, high = np.percentile(roots, (1, 99.5), axis=(1, 2), keepdims=True)
    return np.asarray(np.clip((roots - low) / np.maximum(high - low, 1e-6), 0, 1), np.float32)


class Found:
    """What a network and the classical way find in a field, each once, by name."""

    def __init__(self, net: UNet, field: Image, channels: list[str], pixel_size: float | None) -> None:
        self.classical = segment(field, channels, pixel_size)
        pixel = self.classical.pixel_size
        times, shape = factor(pixel, SegmentationSettings().nucleus), field.shape[1:]
        small = [rescaled(field[channels.index(n)], times) if n in channels else None for n in STAINS]
        height, width = next(plane for plane in small if plane is not None).shape
        stains = _stretched(np.stack([np.zeros((height, width)) if plane is None else plane for plane in small]))
        over = 2 ** (LEVELS - 1)
        padded = np.pad(stains, ((0, 0), (0, -height % over), (0, -width % over)), mode="edge")
        with torch.no_grad():
            maps = net(torch.from_numpy(padded)[None])[0].sigmoid().numpy()[:, :height, :width]
        parts = label((maps[NUCLEUS] > 0.5) & (maps[NUCLEI_TOUCH] < 0.5), connectivity=1)  # type: ignore[no-untyped-call]
        parts[np.bincount(parts.ravel())[parts] < SMALLEST] = 0
        nuclei = _grown(1 - maps[NUCLEUS], parts, maps[NUCLEUS] > 0.5)
        ours = cv2.resize(self.classical.nuclei, (width, height), interpolation=cv2.INTER_NEAREST)
        likely = cv2.resize(maps[CELL] * (1 - 0.45 * maps[CELLS_TOUCH]), shape[::-1])
        border = maps[CELLS_TOUCH] - 0.1 * maps[CELL]
        self.nuclei = enlarged_labels(nuclei, shape)
        self.cells = enlarged_labels(_grown(border, nuclei, maps[CELL] > 0.5), shape)
        self.of_ours = enlarged_labels(_grown(border, ours, maps[CELL] > 0.5), shape)
        self.by_cost = label_cells(self.classical.nuclei, likely.astype(np.float32), pixel)


def _grown(cost: Image, seeds: Image, inside: Image) -> NDArray[np.uint16]:
    grown = watershed(cost, seeds.astype(np.int32), mask=inside | (seeds > 0))  # type: ignore[no-untyped-call]
    return np.asarray(grown, np.uint16)


Way = Callable[[Image, list[str], float | None], Found]
NUCLEI: dict[str, Callable[[Found], Image]] = {"classical": lambda f: f.classical.nuclei, "U-Net": lambda f: f.nuclei}
CELLS: dict[str, Callable[[Found], Image]] = {
    "classical": lambda f: f.classical.cells,
    "U-Net, cells": lambda f: f.cells,
    "U-Net, cells of our nuclei": lambda f: f.of_ours,
    "U-Net, cells by cost": lambda f: f.by_cost,
}


def _ways(net: UNet) -> Way:
    return lambda field, channels, pixel_size: Found(net, field, channels, pixel_size)


def _phantoms(find: Way, size: int, fields: int) -> None:
    named = [("nuclei", way) for way in NUCLEI] + [("cells", way) for way in CELLS]
    counts = {name: np.zeros((len(AT_CELLS), 3)) for name in named}
    for index in range(fields):
        phantom = simulate_field([0, 25], size=size, seed=(UNUSED, index))
        found = find(phantom.channels, list(CHANNELS), FIELD_SPAN / size)
        for (what, way), count in counts.items():
            said = (NUCLEI if what == "nuclei" else CELLS)[way](found)
            count += _outcome(said, phantom.nuclei if what == "nuclei" else phantom.cells)
    print(f"phantoms of {size} px: {fields} fields")
    for (what, way), count in counts.items():
        print(f"  {what:8}{way:28}{_ap(count)}", flush=True)


def _nuclei(find: Way, folder: Path) -> None:
    images = {path.name.removesuffix("_dna.png"): path for path in sorted(folder.glob("*_dna.png"))}
    pairs = {name: (read_channel(path, "blue"), _truth(path)) for name, path in images.items()}
    for microscope in sorted({name.split("_")[0] for name in pairs}):
        some = [pair for name, pair in pairs.items() if name.startswith(microscope)]
        for way, of in NUCLEI.items():
            figures = _f1(lambda dna, of=of: of(find(dna[None], ["blue"], PIXEL_SIZE)), some)  # type: ignore[misc]
            print(f"{microscope}, {len(some)} images, {way}: F1 {figures[0]:.3f}, {figures[1]:.3f}", flush=True)


def _fields_of_2021(find: Way, folder: Path) -> None:
    collection = open_collection(folder)
    for field in collection.ids:
        truth = read_channel(folder / "cell_masks" / f"{field}_predictedmask.png", "red")
        found = find(collection.read(field, CHANNELS)[0], list(CHANNELS), HPA_PIXEL)
        print(f"{field[:8]}, {truth.max()} predicted cells")
        for way, of in CELLS.items():
            print(f"  {way:28}{_ap(_outcome(of(found), truth))}", flush=True)


def _collages(find: Way, folder: Path) -> None:
    counts: dict[str, list[int]] = {way: [] for way in CELLS}
    for blue in sorted(folder.glob("*_blue.jpg")):
        files = {c: blue.with_name(blue.name.replace("_blue.jpg", f"_{c}.jpg")) for c in CHANNELS}
        there = [c for c in CHANNELS if files[c].is_file()]
        found = find(read_field(files, there), there, None)
        for way, of in CELLS.items():
            counts[way].append(len(np.unique(of(found))) - 1)
    for way, numbers in counts.items():
        told = ", ".join(f"{n} in {k}" for n, k in zip(*np.unique(numbers, return_counts=True), strict=True))
        print(f"cells in collages of nine, {way}: {told}")


if __name__ == "__main__":
    main()

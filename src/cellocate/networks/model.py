"""A model: a network and all that is needed to use it rightly, used on arrays."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from cellocate.collection.emptiness import note_on
from cellocate.counted import counted
from cellocate.decision import Predictions
from cellocate.errors import CellocateError
from cellocate.images import TTA, Scale, to_float
from cellocate.images.depth import check_bits, full_scale, full_value
from cellocate.networks.brightness import brightness_of
from cellocate.networks.ensemble import Ensemble
from cellocate.networks.location_network import LocationNetwork
from cellocate.networks.model_card import ModelCard
from cellocate.networks.ood import References
from cellocate.networks.tta import pool_probabilities, tta_images

_SQUARE = 4  # px of the network's input to which activation maps are brought, so that thin cells have places
_ARRAYS = "Give arrays of shape (C, H, W)."
_LEAST = 1e-6  # a probability below this is not told from 0


class Embedded(NamedTuple):
    """Probabilities, shape (N, K), features, (N, D), and light (see `brightness_of`), (N, 2C), of N fields or cells."""

    probabilities: NDArray[np.float32]
    features: NDArray[np.float32]
    brightness: NDArray[np.float32]


class Model:
    """A network with its card.

    Attributes:
        folder: that it was loaded from or saved to, if any.

    Example:
        >>> model = cellocate.load("run/model")  # doctest: +SKIP
        >>> model.predict(fields).locations[0]  # doctest: +SKIP
        ['Nucleoplasm', 'Cytosol']
    """

    def __init__(
        self,
        network: LocationNetwork | Ensemble,
        card: ModelCard,
        device: str | torch.device = "cpu",
        references: References | None = None,
        folder: Path | None = None,
    ) -> None:
        self.network = network.to(device, memory_format=torch.channels_last).eval()  # type: ignore[call-overload]
        self.card, self.device, self.references, self.folder = card, torch.device(device), references, folder
        self.vocabulary = card.to_vocabulary()
        self._mean, self._std = (
            torch.tensor(v, device=device).view(-1, 1, 1) for v in (card.normalisation.mean, card.normalisation.std)
        )

    @property
    def title(self) -> str:
        """Its name, and its folder where it has one, as several models may have the same name."""
        return self.card.name if self.folder is None else f"{self.card.name} ({self.folder})"

    def __repr__(self) -> str:
        card = self.card
        trained = counted(len(card.fields.get("train", ())), card.unit or "field")
        simulated = " of simulated cells" if card.provenance.simulated else ""
        return (
            f"<Model {card.name}: {card.backbone}, {len(card.locations)} locations of {card.vocabulary}; "
            f"{', '.join(card.channels)} at {card.size} px of {card.pixel_size:.3g} µm; "
            f"trained on {trained}{simulated}; on {self.device}>"
        )

    def predict(
        self,
        fields: ArrayLike | Sequence[ArrayLike],
        *,
        pixel_size: float | None = None,
        bits: int | None = None,
        batch_size: int = 32,
    ) -> Predictions:
        """Predict the locations of fields that are arrays.

        Arrays do not tell where they come from. If `card.provenance.simulated` is true, the model was trained on
        simulated cells: do not rely on its answers for a microscope's images. `cellocate.decision.doubts` says whether
        its decision rule can be relied on.

        Args:
            fields: one field (C, H, W), a batch (N, C, H, W), or a sequence of fields of any sizes; channels in the
                order of `card.channels`; uint8, uint16, or floats between 0 and 1. Files and folders are predicted by
                `cellocate.prediction.predict_collection`.
            pixel_size: µm per px of these fields; without it each is assumed to span what the model's own span.
            bits: of the camera, where uint16 arrays hold counts of fewer than 16 bits, such as 12.
            batch_size: how many tiles go through the network at once.

        Returns:
            The predictions, whose ids are the places of the fields: "0", "1", …

        Raises:
            CellocateError: no field, a path, a wrong number of channels or type of pixels, values that are NaN or
                beyond 0 to 1, an impossible pixel size, number of bits or batch size.
        """
        if not (isinstance(batch_size, int) and batch_size >= 1):
            raise CellocateError(f"a batch size of {batch_size!r}", mend="Give a whole number from 1 on.")
        arrays = self._on_full_scale(fields, bits)
        probabilities = self.predict_tiles([self.prepare(a, pixel_size) for a in arrays], batch_size=batch_size)
        notes = [self._note(array, pixel_size) for array in arrays]
        ids = [str(place) for place in range(len(arrays))]
        return Predictions.from_rule(ids, probabilities, self.vocabulary, self.card.rule, notes=notes)

    def _note(self, field: NDArray[Any], pixel_size: float | None) -> str:
        """Why nothing can be said of a field; of a cell by itself that is not known, as nothing around it is seen."""
        if self.card.unit == "cell" or self.card.bag is not None:
            return ""
        if field.dtype.kind == "f":
            field = np.round(field.clip(0, 1) * full_value(16)).astype(np.uint16)
        return note_on(dict(zip(self.card.channels, field, strict=True)), pixel_size)

    def embed(
        self,
        fields: ArrayLike | Sequence[ArrayLike],
        *,
        pixel_size: float | None = None,
        bits: int | None = None,
        batch_size: int = 32,
    ) -> NDArray[np.float32]:
        """Features of fields that are arrays, shape (N, D): what the network's last layer sees, the mean over tiles.

        Each tile is looked at once. Args and faults are those of `predict`. Fields that look alike to the network lie
        near each other.
        """
        tiles = [self._tiled(field, pixel_size, self.card.scale()) for field in self._on_full_scale(fields, bits)]
        return self._means(tiles, self.network.embed, self.network.features, batch_size)

    def prepare(self, field: NDArray[Any], pixel_size: float | None = None) -> NDArray[np.float32]:
        """Pixels of one field as `Collection.read` gives them, shape (C, H, W) → tiles, shape (T, C, R, R), 0 to 1.

        The network sees views of these tiles.
        """
        return self._tiled(field, pixel_size, self.scale)

    @property
    def scale(self) -> Scale:
        """The scale that fields are read at to be predicted; larger than the network's own where views are crops."""
        return self.card.tta.scale(self.card.scale())

    def with_tta(self, tta: TTA) -> Model:
        """The same model with other test-time augmentation; its rule stays the one of its own views.

        It no longer tells fields out of distribution, whose distance was measured with its own views.

        Raises:
            CellocateError: a pool that leaves no probabilities.
        """
        return Model(self.network, self.card.with_tta(tta), self.device, folder=self.folder)

    def _on_full_scale(self, fields: ArrayLike | Sequence[ArrayLike], bits: int | None) -> Sequence[NDArray[Any]]:
        """Arrays as `prepare` takes them, and a warning where they seem to hold counts of fewer bits than was said."""
        arrays = _several(fields)
        if bits is not None:
            bits = check_bits(bits)
        brightest = max((int(a.max(initial=0)) for a in arrays if a.dtype == np.uint16), default=None)
        if bits is None and brightest is not None and self.card.intensity == "depth" and brightest <= full_value(12):
            what = f"no pixel of these uint16 arrays is above {brightest} of 65535"
            warnings.warn(f"{what}. If they hold 12-bit counts, give bits=12", stacklevel=3)
        return [full_scale(array, bits) for array in arrays]

    def _tiled(self, field: NDArray[Any], pixel_size: float | None, scale: Scale) -> NDArray[np.float32]:
        channels = self.card.channels
        if field.ndim != 3 or field.shape[0] != len(channels):
            last = field.ndim == 3 and field.shape[2] == len(channels)
            mend = " They stand last: move them with np.moveaxis(fields, -1, -3)." if last else ""
            what, order = f"a field of shape {field.shape}", ", ".join(channels)
            raise CellocateError(what, mend=f"Give (C, H, W) with the channels {order}.{mend}")
        return scale.tiles(to_float(field, self.card.intensity), pixel_size)

    def images(self, tiles: Iterable[NDArray[np.float32]]) -> Tensor:
        """Tiles, each (C, S, S), 0 to 1 → what its network takes, shape (T, C, S, S), on its device."""
        images = torch.from_numpy(np.stack(list(tiles))).to(self._mean.device)
        return ((images - self._mean) / self._std).contiguous(memory_format=torch.channels_last)

    def predict_tiles(self, tiles: Sequence[NDArray[np.float32]], *, batch_size: int = 32) -> NDArray[np.float32]:
        """Tiles of each field, as `prepare` gives them → probabilities (N, K).

        They are pooled over the views of a tile, their mean is taken over the tiles of a field, and, where the card has
        a calibration, that is applied.
        """
        found = self._means(tiles, lambda images: self._answers(images)[0], len(self.vocabulary), batch_size)
        return self._calibrated(found)

    def embed_tiles(self, tiles: Sequence[NDArray[np.float32]], *, batch_size: int = 32) -> Embedded:
        """Probabilities as `predict_tiles` gives them, the features of the same views, in one pass, and their light."""
        width = len(self.vocabulary) + self.network.features
        found = self._means(tiles, lambda images: torch.cat(self._answers(images), dim=1), width, batch_size)
        probabilities, features = np.split(found, [len(self.vocabulary)], axis=1)
        brightness = np.zeros((len(tiles), 2 * len(self.card.channels)), np.float32)
        for row, each in zip(brightness, tiles, strict=True):
            row[:] = brightness_of(each)
        return Embedded(self._calibrated(probabilities), features, brightness)

    def pool_cells(self, cells: Embedded, weights: NDArray[np.float32], sizes: Sequence[int]) -> NDArray[np.float32]:
        """What fields show, from their embedded cells, one field after the other → probabilities (fields, K).

        Args:
            cells: of N cells.
            weights: of the cells, above 0 to 1, shape (N,).
            sizes: how many cells each field has; at least one.

        Raises:
            CellocateError: the model has not learnt what cells make of their field.
        """
        if (pool := self.network.cells) is None:
            what = "a model that knows single images alone does not say what cells make of their field"
            raise CellocateError(what, mend="Train one with bags.pool in its recipe.")
        probabilities, features, weight = (torch.from_numpy(v).to(self._mean.device) for v in (*cells[:2], weights))
        with torch.inference_mode():
            said = pool.of_bags(torch.logit(probabilities, eps=_LEAST), features, weight, sizes).sigmoid().cpu().numpy()
        calibration = self.card.calibration
        return said if calibration is None else calibration.apply(said).astype(np.float32)

    def predict_within(
        self, field: NDArray[Any], labels: NDArray[np.integer[Any]], pixel_size: float | None = None
    ) -> NDArray[np.float32]:
        """Probabilities of the parts of a field, such as its cells, from the activation map inside each: shape (P, K).

        The network was shown labels of whole fields, and none of these parts; one that is so small that nothing is
        left of it at the network's resolution is given nan.

        Args:
            field: shape (C, H, W), as in `predict`.
            labels: the number of the part at each pixel, 1 to P, 0 for none; it covers the field, at any
                resolution.
            pixel_size: µm per px of the field.

        Raises:
            CellocateError: the head has no activation map, or the model is made of several.
        """
        scale = self.card.scale()
        tiles = self._tiled(field, pixel_size, scale)
        numbers = scale.label_tiles(labels, field.shape[1], field.shape[2], pixel_size)
        masks = np.stack([_shares(tile, int(labels.max(initial=0))) for tile in numbers])
        with torch.inference_mode():
            logits, there = self.network.logits_within(
                self.images(tiles), torch.from_numpy(masks).to(self._mean.device)
            )
            said: NDArray[np.float32] = (
                (logits.softmax(dim=1) if self.card.activation == "softmax" else logits.sigmoid()).cpu().numpy()
            )
        said = self._calibrated(said)
        said[there.cpu().numpy() == 0] = np.nan
        return said

    def _calibrated(self, said: NDArray[np.float32]) -> NDArray[np.float32]:
        calibration = self.card.calibration if self.card.bag is None else None  # that of bags is of fields
        return said if calibration is None else calibration.apply(said).astype(np.float32)

    def _answers(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Probabilities (N, K) and features (N, D), pooled over the views of each image.

        The views of each member of an ensemble are pooled, then the members: as they answered where the rule was
        fitted.
        """
        of_members = zip(*(self.network.outputs(view) for view in self._views(images)), strict=True)
        probabilities, features = [], []
        activations = [member.activation for member in self.card.members] or [self.card.activation]
        for of_views, activation in zip(of_members, activations, strict=True):
            logits, own = (torch.stack(values) for values in zip(*of_views, strict=True))
            exclusive = activation == "softmax"
            each = logits.softmax(dim=-1) if exclusive else logits.sigmoid()
            probabilities.append(pool_probabilities(each, self.card.tta.pool, exclusive=exclusive))
            features.append(own.mean(dim=0))
        return self.network.mean(probabilities), torch.cat(features, dim=1)

    def _views(self, images: Tensor) -> Iterator[Tensor]:
        for view in tta_images(images, self.card.tta, self.card.size):
            yield view.contiguous(memory_format=torch.channels_last)

    def _means(
        self, fields: Sequence[NDArray[np.float32]], of: Callable[[Tensor], Tensor], width: int, batch_size: int
    ) -> NDArray[np.float32]:
        """What the network says of each tile, shape (tiles, D), averaged over the tiles of each field: (N, D)."""
        parts = [self._run(part, of) for part in _batches([tile for field in fields for tile in field], batch_size)]
        if not parts:
            return np.zeros((0, width), np.float32)
        ends = np.cumsum([len(field) for field in fields])[:-1]
        return np.stack([part.mean(axis=0) for part in np.split(np.concatenate(parts), ends)]).astype(np.float32)

    @torch.inference_mode()
    def _run(self, tiles: Sequence[NDArray[np.float32]], of: Callable[[Tensor], Tensor]) -> NDArray[np.float32]:
        said: NDArray[np.float32] = of(self.images(tiles)).cpu().numpy()
        return said


def _shares(labels: NDArray[np.int32], parts: int) -> NDArray[np.float32]:
    """The share of each part in the squares of 4 px of a tile, shape (parts, S/4, S/4)."""
    side = -(-labels.shape[0] // _SQUARE)
    y, x = np.indices(labels.shape) // _SQUARE
    place = (labels.astype(np.int64) * side + y) * side + x
    counts = np.bincount(place.ravel(), minlength=(parts + 1) * side * side)
    return (counts.reshape(parts + 1, side, side)[1:] / _SQUARE**2).astype(np.float32)


def _several(fields: ArrayLike | Sequence[ArrayLike]) -> list[NDArray[Any]]:
    """One field, a batch of fields or a sequence of fields → a list of arrays."""
    if getattr(fields, "ndim", None) == len("CHW"):  # an array, or a tensor
        return [np.asarray(fields)]
    if isinstance(fields, Mapping):
        raise _no_arrays(fields)
    try:
        several = list(fields)  # type: ignore[arg-type] # what cannot be listed is told so
    except TypeError:
        raise _no_arrays(fields) from None
    if isinstance(fields, str) or any(isinstance(field, str | PathLike) for field in several):
        raise _no_arrays(fields if isinstance(fields, str) else several[0])
    if not several:
        raise CellocateError("no field to predict", mend="Give at least one.")
    try:
        arrays = [np.asarray(field) for field in several]
        return arrays if arrays[0].ndim != len("HW") or isinstance(several[0], np.ndarray) else [np.asarray(several)]
    except (TypeError, ValueError) as error:  # rows of different length; an array that lies on a graphics card
        raise CellocateError(f"a field that is no array ({str(error).partition('.')[0]})", mend=_ARRAYS) from None


def _no_arrays(given: object) -> CellocateError:
    what = (
        f"the path {str(given)!r}" if isinstance(given, str | PathLike) else f"an object of type {type(given).__name__}"
    )
    mend = "Files are predicted by cellocate.prediction.predict_collection(model, cellocate.open_collection(path))."
    return CellocateError(f"{what} where arrays are needed", mend=f"{_ARRAYS} {mend}")


def _batches(tiles: list[NDArray[np.float32]], size: int) -> Iterator[list[NDArray[np.float32]]]:
    for start in range(0, len(tiles), size):
        yield tiles[start : start + size]

"""A model: a network and its card, applied to arrays."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from html import escape
from os import PathLike
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from cellocate.collection.emptiness import PROTEIN, emptiness_note
from cellocate.counted import counted
from cellocate.decision import Predictions
from cellocate.errors import CellocateError, CellocateWarning
from cellocate.images import TTA, Scale, to_float
from cellocate.images.bit_depth import check_bits, full_scale, full_value
from cellocate.networks.brightness import brightness_of
from cellocate.networks.ensemble import Ensemble
from cellocate.networks.location_network import LocationNetwork
from cellocate.networks.model_card import ModelCard
from cellocate.networks.ood import References
from cellocate.networks.tta import pool_probabilities, tta_images

_SQUARE = 4  # px; resolution of activation maps inside parts, so that thin cells are covered
_ARRAYS = "Give arrays of shape (C, H, W)."
_MIN_PROBABILITY = 1e-6  # anything lower counts as 0


class Embedded(NamedTuple):
    """Probabilities (N, K), features (N, D) and brightness (N, 2C; see `brightness_of`) of N fields or cells."""

    probabilities: NDArray[np.float32]
    features: NDArray[np.float32]
    brightness: NDArray[np.float32]


class Model:
    """A network with its card.

    Attributes:
        folder: folder it was loaded from or saved to, if any.

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
        """The name, with the folder if there is one, because several models may have the same name."""
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

    def _repr_html_(self) -> str:
        """For a notebook: what it is, its scores, and its locations."""
        card = self.card
        rows: dict[str, object] = {
            "trained on": counted(len(card.fields.get("train", ())), card.unit or "field"),
            "channels": ", ".join(card.channels),
            "input": f"{card.size} px of {card.pixel_size:.3g} µm",
            "decision rule": card.rule.kind,
            "locations": "; ".join(self.vocabulary.names),
            **{f"{part} macro F1": scores.get("macro_f1") for part, scores in card.scores.items()},
        }
        table = pd.DataFrame(rows.items()).to_html(index=False, header=False)
        return f"<p>{escape(repr(self))}</p>{table}"

    def predict(
        self,
        fields: ArrayLike | Sequence[ArrayLike],
        *,
        pixel_size: float | None = None,
        bits: int | None = None,
        batch_size: int = 32,
    ) -> Predictions:
        """Predict the locations of fields given as arrays.

        Arrays do not say where they come from. If `card.provenance.simulated` is true, the model was trained on
        simulated cells: do not rely on its predictions for real images. `cellocate.decision.rule_warning` says whether
        you can rely on its decision rule.

        Args:
            fields: one field (C, H, W), a batch (N, C, H, W), or a sequence of fields of any sizes; channels in the
                order of `card.channels`; uint8, uint16, or floats between 0 and 1. For files and folders use
                `cellocate.predict`.
            pixel_size: µm per px of these fields; by default each is assumed to span as much as the training fields.
            bits: bits of the camera, if uint16 arrays hold counts of fewer than 16 bits, such as 12.
            batch_size: number of tiles in one forward pass.

        Returns:
            The predictions; their ids are the positions of the fields: "0", "1", …

        Raises:
            CellocateError: there is no field, a path instead of an array, a wrong number of channels or pixel type,
                values that are NaN or outside 0 to 1, or an impossible pixel size, number of bits or batch size.
        """
        if not (isinstance(batch_size, int) and batch_size >= 1):
            raise CellocateError(f"a batch size of {batch_size!r}", mend="Give a whole number of at least 1.")
        arrays = self._on_full_scale(fields, bits)
        probabilities = self.predict_tiles([self.prepare(a, pixel_size) for a in arrays], batch_size=batch_size)
        notes = [self._note(array, pixel_size) for array in arrays]
        ids = [str(place) for place in range(len(arrays))]
        return Predictions.from_rule(ids, probabilities, self.vocabulary, self.card.rule, notes=notes)

    def _note(self, field: NDArray[Any], pixel_size: float | None) -> str:
        """Why nothing can be said of a field; empty for single cells, which show no background."""
        if self.card.unit == "cell" or self.card.bag is not None:
            return ""
        if field.dtype.kind == "f":
            field = np.round(field.clip(0, 1) * full_value(16)).astype(np.uint16)
        return self.emptiness_note(field, pixel_size)

    def emptiness_note(self, field: NDArray[Any], pixel_size: float | None) -> str:
        """Why a field, uint8 or uint16 (C, H, W), shows nothing; see `cellocate.collection.emptiness`."""
        planes = zip(self.card.channels, field, strict=True)
        blank = self.card.missing_channels == "blank"
        return emptiness_note({c: plane for c, plane in planes if c == PROTEIN or not blank or plane.any()}, pixel_size)

    def embed(
        self,
        fields: ArrayLike | Sequence[ArrayLike],
        *,
        pixel_size: float | None = None,
        bits: int | None = None,
        batch_size: int = 32,
    ) -> NDArray[np.float32]:
        """Embed fields given as arrays: the input of the network's last layer, averaged over tiles, shape (N, D).

        Similar fields are close together. There is no test-time augmentation. Arguments and errors are those of
        `predict`.
        """
        tiles = [self._tiled(field, pixel_size, self.card.scale()) for field in self._on_full_scale(fields, bits)]
        return self._means(tiles, self.network.embed, self.network.features, batch_size)

    def prepare(self, field: NDArray[Any], pixel_size: float | None = None) -> NDArray[np.float32]:
        """Pixels of one field from `Collection.read`, shape (C, H, W) → tiles, shape (T, C, R, R), 0 to 1."""
        return self._tiled(field, pixel_size, self.scale)

    @property
    def scale(self) -> Scale:
        """The scale to read fields at for prediction; larger than the network's own if test-time augmentation crops."""
        return self.card.tta.scale(self.card.scale())

    def with_tta(self, tta: TTA) -> Model:
        """The same model with other test-time augmentation; its rule stays as it was fitted.

        The copy has no out-of-distribution score, which was calibrated with the original augmentation.

        Raises:
            CellocateError: the pool does not give probabilities.
        """
        return Model(self.network, self.card.with_tta(tta), self.device, folder=self.folder)

    def _on_full_scale(self, fields: ArrayLike | Sequence[ArrayLike], bits: int | None) -> Sequence[NDArray[Any]]:
        """Arrays as `prepare` takes them, with a warning if they seem to hold counts of fewer bits than given."""
        arrays = _several(fields)
        if bits is not None:
            bits = check_bits(bits)
        brightest = max((int(a.max(initial=0)) for a in arrays if a.dtype == np.uint16), default=None)
        if bits is None and brightest is not None and self.card.intensity == "depth" and brightest <= full_value(12):
            what = f"no pixel of these uint16 arrays is above {brightest} of 65535"
            warnings.warn(CellocateWarning(f"{what}. If they hold 12-bit counts, pass bits=12"), stacklevel=3)
        return [full_scale(array, bits) for array in arrays]

    def _tiled(self, field: NDArray[Any], pixel_size: float | None, scale: Scale) -> NDArray[np.float32]:
        channels = self.card.channels
        if field.ndim != 3 or field.shape[0] != len(channels):
            last = field.ndim == 3 and field.shape[2] == len(channels)
            mend = " The channels are last: move them with np.moveaxis(fields, -1, -3)." if last else ""
            what, order = f"a field of shape {field.shape}", ", ".join(channels)
            raise CellocateError(what, mend=f"Give (C, H, W) with the channels {order}.{mend}")
        return scale.tiles(to_float(field, self.card.intensity), pixel_size)

    def images(self, tiles: Iterable[NDArray[np.float32]]) -> Tensor:
        """Tiles, each (C, S, S), 0 to 1 → input of the network, shape (T, C, S, S), on its device."""
        images = torch.from_numpy(np.stack(list(tiles))).to(self._mean.device)
        return ((images - self._mean) / self._std).contiguous(memory_format=torch.channels_last)

    def predict_tiles(self, tiles: Sequence[NDArray[np.float32]], *, batch_size: int = 32) -> NDArray[np.float32]:
        """Predict tiles of fields from `prepare` → probabilities (N, K).

        Probabilities are pooled over the test-time augmentation of a tile, averaged over the tiles of a field, and
        calibrated if the card has a calibration.
        """
        found = self._means(tiles, lambda images: self._answers(images)[0], len(self.vocabulary), batch_size)
        return self._calibrated(found)

    def embed_tiles(self, tiles: Sequence[NDArray[np.float32]], *, batch_size: int = 32) -> Embedded:
        """Probabilities as from `predict_tiles`, features from the same forward pass, and brightness."""
        width = len(self.vocabulary) + self.network.features
        found = self._means(tiles, lambda images: torch.cat(self._answers(images), dim=1), width, batch_size)
        probabilities, features = np.split(found, [len(self.vocabulary)], axis=1)
        brightness = np.zeros((len(tiles), 2 * len(self.card.channels)), np.float32)
        for row, each in zip(brightness, tiles, strict=True):
            row[:] = brightness_of(each)
        return Embedded(self._calibrated(probabilities), features, brightness)

    def pool_cells(self, cells: Embedded, weights: NDArray[np.float32], sizes: Sequence[int]) -> NDArray[np.float32]:
        """Predict fields from their embedded cells, one field after the other → probabilities (fields, K).

        Args:
            cells: N embedded cells.
            weights: weights of the cells, above 0 and at most 1, shape (N,).
            sizes: number of cells of each field, at least one.

        Raises:
            CellocateError: the model has no pool over cells.
        """
        if (pool := self.network.cells) is None:
            what = "this model has no pool over cells and cannot predict a field from its cells"
            raise CellocateError(what, mend="Train one with bags.pool in its recipe.")
        probabilities, features, weight = (torch.from_numpy(v).to(self._mean.device) for v in (*cells[:2], weights))
        with torch.inference_mode():
            logits = pool.of_bags(torch.logit(probabilities, eps=_MIN_PROBABILITY), features, weight, sizes)
        return self._calibrated(logits.sigmoid().cpu().numpy(), of_fields=True)

    def predict_within(
        self, field: NDArray[Any], labels: NDArray[np.integer[Any]], pixel_size: float | None = None
    ) -> NDArray[np.float32]:
        """Predict parts of a field, such as its cells, from the activation map inside each: probabilities (P, K).

        The network was trained on labels of whole fields only. A part too small for the network's resolution gets nan.

        Args:
            field: shape (C, H, W), as in `predict`.
            labels: number of the part at each pixel, 1 to P, and 0 for none; covers the field at any resolution.
            pixel_size: µm per px of the field.

        Raises:
            CellocateError: the head has no activation map, or the model is an ensemble.
        """
        scale = self.card.scale()
        tiles = self._tiled(field, pixel_size, scale)
        numbers = scale.label_tiles(labels, field.shape[1], field.shape[2], pixel_size)
        masks = np.stack([_part_fractions(tile, int(labels.max(initial=0))) for tile in numbers])
        with torch.inference_mode():
            masks_on_device = torch.from_numpy(masks).to(self._mean.device)
            logits, amounts = self.network.logits_within(self.images(tiles), masks_on_device)
            probabilities = logits.softmax(dim=1) if self.card.activation == "softmax" else logits.sigmoid()
        found = self._calibrated(probabilities.cpu().numpy())
        found[amounts.cpu().numpy() == 0] = np.nan
        return found

    def _calibrated(self, probabilities: NDArray[np.float32], *, of_fields: bool = False) -> NDArray[np.float32]:
        calibration = self.card.calibration
        if calibration is None or (self.card.bag is not None and not of_fields):  # with bags it is for fields only
            return probabilities
        return calibration.apply(probabilities).astype(np.float32)

    def _answers(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Probabilities (N, K) and features (N, D), pooled over the test-time augmentation of each image.

        In an ensemble each member is pooled first, then the members, as when the rule was fitted.
        """
        variants = (
            variant.contiguous(memory_format=torch.channels_last)
            for variant in tta_images(images, self.card.tta, self.card.size)
        )
        of_members = zip(*(self.network.outputs(variant) for variant in variants), strict=True)
        probabilities, features = [], []
        activations = [member.activation for member in self.card.members] or [self.card.activation]
        for of_variants, activation in zip(of_members, activations, strict=True):
            logits, own = (torch.stack(values) for values in zip(*of_variants, strict=True))
            exclusive = activation == "softmax"
            each = logits.softmax(dim=-1) if exclusive else logits.sigmoid()
            probabilities.append(pool_probabilities(each, self.card.tta.pool, exclusive=exclusive))
            features.append(own.mean(dim=0))
        return self.network.mean(probabilities), torch.cat(features, dim=1)

    def _means(
        self, fields: Sequence[NDArray[np.float32]], of: Callable[[Tensor], Tensor], width: int, batch_size: int
    ) -> NDArray[np.float32]:
        """Apply `of` to all tiles and average over the tiles of each field: shape (N, width)."""
        tiles = [tile for field in fields for tile in field]
        with torch.inference_mode():
            parts = [
                of(self.images(tiles[start : start + batch_size])).cpu().numpy()
                for start in range(0, len(tiles), batch_size)
            ]
        if not parts:
            return np.zeros((0, width), np.float32)
        ends = np.cumsum([len(field) for field in fields])[:-1]
        return np.stack([part.mean(axis=0) for part in np.split(np.concatenate(parts), ends)]).astype(np.float32)


def _part_fractions(labels: NDArray[np.int32], parts: int) -> NDArray[np.float32]:
    """Fraction of each part in squares of 4 px of a tile, shape (parts, S/4, S/4)."""
    side = -(-labels.shape[0] // _SQUARE)
    y, x = np.indices(labels.shape) // _SQUARE
    place = (labels.astype(np.int64) * side + y) * side + x
    counts = np.bincount(place.ravel(), minlength=(parts + 1) * side * side)
    return (counts.reshape(parts + 1, side, side)[1:] / _SQUARE**2).astype(np.float32)


def _several(fields: ArrayLike | Sequence[ArrayLike]) -> list[NDArray[Any]]:
    if getattr(fields, "ndim", None) == len("CHW"):  # an array, or a tensor
        return [np.asarray(fields)]
    if isinstance(fields, Mapping):
        raise _no_arrays(fields)
    try:
        several = list(fields)  # type: ignore[arg-type] # refused below
    except TypeError:
        raise _no_arrays(fields) from None
    if isinstance(fields, str) or any(isinstance(field, str | PathLike) for field in several):
        raise _no_arrays(fields if isinstance(fields, str) else several[0])
    if not several:
        raise CellocateError("no field to predict", mend="Give at least one.")
    try:
        arrays = [np.asarray(field) for field in several]
        return arrays if arrays[0].ndim != len("HW") or isinstance(several[0], np.ndarray) else [np.asarray(several)]
    except (TypeError, ValueError) as error:  # rows of different length, or an array on a graphics card
        raise CellocateError(f"a field that is not an array ({str(error).partition('.')[0]})", mend=_ARRAYS) from None


def _no_arrays(given: object) -> CellocateError:
    what = (
        f"the path {str(given)!r}" if isinstance(given, str | PathLike) else f"an object of type {type(given).__name__}"
    )
    mend = "For files use cellocate.predict(model, path)."
    return CellocateError(f"{what} where arrays are needed", mend=f"{_ARRAYS} {mend}")

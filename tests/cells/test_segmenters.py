"""Ways to find cells, by name; those of others are stood in for by modules with their calls."""

import sys
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch

from cellocate.cells import segmenters
from cellocate.cells.field_masks import read_field_masks
from cellocate.cells.masks import MaskFolder, check_numbering, write_geojson, write_labels, write_zarr_labels
from cellocate.cells.segmentation import segment
from cellocate.cells.segmenters import get_segmenter
from cellocate.errors import CellocateError
from cellocate.images import CHANNELS
from cellocate.phantom import simulate_field

PHANTOM = simulate_field([0], size=256, seed=1)


def _module(monkeypatch: pytest.MonkeyPatch, name: str, **content: object) -> None:
    module = ModuleType(name)
    module.__spec__ = ModuleSpec(name, None)
    module.__dict__.update(content)
    monkeypatch.setitem(sys.modules, name, module)


@pytest.fixture
def others(monkeypatch: pytest.MonkeyPatch):
    """Modules that answer as cellpose 4 and instanseg-torch 0.1 do, with our own masks numbered apart."""
    seen = []

    class CellposeModel:
        def __init__(self, gpu=False, pretrained_model="cpsam", device=None):
            assert gpu

        def eval(self, x, batch_size=8, *, channel_axis=None, z_axis=None, normalize=True, diameter=None):
            seen.append(x.shape)
            blue = x if x.ndim == 2 else x[..., -1]
            planes = (
                np.broadcast_to(blue, (4, *blue.shape)) if x.ndim == 2 else np.moveaxis(x[..., [0, 2, 2, 1]], -1, 0)
            )
            assert x.ndim == 2 or channel_axis == -1
            found = segment(planes, CHANNELS, 0.64)
            labels = found.nuclei if x.ndim == 2 else np.where(found.cells > 0, found.cells.max() + 3 - found.cells, 0)
            return labels.astype(np.uint16), [None, None, None], np.zeros(256)

    class InstanSeg:
        def __init__(self, model_type="brightfield_nuclei", device=None, image_reader="tiffslide", verbosity=1):
            assert model_type == "fluorescence_nuclei_and_cells"

        def eval_small_image(self, image, pixel_size=None, normalise=True, return_image_tensor=True):
            assert not return_image_tensor
            seen.append((image.shape, pixel_size))
            found = segment(PHANTOM.channels, CHANNELS, pixel_size)
            return torch.from_numpy(np.stack([found.nuclei, found.cells])[None].astype(np.float32))

    _module(monkeypatch, "cellpose.models", CellposeModel=CellposeModel)
    _module(monkeypatch, "cellpose", models=sys.modules["cellpose.models"])
    _module(monkeypatch, "instanseg", InstanSeg=InstanSeg)
    for load in (segmenters._cellpose, segmenters._instanseg):
        load.cache_clear()
    yield seen
    for load in (segmenters._cellpose, segmenters._instanseg):
        load.cache_clear()


@pytest.mark.parametrize("name", ["cellpose", "instanseg"])
def test_masks_of_others_are_numbered_as_ours(others, name) -> None:
    found = get_segmenter(name).segment(PHANTOM.channels, CHANNELS, 0.64)
    own = segment(PHANTOM.channels, CHANNELS, 0.64)
    assert found.cells.shape == PHANTOM.channels.shape[1:]
    check_numbering(found.nuclei, found.cells)
    np.testing.assert_array_equal(found.cells > 0, own.cells > 0)
    assert (found.nuclei > 0).sum() > 0.9 * (own.nuclei > 0).sum()
    assert (found.pixel_size, found.notes) == (0.64, ())
    assert others == ([(256, 256), (256, 256, 3)] if name == "cellpose" else [((3, 256, 256), 0.64)])


def test_the_pixel_size_of_others_is_estimated_as_ours(others) -> None:
    own = segment(PHANTOM.channels, CHANNELS)
    found = get_segmenter("instanseg").segment(PHANTOM.channels, CHANNELS, None)
    assert found.pixel_size == own.pixel_size
    assert found.notes == own.notes


def test_nuclei_of_cellpose_are_grown_where_nothing_shows_cells(others) -> None:
    found = get_segmenter("cellpose").segment(PHANTOM.channels[2:3], ("blue",), 0.64)
    assert found.cells.max() > 5
    assert "6 µm around each nucleus" in found.notes[0]
    check_numbering(found.nuclei, found.cells)


def test_cells_of_any_numbers_stay_cells() -> None:
    nuclei = np.array([[0, 65_536, 0, 7, 0]])
    found = segmenters.masks_of(nuclei, np.array([[65_537, 65_537, 1, 1, 2**31]]), 0.1)
    assert found.cells.tolist() == [[2, 2, 1, 1, 3]]
    assert found.nuclei.tolist() == [[0, 2, 0, 1, 0]]
    with pytest.raises(CellocateError, match="65,536 objects in one label image"):
        segmenters.masks_of(np.zeros((256, 256), int), np.arange(1, 2**16 + 1).reshape(256, 256), 0.1)


def test_nuclei_may_share_a_cell() -> None:
    one = get_segmenter("classical").segment(PHANTOM.channels, CHANNELS, 0.64)
    several = get_segmenter("multinucleate").segment(PHANTOM.channels, CHANNELS, 0.64)
    assert several.cells.max() <= one.cells.max()
    assert several.nuclei.any()


@pytest.mark.parametrize("name", ["cellpose", "instanseg"])
def test_what_is_not_installed_is_told_before_any_work(cellocate, phantoms: Path, tmp_path: Path, name, monkeypatch):
    monkeypatch.setattr(segmenters, "find_spec", lambda name: None)
    result = cellocate("cells", phantoms, "--out", tmp_path / "cells", "--segmenter", name)
    assert (result.code, result.out) == (1, "")
    assert result.err == (
        f"error: {name} is not installed: segmenter {name}. Install it with: pip install 'cellocate[segment]'\n"
    )
    assert not (tmp_path / "cells").exists()


def test_masks_are_brought_as_pictures_arrays_or_outlines(tmp_path: Path) -> None:
    own = segment(PHANTOM.channels, CHANNELS, 0.64)
    for kind in ("png", "zarr", "outlines"):
        (tmp_path / kind).mkdir()
    for part, labels in (("nuclei", own.nuclei), ("cells", own.cells)):
        write_labels(tmp_path / "png" / f"a_{part}.png", labels)
        write_zarr_labels(tmp_path / "zarr" / f"a_{part}.zarr", labels)
    write_geojson(tmp_path / "outlines" / "a.geojson", own.nuclei, own.cells)
    for kind in ("png", "zarr", "outlines"):
        found = read_field_masks(tmp_path / kind, "a", own.cells.shape, 0.64)
        np.testing.assert_array_equal(found.cells, own.cells)
        np.testing.assert_array_equal(found.nuclei, own.nuclei)
        assert found.notes == ()
    with pytest.raises(CellocateError, match="outlines do not contain the size"):
        MaskFolder(tmp_path / "outlines").read("a")


def test_masks_with_gaps_and_nuclei_of_other_numbers_are_numbered_anew(tmp_path: Path) -> None:
    cells = np.repeat(np.array([[1, 4, 9]], np.uint16), 3, axis=1)
    nuclei = np.array([[0, 7, 0, 0, 2, 2, 0, 0, 0]], np.uint16)
    for part, labels in (("nuclei", nuclei), ("cells", cells)):
        write_labels(tmp_path / f"a_{part}.png", labels)
    found = read_field_masks(tmp_path, "a", (1, 9), 0.1)
    assert found.cells.tolist() == [[1, 1, 1, 2, 2, 2, 3, 3, 3]]
    assert found.nuclei.tolist() == [[0, 1, 0, 0, 2, 2, 0, 0, 0]]
    assert "no background" in found.notes[0]
    assert "renumbered" in found.notes[1]

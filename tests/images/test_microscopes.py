"""Microscopes' own formats, as bioio would give them."""

import sys
import threading
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
from stack_files import noise

from cellocate.errors import CellocateError
from cellocate.images import microscopes, read_channel, read_header
from cellocate.images.read_stacks import describe

SCENES = {
    "ctrl 1": ("TCZYX", noise(2, 3, 4, 6, 8, kind=np.uint16), ["DAPI", "GFP", "tubulin"]),
    "drug": ("TCZYX", noise(1, 3, 1, 10, 5, kind=np.uint16), ["DAPI", "GFP", "tubulin"]),
    "colours": ("TCZYXS", noise(1, 1, 1, 6, 8, 3), None),
    "mosaic": ("MTCZYX", noise(2, 1, 3, 1, 6, 8), ["a", "b", "c"]),
}


class Lazy:
    """What dask gives: nothing is read before it is asked for."""

    read = 0

    def __init__(self, data):
        self.data = data

    def __getitem__(self, index):
        return Lazy(self.data[index])

    def compute(self):
        Lazy.read += self.data.size
        return self.data


class BioImage:
    scenes = tuple(SCENES)
    opened = 0
    physical_pixel_sizes = SimpleNamespace(X=0.1, Y=0.1, Z=None)

    def __init__(self, path):
        BioImage.opened += 1
        self.set_scene(0)

    def set_scene(self, number):
        self.order, self.data, self.channel_names = SCENES[self.scenes[number]]

    @property
    def dims(self):
        return SimpleNamespace(order=self.order, shape=self.data.shape)

    @property
    def dtype(self):
        return self.data.dtype

    def get_image_dask_data(self, order):
        letters = {axis: chr(ord("a") + i) for i, axis in enumerate(self.order)}
        kept = self.data[tuple(slice(None) if axis in order else 0 for axis in self.order)]
        there = "".join(letters[axis] for axis in self.order if axis in order)
        return Lazy(np.einsum(f"{there}->{''.join(letters[axis] for axis in order)}", kept))


@pytest.fixture
def path(tmp_path, monkeypatch):
    module = ModuleType("bioio")
    module.BioImage = BioImage
    monkeypatch.setitem(sys.modules, "bioio", module)
    monkeypatch.setitem(sys.modules, "bioio_lif", ModuleType("bioio_lif"))
    monkeypatch.setattr(BioImage, "opened", 0)
    monkeypatch.setattr(Lazy, "read", 0)
    microscopes._image.cache_clear()
    (tmp_path / "a.lif").write_bytes(b"")
    return tmp_path / "a.lif"


def test_every_scene_is_described(path):
    stacks = describe(path)
    assert [(s.name, s.series, s.times, s.planes, s.pixel_size) for s in stacks[:2]] == [
        ("ctrl 1", 0, 2, 4, 0.1),
        ("drug", 1, 1, 1, 0.1),
    ]
    assert stacks[0].names == ("DAPI", "GFP", "tubulin")
    assert (stacks[2].axes, stacks[2].names) == ("YXS", ("",) * 3)
    assert not stacks[3].understood()  # tiles that nobody put together


def test_a_plane_is_read_alone_from_a_file_opened_once(path):
    data = SCENES["ctrl 1"][1]
    for c in range(3):
        assert np.array_equal(read_channel(f"{path}::series=0,time=1,channel={c},z=2", "red"), data[1, c, 2])
        assert read_header(f"{path}::series=0,time=1,channel={c},z=2") == (6, 8, 16)
    assert (BioImage.opened, Lazy.read) == (1, 3 * 48)
    assert np.array_equal(read_channel(f"{path}::series=0,time=0,channel=1,z=max", "red"), data[0, 1].max(0))
    assert np.array_equal(read_channel(f"{path}::series=1,channel=1", "red"), SCENES["drug"][1][0, 1, 0])
    assert np.array_equal(read_channel(f"{path}::series=2,channel=2", "red"), SCENES["colours"][1][0, 0, 0, :, :, 2])


def test_threads_do_not_take_each_others_scene(path):
    found = {}

    def look(series):
        for _ in range(20):
            found[series] = read_channel(f"{path}::series={series},channel=1,z=0,time=0", "red")

    threads = [threading.Thread(target=look, args=(series,)) for series in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {series: pixels.shape for series, pixels in found.items()} == {0: (6, 8), 1: (10, 5)}


def test_a_plane_that_cannot_be_decoded_is_told(path, monkeypatch):
    monkeypatch.setattr(BioImage, "get_image_dask_data", lambda *_: 1 / 0)
    with pytest.raises(CellocateError, match="cannot be read"):
        read_channel(f"{path}::series=1,channel=1", "red")


@pytest.mark.parametrize(("significant", "bits"), [(12, 12), (None, None), (NotImplementedError, None)])
def test_a_file_says_its_bits_where_its_plugin_translates_its_metadata(path, monkeypatch, significant, bits):
    def ome_metadata(self):
        if significant is NotImplementedError:
            raise significant
        image = SimpleNamespace(pixels=SimpleNamespace(significant_bits=significant))
        return SimpleNamespace(images=[image] * len(SCENES))

    monkeypatch.setattr(BioImage, "ome_metadata", property(ome_metadata), raising=False)
    assert {stack.bits for stack in describe(path)} == {bits}

"""The store itself: fields of any shape and depth, found by number, whole or refused."""

import json
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from cellocate.errors import CellocateError
from cellocate.images import CHANNELS, resize
from cellocate.images.scale import shrink
from cellocate.images.store import (
    CARD,
    INDEX,
    Store,
    StoreCard,
    in_store,
    is_whole,
    open_store,
    per_shard,
    place,
    write_card,
    write_shard,
)
from cellocate.images.store.store_json import read_card


def noise(height, width, dtype=np.uint8, channels=4, seed=0):
    top = np.iinfo(dtype).max
    return np.random.default_rng(seed).integers(0, top, (channels, height, width), dtype, endpoint=True)


def packed(folder, fields, sizes, shard=2):
    """A store of these fields, `shard` of them in each file."""
    channels = CHANNELS[: len(fields[0])]
    rows = [
        write_shard(folder, number, sizes, fields[start : start + shard])
        for number, start in enumerate(range(0, len(fields), shard))
    ]
    np.save(folder / INDEX, np.concatenate(rows))
    write_card(folder, StoreCard(channels, sizes, len(fields), {}, {}))
    return Store(folder)


@pytest.fixture
def store(tmp_path):
    """Five fields of different shape and depth, at 8 and 32 px."""
    kinds = [(40, 40, np.uint8), (64, 30, np.uint16), (20, 9, np.uint8), (5, 7, np.uint16), (33, 50, np.uint8)]
    return packed(tmp_path / "store", [noise(*kind, seed=i) for i, kind in enumerate(kinds)], (8, 32))


FIELDS = st.lists(
    st.tuples(st.integers(1, 40), st.integers(1, 40), st.sampled_from([np.uint8, np.uint16])).flatmap(
        lambda kind: arrays.arrays(kind[2], (2, kind[0], kind[1]))
    ),
    min_size=1,
    max_size=5,
)


@settings(max_examples=40)
@given(fields=FIELDS, shard=st.integers(1, 3))
def test_fields_that_are_not_shrunk_come_back_to_the_bit(tmp_path_factory, fields, shard):
    store = packed(tmp_path_factory.mktemp("store"), fields, (16, 40), shard)
    for row, field in enumerate(fields):
        back = store.read(row, ("red", "green"))
        assert back.dtype == field.dtype
        np.testing.assert_array_equal(back, field)
        np.testing.assert_array_equal(store.read(row, ("green",)), field[1:])
        np.testing.assert_array_equal(store.read(row, ("red", "green"), side=16), shrink(field, 16))
        assert store.header(row) == (*field.shape[1:], field.itemsize * 8)
        store.verify(row)
    store.check_complete()


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("shape", [(64, 64), (60, 100), (100, 33)])
def test_shrinking_is_the_mean_of_the_area(dtype, shape):
    field = noise(*shape, dtype)
    small = shrink(field, 32)
    assert small.dtype == dtype
    assert max(small.shape[1:]) == 32
    exact = resize(field, *small.shape[1:])
    assert np.abs(small - exact).max() <= 0.5 + 1e-6 * np.iinfo(dtype).max
    np.testing.assert_array_equal(shrink(field, 100), field)


def test_the_smallest_size_that_is_enough_is_read(store):
    sides = {None: 32, 1: 8, 8: 8, 9: 32, 32: 32, 33: 32}
    assert {side: store.read(0, CHANNELS, side).shape[1] for side in sides} == sides
    assert store.read(3, CHANNELS, 7).shape == (4, 5, 7)  # smaller than any size, and never enlarged


def test_channels_come_in_the_order_asked_for(store):
    whole = store.read(1, CHANNELS)
    np.testing.assert_array_equal(store.read(1, ("yellow", "red")), whole[[3, 0]])


def test_threads_read_without_disturbing_each_other(store):
    rows = list(range(5)) * 20
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda row: store.read(row, CHANNELS), rows))
    for row, pixels in zip(rows, found, strict=True):
        np.testing.assert_array_equal(pixels, store.read(row, CHANNELS))


def test_a_file_is_no_place_in_a_store(tmp_path):
    assert in_store({}) is None
    assert in_store({"red": tmp_path / "a_red.png"}) is None
    assert in_store({"red": "::row=3"}) is None


def test_a_shard_holds_little_enough():
    assert per_shard((224, 512), 4) == 64
    assert per_shard((2048,), 4) == 8
    assert per_shard((16384,), 4) == 1


def flip(path, at):
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize("size", [8, 32])
def test_a_changed_bit_is_found_in_every_size(store, size):
    store.verify(1)
    flip(store.folder / str(size) / "00000.bin", -1)
    store.check_complete()  # lengths cannot tell
    store.verify(0)
    with pytest.raises(CellocateError, match=rf"damaged.*{size}.00000\.bin"):
        store.verify(1)
    assert not is_whole(store.folder, (8, 32), 4, store.index[:2])
    assert is_whole(store.folder, (8, 32), 4, store.index[2:4])


def cut(path):
    path.write_bytes(path.read_bytes()[:-2])


@pytest.mark.parametrize("damage", [cut, lambda path: path.unlink(), lambda path: path.write_bytes(b"")])
@pytest.mark.parametrize("name", ["8/00002.bin", "32/00000.bin"])
def test_a_shard_that_is_cut_short_or_gone_is_refused(store, name, damage):
    store.check_complete()
    damage(store.folder / name)
    with pytest.raises(CellocateError, match="cut short"):
        store.check_complete()
    with pytest.raises(CellocateError, match="cut short"):
        [store.read(row, CHANNELS, side) for row in range(5) for side in (None, 1)]
    assert not is_whole(store.folder, (8, 32), 4, store.index[store.index["shard"] == int(name[-5])])


@pytest.mark.parametrize("damage", [cut, lambda path: path.unlink(), lambda path: path.write_bytes(b"")])
@pytest.mark.parametrize("name", [INDEX, CARD])
def test_tables_that_are_cut_short_or_gone_are_refused(store, name, damage):
    damage(store.folder / name)
    with pytest.raises(CellocateError, match="damaged or cut short"):
        Store(store.folder)


@pytest.mark.parametrize("content", ["[]", "7", "{}", '{"format": 1}', '{"format": "x"}', "null", "{"])
def test_another_json_is_no_store(store, content):
    (store.folder / CARD).write_text(content)
    with pytest.raises(CellocateError, match="altered"):
        read_card(store.folder)


def test_a_store_of_a_later_version_is_refused_as_such(store):
    content = json.loads((store.folder / CARD).read_text())
    (store.folder / CARD).write_text(json.dumps({**content, "format": 2}))
    with pytest.raises(CellocateError, match=r"later version.*Update cellocate"):
        Store(store.folder)


def test_a_card_that_was_edited_is_refused(store):
    content = json.loads((store.folder / CARD).read_text())
    (store.folder / CARD).write_text(json.dumps({**content, "channels": ["blue", "green", "red", "yellow"]}))
    with pytest.raises(CellocateError, match="altered"):
        Store(store.folder)


def test_nothing_is_left_of_a_shard_that_failed(tmp_path):
    def fields():
        yield noise(20, 20)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_shard(tmp_path, 0, (8, 16), fields())
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_store_is_opened_once_in_a_process(store):
    open_store.cache_clear()
    first, _ = in_store({"red": place(store.folder, 0)})
    second, _ = in_store({"red": place(store.folder, 1)})
    assert first is second

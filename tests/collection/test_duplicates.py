"""Near duplicates: every pair that a plain comparison finds and no other, and real images changed and unchanged."""

import io

import cv2
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from small_collections import write_fields

from cellocate import phantom
from cellocate.collection import inspect, open_collection
from cellocate.collection.duplicates import BITS, clusters, fingerprint, hash_thumbnail, near_pairs, parse_fingerprints
from cellocate.collection.image_quality import is_blank, thumbnail
from cellocate.errors import CellocateError
from cellocate.images import read_field, write_png


@st.composite
def hash_tables(draw):
    """Some fields, some of them near others, some with blank channels."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    count = draw(st.integers(0, 40))
    table = rng.integers(1, 2**63, (count, 3)).astype(np.uint64)
    for row in range(1, count):
        if rng.random() < 0.5:
            flips = [sum(1 << int(b) for b in rng.choice(64, rng.integers(0, 15), replace=False)) for _ in range(3)]
            table[row] = table[rng.integers(row)] ^ np.array(flips, np.uint64)
    table[rng.random(table.shape) < draw(st.sampled_from([0, 0.2, 0.8]))] = 0
    return table


def plainly(table, bits):
    rows = [[int(v) for v in row] for row in table]
    tell = [sum(v != 0 for v in row) >= 2 for row in rows]
    return {
        (i, j)
        for j in range(len(rows))
        for i in range(j)
        if tell[i] and tell[j] and all((a ^ b).bit_count() <= bits for a, b in zip(rows[i], rows[j], strict=True))
    }


@given(table=hash_tables(), bits=st.integers(0, 20))
def test_the_pairs_are_those_of_a_plain_comparison(table, bits):
    found = [tuple(pair) for pairs in near_pairs(table, bits) for pair in pairs.tolist()]
    assert len(found) == len(set(found))
    assert set(found) == plainly(table, bits)


@given(table=hash_tables())
def test_clusters_are_what_pairs_link(table):
    number = clusters(table)
    expected = list(range(len(table)))
    for i, j in plainly(table, BITS):
        expected = [expected[i] if e == expected[j] else e for e in expected]
    same = np.equal.outer(number, number)
    assert (same == np.equal.outer(expected, expected)).all()


@settings(max_examples=20)
@given(table=hash_tables())
def test_small_strips_and_few_kept_pairs_change_nothing(table):
    from cellocate.collection import duplicates

    whole = clusters(table)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(duplicates, "_STRIP", 7)
        patch.setattr(duplicates, "_EDGES", 1)
        number = clusters(table)
    assert (np.equal.outer(number, number) == np.equal.outer(whole, whole)).all()


def test_blank_channels_do_not_make_all_alike():
    rng = np.random.default_rng(0)
    table = rng.integers(1, 2**63, (500, 3)).astype(np.uint64)
    for blank in ([0], [1, 2], [0, 1, 2]):
        some = table.copy()
        some[:, blank] = 0
        assert len(set(clusters(some))) == 500
    assert len(set(clusters(np.zeros((5, 3), np.uint64)))) == 5


@pytest.fixture(scope="module")
def fields(tmp_path_factory):
    """Ten simulated fields: id → channels."""
    folder = tmp_path_factory.mktemp("alike") / "phantoms"
    phantom.simulate(folder, fields=10, size=256, seed=5, workers=1)
    collection = open_collection(folder)
    return {field: read_field(collection.files(field)) for field in collection.ids}


def perceptual_hash(plane):
    small = thumbnail(plane)
    return 0 if is_blank(plane, small) else hash_thumbnail(small)


def of(field):
    return np.array([perceptual_hash(plane) for plane in field[:3]], np.uint64)


def jpeg(plane):
    file = io.BytesIO()
    Image.fromarray(plane).save(file, format="JPEG", quality=60)
    return np.asarray(Image.open(file))


CHANGES = {
    "JPEG": jpeg,
    "brighter": lambda p: cv2.convertScaleAbs(p, alpha=1.2, beta=4),
    "darker": lambda p: cv2.convertScaleAbs(p, alpha=0.6),
    "half the size": lambda p: cv2.resize(p, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA),
    "16 bits": lambda p: p.astype(np.uint16) * 257,
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_copy_is_a_near_duplicate_and_no_other_field_is(fields, change):
    table = np.array([of(f) for f in fields.values()] + [of([CHANGES[change](p) for p in f]) for f in fields.values()])
    number = clusters(table)
    assert len(set(number[:10])) == 10
    assert (number[:10] == number[10:]).all()


@pytest.mark.parametrize("turn", [np.fliplr, np.rot90])
def test_a_turned_copy_is_none(fields, turn):
    first = next(iter(fields.values()))
    assert len(set(clusters(np.array([of(first), of([turn(p) for p in first])])))) == 2


@pytest.mark.parametrize("name", ["kaggle2018", "kaggle2021", "hpa_web", "collages"])
def test_no_two_real_fields_are_near_duplicates(real_data, name):
    found = inspect(open_collection(real_data / name), decode=True)
    assert (found.near_duplicates, found.duplicates) == ([], [])


@pytest.mark.parametrize("change", CHANGES)
def test_changed_copies_of_real_fields_are_found(real_data, change):
    collection = open_collection(real_data / "kaggle2018")
    real = [read_field(collection.files(field)) for field in collection.ids[:20]]
    number = clusters(np.array([of(f) for f in real] + [of([CHANGES[change](p) for p in f]) for f in real]))
    assert (number[:20] == number[20:]).all()
    assert len(set(number)) == 20


def test_flat_and_noisy_channels_have_no_hash():
    rng = np.random.default_rng(0)
    assert perceptual_hash(np.full((64, 64), 7, np.uint8)) == 0
    for mean in (0.1, 2, 20):
        assert perceptual_hash(rng.poisson(mean, (512, 512)).astype(np.uint16)) == 0


@given(digest=st.text("0123456789abcdef", min_size=1), hashes=st.tuples(*[st.integers(0, 2**64 - 1)] * 3))
def test_fingerprints_are_read_as_written(digest, hashes):
    digests, table = parse_fingerprints(pd.Series([fingerprint(digest, hashes), "", None]))
    assert digests == [digest, "", ""]
    assert table.tolist() == [list(hashes), [0, 0, 0], [0, 0, 0]]


@pytest.mark.parametrize("word", ["x", "a-1-2", "a-1-2-xyz", "a-1-2-fffffffffffffffff", "a-1-2-3-4"])
def test_what_is_no_fingerprint_is_refused(word):
    with pytest.raises(CellocateError, match="not a fingerprint"):
        parse_fingerprints(pd.Series([word]))


def test_fields_of_one_channel_are_not_compared(tmp_path):
    write_fields(tmp_path, ("a", "b"), ("green",))
    write_png(tmp_path / "c_green.png", np.zeros((12, 10), np.uint8))
    assert inspect(open_collection(tmp_path), decode=True).near_duplicates == []

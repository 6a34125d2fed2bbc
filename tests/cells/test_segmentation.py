"""Cells of fields that are known: drawn discs, phantoms, and what is no field of cells at all."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as sparingly
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from cellocate.cells.segmentation import SegmentationSettings, label_cells, segment
from cellocate.cells.segmentation.cell_maps import cell_map
from cellocate.cells.segmentation.nuclei import label_nuclei, nuclei_map, numbered
from cellocate.cells.segmentation.nucleus_sizes import nucleus_px
from cellocate.cells.segmentation.resampling import enlarged_labels, shrunk_labels
from cellocate.errors import CellocateError
from cellocate.images import CHANNELS, read_channel, read_field
from cellocate.images.rle import masks_of, overlaps
from cellocate.phantom import PhantomField, simulate_field

PIXEL = 0.64  # µm; of a phantom of 256 px


@pytest.fixture(scope="module")
def phantom() -> PhantomField:
    return simulate_field([0, 25], size=256, seed=3)


def found_of(truth, said, at=0.5):
    """The share of true cells that are found, and of found cells that are true."""
    drawn, found = list(masks_of(truth).values()), list(masks_of(said).values())
    hits = int((overlaps(found, drawn) > at).sum())
    return hits / len(drawn), hits / len(found)


def discs(places, radius=20, shape=(200, 300), brightness=150):
    image = np.full(shape, 10, np.uint8)
    for x, y in places:
        cv2.circle(image, (x, y), radius, brightness, -1)
    return cv2.GaussianBlur(image, (0, 0), 1)


def labelled(dna, pixel_size=0.33):
    return label_nuclei(nuclei_map(dna, pixel_size), pixel_size)


def test_most_cells_of_a_phantom_are_found(phantom):
    found = segment(phantom.channels, CHANNELS, PIXEL)
    for truth, said in ((phantom.nuclei, found.nuclei), (phantom.cells, found.cells)):
        recall, precision = found_of(truth, said)
        assert recall > 0.8
        assert precision > 0.8


def test_an_answer_keeps_its_promises(phantom):
    found = segment(phantom.channels, CHANNELS, PIXEL)
    count = int(found.cells.max())
    assert found.cells.dtype == found.nuclei.dtype == np.uint16
    assert np.unique(found.cells).tolist() == np.unique(found.nuclei).tolist() == list(range(count + 1))
    inside = found.nuclei > 0
    assert (found.cells[inside] == found.nuclei[inside]).all()
    for picture in (found.nuclei_map, found.cell_map):
        assert picture.shape == found.cells.shape
        assert picture.dtype == np.float32
        assert 0 <= picture.min() <= picture.max() <= 1
    border = np.concatenate([found.cells[0], found.cells[-1], found.cells[:, 0], found.cells[:, -1]])
    assert np.flatnonzero(found.edge).tolist() == [int(n) - 1 for n in np.unique(border) if n]
    assert (found.pixel_size, found.estimated, found.notes) == (PIXEL, False, ())


def test_the_same_field_gives_the_same_cells(phantom):
    one, other = (segment(phantom.channels, CHANNELS, PIXEL).cells for _ in range(2))
    assert (one == other).all()


def test_depth_and_brightness_do_not_matter(phantom):
    cells = segment(phantom.channels, CHANNELS, PIXEL).cells
    deep = segment(phantom.channels.astype(np.uint16) * 100, CHANNELS, PIXEL).cells
    assert min(found_of(cells, deep, at=0.95)) == 1


def test_touching_nuclei_are_parted_and_lone_ones_are_not():
    labels = labelled(discs([(60, 60), (98, 60), (200, 120)]))
    assert labels.max() == 3
    assert len({int(labels[60, 55]), int(labels[60, 100]), int(labels[120, 200])}) == 3


def test_a_dim_nucleus_beside_a_bright_one_has_its_whole_outline():
    image = np.maximum(discs([(80, 100)], brightness=250), discs([(200, 100)], brightness=45))
    dim = labelled(image) == labelled(image)[100, 200]
    assert dim.sum() == pytest.approx(np.pi * 20**2, rel=0.12)


def test_an_uneven_field_hides_no_nucleus():
    places = [(40, 40), (150, 40), (260, 40), (40, 150), (150, 150), (260, 150)]
    light = np.linspace(0, 150, 300)[None, :] * np.linspace(0.2, 1, 200)[:, None]
    assert labelled((discs(places, brightness=90) + light).astype(np.uint8)).max() == 6


def test_saturated_nuclei_are_nuclei():
    assert labelled(discs([(60, 60), (200, 120)], brightness=255)).max() == 2


def test_debris_is_none():
    image = discs([(60, 60), (200, 120)])
    cv2.circle(image, (130, 40), 4, 255, -1)
    assert labelled(image).max() == 2


@pytest.mark.parametrize("size", [128, 384])
def test_pixel_sizes_give_the_same_cells(size):
    field = simulate_field([0], size=size, seed=3)
    recall, precision = found_of(field.cells, segment(field.channels, CHANNELS, 163.84 / size).cells)
    assert min(recall, precision) > 0.7


@pytest.mark.parametrize("radius", [6, 15, 40])
def test_the_size_of_nuclei_is_estimated(radius):
    places = [(x, y) for x in range(2 * radius, 12 * radius, 4 * radius) for y in (2 * radius, 6 * radius)]
    dna = discs(places, radius, (8 * radius, 13 * radius))
    assert nucleus_px(dna) == pytest.approx(2 * radius, rel=0.15)
    found = segment(dna[None], ["blue"])
    assert found.estimated
    assert found.pixel_size == pytest.approx(13 / (2 * radius), rel=0.15)
    assert found.cells.max() == len(places)
    assert "pixel size was not given" in found.notes[0]


def test_nuclei_alone_give_bounded_cells_and_say_so(phantom):
    found = segment(phantom.channels[2:3], ["blue"], PIXEL, SegmentationSettings(ring=5))
    assert found.cell_map is None
    assert found.notes == ("Neither microtubules nor ER are visible: cells are drawn 5 µm around each nucleus.",)
    away = cv2.distanceTransform((found.nuclei == 0).astype(np.uint8), cv2.DIST_L2, 5) * PIXEL
    assert 4 < away[found.cells > 0].max() < 5 + 2 * PIXEL


def test_blank_landmarks_count_as_none(phantom):
    blank = phantom.channels.copy()
    blank[[0, 3]] = 0
    assert segment(blank, CHANNELS, PIXEL).cell_map is None


def test_one_landmark_is_enough(phantom):
    found = segment(phantom.channels[[2, 0]], ["blue", "red"], PIXEL)
    assert min(found_of(phantom.cells, found.cells)) > 0.75


def test_cells_end_where_they_are_dim():
    nuclei = np.zeros((100, 200), np.uint16)
    nuclei[40:60, 20:40], nuclei[40:60, 100:120] = 1, 2
    light = np.full(nuclei.shape, 0.8, np.float32)
    light[:, 80:84] = 0.55  # nearer to the second nucleus
    cells = label_cells(nuclei, light, 0.36)
    assert cells[50, 74] == 1
    assert cells[50, 90] == 2


def test_cells_reach_no_further_than_asked():
    nuclei = np.zeros((80, 300), np.uint16)
    nuclei[30:50, 10:30] = 1
    cells = label_cells(nuclei, np.full(nuclei.shape, 0.9, np.float32), 0.36, SegmentationSettings(reach=30))
    assert 30 + 30 / 0.36 - 3 < np.flatnonzero(cells[40]).max() < 30 + 30 / 0.36 + 3


def test_a_cell_may_have_two_nuclei():
    dna, red = discs([(125, 100), (172, 100)]), discs([(150, 100)], radius=80)
    field, names = np.stack([red, dna]), ["red", "blue"]
    assert segment(field, names, 0.33).cells.max() == 2
    joined = segment(field, names, 0.33, SegmentationSettings(several_nuclei=True))
    assert joined.cells.max() == joined.nuclei.max() == len(joined.edge) == 1


BLANK = np.zeros((4, 64, 64), np.uint8)


@pytest.mark.parametrize(
    "field",
    [BLANK, BLANK + 255, np.random.default_rng(0).poisson(6, (4, 200, 200)).astype(np.uint8), BLANK[:, :1, :1]],
    ids=["black", "saturated", "noise", "one pixel"],
)
@pytest.mark.parametrize("pixel_size", [None, 0.32])
def test_where_no_nuclei_are_there_are_no_cells(field, pixel_size):
    found = segment(field, CHANNELS, pixel_size)
    assert not found.cells.any()
    assert len(found.edge) == 0
    assert found.notes[-1] == "The field is nearly empty: no cell stands out from the noise."


def test_single_pixels_are_no_nuclei():
    field = np.zeros((1, 256, 256), np.uint8)
    field[0, ::16, ::16] = 255
    assert not segment(field, ["blue"], 0.32).cells.any()


def test_a_giant_nucleus_is_one_nucleus():
    dna = discs([(150, 100)], radius=80)
    assert segment(dna[None], ["blue"]).cells.max() == 1


def test_hundreds_of_nuclei_are_all_found():
    places = [(x, y) for x in range(20, 1000, 28) for y in range(20, 600, 28)]
    assert segment(discs(places, 9, (620, 1020))[None], ["blue"], 0.6).cells.max() == len(places)


@pytest.mark.parametrize(
    ("field", "channels", "pixel_size", "words"),
    [
        (BLANK[:2], ("red", "green"), None, "no channel of nuclei among red, green"),
        (BLANK[0], CHANNELS, None, "a field of shape"),
        (BLANK[:2], CHANNELS, None, "a field of shape"),
        (BLANK[:, :0], CHANNELS, None, "a field of shape"),
        (BLANK.astype(np.float32), CHANNELS, None, "pixels of type float32"),
        (BLANK, CHANNELS, -1.0, "an impossible pixel size"),
        (BLANK, CHANNELS, float("nan"), "an impossible pixel size"),
    ],
)
def test_what_cannot_be_segmented_is_refused(field, channels, pixel_size, words):
    with pytest.raises(CellocateError, match=words):
        segment(field, channels, pixel_size)


@pytest.mark.parametrize("name", ["nucleus", "reach", "ring"])
@pytest.mark.parametrize("value", [0.0, -1.0, float("nan"), 1e6])
def test_lengths_that_are_none_are_refused(name, value):
    with pytest.raises(CellocateError, match=f"{name} of"):
        SegmentationSettings(**{name: value})


@sparingly(max_examples=25)
@given(
    arrays(np.uint8, st.tuples(st.integers(1, 4), st.integers(1, 40), st.integers(1, 40))),
    st.sampled_from([None, 0.1, 0.4, 1.3]),
)
def test_any_pixels_give_a_clear_answer(field, pixel_size):
    channels = ("blue", "red", "yellow", "green")[: len(field)]
    found = segment(field, channels, pixel_size)
    assert found.cells.shape == field.shape[1:]
    assert np.unique(found.cells[found.cells > 0]).tolist() == list(range(1, len(found.edge) + 1))


@given(arrays(np.uint16, st.tuples(st.integers(1, 9), st.integers(1, 9)), elements=st.integers(0, 20)))
def test_numbers_have_no_gaps(labels):
    new = numbered(labels)
    pairs = {(int(a), int(b)) for a, b in zip(labels.ravel(), new.ravel(), strict=True)}
    assert len(pairs) == len(np.unique(labels))
    assert sorted(set(new.ravel().tolist()) - {0}) == list(range(1, len(set(labels.ravel().tolist()) - {0}) + 1))
    assert ((labels == 0) == (new == 0)).all()


def test_labels_come_back_from_a_coarser_picture():
    labels = np.zeros((240, 330), np.uint16)
    cv2.circle(labels, (90, 100), 60, 3, -1)
    cv2.circle(labels, (220, 120), 70, 700, -1)
    back = enlarged_labels(shrunk_labels(labels, 0.25), labels.shape)
    for number in (3, 700):
        one, other = labels == number, back == number
        assert (one & other).sum() / (one | other).sum() > 0.93
    assert set(np.unique(back)) == {0, 3, 700}


def test_no_nucleus_is_lost_in_a_coarser_picture():
    labels = np.zeros((40, 40), np.uint16)
    labels[1, 1], labels[38, 39] = 1, 2
    assert set(np.unique(shrunk_labels(labels, 0.2))) == {0, 1, 2}


def test_the_map_of_cells_is_half_at_their_border(phantom):
    shown = cell_map(dict(zip(CHANNELS, phantom.channels, strict=True)), PIXEL)
    inside, outside = shown[phantom.cells > 0], shown[phantom.cells == 0]
    assert (inside > 0.5).mean() > 0.85
    assert (outside < 0.5).mean() > 0.85


@pytest.mark.parametrize(("name", "least"), [("gnf_dna-22", 0.85), ("ic100_dna-35", 0.65)])
def test_hand_drawn_nuclei_are_found(real_data, name, least):
    """A dark and an uneven image; the bounds are a little below what was found, to notice a loss."""
    truth = read_channel(real_data / "nuclei" / f"{name}_nuclei.png", "blue")
    found = segment(read_channel(real_data / "nuclei" / f"{name}_dna.png", "blue")[None], ["blue"])
    assert min(found_of(truth, found.nuclei)) > least


def test_a_collage_has_nine_cells(real_data):
    folder = real_data / "collages" / "images"
    field = read_field({c: folder / f"mixed_img10_{c}.jpg" for c in CHANNELS})
    assert segment(field, CHANNELS).cells.max() == 9


def test_what_an_empty_field_shows_is_noise_and_no_cells():
    rng = np.random.default_rng(4)
    field = rng.poisson(1.5, (4, 512, 512)).astype(np.uint8)
    for x, y, radius in ((100, 200, 9), (400, 300, 7)):  # specks of 26 and 15 µm²
        cv2.circle(field[2], (x, y), radius, 30, -1)
    found = segment(field, CHANNELS, 0.32)
    assert not found.cells.any()
    assert found.notes[0] == "The field is nearly empty: no cell stands out from the noise."


def test_cells_end_at_noise_however_black_the_field_is(phantom):
    """One bright cell in a corner, and beside it mere noise, which a stretched picture would show as cells."""
    rng = np.random.default_rng(0)
    field = rng.poisson(0.5, (4, 512, 512)).astype(np.uint8)
    field[:, 300:, 300:] += phantom.channels[:, 22:234, 22:234]
    found = segment(field, CHANNELS, 0.64)
    assert found.cells.any()
    assert not found.cells[:280].any()
    assert not found.cells[:, :280].any()


def test_near_black_parts_of_real_fields_have_no_cells(real_data):
    folder = real_data / "kaggle2018" / "train"
    for field, top, left in (
        ("354ba852", 320, 320),
        ("172fa1ca", 320, 320),
        ("1ef542c8", 0, 256),
        ("20d2b914", 0, 320),
    ):
        name = next(folder.glob(f"{field}*_blue.png")).name.removesuffix("_blue.png")
        pixels = read_field({c: folder / f"{name}_{c}.png" for c in CHANNELS})
        found = segment(pixels[:, top : top + 192, left : left + 192], CHANNELS, 0.32)
        assert (found.cells > 0).mean() < 0.01


def test_small_things_among_nuclei_are_debris_unless_cut_off():
    places = [(60, 60), (140, 60), (220, 60), (60, 140), (140, 140)]
    image = discs(places)
    cv2.circle(image, (220, 140), 8, 150, -1)  # a sixth of the others' area
    cv2.circle(image, (297, 100), 8, 150, -1)  # at the border
    labels = labelled(image)
    assert labels[140, 220] == 0
    assert labels[100, 297] > 0


def test_a_dark_line_makes_a_cut_cheap():
    """Two nuclei that touch along most of their width are parted where they are dim there, and else are one."""
    image = np.full((200, 300), 10, np.uint8)
    for x in (130, 161):
        cv2.ellipse(image, (x, 100), (16, 26), 0, 0, 360, 150, -1)
    image[90:110, 130:160] = 150
    dim = image.copy()
    dim[60:140, 144:148] = np.minimum(dim[60:140, 144:148], 90)
    assert labelled(cv2.GaussianBlur(dim, (0, 0), 1)).max() == 2
    assert labelled(cv2.GaussianBlur(image, (0, 0), 1)).max() == 1

"""What a mask means: each kind that people have, and what becomes of it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.color import label2rgb
from skimage.segmentation import find_boundaries

from cellocate.cells.masks import as_label_image
from cellocate.cells.masks.refusals import refuse_run_out
from cellocate.errors import CellocateError


def grid(rows: int = 4, columns: int = 5, side: int = 9, gap: int = 4) -> np.ndarray:
    """Square cells in rows, 1 to n, with gaps around them."""
    cell = np.pad(np.ones((side, side), np.int64), ((gap, 0), (gap, 0)))
    numbers = np.arange(1, rows * columns + 1).reshape(rows, columns)
    return np.pad(np.kron(numbers, np.ones_like(cell)) * np.tile(cell, (rows, columns)), ((0, gap), (0, gap)))


CELLS = grid()


def painted(labels: np.ndarray, background: int = 0) -> np.ndarray:
    """Each number in a colour of its own."""
    number = np.arange(labels.max() + 1)
    palette = np.stack([40 + number, 250 - 2 * number, 7 * number % 256], axis=1)
    palette[0] = background
    return palette[labels].astype(np.uint8)


def numbers_of(labels: np.ndarray) -> list[int]:
    return np.unique(labels[labels > 0]).tolist()


@pytest.mark.parametrize(
    "dtype", [np.uint8, np.int16, np.uint16, np.int32, np.uint32, np.int64, np.float32, np.float64]
)
def test_a_label_image_is_taken_as_it_is(dtype):
    labels = np.where(CELLS > 3, CELLS + 100, CELLS)
    read = as_label_image(labels.astype(dtype), labels.shape)
    assert read.labels.dtype == np.uint16
    assert np.array_equal(read.labels, labels)
    assert (read.notes, read.renumbered) == ((), False)


@pytest.mark.parametrize("mask", [CELLS > 0, (CELLS > 0) * 1, (CELLS > 0) * 255, (CELLS > 0) * 65_535])
def test_pieces_of_a_binary_mask_are_cells(mask):
    read = as_label_image(mask)
    assert np.array_equal(read.labels, CELLS)
    assert read.renumbered
    [note] = read.notes
    assert note == (
        f"{int(mask.max())} marks 20 separate pieces (a binary mask): each is read as a cell, touching cells as one"
    )


def test_cells_of_a_binary_mask_may_touch_at_a_corner_and_specks_are_left_out():
    mask = np.zeros((20, 20), int)
    mask[2:10, 2:10], mask[10:18, 10:18], mask[15, 2], mask[4, 16] = 1, 1, 1, 1
    read = as_label_image(mask)
    assert [int((read.labels == n).sum()) for n in numbers_of(read.labels)] == [64, 64]
    assert read.notes[1] == "2 specks of at most 1 px in the mask are left out"


def test_one_cell_may_have_crumbs():
    mask = np.zeros((40, 40), int)
    mask[3:20, 3:20], mask[25, 25] = 255, 255
    read = as_label_image(mask)
    assert np.array_equal(read.labels, mask)
    assert read.notes == ()


def test_an_empty_mask_has_no_cells():
    for mask in (np.zeros((4, 5), np.uint8), np.zeros((4, 5), bool), np.zeros((4, 5, 3), np.uint8)):
        read = as_label_image(mask, (4, 5))
        assert not read.labels.any()
        assert read.notes == ("the mask is empty: it marks no cell",)


def test_a_cell_under_another_stays_one():
    labels = np.where(CELLS == 1, 0, CELLS)
    labels[30:43, 30:38] = 21
    labels[28:45, 33:35] = 22
    read = as_label_image(labels)
    assert np.array_equal(read.labels, labels)
    assert read.notes == ("1 number of the mask marks several pieces close together: each number is read as one cell",)


def test_a_number_that_was_used_twice_is_two_cells():
    read = as_label_image(np.where(CELLS == 20, 1, CELLS))
    assert np.array_equal(read.labels, CELLS)
    [note] = read.notes
    assert note == "1 number of the mask marks several pieces: each piece is read as a cell, touching cells as one"


@pytest.mark.parametrize("colours", [3, 7, 10])
def test_numbers_that_repeat_as_in_a_palette_are_pieces(colours):
    read = as_label_image(np.where(CELLS > 0, (CELLS - 1) % colours + 1, 0))
    assert np.array_equal(read.labels, CELLS)
    assert read.renumbered


def test_numbers_that_ran_out_are_refused():
    many = grid(17, 17, 4, 2)
    whole = as_label_image(many.astype(np.uint16))
    assert np.array_equal(whole.labels, many)
    for mask in (many.astype(np.uint8), np.minimum(many, 255), np.where(many > 0, (many - 1) % 255 + 1, 0)):
        with pytest.raises(CellocateError, match=r"numbers up to 255 mark several cells.*with 16 bits"):
            as_label_image(mask)
    with pytest.raises(CellocateError, match=r"numbers up to 65535 .*with 32 bits"):
        refuse_run_out(np.arange(1, 65_536))


def test_classes_are_no_cells():
    for side, gap in ((9, 4), (11, 0)):  # cells that touch, too
        cells = grid(3, 4, side, gap)
        nuclei = np.kron(
            np.ones((3, 4), int), np.pad(np.ones((3, 3), int), ((gap + side // 2 - 1, side // 2 - 1),) * 2)
        )
        nuclei = np.pad(nuclei, ((0, gap), (0, gap)))
        for nucleus, cytoplasm in ((1, 2), (2, 1), (255, 128)):
            mask = np.pad(np.where(nuclei > 0, nucleus, np.where(cells > 0, cytoplasm, 0)), 2)
            with pytest.raises(
                CellocateError, match=rf"classes, not of cells: {nucleus} marks 12 pieces.* {cytoplasm}\."
            ):
                as_label_image(mask)
    apart = np.where(nuclei > 0, 0, cells) + np.where(nuclei > 0, cells + 100, 0)
    with pytest.raises(CellocateError, match="12 of 24 numbers lie each inside another"):
        as_label_image(np.pad(apart, 2))


@pytest.mark.parametrize(
    ("mask", "expected", "note"),
    [
        (np.where(CELLS > 0, CELLS, 255), CELLS, "the background of the mask is 255, not 0"),
        (CELLS + 1, CELLS + 1, "the background of the mask is 1, not 0"),
        (CELLS - 1, CELLS, "the background of the mask is -1, and 0 is the number of a cell"),
        ((CELLS - 1).astype(np.uint16), CELLS, "the background of the mask is 65535, and 0 is the number of a cell"),
        (np.where(CELLS > 0, 0, 255), CELLS, "the mask is inverted: 255 is its background, and 0 marks the cells"),
    ],
)
def test_the_background_need_not_be_0(mask, expected, note):
    read = as_label_image(mask)
    assert np.array_equal(read.labels, np.where(CELLS > 0, expected, 0))
    assert read.notes[0] == note


def test_cells_may_cover_much_of_the_border():
    cells = grid(5, 5, 10, 2)[6:-6, 6:-6]
    for background in (26, 255):
        read = as_label_image(np.where(cells > 0, cells, background))
        assert np.array_equal(read.labels, cells)
    assert np.array_equal(as_label_image(cells).labels, cells)
    with pytest.raises(CellocateError, match="lines or points instead of areas: 1 of 1 pieces"):
        as_label_image(np.where(cells > 0, 0, 255))
    with pytest.raises(CellocateError, match="255 marks one area with 9 holes: touching cells, or the background"):
        as_label_image(np.where(grid(5, 5, 10, 4)[8:-8, 8:-8] > 0, 0, 255))


def test_outlines_are_no_cells():
    for outlines in (np.where(find_boundaries(CELLS, mode="inner"), CELLS, 0), find_boundaries(CELLS, mode="inner")):
        with pytest.raises(CellocateError, match="lines or points instead of areas: 20 of 20 pieces"):
            as_label_image(outlines)


def drawn(*, step):
    """Outlines of nine round cells, 1 px wide with diagonal steps; `step` leaves gaps in them."""
    y, x = np.indices((96, 96)) % 32 - 16
    inside = y**2 + x**2 < 144
    edge = inside & ~(np.roll(inside, 1, 0) & np.roll(inside, -1, 0) & np.roll(inside, 1, 1) & np.roll(inside, -1, 1))
    return edge & (np.add(*np.indices((96, 96))) // step % 2 == 0)


@pytest.mark.parametrize("step", [1000, 8, 3])
@pytest.mark.parametrize("number", [1, 255, [255, 0, 0]])
def test_thin_outlines_of_one_number_are_no_cells(step, number):
    mask = drawn(step=step)[..., None] * np.array(number, np.uint8)
    with pytest.raises(CellocateError, match="lines or points instead of areas"):
        as_label_image(mask)


@pytest.mark.parametrize("numbers", [[255] * 9, range(1, 10)])
def test_points_and_skeletons_are_no_cells(numbers):
    mask = np.zeros((96, 96), np.uint8)
    mask[16::32, 16::32] = np.reshape(numbers, (3, 3))
    for skeleton in (mask, np.maximum(mask, np.roll(mask, 1, axis=1))):
        with pytest.raises(CellocateError, match="lines or points instead of areas: 9 of 9 pieces"):
            as_label_image(skeleton)


def test_a_lone_speck_in_a_mask_is_a_cell():
    mask = np.zeros((96, 96), np.uint8)
    mask[16:18, 16:18] = 255
    assert np.array_equal(as_label_image(mask).labels, mask)


def test_broad_outlines_are_read_with_a_note():
    cells = grid(2, 2, 40, 8)
    inner = grid(2, 2, 32, 16)[4:-4, 4:-4] > 0
    for mask in (np.where(inner, 0, cells), np.where(inner, 0, cells > 0)):
        assert as_label_image(mask).notes[-1].startswith("most cells are rings around holes larger")
    cytoplasm = np.where(grid(2, 2, 20, 28)[10:-10, 10:-10] > 0, 0, cells)
    assert as_label_image(cytoplasm).notes == ()


def test_a_net_of_lines_on_white_is_read_with_a_note():
    read = as_label_image(np.where(grid(3, 3, 20, 1)[1:-1, 1:-1] > 0, 255, 0))
    assert read.notes[0].startswith("0 marks only lines")
    assert read.labels.max() == 9


def test_one_large_area_may_be_cells_that_touch():
    read = as_label_image(np.pad(np.full((20, 20), 255), 5))
    assert numbers_of(read.labels) == [255]
    assert read.notes == ("255 marks one large area: it is read as one cell",)


def test_lines_between_cells_are_no_cells():
    touching = grid(4, 5, 12, 0)
    for background, line in ((1, -1), (0, 99), (1, 0)):
        mask = np.pad(
            np.where(find_boundaries(touching, mode="inner"), line, touching + 1), 6, constant_values=background
        )
        read = as_label_image(mask)
        assert numbers_of(read.labels) == list(range(2, 22))
        assert not read.labels[mask == line].any()
        assert read.notes


def test_a_region_around_the_cells_is_no_cell():
    height, width = CELLS.shape
    frame = np.zeros((height + 40, width + 40), np.int64)
    frame[10:-10, 10:-10] = 21
    whole = np.pad(CELLS, 20)
    line = np.where(find_boundaries(frame, mode="inner"), 21, 0)
    for around in (frame, line):
        read = as_label_image(np.where(whole > 0, whole, around))
        assert np.array_equal(read.labels, whole)
        assert read.notes == ("1 region around cells in the mask is not a cell and was left out",)


def test_every_pixel_may_be_in_a_cell():
    read = as_label_image(grid(5, 5, 10, 0))
    assert len(numbers_of(read.labels)) == 25
    assert read.notes == ("the mask has no background: each of its pixels is in a cell",)


@pytest.mark.parametrize(
    ("mask", "message"),
    [
        (np.ones((30, 30), int), "a mask of 1 alone"),
        (np.repeat([[1, 2]], 15, axis=1).repeat(30, axis=0), "no 0 in a mask of 1, 2, and no clear background"),
        (
            np.pad(np.zeros((10, 10), int), 9, constant_values=255),
            "255 and 0, either of which may be the background",
        ),
        (np.where(CELLS > 0, CELLS - 10, 0), "numbers of cells from -9 to 10, with no clear background"),
        (CELLS / 20, r"\(probabilities, or scaled numbers\) instead of cell numbers"),
        (CELLS + 0.5, "fractions instead of cell numbers"),
        (np.where(CELLS > 0, np.nan, 0), "fractions instead of cell numbers"),
        (CELLS.astype(complex), "a mask of complex128"),
        (np.where(CELLS > 0, 2**60, 0), "numbers of cells up to 1152921504606846976"),
        (np.stack([CELLS, CELLS]), "a mask of shape 2 × 56 × 69, which is not one plane"),
        (painted(CELLS).astype(np.uint16) * 256, "in colours of more than 8 bits"),
    ],
)
def test_what_has_no_one_meaning_is_refused(mask, message):
    with pytest.raises(CellocateError, match=message):
        as_label_image(mask, where="a_cells.png")


@pytest.mark.parametrize("background", [0, 255])
def test_colours_are_numbers(background):
    read = as_label_image(painted(CELLS, background))
    assert np.array_equal(read.labels, CELLS)
    assert read.notes[-1] == "the mask is a picture in 20 colours: each is read as a number"
    assert read.notes[:-1] == (("the background of the mask is #ffffff, not 0",) if background else ())
    assert read.renumbered


def test_colours_may_repeat():
    read = as_label_image((label2rgb(CELLS, bg_label=0) * 255).astype(np.uint8))
    assert np.array_equal(read.labels, CELLS)
    assert [note.split()[0] for note in read.notes] == ["the", "10"]


def test_grey_may_be_saved_as_colour_and_with_alpha():
    grey = CELLS.astype(np.uint8)
    opaque, transparent = np.full_like(grey, 255), np.where(CELLS > 0, 255, 0).astype(np.uint8)
    for samples in ([grey] * 3, [grey] * 3 + [opaque], [grey, opaque], [grey, np.zeros_like(grey)]):
        read = as_label_image(np.stack(samples, axis=-1))
        assert np.array_equal(read.labels, CELLS)
        assert read.notes == ()
    read = as_label_image(np.dstack([painted(CELLS, 255), transparent]))
    assert np.array_equal(read.labels, CELLS)
    with pytest.raises(CellocateError, match="half-transparent pixels"):
        as_label_image(np.dstack([painted(CELLS), transparent // 2 + 3]))


def test_what_is_nan_or_transparent_is_in_no_cell():
    with_nan = np.where(CELLS > 0, CELLS, np.nan).astype(np.float32)
    assert np.array_equal(as_label_image(with_nan).labels, CELLS)
    black = np.dstack([np.zeros((*CELLS.shape, 3), np.uint8), np.where(CELLS > 0, 255, 0).astype(np.uint8)])
    assert np.array_equal(as_label_image(black).labels, CELLS)


def test_smoothed_masks_photographs_and_noise_are_refused():
    import cv2

    rng = np.random.default_rng(0)
    cells = grid(6, 6, 20, 5)
    smoothed = [
        cv2.resize(cells.astype(np.uint16), None, fx=f, fy=f, interpolation=cv2.INTER_LINEAR) for f in (0.5, 1.5, 2)
    ]
    coloured = cv2.resize(painted(cells), None, fx=1.5, fy=1.5, interpolation=cv2.INTER_LINEAR)
    lossy = cv2.imdecode(cv2.imencode(".jpg", painted(cells))[1], cv2.IMREAD_COLOR)
    photograph = cv2.GaussianBlur(rng.normal(100, 20, (200, 200)), (0, 0), 2).astype(np.uint8)
    noise = (cells > 0) ^ (rng.random(cells.shape) < 0.05)
    for mask in (*smoothed, coloured, lossy, photograph, noise):
        with pytest.raises(CellocateError, match=r"not a label image: .* pieces are only 1 or 2 px wide"):
            as_label_image(mask)
    enlarged = cv2.resize(cells.astype(np.uint16), None, fx=2, fy=2, interpolation=cv2.INTER_NEAREST)
    assert as_label_image(enlarged).notes == ()


@pytest.mark.parametrize(
    ("shape", "mend"),
    [((69, 56), "rows and columns are swapped"), ((112, 138), "nearest neighbour"), ((9, 9), "as large")],
)
def test_masks_of_another_size_are_refused(shape, mend):
    what = f"masks on 69 × 56 px in a field of {shape[1]} × {shape[0]} px: a.png"
    with pytest.raises(CellocateError, match=f"{what}.*{mend}"):
        as_label_image(CELLS, shape, where="a.png")


def test_large_numbers_are_numbered_anew():
    read = as_label_image(np.where(CELLS > 0, CELLS * 1000 + 65_000, 0))
    assert np.array_equal(read.labels, CELLS)
    assert read.notes == ("the mask has numbers above 65535: cells are renumbered",)


def test_nuclei_of_one_cell_share_its_number():
    nuclei = np.zeros_like(CELLS)
    nuclei[5:8, 5:7], nuclei[5:8, 10:12] = 1, 1
    assert np.array_equal(as_label_image(nuclei, cells=CELLS).labels, nuclei)
    assert numbers_of(as_label_image(np.where(nuclei > 0, 255, 0), cells=CELLS).labels) == [1, 2]


def test_numbers_that_a_table_names_are_taken_as_they_are():
    twice = np.where(CELLS == 20, 1, CELLS)
    assert np.array_equal(as_label_image(twice, known=range(1, 21)).labels, twice)
    one = np.where((CELLS == 1) | (CELLS == 20), 1, 0)
    assert np.array_equal(as_label_image(one, known=[1]).labels, one)
    assert as_label_image(one, known=[1, 2]).renumbered


shapes = st.tuples(st.integers(1, 5), st.integers(1, 5), st.integers(6, 12), st.integers(1, 5))


@settings(max_examples=40)
@given(shapes, st.data())
def test_what_was_read_is_read_again_as_it_is(shape, data):
    cells = grid(*shape)
    n = int(cells.max())
    numbers = np.array([0, *data.draw(st.lists(st.integers(1, 65_535), min_size=n, max_size=n, unique=True))])
    as_named = as_label_image(numbers[cells])
    assert np.array_equal(as_named.labels, numbers[cells])
    assert as_named.notes in ((), (f"{numbers[-1]} marks one large area: it is read as one cell",))
    k = data.draw(st.integers(1, n))
    for mask in (cells > 0, np.where(cells > 0, (cells - 1) % k + 1, 0), painted(cells)):
        read = as_label_image(mask)
        assert np.array_equal(read.labels > 0, cells > 0)
        again = as_label_image(read.labels)
        assert np.array_equal(again.labels, read.labels)
        assert not again.renumbered


@settings(max_examples=150)
@given(st.data())
def test_any_numbers_are_read_or_refused(data):
    from hypothesis.extra.numpy import array_shapes, arrays

    dtype = data.draw(st.sampled_from([np.bool_, np.uint8, np.int8, np.int64, np.uint64, np.float32]))
    shape = data.draw(array_shapes(min_dims=2, max_dims=3, max_side=7))
    mask = data.draw(arrays(dtype, shape))
    try:
        read = as_label_image(mask)
    except CellocateError as error:
        assert "\n" not in str(error)  # noqa: PT017
    else:
        assert read.labels.ndim == 2
        assert read.labels.dtype == np.uint16

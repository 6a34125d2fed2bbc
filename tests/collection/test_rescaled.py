"""Images written again at another pixel size."""

import numpy as np
import pytest
from small_collections import pixels, tabled

from cellocate.collection import open_collection
from cellocate.collection.rescale import rescale
from cellocate.errors import CellocateError
from cellocate.images import read_channel, read_field, resize, write_png


def test_images_are_rescaled_to_a_pixel_size(tmp_path):
    for depth in (np.uint8, np.uint16):
        name = np.dtype(depth).name
        write_png(tmp_path / f"{name}_green.png", pixels(1, (60, 40), depth))
    collection = open_collection(tmp_path, pixel_size=0.1)
    after = rescale(collection, 0.2, tmp_path / "new")
    for field in collection.ids:
        before, small = (
            read_field(collection.files(field), ["green"]),
            read_channel(after.files(field)["green"], "green"),
        )
        assert (small.shape, small.dtype) == ((30, 20), before.dtype)
        assert (small == resize(before, 30, 20)[0].round()).all()
        assert after.pixel_size(field) == 0.2


@pytest.mark.parametrize(
    ("size", "fault"),
    [(0.02, "enlarged 5 times"), (1, r"a would become too small \(4×6 px\)"), (0, "impossible pixel size")],
)
def test_images_are_not_rescaled_beyond_sense(tmp_path, size, fault):
    write_png(tmp_path / "a_green.png", pixels(1, (60, 40)))
    with pytest.raises(CellocateError, match=fault):
        rescale(open_collection(tmp_path, pixel_size=0.1), size, tmp_path / "new")


def test_an_id_that_is_no_file_name_is_refused(tmp_path):
    write_png(tmp_path / "a_green.png", pixels(1))
    tabled(tmp_path, "Id,green\n../a,a_green.png\n", "listing.csv")
    with pytest.raises(CellocateError, match=r"'\.\./a' cannot be a file name"):
        rescale(open_collection(tmp_path, pixel_size=0.1), 0.1, tmp_path / "new")

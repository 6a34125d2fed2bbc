"""The pixel sizes that files of one channel say themselves."""

import gzip

import numpy as np
import pytest
import tifffile
from PIL import Image

from cellocate.collection import open_collection

GREY = np.arange(64, dtype=np.uint8).reshape(8, 8)
IMAGEJ = {"imagej": True, "resolution": (1 / 0.16, 1 / 0.16), "metadata": {"unit": "um"}}
OME = {"axes": "YX", "PhysicalSizeX": 0.16, "PhysicalSizeY": 0.3}
METAMORPH = (
    '<MetaData><prop id="Description" type="string" value="Exposure: 100 ms"/><PlaneInfo>'
    '<prop id="spatial-calibration-state" type="bool" value="{}"/>'
    '<prop id="spatial-calibration-x" type="float" value="0.325"/>'
    '<prop id="spatial-calibration-y" type="float" value="0.325"/>'
    '<prop id="spatial-calibration-units" type="string" value="um"/></PlaneInfo></MetaData>'
)


def sizes(collection):
    return [collection.pixel_size(i) for i in collection.ids]


def test_a_size_by_imagej_is_that_of_the_field(tmp_path):
    for field in "ab":
        tifffile.imwrite(tmp_path / f"{field}_blue.tif", GREY)  # saved again by a program that knows no size
        tifffile.imwrite(tmp_path / f"{field}_green.tif", GREY, **IMAGEJ)
    assert sizes(open_collection(tmp_path)) == [0.16, 0.16]
    assert sizes(open_collection(tmp_path, pixel_size=0.5)) == [0.5, 0.5]


@pytest.mark.parametrize(("state", "size"), [("on", 0.325), ("off", None)])
def test_a_size_by_metamorph_counts_where_it_is_switched_on(tmp_path, state, size):
    for wave in (1, 2):
        xml = METAMORPH.format(state)
        tifffile.imwrite(tmp_path / f"e_A01_s1_w{wave}.tif", GREY, description=xml, metadata=None, resolution=(72, 72))
    assert sizes(open_collection(tmp_path, channels={"nucleus": "w1", "protein": "w2"})) == [size]


@pytest.mark.parametrize("layout", ["folder", "pattern", "listing"])
def test_pixels_that_are_not_square_are_refused_unless_somebody_gives_a_size(tmp_path, layout):
    for channel in ("blue", "green"):
        tifffile.imwrite(tmp_path / f"a_{channel}.ome.tif", GREY, metadata=OME)
    if layout == "pattern":
        (tmp_path / "collection.yaml").write_text('pattern: "{id}_{channel}.ome.tif"\n')
    if layout == "listing":
        (tmp_path / "listing.csv").write_text("Id,green,blue\na,a_green.ome.tif,a_blue.ome.tif\n")
    [problem] = open_collection(tmp_path).problems
    assert problem.severity == "fault"
    assert problem.error.what == "pixels that are not square (0.16 × 0.3 µm)"
    given = open_collection(tmp_path, pixel_size=0.2)
    assert not given.problems
    assert sizes(given) == [0.2]


def test_a_size_that_is_not_understood_is_a_warning(tmp_path):
    tifffile.imwrite(tmp_path / "a_green.tif", GREY, imagej=True, resolution=(2, 2), metadata={"unit": "pixel"})
    collection = open_collection(tmp_path)
    [problem] = collection.problems
    assert problem.severity == "warning"
    assert problem.error.what == "a pixel size that is not understood (0.5 'pixel')"
    assert sizes(collection) == [None]


def test_a_table_goes_before_what_the_files_say(tmp_path):
    for field in "ab":
        tifffile.imwrite(tmp_path / f"{field}_green.tif", GREY, **IMAGEJ)
    (tmp_path / "listing.csv").write_text("Id,green,pixel_size\na,a_green.tif,0.4\nb,b_green.tif,\n")
    assert sizes(open_collection(tmp_path)) == [0.4, 0.16]


def test_of_gzipped_files_the_first_tells_whether_any_say_a_size(tmp_path):
    for field, options in (("a", IMAGEJ), ("b", IMAGEJ)):
        tifffile.imwrite(tmp_path / "x.tif", GREY, **options)
        (tmp_path / f"{field}_green.tif.gz").write_bytes(gzip.compress((tmp_path / "x.tif").read_bytes()))
    Image.fromarray(GREY).save(tmp_path / "c_green.png")
    assert sizes(open_collection(tmp_path)) == [0.16, 0.16, None]
    tifffile.imwrite(tmp_path / "x.tif", GREY)
    (tmp_path / "a_green.tif.gz").write_bytes(gzip.compress((tmp_path / "x.tif").read_bytes()))
    assert sizes(open_collection(tmp_path)) == [None, None, None]

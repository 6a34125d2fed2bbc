"""Images that no layout reads: counted in a note, or named with what to do."""

import numpy as np
import pytest
import tifffile
from small_collections import pixels, write_fields, write_yaml

from cellocate.collection import open_collection
from cellocate.errors import CellocateError
from cellocate.images import write_png


def test_stacks_beside_files_of_one_channel_are_counted(tmp_path):
    write_fields(tmp_path, channels=("blue", "green"))
    for i in range(3):
        stack = np.stack([pixels((i, j)) for j in range(4)])
        tifffile.imwrite(tmp_path / f"st{i}.tif", stack, imagej=True, metadata={"axes": "CYX"})
    note = "3 images in the folder are not read, such as st0.tif"
    assert open_collection(tmp_path).notes == (note,)
    for path in tmp_path.glob("*.png"):
        path.rename(path.with_stem(path.stem.replace("blue", "DAPI").replace("green", "protein")))
    assert open_collection(tmp_path).notes == (note,)


def test_pictures_beside_stacks_are_counted(tmp_path):
    meta = {"axes": "CYX", "Channel": {"Name": ["DAPI", "protein"]}}
    tifffile.imwrite(tmp_path / "a.ome.tif", np.stack([pixels(1), pixels(2)]), metadata=meta)
    write_png(tmp_path / "a.png", pixels(3))  # what it looks like
    assert open_collection(tmp_path).notes == ()
    write_png(tmp_path / "other.png", pixels(3))
    (tmp_path / "b.oib").touch()
    assert open_collection(tmp_path).notes == ("2 images in the folder are not read, such as b.oib",)


@pytest.mark.parametrize(
    "name",
    ["a_mask", "a_cp_masks", "a_cells", "a_nuclei", "a_overlay", "a_blue_red_green", "a_RGB", "a_thumb", "a", ".x"],
)
def test_what_is_left_out_on_purpose_is_not_counted(tmp_path, name):
    write_png(write_fields(tmp_path) / f"{name}.png", pixels(9))
    assert open_collection(tmp_path).notes == ()


def test_channels_that_nobody_names_are_not_counted(tmp_path):
    for token in ("left", "right", "middle"):
        for i in range(2):
            write_png(tmp_path / f"{i} {token}.png", pixels(i))
    assert open_collection(tmp_path, channels={"blue": "left", "green": "right"}).notes == ()


def test_planes_and_further_endings_are_read_and_not_counted(tmp_path):
    for z in range(3):
        for token in ("DAPI", "protein"):
            tifffile.imwrite(tmp_path / f"a_z{z}_{token}.tif", pixels((z, len(token))))
    [note] = open_collection(tmp_path).notes
    assert "not read" not in note


def test_files_of_a_pattern_or_a_list_are_chosen_by_the_user(tmp_path):
    write_fields(tmp_path)
    write_png(tmp_path / "other.png", pixels(1))
    assert open_collection(write_yaml(tmp_path, 'pattern: "{id}_{channel}.png"')).notes == ()
    (tmp_path / "collection.yaml").unlink()
    (tmp_path / "listing.csv").write_text("Id,green\na,a_green.png\n")
    assert open_collection(tmp_path).notes == ()


@pytest.mark.parametrize(
    ("ending", "maker", "mend"),
    [
        ("oib", "Olympus", "Export it as OME-TIFF"),
        ("LSM", "Zeiss", "Export it as OME-TIFF"),
        ("stk", "MetaMorph", "Export it as OME-TIFF"),
        ("ims", "Imaris", "Export it as OME-TIFF"),
        ("tf8", "BigTIFF", "Give it the ending .tif"),
        ("ome.btf", "BigTIFF", "Give it the ending .tif"),
        ("ome.zarr.zip", "packed OME-Zarr", "Unpack it"),
    ],
)
def test_formats_that_cannot_be_read_are_named_with_what_to_do(tmp_path, ending, maker, mend):
    (tmp_path / f"a.{ending}").write_bytes(b"II*")
    (tmp_path / "notes.txt").touch()
    for given in (tmp_path, tmp_path / f"a.{ending}"):
        with pytest.raises(CellocateError, match=rf"1 \.\S+ file \({maker}\), which cellocate does not read.*{mend}"):
            open_collection(given)


def test_files_of_another_format_are_counted(tmp_path):
    for i in range(3):
        (tmp_path / f"{i}.vsi").touch()
    write_png(tmp_path / "overview.png", pixels(1))
    with pytest.raises(CellocateError, match=r"3 \.vsi files \(Olympus\), .*Export them as OME-TIFF"):
        open_collection(tmp_path)


def test_a_table_in_hdf5_beside_images_is_not_taken_for_them(tmp_path):
    (tmp_path / "features.h5").touch()
    for i in range(2):
        write_png(tmp_path / f"cell {i}.png", pixels(i))
    with pytest.raises(CellocateError, match="no channel images found"):
        open_collection(tmp_path)


def test_a_large_tiff_is_read_with_the_ending_that_is_advised(tmp_path):
    data = np.stack([pixels(j) for j in range(2)])
    meta = {"axes": "CYX", "Channel": {"Name": ["DAPI", "protein"]}}
    tifffile.imwrite(tmp_path / "a.ome.tif", data, metadata=meta, bigtiff=True)
    assert open_collection(tmp_path).channels == ("green", "blue")

"""Images one folder further in: the pattern of all of them is proposed, and reads them when it is pasted."""

import re

import numpy as np
import pytest
import tifffile
from small_collections import pixels, write_fields, write_yaml

from cellocate.collection import open_collection
from cellocate.errors import CellocateError
from cellocate.images import write_png

STAINS = ("DAPI", "protein", "tubulin")


def proposed(folder):
    """The line that the error proposes."""
    with pytest.raises(CellocateError, match="To read all folders in it, write this line") as refused:
        open_collection(folder)
    return re.search(r'collection\.yaml: (pattern: ".*")\.$', str(refused.value))[1]


@pytest.mark.parametrize(
    ("form", "images", "pattern", "ids"),
    [
        ("Pos{}/img_000000000_{c}_000.tif", "012", "{id}/img_000000000_{channel}_000.tif", "Pos0 Pos1 Pos2"),
        ("{c}/img00{}.tif", "012", "{channel}/{id}.tif", "img000 img001 img002"),
        (
            "Well {}/{c} - n0{}.tif",
            ("A0", "A1", "B0", "B1"),
            "Well {folder}/{channel} - {image}.tif",
            "A_n00 A_n01 B_n00 B_n01",
        ),
        ("plate {}/{}_{c}.png", ("10", "11", "20", "21"), "plate {folder}/{image}_{channel}.png", "1_0 1_1 2_0 2_1"),
        ("{c}/Pos{}/img.png", "12", "{channel}/{id}/img.png", "Pos1 Pos2"),
        ("s{}/{c}.png", "12", "{id}/{channel}.png", "s1 s2"),
        ("2024_{}/x_{c}_{}_z.tif", ("a1", "a2", "b1"), "2024_{folder}/x_{channel}_{image}_z.tif", "a_1 a_2 b_1"),
    ],
)
def test_the_proposed_pattern_reads_all_folders(tmp_path, form, images, pattern, ids):
    for i, image in enumerate(images):
        for j, stain in enumerate(STAINS):
            path = tmp_path / form.format(*image, c=stain)
            path.parent.mkdir(parents=True, exist_ok=True)
            write_png(path, pixels((i, j))) if path.suffix == ".png" else tifffile.imwrite(path, pixels((i, j)))
    line = proposed(tmp_path)
    assert line == f'pattern: "{pattern}"'
    collection = open_collection(write_yaml(tmp_path, line))
    assert (collection.ids, collection.channels, collection.problems) == (ids.split(), ("red", "green", "blue"), ())


def test_files_of_several_channels_in_folders_have_a_pattern_too(tmp_path):
    for i in range(3):
        (tmp_path / f"Pos{i}").mkdir()
        meta = {"axes": "CYX", "Channel": {"Name": ["DAPI", "protein"]}}
        tifffile.imwrite(tmp_path / f"Pos{i}" / "MMStack.ome.tif", np.stack([pixels(1), pixels(i)]), metadata=meta)
    assert open_collection(write_yaml(tmp_path, proposed(tmp_path))).ids == ["Pos0", "Pos1", "Pos2"]


def test_masks_in_a_folder_of_their_own_are_passed_over(tmp_path):
    write_fields(tmp_path / "plate 1")
    write_png(write_fields(tmp_path / "masks", ids=()) / "a.png", pixels(1))
    with pytest.raises(CellocateError, match=r"Did you mean .*plate 1\?"):
        open_collection(tmp_path)


def test_folders_without_a_common_pattern_are_counted(tmp_path):
    for folder, channel in (("a", "blue"), ("b", "green")):
        write_fields(tmp_path / folder, ids=("x",), channels=("blue", "green"))
        (tmp_path / folder / f"x_{channel}.png").rename(tmp_path / folder / "else.png")
    with pytest.raises(CellocateError, match=r"Give one of the 2 folders in it, such as .*/a; or, .* pattern"):
        open_collection(tmp_path)


@pytest.mark.parametrize("tokens", [("DAPI", "GFP"), ("ch00", "ch01")])
def test_folders_of_channels_whose_files_say_them_again_can_be_put_together(tmp_path, tokens):
    for token in tokens:
        (tmp_path / token).mkdir()
        for i in range(3):
            write_png(tmp_path / token / f"img{i}_{token}.png", pixels(i))
    with pytest.raises(CellocateError, match=r"[Ii]f .* belong together, put their images into one folder\."):
        open_collection(tmp_path)


def test_folders_of_images_that_say_no_channel_are_no_channels(tmp_path):
    for folder in ("x0", "x1"):
        (tmp_path / folder).mkdir()
        write_png(tmp_path / folder / "0.png", pixels(0))
    with pytest.raises(CellocateError, match=r"no channel images found .*<id>_green\.png"):
        open_collection(tmp_path)

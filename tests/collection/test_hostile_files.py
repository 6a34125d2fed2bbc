"""Files that would harm whoever trusts them: each is one field's problem, quickly and by name."""

import os
import struct
import subprocess
import sys
import time
import zlib
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image
from small_collections import faults, tabled, write_fields

from cellocate.collection import inspect, open_collection
from cellocate.errors import CellocateError
from cellocate.images import write_png
from cellocate.tables import normalised

SIDE = 60_000  # 3.6 thousand million pixels


def png_bomb(path):
    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", SIDE, SIDE, 8, 0, 0, 0, 0)
    squeezed = zlib.compress(bytes(10_000_000))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", squeezed) + chunk(b"IEND", b""))


def jpeg_bomb(path):
    Image.new("L", (8, 8)).save(path, format="JPEG")
    content = bytearray(path.read_bytes())
    frame = content.index(b"\xff\xc0")
    content[frame + 5 : frame + 9] = struct.pack(">HH", SIDE, SIDE)
    path.write_bytes(content)


def tiff_bomb(path):
    tifffile.imwrite(path, np.zeros((64, 64), np.uint8), compression="deflate", rowsperstrip=64)
    with tifffile.TiffFile(path, mode="r+") as tiff:
        for tag in ("ImageWidth", "ImageLength", "RowsPerStrip"):
            tiff.pages.first.tags[tag].overwrite(SIDE)


BOMBS = {"a_green.png": png_bomb, "a_green.jpg": jpeg_bomb, "a_green.tif": tiff_bomb}


@pytest.mark.parametrize("decode", [False, True], ids=["headers", "pixels"])
@pytest.mark.parametrize("name", BOMBS)
def test_an_image_that_says_it_is_huge_is_refused_before_it_is_decoded(tmp_path, name, decode):
    write_fields(tmp_path, ("b",), ("green",))
    BOMBS[name](tmp_path / name)
    began = time.perf_counter()
    found = inspect(open_collection(tmp_path), decode=decode)
    assert time.perf_counter() - began < 2
    assert [p.id for p in found.problems] == ["a"]
    assert found.problems[0].error.where == tmp_path / name
    assert "too large" in found.problems[0].error.what or name.endswith("tif")
    assert list(found.images.index) == ["b"]


def test_links_that_lead_to_themselves_are_problems_of_their_fields(tmp_path):
    write_fields(tmp_path, ("b",), ("green",))
    (tmp_path / "a_green.png").symlink_to(tmp_path / "a_green.png")
    (tmp_path / "c_green.png").symlink_to(tmp_path / "nowhere.png")
    (tmp_path / "d_green.png").mkdir()
    found = inspect(open_collection(tmp_path))
    assert [p.id for p in found.problems] == ["a", "c", "d"]
    assert list(found.images.index) == ["b"]


def test_folders_that_hold_themselves_are_read_once(tmp_path):
    (tmp_path / "data").mkdir()
    for name in ("train", "images", "loop"):
        (tmp_path / "data" / name).symlink_to(tmp_path / "data")
    write_fields(tmp_path / "data", ("a", "b"))
    assert open_collection(tmp_path / "data").ids == ["a", "b"]
    (tmp_path / "around").symlink_to(tmp_path / "around")
    with pytest.raises(Exception, match="no such folder"):
        open_collection(tmp_path / "around")


_AS_NOBODY = """
import os, sys
sys.path[:] = {path!r}
from cellocate.cli import main
# before their folder is closed
import cellocate.cli.console, cellocate.collection, importlib.readers, rich.progress, scipy.sparse.csgraph
import typer.rich_utils
if os.getuid() == 0:
    os.setgid(65534); os.setuid(65534)
sys.argv[1:] = {arguments!r}
main()
"""


def _as_nobody(*arguments):
    """`cellocate` run by somebody whom permissions bind, as they do not bind root."""
    code = _AS_NOBODY.format(path=sys.path, arguments=list(map(str, arguments)))
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=dict(os.environ))


@pytest.fixture
def open_folder(tmp_path):
    """A folder that anybody may enter."""
    for parent in (tmp_path, *tmp_path.parents[:4]):  # one more where tests run in parallel
        if not parent.name.startswith(("pytest-", "popen-", "test_")):
            break
        if parent.owner() == Path.home().owner() or os.getuid() == 0:
            parent.chmod(0o755)
    return tmp_path


def test_a_file_that_may_not_be_read_is_a_problem_of_its_field(open_folder):
    write_fields(open_folder / "data", ("a", "b"), ("green",))
    (open_folder / "data" / "a_green.png").chmod(0)
    result = _as_nobody("check", open_folder / "data")
    assert result.returncode == 1, result.stderr
    what = "1 an image cannot be read (permission denied)"
    assert f"{what}: a ({open_folder / 'data' / 'a_green.png'}). Change its permissions." in result.stdout


def test_a_folder_that_may_not_be_read_is_told_in_one_line(open_folder):
    write_fields(open_folder / "data", ("a",), ("green",))
    (open_folder / "data").chmod(0)
    result = _as_nobody("check", open_folder / "data")
    (open_folder / "data").chmod(0o755)
    assert (result.returncode, result.stdout) == (1, ""), result.stderr
    assert result.stderr.startswith("error: permission denied")
    assert result.stderr.count("\n") == 1


NAMES = ["a b", "Zelle №5", "細胞", "κύτταρο", "e\u0301", "dash-and.dot", "a_green"]


@pytest.mark.parametrize("place", ["", "images"])
def test_names_may_have_spaces_and_any_letters(tmp_path, place):
    folder = tmp_path / "meine Bilder — 画像"
    write_fields(folder / place, NAMES)
    tabled(folder, "Id,Target\n" + "".join(f"{name},{i}\n" for i, name in enumerate(NAMES)))
    collection = open_collection(folder)
    assert sorted(collection.ids) == sorted(map(normalised, NAMES))  # ids are in one normal form, files as they are
    found = inspect(collection, decode=True)
    assert (found.problems, len(found.images)) == ((), len(NAMES))
    write_png(folder / place / f"{NAMES[2]}_blue.png", np.zeros((3, 3), np.uint8))
    assert faults(inspect(collection).problems)[0][0] == NAMES[2]


@pytest.fixture
def pipes(tmp_path):
    """A folder with a good field, and pipes in the place of an image, a stack and a table."""
    if not hasattr(os, "mkfifo"):
        pytest.skip("no pipes here")
    write_fields(tmp_path, ("b",), ("green",))
    for name in ("a_green.png", "c.ome.tif", "train.csv", "d_green.tif"):
        os.mkfifo(tmp_path / name)
    return tmp_path


def test_pipes_are_not_waited_for(pipes):
    (pipes / "train.csv").rename(pipes / "any.csv")
    (pipes / "collection.yaml").write_text("layout: folder\n")
    for decode in (False, True):
        found = inspect(open_collection(pipes), decode=decode)
        assert [(p.id, p.error.what.split(" (")[0]) for p in found.problems] == [
            ("a", "an image cannot be read"),
            ("d", "an image cannot be read"),
        ]
    for path in pipes.glob("*_green.*"):
        path.unlink()
    (pipes / "collection.yaml").unlink()
    assert [p.id for p in open_collection(pipes).problems] == ["c"]
    with pytest.raises(CellocateError, match="neither a folder nor a file"):
        open_collection(pipes / "any.csv")


def test_much_of_nothing_is_no_table(tmp_path):
    with (tmp_path / "a.bin").open("wb") as file:
        file.truncate(2**32)
    began = time.perf_counter()
    with pytest.raises(CellocateError, match="neither images nor a known kind of table"):
        open_collection(tmp_path / "a.bin")
    assert time.perf_counter() - began < 2


def test_stacks_with_any_bytes_changed_are_problems_or_sound(tmp_path):
    data = np.random.default_rng(0).integers(1, 200, (2, 12, 12), dtype=np.uint8)
    meta = {"axes": "CYX", "Channel": {"Name": ["DAPI", "protein"]}}
    tifffile.imwrite(tmp_path / "sound.ome.tif", data, metadata=meta)
    whole = (tmp_path / "sound.ome.tif").read_bytes()
    rng = np.random.default_rng(1)
    for i in range(100):
        content = bytearray(whole)
        for place in rng.integers(0, 900 if i % 2 else len(whole), 6):
            content[place] = rng.integers(0, 256)
        (tmp_path / f"f{i:03}.ome.tif").write_bytes(content)
    found = inspect(open_collection(tmp_path), decode=True)
    assert "sound" in found.images.index
    assert {p.id for p in found.problems} | set(found.images.index) == set(open_collection(tmp_path).ids)
    assert len({p.id for p in found.problems}) > 20


@pytest.mark.skipif(sys.platform != "linux", reason="names are text elsewhere")
def test_names_that_are_no_text_are_written_all_the_same(tmp_path, cellocate):
    write_fields(tmp_path / "data", ("a",), ("green",))
    os.rename(tmp_path / "data" / "a_green.png", os.fsencode(tmp_path / "data") + b"/\xff_green.png")  # noqa: PTH104
    assert cellocate("check", tmp_path / "data", "--out", tmp_path / "out.csv", "--smallest-file", 99).code == 0
    assert "\\udcff" in (tmp_path / "out.csv").read_text()


@pytest.mark.parametrize(
    ("said", "what"),
    [
        ("a" * 5000, "an image cannot be read"),
        ("../\0", "not a CSV table (it has zero bytes)"),
        ("", "a list without images"),
    ],
)
def test_a_path_list_of_impossible_names_is_told(tmp_path, cellocate, said, what):
    row = f"{said},x\n" if said else ""
    (tmp_path / "path_list.csv").write_text("g_image,output_prefix\n" + row)
    result = cellocate("check", tmp_path)
    assert result.code == 1
    assert what in result.out + result.err

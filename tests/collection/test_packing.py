"""Packing a collection into a store: what it keeps, what it refuses, and that an interruption changes no byte."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import tifffile
from small_collections import pixels, tabled, write_fields

from cellocate.collection import inspect, open_collection, pack, packing
from cellocate.collection.layouts import listing
from cellocate.errors import CellocateError
from cellocate.images import Scale, read_field, write_png
from cellocate.images.scale import shrink
from cellocate.vocabulary import get

TABLE = "Id,Target,antibody,pixel_size\na,0 3,HPA1,0.5\nb,,HPA2,\nc,2,,0.25\nд é,1,HPA2,1\n"
FIELDS = ("a", "b", "c", "д é")
BOTH = ("green", "blue")


def contents(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def folder(tmp_path):
    """Four labelled fields of two channels: of 60×40, 60×40, 20×16 px of 8 bits, and of 70×80 px of 16."""
    folder = tmp_path / "data"
    folder.mkdir()
    shapes = [((60, 40), np.uint8), ((60, 40), np.uint8), ((20, 16), np.uint8), ((70, 80), np.uint16)]
    for i, (field, kind) in enumerate(zip(FIELDS, shapes, strict=True)):
        for j, channel in enumerate(BOTH):
            write_png(folder / f"{field}_{channel}.png", pixels((i, j), *kind))
    return tabled(folder, TABLE)


@pytest.fixture
def small_shards(monkeypatch):
    """Three fields in a shard instead of 64."""
    monkeypatch.setattr(packing, "per_shard", lambda sizes, channels: 3)


def test_a_store_is_the_collection_that_was_packed(folder, tmp_path):
    files = open_collection(folder)
    steps = []
    store = pack(files, tmp_path / "store", sizes=(30,), workers=1, progress=steps.append)
    assert sum(steps) == 4
    assert (store.layout, store.ids, store.channels) == ("store", list(FIELDS), BOTH)
    assert store.vocabulary == get("hpa28")
    assert store.fields["labels"].tolist() == [(0, 3), (), (2,), (1,)]
    np.testing.assert_array_equal(store.truth(), files.truth())
    assert store.fields["antibody"].tolist() == ["1", "2", "", "2"]
    assert store.group().tolist() == files.group().tolist()
    assert [store.pixel_size(i) for i in FIELDS] == [0.5 * 60 / 30, None, 0.25, pytest.approx(80 / 30)]
    for field in FIELDS:
        found, pixel_size = store.read(field, BOTH)
        np.testing.assert_array_equal(found, shrink(read_field(files.files(field), BOTH), 30))
        assert pixel_size == store.pixel_size(field)
    assert contents(tmp_path / "store").keys() == {"30/00000.bin", "fields.csv", "index.npy", "store.json"}


def test_a_reader_takes_the_size_that_it_needs_and_is_told_its_pixel_size(folder, tmp_path):
    store = pack(open_collection(folder), tmp_path / "store", sizes=(60, 16, 32), workers=1)
    for scale, side in [(None, 60), (Scale(16), 16), (Scale(17), 32), (Scale(200), 60)]:
        found, pixel_size = store.read("a", BOTH, scale)
        assert (max(found.shape[1:]), pixel_size) == (side, pytest.approx(0.5 * 60 / side))
    # 30 µm a side: 20 px of 1.5 µm
    assert store.read("a", BOTH, Scale(100, 1.5))[0].shape[1] == 32
    assert store.read("b", BOTH, Scale(16, 1.5))[1] is None


def test_tiles_from_a_store_are_those_from_the_files(phantoms, tmp_path):
    files = open_collection(phantoms)
    store = pack(files, tmp_path / "store", sizes=(32,), workers=1)
    assert store.simulated
    for scale in (Scale(32, 5.12), Scale(16, 5.12), Scale(32)):
        for field in files.ids[:3]:
            one, other = (
                scale.tiles(p.astype(np.float32), size)
                for p, size in (x.read(field, ("red", "green"), scale) for x in (files, store))
            )
            np.testing.assert_allclose(one, other, atol=0.51)  # what is stored is rounded


def test_a_store_is_checked_as_files_are(folder, tmp_path):
    for channel in BOTH:
        (folder / f"b_{channel}.png").write_bytes((folder / f"a_{channel}.png").read_bytes())
    store = pack(open_collection(folder), tmp_path / "store", sizes=(16, 30), workers=1)
    found = inspect(store, decode=True)
    assert found.problems == inspect(store).problems == ()
    assert found.images[["height", "width", "depth"]].to_numpy().tolist() == [
        *([[30, 20, 8]] * 2),
        [20, 16, 8],
        [26, 30, 16],
    ]
    assert found.duplicates == [["a", "b"]]
    shard = tmp_path / "store" / "16" / "00000.bin"
    content = bytearray(shard.read_bytes())
    content[16 * 11 * 2 * 2] ^= 1  # the first pixel of c
    shard.write_bytes(content)
    problems = inspect(store, decode=True).problems
    assert [(p.id, p.error.where) for p in problems] == [("c", shard)]
    assert inspect(store).problems == ()


def test_labels_and_pixel_sizes_may_be_given_anew(folder, tmp_path):
    store = pack(open_collection(folder), tmp_path / "store", sizes=(30,), workers=1)
    (tmp_path / "other.csv").write_text("ID,Label,plate\na,5,p1\nc,5|6,p2\nz,1,p2\n")
    again = open_collection(store.folder, labels=tmp_path / "other.csv", vocabulary="hpa19", pixel_size=0.1)
    assert (again.layout, again.vocabulary.name) == ("store", "hpa19")
    assert again.fields.loc[["a", "c"], "labels"].tolist() == [(5,), (5, 6)]
    assert [again.pixel_size(i) for i in ("a", "c")] == [0.2, 0.1]
    assert sorted({(p.id, p.about) for p in inspect(again).problems}) == [
        ("b", "labels"),
        ("z", "files"),
        ("д é", "labels"),
    ]
    assert again.fields["antibody"].dropna().tolist() == ["1", "2", "", "2"]  # the store's own
    assert again.fields.loc[["a", "c"], "plate"].tolist() == ["p1", "p2"]
    kept = open_collection(store.folder, labels=tmp_path / "other.csv", vocabulary="hpa19")
    assert kept.pixel_size("a") == store.pixel_size("a")
    assert open_collection(store.folder, vocabulary="hpa28").ids == store.ids
    with pytest.raises(CellocateError, match="another vocabulary"):
        open_collection(store.folder, vocabulary="hpa19")


def test_numbers_that_may_be_of_two_vocabularies_are_asked_about(folder, tmp_path):
    """Of a store, a listing and phantoms alike."""
    (tmp_path / "new.csv").write_text("Id,Target\n" + "".join(f"{field},5\n" for field in FIELDS))
    files = open_collection(folder, labels=tmp_path / "new.csv", vocabulary="hpa19")
    pack(files, tmp_path / "store", sizes=(16,), workers=1)
    listing.write(tmp_path / "listed", files, {})
    (folder / "truth").mkdir()
    (folder / "truth" / "collection.json").write_text('{"vocabulary": "hpa19", "pixel_size": 0.1}')
    for place in (tmp_path / "store", tmp_path / "listed", folder):
        with pytest.raises(CellocateError, match=r"hpa28, .* or of hpa19, .* nothing tells which"):
            open_collection(place, labels=tmp_path / "new.csv")
        for name in ("hpa28", "hpa19"):
            told = open_collection(place, labels=tmp_path / "new.csv", vocabulary=name)
            assert (told.vocabulary.name, told.problems) == (name, ())
        (tmp_path / "usual.csv").write_text("ID,Label\n" + "".join(f"{field},5\n" for field in FIELDS))
        assert open_collection(place, labels=tmp_path / "usual.csv").vocabulary.name == "hpa19"


def test_a_vocabulary_of_ones_own_travels_with_the_store(tmp_path):
    write_fields(tmp_path / "data")
    (tmp_path / "mine.csv").write_text("name,go,group\nHere,,Cell\nThere,GO:1,Cell\n")
    tabled(tmp_path / "data", "Id,Target\na,There\nb,Here There\n")
    files = open_collection(tmp_path / "data", vocabulary=get(tmp_path / "mine.csv"))
    store = pack(files, tmp_path / "store", sizes=(16,), workers=1)
    (tmp_path / "mine.csv").unlink()
    assert store.vocabulary == files.vocabulary
    assert store.truth().tolist() == [[False, True], [True, True]]


def test_fields_without_labels_and_a_store_of_a_store(tmp_path):
    files = open_collection(write_fields(tmp_path / "data"), pixel_size=0.5)
    first = pack(files, tmp_path / "first", sizes=(16,), workers=1)
    assert first.vocabulary is None
    with pytest.raises(CellocateError, match="no labels found"):
        first.truth()
    second = pack(first, tmp_path / "second", sizes=(16,), channels=("blue",), workers=1)
    assert second.channels == ("blue",)
    np.testing.assert_array_equal(second.read("b", ("blue",))[0], read_field(files.files("b"), ("blue",)))
    assert second.pixel_size("b") == 0.5


@pytest.mark.parametrize(
    "request_",
    [{"sizes": ()}, {"sizes": (15,)}, {"sizes": (64, 16385)}, {"workers": 0}, {"channels": ("red",)}],
    ids=str,
)
def test_impossible_requests_are_refused_before_any_work(folder, tmp_path, request_):
    with pytest.raises(CellocateError):
        pack(open_collection(folder), tmp_path / "store", **({"sizes": (16,), "workers": 1} | request_))
    assert not (tmp_path / "store").exists()


def test_faulty_fields_are_refused_or_listed(folder, tmp_path):
    (folder / "b_blue.png").write_bytes((folder / "b_blue.png").read_bytes()[:-20])
    tabled(folder, TABLE.replace("c,2", "c,99"))
    with pytest.raises(CellocateError, match=r"1 of 4 fields cannot be used.*unknown label '99'"):
        pack(open_collection(folder), tmp_path / "store", sizes=(16,), workers=1)
    assert not (tmp_path / "store").exists()  # it showed before any work
    store = pack(open_collection(folder), tmp_path / "store", sizes=(16,), workers=1, skip_bad=True)
    assert store.ids == ["a", "д é"]
    skipped = pd.read_csv(tmp_path / "store" / "skipped.csv")
    assert skipped[["id", "about"]].to_numpy().tolist() == [["c", "labels"], ["b", "files"]]


def damaged_inside(path):
    """Damage that neither the header nor the end of a file shows."""
    image = np.arange(3600, dtype=np.uint16).reshape(60, 60)
    tifffile.imwrite(path, image, compression="deflate")
    content = bytearray(path.read_bytes())
    content[400:800] = bytes(400)
    path.write_bytes(content)


def test_damage_that_only_decoding_shows_stops_the_work_which_then_goes_on(tmp_path, small_shards):
    fields = [f"f{i}" for i in range(8)]
    folder = write_fields(tmp_path / "data", fields, suffix=".tif", channels=())
    for i, field in enumerate(fields):
        tifffile.imwrite(folder / f"{field}_green.tif", pixels(i, (60, 60), np.uint16))
    sound = (folder / "f4_green.tif").read_bytes()
    damaged_inside(folder / "f4_green.tif")
    for _ in range(2):  # resumed, it finds the same
        with pytest.raises(
            CellocateError, match=r"1 of 8 fields cannot be packed; the first, f4: .*f4_green\.tif.*--resume --skip-bad"
        ):
            pack(open_collection(folder), tmp_path / "store", sizes=(16,), workers=1, resume=_ > 0)
        assert sorted(path.name for path in tmp_path.glob("store/packing/*.npy")) == ["00000.npy", "00002.npy"]
    without = pack(open_collection(folder), tmp_path / "store", sizes=(16,), workers=1, resume=True, skip_bad=True)
    assert without.ids == [i for i in fields if i != "f4"]
    assert pd.read_csv(without.folder / "skipped.csv")["id"].tolist() == ["f4"]
    for field in without.ids:
        np.testing.assert_array_equal(
            without.read(field, ["green"])[0], shrink(pixels(int(field[1]), (60, 60), np.uint16)[None], 16)
        )
    (folder / "f4_green.tif").write_bytes(sound)
    assert pack(open_collection(folder), tmp_path / "whole", sizes=(16,), workers=1).ids == fields


def test_bytes_do_not_depend_on_workers(phantoms, tmp_path, small_shards):
    for workers in (1, 2):
        pack(open_collection(phantoms), tmp_path / str(workers), sizes=(16, 64), workers=workers)
    assert contents(tmp_path / "1") == contents(tmp_path / "2")


KILLED = """
import os, shutil, signal, sys
from pathlib import Path
from cellocate.collection import open_collection, pack, packing

data, out = Path(sys.argv[1]), Path(sys.argv[2])
packing.per_shard = lambda sizes, channels: 4
collection, sizes = open_collection(data), (16, 64)
collection = collection.subset(collection.ids[:10])

def contents(folder):
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}

def killed_at(step, after):
    replace = Path.replace
    def counted(self, target):
        nonlocal step
        step -= 1
        if step or after:
            replace(self, target)
        if not step:
            os.kill(os.getpid(), signal.SIGKILL)
    Path.replace = counted
    pack(collection, out, sizes=sizes, workers=1)
    os._exit(0)

pack(collection, out, sizes=sizes, workers=1)
whole, kills = contents(out), 0
for step in range(1, 100):
    for after in (False, True):
        shutil.rmtree(out)
        child = os.fork() or killed_at(step, after)
        ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if ended == 0:
            print(kills, "kills")
            sys.exit()
        assert ended == -signal.SIGKILL, ended
        kills += 1
        begun = (out / "packing" / "request.json").exists() or (out / "store.json").exists()
        pack(collection, out, sizes=sizes, workers=1, resume=begun)
        assert contents(out) == whole, (step, after)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the test kills forked processes")
def test_killed_at_any_file_it_writes_and_resumed_the_bytes_are_the_same(phantoms, tmp_path):
    command = [sys.executable, "-c", KILLED, str(phantoms), str(tmp_path / "store")]
    result = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert result.returncode == 0, result.stderr
    # the request, the folder; 3 shards of two sizes with their rows; the index, the table, the two cards
    assert result.stdout == f"{2 * (2 + 3 * 3 + 4)} kills\n"


SLOWLY = """
import sys, time
from pathlib import Path
from cellocate.collection import open_collection, packing
packing.per_shard = lambda sizes, channels: 2
if __name__ == "__main__":
    packing.pack(open_collection(sys.argv[1]), sys.argv[2], sizes=(64,), workers=2)
"""


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="the test looks for processes in /proc")
def test_workers_end_with_a_parent_that_is_killed_and_the_store_goes_on(phantoms, tmp_path, monkeypatch):
    monkeypatch.setattr(packing, "per_shard", lambda sizes, channels: 2)
    (tmp_path / "slowly.py").write_text(SLOWLY)
    out = tmp_path / "store"
    parent = subprocess.Popen([sys.executable, str(tmp_path / "slowly.py"), str(phantoms), str(out)])
    workers = set()
    until = time.monotonic() + 60
    while not list(out.glob("packing/*.npy")) and time.monotonic() < until:
        workers |= children(parent.pid)
        time.sleep(0.005)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    assert workers
    until = time.monotonic() + 60
    while any(map(runs, workers)) and time.monotonic() < until:
        time.sleep(0.02)
    assert not any(map(runs, workers))
    pack(open_collection(phantoms), out, sizes=(64,), workers=1, resume=True)
    pack(open_collection(phantoms), tmp_path / "whole", sizes=(64,), workers=1)
    assert contents(out) == contents(tmp_path / "whole")


SHORT_OF_ROOM = """
import resource, sys
from cellocate.cli import main
resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))
main()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no limits of file size")
def test_a_full_disk_is_one_error_and_the_store_goes_on(phantoms, tmp_path):
    arguments = ["pack", str(phantoms), str(tmp_path / "store"), "--size", "64"]
    result = subprocess.run(
        [sys.executable, "-c", SHORT_OF_ROOM, *arguments], capture_output=True, text=True, timeout=60
    )
    assert result.returncode == 1
    assert result.stderr.startswith("error: no room on the disk")
    assert "--resume" in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert not list((tmp_path / "store").rglob("*.bin"))
    pack(open_collection(phantoms), tmp_path / "store", sizes=(64,), workers=1, resume=True)
    pack(open_collection(phantoms), tmp_path / "whole", sizes=(64,), workers=1)
    assert contents(tmp_path / "store") == contents(tmp_path / "whole")


def children(pid):
    try:
        return set(Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
    except OSError:
        return set()


def runs(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def unfinished(collection, out):
    """A store of 4 of 14 shards."""
    done = []

    def interrupt(count):
        done.append(count)
        if len(done) == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pack(collection, out, sizes=(16,), workers=1, progress=interrupt)
    assert len(list(out.glob("packing/*.npy"))) == 4


def test_an_unfinished_store_is_no_collection_yet(phantoms, tmp_path, small_shards):
    out, collection = tmp_path / "store", open_collection(phantoms)
    unfinished(collection, out)
    with pytest.raises(CellocateError, match=r"unfinished store.*--resume"):
        open_collection(out)
    with pytest.raises(CellocateError, match=r"unfinished store.*--resume.*--overwrite"):
        pack(collection, out, sizes=(16,), workers=1)
    assert pack(collection, out, sizes=(16,), workers=1, overwrite=True).ids == collection.ids


def test_a_shard_that_was_damaged_meanwhile_is_packed_again(phantoms, tmp_path, small_shards):
    out, collection = tmp_path / "store", open_collection(phantoms)
    unfinished(collection, out)
    first, second = (out / "16" / f"0000{i}.bin" for i in (0, 1))
    first.write_bytes(bytes(first.stat().st_size))
    second.write_bytes(second.read_bytes()[:-1])
    (out / "packing" / "00002.npy").write_bytes(b"")
    (out / "16" / ".00003.123.bin").write_bytes(b"left over")
    untouched = (out / "16" / "00003.bin").stat().st_mtime_ns
    pack(collection, out, sizes=(16,), workers=1, resume=True)
    assert (out / "16" / "00003.bin").stat().st_mtime_ns == untouched
    pack(collection, tmp_path / "whole", sizes=(16,), workers=1)
    assert contents(out) == contents(tmp_path / "whole")


def held_by(out, process, machine):
    lock = out.parent / f".{out.name}.lock"
    lock.write_text(f"{process} {machine}")
    return lock


def test_two_do_not_pack_into_one_folder_at_a_time(phantoms, tmp_path, small_shards):
    out, collection = tmp_path / "store", open_collection(phantoms)
    unfinished(collection, out)
    assert list(tmp_path.glob(".store.lock")) == []
    here = socket.gethostname()
    for process, machine in ((os.getppid(), here), (1, "another machine"), (2**22 + 1, "elsewhere")):
        lock = held_by(out, process, machine)
        for options in ({"resume": True}, {"overwrite": True}):
            with pytest.raises(CellocateError, match=rf"another process writes to the folder.*remove {lock}"):
                pack(collection, out, sizes=(16,), workers=1, **options)
        lock.unlink()
    assert len(list(out.glob("packing/*.npy"))) == 4
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    for process in (ended.pid, os.getpid()):  # killed; or killed with the container that gave it our number
        lock = held_by(out, process, here)
        assert pack(collection, out, sizes=(16,), workers=1, overwrite=True).ids == collection.ids
        assert not lock.exists()


@pytest.mark.skipif(os.name != "posix", reason="elsewhere nothing is synced")
def test_all_is_on_the_disk_before_the_store_is_one(phantoms, tmp_path, small_shards, monkeypatch):
    out, synced, at_card = tmp_path / "store", [], []

    def fsync(descriptor):
        synced.append(os.fstat(descriptor).st_ino)
        if (out / "store.json").exists() and not at_card:
            at_card.extend(synced)

    monkeypatch.setattr(os, "fsync", fsync)
    pack(open_collection(phantoms), out, sizes=(16, 32), workers=2)
    inodes = {path: path.stat().st_ino for path in (*out.rglob("*"), out)}
    assert [path for path, inode in inodes.items() if inode not in at_card] == []


def test_a_store_is_resumed_as_it_was_begun(phantoms, tmp_path, small_shards):
    out, collection = tmp_path / "store", open_collection(phantoms)
    with pytest.raises(CellocateError, match="no store to resume"):
        pack(collection, out, sizes=(16,), workers=1, resume=True)
    assert not out.exists()
    unfinished(collection, out)
    for other, request in [
        ("sizes", {"sizes": (32,)}),
        ("channels", {"channels": ("red",)}),
        ("fields", {"collection": collection.subset(collection.ids[1:])}),
    ]:
        with pytest.raises(CellocateError, match=f"begun with other {other}"):
            pack(**({"collection": collection, "out": out, "sizes": (16,), "workers": 1, "resume": True} | request))
    assert pack(collection, out, sizes=(16,), workers=1, resume=True).ids == collection.ids
    before = contents(out)
    pack(collection, out, sizes=(16,), workers=1, resume=True)  # nothing is left to do
    assert contents(out) == before


def test_what_is_there_is_kept_unless_told_otherwise(folder, tmp_path):
    out, collection = tmp_path / "store", open_collection(folder)
    pack(collection, out, sizes=(16,), workers=1)
    with pytest.raises(CellocateError, match="not empty"):
        pack(collection, out, sizes=(30,), workers=1)
    assert max(pack(collection, out, sizes=(30,), workers=1, overwrite=True).read("a", BOTH)[0].shape) == 30
    for kept in (folder, folder.parent):
        with pytest.raises(CellocateError, match="the folder holds"):
            pack(collection, kept, sizes=(16,), workers=1, overwrite=True)
    with pytest.raises(CellocateError, match="the folder holds"):
        pack(open_collection(out), out, sizes=(16,), workers=1, overwrite=True)


@pytest.mark.parametrize("name", ["16/00000.bin", "index.npy", "fields.csv", "store.json"])
@pytest.mark.parametrize("damage", [lambda path: path.write_bytes(path.read_bytes()[:-9]), lambda path: path.unlink()])
def test_a_store_that_is_cut_short_is_refused_in_one_line(folder, tmp_path, name, damage):
    store = pack(open_collection(folder), tmp_path / "store", sizes=(16,), workers=1)
    damage(store.folder / name)
    with pytest.raises(CellocateError) as caught:
        open_collection(store.folder)
    assert "\n" not in str(caught.value)
    if (store.folder / "store.json").exists():
        assert caught.value.where == store.folder / name


def test_a_store_from_a_later_version_is_refused(folder, tmp_path):
    store = pack(open_collection(folder), tmp_path / "store", sizes=(16,), workers=1)
    card = store.folder / "store.json"
    card.write_text(json.dumps({**json.loads(card.read_text()), "format": 2}))
    with pytest.raises(CellocateError, match="later version"):
        open_collection(store.folder)


def test_the_files_that_a_listing_names_are_never_replaced(tmp_path):
    from cellocate import phantom
    from cellocate.collection.select import Selection, select, write_derived

    phantom.simulate(tmp_path / "p", fields=2, size=64, workers=1)
    derived = select([open_collection(tmp_path / "p")], Selection())
    write_derived(derived, tmp_path / "listed")
    listed = open_collection(tmp_path / "listed")
    assert (tmp_path / "p" / "train").resolve() in {place.resolve() for place in listed.places}
    with pytest.raises(CellocateError):
        pack(listed, tmp_path / "p", sizes=[32], overwrite=True, workers=1)
    assert len(list((tmp_path / "p" / "train").glob("*.png"))) == 8


def test_a_label_table_cannot_be_packed(tmp_path):
    (tmp_path / "train.csv").write_text("Id,Target\na,0\n")
    with pytest.raises(CellocateError, match="without images"):
        pack(open_collection(tmp_path / "train.csv"), tmp_path / "s", sizes=[32], workers=1)

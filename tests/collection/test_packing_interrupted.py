"""Packing that is killed, stopped or out of room continues, and changes no byte."""

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
from small_collections import contents, pixels, write_fields

from cellocate.collection import open_collection, pack, packing
from cellocate.errors import CellocateError
from cellocate.images.scale import shrink


@pytest.fixture
def small_shards(monkeypatch):
    """Three fields in a shard instead of 64."""
    monkeypatch.setattr(packing, "per_shard", lambda sizes, channels: 3)


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
    reading, error = result.stderr.splitlines()
    assert reading.startswith("reading 40 fields: ")
    assert error.startswith("error: no room on the disk")
    assert "--resume" in error
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
    (out / "16" / ".unfinished-00003.123.bin").write_bytes(b"left over")
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
        with pytest.raises(CellocateError, match=f"started with other {other}"):
            pack(**({"collection": collection, "out": out, "sizes": (16,), "workers": 1, "resume": True} | request))
    assert pack(collection, out, sizes=(16,), workers=1, resume=True).ids == collection.ids
    before = contents(out)
    pack(collection, out, sizes=(16,), workers=1, resume=True)  # nothing is left to do
    assert contents(out) == before

"""Fetching from a server that stalls, cuts, errs and lies; and taking up what a stop left behind."""

import errno
import os
import signal
import subprocess
import sys
import threading
import time

import pandas as pd
import pytest
from small_site import FIELDS, IDS, ONE, QUICK, arrived, jpeg, left_over

from cellocate.collection import open_collection
from cellocate.collection.download import RateLimits
from cellocate.collection.download import transfer as transfers
from cellocate.errors import CellocateError


@pytest.mark.parametrize("trick", ["stall", "cut", "long", "short", "garbage", 500, 503, 429, "429 0", "503 0"])
def test_a_passing_fault_is_tried_again(site, task, tmp_path, trick):
    site.tricks[ONE] = [trick]
    assert task().run({}) == []
    assert arrived(site, tmp_path / "out")
    assert len(site.asked(ONE)) == 2
    assert left_over(tmp_path / "out") == []


@pytest.mark.parametrize(
    ("trick", "fault"),
    [
        ("stall", "the server stopped sending"),
        ("long", "cut short"),
        ("short", "the file is no complete image"),
        ("garbage", "the file is no complete image (not a JPEG)"),
        (500, "the server answers 500"),
    ],
)
def test_a_lasting_fault_ends_that_file_alone(site, task, tmp_path, trick, fault):
    site.marks = False
    site.tricks[ONE] = [trick] * 9
    failed = task().run({})
    assert [outcome.file.address for outcome in failed] == [site.address + ONE]
    assert fault in failed[0].fault
    assert len(site.asked(ONE)) == QUICK.tries
    assert open_collection(tmp_path / "out").ids == IDS[1:]
    table = pd.read_csv(tmp_path / "out" / "failed.csv")
    assert table.to_numpy().tolist() == [["992_1_A1_1", site.address + ONE, failed[0].fault]]
    site.tricks.clear()
    assert task().run({}) == []
    assert open_collection(tmp_path / "out").ids == IDS
    assert not (tmp_path / "out" / "failed.csv").exists()


@pytest.mark.parametrize(
    ("trick", "fault"), [(404, "the server answers 404"), (403, "answers 403"), ("html", "a page (text/html)")]
)
def test_what_is_not_to_be_had_is_asked_for_once(site, task, trick, fault):
    site.tricks[ONE] = [trick]
    failed = task().run({})
    assert fault in failed[0].fault
    assert len(site.asked(ONE)) == 1


def test_a_broken_transfer_is_taken_up_where_it_ended(site, task, tmp_path):
    site.tricks[ONE] = ["cut", "stall"]
    assert task().run({}) == []
    half = len(site.files[ONE]) // 2
    ranges = [headers.get("Range") for headers in site.asked(ONE)]
    assert ranges[:2] == [None, f"bytes={half}-"]
    assert int(ranges[2].removeprefix("bytes=").rstrip("-")) > half
    assert arrived(site, tmp_path / "out")


@pytest.mark.parametrize("switched_off", ["ranges", "marks"])
def test_a_server_without_ranges_or_marks_is_asked_from_the_first_byte(site, task, tmp_path, switched_off):
    setattr(site, switched_off, False)
    site.tricks[ONE] = ["cut"]
    assert task().run({}) == []
    assert arrived(site, tmp_path / "out")
    assert ("Range" in site.asked(ONE)[1]) == (switched_off == "ranges")


def leave_part(tmp_path, content, mark='"old"'):
    part = tmp_path / "out" / "images" / "992" / "1_A1_1_green.part.jpg"
    part.parent.mkdir(parents=True)
    part.write_bytes(content)
    part.with_name(part.name + ".tag").write_text(mark)
    (tmp_path / "out" / "manifest.csv").write_text("path,address,bytes,sha256\n")


def test_a_part_of_another_version_is_not_mixed_in(site, task, tmp_path):
    leave_part(tmp_path, jpeg(99)[:1000])
    assert task().run({}) == []
    assert arrived(site, tmp_path / "out")
    assert site.asked(ONE)[0]["If-Range"] == '"old"'


@pytest.mark.parametrize("trick", ["elsewhere", 416])
def test_a_part_that_does_not_fit_is_dropped(site, task, tmp_path, trick):
    body = site.files[ONE]
    leave_part(tmp_path, body[:1000], f'"{hash(body)}"')
    site.tricks[ONE] = [trick]
    assert task().run({}) == []
    assert arrived(site, tmp_path / "out")
    assert ["Range" in headers for headers in site.asked(ONE)] == [True, False]


def test_retry_after_holds_every_request(site, task):
    for path in site.files:
        site.tricks[path] = []
    site.tricks[ONE] = ["429 1"]
    task(RateLimits(pause=0, timeout=1, tries=3, backoff=0.01, connections=1)).run({})
    moments = [(path, moment) for path, _, moment, _ in site.requests]
    refused = next(i for i, (path, _) in enumerate(moments) if path == ONE)
    assert moments[refused + 1][1] - moments[refused][1] >= 0.99


def test_a_server_that_asks_for_a_long_peace_is_left_alone(site, task, tmp_path):
    site.tricks[ONE] = ["503 7200"]
    with pytest.raises(CellocateError, match=r"asks to wait for 7200 s.*Run the same command later"):
        task().run({})
    assert task().run({}) == []
    assert arrived(site, tmp_path / "out")


def test_requests_are_few_at_once(site, task):
    for path in site.files:
        site.tricks[path] = ["slow"]
    task(RateLimits(connections=2, pause=0)).run({})
    assert 2 <= site.most_at_once <= 3  # the server may not have seen the end of one when the next begins


def test_requests_are_spaced(site, task):
    task(RateLimits(connections=4, pause=0.03)).run({})
    moments = sorted(moment for _, _, moment, _ in site.requests)
    assert len(moments) == 12
    assert moments[-1] - moments[0] >= 0.03 * 10


def test_a_server_that_cannot_be_reached_ends_the_download(task, site, tmp_path):
    site.close()
    limits = RateLimits(pause=0, timeout=0.2, tries=2, backoff=0, give_up=3)
    with pytest.raises(CellocateError, match=r"3 files failed one after the other.*connection failed"):
        task(limits).run({})
    assert len(pd.read_csv(tmp_path / "out" / "failed.csv")) == 3


def test_missing_files_are_no_reason_to_give_up(site, task):
    for path in site.files:
        site.tricks[path] = [404]
    limits = RateLimits(pause=0, timeout=1, tries=1, give_up=3)
    assert len(task(limits).run({})) == 12


def full_disk(part, *_):
    part.write_bytes(b"x")
    raise OSError(errno.ENOSPC, "No space left on device", str(part))


def test_a_full_disk_ends_the_download_and_is_no_fault_of_the_server(site, task, tmp_path, monkeypatch):
    monkeypatch.setattr(transfers, "_copy", lambda response, part, gate: full_disk(part))
    with pytest.raises(OSError, match="No space") as caught:
        task().run({})
    assert caught.value.errno == errno.ENOSPC
    monkeypatch.undo()
    assert task().run({}) == []
    assert arrived(site, tmp_path / "out")


def started(site, folder):
    """A download in a process of its own, once it has got hold of its first files."""
    (folder / "list.txt").write_text("\n".join(FIELDS))
    arguments = ["download", str(folder / "list.txt"), "--base", site.address, "--out", str(folder / "out")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    process = subprocess.Popen(
        [sys.executable, "-m", "cellocate", *arguments], stderr=subprocess.PIPE, text=True, env=environment
    )
    for _ in range(400):
        if (folder / "out").is_dir() and any((folder / "out").rglob("*.part.jpg")) and len(site.requests) >= 8:
            return process
        time.sleep(0.05)
    process.kill()
    raise AssertionError(process.communicate())


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGKILL])
def test_a_stopped_download_leaves_parts_that_are_taken_up(site, task, tmp_path, end):
    half = list(site.files)[6:]
    for path in half:
        site.tricks[path] = ["stall"]
    process = started(site, tmp_path)
    time.sleep(0.2)
    began = time.monotonic()
    process.send_signal(end)
    _, said = process.communicate(timeout=20)
    assert time.monotonic() - began < 8
    assert process.returncode == (130 if end == signal.SIGINT else -signal.SIGKILL)
    assert ("interrupted" in said) == (end == signal.SIGINT)
    assert "Traceback" not in said
    assert any((tmp_path / "out").rglob("*.part.jpg"))
    site.tricks.clear()
    site.requests.clear()
    assert task().run({}) == []
    assert arrived(site, tmp_path / "out")
    assert any("Range" in headers for _, headers, *_ in site.requests)
    assert len(site.requests) <= 6
    assert open_collection(tmp_path / "out").ids == IDS


def test_threads_end_with_the_download(task):
    before = threading.active_count()
    task().run({})
    assert [t for t in threading.enumerate() if "work_on" in t.name] == []
    assert threading.active_count() <= before + 4  # the server's own


def test_a_server_that_sends_on_to_no_address_ends_that_file_alone(site, task, monkeypatch):
    def sent_on(request, timeout):
        raise ValueError("unknown url type")

    monkeypatch.setattr(transfers.urllib.request, "urlopen", sent_on)
    [failed, *_] = task(fields=FIELDS[:1]).run({})
    assert failed.fault == "the server redirects to an invalid address (unknown url type)"

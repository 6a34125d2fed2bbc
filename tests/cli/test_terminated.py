"""SIGTERM, from `kill`, `timeout` or a queue, cleans up as Ctrl-C does."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from cellocate.cli import app

pytestmark = pytest.mark.skipif(os.name != "posix", reason="no such signal")


def ended(
    arguments: list[object], until: Callable[[], bool], group: bool = False, by: signal.Signals = signal.SIGTERM
) -> tuple[int, str]:
    """Exit code and messages of a command that gets a signal once `until` says so, by itself or with its workers."""
    marker = " ".join(map(str, arguments))
    command = [sys.executable, "-m", "cellocate", *map(str, arguments)]
    environment = {**os.environ, "CELLOCATE_TEST": marker}
    process = subprocess.Popen(
        command,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL),  # under nohup it would be ignored
    )
    deadline = time.monotonic() + 120
    while not until() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    assert process.poll() is None
    (os.killpg if group else os.kill)(process.pid, by)
    try:
        _, err = process.communicate(timeout=120)
    finally:
        process.kill()
    assert not left_over(marker)
    return process.returncode, err


def left_over(marker: str) -> list[str]:
    """Processes that still run with this in their environment."""
    found = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            if f"CELLOCATE_TEST={marker}".encode() in path.read_bytes().split(b"\0"):
                found.append(path.parent.name)
        except OSError:
            continue
    return found


@pytest.mark.parametrize("group", [False, True])
def test_simulated_fields_leave_no_folder_and_no_worker(tmp_path: Path, group: bool) -> None:
    out = tmp_path / "phantoms"
    arguments = ["simulate", out, "--fields", 100_000, "--size", 64]
    code, err = ended(arguments, lambda: len(list(tmp_path.glob(".*/train/*"))) > 8, group)
    assert not list(tmp_path.iterdir())
    if not group:  # otherwise the end of a worker may be what is seen first
        assert (code, err.splitlines()[-1]) == (143, "interrupted")  # after a line of progress, on a slow machine


def test_training_says_how_it_is_continued(phantoms: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    short = ["--set=data.size=64", "--set=network.backbone=test_resnet", "--set=training.epochs=10000"]
    arguments = ["train", phantoms, "--out", out, "--set=training.patience=null", *short]
    code, err = ended(arguments, (out / "checkpoints" / "last.ckpt").is_file)
    assert code == 143
    assert f"continue with: cellocate train {phantoms} --out {out} --resume\n" in err.replace(
        "".join(f"{option} " for option in ["--set=training.patience=null", *short]), ""
    )
    assert err.endswith("interrupted\n")
    assert not (out / "model").exists()


def test_a_demo_says_how_it_is_started_again(tmp_path: Path) -> None:
    out = tmp_path / "demo"
    code, err = ended(["demo", "--out", out, "--fields", 5000], lambda: bool(list(out.glob(".*/train/*"))))
    assert (code, err) == (
        143,
        f"start again with: cellocate demo --out {out} --fields 5000 --overwrite\ninterrupted\n",
    )
    assert not list(out.iterdir())


def test_a_closed_terminal_cleans_up_as_well(tmp_path: Path) -> None:
    out = tmp_path / "sim"
    made = ["simulate", out, "--fields", 5000]
    code, err = ended(made, lambda: bool(list(tmp_path.glob(".*/train/*"))), by=signal.SIGHUP)
    assert code == 129
    assert err.endswith("interrupted\n")
    assert not list(tmp_path.iterdir())


def test_a_handler_that_is_there_stays(cellocate: Callable[..., object], monkeypatch: pytest.MonkeyPatch) -> None:
    before = signal.getsignal(signal.SIGTERM)
    seen: list[object] = []
    monkeypatch.setattr(app, "app", lambda: seen.append(signal.getsignal(signal.SIGTERM)))
    app.main()
    assert signal.getsignal(signal.SIGTERM) == before == signal.SIG_DFL
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        app.main()
    finally:
        signal.signal(signal.SIGTERM, before)
    assert callable(seen[0])
    assert seen[1] == signal.SIG_IGN

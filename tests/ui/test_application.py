"""`forecourt` with its window as a process: pictures of both themes, actions in order, errors in one sentence."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from PySide6.QtGui import QColor, QImage
from websockets.asyncio.client import connect

from emulator.cli.options import WindowOptions
from emulator.storage.database import Database
from ui import application
from ui.qt_version import unusable_qt

ROOT = Path(__file__).resolve().parents[2]


def forecourt(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    known = {key: value for key, value in os.environ.items() if key not in {"DISPLAY", "QT_QPA_PLATFORM"}}
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", "emulator.cli.main", *words],
        cwd=ROOT, env=known | environment, capture_output=True, text=True, timeout=60,
    )  # fmt: skip


@pytest.mark.parametrize(("theme", "panel"), [("light", "#ffffff"), ("dark", "#1a2128")])
def test_a_picture_of_a_charging_station_without_a_display(tmp_path: Path, theme: str, panel: str) -> None:
    file = tmp_path / "shot.png"
    done = forecourt(
        "--demo", "--screenshot", str(file), "--after", "2.5", "--theme", theme, "--size", "1280x800",
        "--do", '{"plug": {"evse": 1}}', "--do", '{"swipe": {"id_token": "04A22B6C"}}',
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    picture = QImage(str(file))
    assert (picture.width(), picture.height()) == (1280, 800)
    assert picture.pixelColor(800, 440) == QColor(panel)
    # Drawn, not empty: many colours in the scene.
    scene = {picture.pixel(x, y) for x in range(20, 420, 4) for y in range(140, 380, 4)}
    assert len(scene) > 100


def test_actions_are_performed_in_order_and_a_refused_one_ends_with_a_sentence(tmp_path: Path) -> None:
    data = str(tmp_path / "data")
    done = forecourt(
        "--data", data, "--screenshot", str(tmp_path / "a.png"), "--after", "0.2",
        "--do", '{"plug": {}}', "--do", '{"plug": {}}',
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("forecourt: EVSE 1")
    assert not (tmp_path / "a.png").exists()
    # The first one held, and the station was stopped in an orderly way.
    done = forecourt("--data", data, "--screenshot", str(tmp_path / "b.png"), "--after", "0", "--do", '{"unplug": {}}')
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--screenshot", "nowhere/at/all.png", "--after", "0"], "The picture cannot be written"),
        (["station.toml"], "There is no station file"),
        (["--ocpp", "2.1", "--screenshot", "x.png"], "OCPP 2.1 is not built yet"),
        ([], "There is no display here"),
        (["--screenshot", "x.png", "--after", "0", "--do", '{"open_dock": {"name": "x"}}'], "There is no dock 'x'"),
        (["--screenshot", "x.png", "--after", "0", "--do", '{"select_message": {}}'], "There is no message"),
        (["--screenshot", "x.png", "--after", "0", "--do", '{"plugg": {}}'], "did you mean 'plug'"),
    ],
)
def test_what_cannot_be_is_said_in_one_sentence(tmp_path: Path, words: list[str], sentence: str) -> None:
    more = ["--screenshot", str(tmp_path / "x.png")] if words == ["station.toml"] else []
    done = forecourt("--data", str(tmp_path / "data"), *words, *more)
    assert done.returncode == 1
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


def test_a_data_folder_in_use_is_said_in_one_sentence(tmp_path: Path) -> None:
    with Database.open(tmp_path):
        done = forecourt("--data", str(tmp_path), "--screenshot", str(tmp_path / "x.png"))
    assert done.returncode == 1
    assert f"The data folder {tmp_path} is in use" in done.stderr


def test_an_unusable_qt_is_refused_in_one_sentence(monkeypatch, capsys) -> None:
    assert unusable_qt("6.12.0", (3, 11, 7))
    monkeypatch.setattr(application, "unusable_qt", lambda version, python: "PySide6 6.12.0 aborts; use another.")
    assert application.main(WindowOptions()) == 1
    assert capsys.readouterr().err == "forecourt: PySide6 6.12.0 aborts; use another.\n"


INTERRUPTED = "forecourt: The picture was not taken: the program was told to end before.\n"


@pytest.mark.parametrize(
    ("picture", "code", "sentence"), [([], 0, ""), (["--screenshot", "x.png", "--after", "60"], 1, INTERRUPTED)]
)
def test_sigterm_ends_the_window_with_a_clean_stop(
    tmp_path: Path, picture: list[str], code: int, sentence: str
) -> None:
    words = ["--demo", "--data", str(tmp_path), *picture]
    environment = os.environ | {"QT_QPA_PLATFORM": "offscreen"}
    command = [sys.executable, "-m", "emulator.cli.main", *words]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True) as process:
        try:
            deadline = time.monotonic() + 20
            while not booted(tmp_path) and time.monotonic() < deadline:
                assert process.poll() is None
                time.sleep(0.05)
            process.terminate()
            _, errors = process.communicate(timeout=20)
        finally:
            process.kill()
    assert errors.replace("This plugin does not support propagateSizeHints()\n", "") == sentence
    assert process.returncode == code
    with Database.open(tmp_path) as database:
        frames = database.frame_log("CP001").read()
    assert frames[0].action == "BootNotification"
    assert (tmp_path / "workspace-demo.json").exists()


def booted(folder: Path) -> bool:
    """Whether the station has had the answer to its BootNotification: it is in the log after a quarter of a second."""
    file = folder / "forecourt.sqlite3"
    if not file.exists() or not file.stat().st_size:
        return False
    with contextlib.closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as database:
        try:
            return database.execute("SELECT count(*) FROM frame").fetchone()[0] >= 2
        except sqlite3.Error:
            return False


def test_a_locked_folder_is_told_in_a_window_which_can_be_ended(tmp_path: Path) -> None:
    environment = os.environ | {"QT_QPA_PLATFORM": "offscreen"}
    command = [sys.executable, "-m", "emulator.cli.main", "--data", str(tmp_path)]
    with (
        Database.open(tmp_path),
        subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True) as process,
    ):
        try:
            assert process.stderr is not None
            assert "is in use by another Forecourt" in process.stderr.readline()
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(0.5)  # the message waits for its reader
            process.terminate()
            process.communicate(timeout=20)
        finally:
            process.kill()
    assert process.returncode == 1


async def test_scripts_drive_the_station_of_the_window_through_the_control_socket(tmp_path: Path) -> None:
    words = ["--demo", "--data", str(tmp_path), "--control", "0"]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "emulator.cli.main", *words, cwd=ROOT, stdout=subprocess.PIPE,
        env=os.environ | {"QT_QPA_PLATFORM": "offscreen"},
    )  # fmt: skip
    try:
        assert process.stdout is not None
        served = json.loads(await asyncio.wait_for(process.stdout.readline(), 20))
        async with connect(f"{served['control']}?token={served['token']}") as socket:
            wanted = {"state": {"/boot/state": "accepted"}}
            await socket.send(json.dumps({"jsonrpc": "2.0", "id": 1, "method": "wait_for", "params": wanted}))
            answer = json.loads(await asyncio.wait_for(socket.recv(), 20))
        assert answer["result"] == {"/boot/state": "accepted"}
    finally:
        process.terminate()
        await asyncio.wait_for(process.communicate(), 20)
    assert process.returncode == 0


def test_another_identity_keeps_its_memory_in_the_data_folder_over_a_restart(tmp_path: Path) -> None:
    (tmp_path / "workspace.json").write_text(json.dumps({"format": 1, "stations": ["OTHER"]}))
    for deed in ("plug", "unplug"):  # the second process finds the cable where the first one has put it
        picture = str(tmp_path / f"{deed}.png")
        done = forecourt(
            "--data", str(tmp_path), "--screenshot", picture, "--after", "0", "--do", f'{{"{deed}": {{}}}}'
        )
        assert (done.returncode, done.stderr) == (0, "")
    with Database.open(tmp_path / "stations" / "OTHER") as database:
        assert database.stations() == ["OTHER"]

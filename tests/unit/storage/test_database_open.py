"""Opening a data folder: what can be wrong with it is said in one sentence, and nothing is lost."""

import errno
import os
import shutil
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from emulator.domain.errors import EnvironmentProblem
from emulator.storage import writer
from emulator.storage.database import DATABASE_FILE, Database
from emulator.storage.lock import LOCK_FILE

HOLDER = """
import sys
from pathlib import Path
from emulator.storage.database import Database
with Database.open(Path(sys.argv[1])) as database:
    print("open", flush=True)
    sys.stdin.read()
"""


def problem_of(folder: Path) -> EnvironmentProblem:
    with pytest.raises(EnvironmentProblem) as caught:
        Database.open(folder)
    assert caught.value.sentence.endswith(".")
    assert "\n" not in caught.value.sentence
    assert caught.value.hint
    return caught.value


@pytest.mark.skipif(os.name != "posix", reason="rights of POSIX")
def test_folder_and_files_are_for_their_owner_alone(tmp_path):
    before = os.umask(0o022)
    try:
        with Database.open(tmp_path / "a" / "data") as database:
            database.memory("CP1").put("a", "b", 1)
            modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in database.folder.iterdir()}
            assert stat.S_IMODE(database.folder.stat().st_mode) == 0o700
    finally:
        os.umask(before)
    names = {DATABASE_FILE, f"{DATABASE_FILE}-wal", f"{DATABASE_FILE}-shm", LOCK_FILE}
    assert modes == dict.fromkeys(names, 0o600)


def test_the_database_is_in_wal_mode_and_its_commits_reach_the_system(database):
    connection = database._writer._connection
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert connection.execute("PRAGMA synchronous").fetchone() == (1,)


def test_a_second_process_is_refused_and_told_who_holds_the_folder(tmp_path):
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with holder:
        assert holder.stdout.readline() == "open\n"
        problem = problem_of(tmp_path)
        assert problem.sentence == f"The data folder {tmp_path} is in use by another Forecourt (process {holder.pid})."
        holder.kill()
    # However it ended, the folder is free again.
    Database.open(tmp_path).close()


def test_a_second_database_in_the_same_process_is_refused_until_the_first_is_closed(tmp_path):
    with Database.open(tmp_path) as database:
        assert f"(process {os.getpid()})" in problem_of(tmp_path).sentence
        database.close()
        Database.open(tmp_path).close()


def test_a_failed_opening_lets_the_folder_go(tmp_path):
    (tmp_path / DATABASE_FILE).write_text("no database " * 100)
    problem_of(tmp_path)
    (tmp_path / DATABASE_FILE).unlink()
    Database.open(tmp_path).close()


def test_a_path_through_a_file_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "file", tmp_path / "file" / "data"):
        problem = problem_of(folder)
        assert problem.sentence == f"The data folder {folder} cannot be made: a part of its path is a file."
    assert (tmp_path / "file").read_text() == ""


@pytest.mark.parametrize(
    ("number", "sentence"),
    [
        (errno.EACCES, "The data folder {} cannot be written."),
        (errno.EROFS, "The data folder {} cannot be written."),
        (errno.ENOSPC, "The disk that holds {} is full."),
        (errno.EMFILE, "{}/forecourt.lock cannot be used: Too many open files."),
    ],
)
def test_a_folder_that_the_system_refuses(tmp_path, monkeypatch, number, sentence):
    def refuse(*_):
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patch:
        patch.setattr(os, "open", refuse)
        assert problem_of(tmp_path).sentence == sentence.format(tmp_path)


def test_a_folder_that_cannot_be_made(tmp_path, monkeypatch):
    def refuse(*_):
        raise PermissionError(errno.EACCES, "no")

    with monkeypatch.context() as patch:
        patch.setattr(os, "mkdir", refuse)
        assert problem_of(tmp_path / "data").sentence == f"The data folder {tmp_path / 'data'} cannot be written."


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_the_right_to_write(tmp_path):
    tmp_path.chmod(0o500)
    try:
        assert problem_of(tmp_path).sentence == f"The data folder {tmp_path} cannot be written."
    finally:
        tmp_path.chmod(0o700)


@pytest.mark.parametrize("content", [b"garbage", b"no database " * 1000, b"SQLite format 3\0" + b"\xff" * 5000])
def test_a_file_that_is_no_database_is_left_as_it_is(tmp_path, content):
    path = tmp_path / DATABASE_FILE
    path.write_bytes(content)
    assert problem_of(tmp_path).sentence == f"The database {path} is damaged or is not a database."
    assert path.read_bytes() == content


def test_a_damaged_database_is_left_as_it_is(tmp_path):
    with Database.open(tmp_path) as database:
        memory = database.memory("CP1")
        for number in range(500):
            memory.put("queue", str(number), "x" * 200)
    path = tmp_path / DATABASE_FILE
    content = bytearray(path.read_bytes())
    content[4096:] = b"\xa5" * (len(content) - 4096)
    path.write_bytes(content)
    with Database.open(tmp_path) as database, pytest.raises(EnvironmentProblem, match="damaged"):
        database.memory("CP1").items("queue")
    assert path.read_bytes() == content


def test_a_database_of_another_program_is_left_alone(tmp_path):
    path = tmp_path / DATABASE_FILE
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE station (name)")
    connection.close()
    content = path.read_bytes()
    assert problem_of(tmp_path).sentence == f"The file {path} is a database of another program."
    assert path.read_bytes() == content


def test_a_full_disk_at_the_first_opening(tmp_path, monkeypatch):
    def full(*_):
        error = sqlite3.OperationalError("database or disk is full")
        error.sqlite_errorcode = sqlite3.SQLITE_FULL
        raise error

    with monkeypatch.context() as patch:
        patch.setattr("emulator.storage.schema.migrate", full)
        assert problem_of(tmp_path).sentence == f"The disk that holds {tmp_path} is full."
    Database.open(tmp_path).close()


@pytest.mark.parametrize(
    ("free", "sentence"), [(1000, "is full"), (10**9, "reports an error"), (None, "reports an error")]
)
def test_an_input_output_error_is_a_full_disk_when_nothing_is_free(tmp_path, monkeypatch, free, sentence):
    def fail(*_):
        error = sqlite3.OperationalError("disk I/O error")
        error.sqlite_errorcode = sqlite3.SQLITE_IOERR_SHMSIZE
        raise error

    def usage(_):
        if free is None:
            raise OSError(errno.EIO, "gone")
        return shutil._ntuple_diskusage(10**9, 10**9 - free, free)

    monkeypatch.setattr("emulator.storage.schema.migrate", fail)
    monkeypatch.setattr(shutil, "disk_usage", usage)
    assert sentence in problem_of(tmp_path).sentence


def test_a_database_that_another_program_holds_refuses_the_write(tmp_path, monkeypatch):
    monkeypatch.setattr("emulator.storage.database._BUSY_TIMEOUT_S", 0.01)
    with Database.open(tmp_path) as database:
        memory = database.memory("CP1")
        browser = sqlite3.connect(tmp_path / DATABASE_FILE, isolation_level=None)
        browser.execute("BEGIN IMMEDIATE")
        with pytest.raises(EnvironmentProblem, match="held by another program"):
            memory.put("queue", "1", 1)
        with pytest.raises(EnvironmentProblem, match="held by another program"), memory.batch():
            pytest.fail("the batch must not begin")
        browser.close()
        memory.put("queue", "1", 2)
        assert memory.get("queue", "1") == 2


def test_stations_share_a_database_and_one_can_be_forgotten(database, make_frame):
    for identity in ("CP1", "CP2"):
        database.memory(identity).put("boot", "state", identity)
        database.frame_log(identity).append(make_frame(1))
    database.flush()
    database.frame_log("CP2").append(make_frame(2))
    assert database.stations() == ["CP1", "CP2"]
    database.forget("CP2")
    database.forget("unknown")
    assert database.stations() == ["CP1"]
    # The new CP2 has the number of the old one; nothing of that may come to light.
    assert database.memory("CP2").get("boot", "state") is None
    database.flush()
    assert database.frame_log("CP2").read() == []
    assert database.frame_log("CP2").last_seq == 0
    assert database.memory("CP1").get("boot", "state") == "CP1"
    assert database.frame_log("CP1").last_seq == 1


def test_identities_of_any_kind_are_kept_apart(database):
    identities = ["", "CP1", "cp1", "CP1\0", "../x", "Zoë", "bytes\udcff", "x" * 5000]
    for identity in identities:
        database.memory(identity).put("who", "am I", identity.encode("utf-8", "surrogatepass").hex())
    for identity in identities:
        expected = identity.encode("utf-8", "surrogatepass").hex()
        assert database.memory(identity).get("who", "am I") == expected


def test_much_writing_is_moved_into_the_database_beside_the_loop(database, monkeypatch):
    monkeypatch.setattr(writer, "_PAGES_BEFORE_CHECKPOINT", 20)
    memory = database.memory("CP1")
    for number in range(50):
        memory.put("queue", str(number), "x" * 1000)
        if database._writer._checkpoint is not None:
            database._writer._checkpoint.join()
    wal = (database.folder / f"{DATABASE_FILE}-wal").stat().st_size
    # Without the checkpoints in between, 50 puts leave three pages each.
    assert wal < 60 * 4096
    assert len(memory.items("queue")) == 50

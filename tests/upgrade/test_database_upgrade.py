"""Databases of every older format open, and nothing in them is lost."""

import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest

from emulator.domain.errors import EnvironmentProblem
from emulator.domain.frames import Direction, Frame, FrameType, Problem
from emulator.storage import schema
from emulator.storage.database import DATABASE_FILE, Database

FIXTURES = sorted(Path(__file__).parent.glob("version_*.sql"))
NEWEST = schema.migrations()[-1][0]
TIME = datetime(2026, 11, 20, 12, 0, 0, 123456, UTC)


def pragma(path: Path, name: str) -> int:
    connection = sqlite3.connect(path)
    try:
        return connection.execute(f"PRAGMA {name}").fetchone()[0]
    finally:
        connection.close()


def tables(path: Path) -> list[tuple[str, str]]:
    connection = sqlite3.connect(path)
    try:
        return connection.execute("SELECT name, sql FROM sqlite_master ORDER BY name").fetchall()
    finally:
        connection.close()


def lay(folder: Path, script: str) -> Path:
    path = folder / DATABASE_FILE
    connection = sqlite3.connect(path, isolation_level=None)
    connection.executescript(script)
    connection.close()
    return path


def test_there_is_a_fixture_of_every_format():
    numbers = [number for number, _ in schema.migrations()]
    assert numbers == list(range(1, NEWEST + 1))
    assert [int(path.stem[-4:]) for path in FIXTURES] == numbers


@pytest.mark.parametrize("fixture", FIXTURES, ids=lambda path: path.stem)
def test_a_database_of_an_older_format_keeps_everything(tmp_path, fixture):
    path = lay(tmp_path, fixture.read_text("utf-8"))
    Database.open(tmp_path).close()
    assert pragma(path, "user_version") == NEWEST
    with Database.open(tmp_path) as database:
        assert database.stations() == ["CP1", "Zoë/2"]
        memory = database.memory("CP1")
        assert memory.items("boot") == [("state", {"interval_s": 300, "accepted": True})]
        assert memory.items("queue") == [("2", "changed"), ("1", [1, None, 1.5])]
        assert database.memory("Zoë/2").get("boot", "state") == {"interval_s": 60}
        log = database.frame_log("CP1")
        assert (log.first_seq, log.last_seq) == (7, 9)
        assert log.read() == FRAMES
        memory.put("queue", "3", "new")
        assert memory.get("queue", "3") == "new"


@pytest.mark.parametrize("fixture", FIXTURES, ids=lambda path: path.stem)
def test_an_upgraded_database_has_the_tables_of_a_new_one(tmp_path, fixture):
    (tmp_path / "old").mkdir()
    old = lay(tmp_path / "old", fixture.read_text("utf-8"))
    Database.open(tmp_path / "old").close()
    Database.open(tmp_path / "new").close()
    new = tmp_path / "new" / DATABASE_FILE
    assert [name for name, _ in tables(old)] == [name for name, _ in tables(new)]
    for (_, first), (_, second) in zip(tables(old), tables(new)):
        assert first == second


def test_an_empty_file_becomes_a_database(tmp_path):
    path = tmp_path / DATABASE_FILE
    path.write_bytes(b"")
    with Database.open(tmp_path) as database:
        database.memory("CP1").put("boot", "state", 1)
    assert pragma(path, "user_version") == NEWEST
    assert pragma(path, "application_id") == schema.APPLICATION_ID


def test_a_newer_database_is_refused_and_left_as_it_is(tmp_path):
    Database.open(tmp_path).close()
    path = lay(tmp_path, f"PRAGMA user_version = {NEWEST + 1};")
    content = path.read_bytes()
    with pytest.raises(EnvironmentProblem) as problem:
        Database.open(tmp_path)
    assert problem.value.sentence == (
        f"The database {path} was written by a newer version of Forecourt"
        f" (format {NEWEST + 1}; this version knows formats up to {NEWEST})."
    )
    assert "Update Forecourt" in problem.value.hint
    assert path.read_bytes() == content


def test_a_migration_that_fails_changes_nothing(tmp_path, monkeypatch):
    with Database.open(tmp_path / "data") as database:
        database.memory("CP1").put("boot", "state", "kept")
    broken = tmp_path / f"{NEWEST + 1:04}_broken.sql"
    broken.write_text("CREATE TABLE extra (a); DELETE FROM memory; INSERT INTO nowhere VALUES (1);")
    known = schema.migrations()
    with monkeypatch.context() as patch:
        patch.setattr(schema, "migrations", lambda: [*known, (NEWEST + 1, broken)])
        with pytest.raises(sqlite3.OperationalError, match="nowhere"):
            Database.open(tmp_path / "data")
    with Database.open(tmp_path / "data") as database:
        assert database.memory("CP1").get("boot", "state") == "kept"
    path = tmp_path / "data" / DATABASE_FILE
    assert pragma(path, "user_version") == NEWEST
    assert "extra" not in [name for name, _ in tables(path)]


def test_migrations_are_applied_in_order_and_once(tmp_path, monkeypatch):
    Database.open(tmp_path / "data").close()
    later = []
    for number, script in ((NEWEST + 1, "CREATE TABLE extra (a);"), (NEWEST + 2, "INSERT INTO extra VALUES (1);")):
        later.append((number, tmp_path / f"{number:04}.sql"))
        later[-1][1].write_text(script)
    known = schema.migrations()
    monkeypatch.setattr(schema, "migrations", lambda: known + later)
    for _ in range(2):
        Database.open(tmp_path / "data").close()
    path = tmp_path / "data" / DATABASE_FILE
    assert pragma(path, "user_version") == NEWEST + 2
    connection = sqlite3.connect(path)
    assert connection.execute("SELECT a FROM extra").fetchall() == [(1,)]
    connection.close()


FRAMES = [
    Frame(
        seq=7,
        time=TIME,
        direction=Direction.SENT,
        type=FrameType.CALL,
        action="Heartbeat",
        message_id="a",
        payload={},
        raw='[2,"a","Heartbeat",{}]',
        ocpp="1.6",
    ),
    Frame(
        seq=8,
        time=TIME,
        direction=Direction.RECEIVED,
        type=FrameType.CALLRESULT,
        action="Heartbeat",
        message_id="a",
        payload={"currentTime": "ü"},
        raw='[3,"a",{"currentTime":"ü"}]',
        ocpp="1.6",
        problems=(Problem("/currentTime", "format", "not a date-time"),),
        answers=7,
        latency_ms=12.5,
    ),
    Frame(
        seq=9,
        time=TIME,
        direction=Direction.RECEIVED,
        type=FrameType.MALFORMED,
        action="",
        message_id="-1",
        payload=None,
        raw="[2,",
        ocpp="1.6",
        problems=(Problem("", "json", "ends too early"),),
    ),
]

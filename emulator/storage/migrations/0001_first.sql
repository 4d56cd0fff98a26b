-- What every station keeps: its memory and its message log.

-- A station's number takes the place of its identity in the other tables.
CREATE TABLE station (
    id INTEGER PRIMARY KEY,
    identity TEXT NOT NULL UNIQUE
);

-- `name` is the table as the engine calls it; `value` is JSON; `place` keeps the order in which keys were first
-- written. Without rowid a put changes one page, not two: half the cost of a commit.
CREATE TABLE memory (
    station INTEGER NOT NULL REFERENCES station,
    name TEXT NOT NULL,
    key TEXT NOT NULL,
    value BLOB NOT NULL,
    place INTEGER NOT NULL,
    PRIMARY KEY (station, name, key)
) WITHOUT ROWID;

-- `id` is the station's number * 2^40 + the frame's seq: rows of one station lie together, in order, without an index.
-- `time` is in microseconds since 1970 (UTC, station clock); direction: 0 sent, 1 received;
-- type: 0 CALL, 1 CALLRESULT, 2 CALLERROR, 3 malformed; `message_id` is NULL where the raw text tells it;
-- `problems` is NULL or a JSON list of [pointer, keyword, message].
CREATE TABLE frame (
    id INTEGER PRIMARY KEY,
    time INTEGER NOT NULL,
    direction INTEGER NOT NULL,
    type INTEGER NOT NULL,
    action TEXT NOT NULL,
    ocpp TEXT NOT NULL,
    raw TEXT NOT NULL,
    answers INTEGER,
    latency_ms REAL,
    message_id TEXT,
    problems TEXT
);

-- A database of format 1 with two stations, as the program that wrote it left it. Never change this file.
PRAGMA application_id = 1179599695;
PRAGMA user_version = 1;
BEGIN TRANSACTION;
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
INSERT INTO "frame" VALUES(1099511627783,1795176000123456,0,0,'Heartbeat','1.6','[2,"a","Heartbeat",{}]',NULL,NULL,NULL,NULL);
INSERT INTO "frame" VALUES(1099511627784,1795176000123456,1,1,'Heartbeat','1.6','[3,"a",{"currentTime":"ü"}]',7,12.5,'a','[["/currentTime","format","not a date-time"]]');
INSERT INTO "frame" VALUES(1099511627785,1795176000123456,1,3,'','1.6','[2,',NULL,NULL,'-1','[["","json","ends too early"]]');
CREATE TABLE memory (
    station INTEGER NOT NULL REFERENCES station,
    name TEXT NOT NULL,
    key TEXT NOT NULL,
    value BLOB NOT NULL,
    place INTEGER NOT NULL,
    PRIMARY KEY (station, name, key)
) WITHOUT ROWID;
INSERT INTO "memory" VALUES(1,'boot','state',X'7B22696E74657276616C5F73223A3330302C226163636570746564223A747275657D',1);
INSERT INTO "memory" VALUES(1,'queue','2',X'226368616E67656422',2);
INSERT INTO "memory" VALUES(1,'queue','1',X'5B312C6E756C6C2C312E355D',3);
INSERT INTO "memory" VALUES(2,'boot','state',X'7B22696E74657276616C5F73223A36307D',4);
CREATE TABLE station (
    id INTEGER PRIMARY KEY,
    identity TEXT NOT NULL UNIQUE
);
INSERT INTO "station" VALUES(1,'CP1');
INSERT INTO "station" VALUES(2,'Zoë/2');
COMMIT;

-- What was read of each table, the figures that later pulls are judged by, and what people say of them.

-- A pull that somebody accepts beforehand, whatever its guards say. run_id is the run that took it.
CREATE TABLE table_acceptances (
    id         TEXT   NOT NULL PRIMARY KEY,
    table_name TEXT   NOT NULL,
    at         BIGINT NOT NULL,
    actor      TEXT   NOT NULL,
    reason     TEXT   NOT NULL,
    run_id     TEXT   REFERENCES runs (id) DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX table_acceptances_by_table ON table_acceptances (table_name, run_id);

-- Pulls that passed every guard, or were accepted. company is empty for a table of one company; hash is that of what
-- was asked; since the day from which rows were asked for, where the query asks that.
CREATE TABLE table_pulls (
    run_id     TEXT   NOT NULL REFERENCES runs (id) DEFERRABLE INITIALLY DEFERRED,
    table_name TEXT   NOT NULL,
    company    TEXT   NOT NULL,
    hash       TEXT   NOT NULL,
    as_of      BIGINT NOT NULL,
    day        TEXT   NOT NULL,
    since      TEXT,
    moment     BIGINT NOT NULL,
    row_count  BIGINT NOT NULL,
    totals     TEXT   NOT NULL,
    columns    TEXT   NOT NULL,
    acceptance TEXT   REFERENCES table_acceptances (id),
    PRIMARY KEY (run_id, table_name, company)
);
CREATE INDEX table_pulls_by_table ON table_pulls (table_name, company, hash, as_of);

-- Why the rule was not evaluated in its last run, where it was not.
ALTER TABLE rules ADD COLUMN last_reason TEXT;

-- The trail tells of tables too: a row is about an exception or about a table.
CREATE TABLE trail_next (
    seq          BIGINT NOT NULL PRIMARY KEY,
    exception_id TEXT   REFERENCES exceptions (id),
    at           BIGINT NOT NULL,
    actor        TEXT   NOT NULL,
    event        TEXT   NOT NULL,
    detail       TEXT   NOT NULL,
    prev_hash    TEXT   NOT NULL,
    hash         TEXT   NOT NULL,
    table_name   TEXT,
    CHECK ((exception_id IS NULL) <> (table_name IS NULL))
);
INSERT INTO trail_next (seq, exception_id, at, actor, event, detail, prev_hash, hash)
    SELECT seq, exception_id, at, actor, event, detail, prev_hash, hash FROM trail;
DROP TABLE trail;
ALTER TABLE trail_next RENAME TO trail;
CREATE INDEX trail_by_exception ON trail (exception_id, seq);

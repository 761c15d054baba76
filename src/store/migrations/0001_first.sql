-- The first released schema. Instants are UTC microseconds, days ISO text, booleans 0 or 1, JSON is text.

CREATE TABLE store_schema (
    one     BIGINT NOT NULL PRIMARY KEY CHECK (one = 1),
    version BIGINT NOT NULL
);

CREATE TABLE runs (
    id         TEXT   NOT NULL PRIMARY KEY,
    job        TEXT   NOT NULL,
    as_of      BIGINT NOT NULL,
    day        TEXT   NOT NULL,
    started    BIGINT NOT NULL,
    finished   BIGINT NOT NULL,
    status     TEXT   NOT NULL,
    parameters TEXT   NOT NULL
);
CREATE INDEX runs_by_job ON runs (job, finished, id);
CREATE INDEX runs_by_end ON runs (finished, id);

CREATE TABLE run_rules (
    run_id    TEXT             NOT NULL REFERENCES runs (id) DEFERRABLE INITIALLY DEFERRED,
    rule_id   TEXT             NOT NULL,
    hash      TEXT             NOT NULL,
    status    TEXT             NOT NULL,
    report    TEXT             NOT NULL,
    seconds   DOUBLE PRECISION NOT NULL,
    row_count BIGINT           NOT NULL,
    recorded  BIGINT           NOT NULL,
    PRIMARY KEY (run_id, rule_id)
);

-- One row per rule that ever ran. hash, last_as_of and last_day are those of its last recorded run.
CREATE TABLE rules (
    id             TEXT             NOT NULL PRIMARY KEY,
    hash           TEXT,
    last_as_of     BIGINT,
    last_day       TEXT,
    last_evaluated BIGINT,
    last_status    TEXT             NOT NULL,
    last_run_day   TEXT             NOT NULL,
    last_run       BIGINT           NOT NULL,
    seconds        DOUBLE PRECISION NOT NULL,
    row_count      BIGINT           NOT NULL
);

-- One row per rule and subject, for good. subject_order is text whose byte order is the order of subjects.
CREATE TABLE exceptions (
    id              TEXT   NOT NULL PRIMARY KEY,
    rule_id         TEXT   NOT NULL,
    rule_title      TEXT   NOT NULL,
    rule_hash       TEXT   NOT NULL,
    subject         TEXT   NOT NULL,
    subject_digest  TEXT   NOT NULL,
    subject_version BIGINT NOT NULL,
    subject_order   TEXT   NOT NULL,
    department      TEXT   NOT NULL,
    status          TEXT   NOT NULL,
    severity        TEXT   NOT NULL,
    breaks          TEXT   NOT NULL,
    first_seen      TEXT   NOT NULL,
    last_seen       TEXT   NOT NULL,
    last_changed    TEXT   NOT NULL,
    closed          TEXT,
    regressions     BIGINT NOT NULL,
    rule_changed    BIGINT NOT NULL,
    assignee        TEXT,
    acknowledgement TEXT,
    waiver          TEXT,
    version         BIGINT NOT NULL,
    UNIQUE (rule_id, subject_digest)
);
CREATE INDEX exceptions_by_status ON exceptions (status, department);

-- Money at risk: ten-thousandths for sorting and sums, beside the exact figure.
CREATE TABLE exception_amounts (
    exception_id    TEXT   NOT NULL REFERENCES exceptions (id),
    currency        TEXT   NOT NULL,
    ten_thousandths BIGINT NOT NULL,
    exact           TEXT   NOT NULL,
    PRIMARY KEY (exception_id, currency)
);

-- stage is opening or latest; run_id the run that saw it so.
CREATE TABLE evidence (
    exception_id TEXT NOT NULL REFERENCES exceptions (id),
    stage        TEXT NOT NULL,
    run_id       TEXT NOT NULL REFERENCES runs (id) DEFERRABLE INITIALLY DEFERRED,
    json         TEXT NOT NULL,
    PRIMARY KEY (exception_id, stage)
);

-- Append-only. Each row's hash covers the row and the hash before it; trail_head knows how many there are.
CREATE TABLE trail (
    seq          BIGINT NOT NULL PRIMARY KEY,
    exception_id TEXT   NOT NULL REFERENCES exceptions (id),
    at           BIGINT NOT NULL,
    actor        TEXT   NOT NULL,
    event        TEXT   NOT NULL,
    detail       TEXT   NOT NULL,
    prev_hash    TEXT   NOT NULL,
    hash         TEXT   NOT NULL
);
CREATE INDEX trail_by_exception ON trail (exception_id, seq);

CREATE TABLE trail_head (
    one  BIGINT NOT NULL PRIMARY KEY CHECK (one = 1),
    seq  BIGINT NOT NULL,
    hash TEXT   NOT NULL
);

CREATE TABLE leases (
    job        TEXT   NOT NULL PRIMARY KEY,
    holder     TEXT   NOT NULL,
    held_until BIGINT NOT NULL
);

CREATE TABLE letters (
    id         TEXT   NOT NULL PRIMARY KEY,
    run_id     TEXT   NOT NULL REFERENCES runs (id) DEFERRABLE INITIALLY DEFERRED,
    department TEXT   NOT NULL,
    subject    TEXT   NOT NULL,
    text_part  TEXT   NOT NULL,
    html_part  TEXT   NOT NULL,
    csv_name   TEXT   NOT NULL,
    csv        TEXT   NOT NULL,
    list_id    TEXT   NOT NULL,
    written    BIGINT NOT NULL
);
CREATE INDEX letters_by_department ON letters (department, written);

-- status is pending, sending, sent, failed (will be tried again) or dead.
CREATE TABLE deliveries (
    id            TEXT   NOT NULL PRIMARY KEY,
    letter_id     TEXT   NOT NULL REFERENCES letters (id),
    recipient     TEXT   NOT NULL,
    message_id    TEXT   NOT NULL UNIQUE,
    status        TEXT   NOT NULL,
    attempts      BIGINT NOT NULL,
    due           BIGINT NOT NULL,
    holder        TEXT,
    claimed_until BIGINT,
    error         TEXT,
    changed       BIGINT
);
CREATE INDEX deliveries_by_status ON deliveries (status, due);
CREATE INDEX deliveries_by_letter ON deliveries (letter_id);

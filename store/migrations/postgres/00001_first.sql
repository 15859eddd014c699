-- The tables of a TMK server on PostgreSQL. migrations/sqlite holds the same in
-- SQLite's types; a change is made in both.
--
-- Columns named …_at, and empty_since, next_at, lease_until: microseconds since
-- 1970 in UTC, 0 for none. Columns named …_ns: nanoseconds. Ids of all kinds are collated
-- "C", as bytes, because lists are ordered by them and a language's collation
-- would order them otherwise than SQLite does.

-- +goose Up

CREATE TABLE consultations (
    id               TEXT COLLATE "C" NOT NULL PRIMARY KEY CHECK (id <> ''),
    integration      TEXT    NOT NULL,
    external_id      TEXT COLLATE "C" NOT NULL,
    doctor_id        TEXT COLLATE "C" NOT NULL,
    doctor_name      TEXT    NOT NULL,
    doctor_specialty TEXT    NOT NULL,
    patient_id       TEXT COLLATE "C" NOT NULL,
    patient_name     TEXT    NOT NULL,
    starts_at        BIGINT  NOT NULL,
    duration_ns      BIGINT  NOT NULL CHECK (duration_ns >= 0),
    time_zone        TEXT    NOT NULL,
    topic            TEXT    NOT NULL,
    language         TEXT    NOT NULL,
    recording        TEXT    NOT NULL CHECK (recording IN ('off', 'ask', 'required')),
    metadata         TEXT    NOT NULL, -- a JSON object of strings, or ''
    status           TEXT    NOT NULL CHECK (status IN ('upcoming', 'current', 'finished', 'cancelled', 'missed')),
    end_reason       TEXT    NOT NULL CHECK (end_reason IN ('', 'doctor', 'api', 'abandoned', 'timeout')),
    cancel_reason    TEXT    NOT NULL,
    created_at       BIGINT  NOT NULL,
    started_at       BIGINT  NOT NULL,
    finished_at      BIGINT  NOT NULL,
    empty_since      BIGINT  NOT NULL,
    version          BIGINT  NOT NULL,
    message_seq      BIGINT  NOT NULL DEFAULT 0,
    event_seq        BIGINT  NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX consultations_external ON consultations (integration, external_id) WHERE external_id <> '';
CREATE INDEX consultations_start ON consultations (starts_at, id);
CREATE INDEX consultations_integration ON consultations (integration, starts_at, id);
CREATE INDEX consultations_doctor ON consultations (doctor_id, starts_at, id);
CREATE INDEX consultations_patient ON consultations (patient_id, starts_at, id);
CREATE INDEX consultations_status ON consultations (status, starts_at, id);

CREATE TABLE seats (
    n                BIGINT  GENERATED ALWAYS AS IDENTITY PRIMARY KEY, -- the order of their making
    id               TEXT COLLATE "C" NOT NULL UNIQUE CHECK (id <> ''),
    consultation_id  TEXT COLLATE "C" NOT NULL REFERENCES consultations (id),
    role             TEXT    NOT NULL CHECK (role IN ('doctor', 'patient', 'relative', 'interpreter', 'observer')),
    person_id        TEXT COLLATE "C" NOT NULL,
    person_name      TEXT    NOT NULL,
    person_specialty TEXT    NOT NULL,
    link_hash        BYTEA   NOT NULL UNIQUE,
    link_expires_at  BIGINT  NOT NULL,
    revoked_at       BIGINT  NOT NULL,
    admitted_at      BIGINT  NOT NULL,
    created_at       BIGINT  NOT NULL,
    UNIQUE (consultation_id, id) -- what belongs to a seat belongs to its consultation
);

CREATE TABLE passes (
    hash       BYTEA   NOT NULL PRIMARY KEY,
    seat_id    TEXT COLLATE "C" NOT NULL REFERENCES seats (id),
    created_at BIGINT  NOT NULL,
    expires_at BIGINT  NOT NULL
);
CREATE INDEX passes_expiry ON passes (expires_at);
CREATE INDEX passes_seat ON passes (seat_id);

CREATE TABLE attendances (
    id              TEXT COLLATE "C" NOT NULL PRIMARY KEY CHECK (id <> ''),
    consultation_id TEXT COLLATE "C" NOT NULL,
    seat_id         TEXT COLLATE "C" NOT NULL,
    role            TEXT    NOT NULL CHECK (role IN ('doctor', 'patient', 'relative', 'interpreter', 'observer')),
    joined_at       BIGINT  NOT NULL,
    left_at         BIGINT  NOT NULL,
    FOREIGN KEY (consultation_id, seat_id) REFERENCES seats (consultation_id, id)
);
CREATE INDEX attendances_consultation ON attendances (consultation_id, joined_at, id);
CREATE INDEX attendances_open ON attendances (joined_at, id) WHERE left_at = 0;

CREATE TABLE files (
    id              TEXT COLLATE "C" NOT NULL PRIMARY KEY CHECK (id <> ''),
    consultation_id TEXT COLLATE "C" NOT NULL,
    seat_id         TEXT COLLATE "C" NOT NULL,
    client_id       TEXT COLLATE "C" NOT NULL,
    name            TEXT    NOT NULL,
    type            TEXT    NOT NULL,
    size            BIGINT  NOT NULL CHECK (size >= 0),
    sha256          BYTEA,
    state           TEXT    NOT NULL CHECK (state IN ('uploading', 'stored', 'rejected')),
    created_at      BIGINT  NOT NULL,
    FOREIGN KEY (consultation_id, seat_id) REFERENCES seats (consultation_id, id)
);
CREATE UNIQUE INDEX files_client ON files (seat_id, client_id) WHERE client_id <> '';
CREATE INDEX files_consultation ON files (consultation_id, created_at, id);

CREATE TABLE messages (
    id              TEXT COLLATE "C" NOT NULL PRIMARY KEY CHECK (id <> ''),
    consultation_id TEXT COLLATE "C" NOT NULL,
    seq             BIGINT  NOT NULL CHECK (seq >= 1),
    seat_id         TEXT COLLATE "C" NOT NULL,
    client_id       TEXT COLLATE "C" NOT NULL,
    kind            TEXT    NOT NULL CHECK (kind IN ('text', 'file')),
    text            TEXT    NOT NULL,
    file_id         TEXT COLLATE "C" UNIQUE REFERENCES files (id),
    sent_at         BIGINT  NOT NULL,
    UNIQUE (consultation_id, seq),
    CHECK ((kind = 'file') = (file_id IS NOT NULL)),
    FOREIGN KEY (consultation_id, seat_id) REFERENCES seats (consultation_id, id)
);
CREATE UNIQUE INDEX messages_client ON messages (seat_id, client_id) WHERE client_id <> '';

CREATE TABLE recordings (
    id              TEXT COLLATE "C" NOT NULL PRIMARY KEY CHECK (id <> ''),
    consultation_id TEXT COLLATE "C" NOT NULL,
    seat_id         TEXT COLLATE "C" NOT NULL,
    role            TEXT    NOT NULL CHECK (role IN ('doctor', 'patient', 'relative', 'interpreter', 'observer')),
    source          TEXT    NOT NULL CHECK (source IN ('camera', 'screen')),
    state           TEXT    NOT NULL CHECK (state IN ('active', 'finishing', 'ready', 'failed')),
    failure         TEXT    NOT NULL,
    started_at      BIGINT  NOT NULL,
    offset_ns       BIGINT  NOT NULL,
    duration_ns     BIGINT  NOT NULL,
    bytes           BIGINT  NOT NULL CHECK (bytes >= 0),
    sha256          BYTEA,
    finished_at     BIGINT  NOT NULL,
    FOREIGN KEY (consultation_id, seat_id) REFERENCES seats (consultation_id, id)
);
CREATE INDEX recordings_consultation ON recordings (consultation_id, started_at, id);
CREATE INDEX recordings_state ON recordings (state, started_at, id);
CREATE INDEX recordings_start ON recordings (started_at, id);

CREATE TABLE consents (
    id              TEXT COLLATE "C" NOT NULL PRIMARY KEY CHECK (id <> ''),
    consultation_id TEXT COLLATE "C" NOT NULL,
    seat_id         TEXT COLLATE "C" NOT NULL,
    given           BOOLEAN NOT NULL,
    text_version    TEXT    NOT NULL,
    language        TEXT    NOT NULL,
    at              BIGINT  NOT NULL,
    FOREIGN KEY (consultation_id, seat_id) REFERENCES seats (consultation_id, id)
);
CREATE INDEX consents_consultation ON consents (consultation_id, at, id);

CREATE TABLE events (
    id              TEXT COLLATE "C" NOT NULL PRIMARY KEY CHECK (id <> ''),
    integration     TEXT    NOT NULL,
    consultation_id TEXT COLLATE "C" NOT NULL REFERENCES consultations (id),
    sequence        BIGINT  NOT NULL CHECK (sequence >= 1),
    type            TEXT    NOT NULL,
    created_at      BIGINT  NOT NULL,
    data            TEXT    NOT NULL,
    UNIQUE (consultation_id, sequence)
);
CREATE INDEX events_integration ON events (integration, created_at, consultation_id, sequence);

CREATE TABLE webhooks (
    id          TEXT COLLATE "C" NOT NULL PRIMARY KEY CHECK (id <> ''),
    integration TEXT    NOT NULL,
    url         TEXT    NOT NULL,
    secrets     TEXT    NOT NULL, -- a JSON array of strings, or ''
    created_at  BIGINT  NOT NULL,
    disabled_at BIGINT  NOT NULL
);
CREATE INDEX webhooks_integration ON webhooks (integration, created_at, id);

CREATE TABLE deliveries (
    event_id        TEXT COLLATE "C" NOT NULL REFERENCES events (id),
    webhook_id      TEXT COLLATE "C" NOT NULL REFERENCES webhooks (id),
    consultation_id TEXT COLLATE "C" NOT NULL, -- of the event, as the next two
    sequence        BIGINT  NOT NULL,
    created_at      BIGINT  NOT NULL,
    attempts        BIGINT  NOT NULL DEFAULT 0,
    delivered_at    BIGINT  NOT NULL DEFAULT 0,
    dead_at         BIGINT  NOT NULL DEFAULT 0,
    last_at         BIGINT  NOT NULL DEFAULT 0,
    last_status     BIGINT  NOT NULL DEFAULT 0, -- of HTTP
    last_error      TEXT    NOT NULL DEFAULT '',
    PRIMARY KEY (event_id, webhook_id)
);
CREATE INDEX deliveries_waiting ON deliveries (webhook_id, consultation_id, sequence) WHERE delivered_at = 0 AND dead_at = 0;

-- One webhook's deliveries of one consultation that are neither delivered nor
-- dead. The first of them, by sequence, is the head; there is a row while there is a head.
CREATE TABLE queues (
    webhook_id      TEXT COLLATE "C" NOT NULL REFERENCES webhooks (id),
    consultation_id TEXT COLLATE "C" NOT NULL REFERENCES consultations (id),
    waiting         BIGINT  NOT NULL CHECK (waiting >= 0), -- how many, the head included
    head_created_at BIGINT  NOT NULL, -- of the head
    next_at         BIGINT  NOT NULL, -- the head's next attempt, not before
    lease_until     BIGINT  NOT NULL DEFAULT 0, -- a worker has the head until then
    PRIMARY KEY (webhook_id, consultation_id)
);
CREATE INDEX queues_due ON queues (next_at);

-- No foreign keys: the audit outlives what it tells of.
CREATE TABLE audit (
    n               BIGINT  GENERATED ALWAYS AS IDENTITY PRIMARY KEY, -- the order of writing
    id              TEXT COLLATE "C" NOT NULL UNIQUE CHECK (id <> ''),
    at              BIGINT  NOT NULL,
    actor           TEXT    NOT NULL,
    action          TEXT    NOT NULL,
    consultation_id TEXT COLLATE "C" NOT NULL,
    object          TEXT    NOT NULL,
    detail          TEXT    NOT NULL
);
CREATE INDEX audit_consultation ON audit (consultation_id, at, n);
CREATE INDEX audit_at ON audit (at, n);

CREATE TABLE api_keys (
    id          TEXT COLLATE "C" NOT NULL PRIMARY KEY CHECK (id <> ''),
    integration TEXT    NOT NULL,
    name        TEXT    NOT NULL,
    hash        BYTEA   NOT NULL UNIQUE,
    scopes      TEXT    NOT NULL, -- a JSON array of strings, or ''
    created_at  BIGINT  NOT NULL,
    expires_at  BIGINT  NOT NULL,
    revoked_at  BIGINT  NOT NULL
);

CREATE TABLE staff (
    id            TEXT COLLATE "C" NOT NULL PRIMARY KEY CHECK (id <> ''),
    login         TEXT    NOT NULL UNIQUE,
    password_hash TEXT    NOT NULL,
    admin         BOOLEAN NOT NULL,
    created_at    BIGINT  NOT NULL
);

CREATE TABLE staff_sessions (
    hash       BYTEA   NOT NULL PRIMARY KEY,
    staff_id   TEXT COLLATE "C" NOT NULL REFERENCES staff (id),
    created_at BIGINT  NOT NULL,
    expires_at BIGINT  NOT NULL
);
CREATE INDEX staff_sessions_staff ON staff_sessions (staff_id, expires_at);

-- +goose Down

DROP TABLE staff_sessions;
DROP TABLE staff;
DROP TABLE api_keys;
DROP TABLE audit;
DROP TABLE queues;
DROP TABLE deliveries;
DROP TABLE webhooks;
DROP TABLE events;
DROP TABLE consents;
DROP TABLE recordings;
DROP TABLE messages;
DROP TABLE files;
DROP TABLE attendances;
DROP TABLE passes;
DROP TABLE seats;
DROP TABLE consultations;

-- What integrations and those who administer need: a log of events and a chain
-- of audit entries with places of their own, a log of attempts, roles, signing
-- keys, idempotency keys, sealed secrets, nodes. migrations/postgres does the same.
--
-- SQLite changes no CHECK and adds no key to a table that exists, so some tables
-- are made again. Children go before their parents: foreign keys are on.
--
-- Columns named sealed hold AES-256-GCM, see secrets.go.

-- +goose Up

ALTER TABLE consultations ADD COLUMN rating_stars INTEGER NOT NULL DEFAULT 0 CHECK (rating_stars BETWEEN 0 AND 5);
ALTER TABLE consultations ADD COLUMN rating_comment TEXT NOT NULL DEFAULT '';
ALTER TABLE consultations ADD COLUMN rated_at INTEGER NOT NULL DEFAULT 0;
-- One integration's lists, by person and by status: each goes along its index, so the last page costs what the first does.
CREATE INDEX consultations_integration_status ON consultations (integration, status, starts_at, id);
CREATE INDEX consultations_integration_doctor ON consultations (integration, doctor_id, starts_at, id);
CREATE INDEX consultations_integration_doctor_status ON consultations (integration, doctor_id, status, starts_at, id);
CREATE INDEX consultations_integration_patient ON consultations (integration, patient_id, starts_at, id);
CREATE INDEX consultations_integration_patient_status ON consultations (integration, patient_id, status, starts_at, id);

ALTER TABLE seats ADD COLUMN link_generation INTEGER NOT NULL DEFAULT 0;
ALTER TABLE attendances ADD COLUMN node TEXT NOT NULL DEFAULT '';

CREATE TABLE old_recordings AS SELECT * FROM recordings;
DROP TABLE recordings;
CREATE TABLE recordings (
    id              TEXT    NOT NULL PRIMARY KEY CHECK (id <> ''),
    consultation_id TEXT    NOT NULL,
    seat_id         TEXT    NOT NULL,
    role            TEXT    NOT NULL CHECK (role IN ('doctor', 'patient', 'relative', 'interpreter', 'observer')),
    source          TEXT    NOT NULL CHECK (source IN ('camera', 'screen')),
    state           TEXT    NOT NULL CHECK (state IN ('active', 'finishing', 'ready', 'failed', 'erased')),
    failure         TEXT    NOT NULL,
    started_at      INTEGER NOT NULL,
    offset_ns       INTEGER NOT NULL,
    duration_ns     INTEGER NOT NULL,
    bytes           INTEGER NOT NULL CHECK (bytes >= 0),
    sha256          BLOB,
    finished_at     INTEGER NOT NULL,
    erased_at       INTEGER NOT NULL DEFAULT 0,
    erase_reason    TEXT    NOT NULL DEFAULT '',
    bytes_gone      INTEGER NOT NULL DEFAULT 0 CHECK (bytes_gone IN (0, 1)),
    FOREIGN KEY (consultation_id, seat_id) REFERENCES seats (consultation_id, id)
) STRICT;
INSERT INTO recordings SELECT o.*, 0, '', 0 FROM old_recordings o;
DROP TABLE old_recordings;
CREATE INDEX recordings_consultation ON recordings (consultation_id, started_at, id);
CREATE INDEX recordings_state ON recordings (state, started_at, id);
CREATE INDEX recordings_start ON recordings (started_at, id);
CREATE INDEX recordings_to_remove ON recordings (erased_at, id) WHERE state = 'erased' AND NOT bytes_gone;

CREATE TABLE old_deliveries AS SELECT * FROM deliveries;
CREATE TABLE old_queues AS SELECT * FROM queues;
CREATE TABLE old_events AS SELECT * FROM events;
DROP TABLE queues;
DROP TABLE deliveries;
DROP TABLE events;

CREATE TABLE events (
    n               INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, -- the order of writing: within a consultation that of its sequence
    id              TEXT    NOT NULL UNIQUE CHECK (id <> ''),
    integration     TEXT    NOT NULL,
    consultation_id TEXT    NOT NULL REFERENCES consultations (id),
    sequence        INTEGER NOT NULL CHECK (sequence >= 1),
    type            TEXT    NOT NULL,
    created_at      INTEGER NOT NULL,
    data            TEXT    NOT NULL,
    place           INTEGER NOT NULL DEFAULT 0, -- in the log, from 1; 0 until sealed
    UNIQUE (consultation_id, sequence)
) STRICT;
-- By time, but never a consultation's before its own predecessor, when the clock went back.
INSERT INTO events (id, integration, consultation_id, sequence, type, created_at, data)
    SELECT id, integration, consultation_id, sequence, type, created_at, data FROM (
        SELECT o.*, MAX(created_at) OVER (PARTITION BY consultation_id ORDER BY sequence) AS latest FROM old_events o) AS o
    ORDER BY latest, consultation_id, sequence;
DROP TABLE old_events;
CREATE INDEX events_log ON events (integration, place) WHERE place > 0;
CREATE INDEX events_unsealed ON events (n) WHERE place = 0;

-- How far the log and the chain go. Whoever cuts their ends off the tables leaves a gap.
CREATE TABLE heads (
    log   TEXT    NOT NULL PRIMARY KEY CHECK (log IN ('events', 'audit')),
    place INTEGER NOT NULL,
    link  BLOB -- of the chain's last entry
) STRICT;
INSERT INTO heads (log, place) VALUES ('events', 0), ('audit', 0);

ALTER TABLE webhooks ADD COLUMN description TEXT NOT NULL DEFAULT '';
ALTER TABLE webhooks ADD COLUMN events TEXT NOT NULL DEFAULT ''; -- a JSON array of strings, or '' for all
ALTER TABLE webhooks ADD COLUMN sealed BLOB; -- the secrets; the column secrets holds what nobody has sealed yet
ALTER TABLE webhooks ADD COLUMN disabled_reason TEXT NOT NULL DEFAULT '';
ALTER TABLE webhooks ADD COLUMN deleted_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE webhooks ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
UPDATE webhooks SET disabled_reason = 'hand' WHERE disabled_at > 0;

CREATE TABLE deliveries (
    id              TEXT    NOT NULL PRIMARY KEY CHECK (id <> ''),
    event_id        TEXT    NOT NULL REFERENCES events (id),
    webhook_id      TEXT    NOT NULL REFERENCES webhooks (id),
    event_n         INTEGER NOT NULL, -- of the event, as the next three
    consultation_id TEXT    NOT NULL,
    sequence        INTEGER NOT NULL,
    created_at      INTEGER NOT NULL,
    next_at         INTEGER NOT NULL, -- the next attempt, not before
    attempts        INTEGER NOT NULL DEFAULT 0, -- since it was last queued
    logged          INTEGER NOT NULL DEFAULT 0, -- rows of delivery_attempts ever written
    delivered_at    INTEGER NOT NULL DEFAULT 0,
    dead_at         INTEGER NOT NULL DEFAULT 0,
    UNIQUE (event_id, webhook_id)
) STRICT;
-- What waited for a webhook that is disabled dies here, as it does now when that happens.
INSERT INTO deliveries (id, event_id, webhook_id, event_n, consultation_id, sequence, created_at, next_at, attempts, logged,
        delivered_at, dead_at)
    SELECT 'd_' || lower(hex(randomblob(13))), o.event_id, o.webhook_id, e.n, o.consultation_id, o.sequence, o.created_at,
        CASE WHEN o.attempts > 0 AND o.delivered_at = 0 AND o.dead_at = 0 THEN q.next_at ELSE o.created_at END, o.attempts,
        CASE WHEN o.last_at > 0 THEN 1 ELSE 0 END, o.delivered_at,
        CASE WHEN o.delivered_at = 0 AND o.dead_at = 0 THEN w.disabled_at ELSE o.dead_at END
    FROM old_deliveries o JOIN events e ON e.id = o.event_id JOIN webhooks w ON w.id = o.webhook_id
    LEFT JOIN old_queues q ON q.webhook_id = o.webhook_id AND q.consultation_id = o.consultation_id;
CREATE INDEX deliveries_list ON deliveries (webhook_id, event_n);
CREATE INDEX deliveries_consultation ON deliveries (webhook_id, consultation_id, event_n);
CREATE INDEX deliveries_waiting ON deliveries (webhook_id, consultation_id, sequence) WHERE delivered_at = 0 AND dead_at = 0;
CREATE INDEX deliveries_pending ON deliveries (webhook_id, event_n) WHERE delivered_at = 0 AND dead_at = 0;
CREATE INDEX deliveries_dead ON deliveries (webhook_id, event_n) WHERE dead_at > 0;

CREATE TABLE delivery_attempts (
    delivery_id TEXT    NOT NULL REFERENCES deliveries (id),
    n           INTEGER NOT NULL, -- from 1, per delivery
    at          INTEGER NOT NULL,
    took_ns     INTEGER NOT NULL,
    status      INTEGER NOT NULL, -- of HTTP, 0 for none
    error       TEXT    NOT NULL,
    PRIMARY KEY (delivery_id, n)
) STRICT;
INSERT INTO delivery_attempts (delivery_id, n, at, took_ns, status, error)
    SELECT d.id, 1, o.last_at, 0, o.last_status, o.last_error
    FROM old_deliveries o JOIN deliveries d ON d.event_id = o.event_id AND d.webhook_id = o.webhook_id WHERE o.last_at > 0;
DROP TABLE old_deliveries;
DROP TABLE old_queues;

-- One webhook's deliveries of one consultation, once there was one. The first
-- of those that wait, by sequence, is the head. Whoever changes what waits
-- changes this row first: it is their lock.
CREATE TABLE queues (
    webhook_id      TEXT    NOT NULL REFERENCES webhooks (id),
    consultation_id TEXT    NOT NULL REFERENCES consultations (id),
    head_id         TEXT    NOT NULL, -- the delivery; '' while none waits, and then the next two mean nothing
    head_created_at INTEGER NOT NULL, -- of the head's event
    next_at         INTEGER NOT NULL, -- of the head
    lease_until     INTEGER NOT NULL DEFAULT 0, -- somebody tries to deliver until then, 0 for nobody
    leased_id       TEXT    NOT NULL DEFAULT '', -- this delivery
    PRIMARY KEY (webhook_id, consultation_id)
) STRICT;
INSERT INTO queues (webhook_id, consultation_id, head_id, head_created_at, next_at)
    SELECT d.webhook_id, d.consultation_id, d.id, d.created_at, d.next_at
    FROM (SELECT webhook_id, consultation_id, MIN(sequence) AS sequence FROM deliveries
        WHERE delivered_at = 0 AND dead_at = 0 GROUP BY webhook_id, consultation_id) AS h
    JOIN deliveries d ON d.webhook_id = h.webhook_id AND d.consultation_id = h.consultation_id AND d.sequence = h.sequence;
INSERT INTO queues (webhook_id, consultation_id, head_id, head_created_at, next_at)
    SELECT webhook_id, consultation_id, '', 0, 0 FROM deliveries WHERE delivered_at > 0 OR dead_at > 0
    GROUP BY webhook_id, consultation_id ON CONFLICT DO NOTHING;
CREATE INDEX queues_due ON queues (webhook_id, next_at) WHERE head_id <> '';
CREATE INDEX queues_leased ON queues (webhook_id, lease_until) WHERE lease_until > 0;

CREATE TABLE onces (
    integration   TEXT    NOT NULL,
    key           BLOB    NOT NULL,
    fingerprint   BLOB    NOT NULL,
    created_at    INTEGER NOT NULL,
    lease_until   INTEGER NOT NULL,
    object        TEXT    NOT NULL,
    status        INTEGER NOT NULL,
    header_sealed BLOB,
    body_sealed   BLOB,
    PRIMARY KEY (integration, key)
) STRICT;
CREATE INDEX onces_created ON onces (created_at);

ALTER TABLE audit ADD COLUMN kind TEXT NOT NULL DEFAULT ''; -- the actor up to its colon, with it
ALTER TABLE audit ADD COLUMN area TEXT NOT NULL DEFAULT ''; -- the action up to its dot, with it
ALTER TABLE audit ADD COLUMN place INTEGER NOT NULL DEFAULT 0; -- in the chain, from 1; 0 until sealed
ALTER TABLE audit ADD COLUMN link BLOB;
UPDATE audit SET kind = substr(actor, 1, instr(actor, ':')), area = substr(action, 1, instr(action, '.'));
CREATE UNIQUE INDEX audit_chain ON audit (place) WHERE place > 0;
CREATE INDEX audit_unsealed ON audit (n) WHERE place = 0;
CREATE INDEX audit_actor ON audit (actor, at, n);
CREATE INDEX audit_kind ON audit (kind, at, n);
CREATE INDEX audit_area ON audit (area, at, n);
CREATE INDEX audit_object ON audit (object, at, n);

ALTER TABLE api_keys ADD COLUMN last_used_at INTEGER NOT NULL DEFAULT 0;

CREATE TABLE signing_keys (
    id          TEXT    NOT NULL PRIMARY KEY CHECK (id <> ''),
    integration TEXT    NOT NULL,
    issuer      TEXT    NOT NULL,
    kid         TEXT    NOT NULL,
    algorithm   TEXT    NOT NULL,
    public_key  BLOB,
    sealed      BLOB, -- the secret
    jwks_url    TEXT    NOT NULL,
    created_at  INTEGER NOT NULL,
    revoked_at  INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX signing_keys_kid ON signing_keys (integration, kid) WHERE kid <> '' AND revoked_at = 0;
CREATE INDEX signing_keys_integration ON signing_keys (integration, created_at, id);

ALTER TABLE staff ADD COLUMN name TEXT NOT NULL DEFAULT '';
ALTER TABLE staff ADD COLUMN roles TEXT NOT NULL DEFAULT ''; -- a JSON array of strings, or ''
ALTER TABLE staff ADD COLUMN issuer TEXT NOT NULL DEFAULT '';
ALTER TABLE staff ADD COLUMN subject TEXT NOT NULL DEFAULT '';
ALTER TABLE staff ADD COLUMN totp_sealed BLOB;
ALTER TABLE staff ADD COLUMN totp_step INTEGER NOT NULL DEFAULT 0;
ALTER TABLE staff ADD COLUMN recovery TEXT NOT NULL DEFAULT ''; -- a JSON array of base64, or ''
ALTER TABLE staff ADD COLUMN disabled_at INTEGER NOT NULL DEFAULT 0;
-- All staff could read consultations and recordings, which is what a head may.
UPDATE staff SET roles = CASE WHEN admin THEN '["admin"]' ELSE '["head"]' END;
ALTER TABLE staff DROP COLUMN admin;
CREATE UNIQUE INDEX staff_subject ON staff (issuer, subject) WHERE subject <> '';

ALTER TABLE staff_sessions ADD COLUMN id TEXT NOT NULL DEFAULT '';
ALTER TABLE staff_sessions ADD COLUMN way TEXT NOT NULL DEFAULT '';
ALTER TABLE staff_sessions ADD COLUMN agent TEXT NOT NULL DEFAULT '';
ALTER TABLE staff_sessions ADD COLUMN seen_at INTEGER NOT NULL DEFAULT 0;
UPDATE staff_sessions SET id = 'ss_' || lower(hex(randomblob(13))), way = 'password', seen_at = created_at;
CREATE UNIQUE INDEX staff_sessions_id ON staff_sessions (id) WHERE id <> '';
CREATE INDEX staff_sessions_expiry ON staff_sessions (expires_at);

CREATE TABLE nodes (
    id      TEXT    NOT NULL PRIMARY KEY CHECK (id <> ''),
    seen_at INTEGER NOT NULL
) STRICT;

-- Knows the key that secrets are sealed with: one row, see secrets.go.
CREATE TABLE seal_check (
    id     INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    sealed BLOB    NOT NULL
) STRICT;

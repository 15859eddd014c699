package store_test

import (
	"database/sql"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pressly/goose/v3"

	"tmk/consult"
	"tmk/store"
	"tmk/store/pgtest"
	"tmk/store/storetest"
)

// old makes a database as the first version of the tables had it.
func old(t *testing.T, url string) *sql.DB {
	t.Helper()
	driver, name, dialect, dir := "pgx", url, goose.DialectPostgres, "migrations/postgres"
	if path, ok := strings.CutPrefix(url, "sqlite:"); ok {
		driver, name, dialect, dir = "sqlite", "file:"+path+"?_pragma=foreign_keys(on)", goose.DialectSQLite3, "migrations/sqlite"
	}
	db, err := sql.Open(driver, name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	provider, err := goose.NewProvider(dialect, db, os.DirFS(dir), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := provider.UpTo(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	return db
}

// at is the microsecond that the old rows count from.
var at = time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC)

func micros(minutes int) int64 { return at.Add(time.Duration(minutes) * time.Minute).UnixMicro() }

// fillOld writes some of everything that the new tables change.
func fillOld(t *testing.T, db *sql.DB) {
	t.Helper()
	exec := func(query string, args ...any) {
		t.Helper()
		if _, err := db.ExecContext(t.Context(), query, args...); err != nil {
			t.Fatalf("%s: %v", query, err)
		}
	}
	for _, c := range []string{"c_a", "c_b"} {
		exec(`INSERT INTO consultations (id, integration, external_id, doctor_id, doctor_name, doctor_specialty, patient_id, patient_name,
			starts_at, duration_ns, time_zone, topic, language, recording, metadata, status, end_reason, cancel_reason, created_at,
			started_at, finished_at, empty_since, version, message_seq, event_seq)
			VALUES ($1, 'lk', $1, 'd1', 'Врач', '', 'p1', 'Пациент', $2, 0, '', '', 'ru', 'ask', '', 'current', '', '', $2, 0, 0, 0, 3, 0, 9)`,
			c, micros(0))
		exec(`INSERT INTO seats (id, consultation_id, role, person_id, person_name, person_specialty, link_hash, link_expires_at,
			revoked_at, admitted_at, created_at) VALUES ($1, $2, 'doctor', 'd1', 'Врач', '', $3, 0, 0, 0, $4)`,
			"s"+c[1:], c, []byte(c), micros(0))
		exec(`INSERT INTO recordings (id, consultation_id, seat_id, role, source, state, failure, started_at, offset_ns, duration_ns,
			bytes, sha256, finished_at) VALUES ($1, $2, $3, 'doctor', 'camera', 'ready', '', $4, 1, 2, 3, $5, $6)`,
			"r"+c[1:], c, "s"+c[1:], micros(1), []byte("sha"), micros(2))
	}
	exec(`INSERT INTO attendances (id, consultation_id, seat_id, role, joined_at, left_at) VALUES ('a_1', 'c_a', 's_a', 'doctor', $1, 0)`, micros(1))
	// c_a's clock went back between its first and its second event.
	for _, e := range []struct {
		id, of  string
		seq     int
		minutes int
	}{{"evt_a1", "c_a", 1, 10}, {"evt_b1", "c_b", 1, 8}, {"evt_a2", "c_a", 2, 5}, {"evt_b2", "c_b", 2, 20}} {
		exec(`INSERT INTO events (id, integration, consultation_id, sequence, type, created_at, data)
			VALUES ($1, 'lk', $2, $3, 'session.created', $4, '{}')`, e.id, e.of, e.seq, micros(e.minutes))
	}
	exec(`INSERT INTO webhooks (id, integration, url, secrets, created_at, disabled_at)
		VALUES ('wh_on', 'lk', 'https://lk.example', '["whsec_1","whsec_2"]', $1, 0), ('wh_off', 'lk', 'https://off.example', '', $1, $2)`,
		micros(0), micros(30))
	deliver := func(event, webhook, of string, seq, minutes, attempts int, deliveredAt, deadAt, lastAt int64, status int, text string) {
		exec(`INSERT INTO deliveries (event_id, webhook_id, consultation_id, sequence, created_at, attempts, delivered_at, dead_at,
			last_at, last_status, last_error) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
			event, webhook, of, seq, micros(minutes), attempts, deliveredAt, deadAt, lastAt, status, text)
	}
	deliver("evt_a1", "wh_on", "c_a", 1, 10, 1, micros(11), 0, micros(11), 200, "")
	deliver("evt_a2", "wh_on", "c_a", 2, 5, 4, 0, 0, micros(15), 503, "503")
	deliver("evt_b1", "wh_on", "c_b", 1, 8, 1, 0, micros(9), micros(9), 400, "400")
	deliver("evt_b2", "wh_on", "c_b", 2, 20, 0, 0, 0, 0, 0, "")
	deliver("evt_b2", "wh_off", "c_b", 2, 20, 0, 0, 0, 0, 0, "")
	exec(`INSERT INTO queues (webhook_id, consultation_id, waiting, head_created_at, next_at, lease_until)
		VALUES ('wh_on', 'c_a', 1, $1, $2, $3), ('wh_on', 'c_b', 1, $4, $4, 0), ('wh_off', 'c_b', 1, $4, $4, 0)`,
		micros(5), micros(60), micros(16), micros(20))
	for i, actor := range []string{"key:k_1", "staff:u_a", "system"} {
		exec(`INSERT INTO audit (id, at, actor, action, consultation_id, object, detail) VALUES ($1, $2, $3, 'recording.read', 'c_a', 'r_a', 'x')`,
			fmt.Sprint("au_", 9-i), micros(i), actor)
	}
	exec(`INSERT INTO api_keys (id, integration, name, hash, scopes, created_at, expires_at, revoked_at)
		VALUES ('k_1', 'lk', 'key', $1, '["webhooks"]', $2, 0, 0)`, []byte("hash"), micros(0))
	exec(`INSERT INTO staff (id, login, password_hash, admin, created_at) VALUES ('u_a', 'anna', 'x', $1, $3), ('u_b', 'boris', 'y', $2, $3)`,
		true, false, micros(0))
	exec(`INSERT INTO staff_sessions (hash, staff_id, created_at, expires_at) VALUES ($1, 'u_a', $3, $4), ($2, 'u_a', $3, $4)`,
		[]byte("s1"), []byte("s2"), micros(0), micros(600))
}

// What the first version kept is there in the second.
func TestUpgrade(t *testing.T) {
	for name, url := range map[string]func(testing.TB) string{"SQLite": sqliteURL, "Postgres": pgtest.URL} {
		t.Run(name, func(t *testing.T) {
			address := url(t)
			before := old(t, address)
			fillOld(t, before)
			if err := before.Close(); err != nil {
				t.Fatal(err)
			}
			db := checked(t, address)
			if err := db.View(t.Context(), func(tx consult.Tx) error { return upgradedRows(t, tx) }); err != nil {
				t.Fatal(err)
			}
			upgradedOutbox(t, db)
			upgradedLogs(t, db)
		})
	}
}

func upgradedRows(t *testing.T, tx consult.Tx) error {
	c, err := tx.ConsultationByExternalID("lk", "c_a")
	if err != nil {
		return err
	}
	if c.Version != 3 || c.EventSeq != 9 || c.Rating != (consult.Rating{}) || !c.StartsAt.Equal(at) {
		t.Errorf("consultation %+v", c)
	}
	seats, err := tx.Seats("c_a", "c_b")
	if err != nil {
		return err
	}
	if len(seats) != 2 || seats[0].LinkGeneration != 0 || string(seats[0].LinkHash) != "c_a" {
		t.Errorf("seats %+v", seats)
	}
	recordings, err := tx.Recordings("c_a", "c_b")
	if err != nil {
		return err
	}
	if len(recordings) != 2 || recordings[0].State != consult.RecordingReady || recordings[0].Bytes != 3 ||
		string(recordings[0].SHA256) != "sha" || !recordings[0].FinishedAt.Equal(at.Add(2*time.Minute)) || recordings[0].BytesGone {
		t.Errorf("recordings %+v", recordings)
	}
	if open, err := tx.OpenAttendances(); err != nil || len(open) != 1 || open[0].Node != "" {
		t.Errorf("attendances %v, %v", open, err)
	}
	keys, err := tx.APIKeys()
	if err != nil || len(keys) != 1 || !slices.Equal(keys[0].Scopes, []consult.Scope{consult.ScopeWebhooks}) || !keys[0].LastUsedAt.IsZero() {
		t.Errorf("keys %v, %v", keys, err)
	}
	staff, err := tx.AllStaff()
	if err != nil || len(staff) != 2 {
		return fmt.Errorf("%d staff: %w", len(staff), err)
	}
	if !slices.Equal(staff[0].Roles, []consult.StaffRole{consult.StaffAdmin}) || !slices.Equal(staff[1].Roles, []consult.StaffRole{consult.StaffHead}) {
		t.Errorf("roles %v, %v", staff[0].Roles, staff[1].Roles)
	}
	sessions, err := tx.StaffSessions("u_a")
	if err != nil || len(sessions) != 2 {
		return fmt.Errorf("%d sessions: %w", len(sessions), err)
	}
	if a, b := sessions[0], sessions[1]; a.ID == b.ID || len(a.ID) != 29 || a.Way != "password" || !a.SeenAt.Equal(at) {
		t.Errorf("sessions %+v and %+v", a, b)
	}
	return nil
}

func upgradedOutbox(t *testing.T, db *store.DB) {
	t.Helper()
	plain, err := db.Text(t.Context(), `SELECT secrets FROM webhooks WHERE id = 'wh_on'`)
	if err != nil || plain != "" {
		t.Errorf("the secrets stand open: %q, %v", plain, err)
	}
	if err := db.View(t.Context(), func(tx consult.Tx) error {
		w, err := tx.Webhook("wh_on")
		if err != nil {
			return err
		}
		if !slices.Equal(w.LiveSecrets(at), []string{"whsec_1", "whsec_2"}) || w.Version != 1 {
			t.Errorf("webhook %+v", w)
		}
		var got []string
		for _, id := range []consult.WebhookID{"wh_on", "wh_off"} {
			list, err := tx.Deliveries(consult.DeliveryQuery{Webhook: id, Limit: 10})
			if err != nil {
				return err
			}
			for _, d := range list {
				got = append(got, fmt.Sprintf("%s>%s %s %d %d %v", d.Event.ID, id, d.State(), d.Attempts, len(d.ID), d.Log))
			}
		}
		attempt := func(minutes, status int, text string) []consult.Attempt {
			return []consult.Attempt{{At: at.Add(time.Duration(minutes) * time.Minute), Status: status, Error: text}}
		}
		wanted := []string{ // by the time of the latest event of the consultation so far
			"evt_b2>wh_on pending 0 28 []",
			fmt.Sprint("evt_a2>wh_on pending 4 28 ", attempt(15, 503, "503")),
			fmt.Sprint("evt_a1>wh_on delivered 1 28 ", attempt(11, 200, "")),
			fmt.Sprint("evt_b1>wh_on dead 1 28 ", attempt(9, 400, "400")),
			"evt_b2>wh_off dead 0 28 []",
		}
		if !slices.Equal(got, wanted) {
			t.Errorf("deliveries:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(wanted, "\n"))
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		minutes int
		want    consult.EventID
	}{{21, "evt_b2"}, {60, "evt_a2"}} { // the second waits for its retry
		list, err := db.ClaimDeliveries(t.Context(), at.Add(time.Duration(c.minutes)*time.Minute), 100*time.Hour, 10, 10)
		if err != nil || len(list) != 1 || list[0].Event.ID != c.want {
			t.Errorf("claimed %v, %v, want %s", list, err, c.want)
		}
	}
}

func upgradedLogs(t *testing.T, db *store.DB) {
	t.Helper()
	if err := db.Seal(t.Context(), storetest.Link); err != nil {
		t.Fatal(err)
	}
	chain, err := storetest.Chain(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	if len(chain) != 3 || chain[0].ID != "au_9" || chain[2].ID != "au_7" {
		t.Errorf("the chain is %+v", chain)
	}
	for _, a := range chain {
		if a.Forged {
			t.Errorf("%s is not signed", a.ID)
		}
	}
	if err := db.View(t.Context(), func(tx consult.Tx) error {
		events, err := tx.Events("lk", "", 10)
		if err != nil {
			return err
		}
		var order []string
		for _, e := range events {
			order = append(order, string(e.ID))
		}
		if wanted := []string{"evt_b1", "evt_a1", "evt_a2", "evt_b2"}; !slices.Equal(order, wanted) {
			t.Errorf("the log is %v, want %v", order, wanted)
		}
		audit, err := tx.Audit(consult.AuditQuery{Actor: "staff:", Action: "recording.", Limit: 10})
		if err == nil && (len(audit) != 1 || audit[0].ID != "au_8") {
			t.Errorf("of staff on recordings: %v", audit)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

// Both databases have the same tables, columns and indexes.
func TestTablesAgree(t *testing.T) {
	lite, postgres := open(t, sqliteURL(t)), open(t, pgtest.URL(t))
	for what, queries := range map[string][2]string{
		"columns": {
			`SELECT m.name || '.' || c.name || ' ' || CASE WHEN c.type = 'BLOB' THEN 'bytes' WHEN c.type = 'TEXT' THEN 'text' ELSE 'number' END
				|| CASE WHEN c."notnull" THEN ' required' ELSE '' END
			FROM sqlite_master m JOIN pragma_table_info(m.name) c
			WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' AND m.name <> 'goose_db_version'`,
			`SELECT table_name || '.' || column_name || ' ' || CASE data_type WHEN 'bytea' THEN 'bytes' WHEN 'text' THEN 'text' ELSE 'number' END
				|| CASE WHEN is_nullable = 'NO' THEN ' required' ELSE '' END
			FROM information_schema.columns WHERE table_schema = 'public' AND table_name <> 'goose_db_version'`,
		},
		"indexes": {
			`SELECT i.name || CASE WHEN l."unique" THEN ' unique' ELSE '' END || CASE WHEN l.partial THEN ' partial ' ELSE ' ' END
				|| (SELECT group_concat(name) FROM (SELECT name FROM pragma_index_info(i.name) ORDER BY seqno))
			FROM sqlite_master i JOIN pragma_index_list(i.tbl_name) l ON l.name = i.name
			WHERE i.type = 'index' AND i.sql IS NOT NULL`,
			`SELECT c.relname || CASE WHEN i.indisunique THEN ' unique' ELSE '' END || CASE WHEN i.indpred IS NULL THEN ' ' ELSE ' partial ' END
				|| (SELECT string_agg(a.attname, ',' ORDER BY a.attnum) FROM pg_attribute a WHERE a.attrelid = c.oid)
			FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
			WHERE n.nspname = 'public' AND NOT EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conindid = c.oid)`,
		},
	} {
		a, b := lines(t, lite, queries[0]), lines(t, postgres, queries[1])
		if len(a) == 0 || !slices.Equal(a, b) {
			t.Errorf("%s differ; only on SQLite: %v; only on PostgreSQL: %v", what, without(a, b), without(b, a))
		}
	}
}

// lines reads one column of text, sorted.
func lines(t *testing.T, db *store.DB, query string) []string {
	t.Helper()
	list, err := db.Lines(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(list)
	return list
}

func without(list, others []string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return slices.Contains(others, s) })
}

// What was written before entries were signed is signed once, with the key of the database and no other.
func TestUpgradeSignsWithTheRightKey(t *testing.T) {
	for name, url := range map[string]func(testing.TB) string{"SQLite": sqliteURL, "Postgres": pgtest.URL} {
		t.Run(name, func(t *testing.T) {
			address := url(t)
			db := open(t, address)
			if err := db.Update(t.Context(), func(tx consult.Tx) error {
				for n := range 1203 { // some batches and a rest
					if err := tx.AddAudit(&consult.AuditEntry{ID: fmt.Sprint("au_", n), At: at, Actor: "system", Action: "a.b"}); err != nil {
						return err
					}
				}
				return nil
			}); err != nil {
				t.Fatal(err)
			}
			for _, back := range []string{`ALTER TABLE audit DROP COLUMN mac`, `DELETE FROM goose_db_version WHERE version_id = 3`} {
				if err := db.Exec(t.Context(), back); err != nil {
					t.Fatal(err)
				}
			}
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
			other, err := store.Open(t.Context(), store.Config{URL: address, Key: []byte(strings.Repeat("x", 32))})
			if err == nil || !strings.Contains(err.Error(), "another secret") {
				t.Fatalf("%v, %v", other, err)
			}
			upgraded := open(t, address)
			if err := upgraded.Seal(t.Context(), storetest.Link); err != nil {
				t.Fatal(err)
			}
			chain, err := storetest.Chain(t.Context(), upgraded)
			if err != nil || len(chain) != 1203 {
				t.Fatalf("%d entries, %v", len(chain), err)
			}
			for _, a := range chain {
				if a.Forged {
					t.Fatalf("%s is not signed", a.ID)
				}
			}
		})
	}
}

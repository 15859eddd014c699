package consult_test

import (
	"bytes"
	"database/sql"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"tmk/consult"
	"tmk/consult/consulttest"
)

func verify(t *testing.T, w *consulttest.World, noted ...consult.AuditHead) consult.AuditVerdict {
	t.Helper()
	return must(w.Desk.VerifyAudit(t.Context(), noted...))(t)
}

// onFile is a world, and its database as somebody sees it who has the file.
func onFile(t *testing.T, change func(*consult.Config)) (*consulttest.World, *sql.DB) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "tmk.db")
	w := consulttest.Open(t, "sqlite:"+path, change)
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return w, db
}

func TestVerifyAudit(t *testing.T) {
	onBoth(t, func(t *testing.T, w *consulttest.World) {
		if v := verify(t, w); v.Why != "" || v.Entries != 0 || v.Head != (consult.AuditHead{}) {
			t.Errorf("of nothing: %+v", v)
		}
		key, _ := w.Key(t)
		for range 5 {
			v := w.Schedule(t, nil)
			must(w.Desk.Cancel(t.Context(), key, v.ID, ""))(t)
		}
		first := verify(t, w)
		if first.Why != "" || first.Entries != 16 || first.Head.N != 16 || len(first.Head.Link) != 64 { // 6 keys, 5 × schedule and cancel
			t.Errorf("%+v", first)
		}
		w.Schedule(t, nil)
		if v := verify(t, w, first.Head); v.Why != "" || v.Entries != 18 {
			t.Errorf("%+v", v)
		}
		if v := verify(t, w, consult.AuditHead{N: 100}); v.Why != consult.AuditCut {
			t.Errorf("a head that there is not: %+v", v)
		}
		forged := consult.AuditHead{N: 3, Link: first.Head.Link}
		if v := verify(t, w, forged); v.Why != consult.AuditChanged || v.FirstBad.N != 3 || v.Entries != 2 {
			t.Errorf("another head: %+v", v)
		}
	})
}

// TestVerifyAuditTells: whoever writes into the database without the key is found out, and where.
func TestVerifyAuditTells(t *testing.T) {
	for name, tt := range map[string]struct {
		forge string
		bad   int64
		why   consult.AuditFault
	}{
		"changed detail":        {`UPDATE audit SET detail = 'x' WHERE place = 4`, 4, consult.AuditChanged},
		"changed actor":         {`UPDATE audit SET actor = 'staff:u_x' WHERE place = 1`, 1, consult.AuditChanged},
		"changed time":          {`UPDATE audit SET at = at + 1 WHERE place = 5`, 5, consult.AuditChanged},
		"changed last":          {`UPDATE audit SET action = 'x.y' WHERE place = 9`, 9, consult.AuditChanged},
		"changed two":           {`UPDATE audit SET object = 'x' WHERE place IN (4, 5)`, 4, consult.AuditChanged},
		"moved between fields":  {`UPDATE audit SET action = action || substr(object, 1, 1), object = substr(object, 2) WHERE place = 2`, 2, consult.AuditChanged},
		"changed link":          {`UPDATE audit SET link = zeroblob(32) WHERE place = 3`, 3, consult.AuditChanged},
		"removed":               {`DELETE FROM audit WHERE place IN (4, 5)`, 6, consult.AuditGap},
		"removed first":         {`DELETE FROM audit WHERE place = 1`, 2, consult.AuditGap},
		"removed and closed up": {`DELETE FROM audit WHERE place IN (4, 5); UPDATE audit SET place = place - 2 WHERE place = 6; UPDATE audit SET place = place - 2 WHERE place = 7; UPDATE audit SET place = place - 2 WHERE place = 8; UPDATE audit SET place = place - 2 WHERE place = 9`, 4, consult.AuditRemoved},
		"swapped":               {`UPDATE audit SET place = 100 WHERE place = 4; UPDATE audit SET place = 4 WHERE place = 6; UPDATE audit SET place = 6 WHERE place = 100`, 4, consult.AuditReordered},
	} {
		t.Run(name, func(t *testing.T) {
			w, db := onFile(t, nil)
			for range 4 {
				w.Schedule(t, nil) // two entries each, of the key and of the consultation
			}
			w.Key(t)
			if v := verify(t, w); v.Why != "" || v.Entries != 9 {
				t.Fatalf("%+v", v)
			}
			if _, err := db.Exec(tt.forge); err != nil {
				t.Fatal(err)
			}
			v := verify(t, w)
			if v.Why != tt.why || v.FirstBad == nil || v.FirstBad.N != tt.bad || v.Entries != v.Head.N || v.Entries >= tt.bad {
				t.Errorf("%+v, first bad %+v", v, v.FirstBad)
			}
		})
	}
}

// TestVerifyAuditCut: entries that are cut off the end leave no trace in the chain; the
// head beside it tells, and of whoever changes that too a head that was noted elsewhere.
func TestVerifyAuditCut(t *testing.T) {
	w, db := onFile(t, nil)
	w.Schedule(t, nil)
	w.Schedule(t, nil)
	head := verify(t, w).Head
	if _, err := db.Exec(`DELETE FROM audit WHERE place = 4`); err != nil {
		t.Fatal(err)
	}
	if v := verify(t, w); v.Why != consult.AuditCut || v.Entries != 3 {
		t.Errorf("%+v", v)
	}
	if _, err := db.Exec(`UPDATE heads SET place = 3, link = (SELECT link FROM audit WHERE place = 3) WHERE log = 'audit'`); err != nil {
		t.Fatal(err)
	}
	if v := verify(t, w); v.Why != "" {
		t.Errorf("%+v", v)
	}
	if v := verify(t, w, head); v.Why != consult.AuditCut || v.Entries != 3 || v.FirstBad != nil {
		t.Errorf("%+v", v)
	}
}

// TestVerifyAuditForged: the server chains what it finds unchained, whoever wrote it; it does not take it for its own.
func TestVerifyAuditForged(t *testing.T) {
	const anew = `UPDATE audit SET place = 0, link = NULL; UPDATE heads SET place = 0, link = NULL WHERE log = 'audit'`
	for name, tt := range map[string]struct {
		forge string
		bad   int64
	}{
		"a new entry": {`INSERT INTO audit (id, at, actor, action, consultation_id, object, detail)
			VALUES ('au_zz', 1, 'staff:u_x', 'recording.read', '', 'r_1', '')`, 5},
		"with the MAC of another": {`INSERT INTO audit (id, at, actor, action, consultation_id, object, detail, mac)
			SELECT 'au_zz', at, 'staff:u_x', action, consultation_id, object, detail, mac FROM audit WHERE place = 2`, 5},
		"a history of one's own": {`UPDATE audit SET actor = 'staff:u_x' WHERE place = 2; ` + anew, 2},
		"signed without a key":   {`UPDATE audit SET actor = 'staff:u_x', mac = zeroblob(32) WHERE place = 3; ` + anew, 3},
	} {
		t.Run(name, func(t *testing.T) {
			w, db := onFile(t, nil)
			w.Schedule(t, nil)
			w.Schedule(t, nil)
			if v := verify(t, w); v.Why != "" || v.Entries != 4 {
				t.Fatalf("%+v", v)
			}
			if _, err := db.Exec(tt.forge); err != nil {
				t.Fatal(err)
			}
			if v := verify(t, w); v.Why != consult.AuditForged || v.FirstBad.N != tt.bad || v.Entries != tt.bad-1 {
				t.Errorf("%+v, first bad %+v", v, v.FirstBad)
			}
		})
	}
}

// TestVerifyAuditLong: the chain goes on over the pages that it is read in.
func TestVerifyAuditLong(t *testing.T) {
	w := consulttest.New(t)
	err := w.Store.Update(t.Context(), func(tx consult.Tx) error {
		for i := range 2100 {
			if err := tx.AddAudit(&consult.AuditEntry{ID: fmt.Sprintf("au_%04d", i), At: noon, Actor: "system", Action: "a.b"}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if v := verify(t, w); v.Why != "" || v.Entries != 2100 {
		t.Errorf("%+v", v)
	}
}

// TestAuditLink: no two entries are chained alike, wherever in them the difference is.
func TestAuditLink(t *testing.T) {
	cfg := consult.Config{AuditKey: make([]byte, 32)}
	entry := func(change func(*consult.AuditEntry)) *consult.AuditEntry {
		a := &consult.AuditEntry{ID: "a", At: noon, Actor: "b", Action: "c", ConsultationID: "d", Object: "e", Detail: "f", N: 7}
		change(a)
		return a
	}
	entries := []*consult.AuditEntry{
		entry(func(*consult.AuditEntry) {}),
		entry(func(a *consult.AuditEntry) { a.ID = "x" }),
		entry(func(a *consult.AuditEntry) { a.At = noon.Add(time.Microsecond) }),
		entry(func(a *consult.AuditEntry) { a.Actor = "x" }),
		entry(func(a *consult.AuditEntry) { a.Action = "x" }),
		entry(func(a *consult.AuditEntry) { a.ConsultationID = "x" }),
		entry(func(a *consult.AuditEntry) { a.Object = "x" }),
		entry(func(a *consult.AuditEntry) { a.Detail = "x" }),
		entry(func(a *consult.AuditEntry) { a.N = 8 }),
		entry(func(a *consult.AuditEntry) { a.Actor, a.Action = "bc", "" }),
		entry(func(a *consult.AuditEntry) { a.Object, a.Detail = "", "ef" }),
	}
	seen := make(map[string]int)
	for i, a := range entries {
		for j, before := range [][]byte{nil, {1}, {1, 0}} {
			link := hex.EncodeToString(cfg.AuditLink(before, a))
			if other, ok := seen[link]; ok {
				t.Errorf("entries %d and %d have one link", other, i)
			}
			seen[link] = 10*i + j
		}
	}
	other := consult.Config{AuditKey: bytes.Repeat([]byte{1}, 32)}
	if bytes.Equal(cfg.AuditLink(nil, entries[0]), other.AuditLink(nil, entries[0])) {
		t.Error("the key does not matter")
	}
}

func TestAudit(t *testing.T) {
	onBoth(t, func(t *testing.T, w *consulttest.World) {
		key, _ := w.Key(t)
		v := w.Schedule(t, nil)
		must(w.Desk.Cancel(t.Context(), key, v.ID, ""))(t)
		var got []string
		q := consult.AuditQuery{Limit: 1, ConsultationID: v.ID}
		for {
			page := must(w.Desk.Audit(t.Context(), as(consult.StaffAuditor), q))(t)
			for _, a := range page.Items {
				got = append(got, a.Action)
			}
			if q.After = page.Next; q.After == "" {
				break
			}
		}
		if fmt.Sprint(got) != "[consultation.cancel consultation.schedule]" {
			t.Errorf("%v", got)
		}
		// Who looks at the audit stands in it, once.
		must(w.Desk.Audit(t.Context(), as(consult.StaffAdmin), consult.AuditQuery{Action: "audit.read"}))(t)
		must(w.Desk.Audit(t.Context(), as(consult.StaffAdmin), consult.AuditQuery{Action: "audit.read"}))(t)
		page := must(w.Desk.Audit(t.Context(), consult.System, consult.AuditQuery{Action: "audit.read"}))(t)
		if len(page.Items) != 2 || page.Items[0].Actor != "staff:u_admin" || page.Items[1].Actor != "staff:u_auditor" {
			t.Errorf("%d entries", len(page.Items))
		}
		for _, by := range []consult.Principal{key, as(consult.StaffHead), as(consult.StaffOperator), {Seat: v.Doctor}} {
			_, err := w.Desk.Audit(t.Context(), by, consult.AuditQuery{})
			wantCode(t, err, consult.CodeForbidden)
		}
		for _, q := range []consult.AuditQuery{{Limit: 201}, {Limit: -1}, {From: noon, To: noon.Add(-1)}, {After: "au_none"}} {
			_, err := w.Desk.Audit(t.Context(), as(consult.StaffAuditor), q)
			wantCode(t, err, consult.CodeInvalid)
		}
	})
}

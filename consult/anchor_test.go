package consult_test

import (
	"errors"
	"strings"
	"testing"

	"tmk/consult"
	"tmk/consult/consulttest"
)

// shelf is an anchor.
type shelf struct {
	head consult.AuditHead
	err  error
}

func (s *shelf) Noted() (consult.AuditHead, error) { return s.head, s.err }

func (s *shelf) Note(h consult.AuditHead) error { s.head = h; return s.err }

func anchored(s *shelf) func(*consult.Config) {
	return func(cfg *consult.Config) { cfg.AuditAnchor = s }
}

func TestAnchorAudit(t *testing.T) {
	var noted shelf
	w, _ := onFile(t, anchored(&noted))
	anchor := func() {
		t.Helper()
		if err := w.Desk.AnchorAudit(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	anchor()
	if noted.head != (consult.AuditHead{}) {
		t.Errorf("of nothing: %+v", noted.head)
	}
	for n := int64(1); n <= 3; n++ {
		w.Key(t)
		anchor()
		if noted.head.N != n-1 {
			t.Errorf("not sealed, and noted: %+v", noted.head)
		}
		head := verify(t, w).Head
		anchor()
		if noted.head != head || head.N != n {
			t.Errorf("noted %+v, want %+v", noted.head, head)
		}
	}
	noted.err = errors.New("the disk is full")
	if err := w.Desk.AnchorAudit(t.Context()); !errors.Is(err, noted.err) {
		t.Errorf("%v", err)
	}
	if _, err := w.Desk.VerifyAudit(t.Context()); !errors.Is(err, noted.err) {
		t.Errorf("verified without the anchor: %v", err)
	}
}

// TestAnchorAuditHolds: who has the database alone cannot have a shorter history chained
// unseen; nor does the anchor follow him.
func TestAnchorAuditHolds(t *testing.T) {
	const anew = `UPDATE audit SET place = 0, link = NULL; UPDATE heads SET place = 0, link = NULL WHERE log = 'audit'; `
	for name, forge := range map[string]string{
		"left out":      anew + `DELETE FROM audit WHERE n = 2`,
		"cut off":       `DELETE FROM audit WHERE place = 4; UPDATE heads SET place = 3, link = (SELECT link FROM audit WHERE place = 3) WHERE log = 'audit'`,
		"all gone":      anew + `DELETE FROM audit`,
		"another order": anew + `UPDATE audit SET n = 100 WHERE n = 2`,
	} {
		t.Run(name, func(t *testing.T) {
			var noted shelf
			w, db := onFile(t, anchored(&noted))
			w.Schedule(t, nil)
			w.Schedule(t, nil)
			verify(t, w)
			if err := w.Desk.AnchorAudit(t.Context()); err != nil {
				t.Fatal(err)
			}
			before := noted.head
			if _, err := db.Exec(forge); err != nil {
				t.Fatal(err)
			}
			for range 2 {
				if v := verify(t, w); v.Why == "" {
					t.Errorf("%+v", v)
				}
				if err := w.Desk.AnchorAudit(t.Context()); err == nil || noted.head != before {
					t.Errorf("noted %+v, %v", noted.head, err)
				}
				w.Schedule(t, nil) // and so it stays, longer than it was
				w.Schedule(t, nil)
			}
		})
	}
}

func TestAcceptAudit(t *testing.T) {
	var noted shelf
	w, db := onFile(t, anchored(&noted))
	w.Schedule(t, nil)
	verify(t, w)
	// What the anchor knows is not there any more: an older copy was put back.
	noted.head = consult.AuditHead{N: 7, Link: strings.Repeat("ab", 32)}
	if v := verify(t, w); v.Why != consult.AuditCut {
		t.Errorf("%+v", v)
	}
	v := must(w.Desk.AcceptAudit(t.Context()))(t)
	if v.Why != "" || v.Entries != 3 || noted.head != v.Head {
		t.Errorf("%+v, noted %+v", v, noted.head)
	}
	page := must(w.Desk.Audit(t.Context(), consult.System, consult.AuditQuery{Action: "audit.accept"}))(t)
	if len(page.Items) != 1 || page.Items[0].Actor != "system" || page.Items[0].Detail != "7:"+strings.Repeat("ab", 32) {
		t.Errorf("%+v", page.Items)
	}
	w.Schedule(t, nil)
	if v := verify(t, w); v.Why != "" || v.Entries != 5 {
		t.Errorf("%+v", v)
	}
	if err := w.Desk.AnchorAudit(t.Context()); err != nil || noted.head.N != 5 {
		t.Errorf("noted %+v, %v", noted.head, err)
	}
	// What is wrong with the chain itself is not accepted.
	if _, err := db.Exec(`UPDATE audit SET actor = 'staff:u_x' WHERE place = 2`); err != nil {
		t.Fatal(err)
	}
	if v, err := w.Desk.AcceptAudit(t.Context()); err == nil || v.Why != consult.AuditChanged || noted.head.N != 5 {
		t.Errorf("%+v, %v, noted %+v", v, err, noted.head)
	}
}

// TestUnanchored: an audit without an anchor is checked all the same.
func TestUnanchored(t *testing.T) {
	w := consulttest.New(t)
	w.Key(t)
	if err := w.Desk.AnchorAudit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if v := must(w.Desk.AcceptAudit(t.Context()))(t); v.Why != "" || v.Entries != 2 {
		t.Errorf("%+v", v)
	}
}

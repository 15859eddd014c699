package storetest

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"tmk/consult"
)

var eventLaws = []law{
	{"events", events},
	{"webhooks", webhooks},
	{"audit", audit},
	{"questions to the audit", auditQueries},
}

func newEvent(sc scene, name string, seq int64) *consult.Event {
	return &consult.Event{
		ID: consult.EventID("evt_" + name), Integration: sc.c.Integration, ConsultationID: sc.c.ID, Sequence: seq,
		Type: consult.SessionStatusChanged, CreatedAt: morning, Data: json.RawMessage(`{ "z":1,"a":"\u0416" }`),
	}
}

func events(t *testing.T, s consult.Store) {
	sc, other := setScene(t, s, "a"), setScene(t, s, "b")
	foreign := newEvent(other, "foreign", 1)
	foreign.Integration = "other"
	add(t, s, consult.Tx.AddEvent, foreign)
	// Of one moment and with ids against the order, as ids of one millisecond are.
	second, first := newEvent(sc, "0", 2), newEvent(sc, "9", 1)
	later := newEvent(sc, "1", 3)
	later.CreatedAt = morning.Add(time.Microsecond)
	for _, e := range []*consult.Event{first, second, later} {
		add(t, s, consult.Tx.AddEvent, e)
	}
	seal(t, s)
	after := func(id consult.EventID, limit int) []*consult.Event {
		return read(t, s, func(tx consult.Tx) ([]*consult.Event, error) { return tx.Events("lk", id, limit) })
	}
	want(t, "all, the data byte by byte", after("", 10), []*consult.Event{first, second, later})
	want(t, "the first", after("", 1), []*consult.Event{first})
	want(t, "after the first", after(first.ID, 10), []*consult.Event{second, later})
	want(t, "after the last", after(later.ID, 10), nil)
	missing(t, s, "after another's", func(tx consult.Tx) ([]*consult.Event, error) { return tx.Events("lk", foreign.ID, 10) })
	missing(t, s, "after none", func(tx consult.Tx) ([]*consult.Event, error) { return tx.Events("lk", "evt_none", 10) })
	refused(t, s, consult.CodeConflict, "the same id", func(tx consult.Tx) error { return tx.AddEvent(newEvent(sc, "0", 4)) })
	refused(t, s, consult.CodeConflict, "the same number", func(tx consult.Tx) error { return tx.AddEvent(newEvent(sc, "new", 2)) })
}

func webhooks(t *testing.T, s consult.Store) {
	b := &consult.Webhook{ID: "wh_b", Integration: "lk", URL: "https://lk.example/hook", Secrets: []consult.WebhookSecret{{Value: "whsec_1"}, {Value: "whsec_2"}}, CreatedAt: morning}
	a := &consult.Webhook{ID: "wh_a", Integration: "lk", URL: "https://a.example", CreatedAt: morning, DisabledAt: morning.Add(time.Hour)}
	other := &consult.Webhook{ID: "wh_c", Integration: "other", URL: "https://c.example", CreatedAt: morning}
	for _, w := range []*consult.Webhook{b, a, other} {
		add(t, s, consult.Tx.AddWebhook, w)
	}
	of := func(tx consult.Tx) ([]*consult.Webhook, error) { return tx.Webhooks("lk") }
	want(t, "of the integration", read(t, s, of), []*consult.Webhook{a, b})
	want(t, "of all integrations", read(t, s, func(tx consult.Tx) ([]*consult.Webhook, error) { return tx.Webhooks("") }),
		[]*consult.Webhook{a, b, other})
	stale := *b
	b.URL, b.Description, b.Events = "https://new.example", "новый", []consult.EventType{consult.MessageCreated}
	b.Secrets = []consult.WebhookSecret{{Value: "whsec_3"}, {Value: "whsec_2", ExpiresAt: morning.Add(time.Hour)}}
	b.DisabledAt, b.DisabledReason = morning, consult.DisabledByHand
	add(t, s, consult.Tx.SaveWebhook, b)
	if b.Version != stale.Version+1 {
		t.Errorf("version %d after %d", b.Version, stale.Version)
	}
	refused(t, s, consult.CodeConflict, "saving an old version", func(tx consult.Tx) error { w := stale; return tx.SaveWebhook(&w) })
	want(t, "saved", read(t, s, func(tx consult.Tx) (*consult.Webhook, error) { return tx.Webhook("wh_b") }), b)
	missing(t, s, "no such webhook", func(tx consult.Tx) (*consult.Webhook, error) { return tx.Webhook("wh_none") })
	refused(t, s, consult.CodeNotFound, "saving none", func(tx consult.Tx) error { return tx.SaveWebhook(&consult.Webhook{ID: "wh_none"}) })
	refused(t, s, consult.CodeConflict, "the same", func(tx consult.Tx) error { return tx.AddWebhook(a) })
	b.DeletedAt = morning.Add(time.Hour)
	add(t, s, consult.Tx.SaveWebhook, b)
	want(t, "without the deleted", read(t, s, of), []*consult.Webhook{a})
	want(t, "the deleted by its id", read(t, s, func(tx consult.Tx) (*consult.Webhook, error) { return tx.Webhook("wh_b") }), b)
}

func audit(t *testing.T, s consult.Store) {
	var all []*consult.AuditEntry // newest first
	for i, id := range []string{"au_5", "au_1", "au_9", "au_0"} {
		e := &consult.AuditEntry{
			ID: id, At: morning.Add(time.Duration(i/2) * time.Microsecond), Actor: "staff:u_1", Action: "recording.read",
			Object: fmt.Sprint("r_", i), Detail: "подробность",
		}
		if i%2 == 0 {
			e.ConsultationID = "c_gone" // the audit outlives what it tells of
		}
		add(t, s, consult.Tx.AddAudit, e)
		all = append([]*consult.AuditEntry{e}, all...)
	}
	of := func(id consult.ConsultationID, limit int) []*consult.AuditEntry {
		return read(t, s, func(tx consult.Tx) ([]*consult.AuditEntry, error) {
			return tx.Audit(consult.AuditQuery{ConsultationID: id, Limit: limit})
		})
	}
	want(t, "all, those of one moment as they were written", of("", 10), all)
	want(t, "the newest", of("", 1), all[:1])
	want(t, "of one", of("c_gone", 10), []*consult.AuditEntry{all[1], all[3]})
	refused(t, s, consult.CodeConflict, "the same", func(tx consult.Tx) error { return tx.AddAudit(all[0]) })
}

func auditQueries(t *testing.T, s consult.Store) {
	for i, e := range []*consult.AuditEntry{
		{Actor: "key:k_1", Action: "consultation.schedule", ConsultationID: "c_1", Object: "c_1"},
		{Actor: "staff:u_1", Action: "recording.read", ConsultationID: "c_1", Object: "r_1"},
		{Actor: "staff:u_2", Action: "recording.erase", ConsultationID: "c_2", Object: "r_2"},
		{Actor: "system", Action: "recording.start", ConsultationID: "c_2", Object: "r_3"},
		{Actor: "key:k_1", Action: "webhook.create", Object: "wh_1"},
		{Actor: "staffing:u_1", Action: "recordings.read", Object: "r_1"}, // nobody's, but alike
		{Actor: "nobody", Action: "claimed", Object: "u_1"},
	} {
		e.ID, e.At = fmt.Sprint("au_", i), morning.Add(time.Duration(i)*time.Minute)
		add(t, s, consult.Tx.AddAudit, e)
	}
	at := func(minutes int) time.Time { return morning.Add(time.Duration(minutes) * time.Minute) }
	for _, c := range []struct {
		name string
		q    consult.AuditQuery
		want []string
	}{
		{"all", consult.AuditQuery{}, []string{"au_6", "au_5", "au_4", "au_3", "au_2", "au_1", "au_0"}},
		{"somebody", consult.AuditQuery{Actor: "staff:u_1"}, []string{"au_1"}},
		{"a kind", consult.AuditQuery{Actor: "staff:"}, []string{"au_2", "au_1"}},
		{"the system", consult.AuditQuery{Actor: "system"}, []string{"au_3"}},
		{"an action", consult.AuditQuery{Action: "recording.read"}, []string{"au_1"}},
		{"an action without a dot", consult.AuditQuery{Action: "claimed"}, []string{"au_6"}},
		{"half an action", consult.AuditQuery{Action: "recording"}, []string{}},
		{"an area", consult.AuditQuery{Action: "recording."}, []string{"au_3", "au_2", "au_1"}},
		{"a consultation", consult.AuditQuery{ConsultationID: "c_2"}, []string{"au_3", "au_2"}},
		{"an object", consult.AuditQuery{Object: "r_1"}, []string{"au_5", "au_1"}},
		{"from is in, to is out", consult.AuditQuery{From: at(1), To: at(3)}, []string{"au_2", "au_1"}},
		{"a page", consult.AuditQuery{Limit: 2}, []string{"au_6", "au_5"}},
		{"the next", consult.AuditQuery{Limit: 2, After: "au_5"}, []string{"au_4", "au_3"}},
		{"everything at once", consult.AuditQuery{
			Actor: "staff:u_2", Action: "recording.erase", ConsultationID: "c_2", Object: "r_2", From: at(0), To: at(9), After: "au_5",
		}, []string{"au_2"}},
	} {
		if c.q.Limit == 0 {
			c.q.Limit = 10
		}
		list := read(t, s, func(tx consult.Tx) ([]*consult.AuditEntry, error) { return tx.Audit(c.q) })
		want(t, c.name, ids(list, func(a *consult.AuditEntry) string { return a.ID }), c.want)
	}
	missing(t, s, "behind none", func(tx consult.Tx) ([]*consult.AuditEntry, error) {
		return tx.Audit(consult.AuditQuery{Limit: 1, After: "au_none"})
	})
	for i := range 3 { // many in one moment
		add(t, s, consult.Tx.AddAudit, &consult.AuditEntry{ID: fmt.Sprint("au_x", 9-i), At: at(60), Actor: "system", Action: "x"})
	}
	var all []string
	for after := ""; ; after = all[len(all)-1] {
		page := read(t, s, func(tx consult.Tx) ([]*consult.AuditEntry, error) {
			return tx.Audit(consult.AuditQuery{Limit: 1, After: after, From: at(60)})
		})
		if len(page) == 0 {
			break
		}
		all = append(all, page[0].ID)
	}
	want(t, "one at a time", all, []string{"au_x7", "au_x8", "au_x9"})
}

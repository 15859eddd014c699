package store_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"tmk/consult"
	"tmk/store"
	"tmk/store/storetest"
)

const many = 100_000

// One page of 50 of a list of 100 000, the first and the last: they cost the
// same. TestListPlans shows why.
func BenchmarkList(b *testing.B) {
	onBoth(b, func(b *testing.B, db *store.DB) {
		if err := addMany(b.Context(), db, many); err != nil {
			b.Fatal(err)
		}
		settleDown(b, db)
		for name, q := range map[string]consult.ConsultationQuery{
			"integration": {Integration: "lk"},
			"doctor":      {Integration: "lk", DoctorID: "d0"},
			"upcoming":    {Integration: "lk", Status: statuses[:2]},
		} {
			for page, behind := range map[string]int{"first": 0, "last": many - 10_000} {
				q.Limit = 50
				if q.AfterID = ""; behind > 0 {
					q.AfterStartsAt, q.AfterID = at.Add(time.Duration(behind)*time.Minute), consult.ConsultationID(fmt.Sprintf("c_%06d", behind))
				}
				b.Run(name+"/"+page, func(b *testing.B) {
					for b.Loop() {
						inView(b, db, func(tx consult.Tx) error {
							list, err := tx.Consultations(q)
							if err == nil && len(list) != 50 {
								err = fmt.Errorf("%d on the page", len(list))
							}
							return err
						})
					}
				})
			}
		}
	})
}

// The whole of a list of 100 000, page by page.
func BenchmarkListAll(b *testing.B) {
	onBoth(b, func(b *testing.B, db *store.DB) {
		if err := addMany(b.Context(), db, many); err != nil {
			b.Fatal(err)
		}
		settleDown(b, db)
		for b.Loop() {
			q, seen := consult.ConsultationQuery{Integration: "lk", Limit: 200}, 0
			for {
				var page []*consult.Consultation
				inView(b, db, func(tx consult.Tx) (err error) { page, err = tx.Consultations(q); return err })
				if len(page) == 0 {
					break
				}
				seen += len(page)
				q.AfterStartsAt, q.AfterID = page[len(page)-1].StartsAt, page[len(page)-1].ID
			}
			if seen != many {
				b.Fatal(seen)
			}
		}
	})
}

func inView(b *testing.B, db *store.DB, fn func(consult.Tx) error) {
	b.Helper()
	if err := db.View(b.Context(), fn); err != nil {
		b.Fatal(err)
	}
}

// settleDown gives PostgreSQL the statistics that autovacuum gathers.
func settleDown(b *testing.B, db *store.DB) {
	b.Helper()
	if db.Postgres() {
		if err := db.Exec(b.Context(), "ANALYZE"); err != nil {
			b.Fatal(err)
		}
	}
}

// Each second every node looks for what is not sealed; mostly there is nothing, however long the log.
func BenchmarkSealNothing(b *testing.B) {
	onBoth(b, func(b *testing.B, db *store.DB) {
		addAudit(b, db, 20_000)
		sealAll(b, db)
		settleDown(b, db)
		for b.Loop() {
			sealAll(b, db)
		}
	})
}

// A thousand entries are linked.
func BenchmarkSealThousand(b *testing.B) {
	onBoth(b, func(b *testing.B, db *store.DB) {
		for b.Loop() {
			b.StopTimer()
			addAudit(b, db, 1000)
			settleDown(b, db)
			b.StartTimer()
			sealAll(b, db)
		}
	})
}

func sealAll(b *testing.B, db *store.DB) {
	b.Helper()
	if err := db.Seal(b.Context(), storetest.Link); err != nil {
		b.Fatal(err)
	}
}

func addAudit(b *testing.B, db *store.DB, n int) {
	b.Helper()
	if err := db.Update(b.Context(), func(tx consult.Tx) error {
		for i := range n {
			e := &consult.AuditEntry{
				ID: consult.NewID("au_", time.Now()), At: at.Add(time.Duration(i) * time.Second), Actor: fmt.Sprint("key:k_", i%3),
				Action: "consultation.schedule", ConsultationID: consult.ConsultationID(fmt.Sprint("c_", i/10)), Object: fmt.Sprint("c_", i/10),
			}
			if i%1000 == 999 {
				e.Actor, e.Action = "staff:u_1", "recording.read"
			}
			if err := tx.AddAudit(e); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		b.Fatal(err)
	}
}

// A page of the audit's 200 000 entries by each of the viewer's filters.
func BenchmarkAudit(b *testing.B) {
	onBoth(b, func(b *testing.B, db *store.DB) {
		for range 10 {
			addAudit(b, db, 20_000)
		}
		settleDown(b, db)
		for name, q := range map[string]consult.AuditQuery{
			"newest":                  {},
			"key":                     {Actor: "key:k_1"},
			"staff":                   {Actor: "staff:"},
			"action":                  {Action: "recording.read"},
			"area":                    {Action: "recording."},
			"consultation":            {ConsultationID: "c_77"},
			"object":                  {Object: "c_77"},
			"staff and area in a day": {Actor: "staff:", Action: "recording.", From: at, To: at.Add(24 * time.Hour)},
		} {
			q.Limit = 50
			b.Run(name, func(b *testing.B) {
				for b.Loop() {
					inView(b, db, func(tx consult.Tx) error {
						list, err := tx.Audit(q)
						if err == nil && len(list) != 50 {
							err = fmt.Errorf("%d on the page", len(list))
						}
						return err
					})
				}
			})
		}
	})
}

// Claims when 10 000 consultations of one webhook are due at once.
func BenchmarkClaimDue(b *testing.B) {
	onBoth(b, func(b *testing.B, db *store.DB) {
		if err := db.Update(b.Context(), func(tx consult.Tx) error { return addBacklog(tx, 10_000, 1) }); err != nil {
			b.Fatal(err)
		}
		settleDown(b, db)
		now := time.Now()
		for b.Loop() {
			list, err := db.ClaimDeliveries(b.Context(), now, time.Hour, 8, 8)
			if err != nil || len(list) != 8 {
				b.Fatal(len(list), err)
			}
			b.StopTimer()
			for _, d := range list {
				if err := db.SettleDelivery(b.Context(), &d, consult.Outcome{RetryAt: now, Status: 503, At: now}); err != nil {
					b.Fatal(err)
				}
			}
			b.StartTimer()
		}
	})
}

// The dead of 10 000 consultations are sent again, all at once.
func BenchmarkRequeueDead(b *testing.B) {
	onBoth(b, func(b *testing.B, db *store.DB) {
		if err := db.Update(b.Context(), func(tx consult.Tx) error { return addBacklog(tx, 10_000, 2) }); err != nil {
			b.Fatal(err)
		}
		settleDown(b, db)
		now := time.Now()
		for b.Loop() {
			b.StopTimer()
			for _, query := range []string{`UPDATE deliveries SET dead_at = 1`, `UPDATE queues SET head_id = ''`} {
				if err := db.Exec(b.Context(), query); err != nil {
					b.Fatal(err)
				}
			}
			b.StartTimer()
			if err := db.Update(b.Context(), func(tx consult.Tx) error {
				n, err := tx.RequeueDead("wh_1", time.Time{}, now)
				if err == nil && n != 20_000 {
					err = fmt.Errorf("%d sent again", n)
				}
				return err
			}); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// A page of 50 of one webhook's 100 000 deliveries, whose dead are rare.
func BenchmarkDeliveries(b *testing.B) {
	onBoth(b, func(b *testing.B, db *store.DB) {
		if err := db.Update(b.Context(), func(tx consult.Tx) error { return addBacklog(tx, 1000, 100) }); err != nil {
			b.Fatal(err)
		}
		for i, query := range []string{
			`UPDATE deliveries SET delivered_at = 1 WHERE event_n % 1000 <> 0`,
			`UPDATE deliveries SET dead_at = 1 WHERE event_n % 1000 = 0`,
		} {
			if err := db.Exec(context.Background(), query); err != nil {
				b.Fatal(i, err)
			}
		}
		settleDown(b, db)
		for _, state := range []consult.DeliveryState{"", consult.DeliveryDelivered, consult.DeliveryDead} {
			b.Run("state "+string(state), func(b *testing.B) {
				for b.Loop() {
					inView(b, db, func(tx consult.Tx) error {
						list, err := tx.Deliveries(consult.DeliveryQuery{Webhook: "wh_1", State: state, Limit: 50})
						if err == nil && len(list) != 50 {
							err = fmt.Errorf("%d on the page", len(list))
						}
						return err
					})
				}
			})
		}
	})
}

package store_test

import (
	"fmt"
	"testing"
	"time"

	"tmk/consult"
	"tmk/store"
	"tmk/store/pgtest"
)

// onBoth runs a benchmark on each database. PostgreSQL's figures are without
// fsync, as pgtest's server runs.
func onBoth(b *testing.B, fn func(b *testing.B, db *store.DB)) {
	b.Run("SQLite", func(b *testing.B) { fn(b, open(b, sqliteURL(b))) })
	b.Run("Postgres", func(b *testing.B) { fn(b, open(b, pgtest.URL(b))) })
}

func setUpBench(b *testing.B, db *store.DB) {
	b.Helper()
	if err := db.Update(b.Context(), addCrashScene); err != nil {
		b.Fatal(err)
	}
}

// A message with its event and its audit entry: what one line in the chat costs.
func BenchmarkPost(b *testing.B) {
	onBoth(b, func(b *testing.B, db *store.DB) {
		setUpBench(b, db)
		b.ReportAllocs()
		for b.Loop() {
			if err := db.Update(b.Context(), func(tx consult.Tx) error { _, err := post(tx); return err }); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// Several write at once, to one consultation: the worst of contention.
func BenchmarkPostParallel(b *testing.B) {
	onBoth(b, func(b *testing.B, db *store.DB) {
		setUpBench(b, db)
		b.SetParallelism(4)
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				if err := db.Update(b.Context(), func(tx consult.Tx) error { _, err := post(tx); return err }); err != nil {
					b.Error(err)
					return
				}
			}
		})
	})
}

// A consultation by id, as each request reads one.
func BenchmarkRead(b *testing.B) {
	onBoth(b, func(b *testing.B, db *store.DB) {
		setUpBench(b, db)
		b.ReportAllocs()
		for b.Loop() {
			if err := db.View(b.Context(), func(tx consult.Tx) error { _, err := tx.Consultation(crashID); return err }); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// A poll for deliveries after LK was down for a day: every queue waits for
// its next attempt, and nothing is due.
func BenchmarkClaimBacklog(b *testing.B) {
	onBoth(b, func(b *testing.B, db *store.DB) {
		const consultations, events = 1000, 10
		if err := db.Update(b.Context(), func(tx consult.Tx) error { return addBacklog(tx, consultations, events) }); err != nil {
			b.Fatal(err)
		}
		now := time.Now()
		for {
			heads, err := db.ClaimDeliveries(b.Context(), now, time.Minute, 1000, 1000)
			if err != nil {
				b.Fatal(err)
			}
			if len(heads) == 0 {
				break
			}
			for _, d := range heads {
				o := consult.Outcome{RetryAt: now.Add(time.Hour), At: now}
				if err := db.SettleDelivery(b.Context(), &d, o); err != nil {
					b.Fatal(err)
				}
			}
		}
		for b.Loop() {
			if list, err := db.ClaimDeliveries(b.Context(), now, time.Minute, 20, 20); err != nil || len(list) != 0 {
				b.Fatal(len(list), err)
			}
		}
	})
}

func addBacklog(tx consult.Tx, consultations, events int) error {
	if err := tx.AddWebhook(&consult.Webhook{ID: "wh_1", Integration: "lk"}); err != nil {
		return err
	}
	for i := range consultations {
		id := consult.ConsultationID(fmt.Sprint("c_", i))
		if err := tx.AddConsultation(&consult.Consultation{
			ID: id, Integration: "lk", Recording: consult.RecordOff, Status: consult.Current,
		}); err != nil {
			return err
		}
		for j := range events {
			if err := tx.AddEvent(&consult.Event{
				ID: consult.EventID(fmt.Sprintf("evt_%d_%d", i, j)), Integration: "lk", ConsultationID: id,
				Sequence: int64(j + 1), Type: consult.MessageCreated, Data: []byte("{}"),
			}); err != nil {
				return err
			}
		}
	}
	return nil
}

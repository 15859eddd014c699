package consult_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"tmk/consult"
)

var (
	noon = time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC)
	law  = consult.DefaultConfig
)

func upcoming() *consult.Consultation {
	return &consult.Consultation{Status: consult.Upcoming, StartsAt: noon, Duration: 30 * time.Minute}
}

func current(startedAt, emptySince time.Time) *consult.Consultation {
	c := upcoming()
	c.Status, c.StartedAt, c.EmptySince = consult.Current, startedAt, emptySince
	return c
}

func TestDue(t *testing.T) {
	const us = time.Microsecond
	var none time.Time
	for _, tt := range []struct {
		name   string
		c      *consult.Consultation
		now    time.Time
		want   consult.Status
		reason consult.EndReason
	}{
		{"long before", upcoming(), noon.Add(-time.Hour), consult.Upcoming, ""},
		{"within grace", upcoming(), noon.Add(time.Hour - us), consult.Upcoming, ""},
		{"grace over", upcoming(), noon.Add(time.Hour), consult.Missed, ""},
		{"somebody inside", current(noon, none), noon.Add(time.Hour), consult.Current, ""},
		{"empty a while", current(noon, noon.Add(time.Hour)), noon.Add(70*time.Minute - us), consult.Current, ""},
		{"abandoned", current(noon, noon.Add(time.Hour)), noon.Add(70 * time.Minute), consult.Finished, consult.EndAbandoned},
		{"long", current(noon, none), noon.Add(8*time.Hour - us), consult.Current, ""},
		{"too long", current(noon, none), noon.Add(8 * time.Hour), consult.Finished, consult.EndTimeout},
		{"abandoned before too long", current(noon, noon.Add(time.Hour)), noon.Add(9 * time.Hour), consult.Finished, consult.EndAbandoned},
		{"too long before abandoned", current(noon, noon.Add(8*time.Hour-us)), noon.Add(9 * time.Hour), consult.Finished, consult.EndTimeout},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, reason := law.Due(tt.c, tt.now)
			if got != tt.want || reason != tt.reason {
				t.Errorf("got %s %q, want %s %q", got, reason, tt.want, tt.reason)
			}
		})
	}
}

func TestJoinable(t *testing.T) {
	cancelled, missed := upcoming(), upcoming()
	cancelled.Status, missed.Status = consult.Cancelled, consult.Missed
	for _, tt := range []struct {
		name string
		c    *consult.Consultation
		now  time.Time
		want consult.Code
	}{
		{"early", upcoming(), noon.Add(-15*time.Minute - time.Microsecond), consult.CodeTooEarly},
		{"window opens", upcoming(), noon.Add(-15 * time.Minute), ""},
		{"late", upcoming(), noon.Add(59 * time.Minute), ""},
		{"missed, not swept yet", upcoming(), noon.Add(time.Hour), consult.CodeFinished},
		{"current, before its time", current(noon.Add(-time.Hour), time.Time{}), noon.Add(-time.Hour), ""},
		{"abandoned, not swept yet", current(noon, noon), noon.Add(10 * time.Minute), consult.CodeFinished},
		{"cancelled", cancelled, noon, consult.CodeCancelled},
		{"missed", missed, noon, consult.CodeFinished},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := law.Joinable(tt.c, tt.now)
			if got := consult.CodeOf(err); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
	err := asError(t, law.Joinable(upcoming(), noon.Add(-time.Hour)))
	if err.Ref != "2026-12-01T11:45:00Z" {
		t.Errorf("too early: Ref is %q", err.Ref)
	}
}

// TestLifeNeverReopens walks random lives and checks what holds at every step.
func TestLifeNeverReopens(t *testing.T) {
	all := []consult.Status{consult.Upcoming, consult.Current, consult.Finished, consult.Cancelled, consult.Missed}
	rng := rand.New(rand.NewPCG(1, 2))
	seen := map[consult.Status]int{}
	for range 2000 {
		c, now := upcoming(), noon.Add(-time.Hour)
		for range 12 {
			now = now.Add(time.Duration(rng.Int64N(int64(20 * time.Minute))))
			before := *c
			to := all[rng.IntN(len(all))]
			err := c.Turn(to, consult.EndedByAPI, now)
			checkStep(t, &before, c, to, err)
		}
		seen[c.Status]++
	}
	for _, s := range []consult.Status{consult.Finished, consult.Cancelled, consult.Missed} {
		if seen[s] == 0 {
			t.Errorf("no life ended %s", s)
		}
	}
}

func checkStep(t *testing.T, before, after *consult.Consultation, to consult.Status, err error) {
	t.Helper()
	if err != nil {
		if consult.CodeOf(err) != consult.CodeConflict {
			t.Fatalf("%s → %s: %v", before.Status, to, err)
		}
		if after.Status != before.Status || after.FinishedAt != before.FinishedAt || after.StartedAt != before.StartedAt {
			t.Fatalf("a refused change left traces: %+v", after)
		}
		return
	}
	switch {
	case before.Status.Over():
		t.Fatalf("%s became %s", before.Status, to)
	case to == consult.Cancelled && before.Status != consult.Upcoming, to == consult.Missed && before.Status != consult.Upcoming:
		t.Fatalf("%s became %s", before.Status, to)
	case to == consult.Finished && before.StartedAt.IsZero():
		t.Fatal("finished without having begun")
	case after.Status.Over() == after.FinishedAt.IsZero():
		t.Fatalf("%s with FinishedAt %v", after.Status, after.FinishedAt)
	case (after.EndReason != "") != (after.Status == consult.Finished):
		t.Fatalf("%s with reason %q", after.Status, after.EndReason)
	}
}

// TestDueIsStable: what the clock demands once it demands ever after, and it only demands what the law allows.
func TestDueIsStable(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	minutes := func(n int64) time.Duration { return time.Duration(rng.Int64N(n)) * time.Minute }
	for range 5000 {
		c := upcoming()
		if rng.IntN(2) == 0 {
			c = current(noon.Add(minutes(60)), time.Time{})
			if rng.IntN(2) == 0 {
				c.EmptySince = c.StartedAt.Add(minutes(600))
			}
		}
		now := noon.Add(minutes(1000))
		status, reason := law.Due(c, now)
		later, laterReason := law.Due(c, now.Add(minutes(1000)))
		if status != c.Status && (later != status || laterReason != reason) {
			t.Fatalf("%+v: %s %s at %v, then %s %s", c, status, reason, now, later, laterReason)
		}
		if status != c.Status {
			if err := c.Turn(status, reason, now); err != nil {
				t.Fatalf("the clock demands what the law forbids: %v", err)
			}
		}
	}
}

func TestPassLive(t *testing.T) {
	p := &consult.Pass{ExpiresAt: noon.Add(48 * time.Hour)}
	finished := upcoming()
	finished.Status, finished.FinishedAt = consult.Finished, noon.Add(time.Hour)
	early := upcoming()
	early.Status, early.FinishedAt = consult.Cancelled, noon.Add(-72*time.Hour)
	for _, tt := range []struct {
		name string
		c    *consult.Consultation
		now  time.Time
		want bool
	}{
		{"going on", upcoming(), noon, true},
		{"run out", upcoming(), noon.Add(48 * time.Hour), false},
		{"just finished", finished, noon.Add(2 * time.Hour), true},
		{"finished a day ago", finished, noon.Add(25 * time.Hour), false},
		{"cancelled days before its day", early, noon, true},
	} {
		if got := p.Live(tt.c, tt.now); got != tt.want {
			t.Errorf("%s: got %t", tt.name, got)
		}
	}
}

package store_test

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"tmk/consult"
	"tmk/store"
	"tmk/store/pgtest"
)

var statuses = []consult.Status{consult.Upcoming, consult.Current, consult.Finished, consult.Cancelled, consult.Missed}

// addMany stores n consultations of one integration: a tenth are of the doctor
// d0, most are over, and each minute begins one.
func addMany(ctx context.Context, db *store.DB, n int) error {
	const batch = 5000
	for from := 0; from < n; from += batch {
		if err := db.Update(ctx, func(tx consult.Tx) error {
			for i := from; i < min(n, from+batch); i++ {
				c := &consult.Consultation{
					ID: consult.ConsultationID(fmt.Sprintf("c_%06d", i)), Integration: "lk", Recording: consult.RecordOff,
					Doctor: consult.Person{ID: fmt.Sprint("d", i%10)}, Patient: consult.Person{ID: fmt.Sprint("p", i%1000)},
					StartsAt: at.Add(time.Duration(i) * time.Minute), Duration: 30 * time.Minute, Status: consult.Finished, CreatedAt: at,
				}
				if i%50 == 0 {
					c.Status = statuses[i/50%5]
				}
				if err := tx.AddConsultation(c); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			return err
		}
	}
	return nil
}

// listQueries are the lists that integrations and staff page through.
func listQueries() map[string]consult.ConsultationQuery {
	return map[string]consult.ConsultationQuery{
		"all":                            {},
		"an integration's":               {Integration: "lk"},
		"an integration's doctor's":      {Integration: "lk", DoctorID: "d0"},
		"an integration's patient's":     {Integration: "lk", PatientID: "p0"},
		"a status":                       {Status: statuses[:1]},
		"an integration's status":        {Integration: "lk", Status: statuses[:1]},
		"an integration's two statuses":  {Integration: "lk", Status: statuses[:2]},
		"a doctor's status":              {Integration: "lk", DoctorID: "d0", Status: statuses[:1]},
		"a doctor's coming and going":    {Integration: "lk", DoctorID: "d0", Status: statuses[:2]},
		"a patient's status":             {Integration: "lk", PatientID: "p0", Status: statuses[2:3]},
		"an integration's week":          {Integration: "lk", From: at, To: at.Add(7 * 24 * time.Hour)},
		"a doctor's week, all he has":    {Integration: "lk", DoctorID: "d0", From: at, To: at.Add(7 * 24 * time.Hour), Status: statuses},
		"a doctor's week, what is ahead": {Integration: "lk", DoctorID: "d0", From: at, Status: statuses[:2]},
	}
}

// Every page of every list goes along an index that has the list's order, from
// the cursor on: nothing is sorted but the few rows of a page, and nothing is read through from its start.
func TestListPlans(t *testing.T) {
	t.Run("SQLite", func(t *testing.T) { listPlans(t, open(t, sqliteURL(t)), false) })
	t.Run("Postgres", func(t *testing.T) { listPlans(t, open(t, pgtest.URL(t)), true) })
}

func listPlans(t *testing.T, db *store.DB, postgres bool) {
	if err := addMany(t.Context(), db, 5000); err != nil {
		t.Fatal(err)
	}
	if postgres { // as autovacuum does there, and nobody on SQLite
		if err := db.Exec(t.Context(), "ANALYZE"); err != nil {
			t.Fatal(err)
		}
	}
	for name, q := range listQueries() {
		q.Limit = 50
		for page, behind := range map[string]int{"first": 0, "last": 4900} {
			for _, q.Descending = range []bool{false, true} {
				if q.AfterID = ""; behind > 0 {
					q.AfterStartsAt, q.AfterID = at.Add(time.Duration(behind)*time.Minute), consult.ConsultationID(fmt.Sprintf("c_%06d", behind))
				}
				query, args := store.ConsultationsQuery(q)
				plan, err := db.Plan(t.Context(), query, args...)
				if err != nil {
					t.Fatal(err)
				}
				if complaint := wrongPlan(plan, postgres, behind > 0, max(1, len(q.Status))); complaint != "" {
					t.Errorf("%s, %s page, descending %v: %s:\n%s\n%s", name, page, q.Descending, complaint, query, plan)
				}
			}
		}
	}
}

// sortedPages is how SQLite merges several ways: each has given no more than a page when it is sorted.
var sortedPages = regexp.MustCompile(`SCAN way\d\nUSE TEMP B-TREE FOR ORDER BY`)

// wrongPlan says what is wrong with the plan of a list that goes several ways.
func wrongPlan(plan string, postgres, behind bool, ways int) string {
	index, sorted, cursor := "USING INDEX consultations_", "TEMP B-TREE", "starts_at,id)"
	plan = sortedPages.ReplaceAllString(plan, "")
	if postgres {
		index, sorted, cursor = "using consultations_", "Sort  (", "ROW(starts_at, "
	}
	switch {
	case strings.Contains(plan, sorted):
		return "it sorts"
	case strings.Count(plan, index) != ways:
		return "it does not use an index each way"
	case behind && strings.Count(plan, cursor) < ways:
		return "it does not begin at the cursor"
	}
	return ""
}

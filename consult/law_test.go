package consult_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tmk/consult"
	"tmk/consult/consulttest"
)

// TestLaw does whatever comes to mind to a consultation, in any order and at
// any time, on a real store, and compares it at each step with a small model of
// the law. It is told from the events too: one for each change, numbered without gaps.
func TestLaw(t *testing.T) {
	ends, lives := make(map[string]int), 0
	onBoth(t, func(t *testing.T, w *consulttest.World) {
		key, _ := w.Key(t)
		rapid.Check(t, func(rt *rapid.T) {
			l := newLife(t, rt, w, key)
			rt.Repeat(map[string]func(*rapid.T){ // each as likely as the others: what the clock does comes more often
				"":            l.check,
				"wait":        l.wait,
				"wait again":  l.wait,
				"wait long":   l.wait,
				"sweep":       l.sweep,
				"sweep again": l.sweep,
				"amend":       l.amend,
				"replace":     l.replacePatient,
				"admit":       l.admit,
				"arrive":      l.arrive,
				"leave":       l.leave,
				"crash":       l.crash,
				"end":         l.end,
			})
			l.checkEvents(rt)
			lives++
			ends[string(l.want.Status)+" "+string(l.want.EndReason)]++
		})
	})
	t.Log(ends)
	for _, end := range []string{"cancelled ", "missed ", "finished doctor", "finished api", "finished abandoned", "finished timeout"} {
		if lives >= 200 && ends[end] == 0 { // the rarest comes about 5 times in 100
			t.Errorf("no life ended %s", end)
		}
	}
}

// life is one consultation, and what the law says of it.
type life struct {
	t    *testing.T
	w    *consulttest.World
	key  consult.Principal
	id   consult.ConsultationID
	seat map[consult.Role]*consult.Seat
	open map[consult.Role]*consult.Attendance // as the desk gave them

	want     consult.Consultation
	admitted bool // the patient
	inside   map[consult.Role]bool
	patients int

	statuses                      []string // that the integration was told
	joined, left, moved, replaced int
}

func newLife(t *testing.T, rt *rapid.T, w *consulttest.World, key consult.Principal) *life {
	in := time.Duration(rapid.IntRange(-20, 60).Draw(rt, "minutes until the start")) * time.Minute
	lasts := time.Duration(rapid.IntRange(1, 60).Draw(rt, "minutes of length")) * time.Minute
	v := w.Schedule(t, func(o *consult.Order) {
		o.StartsAt, o.Duration = o.StartsAt.Add(in), lasts
		if !o.StartsAt.Add(lasts + 30*time.Minute).After(w.Clock.Now()) {
			o.StartsAt = w.Clock.Now()
		}
	})
	c := read(t, w, v.ID).Consultation
	l := &life{
		t: t, w: w, key: key, id: v.ID,
		seat: map[consult.Role]*consult.Seat{consult.RoleDoctor: v.Doctor, consult.RolePatient: v.Patient},
		open: make(map[consult.Role]*consult.Attendance), inside: make(map[consult.Role]bool),
		want: consult.Consultation{Status: consult.Upcoming, StartsAt: c.StartsAt, Duration: c.Duration},
	}
	if rapid.Bool().Draw(rt, "begun") {
		if early := c.StartsAt.Sub(l.now()); early > 0 {
			w.Clock.Advance(early)
		}
		l.admit(rt)
		l.enter(rt, consult.RoleDoctor)
		l.enter(rt, consult.RolePatient)
	}
	return l
}

func (l *life) now() time.Time { return l.w.Clock.Now() }

// due is the law of the clock, written down a second time.
func (l *life) due() (consult.Status, consult.EndReason) {
	now, c := l.now(), &l.want
	switch c.Status {
	case consult.Upcoming:
		if now.Sub(c.StartsAt) >= c.Duration+30*time.Minute {
			return consult.Missed, ""
		}
	case consult.Current:
		long := c.StartedAt.Add(8 * time.Hour)
		empty := c.EmptySince.Add(10 * time.Minute)
		switch {
		case !c.EmptySince.IsZero() && empty.Before(long) && now.Sub(empty) >= 0:
			return consult.Finished, consult.EndAbandoned
		case now.Sub(long) >= 0:
			return consult.Finished, consult.EndTimeout
		}
	}
	return c.Status, ""
}

// turn is a change of status, of which the integration is told once.
func (l *life) turn(to consult.Status, reason consult.EndReason) {
	c := &l.want
	c.Status, c.EndReason, c.EmptySince = to, reason, time.Time{}
	if to == consult.Current {
		c.StartedAt = l.now()
	} else {
		c.FinishedAt = l.now()
		l.empty()
	}
	l.statuses = append(l.statuses, map[consult.Status]string{
		consult.Current: "CURRENT", consult.Finished: "FINISHED", consult.Cancelled: "CANCELLED", consult.Missed: "MISSED",
	}[to])
}

func (l *life) empty() {
	for _, role := range []consult.Role{consult.RoleDoctor, consult.RolePatient} {
		l.gone(role)
	}
}

// gone lets one leave, if he is there.
func (l *life) gone(role consult.Role) {
	if !l.inside[role] {
		return
	}
	l.inside[role] = false
	l.left++
	if l.want.Status == consult.Current && !l.inside[consult.RoleDoctor] && !l.inside[consult.RolePatient] {
		l.want.EmptySince = l.now()
	}
}

func (l *life) code(rt *rapid.T, err error, want consult.Code) {
	if got := consult.CodeOf(err); got != want {
		rt.Fatalf("code %q, want %q (%v); the law has %+v at %v", got, want, err, l.want, l.now())
	}
}

func (l *life) check(rt *rapid.T) {
	got, want := read(l.t, l.w, l.id), &l.want
	c := got.Consultation
	if c.Status != want.Status || c.EndReason != want.EndReason || !c.StartedAt.Equal(want.StartedAt) ||
		!c.FinishedAt.Equal(want.FinishedAt) || !c.EmptySince.Equal(want.EmptySince) ||
		!c.StartsAt.Equal(want.StartsAt) || c.Duration != want.Duration {
		rt.Fatalf("at %v\ngot  %+v\nwant %+v", l.now(), c, want)
	}
	inside := make(map[consult.Role]int)
	for _, a := range got.Attendances {
		if a.LeftAt.IsZero() {
			inside[a.Role]++
		}
	}
	for _, role := range []consult.Role{consult.RoleDoctor, consult.RolePatient} {
		if want := map[bool]int{true: 1}[l.inside[role]]; inside[role] != want {
			rt.Fatalf("%d of the %s inside, want %d", inside[role], role, want)
		}
	}
}

func (l *life) checkEvents(rt *rapid.T) {
	var statuses []string
	count := make(map[consult.EventType]int)
	for _, e := range told(l.t, l.w, l.id) { // checks the numbers
		count[e.Type]++
		if e.Type == consult.SessionStatusChanged {
			statuses = append(statuses, body(l.t, e)["status"].(string))
		}
	}
	if !slices.Equal(statuses, l.statuses) {
		rt.Fatalf("told of %v, want %v", statuses, l.statuses)
	}
	want := fmt.Sprint(1, l.joined, l.left, l.moved, l.replaced)
	got := fmt.Sprint(count[consult.SessionCreated], count[consult.ParticipantJoined], count[consult.ParticipantLeft],
		count[consult.SessionRescheduled], count[consult.SessionUpdated])
	if got != want {
		rt.Fatalf("told of created, joined, left, rescheduled, updated %s, want %s", got, want)
	}
}

func (l *life) wait(rt *rapid.T) {
	l.w.Clock.Advance(rapid.SampledFrom([]time.Duration{
		time.Second, time.Minute, 3 * time.Minute, 10*time.Minute - time.Second, 10 * time.Minute, 45 * time.Minute, 8 * time.Hour,
	}).Draw(rt, "how long"))
}

func (l *life) sweep(rt *rapid.T) {
	l.code(rt, l.w.Desk.Sweep(l.t.Context()), "")
	if to, reason := l.due(); to != l.want.Status {
		l.turn(to, reason)
	}
}

func (l *life) amend(rt *rapid.T) {
	var a consult.Amendment
	want := l.want
	if rapid.Bool().Draw(rt, "moves") {
		want.StartsAt = l.now().Add(time.Duration(rapid.IntRange(-20, 120).Draw(rt, "start")) * time.Minute)
		a.StartsAt = &want.StartsAt
	}
	if rapid.Bool().Draw(rt, "lasts") {
		want.Duration = time.Duration(rapid.IntRange(1, 60).Draw(rt, "minutes")) * time.Minute
		a.Duration = &want.Duration
	}
	_, err := l.w.Desk.Amend(l.t.Context(), l.key, l.id, a, 0)
	to, _ := l.due()
	switch {
	case to != consult.Upcoming:
		l.code(rt, err, consult.CodeConflict)
		return
	case l.now().Sub(want.StartsAt) >= want.Duration+30*time.Minute:
		l.code(rt, err, consult.CodeInvalid)
		return
	}
	l.code(rt, err, "")
	if !want.StartsAt.Equal(l.want.StartsAt) || want.Duration != l.want.Duration {
		l.moved++
	}
	l.want = want
}

func (l *life) replacePatient(rt *rapid.T) {
	id := fmt.Sprintf("p-%d", l.patients)
	_, err := l.w.Desk.Amend(l.t.Context(), l.key, l.id, consult.Amendment{Patient: &consult.PersonAmendment{ID: &id}}, 0)
	if to, _ := l.due(); to != consult.Upcoming {
		l.code(rt, err, consult.CodeConflict)
		return
	}
	l.code(rt, err, "")
	l.patients++
	l.replaced++
	l.admitted = false
	l.gone(consult.RolePatient)
}

func (l *life) admit(rt *rapid.T) {
	_, err := l.w.Desk.Admit(l.t.Context(), consult.Principal{Seat: l.seat[consult.RoleDoctor]}, l.seat[consult.RolePatient].ID)
	l.code(rt, err, l.closed())
	if err == nil {
		l.admitted = true
	}
}

// closed is the code with which somebody is turned away from a consultation that is over; "" when it is not.
func (l *life) closed() consult.Code {
	switch to, _ := l.due(); {
	case to == consult.Cancelled:
		return consult.CodeCancelled
	case to.Over():
		return consult.CodeFinished
	}
	return ""
}

func (l *life) who(rt *rapid.T) consult.Role {
	return rapid.SampledFrom([]consult.Role{consult.RoleDoctor, consult.RolePatient}).Draw(rt, "who")
}

func (l *life) arrive(rt *rapid.T) { l.enter(rt, l.who(rt)) }

func (l *life) enter(rt *rapid.T, role consult.Role) {
	a, _, err := l.w.Desk.Arrive(l.t.Context(), l.seat[role].ID)
	switch closed := l.closed(); {
	case closed != "":
		l.code(rt, err, closed)
		return
	case l.want.Status == consult.Upcoming && l.want.StartsAt.Sub(l.now()) > 15*time.Minute:
		l.code(rt, err, consult.CodeTooEarly)
		return
	case role == consult.RolePatient && !l.admitted:
		l.code(rt, err, consult.CodeForbidden)
		return
	}
	l.code(rt, err, "")
	l.open[role] = a
	if l.inside[role] {
		return
	}
	l.inside[role] = true
	l.joined++
	l.want.EmptySince = time.Time{}
	if l.want.Status == consult.Upcoming && l.inside[consult.RoleDoctor] && l.inside[consult.RolePatient] {
		l.turn(consult.Current, "")
	}
}

func (l *life) leave(rt *rapid.T) {
	role := l.who(rt)
	if l.open[role] == nil {
		rt.Skip("never arrived")
	}
	l.code(rt, l.w.Desk.Leave(l.t.Context(), l.open[role]), "")
	l.gone(role)
}

// crash is what a server does that starts again.
func (l *life) crash(rt *rapid.T) {
	l.code(rt, l.w.Desk.CloseStaleAttendances(l.t.Context()), "")
	l.empty()
}

func (l *life) end(rt *rapid.T) {
	if rapid.Bool().Draw(rt, "cancel") {
		l.cancel(rt)
	} else {
		l.finish(rt)
	}
}

func (l *life) finish(rt *rapid.T) {
	by, reason := l.key, consult.EndedByAPI
	if rapid.Bool().Draw(rt, "by the doctor") {
		by, reason = consult.Principal{Seat: l.seat[consult.RoleDoctor]}, consult.EndedByDoctor
	}
	_, err := l.w.Desk.Finish(l.t.Context(), by, l.id, "")
	switch l.want.Status {
	case consult.Current:
		l.code(rt, err, "")
		l.turn(consult.Finished, reason)
	case consult.Finished:
		l.code(rt, err, "")
	default:
		l.code(rt, err, consult.CodeConflict)
	}
}

func (l *life) cancel(rt *rapid.T) {
	_, err := l.w.Desk.Cancel(l.t.Context(), l.key, l.id, "")
	switch l.want.Status {
	case consult.Upcoming:
		l.code(rt, err, "")
		l.turn(consult.Cancelled, "")
	case consult.Cancelled:
		l.code(rt, err, "")
	default:
		l.code(rt, err, consult.CodeConflict)
	}
}

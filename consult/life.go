package consult

import (
	"slices"
	"time"
)

// The law of a consultation's status. It is pure: time comes in as an argument.
//
//	upcoming ─→ current ─→ finished
//	   ├─→ cancelled
//	   └─→ missed

// ways are all changes of status that there are.
var ways = map[Status][]Status{
	Upcoming: {Current, Cancelled, Missed},
	Current:  {Finished},
}

// OpensAt is when the join window opens.
func (cfg Config) OpensAt(c *Consultation) time.Time { return c.StartsAt.Add(-cfg.JoinEarly) }

// Due is the status that c must have at now by the clock alone, and the reason
// when that is finished. It is c.Status as long as nothing is due.
func (cfg Config) Due(c *Consultation, now time.Time) (Status, EndReason) {
	switch c.Status {
	case Upcoming:
		if reached(now, c.StartsAt.Add(c.Duration+cfg.Grace)) {
			return Missed, ""
		}
	case Current:
		tooLong := c.StartedAt.Add(cfg.MaxLength)
		abandoned := tooLong
		if !c.EmptySince.IsZero() {
			abandoned = c.EmptySince.Add(cfg.AbandonAfter)
		}
		switch {
		case abandoned.Before(tooLong) && reached(now, abandoned):
			return Finished, EndAbandoned
		case reached(now, tooLong):
			return Finished, EndTimeout
		}
	}
	return c.Status, ""
}

// Joinable tells whether the room and its waiting room are open at now.
// Codes: too_early (Ref is the opening), cancelled, finished.
func (cfg Config) Joinable(c *Consultation, now time.Time) error {
	if err := cfg.going(c, now); err != nil {
		return err
	}
	if opens := cfg.OpensAt(c); c.Status == Upcoming && now.Before(opens) {
		return &Error{
			Code:    CodeTooEarly,
			Message: "the consultation cannot be entered yet",
			Ref:     opens.UTC().Format(time.RFC3339),
		}
	}
	return nil
}

// going is nil unless c is over at now, by its status or by what is due. Codes: cancelled, finished.
func (cfg Config) going(c *Consultation, now time.Time) error {
	status, _ := cfg.Due(c, now)
	switch {
	case status == Cancelled:
		return Errorf(CodeCancelled, "the consultation was cancelled")
	case status.Over():
		return Errorf(CodeFinished, "the consultation is over")
	}
	return nil
}

// turn changes the status and what goes with it. Code: conflict when there is no such way.
func (c *Consultation) turn(to Status, reason EndReason, now time.Time) error {
	if !slices.Contains(ways[c.Status], to) {
		return Errorf(CodeConflict, "a consultation that is %s cannot become %s", c.Status, to)
	}
	c.Status = to
	c.EmptySince = time.Time{}
	switch to {
	case Current:
		c.StartedAt = now
	case Finished:
		c.FinishedAt, c.EndReason = now, reason
	default:
		c.FinishedAt = now
	}
	return nil
}

// accessAfter is how long the links and passes of a consultation that is over
// still show what became of it, and open its files.
const accessAfter = 24 * time.Hour

// accessEnds is when links and passes of c run out; zero while c is not over.
// A consultation cancelled long before its day still says so on that day.
func (c *Consultation) accessEnds() time.Time {
	if !c.Status.Over() {
		return time.Time{}
	}
	end := c.StartsAt.Add(c.Duration)
	if c.FinishedAt.After(end) {
		end = c.FinishedAt
	}
	return end.Add(accessAfter)
}

// Live tells whether the pass of a seat of c still holds at now.
func (p *Pass) Live(c *Consultation, now time.Time) bool {
	ends := c.accessEnds()
	return now.Before(p.ExpiresAt) && (ends.IsZero() || now.Before(ends))
}

// linkError is nil while the seat's link can be exchanged. Codes: link_unknown
// (revoked), link_expired, cancelled, finished.
func (cfg Config) linkError(s *Seat, c *Consultation, now time.Time) error {
	ends := c.accessEnds()
	switch {
	case !s.RevokedAt.IsZero():
		return Errorf(CodeLinkUnknown, "the invitation was revoked")
	case !s.LinkExpiresAt.IsZero() && reached(now, s.LinkExpiresAt), !ends.IsZero() && reached(now, ends):
		return Errorf(CodeLinkExpired, "the link has expired")
	}
	return cfg.going(c, now)
}

// Admitted tells whether the seat may come in from the waiting room.
func (s *Seat) Admitted() bool { return s.Role == RoleDoctor || !s.AdmittedAt.IsZero() }

// InThread tells whether the seat may read and write the thread: the doctor and
// the patient always, since it is theirs; guests once they are admitted.
func (s *Seat) InThread() bool { return s.Role == RolePatient || s.Admitted() }

// held tells whether a doctor and a patient are both in the room.
func held(as []*Attendance) bool {
	var doctor, patient bool
	for _, a := range as {
		if a.LeftAt.IsZero() {
			doctor = doctor || a.Role == RoleDoctor
			patient = patient || a.Role == RolePatient
		}
	}
	return doctor && patient
}

// reached tells whether t is now or past.
func reached(now, t time.Time) bool { return !now.Before(t) }

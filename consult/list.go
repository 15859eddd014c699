package consult

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"regexp"
	"slices"
	"time"
)

// Details is a consultation with all that belongs to it.
type Details struct {
	Consultation *Consultation
	Seats        []*Seat
	Attendances  []*Attendance
	Recordings   []*Recording
	// Links are the join URLs by seat, of all live seats whose link can be shown; only for keys
	// with sessions:write and for administrators.
	Links map[SeatID]string
}

// Page is one page of a list.
type Page struct {
	Items []*Details
	Next  string // cursor; "" at the end
}

// ListQuery asks for a page of an integration's consultations.
type ListQuery struct {
	DoctorID, PatientID string
	Status              []Status
	From, To            time.Time // StartsAt in [From, To)
	Limit               int       // 1..200; 0 means 50
	Cursor              string    // Page.Next of the same list: all but Limit as it was
	NewestFirst         bool      // descending
}

const (
	defaultPage = 50
	maxPage     = 200
)

// Consultation reads one. Codes: not_found, forbidden.
func (d *Desk) Consultation(ctx context.Context, by Principal, id ConsultationID) (*Details, error) {
	return d.read(ctx, by, ActRead, id)
}

// read reads a consultation for somebody who may do action with it, and notes who did.
func (d *Desk) read(ctx context.Context, by Principal, action Action, id ConsultationID) (*Details, error) {
	var found *Details
	err := d.store.View(ctx, func(tx Tx) error {
		c, err := lookup(tx, by, action, id)
		if err != nil {
			return err
		}
		found, err = details(tx, c)
		return err
	})
	if err == nil {
		err = d.noteRead(ctx, by, action, id, string(id))
	}
	if err != nil {
		return nil, err
	}
	d.withLinks(by, found)
	return found, nil
}

// Consultations lists by (StartsAt, ID), ascending unless NewestFirst. Staff see all integrations'. Codes: invalid
// (bad cursor), forbidden.
func (d *Desk) Consultations(ctx context.Context, by Principal, q ListQuery) (*Page, error) {
	if err := authorize(by, ActList, target{}); err != nil {
		return nil, err
	}
	limit, err := pageSize(q.Limit)
	if err != nil {
		return nil, err
	}
	query, err := q.toStore(by)
	if err != nil {
		return nil, err
	}
	query.Limit = limit + 1 // one more tells whether there is a next page
	page := &Page{}
	err = d.store.View(ctx, func(tx Tx) error {
		*page = Page{}
		cs, err := tx.Consultations(query)
		if err != nil {
			return fmt.Errorf("list consultations: %w", err)
		}
		if len(cs) > limit {
			cs = cs[:limit]
			page.Next = query.cursorBehind(cs[limit-1])
		}
		page.Items, err = detailsOf(tx, cs)
		return err
	})
	if err == nil {
		err = d.noteRead(ctx, by, ActList, "", q.object())
	}
	if err != nil {
		return nil, err
	}
	d.withLinks(by, page.Items...)
	return page, nil
}

// object is how the audit names a list: by whose it is, when it is one person's.
func (q ListQuery) object() string {
	switch {
	case q.PatientID != "":
		return "patient:" + q.PatientID
	case q.DoctorID != "":
		return "doctor:" + q.DoctorID
	}
	return ""
}

// toStore is q within what the caller may see, without its limit.
func (q ListQuery) toStore(by Principal) (ConsultationQuery, error) {
	s := ConsultationQuery{
		DoctorID: q.DoctorID, PatientID: q.PatientID, Status: q.Status, From: q.From, To: q.To,
		Descending: q.NewestFirst,
	}
	if by.Key != nil {
		s.Integration = by.Key.Integration
	}
	for _, status := range q.Status {
		if !known(status, Upcoming, Current, Finished, Cancelled, Missed) {
			return s, Invalid("/status", "is not a status")
		}
	}
	if !q.From.IsZero() && !q.To.IsZero() && q.To.Before(q.From) {
		return s, Invalid("/from", "is later than the end")
	}
	if q.Cursor == "" {
		return s, nil
	}
	var ok bool
	if s.AfterStartsAt, s.AfterID, ok = s.parseCursor(q.Cursor); !ok {
		return s, Invalid("/cursor", "is not a cursor that this list has given")
	}
	return s, nil
}

// pageSize is the limit asked for, or the default when it is 0. Code: invalid.
func pageSize(limit int) (int, error) {
	switch {
	case limit == 0:
		return defaultPage, nil
	case limit < 0 || limit > maxPage:
		return 0, Invalid("/limit", fmt.Sprintf("must be from 1 to %d", maxPage))
	}
	return limit, nil
}

// details reads all that belongs to c.
func details(tx Tx, c *Consultation) (*Details, error) {
	all, err := detailsOf(tx, []*Consultation{c})
	if err != nil {
		return nil, err
	}
	return all[0], nil
}

// detailsOf reads all that belongs to cs, in a few queries however many they are.
func detailsOf(tx Tx, cs []*Consultation) ([]*Details, error) {
	if len(cs) == 0 {
		return nil, nil
	}
	ids := make([]ConsultationID, len(cs))
	all := make([]*Details, len(cs))
	of := make(map[ConsultationID]*Details, len(cs))
	for i, c := range cs {
		all[i] = &Details{Consultation: c}
		ids[i], of[c.ID] = c.ID, all[i]
	}
	seats, err := tx.Seats(ids...)
	if err != nil {
		return nil, fmt.Errorf("read seats: %w", err)
	}
	for _, s := range seats {
		of[s.ConsultationID].Seats = append(of[s.ConsultationID].Seats, s)
	}
	as, err := tx.Attendances(ids...)
	if err != nil {
		return nil, fmt.Errorf("read attendances: %w", err)
	}
	for _, a := range as {
		of[a.ConsultationID].Attendances = append(of[a.ConsultationID].Attendances, a)
	}
	rs, err := tx.Recordings(ids...)
	if err != nil {
		return nil, fmt.Errorf("read recordings: %w", err)
	}
	for _, r := range rs {
		of[r.ConsultationID].Recordings = append(of[r.ConsultationID].Recordings, r)
	}
	return all, nil
}

// A cursor is a version byte, the list that it belongs to, StartsAt in microseconds and the ID, in base64url.
const (
	cursorVersion = 2
	cursorList    = 8 // bytes of the list's name
	cursorHead    = 1 + cursorList + 8
)

var consultationIDShape = regexp.MustCompile(`^c_[0-9a-hjkmnp-tv-z]{26}$`)

// list names what q lists, whatever page: whose consultations, which of them, and in which order.
func (q ConsultationQuery) list() []byte {
	status := slices.Compact(slices.Sorted(slices.Values(q.Status)))
	name := sha256.Sum256(fmt.Appendf(nil, "%q %q %q %q %d %d %t",
		q.Integration, q.DoctorID, q.PatientID, status, q.From.UnixMicro(), q.To.UnixMicro(), q.Descending))
	return name[:cursorList]
}

// cursorBehind is where the page after c goes on.
func (q ConsultationQuery) cursorBehind(c *Consultation) string {
	b := append([]byte{cursorVersion}, q.list()...)
	b = binary.BigEndian.AppendUint64(b, uint64(c.StartsAt.UnixMicro()))
	return base64.RawURLEncoding.EncodeToString(append(b, c.ID...))
}

// parseCursor reads a cursor of the list that q asks for, and no other list's.
func (q ConsultationQuery) parseCursor(s string) (startsAt time.Time, id ConsultationID, ok bool) {
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil || base64.RawURLEncoding.EncodeToString(b) != s || len(b) < cursorHead || b[0] != cursorVersion ||
		!bytes.Equal(b[1:1+cursorList], q.list()) || !consultationIDShape.Match(b[cursorHead:]) {
		return time.Time{}, "", false
	}
	return time.UnixMicro(int64(binary.BigEndian.Uint64(b[1+cursorList:]))).UTC(), ConsultationID(b[cursorHead:]), true
}

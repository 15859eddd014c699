package signaling

import (
	"cmp"
	"encoding/hex"
	"slices"

	"tmk/consult"
	"tmk/sfu"
	"tmk/signaling/protocol"
)

// What the room shows of itself. All of it runs in the loop.

func (r *room) viewSession() protocol.Session {
	c := r.session
	s := protocol.Session{
		ID: string(c.ID), Status: string(c.Status), StartsAt: c.StartsAt, Topic: c.Topic, ServerTime: r.hub.cfg.Now(),
	}
	if !c.StartedAt.IsZero() {
		started := c.StartedAt
		s.StartedAt = &started
	}
	return s
}

func (m *member) view() protocol.Person {
	return protocol.Person{
		Seat: string(m.seat.ID), Role: string(m.seat.Role), Name: m.seat.Person.Name, Media: m.media,
		Connected: m.live && (m.link == nil || m.link.state != sfu.Disconnected && m.link.state != sfu.Failed),
	}
}

// viewPeople lists who is in, in the order of coming.
func (r *room) viewPeople() []protocol.Person {
	var in []*member
	for _, m := range r.members {
		if m.in {
			in = append(in, m)
		}
	}
	slices.SortFunc(in, func(a, b *member) int { return cmp.Compare(a.number, b.number) })
	people := make([]protocol.Person, len(in))
	for i, m := range in {
		people[i] = m.view()
	}
	return people
}

// viewWaiting lists who waits, longest first; only doctors are shown it.
func (r *room) viewWaiting(to consult.Role) []protocol.Waiting {
	if to != consult.RoleDoctor {
		return nil
	}
	var list []protocol.Waiting
	for _, w := range r.waiting {
		list = append(list, protocol.Waiting{Seat: string(w.seat.ID), Role: string(w.seat.Role), Name: w.seat.Person.Name, Since: w.since})
	}
	slices.SortFunc(list, func(a, b protocol.Waiting) int {
		return cmp.Or(a.Since.Compare(b.Since), cmp.Compare(a.Seat, b.Seat))
	})
	return list
}

func (r *room) viewRecording(consent string) protocol.RecordingState {
	return protocol.RecordingState{
		Policy: string(r.session.Recording), Active: r.recording.active, Failed: r.recording.failed,
		Consent: consent, TextVersion: consult.ConsentTextVersion,
	}
}

func (r *room) viewMessage(m *consult.Message) protocol.ChatMessage {
	v := protocol.ChatMessage{
		Seq: m.Seq, ID: string(m.ID), Seat: string(m.SeatID), ClientID: m.ClientID, Text: m.Text, SentAt: m.SentAt,
	}
	if s := r.seats[m.SeatID]; s != nil {
		v.Name, v.Role = s.Person.Name, string(s.Role)
	}
	if f := m.File; f != nil {
		v.File = &protocol.ChatFile{ID: string(f.ID), Name: f.Name, Type: f.Type, Size: f.Size, SHA256: hex.EncodeToString(f.SHA256)}
	}
	return v
}

func (r *room) viewMessages(list []*consult.Message) []protocol.ChatMessage {
	out := make([]protocol.ChatMessage, len(list))
	for i, m := range list {
		out[i] = r.viewMessage(m)
	}
	return out
}

func (r *room) limits() protocol.Limits {
	return protocol.Limits{MaxText: consult.MaxText, MaxFile: r.hub.desk.Config().MaxFileSize, MaxChunk: maxChunk}
}

func viewSlots(list []sfu.Slot) []protocol.Slot {
	out := make([]protocol.Slot, len(list))
	for i, s := range list {
		out[i] = protocol.Slot{Mid: s.Mid, Seat: s.Peer, Source: string(s.Source), Held: s.Held}
		if s.Peer == "" {
			out[i].Source = ""
		}
	}
	return out
}

// consentWord is a consent as the protocol says it.
func consentWord(c *consult.Consent) string {
	switch {
	case c == nil:
		return "unasked"
	case c.Given:
		return "given"
	}
	return "refused"
}

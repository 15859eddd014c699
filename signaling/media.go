package signaling

import (
	"context"
	"errors"
	"slices"

	"tmk/consult"
	"tmk/sfu"
	"tmk/signaling/protocol"
)

// onOffer answers a further offer, or makes the media connection anew. Of a
// waiting person it is kept until he is admitted.
func (c *conn) onOffer(ctx context.Context, id string, m protocol.Offer) error {
	if !c.offers.Allow() {
		return consult.Errorf(consult.CodeRateLimited, "too many offers")
	}
	if c.stage == stageWaiting {
		c.join.Offer = &m
		return nil
	}
	answer, err := c.answer(ctx, m)
	if err != nil {
		return err
	}
	c.say(protocol.Answer{SDP: answer}, id)
	c.room.clerk.ask(taskRecording)
	return nil
}

func (c *conn) answer(ctx context.Context, m protocol.Offer) (string, error) {
	if !m.Fresh && c.link.usable() {
		answer, err := c.link.peer.Offer(ctx, toOffer(m))
		return answer, mediaError(err)
	}
	answer, err := c.newLink(ctx, m, c.join.Media)
	if err != nil {
		return "", err
	}
	c.room.do(func() { c.room.tell(protocol.PersonChanged{Person: c.member.view()}, c.member) })
	return answer, nil
}

// newLink closes the media connection there is and makes one of the offer.
func (c *conn) newLink(ctx context.Context, o protocol.Offer, media protocol.Media) (string, error) {
	c.setLink(nil)
	l := &link{}
	l.box.wake = c.room.wake
	l.uploads = newUploads(c.room, c.member, l)
	peer, answer, err := c.hub.engine.Room(string(c.room.id)).Join(ctx, string(c.seat.ID), toOffer(o), l.events())
	if err != nil {
		l.uploads.close()
		return "", mediaError(err)
	}
	l.peer = peer
	l.mute(media)
	c.setLink(l)
	return answer, nil
}

// setLink gives the member another media connection, or none, and closes the
// one he had. The connection is the owner of the member.
func (c *conn) setLink(l *link) {
	var old *link
	m, r := c.member, c.room
	r.do(func() {
		old, m.link = m.link, l
		if old != nil && old.speaking {
			r.tellSpeaking()
		}
	})
	c.link = l
	old.close()
}

func toOffer(o protocol.Offer) sfu.Offer {
	senders := make(map[string]sfu.Source, len(o.Senders))
	for mid, source := range o.Senders {
		senders[mid] = sfu.Source(source)
	}
	return sfu.Offer{SDP: o.SDP, Senders: senders}
}

// mediaError says an error of the SFU in the words of the domain.
func mediaError(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, sfu.ErrBadOffer):
		return &consult.Error{Code: consult.CodeInvalid, Message: err.Error(), Err: err}
	case errors.Is(err, sfu.ErrRoomFull):
		return &coded{protocol.CodeRoomFull, "the room is full"}
	case errors.Is(err, sfu.ErrClosed):
		return &coded{protocol.CodeGone, "the media connection was closed, offer a new one with fresh"}
	}
	return err
}

// onSetMedia tells everybody what is on, and makes sure of it.
func (c *conn) onSetMedia(_ context.Context, _ string, m protocol.SetMedia) error {
	c.join.Media = m.Media
	if c.stage == stageWaiting {
		return nil
	}
	c.link.mute(m.Media)
	r := c.room
	screen := false
	r.do(func() {
		screen = c.member.media.Screen != m.Media.Screen
		c.member.media = m.Media
		r.tell(protocol.PersonChanged{Person: c.member.view()}, c.member)
	})
	if screen {
		r.clerk.ask(taskRecording)
	}
	return nil
}

// drainLinks takes over what the members' links have told since the last time.
func (r *room) drainLinks() {
	for _, m := range r.members {
		r.drainLink(m)
	}
}

func (r *room) drainLink(m *member) {
	l := m.link
	if l == nil {
		return
	}
	n := l.box.take(m.live)
	was := m.view().Connected
	l.state = n.state
	if m.in && was != m.view().Connected {
		r.tell(protocol.PersonChanged{Person: m.view()}, m)
	}
	if n.slots != nil {
		m.conn.say(protocol.Slots{Slots: viewSlots(n.slots)}, "")
	}
	if n.lackAudio > 0 || n.lackVideo > 0 {
		m.conn.say(protocol.MoreSlots{Audio: n.lackAudio, Video: n.lackVideo}, "")
	}
	if l.speaking != n.speaking {
		l.speaking = n.speaking
		r.tellSpeaking()
	}
	if level, cause := grade(n.state, n.quality); level != l.level || cause != l.cause {
		l.level, l.cause = level, cause
		r.quality.touch()
	}
}

// tellSpeaking tells who speaks now.
func (r *room) tellSpeaking() {
	seats := []string{}
	for id, m := range r.members {
		if m.in && m.link != nil && m.link.speaking {
			seats = append(seats, string(id))
		}
	}
	slices.Sort(seats)
	r.tell(protocol.Speaking{Seats: seats}, nil)
}

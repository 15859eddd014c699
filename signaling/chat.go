package signaling

import (
	"context"
	"sync/atomic"
	"time"

	"tmk/consult"
	"tmk/signaling/protocol"
)

const historyMax = 200 // messages at a time

// thread is how far the room has told the thread. Messages are numbered by the
// store; two senders may bring theirs in the other order, so what comes too
// early waits, and the clerk reads what does not come at all.
type thread struct {
	last  int64          // told up to here
	ahead map[int64]post // told once all before are
}

// post is a message on its way to the room.
type post struct {
	message *consult.Message
	author  *conn // whose answer it is; may be nil
	re      string
}

// posts counts the messages that connections of this room are storing. The
// hints of those need no reading: the message itself is on its way.
type posts struct {
	under  atomic.Int32
	polled atomic.Bool
}

// begin notes a post; the function that it returns, its end.
func (p *posts) begin() (end func()) {
	p.under.Add(1)
	return func() { p.under.Add(-1) }
}

// heardThread draws the consequence of a hint that the thread has grown.
func (r *room) heardThread() {
	if r.posts.under.Load() == 0 {
		r.clerk.ask(taskThread)
		return
	}
	if r.posts.polled.CompareAndSwap(false, true) { // it may be somebody else's all the same
		time.AfterFunc(retryAfter, func() {
			r.posts.polled.Store(false)
			r.clerk.ask(taskThread)
		})
	}
}

// onPostChat stores a text. The answer is the chat message itself.
func (c *conn) onPostChat(ctx context.Context, id string, m protocol.PostChat) error {
	if !c.chats.Allow() {
		return consult.Errorf(consult.CodeRateLimited, "too many chat messages")
	}
	defer c.room.posts.begin()()
	msg, err := c.hub.desk.PostMessage(ctx, c.seat.ID, m.ClientID, m.Text)
	if err != nil {
		return err
	}
	c.room.do(func() { c.room.deliver(post{msg, c, id}) })
	return nil
}

// onGetHistory sends a page of the thread.
func (c *conn) onGetHistory(ctx context.Context, id string, m protocol.GetHistory) error {
	list, err := c.history(ctx, m.Since)
	if err != nil {
		return err
	}
	c.room.do(func() {
		c.say(protocol.History{Messages: c.room.viewMessages(list), LastSeq: max(c.room.thread.last, lastSeq(list))}, id)
	})
	return nil
}

// history reads the thread after since, at most historyMax messages; nothing for those who may not see it yet.
func (c *conn) history(ctx context.Context, since int64) ([]*consult.Message, error) {
	if !c.seat.InThread() {
		return nil, nil
	}
	return c.hub.desk.Messages(ctx, consult.Principal{Seat: c.seat}, c.room.id, since, historyMax)
}

func lastSeq(list []*consult.Message) int64 {
	if len(list) == 0 {
		return 0
	}
	return list[len(list)-1].Seq
}

// reached is the number up to which somebody who was just given this history
// needs nothing more from the loop: what the room has told before he came he
// asks for with getHistory.
func (r *room) reached(history []*consult.Message) int64 {
	return max(r.thread.last, lastSeq(history))
}

// deliver tells a message to all, in the order of the thread. It runs in the loop.
func (r *room) deliver(p post) {
	seq := p.message.Seq
	switch {
	case seq <= r.thread.last: // sent twice, or the clerk was first: the author still wants his answer
		if p.author != nil {
			p.author.say(protocol.Chat{Message: r.viewMessage(p.message)}, p.re)
		}
		return
	case seq > r.thread.last+1:
		if _, known := r.thread.ahead[seq]; !known || p.author != nil {
			r.thread.ahead[seq] = p
		}
		r.clerk.ask(taskThread)
		return
	}
	if early, known := r.thread.ahead[seq]; known {
		p = early // with its author
	}
	for ok := true; ok; p, ok = r.thread.ahead[r.thread.last+1] {
		r.thread.last++
		delete(r.thread.ahead, r.thread.last)
		r.tellChat(p)
	}
}

// tellChat sends one message to all who may see it and have not yet.
func (r *room) tellChat(p post) {
	seq := p.message.Seq
	body := protocol.Chat{Message: r.viewMessage(p.message)}
	frame := r.hub.frame(body, "")
	tell := func(to *conn, seen *int64) {
		switch {
		case to == p.author:
			to.say(body, p.re)
		case seq > *seen:
			to.send(frame)
		}
		*seen = max(*seen, seq)
	}
	r.inside(func(m *member) { tell(m.conn, &m.seen) })
	for _, w := range r.waiting {
		if w.seat.InThread() {
			tell(w.conn, &w.seen)
		}
	}
}

// catchUp reads what the room has not told yet. The clerk calls it.
func (r *room) catchUp(ctx context.Context) error {
	for {
		var from int64
		r.do(func() { from = r.thread.last })
		list, err := r.hub.desk.Messages(ctx, consult.System, r.id, from, historyMax)
		if err != nil || len(list) == 0 {
			return err
		}
		r.do(func() {
			for _, m := range list {
				r.deliver(post{message: m})
			}
		})
		if len(list) < historyMax {
			return nil
		}
	}
}

package signaling

import (
	"fmt"
	"sync"
	"testing"

	"tmk/consult"
	"tmk/signaling/protocol"
)

// TestChatOrder: everybody sees the same order without gaps, whoever writes at
// once: two sockets, and somebody who goes past the room.
func TestChatOrder(t *testing.T) {
	w := newWorld(t)
	v := w.visit(nil)
	doctor, patient := w.meet(v)
	const each = 9 // within the burst
	var wg sync.WaitGroup
	for _, c := range []*client{doctor, patient} {
		wg.Go(func() {
			for i := range each {
				c.send(protocol.PostChat{ClientID: fmt.Sprint(i), Text: fmt.Sprint(i)})
			}
		})
	}
	for s, seat := range []consult.SeatID{v.Doctor.ID, v.Patient.ID} {
		wg.Go(func() {
			for i := range 2 * each {
				if _, err := w.desk.PostMessage(t.Context(), seat, fmt.Sprint("direct", s, i), "x"); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	for _, c := range []*client{doctor, patient} {
		next, answers := int64(1), map[string]bool{}
		for next <= 6*each || len(answers) < each {
			m, re := expectRe[protocol.Chat](c)
			if re != "" {
				answers[re] = true
			}
			switch {
			case m.Message.Seq == next:
				next++
			case m.Message.Seq > next || re == "": // told again only as an answer
				t.Fatalf("got message %d, re %q, when %d was next", m.Message.Seq, re, next)
			}
		}
	}
}

// TestChatAgain: sending again after a break is no second message, and is answered.
func TestChatAgain(t *testing.T) {
	w := newWorld(t)
	v := w.visit(nil)
	doctor, patient := w.meet(v)
	doctor.send(protocol.PostChat{ClientID: "same", Text: "раз"})
	first := expect[protocol.Chat](doctor)
	expect[protocol.Chat](patient)
	id := doctor.send(protocol.PostChat{ClientID: "same", Text: "раз"})
	if m, re := expectRe[protocol.Chat](doctor); re != id || m.Message.ID != first.Message.ID {
		t.Errorf("again: %+v, re %q", m, re)
	}
	if n := count[protocol.Chat](patient); n != 1 {
		t.Errorf("the other saw %d messages", n)
	}
}

// TestHistory pages through a thread that is longer than one message holds.
func TestHistory(t *testing.T) {
	w := newWorld(t)
	v := w.visit(nil)
	const total = historyMax + 50
	for i := range total {
		if _, err := w.desk.PostMessage(t.Context(), v.Doctor.ID, fmt.Sprint(i), fmt.Sprint(i)); err != nil {
			t.Fatal(err)
		}
	}
	doctor := w.join(v.doctor)
	joined := expect[protocol.Joined](doctor)
	if len(joined.Messages) != historyMax || joined.LastSeq != total {
		t.Fatalf("%d messages, last %d", len(joined.Messages), joined.LastSeq)
	}
	id := doctor.send(protocol.GetHistory{Since: joined.Messages[historyMax-1].Seq})
	m, re := expectRe[protocol.History](doctor)
	if re != id || len(m.Messages) != 50 || m.LastSeq != total || m.Messages[49].Seq != total || m.Messages[0].Role != "doctor" {
		t.Errorf("history of %d, last %d, re %q", len(m.Messages), m.LastSeq, re)
	}
}

// TestDeliver tries orders in which messages may reach the loop.
func TestDeliver(t *testing.T) {
	h := New(Config{}, nil, new(consult.LocalFeed), nil, nil, nil)
	msg := func(seq int64) post { return post{message: &consult.Message{Seq: seq}} }
	for _, order := range [][]int64{{1, 2, 3}, {3, 2, 1}, {2, 1, 3}, {1, 3, 2}, {2, 2, 1, 1, 3, 3}} {
		r := newRoom(h, "c_1")
		c := newConn(h)
		r.members["s_1"] = &member{seat: &consult.Seat{ID: "s_1"}, in: true, live: true, conn: c}
		for _, seq := range order {
			r.deliver(msg(seq))
		}
		if r.thread.last != 3 || len(r.thread.ahead) != 0 || len(c.out) != 3 {
			t.Errorf("order %v: told up to %d, %d wait, %d sent", order, r.thread.last, len(r.thread.ahead), len(c.out))
		}
	}
	r := newRoom(h, "c_1")
	r.deliver(msg(2))
	if task(r.clerk.pending.Load())&taskThread == 0 {
		t.Error("a gap is not told to the clerk")
	}
}

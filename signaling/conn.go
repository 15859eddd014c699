package signaling

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"
	"golang.org/x/time/rate"

	"tmk/consult"
	"tmk/signaling/protocol"
)

const (
	writeWithin = 10 * time.Second // one frame to a slow client
	closeWithin = 2 * time.Second  // the client's answer to our close frame
	workWithin  = 15 * time.Second // one message: database and SFU
	inbox       = 16               // decoded messages that wait for their handler
	outboxBytes = 16 << 20         // of frames that wait for a slow client; a page of history may have 3 MiB
)

// conn is one WebSocket. send and close are for any goroutine; the fields
// below the line belong to the goroutine of run.
type conn struct {
	hub       *Hub
	ws        *websocket.Conn
	log       *slog.Logger
	ctx       context.Context // ends with run
	cancel    context.CancelFunc
	out       chan []byte
	queued    atomic.Int64 // bytes in out
	in        chan protocol.Message
	admitted  chan struct{} // a doctor has let this waiting person in
	closing   chan struct{}
	closeOnce sync.Once
	closeCode int
	closeText string
	readDone  chan struct{}
	expelled  atomic.Bool // may not be here any more: do not hold the seat
	messages  *rate.Limiter

	// ---
	chats, offers, consents *rate.Limiter

	room    *room
	seat    *consult.Seat
	consent string
	join    protocol.Join
	stage   stage
	member  *member
	link    *link
}

// stage is how far a connection has come.
type stage int

const (
	stageNew stage = iota
	stageWaiting
	stageIn
)

func newConn(h *Hub) *conn {
	ctx, cancel := context.WithCancel(context.Background())
	return &conn{
		hub: h, log: h.log, ctx: ctx, cancel: cancel,
		out: make(chan []byte, h.cfg.Outbox), in: make(chan protocol.Message, inbox),
		admitted: make(chan struct{}, 1), closing: make(chan struct{}), readDone: make(chan struct{}),
		messages: rate.NewLimiter(20, 60), chats: rate.NewLimiter(2, 10), offers: rate.NewLimiter(1, 5), consents: rate.NewLimiter(0.5, 10),
	}
}

// run serves the socket until it has ended.
func (c *conn) run(ws *websocket.Conn) {
	c.ws = ws
	var wg sync.WaitGroup
	wg.Go(c.read)
	wg.Go(c.write)
	c.serve()
	c.close(websocket.CloseNormalClosure, "")
	c.cancel()
	wg.Wait()
}

// send queues a frame; a full outbox closes the connection, which comes back with since.
func (c *conn) send(frame []byte) {
	if frame == nil {
		return
	}
	select {
	case <-c.closing:
		return
	default:
	}
	n := int64(len(frame))
	if c.queued.Add(n) > outboxBytes {
		c.hub.stats.tooSlow.Add(1)
		c.close(protocol.CloseTooSlow, "outbox full")
		return
	}
	select {
	case c.out <- frame:
	default:
		c.hub.stats.tooSlow.Add(1)
		c.close(protocol.CloseTooSlow, "outbox full")
	}
}

// say encodes and queues one message; re is the id of what it answers, or empty.
func (c *conn) say(body any, re string) { c.send(c.hub.frame(body, re)) }

// frame encodes a message; nil when that is not possible, which is a defect.
func (h *Hub) frame(body any, re string) []byte {
	b, err := protocol.Encode(body, re)
	if err != nil {
		h.log.Error("encode message", "err", err)
		return nil
	}
	return b
}

// close ends the connection once what is queued is written. Only the first call counts.
func (c *conn) close(code int, text string) {
	c.closeOnce.Do(func() {
		c.closeCode, c.closeText = code, text
		close(c.closing)
		if code == protocol.CloseTooSlow { // the writer hangs in a write: do not wait all of its time
			c.ws.NetConn().SetWriteDeadline(time.Now().Add(closeWithin))
		}
	})
}

// read decodes frames until the socket ends. It goes on reading while the
// connection is closing, to see the client's close frame.
func (c *conn) read() {
	defer close(c.readDone)
	defer close(c.in)
	defer c.rescue("read")
	alive := func() {
		select {
		case <-c.closing: // the writer has set the last deadline
		default:
			c.ws.SetReadDeadline(time.Now().Add(c.hub.cfg.PingEvery + c.hub.cfg.PongWithin))
		}
	}
	alive()
	c.ws.SetPongHandler(func(string) error { alive(); return nil })
	for {
		typ, r, err := c.ws.NextReader()
		if err != nil {
			return
		}
		data, err := io.ReadAll(io.LimitReader(r, protocol.MaxFrame+1))
		if err != nil {
			return
		}
		alive()
		c.hub.stats.messages.Add(1)
		if m, ok := c.decode(typ, data); ok {
			select {
			case c.in <- m:
			case <-c.ctx.Done():
			}
		}
	}
}

// decode makes a message of a frame. What is wrong with it closes the connection.
func (c *conn) decode(frameType int, data []byte) (protocol.Message, bool) {
	if c.isClosing() {
		return protocol.Message{}, false
	}
	if !c.messages.Allow() {
		c.hub.stats.rateLimited.Add(1)
		c.fatal("", consult.Errorf(consult.CodeRateLimited, "too many messages"))
		return protocol.Message{}, false
	}
	if frameType != websocket.TextMessage {
		c.bad("", "frames must be text")
		return protocol.Message{}, false
	}
	m, err := protocol.Decode(data)
	var wrong *protocol.DecodeError
	if errors.As(err, &wrong) {
		c.bad(wrong.ID, wrong.Error())
		return protocol.Message{}, false
	}
	return m, true
}

func (c *conn) isClosing() bool {
	select {
	case <-c.closing:
		return true
	default:
		return false
	}
}

// bad answers a message that no right client sends, and closes.
func (c *conn) bad(re, reason string) {
	c.hub.stats.badMessages.Add(1)
	c.say(protocol.ErrorReply{Code: protocol.CodeBadMessage, Message: reason, Fatal: true}, re)
	c.close(protocol.CloseBadMessage, "bad message")
}

// write sends what is queued, and pings, until the connection closes or a write fails.
func (c *conn) write() {
	defer c.ws.Close()
	defer c.rescue("write")
	ping := time.NewTicker(c.hub.cfg.PingEvery)
	defer ping.Stop()
	for !c.isClosing() {
		var err error
		select {
		case frame := <-c.out:
			err = c.writeFrame(websocket.TextMessage, frame)
			c.queued.Add(-int64(len(frame)))
		case <-ping.C:
			err = c.writeFrame(websocket.PingMessage, nil)
		case <-c.closing:
		case <-c.readDone:
			return
		}
		if err != nil {
			c.close(protocol.CloseTooSlow, "write failed")
			return
		}
	}
	c.writeClose()
}

func (c *conn) writeFrame(typ int, data []byte) error {
	c.ws.SetWriteDeadline(time.Now().Add(writeWithin))
	return c.ws.WriteMessage(typ, data)
}

// writeClose writes what is still queued, then the close frame, and gives the client a moment to answer.
func (c *conn) writeClose() {
	c.ws.SetWriteDeadline(time.Now().Add(closeWithin))
	for c.closeCode != protocol.CloseTooSlow && len(c.out) > 0 {
		if err := c.ws.WriteMessage(websocket.TextMessage, <-c.out); err != nil {
			return
		}
	}
	if err := c.ws.WriteMessage(websocket.CloseMessage, websocket.FormatCloseMessage(c.closeCode, c.closeText)); err != nil {
		return
	}
	c.ws.NetConn().SetReadDeadline(time.Now().Add(closeWithin))
	select {
	case <-c.readDone:
	case <-time.After(closeWithin):
	}
}

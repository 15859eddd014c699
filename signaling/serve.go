package signaling

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"tmk/consult"
	"tmk/signaling/protocol"
)

// handler carries out one type of message.
type handler struct {
	rule rule
	run  func(c *conn, ctx context.Context, id string, body any) error
}

// on makes a handler of a function that takes one type of message from those whom the rule lets.
func on[T any](who rule, fn func(c *conn, ctx context.Context, id string, m T) error) handler {
	return handler{rule: who, run: func(c *conn, ctx context.Context, id string, body any) error {
		m, ok := body.(T)
		if !ok {
			return fmt.Errorf("handler of %T got %T", m, body)
		}
		return fn(c, ctx, id, m)
	}}
}

// handlers has all message types. docs/access-socket.md is made from it.
var handlers = map[string]handler{
	"join":       on(newcomers, (*conn).onJoin),
	"offer":      on(anybody, (*conn).onOffer),
	"setMedia":   on(anybody, (*conn).onSetMedia),
	"postChat":   on(threadOnes, (*conn).onPostChat),
	"getHistory": on(threadOnes, (*conn).onGetHistory),
	"setConsent": on(anybody, (*conn).onSetConsent),
	"leave":      on(anybody, (*conn).onLeave),
	"ping":       on(anybody, (*conn).onPing),
	"offerFile":  on(admitted, (*conn).onOfferFile),
	"finishFile": on(admitted, (*conn).onFinishFile),
	"cancelFile": on(admitted, (*conn).onCancelFile),
	"admit":      on(doctorsOnly, (*conn).onAdmit),
	"invite":     on(doctorsOnly, (*conn).onInvite),
	"end":        on(doctorsOnly, (*conn).onEnd),
}

// serve carries out messages until the socket ends, then gives up what it held.
func (c *conn) serve() {
	defer c.depart()
	defer c.rescue("serve")
	hurry := time.NewTimer(c.hub.cfg.JoinWithin)
	defer hurry.Stop()
	for !c.isClosing() { // first of all: what is still in the inbox comes too late
		select {
		case <-c.closing:
			return
		case m, ok := <-c.in:
			if !ok {
				return
			}
			c.handle(m)
			if c.stage != stageNew {
				hurry.Stop()
			}
		case <-c.admitted:
			c.work("", c.onAdmitted)
		case <-hurry.C:
			c.bad("", "no join in time")
		}
	}
}

// handle runs the handler of one message.
func (c *conn) handle(m protocol.Message) {
	h := handlers[m.Type]
	switch {
	case h.run == nil:
		c.fail(m.ID, fmt.Errorf("no handler of %s", m.Type))
		return
	case c.stage == stageNew && !h.rule.before:
		c.bad(m.ID, "join comes first")
		return
	case c.stage != stageNew && h.rule.before:
		c.bad(m.ID, "joined already")
		return
	}
	c.work(m.ID, func(ctx context.Context) error {
		if c.stage != stageNew {
			if err := h.rule.check(c.stage, c.seat.Role); err != nil {
				return err
			}
		}
		return h.run(c, ctx, m.ID, m.Body)
	})
}

// work runs fn with a deadline and answers its error.
func (c *conn) work(re string, fn func(context.Context) error) {
	ctx, cancel := context.WithTimeout(c.ctx, workWithin)
	defer cancel()
	if err := fn(ctx); err != nil {
		c.fail(re, err)
	}
}

// fatalError is one after which the connection cannot go on.
type fatalError struct{ error }

func (e fatalError) Unwrap() error { return e.error }

// fatally marks err, if it is one, as the end of the connection.
func fatally(err error) error {
	if err == nil {
		return nil
	}
	return fatalError{err}
}

// coded is an error with a code that only the protocol knows.
type coded struct {
	code    protocol.Code
	message string
}

func (e *coded) Error() string { return string(e.code) + ": " + e.message }

// fail answers an error: to the client its code, to the log what is a defect of ours.
func (c *conn) fail(re string, err error) {
	var fatal fatalError
	if errors.As(err, &fatal) {
		c.fatal(re, err)
		return
	}
	c.say(c.reply(err), re)
}

// fatal answers an error and closes.
func (c *conn) fatal(re string, err error) {
	c.hub.stats.refused.Add(1)
	reply := c.reply(err)
	reply.Fatal = true
	c.say(reply, re)
	c.close(protocol.CloseCode(reply.Code), string(reply.Code))
}

// reply tells an error in the words of the protocol, and logs it when it is not the client's.
func (c *conn) reply(err error) protocol.ErrorReply {
	var own *coded
	if errors.As(err, &own) {
		return protocol.ErrorReply{Code: own.code, Message: own.message}
	}
	var e *consult.Error
	if !errors.As(err, &e) {
		c.log.Error("handle message", "err", err)
		return protocol.ErrorReply{Code: protocol.Code(consult.CodeInternal), Message: "internal error"}
	}
	if e.Code == consult.CodeInternal || e.Code == consult.CodeUnavailable {
		c.log.Error("handle message", "err", err)
	}
	return protocol.ErrorReply{Code: protocol.Code(e.Code), Message: e.Message, Ref: e.Ref}
}

// rescue ends the connection, not the process, when one of its goroutines panics.
func (c *conn) rescue(where string) {
	if v := recover(); v != nil {
		c.hub.panicked(where, v)
		c.close(protocol.CloseInternal, "internal error")
	}
}

func (h *Hub) panicked(where string, v any) {
	h.stats.panics.Add(1)
	h.log.Error("panic", "in", where, "value", v, "stack", string(debug.Stack()))
}

package signaling

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"tmk/consult"
	"tmk/consult/consulttest"
	"tmk/recorder"
	"tmk/sfu"
	"tmk/signaling/protocol"
)

// patience is how long a test waits for what must happen; nothing waits that long when all is well.
const patience = 20 * time.Second

// world is a hub with everything real below it.
type world struct {
	*consulttest.World
	t      testing.TB
	desk   *consult.Desk
	engine *sfu.Engine
	rec    *recorder.Recorder
	hub    *Hub
	server *httptest.Server
	stop   func()    // Run
	began  time.Time // when Clock stood still
}

type recorderConfig = recorder.Config

type option func(*Config, *recorderConfig)

func newWorld(t testing.TB, options ...option) *world {
	t.Helper()
	cw := consulttest.New(t)
	w := &world{World: cw, t: t}
	cfg := Config{Now: time.Now}
	recCfg := recorder.Config{Dir: t.TempDir(), Log: slog.New(slog.DiscardHandler), MinFree: 1}
	for _, o := range options {
		o(&cfg, &recCfg)
	}
	// The desk's clock runs, beginning with now: sfu and recorder have the real one.
	cw.Clock.Advance(time.Since(cw.Clock.Now()))
	w.began = time.Now()
	law := cw.Desk.Config()
	w.desk = consult.NewDesk(cw.Store, cw.Blobs, cw.Feed, law, slog.New(slog.DiscardHandler), w.now)
	var err error
	if w.engine, err = sfu.New(sfu.Config{UDPAddr: "127.0.0.1:0", Loopback: true, Log: slog.New(slog.DiscardHandler)}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.engine.Close() })
	if w.rec, err = recorder.New(recCfg); err != nil {
		t.Fatal(err)
	}
	w.start(cfg)
	return w
}

// now is a running clock; Clock.Advance moves it.
func (w *world) now() time.Time { return w.Clock.Now().Add(time.Since(w.began)) }

func (w *world) start(cfg Config) {
	cfg.Now = w.now
	w.hub = New(cfg, w.desk, w.Feed, w.engine, w.rec, slog.New(slog.NewTextHandler(testLog{w.t}, &slog.HandlerOptions{Level: slog.LevelWarn})))
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- w.hub.Run(ctx) }()
	w.server = httptest.NewServer(w.hub)
	w.stop = sync.OnceFunc(func() {
		shut, end := context.WithTimeout(context.Background(), patience)
		defer end()
		if err := w.hub.Shutdown(shut); err != nil {
			w.t.Error(err)
		}
		cancel()
		if err := <-done; err != nil {
			w.t.Error(err)
		}
		w.server.Close()
	})
	w.t.Cleanup(w.stop)
}

type testLog struct{ t testing.TB }

func (l testLog) Write(b []byte) (int, error) {
	l.t.Log(strings.TrimSpace(string(b)))
	return len(b), nil
}

// client is a page.
type client struct {
	t    testing.TB
	ws   *websocket.Conn
	sent int
	deaf atomic.Bool // answers no ping

	mu    sync.Mutex
	cond  *sync.Cond
	got   []received
	err   error // of the socket, at its end
	taken int   // how far expect has looked
}

type received struct {
	Type string `json:"type"`
	Re   string `json:"re"`
	raw  []byte
}

func (w *world) dial() *client {
	w.t.Helper()
	c, resp, err := w.tryDial(http.Header{"Origin": {w.server.URL}}, protocol.Version)
	if err != nil {
		w.t.Fatalf("dial: %v (%v)", err, resp)
	}
	return c
}

func (w *world) tryDial(h http.Header, subprotocol string) (*client, *http.Response, error) {
	d := websocket.Dialer{Subprotocols: []string{subprotocol}, HandshakeTimeout: patience}
	ws, resp, err := d.Dial("ws"+strings.TrimPrefix(w.server.URL, "http")+"/ws", h)
	if err != nil {
		return nil, resp, err
	}
	c := &client{t: w.t, ws: ws}
	c.cond = sync.NewCond(&c.mu)
	answer := ws.PingHandler()
	ws.SetPingHandler(func(data string) error {
		if c.deaf.Load() {
			return nil
		}
		return answer(data)
	})
	w.t.Cleanup(func() { ws.Close() })
	go c.read()
	return c, resp, nil
}

func (c *client) read() {
	for {
		_, data, err := c.ws.ReadMessage()
		r := received{raw: data}
		if err == nil {
			err = json.Unmarshal(data, &r)
		}
		c.mu.Lock()
		if err != nil {
			c.err = err
			c.cond.Broadcast()
			c.mu.Unlock()
			return
		}
		c.got = append(c.got, r)
		c.cond.Broadcast()
		c.mu.Unlock()
	}
}

// send sends one message and returns its id.
func (c *client) send(body any) string {
	c.t.Helper()
	c.sent++
	id := fmt.Sprint(c.sent)
	fields := map[string]any{}
	raw, err := json.Marshal(body)
	if err == nil {
		err = json.Unmarshal(raw, &fields)
	}
	if err != nil {
		c.t.Fatal(err)
	}
	fields["id"] = id
	for _, k := range protocol.ClientMessages {
		if reflect.TypeOf(k.Body) == reflect.TypeOf(body) {
			fields["type"] = k.Type
		}
	}
	raw, _ = json.Marshal(fields)
	c.raw(string(raw))
	return id
}

func (c *client) raw(frame string) {
	c.t.Helper()
	if err := c.ws.WriteMessage(websocket.TextMessage, []byte(frame)); err != nil {
		c.t.Logf("write: %v", err)
	}
}

// wait blocks until ok holds of what has come, or the socket has ended, or patience is over.
func (c *client) wait(what string, ok func() bool) {
	c.t.Helper()
	timer := time.AfterFunc(patience, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.err == nil {
			c.err = context.DeadlineExceeded
		}
		c.cond.Broadcast()
	})
	defer timer.Stop()
	c.mu.Lock()
	defer c.mu.Unlock()
	for !ok() {
		if c.err != nil {
			var types []string
			for _, r := range c.got {
				types = append(types, r.Type)
			}
			c.t.Fatalf("waiting for %s: %v; got %v", what, c.err, types)
		}
		c.cond.Wait()
	}
}

// expect returns the next message of type T for which all the conditions hold,
// looking behind the one that was expected before.
func expect[T any](c *client, conditions ...func(T) bool) T {
	c.t.Helper()
	m, _ := expectRe(c, conditions...)
	return m
}

func expectRe[T any](c *client, conditions ...func(T) bool) (T, string) {
	c.t.Helper()
	var found T
	var re string
	c.wait(fmt.Sprintf("%T", found), func() bool {
		for ; c.taken < len(c.got); c.taken++ {
			if m, ok := as[T](c, c.got[c.taken]); ok && all(m, conditions) {
				found, re = m, c.got[c.taken].Re
				c.taken++
				return true
			}
		}
		return false
	})
	return found, re
}

func all[T any](m T, conditions []func(T) bool) bool {
	for _, ok := range conditions {
		if !ok(m) {
			return false
		}
	}
	return true
}

func as[T any](c *client, r received) (m T, ok bool) {
	for _, k := range protocol.ServerMessages {
		if k.Type != r.Type || reflect.TypeOf(k.Body) != reflect.TypeFor[T]() {
			continue
		}
		if err := json.Unmarshal(r.raw, &m); err != nil {
			c.t.Errorf("message %s: %v", r.raw, err)
		}
		return m, true
	}
	return m, false
}

// count is how many messages of type T have come. Whatever the server sent before
// the answer to a ping is among them.
func count[T any](c *client) int {
	c.t.Helper()
	id := c.send(protocol.Ping{})
	c.wait("pong", func() bool {
		return len(c.got) > 0 && slicesContains(c.got, func(r received) bool { return r.Type == "pong" && r.Re == id })
	})
	c.mu.Lock()
	defer c.mu.Unlock()
	n := 0
	for _, r := range c.got {
		if _, ok := as[T](c, r); ok {
			n++
		}
	}
	return n
}

func slicesContains(list []received, is func(received) bool) bool {
	for _, r := range list {
		if is(r) {
			return true
		}
	}
	return false
}

// closed waits for the end of the socket and returns its close code.
func (c *client) closed() int {
	c.t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	timer := time.AfterFunc(patience, func() { c.ws.Close() })
	defer timer.Stop()
	for c.err == nil {
		c.cond.Wait()
	}
	if e, ok := c.err.(*websocket.CloseError); ok {
		return e.Code
	}
	c.t.Logf("socket ended: %v", c.err)
	return 0
}

// fatal expects an error that ends the socket.
func (c *client) fatal(code protocol.Code, closeCode int) protocol.ErrorReply {
	c.t.Helper()
	e := expect[protocol.ErrorReply](c)
	if e.Code != code || !e.Fatal {
		c.t.Errorf("got error %+v, want fatal %s", e, code)
	}
	if got := c.closed(); got != closeCode {
		c.t.Errorf("closed with %d, want %d", got, closeCode)
	}
	return e
}

// join opens a socket and joins with what change makes of the plain message.
func (w *world) join(pass string, change ...func(*protocol.Join)) *client {
	w.t.Helper()
	c := w.dial()
	j := protocol.Join{Pass: pass, Media: protocol.Media{Mic: true, Camera: true}}
	for _, f := range change {
		f(&j)
	}
	c.send(j)
	return c
}

func resume(j *protocol.Join) { j.Resume = true }

// visit is a consultation with passes.
type visit struct {
	*consulttest.Visit
	doctor, patient string
}

func (w *world) visit(change func(*consult.Order)) visit {
	w.t.Helper()
	v := w.Schedule(w.t, change)
	return visit{v, w.Pass(w.t, v.DoctorLink), w.Pass(w.t, v.PatientLink)}
}

// meet brings doctor and patient into a room.
func (w *world) meet(v visit, change ...func(*protocol.Join)) (doctor, patient *client) {
	w.t.Helper()
	doctor = w.join(v.doctor, change...)
	expect[protocol.Joined](doctor)
	patient = w.join(v.patient, change...)
	expect[protocol.WaitingRoom](patient)
	expect[protocol.WaitingChanged](doctor, func(m protocol.WaitingChanged) bool { return len(m.Waiting) == 1 })
	doctor.send(protocol.Admit{Seat: string(v.Patient.ID)})
	expect[protocol.Joined](patient)
	expect[protocol.PersonJoined](doctor)
	return doctor, patient
}

// eventually waits until ok holds.
func (w *world) eventually(what string, ok func() bool) {
	w.t.Helper()
	deadline := time.After(patience)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-deadline:
			w.t.Fatalf("never: %s", what)
		}
	}
}

// details reads the facts.
func (w *world) details(id consult.ConsultationID) *consult.Details {
	w.t.Helper()
	d, err := w.desk.Consultation(w.t.Context(), consult.System, id)
	if err != nil {
		w.t.Fatal(err)
	}
	return d
}

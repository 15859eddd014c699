package signaling

import (
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"tmk/consult"
	"tmk/signaling/protocol"
)

func TestUpgradeRefused(t *testing.T) {
	w := newWorld(t, func(c *Config, _ *recorderConfig) { c.Origins = []string{"https://lk.example"} })
	host := strings.TrimPrefix(w.server.URL, "http://")
	for _, c := range []struct {
		name, origin, subprotocol string
		status                    int
	}{
		{"same host", "http://" + host, protocol.Version, 0},
		{"same host behind TLS", "https://" + host, protocol.Version, 0},
		{"configured", "https://lk.example", protocol.Version, 0},
		{"configured, other case", "https://LK.example", protocol.Version, 0},
		{"configured host without TLS", "http://lk.example", protocol.Version, http.StatusForbidden},
		{"foreign", "https://evil.example", protocol.Version, http.StatusForbidden},
		{"foreign with ours in front", "https://lk.example.evil.example", protocol.Version, http.StatusForbidden},
		{"ours as user", "https://lk.example@evil.example", protocol.Version, http.StatusForbidden},
		{"null", "null", protocol.Version, http.StatusForbidden},
		{"file", "file://", protocol.Version, http.StatusForbidden},
		{"none", "", protocol.Version, http.StatusForbidden},
		{"another subprotocol", "http://" + host, "tmk.v9", http.StatusBadRequest},
		{"no subprotocol", "http://" + host, "", http.StatusBadRequest},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := http.Header{}
			if c.origin != "" {
				h.Set("Origin", c.origin)
			}
			_, resp, err := w.tryDial(h, c.subprotocol)
			switch {
			case c.status == 0 && err != nil:
				t.Errorf("refused: %v (%v)", err, resp)
			case c.status != 0 && err == nil:
				t.Error("let in")
			case c.status != 0 && (resp == nil || resp.StatusCode != c.status):
				t.Errorf("got %v, want status %d", resp, c.status)
			}
		})
	}
	h := http.Header{"Origin": {"http://" + host, "https://evil.example"}}
	if _, _, err := w.tryDial(h, protocol.Version); err == nil {
		t.Error("two Origins were let in")
	}
}

func TestNoOriginWhereConfigured(t *testing.T) {
	w := newWorld(t, func(c *Config, _ *recorderConfig) { c.AllowNoOrigin = true })
	if _, _, err := w.tryDial(nil, protocol.Version); err != nil {
		t.Error(err)
	}
	if _, _, err := w.tryDial(http.Header{"Origin": {"https://evil.example"}}, protocol.Version); err == nil {
		t.Error("a foreign Origin was let in")
	}
}

func TestBadMessages(t *testing.T) {
	w := newWorld(t)
	v := w.visit(nil)
	doctor := w.join(v.doctor)
	expect[protocol.Joined](doctor)
	joinText := `{"type":"join","pass":"` + v.doctor + `","since":0,"media":{"mic":true,"camera":true,"screen":false}`
	for _, c := range []struct{ name, frame, says string }{
		{"no JSON", "hello", "not JSON"},
		{"unknown type", `{"type":"reboot"}`, "unknown message type"},
		{"unknown field", joinText + `,"admin":true}`, `field "admin": unknown field`},
		{"missing field", `{"type":"join","since":0}`, `field "pass": missing`},
		{"not UTF-8", "{\"type\":\"ping\xff\"}", "not UTF-8"},
		{"something before join", `{"type":"ping"}`, "join comes first"},
		{"oversized", `{"type":"ping"` + strings.Repeat(" ", protocol.MaxFrame) + `}`, "longer than 262144 bytes"},
		{"endless", strings.Repeat(" ", 8*protocol.MaxFrame), "longer than 262144 bytes"},
		{"large for its type", `{"type":"ping"` + strings.Repeat(" ", 5000) + `}`, "longer than 4096 bytes"},
	} {
		t.Run(c.name, func(t *testing.T) {
			cl := w.dial()
			cl.raw(c.frame)
			if e := cl.fatal(protocol.CodeBadMessage, protocol.CloseBadMessage); !strings.Contains(e.Message, c.says) {
				t.Errorf("message %q does not say %q", e.Message, c.says)
			}
		})
	}
	t.Run("binary", func(t *testing.T) {
		cl := w.dial()
		if err := cl.ws.WriteMessage(websocket.BinaryMessage, []byte(`{"type":"ping"}`)); err != nil {
			t.Fatal(err)
		}
		cl.fatal(protocol.CodeBadMessage, protocol.CloseBadMessage)
	})
	t.Run("join twice", func(t *testing.T) {
		cl := w.join(v.patient)
		expect[protocol.WaitingRoom](cl)
		cl.send(protocol.Join{Pass: v.patient})
		cl.fatal(protocol.CodeBadMessage, protocol.CloseBadMessage)
	})
	// None of it has touched those who behave.
	doctor.send(protocol.Ping{})
	expect[protocol.Pong](doctor)
	if s := w.hub.Stats(); s.BadMessages < 10 || s.Panics != 0 {
		t.Errorf("stats: %+v", s)
	}
}

func TestNoJoinInTime(t *testing.T) {
	w := newWorld(t, func(c *Config, _ *recorderConfig) { c.JoinWithin = 20 * time.Millisecond })
	w.dial().fatal(protocol.CodeBadMessage, protocol.CloseBadMessage)
}

func TestJoinRefused(t *testing.T) {
	w := newWorld(t)
	key, _ := w.Key(t)
	t.Run("stranger's pass", func(t *testing.T) {
		w.join("AAAAAAAAAAAAAAAAAAAAAA").fatal("unauthorized", protocol.CloseUnauthorized)
	})
	t.Run("a link for a pass", func(t *testing.T) {
		w.join(w.visit(nil).DoctorLink).fatal("unauthorized", protocol.CloseUnauthorized)
	})
	t.Run("too early", func(t *testing.T) {
		starts := w.now().Add(2 * time.Hour)
		v := w.visit(func(o *consult.Order) { o.StartsAt = starts })
		e := w.join(v.doctor).fatal("too_early", protocol.CloseTooEarly)
		opens, err := time.Parse(time.RFC3339, e.Ref)
		if err != nil || opens.After(starts) || opens.Before(starts.Add(-time.Hour)) {
			t.Errorf("ref %q is not when the window opens: %v", e.Ref, err)
		}
	})
	t.Run("cancelled", func(t *testing.T) {
		v := w.visit(nil)
		if _, err := w.desk.Cancel(t.Context(), key, v.ID, ""); err != nil {
			t.Fatal(err)
		}
		w.join(v.patient).fatal("cancelled", protocol.CloseEnded)
	})
	t.Run("after the end", func(t *testing.T) {
		v := w.visit(nil)
		doctor, patient := w.meet(v)
		doctor.send(protocol.End{})
		expect[protocol.Ended](patient)
		w.join(v.patient).fatal("finished", protocol.CloseEnded)
		w.join(v.doctor, resume).fatal("finished", protocol.CloseEnded)
	})
	t.Run("consent required", func(t *testing.T) {
		v := w.visit(func(o *consult.Order) { o.Recording = consult.RecordRequired })
		w.join(v.patient).fatal("consent_required", protocol.CloseConsent)
		w.join(v.patient, consent(false)).fatal("consent_required", protocol.CloseConsent)
		c := w.join(v.patient, consent(true))
		if m := expect[protocol.WaitingRoom](c); m.Recording.Policy != "required" || m.Recording.Consent != "given" {
			t.Errorf("recording: %+v", m.Recording)
		}
		c.send(protocol.SetConsent{Given: false, TextVersion: consult.ConsentTextVersion, Language: "ru"})
		c.fatal("consent_required", protocol.CloseConsent)
	})
	t.Run("bad offer", func(t *testing.T) {
		v := w.visit(nil)
		w.join(v.doctor, func(j *protocol.Join) {
			j.Offer = &protocol.Offer{SDP: "v=0", Senders: map[string]string{}}
		}).fatal("invalid", protocol.CloseBadMessage)
		doctor := w.join(v.doctor) // it has left no trace
		if m := expect[protocol.Joined](doctor); m.Resumed || len(m.People) != 1 {
			t.Errorf("joined: %+v", m)
		}
	})
}

func consent(given bool) func(*protocol.Join) {
	return func(j *protocol.Join) {
		j.Consent = &protocol.SetConsent{Given: given, TextVersion: consult.ConsentTextVersion, Language: "ru"}
	}
}

// TestRefusedWithoutClosing: what a right client may ask in vain leaves the socket open.
func TestRefusedWithoutClosing(t *testing.T) {
	w := newWorld(t)
	v := w.visit(nil)
	doctor := w.join(v.doctor)
	expect[protocol.Joined](doctor)
	for _, c := range []struct {
		name string
		body any
		code protocol.Code
	}{
		{"empty text", protocol.PostChat{ClientID: "1"}, "invalid"},
		{"long text", protocol.PostChat{ClientID: "2", Text: strings.Repeat("ж", 4001)}, "invalid"},
		{"admit nobody", protocol.Admit{Seat: "s_nobody"}, "not_found"},
		{"end before it began", protocol.End{}, "conflict"},
		{"consent where none is asked", protocol.SetConsent{Given: true, TextVersion: consult.ConsentTextVersion, Language: "ru"}, "conflict"},
		{"offer that is none", protocol.Offer{SDP: "v=0", Senders: map[string]string{}}, "invalid"},
		{"finish no file", protocol.FinishFile{File: "f_x", SHA256: strings.Repeat("0", 64)}, "not_found"},
		{"no hash", protocol.FinishFile{File: "f_x", SHA256: "zz"}, "invalid"},
		{"cancel no file", protocol.CancelFile{File: "f_x"}, "not_found"},
	} {
		id := doctor.send(c.body)
		if e, re := expectRe[protocol.ErrorReply](doctor); e.Code != c.code || e.Fatal || re != id {
			t.Errorf("%s: got %+v, re %q; want %s, re %q", c.name, e, re, c.code, id)
		}
	}
	if id := doctor.send(protocol.OfferFile{ClientID: "f", Name: "a.txt", MIME: "text/plain", Size: 4}); id != "" {
		if f, re := expectRe[protocol.FileFailed](doctor); f.Code != protocol.CodeGone || f.ClientID != "f" || re != id {
			t.Errorf("file without media: %+v, re %q", f, re)
		}
	}
	for range 20 {
		doctor.send(protocol.PostChat{ClientID: "x", Text: "x"})
	}
	expect(doctor, func(e protocol.ErrorReply) bool { return e.Code == "rate_limited" && !e.Fatal })
}

func TestFlood(t *testing.T) {
	w := newWorld(t)
	v := w.visit(nil)
	doctor := w.join(v.doctor)
	expect[protocol.Joined](doctor)
	for range 100 {
		doctor.raw(`{"type":"ping"}`)
	}
	doctor.fatal("rate_limited", protocol.CloseRateLimited)
}

// TestHeavyOutbox: few frames are too many when they are large.
func TestHeavyOutbox(t *testing.T) {
	w := newWorld(t)
	v := w.visit(nil)
	patient := w.join(v.patient)
	expect[protocol.WaitingRoom](patient)
	patient.mu.Lock() // its reader hangs with what it has in hand
	r := w.hub.room(v.ID)
	defer w.hub.release(r)
	frame := w.hub.frame(protocol.Chat{Message: protocol.ChatMessage{Text: strings.Repeat("ж", 1<<20)}}, "")
	r.do(func() {
		c := r.waiting[v.Patient.ID].conn
		for range 3 * outboxBytes / len(frame) {
			c.send(frame)
		}
		if n := c.queued.Load(); n > outboxBytes+int64(len(frame)) {
			t.Errorf("%d bytes wait", n)
		}
	})
	if n := w.hub.Stats().TooSlow; n != 1 {
		t.Errorf("%d were closed", n)
	}
	patient.mu.Unlock()
	patient.closed()
}

// TestConsentFlood: every answer is a row that is kept.
func TestConsentFlood(t *testing.T) {
	w := newWorld(t)
	v := w.visit(func(o *consult.Order) { o.Recording = consult.RecordAsk })
	patient := w.join(v.patient)
	expect[protocol.WaitingRoom](patient)
	for i := range 20 {
		patient.send(protocol.SetConsent{Given: i%2 == 0, TextVersion: consult.ConsentTextVersion, Language: "ru"})
	}
	expect(patient, func(m protocol.ErrorReply) bool { return m.Code == "rate_limited" && !m.Fatal })
	patient.send(protocol.Ping{})
	expect[protocol.Pong](patient)
}

// TestSlowReader: who does not read is closed; who is sent the same and reads notices nothing.
func TestSlowReader(t *testing.T) {
	w := newWorld(t, func(c *Config, _ *recorderConfig) { c.Outbox = 64 })
	v := w.visit(nil)
	doctor := w.join(v.doctor)
	expect[protocol.Joined](doctor)
	patient := w.dial()
	if err := patient.ws.NetConn().(*net.TCPConn).SetReadBuffer(4096); err != nil {
		t.Fatal(err)
	}
	patient.mu.Lock() // its reader hangs with what it has in hand
	patient.send(protocol.Join{Pass: v.patient})
	expect[protocol.WaitingChanged](doctor)
	r := w.hub.room(v.ID)
	defer w.hub.release(r)
	frame := w.hub.frame(protocol.Chat{Message: protocol.ChatMessage{Text: strings.Repeat("ж", 100_000)}}, "")
	w.eventually("the slow one is closed", func() bool {
		r.do(func() {
			if len(r.members[v.Doctor.ID].conn.out) == 0 { // as fast as the doctor reads
				r.everyone(func(c *conn) { c.send(frame) })
			}
		})
		return w.hub.Stats().TooSlow > 0
	})
	expect(doctor, func(m protocol.WaitingChanged) bool { return len(m.Waiting) == 0 })
	doctor.send(protocol.Ping{})
	expect[protocol.Pong](doctor)
	if n := w.hub.Stats().TooSlow; n != 1 {
		t.Errorf("%d were closed", n)
	}
	w.eventually("its socket is given up", func() bool { return w.hub.Stats().Sockets == 1 })
	patient.mu.Unlock()
}

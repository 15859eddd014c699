package signaling

import (
	"bytes"
	"os"
	"reflect"
	"strings"
	"testing"

	"tmk/consult"
	"tmk/signaling/protocol"
)

func TestEveryMessageHasAHandlerWithARule(t *testing.T) {
	known := map[string]bool{}
	for _, k := range protocol.ClientMessages {
		known[k.Type] = true
		h, ok := handlers[k.Type]
		if !ok || h.run == nil {
			t.Errorf("%s has no handler", k.Type)
		}
		if reflect.DeepEqual(h.rule, rule{}) {
			t.Errorf("%s has no rule: who may send it?", k.Type)
		}
	}
	for name := range handlers {
		if !known[name] {
			t.Errorf("there is a handler of %s, which is no client message", name)
		}
	}
}

const accessDoc = "../docs/access-socket.md"

func TestAccessDocIsFresh(t *testing.T) {
	want, err := os.ReadFile(accessDoc)
	if err != nil {
		t.Fatal(err)
	}
	var got bytes.Buffer
	if err := WriteAccess(&got); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Bytes(), want) {
		t.Errorf("%s is stale: go generate ./signaling", accessDoc)
	}
}

// someOf is one decent message of each type.
var someOf = map[string]any{
	"join":       nil, // with the pass of whoever joins
	"offer":      protocol.Offer{SDP: "v=0", Senders: map[string]string{}},
	"setMedia":   protocol.SetMedia{Media: protocol.Media{Mic: true}},
	"postChat":   protocol.PostChat{ClientID: "1", Text: "Здравствуйте"},
	"getHistory": protocol.GetHistory{},
	"setConsent": protocol.SetConsent{Given: true, TextVersion: consult.ConsentTextVersion, Language: "ru"},
	"leave":      protocol.Leave{},
	"ping":       protocol.Ping{},
	"offerFile":  protocol.OfferFile{ClientID: "2", Name: "a.pdf", MIME: "application/pdf", Size: 10},
	"finishFile": protocol.FinishFile{File: "f_1", SHA256: strings.Repeat("0", 64)},
	"cancelFile": protocol.CancelFile{File: "f_1"},
	"admit":      protocol.Admit{Seat: "s_1"},
	"invite":     protocol.Invite{Role: "relative", Name: "Анна"},
	"end":        protocol.End{},
}

// TestAccess sends every message from every place of docs/access-socket.md and
// wants the server to do as is written there.
func TestAccess(t *testing.T) {
	doc, err := os.ReadFile(accessDoc)
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t)
	var places []string
	cells := 0
	for line := range strings.Lines(string(doc)) {
		if !strings.HasPrefix(line, "| ") {
			continue
		}
		columns := strings.Split(strings.Trim(strings.TrimSpace(line), "| "), " | ")
		if places == nil {
			places = columns
			continue
		}
		name := strings.Trim(columns[0], "`")
		for i, cell := range columns[1:] {
			cells++
			if got := w.mayFrom(places[i+1], name); got != (cell == "yes") {
				t.Errorf("%s, %s: allowed is %v, the document says %q", name, places[i+1], got, cell)
			}
		}
	}
	if want := len(protocol.ClientMessages) * 10; cells != want {
		t.Errorf("tried %d cells, want %d", cells, want)
	}
}

// mayFrom sends a message from a place in a consultation of its own and tells whether it was let through.
func (w *world) mayFrom(place, name string) bool {
	w.t.Helper()
	v := w.visit(nil)
	if place == "before join" {
		c := w.dial()
		if name == "join" {
			c.send(protocol.Join{Pass: v.patient})
		} else {
			c.send(someOf[name])
		}
		c.send(protocol.Ping{})
		return !c.hasError(protocol.CodeBadMessage)
	}
	role, waits := strings.CutSuffix(place, ", waiting")
	pass := w.passOf(v, consult.Role(role))
	c := w.join(pass)
	switch {
	case waits:
		expect[protocol.WaitingRoom](c)
	case role != string(consult.RoleDoctor):
		expect[protocol.WaitingRoom](c)
		w.admitAll(v)
		fallthrough
	default:
		expect[protocol.Joined](c)
	}
	if name == "join" {
		c.send(protocol.Join{Pass: pass})
		return !c.hasError(protocol.CodeBadMessage)
	}
	c.send(someOf[name])
	return !c.hasError(protocol.Code(consult.CodeForbidden))
}

// hasError tells whether the message that was sent last was answered with an error of the code.
func (c *client) hasError(code protocol.Code) bool {
	c.t.Helper()
	pong := c.send(protocol.Ping{})
	refused := false
	c.wait("an answer", func() bool {
		over := c.err != nil // the message ended the connection
		c.err = nil
		for _, r := range c.got {
			over = over || r.Type == "pong" && r.Re == pong
			if e, ok := as[protocol.ErrorReply](c, r); ok && e.Code == code {
				refused = true
			}
		}
		return over
	})
	return refused
}

// passOf is a pass of somebody with a role, who is invited unless he is there by nature.
func (w *world) passOf(v visit, role consult.Role) string {
	w.t.Helper()
	switch role {
	case consult.RoleDoctor:
		return v.doctor
	case consult.RolePatient:
		return v.patient
	}
	_, pass := w.guest(v, role)
	return pass
}

func (w *world) guest(v visit, role consult.Role) (*consult.Seat, string) {
	w.t.Helper()
	key, _ := w.Key(w.t)
	seat, link, err := w.desk.Invite(w.t.Context(), key, v.ID, role, consult.Person{Name: "Анна"})
	if err != nil {
		w.t.Fatal(err)
	}
	return seat, w.Pass(w.t, tokenOf(link))
}

func tokenOf(link string) string { return link[strings.LastIndex(link, "/")+1:] }

// admitAll lets everybody in, as the doctor.
func (w *world) admitAll(v visit) {
	w.t.Helper()
	for _, s := range w.details(v.ID).Seats {
		if s.Role == consult.RoleDoctor {
			continue
		}
		if _, err := w.desk.Admit(w.t.Context(), consult.Principal{Seat: v.Doctor}, s.ID); err != nil {
			w.t.Fatal(err)
		}
	}
}

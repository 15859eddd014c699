package check

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"tmk/consult"
	"tmk/notify"
)

// sender makes messages, good ones first.
type sender struct {
	cfg     Config
	session string
	first   event // for the step that repeats it
}

func newSender(cfg Config) *sender {
	s := &sender{cfg: cfg, session: cfg.Session}
	if s.session == "" {
		s.session = consult.NewID("c_", cfg.Now())
	}
	if s.cfg.ExternalID == "" {
		s.cfg.ExternalID = "webhook-check"
	}
	return s
}

// message is a request before it is sent. Headers that are "" are left out.
type message struct {
	id, timestamp, signature string
	body                     string
}

func (m *message) head(h http.Header) {
	h.Set("Content-Type", "application/json")
	h.Set("User-Agent", "TMK-Webhook-Check/1")
	for name, value := range map[string]string{
		notify.HeaderID: m.id, notify.HeaderTimestamp: m.timestamp, notify.HeaderSignature: m.signature,
	} {
		if value != "" {
			h.Set(name, value)
		}
	}
}

// event is what a webhook's body says.
type event struct {
	id       string
	kind     consult.EventType
	at       time.Time
	sequence int64
}

// body writes an event as the server does.
func (s *sender) body(e event) (string, error) {
	b, err := json.Marshal(struct {
		ID        string            `json:"id"`
		Type      consult.EventType `json:"type"`
		CreatedAt time.Time         `json:"createdAt"`
		Sequence  int64             `json:"sequence"`
		Data      map[string]string `json:"data"`
	}{e.id, e.kind, e.at.UTC(), e.sequence, map[string]string{
		"sessionId": s.session, "externalId": s.cfg.ExternalID, "status": "UPCOMING",
	}})
	return string(b), err
}

func (s *sender) event(kind consult.EventType, sequence int64) event {
	now := s.cfg.Now()
	return event{id: consult.NewID("evt_", now), kind: kind, at: now, sequence: sequence}
}

// signed is a good message of a body, signed now.
func (s *sender) signed(id, body string) (*message, error) { return s.signedAt(id, body, s.cfg.Now()) }

func (s *sender) signedAt(id, body string, at time.Time) (*message, error) {
	signature, err := notify.Sign(s.cfg.Secret, id, at, []byte(body))
	if err != nil {
		return nil, err
	}
	return &message{id: id, timestamp: strconv.FormatInt(at.Unix(), 10), signature: signature, body: body}, nil
}

// good is a good message of an event.
func (s *sender) good(e event) (*message, error) {
	body, err := s.body(e)
	if err != nil {
		return nil, err
	}
	return s.signed(e.id, body)
}

// plain is a good message of an event whose content does not matter.
func (s *sender) plain() (*message, error) { return s.good(s.event(consult.SessionCreated, 1)) }

// strange is the signature of a message by a secret that nobody knows.
func (m *message) strange() (string, error) {
	key := make([]byte, 32)
	rand.Read(key) // never fails (Go 1.24)
	seconds, err := strconv.ParseInt(m.timestamp, 10, 64)
	if err != nil {
		return "", err
	}
	return notify.Sign("whsec_"+base64.StdEncoding.EncodeToString(key), m.id, time.Unix(seconds, 0), []byte(m.body))
}

// altered is a maker of plain messages that somebody changed afterwards.
func altered(change func(m *message) error) func(*sender) (*message, error) {
	return func(s *sender) (*message, error) {
		m, err := s.plain()
		if err != nil {
			return nil, err
		}
		return m, change(m)
	}
}

// spoiled is altered for what cannot fail.
func spoiled(change func(m *message)) func(*sender) (*message, error) {
	return altered(func(m *message) error { change(m); return nil })
}

// late is a maker of plain messages signed at another time.
func late(by time.Duration) func(*sender) (*message, error) {
	return func(s *sender) (*message, error) {
		m, err := s.plain()
		if err != nil {
			return nil, err
		}
		return s.signedAt(m.id, m.body, s.cfg.Now().Add(by))
	}
}

// rewritten is a good message whose bytes change when its JSON is read and written again.
func rewritten(s *sender) (*message, error) {
	e := s.event(consult.SessionCreated, 1)
	body := fmt.Sprintf("{\n  \"type\" : %q , \"sequence\" : 1,\n  \"data\": {\"sessionId\": %q, \"externalId\": %q, \"status\": \"UPCOM\\u0049NG\"},"+
		"\n  \"createdAt\": %q,\n  \"id\": %q\n}\n", e.kind, s.session, s.cfg.ExternalID, e.at.UTC().Format(time.RFC3339Nano), e.id)
	return s.signed(e.id, body)
}

// unknownField is a good message that says more than today's events do.
func unknownField(s *sender) (*message, error) {
	e := s.event(consult.SessionCreated, 1)
	body, err := s.body(e)
	if err != nil {
		return nil, err
	}
	body = strings.Replace(body, `"data":{`, `"futureField":{"a":[1,2]},"data":{"futureToo":true,`, 1)
	return s.signed(e.id, body)
}

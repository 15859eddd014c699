package load

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	mathrand "math/rand/v2"
	"net/http"
	"net/url"
	"sync"
	"time"
)

const base = "/v1/abm/video"

// kind is one sort of request in the mix.
type kind struct {
	name    string
	percent int
	send    func(*caller, context.Context) error
}

// mix is what an integration does on a busy day. The parts add up to 100.
var mix = []kind{
	{"create", 25, func(c *caller, ctx context.Context) error { _, err := c.create(ctx); return err }},
	{"create/simpl", 5, (*caller).createSimple},
	{"get", 30, (*caller).get},
	{"list doctor", 10, (*caller).listDoctor},
	{"list patient", 10, (*caller).listPatient},
	{"patch", 5, (*caller).patch},
	{"cancel", 5, (*caller).cancel},
	{"messages", 4, (*caller).messages},
	{"events", 3, (*caller).events},
	{"recordings", 3, (*caller).recordings},
}

func pick() kind {
	n := mathrand.N(100)
	for _, k := range mix {
		if n -= k.percent; n < 0 {
			return k
		}
	}
	return mix[0] // not reached: the parts add up to 100
}

// caller makes requests and knows what it made.
type caller struct {
	cfg    Config
	client *http.Client

	mu       sync.Mutex
	sessions []string // upcoming, to be read, changed and cancelled
	after    string   // the last event that was read
}

// keepSessions bounds what the caller remembers.
const keepSessions = 5000

func (c *caller) remember(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.sessions) < keepSessions {
		c.sessions = append(c.sessions, id)
		return
	}
	c.sessions[mathrand.N(keepSessions)] = id
}

// any is one of the sessions that the caller made.
func (c *caller) any() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.sessions) == 0 {
		return "c_none"
	}
	return c.sessions[mathrand.N(len(c.sessions))]
}

// take is any, which nobody gets after that.
func (c *caller) take() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.sessions) == 0 {
		return "c_none"
	}
	n, last := mathrand.N(len(c.sessions)), len(c.sessions)-1
	id := c.sessions[n]
	c.sessions[n] = c.sessions[last]
	c.sessions = c.sessions[:last]
	return id
}

func (c *caller) doctor() string  { return fmt.Sprint("d-", mathrand.N(c.cfg.Doctors)) }
func (c *caller) patient() string { return fmt.Sprint("p-", mathrand.N(c.cfg.Patients)) }

func (c *caller) create(ctx context.Context) (string, error) {
	var made struct{ ID string }
	starts := time.Now().Add(time.Duration(1+mathrand.N(14*24)) * time.Hour)
	err := c.call(ctx, "POST", "/sessions/create", map[string]any{
		"externalId": "lk-" + rand.Text(),
		"doctor":     map[string]string{"id": c.doctor(), "name": "Иванова Мария Петровна", "specialty": "терапевт"},
		"patient":    map[string]string{"id": c.patient(), "name": "Петров Олег Ильич"},
		"startsAt":   starts.Format(time.RFC3339), "durationMinutes": 30, "timeZone": "Europe/Moscow",
		"topic": "Повторная консультация", "language": "ru", "recording": "ask", "metadata": map[string]string{"branch": "north"},
	}, http.StatusCreated, &made)
	if err == nil {
		c.remember(made.ID)
	}
	return made.ID, err
}

func (c *caller) createSimple(ctx context.Context) error {
	return c.call(ctx, "POST", "/sessions/create/simpl",
		map[string]string{"doctorId": c.doctor(), "patientId": c.patient()}, http.StatusCreated, nil)
}

func (c *caller) get(ctx context.Context) error {
	return c.call(ctx, "GET", "/sessions/"+c.any(), nil, http.StatusOK, nil)
}

func (c *caller) listDoctor(ctx context.Context) error {
	return c.call(ctx, "GET", "/sessions/doctor/"+c.doctor()+"?status=UPCOMING&limit=50", nil, http.StatusOK, nil)
}

func (c *caller) listPatient(ctx context.Context) error {
	return c.call(ctx, "GET", "/sessions/patient/"+c.patient()+"?limit=50", nil, http.StatusOK, nil)
}

func (c *caller) patch(ctx context.Context) error {
	starts := time.Now().Add(time.Duration(1+mathrand.N(14*24)) * time.Hour)
	id := c.take() // or it might be cancelled meanwhile
	defer c.remember(id)
	return c.call(ctx, "PATCH", "/sessions/"+id, map[string]string{"startsAt": starts.Format(time.RFC3339)}, http.StatusOK, nil)
}

func (c *caller) cancel(ctx context.Context) error {
	return c.call(ctx, "POST", "/sessions/"+c.take()+"/cancel", map[string]string{"reason": "Врач заболел"}, http.StatusOK, nil)
}

func (c *caller) messages(ctx context.Context) error {
	return c.call(ctx, "GET", "/sessions/"+c.any()+"/messages", nil, http.StatusOK, nil)
}

func (c *caller) recordings(ctx context.Context) error {
	return c.call(ctx, "GET", "/sessions/"+c.any()+"/recordings", nil, http.StatusOK, nil)
}

// events reads on in the log, as one does who rebuilds what he knows.
func (c *caller) events(ctx context.Context) error {
	c.mu.Lock()
	after := c.after
	c.mu.Unlock()
	query := "?limit=100"
	if after != "" {
		query += "&after=" + url.QueryEscape(after)
	}
	var page struct{ NextAfter string }
	err := c.call(ctx, "GET", "/events"+query, nil, http.StatusOK, &page)
	if err == nil && page.NextAfter != "" {
		c.mu.Lock()
		c.after = page.NextAfter
		c.mu.Unlock()
	}
	return err
}

// statusError is an answer that is not the right one.
type statusError int

func (s statusError) Error() string { return fmt.Sprint("status ", int(s)) }

// call makes a request and reads its answer, whole, into answer unless that is nil.
func (c *caller) call(ctx context.Context, method, path string, body any, want int, answer any) error {
	var encoded []byte
	if body != nil {
		var err error
		if encoded, err = json.Marshal(body); err != nil {
			return err
		}
	}
	// A request that has gone out is waited for, though nothing new is sent.
	req, err := http.NewRequestWithContext(context.WithoutCancel(ctx), method, c.cfg.URL+base+path, bytes.NewReader(encoded))
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+c.cfg.Key)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if method == http.MethodPost {
		req.Header.Set("Idempotency-Key", rand.Text())
	}
	resp, err := c.client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	switch {
	case err != nil:
		return err
	case resp.StatusCode != want:
		return statusError(resp.StatusCode)
	case answer == nil:
		return nil
	}
	return json.Unmarshal(raw, answer)
}

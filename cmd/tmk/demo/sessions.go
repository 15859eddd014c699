package demo

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
)

// createPath is the REST route that every integration calls.
const createPath = "/v1/abm/video/sessions/create"

// Session is a consultation as the demo page shows it: LK's own copy, kept up to date by webhooks.
type Session struct {
	ID          string   `json:"id"`
	Status      string   `json:"status"` // UPCOMING, …
	StatusName  string   `json:"statusName"`
	StartsAt    string   `json:"startsAt"`
	Topic       string   `json:"topic"`
	Recording   string   `json:"recording"`
	DoctorURL   string   `json:"doctorUrl"`
	PatientURL  string   `json:"patientUrl"`
	DoctorName  string   `json:"doctorName"`
	PatientName string   `json:"patientName"`
	Request     *request `json:"request,omitempty"` // what was sent to make it; in the answer to the POST only
}

// request shows an integrator what to send.
type request struct {
	Method string          `json:"method"`
	Path   string          `json:"path"`
	Body   json.RawMessage `json:"body"`
}

// wish is what the page may ask for; empty fields get the demo's own people.
type wish struct {
	DoctorName      string `json:"doctorName"`
	PatientName     string `json:"patientName"`
	Topic           string `json:"topic"`
	StartsAt        string `json:"startsAt"`
	DurationMinutes int    `json:"durationMinutes"`
	Recording       string `json:"recording"`
	Language        string `json:"language"`
}

type person struct {
	ID        string `json:"id"`
	Name      string `json:"name"`
	Specialty string `json:"specialty,omitempty"`
}

// order is the body of createPath.
type order struct {
	Doctor          person            `json:"doctor"`
	Patient         person            `json:"patient"`
	StartsAt        string            `json:"startsAt,omitempty"`
	DurationMinutes int               `json:"durationMinutes"`
	Topic           string            `json:"topic"`
	Language        string            `json:"language"`
	Recording       string            `json:"recording"`
	Metadata        map[string]string `json:"metadata"`
}

func (w wish) order() order {
	doctor, patient, topic, specialty := "Иванова Мария Петровна", "Петров Олег Ильич", "Повторная консультация", "терапевт"
	if w.Language == "en" {
		doctor, patient, topic, specialty = "Dr Maria Ivanova", "Oleg Petrov", "Follow-up consultation", "general practice"
	}
	return order{
		Doctor:          person{ID: doctorID, Name: cmp.Or(w.DoctorName, doctor), Specialty: specialty},
		Patient:         person{ID: patientID, Name: cmp.Or(w.PatientName, patient)},
		StartsAt:        w.StartsAt,
		DurationMinutes: cmp.Or(w.DurationMinutes, 30),
		Topic:           cmp.Or(w.Topic, topic),
		Language:        cmp.Or(w.Language, "ru"),
		Recording:       cmp.Or(w.Recording, "ask"),
		Metadata:        map[string]string{"madeBy": "demo"},
	}
}

// refusal is an answer of the REST interface that is no success.
type refusal struct {
	status int
	typ    string
	body   []byte
}

func (r *refusal) Error() string { return fmt.Sprintf("REST answered %d: %s", r.status, r.body) }

// CreateSession makes a consultation that starts now.
func (lk *LK) CreateSession(ctx context.Context) (*Session, error) {
	return lk.create(ctx, wish{})
}

func (lk *LK) create(ctx context.Context, w wish) (*Session, error) {
	o := w.order()
	body, err := json.Marshal(o)
	if err != nil {
		return nil, fmt.Errorf("write request: %w", err)
	}
	answer, err := lk.call(ctx, createPath, body)
	if err != nil {
		return nil, err
	}
	var made struct {
		ID, Status, StatusName, StartsAt, Topic, Recording string
		Links                                              struct{ Doctor, Patient string }
	}
	if err := json.Unmarshal(answer, &made); err != nil {
		return nil, fmt.Errorf("read the answer of %s: %w", createPath, err)
	}
	s := &Session{
		ID: made.ID, Status: made.Status, StatusName: made.StatusName, StartsAt: made.StartsAt, Topic: made.Topic, Recording: made.Recording,
		DoctorURL: made.Links.Doctor, PatientURL: made.Links.Patient, DoctorName: o.Doctor.Name, PatientName: o.Patient.Name,
	}
	lk.mu.Lock()
	if status := lk.inbox.status[s.ID]; status != "" { // a webhook was faster than the answer
		s.setStatus(status)
	}
	lk.sessions = append(lk.sessions, s)
	shown := *s
	lk.mu.Unlock()
	shown.Request = &request{http.MethodPost, createPath, body}
	return &shown, nil
}

// call POSTs to our own REST interface, as LK does. The error may be a *refusal.
func (lk *LK) call(ctx context.Context, path string, body []byte) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, lk.base+path, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("call %s: %w", path, err)
	}
	lk.mu.Lock()
	secret := lk.secret
	lk.mu.Unlock()
	req.Header.Set("Authorization", "Bearer "+secret)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept-Language", "ru")
	resp, err := lk.client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("call %s: %w", path, err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	switch {
	case err != nil:
		return nil, fmt.Errorf("read the answer of %s: %w", path, err)
	case resp.StatusCode/100 != 2:
		return nil, &refusal{resp.StatusCode, resp.Header.Get("Content-Type"), answer}
	}
	return answer, nil
}

func (lk *LK) postSession(w http.ResponseWriter, r *http.Request) {
	var want wish
	dec := json.NewDecoder(http.MaxBytesReader(w, r.Body, 64<<10))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&want); err != nil && !errors.Is(err, io.EOF) { // no body: all defaults
		http.Error(w, "the body is not what the demo understands", http.StatusBadRequest)
		return
	}
	s, err := lk.create(r.Context(), want)
	var no *refusal
	switch {
	case errors.As(err, &no): // the page shows what REST says
		w.Header().Set("Content-Type", no.typ)
		w.WriteHeader(no.status)
		w.Write(no.body) //nolint:errcheck // the caller is gone
	case err != nil:
		lk.log.Error("the demo could not make a consultation", "err", err)
		http.Error(w, "the REST interface cannot be reached", http.StatusBadGateway)
	default:
		writeJSON(w, http.StatusCreated, s)
	}
}

func (lk *LK) getSessions(w http.ResponseWriter, _ *http.Request) {
	lk.mu.Lock()
	items := make([]Session, 0, len(lk.sessions))
	for _, s := range slices.Backward(lk.sessions) {
		items = append(items, *s)
	}
	lk.mu.Unlock()
	writeJSON(w, http.StatusOK, map[string]any{"items": items})
}

// statusNames are LK's own words for the statuses that webhooks tell.
var statusNames = map[string]string{
	"UPCOMING": "Предстоящая", "CURRENT": "Текущая", "FINISHED": "Завершенная", "CANCELLED": "Отменена", "MISSED": "Не состоялась",
}

func (s *Session) setStatus(status string) {
	s.Status, s.StatusName = status, statusNames[status]
}

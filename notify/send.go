package notify

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"tmk/consult"
)

// Bounds on what is kept and read of an endpoint's answer.
const (
	maxErrorText = 200
	maxAnswer    = 64 << 10 // read so that the connection can be used again
)

// envelope is the body of a webhook.
type envelope struct {
	ID        consult.EventID   `json:"id"`
	Type      consult.EventType `json:"type"`
	CreatedAt time.Time         `json:"createdAt"`
	Sequence  int64             `json:"sequence"`
	Data      json.RawMessage   `json:"data"`
}

// try makes one attempt and says what became of it.
func (w *Worker) try(ctx context.Context, d consult.Delivery) consult.Outcome {
	if !d.Webhook.DisabledAt.IsZero() {
		return consult.Outcome{Error: "the webhook is disabled", At: w.cfg.Now()}
	}
	o, wait := w.attempt(ctx, &d.Webhook, &d.Event)
	switch {
	case o.Delivered:
	case o.Status == http.StatusGone:
		o.DisableWebhook = true
	default:
		o.RetryAt = w.waits.nextTry(o.At, d.Attempts+1, wait)
	}
	return o
}

// Test sends an event of the type webhook.test to a webhook at once, whether
// it is disabled or not, and says what became of it. The outcome asks for
// nothing more: there is no further try, and 410 does not disable.
func (w *Worker) Test(ctx context.Context, h *consult.Webhook) consult.Outcome {
	now := w.cfg.Now()
	select {
	case w.tests <- struct{}{}:
		defer func() { <-w.tests }()
	default:
		return consult.Outcome{Error: "too many tests at a time", At: now}
	}
	data, err := json.Marshal(map[string]consult.WebhookID{"webhookId": h.ID})
	if err != nil {
		return consult.Outcome{Error: shorten(err), At: now} // not reached: it is a map of strings
	}
	o, _ := w.attempt(ctx, h, &consult.Event{
		ID: consult.EventID(consult.NewID("evt_", now)), Integration: h.Integration,
		Type: consult.WebhookTested, CreatedAt: now, Data: data,
	})
	return o
}

// attempt sends an event once. wait is what the endpoint asked for by Retry-After.
func (w *Worker) attempt(ctx context.Context, h *consult.Webhook, e *consult.Event) (o consult.Outcome, wait time.Duration) {
	began := w.cfg.Now()
	ctx, cancel := context.WithTimeout(ctx, w.cfg.Timeout)
	defer cancel()
	status, wait, err := w.post(ctx, h, e)
	o = consult.Outcome{Status: status, At: w.cfg.Now()}
	o.Took = o.At.Sub(began)
	switch {
	case err != nil:
		o.Error = shorten(err)
	case status >= 200 && status < 300:
		o.Delivered = true
	default:
		o.Error = strings.TrimSpace(strconv.Itoa(status) + " " + http.StatusText(status))
	}
	return o, wait
}

// post sends one signed request and returns the answer's status and Retry-After.
func (w *Worker) post(ctx context.Context, h *consult.Webhook, e *consult.Event) (status int, wait time.Duration, err error) {
	req, err := request(ctx, h, e, w.cfg.Now())
	if err != nil {
		return 0, 0, err
	}
	resp, err := w.client.Do(req)
	if err != nil {
		return 0, 0, err
	}
	defer resp.Body.Close()
	// What the endpoint says is of no interest, nor whether it says it whole.
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, maxAnswer))
	return resp.StatusCode, retryAfter(resp, w.cfg.Now()), nil
}

func request(ctx context.Context, h *consult.Webhook, e *consult.Event, now time.Time) (*http.Request, error) {
	body, err := json.Marshal(envelope{ID: e.ID, Type: e.Type, CreatedAt: e.CreatedAt.UTC(), Sequence: e.Sequence, Data: e.Data})
	if err != nil {
		return nil, fmt.Errorf("encode event %s: %w", e.ID, err)
	}
	signatures := make([]string, 0, len(h.Secrets))
	for _, secret := range h.LiveSecrets(now) {
		s, err := Sign(secret, string(e.ID), now, body)
		if err != nil {
			return nil, err
		}
		signatures = append(signatures, s)
	}
	if len(signatures) == 0 {
		return nil, errors.New("the webhook has no secret")
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, h.URL, bytes.NewReader(body))
	if err != nil {
		return nil, errors.New("the webhook's URL cannot be read")
	}
	if req.URL.Scheme != "https" && req.URL.Scheme != "http" {
		return nil, errors.New("the webhook's URL is neither https nor http")
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "TMK-Webhooks/1")
	req.Header.Set(HeaderID, string(e.ID))
	req.Header.Set(HeaderTimestamp, strconv.FormatInt(now.Unix(), 10))
	req.Header.Set(HeaderSignature, strings.Join(signatures, " "))
	return req, nil
}

// shorten makes an error fit for the delivery log, which the integration reads:
// without the URL, which may hold a secret of its own, and without what our side of
// the network looks like: which inner address a name has, which server was asked for it.
func shorten(err error) string {
	var ue *url.Error
	if errors.As(err, &ue) {
		err = ue.Err
	}
	text := err.Error()
	var unknown *net.DNSError
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		text = "no answer in time"
	case errors.Is(err, errPrivate):
		text = errPrivate.Error()
	case errors.As(err, &unknown) && unknown.IsNotFound:
		text = "no such host"
	case errors.As(err, &unknown):
		text = "the name cannot be looked up"
	}
	return strings.ToValidUTF8(text[:min(len(text), maxErrorText)], "")
}

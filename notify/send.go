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
	maxErrorText    = 200
	maxAnswer       = 64 << 10 // read so that the connection can be used again
	maxAnswerHeader = 64 << 10
)

// envelope is the body of a webhook.
type envelope struct {
	ID        consult.EventID   `json:"id"`
	Type      consult.EventType `json:"type"`
	CreatedAt time.Time         `json:"createdAt"`
	Sequence  int64             `json:"sequence"`
	Data      json.RawMessage   `json:"data"`
}

// newClient makes the client of all deliveries. It knows no proxy, since a
// proxy would connect where the guard does not see it, and follows no redirects.
func newClient(allowPrivate bool) *http.Client {
	dialer := &net.Dialer{Timeout: 10 * time.Second}
	if !allowPrivate {
		dialer.Control = guard
	}
	return &http.Client{
		Transport: &http.Transport{
			DialContext:            dialer.DialContext,
			TLSHandshakeTimeout:    10 * time.Second,
			ForceAttemptHTTP2:      true,
			MaxIdleConns:           64,
			MaxIdleConnsPerHost:    4,
			IdleConnTimeout:        time.Minute,
			MaxResponseHeaderBytes: maxAnswerHeader,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// try makes one attempt and says what became of it.
func (w *Worker) try(ctx context.Context, d consult.Delivery) consult.Outcome {
	if !d.Webhook.DisabledAt.IsZero() {
		return consult.Outcome{Error: "the webhook is disabled", At: w.cfg.Now()}
	}
	ctx, cancel := context.WithTimeout(ctx, w.cfg.Timeout)
	defer cancel()
	status, wait, err := w.post(ctx, d)
	now := w.cfg.Now()
	o := consult.Outcome{Status: status, At: now}
	switch {
	case err != nil:
		o.Error = shorten(err)
	case status >= 200 && status < 300:
		o.Delivered = true
		return o
	case status == http.StatusGone:
		o.DisableWebhook = true
		o.Error = "410 Gone"
		return o
	default:
		o.Error = strings.TrimSpace(strconv.Itoa(status) + " " + http.StatusText(status))
	}
	o.RetryAt = nextTry(now, d.Attempts+1, wait)
	return o
}

// post sends one signed request and returns the answer's status and Retry-After.
func (w *Worker) post(ctx context.Context, d consult.Delivery) (status int, wait time.Duration, err error) {
	req, err := request(ctx, d, w.cfg.Now())
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

func request(ctx context.Context, d consult.Delivery, now time.Time) (*http.Request, error) {
	e := d.Event
	body, err := json.Marshal(envelope{ID: e.ID, Type: e.Type, CreatedAt: e.CreatedAt.UTC(), Sequence: e.Sequence, Data: e.Data})
	if err != nil {
		return nil, fmt.Errorf("encode event %s: %w", e.ID, err)
	}
	signatures := make([]string, 0, len(d.Webhook.Secrets))
	for _, secret := range d.Webhook.LiveSecrets(now) {
		s, err := Sign(secret, string(e.ID), now, body)
		if err != nil {
			return nil, err
		}
		signatures = append(signatures, s)
	}
	if len(signatures) == 0 {
		return nil, errors.New("the webhook has no secret")
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, d.Webhook.URL, bytes.NewReader(body))
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

// shorten makes an error fit for the delivery log: without the URL, which may
// hold a secret of the integration's, and bounded.
func shorten(err error) string {
	var ue *url.Error
	if errors.As(err, &ue) {
		err = ue.Err
	}
	text := err.Error()
	if errors.Is(err, context.DeadlineExceeded) {
		text = "no answer in time"
	}
	return strings.ToValidUTF8(text[:min(len(text), maxErrorText)], "")
}

package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// event is what a webhook tells. There are more types and fields than are named here.
type event struct {
	ID, Type string
	Sequence int // 1, 2, 3, … within its session; 0 in a test
	Data     struct{ SessionID, ExternalID, Status string }
}

// verify reads a webhook and fails unless TMK sent it: Standard Webhooks, over the bytes as they came.
// The secret is as it was shown when the endpoint was registered: "whsec_" and base64.
func verify(r *http.Request, secret string) (event, error) {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil {
		return event{}, fmt.Errorf("the secret: %w", err)
	}
	id, timestamp := r.Header.Get("webhook-id"), r.Header.Get("webhook-timestamp")
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	if err != nil || time.Since(time.Unix(seconds, 0)).Abs() > 5*time.Minute {
		return event{}, errors.New("the timestamp is not of now")
	}
	body, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, 64<<10))
	if err != nil {
		return event{}, fmt.Errorf("read the webhook: %w", err)
	}
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "%s.%s.%s", id, timestamp, body)
	want := []byte("v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	for got := range strings.FieldsSeq(r.Header.Get("webhook-signature")) { // two while the secret is changed
		if hmac.Equal([]byte(got), want) {
			var e event
			if err := json.Unmarshal(body, &e); err != nil {
				return event{}, fmt.Errorf("read the event: %w", err)
			}
			return e, nil
		}
	}
	return event{}, errors.New("not signed by TMK")
}

package demo

import (
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"time"

	"tmk/notify"
)

const (
	keepEvents   = 200 // the newest are kept
	longestPoll  = 25 * time.Second
	largestEvent = 64 << 10 // bytes
)

// event is one webhook as it arrived.
type event struct {
	N          int             `json:"n"` // of arrival, from 1
	ID         string          `json:"id"`
	Type       string          `json:"type"`
	Sequence   int64           `json:"sequence"`
	SessionID  string          `json:"sessionId"`
	Status     string          `json:"status"` // of the consultation; "" when the event does not tell it
	ReceivedAt time.Time       `json:"receivedAt"`
	Verified   bool            `json:"verified"` // the signature is ours
	Body       json.RawMessage `json:"body"`
}

// inbox is what has arrived; LK.mu guards it.
type inbox struct {
	events []event
	last   int                 // the newest event's N
	seen   map[string]struct{} // ids: delivery is at least once
	status map[string]string   // by session
	news   chan struct{}       // closed and replaced when an event comes
}

func (in *inbox) init() {
	in.seen, in.status, in.news = map[string]struct{}{}, map[string]string{}, make(chan struct{})
}

func (in *inbox) put(e event) {
	in.last++
	e.N = in.last
	in.events = append(in.events, e)
	if len(in.events) > keepEvents {
		in.events = in.events[1:]
	}
	close(in.news)
	in.news = make(chan struct{})
}

func (in *inbox) after(n int) []event {
	found := []event{}
	for _, e := range in.events {
		if e.N > n {
			found = append(found, e)
		}
	}
	return found
}

// postWebhook is LK's endpoint. An event that is not signed by the server is
// shown as such and refused, so that one sees it.
func (lk *LK) postWebhook(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, largestEvent))
	if err != nil {
		http.Error(w, "body too large", http.StatusRequestEntityTooLarge)
		return
	}
	var told struct {
		ID       string `json:"id"`
		Type     string `json:"type"`
		Sequence int64  `json:"sequence"`
		Data     struct {
			SessionID string `json:"sessionId"`
			Status    string `json:"status"`
		} `json:"data"`
	}
	if err := json.Unmarshal(body, &told); err != nil {
		http.Error(w, "body is not JSON", http.StatusBadRequest)
		return
	}
	lk.mu.Lock()
	defer lk.mu.Unlock()
	now := time.Now()
	verified := notify.Verify(lk.signing, r.Header, body, now) == nil
	if _, again := lk.inbox.seen[told.ID]; verified && again {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	lk.inbox.put(event{
		ID: told.ID, Type: told.Type, Sequence: told.Sequence, SessionID: told.Data.SessionID, Status: told.Data.Status,
		ReceivedAt: now, Verified: verified, Body: body,
	})
	if !verified {
		http.Error(w, "signature is not good", http.StatusUnauthorized)
		return
	}
	lk.inbox.seen[told.ID] = struct{}{}
	if told.Data.Status != "" {
		lk.inbox.status[told.Data.SessionID] = told.Data.Status
		for _, s := range lk.sessions {
			if s.ID == told.Data.SessionID {
				s.setStatus(told.Data.Status)
			}
		}
	}
	w.WriteHeader(http.StatusNoContent)
}

// getEvents waits until there is something newer than ?after.
func (lk *LK) getEvents(w http.ResponseWriter, r *http.Request) {
	after := 0
	if s := r.URL.Query().Get("after"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil || n < 0 {
			http.Error(w, "after is not a number", http.StatusBadRequest)
			return
		}
		after = n
	}
	timeout := time.NewTimer(longestPoll)
	defer timeout.Stop()
	for waiting := true; ; {
		lk.mu.Lock()
		items, last, news := lk.inbox.after(after), lk.inbox.last, lk.inbox.news
		lk.mu.Unlock()
		// A caller that is ahead knew an earlier start of the server: it hears at once.
		if len(items) > 0 || last < after || !waiting {
			writeJSON(w, http.StatusOK, map[string]any{"items": items, "next": last})
			return
		}
		select {
		case <-news:
		case <-timeout.C:
			waiting = false
		case <-lk.done:
			waiting = false
		case <-r.Context().Done():
			return
		}
	}
}

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
	keepEvents   = 300  // the newest are kept
	keepSeen     = 5000 // ids of events that were taken
	longestPoll  = 25 * time.Second
	largestEvent = 64 << 10 // bytes
)

// Place says how an event stands to those before it of the same consultation.
type place string

const (
	placeNext  place = "next"  // the one after the last, or the first that LK hears of
	placeAgain place = "again" // LK had it: at least once means that it may come twice
	placeGap   place = "gap"   // one before it is missing: this must never be seen
	placeNone  place = "none"  // of no consultation, or not believed
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
	Verified   bool            `json:"verified"` // the signature is the server's
	Place      place           `json:"place"`
	Answered   int             `json:"answered"` // the HTTP status that LK gave
	Body       json.RawMessage `json:"body"`
}

// inbox is what has arrived; LK.mu guards it.
type inbox struct {
	answer int // what good events are answered with: 204, or 503 while LK plays dead
	events []event
	last   int                 // the newest event's N
	seen   map[string]struct{} // ids: delivery is at least once
	order  []string            // of seen, oldest first
	upTo   map[string]int64    // the last sequence taken, by consultation
	news   chan struct{}       // closed and replaced when an event comes
}

func (in *inbox) init() {
	in.answer = http.StatusNoContent
	in.seen, in.upTo, in.news = map[string]struct{}{}, map[string]int64{}, make(chan struct{})
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

// take notes that an event was worked on.
func (in *inbox) take(id, session string, sequence int64) {
	if _, known := in.seen[id]; !known {
		in.seen[id] = struct{}{}
		in.order = append(in.order, id)
	}
	if len(in.order) > keepSeen {
		delete(in.seen, in.order[0])
		in.order = in.order[1:]
	}
	if session != "" {
		in.upTo[session] = max(in.upTo[session], sequence)
	}
}

func (in *inbox) place(id, session string, sequence int64) place {
	last, known := in.upTo[session]
	if _, again := in.seen[id]; again {
		return placeAgain
	}
	switch {
	case session == "" || sequence == 0:
		return placeNone
	case !known || sequence == last+1:
		return placeNext
	case sequence <= last:
		return placeAgain
	}
	return placeGap
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

// told is what LK reads of a webhook's body.
type told struct {
	ID       string `json:"id"`
	Type     string `json:"type"`
	Sequence int64  `json:"sequence"`
	Data     struct {
		SessionID string `json:"sessionId"`
		Status    string `json:"status"`
	} `json:"data"`
}

// postWebhook is LK's endpoint. An event that is not signed by the server is
// shown as such and refused, so that one sees it.
func (lk *LK) postWebhook(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, largestEvent))
	if err != nil {
		http.Error(w, "body too large", http.StatusRequestEntityTooLarge)
		return
	}
	var what told
	if err := json.Unmarshal(body, &what); err != nil {
		http.Error(w, "body is not JSON", http.StatusBadRequest)
		return
	}
	now := time.Now()
	lk.mu.Lock()
	defer lk.mu.Unlock()
	if len(lk.signing) == 0 {
		http.Error(w, "LK is starting", http.StatusServiceUnavailable)
		return
	}
	e := event{
		ID: what.ID, Type: what.Type, Sequence: what.Sequence, SessionID: what.Data.SessionID, Status: what.Data.Status,
		ReceivedAt: now, Verified: notify.Verify(lk.signing, r.Header, body, now) == nil,
		Place: placeNone, Answered: http.StatusUnauthorized, Body: body,
	}
	if e.Verified {
		e.Place, e.Answered = lk.inbox.place(e.ID, e.SessionID, e.Sequence), lk.inbox.answer
	}
	lk.inbox.put(e)
	switch e.Answered {
	case http.StatusNoContent:
		lk.inbox.take(e.ID, e.SessionID, e.Sequence)
		w.WriteHeader(http.StatusNoContent)
	case http.StatusUnauthorized:
		http.Error(w, "signature is not good", e.Answered)
	default:
		http.Error(w, "LK plays dead", e.Answered)
	}
}

// putReceiver lets LK play dead, so that one sees how the server tries again.
func (lk *LK) putReceiver(w http.ResponseWriter, r *http.Request) {
	var want struct {
		Answer int `json:"answer"`
	}
	err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<10)).Decode(&want)
	if err != nil || want.Answer != http.StatusNoContent && want.Answer != http.StatusServiceUnavailable {
		http.Error(w, "answer is 204 or 503", http.StatusBadRequest)
		return
	}
	lk.mu.Lock()
	lk.inbox.answer = want.Answer
	lk.mu.Unlock()
	writeJSON(w, http.StatusOK, want)
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

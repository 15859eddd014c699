package api

import (
	"context"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"tmk/consult"
)

// Bounds on those who wait for events: each holds a connection.
const (
	maxWait          = 25 * time.Second
	maxWaiting       = 200
	maxWaitingOfOne  = 10          // callers with keys of one integration
	lookAnyway       = time.Second // between two looks: another node's hint does not come here
	retryManyWaiting = 5 * time.Second
)

func (a *API) listEvents(c echo.Context) error {
	limit, bad := limitParam(c)
	wait, badWait := waitParam(c)
	if err := invalidOf(bad, badWait); err != nil {
		return err
	}
	ctx, by, after := c.Request().Context(), principal(c), consult.EventID(c.QueryParam("after"))
	if c.Request().Method == http.MethodHead {
		wait = 0
	}
	events, err := a.desk.Events(ctx, by, after, limit)
	if err == nil && len(events) == 0 && wait > 0 {
		if !a.waiting.enter(by.Key.Integration) {
			setRetryAfter(c, retryManyWaiting)
			return consult.Errorf(consult.CodeRateLimited, msgManyWaiting)
		}
		defer a.waiting.leave(by.Key.Integration)
		keepWriting(c, wait)
		events, err = a.awaitEvents(ctx, by, after, limit, wait)
		if err == nil && len(events) > 0 { // the key may have ended meanwhile
			token, _ := bearer(c.Request())
			_, err = a.auth.Key(ctx, token)
		}
	}
	if err != nil {
		return err
	}
	return answerEvents(c, events, string(after))
}

// awaitEvents looks at the log whenever something may have come, until something has or the wait is over.
func (a *API) awaitEvents(ctx context.Context, by consult.Principal, after consult.EventID, limit int, wait time.Duration,
) ([]*consult.Event, error) {
	end := time.NewTimer(wait)
	defer end.Stop()
	tick := time.NewTicker(lookAnyway)
	defer tick.Stop()
	for {
		news := a.waiting.news()
		events, err := a.desk.Events(ctx, by, after, limit)
		if err != nil || len(events) > 0 {
			return events, err
		}
		select {
		case <-news:
		case <-tick.C:
		case <-end.C:
			return nil, nil
		case <-a.waiting.ended:
			return nil, nil
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// keepWriting moves the connection's deadlines behind the wait.
func keepWriting(c echo.Context, wait time.Duration) {
	_ = http.NewResponseController(c.Response()).SetWriteDeadline(time.Now().Add(wait + stall)) // where there are deadlines
}

func answerEvents(c echo.Context, events []*consult.Event, after string) error {
	page := EventPage{Items: make([]WebhookEvent, 0, len(events)), NextAfter: after}
	for _, e := range events {
		page.Items = append(page.Items, showEvent(e))
		page.NextAfter = string(e.ID)
	}
	return answer(c, http.StatusOK, page)
}

// showEvent is an event as webhooks send it.
func showEvent(e *consult.Event) WebhookEvent {
	return WebhookEvent{
		ID: string(e.ID), Type: EventType(e.Type), CreatedAt: e.CreatedAt.UTC(), Sequence: e.Sequence, Data: e.Data,
	}
}

func waitParam(c echo.Context) (time.Duration, *consult.FieldError) {
	if !c.QueryParams().Has("wait") {
		return 0, nil
	}
	n, err := strconv.Atoi(c.QueryParam("wait"))
	if err != nil || n < 0 || n > int(maxWait/time.Second) {
		return 0, &consult.FieldError{Pointer: "/wait", Message: msgBadWait}
	}
	return time.Duration(n) * time.Second, nil
}

// waitingRoom counts those who wait for events, and wakes them.
type waitingRoom struct {
	ended chan struct{} // closed: nobody waits any more

	mu    sync.Mutex
	next  chan struct{} // closed by the next news
	of    map[string]int
	total int
	over  bool
}

func newWaitingRoom() *waitingRoom {
	return &waitingRoom{ended: make(chan struct{}), next: make(chan struct{}), of: make(map[string]int)}
}

// enter reports whether one more of the integration may wait.
func (w *waitingRoom) enter(integration string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.total >= maxWaiting || w.of[integration] >= maxWaitingOfOne {
		return false
	}
	w.total++
	w.of[integration]++
	return true
}

func (w *waitingRoom) leave(integration string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.total--
	if w.of[integration]--; w.of[integration] == 0 {
		delete(w.of, integration)
	}
}

// news is closed when something may have come after this call.
func (w *waitingRoom) news() <-chan struct{} {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.next
}

// hear wakes everybody for events. It does not block.
func (w *waitingRoom) hear(h consult.Hint) {
	if h.Kind != consult.HintOutbox {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.total > 0 {
		close(w.next)
		w.next = make(chan struct{})
	}
}

// end lets everybody go, for good.
func (w *waitingRoom) end() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.over {
		w.over = true
		close(w.ended)
	}
}

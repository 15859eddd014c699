package api

import (
	"container/list"
	"net/netip"
	"sync"
	"time"

	"github.com/labstack/echo/v4"
	"golang.org/x/time/rate"
)

// maxRemembered bounds every map here that callers fill. When it is full, who
// was longest not seen is forgotten.
const maxRemembered = 10_000

// limiter gives each caller a token bucket.
type limiter struct {
	perSecond rate.Limit
	burst     int
	now       func() time.Time

	mu      sync.Mutex
	buckets map[string]*list.Element // of *bucket
	order   *list.List               // latest seen in front
}

type bucket struct {
	caller string
	tokens *rate.Limiter
}

func newLimiter(perSecond float64, burst int, now func() time.Time) *limiter {
	return &limiter{
		perSecond: rate.Limit(perSecond), burst: burst, now: now,
		buckets: make(map[string]*list.Element), order: list.New(),
	}
}

// take uses up one of the caller's tokens and returns 0, or returns how long
// he has to wait for one.
func (l *limiter) take(caller string) time.Duration {
	now := l.now()
	l.mu.Lock()
	defer l.mu.Unlock()
	r := l.bucketLocked(caller).ReserveN(now, 1)
	wait := r.DelayFrom(now)
	if wait > 0 {
		r.CancelAt(now)
	}
	return wait
}

func (l *limiter) bucketLocked(caller string) *rate.Limiter {
	if e, ok := l.buckets[caller]; ok {
		l.order.MoveToFront(e)
		return e.Value.(*bucket).tokens
	}
	if len(l.buckets) >= maxRemembered {
		last := l.order.Back()
		delete(l.buckets, l.order.Remove(last).(*bucket).caller)
	}
	b := &bucket{caller: caller, tokens: rate.NewLimiter(l.perSecond, l.burst)}
	l.buckets[caller] = l.order.PushFront(b)
	return b.tokens
}

// address is where a request comes from, as a caller's name: an IPv6 host owns
// the whole /64.
func address(c echo.Context) string {
	a, err := netip.ParseAddr(c.RealIP())
	if err != nil {
		return "ip:unknown"
	}
	if a = a.Unmap(); a.Is6() {
		if p, err := a.WithZone("").Prefix(64); err == nil {
			a = p.Addr()
		}
	}
	return "ip:" + a.String()
}

package notify

import (
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"
)

// waits is how long after the failure of the n-th try the next one comes. The
// first try is at once; after the last wait's try the delivery is dead.
type waits []time.Duration

// promised are the waits that integrations are told of. They add up to a
// little over three days.
var promised = waits{
	5 * time.Second,
	time.Minute,
	5 * time.Minute,
	30 * time.Minute,
	2 * time.Hour,
	5 * time.Hour,
	10 * time.Hour,
	14 * time.Hour,
	20 * time.Hour,
	24 * time.Hour,
}

// maxWait bounds what an endpoint may ask for by Retry-After.
const maxWait = 24 * time.Hour

// jitter spreads the retries of many deliveries that failed together: up to
// this part of the wait is added.
const jitter = 0.1

// nextTry returns when to try again after tries failed ones, the last of
// which ended at now; zero when that was the last. An endpoint's own
// retryAfter makes it later, never sooner: otherwise an endpoint could use up
// all its tries within seconds.
func (w waits) nextTry(now time.Time, tries int, retryAfter time.Duration) time.Time {
	if tries > len(w) {
		return time.Time{}
	}
	wait := w[max(tries, 1)-1]
	wait += time.Duration(rand.Float64() * jitter * float64(wait))
	return now.Add(max(wait, min(retryAfter, maxWait)))
}

// retryAfter reads the Retry-After header of a 429 or 503 (RFC 9110 §10.2.3):
// seconds or a date. 0 when there is none that can be read.
func retryAfter(resp *http.Response, now time.Time) time.Duration {
	if resp.StatusCode != http.StatusTooManyRequests && resp.StatusCode != http.StatusServiceUnavailable {
		return 0
	}
	value := resp.Header.Get("Retry-After")
	if seconds, err := strconv.Atoi(value); err == nil {
		return time.Duration(min(max(seconds, 0), int(maxWait/time.Second))) * time.Second
	}
	if at, err := http.ParseTime(value); err == nil {
		return max(at.Sub(now), 0)
	}
	return 0
}

// Package layers decides which form of a picture a receiver gets. There is one
// form so far, so it decides between that and none; with simulcast the same
// rule walks down the layers before it ends at none. It is pure.
package layers

import "time"

const (
	// shortFor is how long a picture may be too much before it is held back:
	// estimates dip, and senders need a moment to follow a lower cap.
	shortFor = 3 * time.Second
	// A picture held back is tried again after firstTrial, then after twice as
	// long each time up to lastTrial: without a picture on the line the
	// receiver's estimate has nothing to grow by.
	firstTrial = 5 * time.Second
	lastTrial  = 60 * time.Second
	// steady is how long a picture has to flow for the next trial to be early again.
	steady = 20 * time.Second
)

// Choice is what one receiver gets of one picture. The zero Choice lets it flow.
type Choice struct {
	held    bool
	since   time.Time // of flowing or being held
	short   time.Time // too much since; zero when it is not
	backOff time.Duration
}

// Held tells whether the picture is held back.
func (c *Choice) Held() bool { return c.held }

// Tick takes what the receiver has for the picture (0 unknown) and what the
// picture takes, bits per second, and tells whether Held has changed.
func (c *Choice) Tick(now time.Time, have, takes int64) (changed bool) {
	if c.since.IsZero() {
		c.since = now
	}
	if c.held {
		if now.Sub(c.since) < c.backOff && (have == 0 || have < takes+takes/4) {
			return false
		}
		c.held, c.since, c.short = false, now, time.Time{}
		return true
	}
	if have == 0 || takes <= have+have/4 { // a quarter over is the estimate's own noise
		c.short = time.Time{}
		return false
	}
	if c.short.IsZero() {
		c.short = now
	}
	if now.Sub(c.short) < shortFor {
		return false
	}
	if now.Sub(c.since) >= steady || c.backOff == 0 {
		c.backOff = firstTrial
	} else {
		c.backOff = min(2*c.backOff, lastTrial)
	}
	c.held, c.since = true, now
	return true
}

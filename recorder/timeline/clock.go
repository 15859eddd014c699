package timeline

import "time"

// Clock ties a sender's wall clock to ours. Its two tracks share it.
type Clock struct {
	base     time.Time // of the sender's clock, the first report's
	known    bool
	cur, old least
	jumped   int
}

// least is the smallest difference seen in one window.
type least struct {
	since time.Duration
	value time.Duration
	any   bool
}

const (
	// clockWindow is how long a smallest difference counts at least. Senders
	// report every 1 to 5 s; a clock that is 200 ppm off drifts 3 ms in it.
	clockWindow = 15 * time.Second
	// clockJump: a difference this far off the smallest is no delay but a clock
	// that was set, when clockJumps reports in a row say so.
	clockJump  = 3 * time.Second
	clockJumps = 3
)

// observe takes a report's NTP time and its arrival.
func (c *Clock) observe(ntp time.Time, arrival time.Duration) {
	if !c.known {
		c.known, c.base = true, ntp
	}
	d := arrival - ntp.Sub(c.base)
	if off := d - c.offset(); c.cur.any && (off > clockJump || off < -clockJump) {
		if c.jumped++; c.jumped < clockJumps {
			return
		}
		c.cur, c.old = least{}, least{}
	}
	c.jumped = 0
	if c.cur.any && arrival-c.cur.since >= clockWindow {
		c.old, c.cur = c.cur, least{}
	}
	if !c.cur.any {
		c.cur = least{since: arrival, value: d, any: true}
	}
	c.cur.value = min(c.cur.value, d)
}

// offset is what to add to the sender's time since base.
func (c *Clock) offset() time.Duration {
	if c.old.any {
		return min(c.old.value, c.cur.value)
	}
	return c.cur.value
}

// local is our time of the sender's.
func (c *Clock) local(ntp time.Time) time.Duration { return ntp.Sub(c.base) + c.offset() }

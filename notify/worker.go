package notify

import (
	"context"
	"log/slog"
	"net/http"
	"runtime/debug"
	"sync"
	"time"

	"tmk/consult"
)

// Outbox is what a worker needs of the store; see [consult.Store].
type Outbox interface {
	ClaimDeliveries(ctx context.Context, now time.Time, lease time.Duration, limit, perWebhook int) ([]consult.Delivery, error)
	SettleDelivery(ctx context.Context, d *consult.Delivery, o consult.Outcome) error
}

// Config is what an installation may choose; zero fields take their defaults.
type Config struct {
	AllowPrivate bool             // deliver to loopback and private addresses too
	Workers      int              // tries at a time; 64
	PerWebhook   int              // of them to one webhook, whoever makes them; 8
	Timeout      time.Duration    // of one try; 15 s
	Poll         time.Duration    // how often to look when no hint comes; 1 s
	StopWithin   time.Duration    // how long tries under way may go on after a stop; 5 s
	Now          func() time.Time // time.Now
}

// Bounds of what the outbox may take. A claim that comes late has used up some
// of its own lease: of that, see [Worker.deliver].
const (
	claimWithin  = 3 * time.Second
	settleWithin = 10 * time.Second
)

// maxTests is how many tests may be under way at a time.
const maxTests = 8

// leaseMargin is what a lease has above the longest a try and its settling take.
const leaseMargin = 5 * time.Second

// Worker delivers events. Any number of workers may share an outbox.
type Worker struct {
	cfg    Config
	outbox Outbox
	feed   consult.Feed
	log    *slog.Logger
	client *http.Client
	waits  waits
	lease  time.Duration // the longest a try and its settling take, and a margin
	wake   chan struct{}
	tests  chan struct{} // a place for each test under way
}

// New makes a worker; [Worker.Run] starts it.
func New(cfg Config, outbox Outbox, feed consult.Feed, log *slog.Logger) *Worker {
	if cfg.Workers <= 0 {
		cfg.Workers = 64
	}
	if cfg.PerWebhook <= 0 {
		cfg.PerWebhook = 8
	}
	if cfg.Timeout <= 0 {
		cfg.Timeout = 15 * time.Second
	}
	if cfg.Poll <= 0 {
		cfg.Poll = time.Second
	}
	if cfg.StopWithin <= 0 {
		cfg.StopWithin = 5 * time.Second
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &Worker{
		cfg: cfg, outbox: outbox, feed: feed, log: log,
		client: NewClient(cfg.AllowPrivate),
		waits:  promised,
		lease:  cfg.Timeout + settleWithin + leaseMargin,
		wake:   make(chan struct{}, 1),
		tests:  make(chan struct{}, maxTests),
	}
}

// Run delivers until ctx is done, and returns nil when all its goroutines
// have ended: tries under way get Config.StopWithin to come to an end; those
// that do not are left to their lease.
func (w *Worker) Run(ctx context.Context) error {
	cancel := w.feed.Subscribe(func(h consult.Hint) {
		if h.Kind == consult.HintOutbox {
			w.poke()
		}
	})
	defer cancel()
	defer w.client.CloseIdleConnections()

	tries, stopTries := context.WithCancel(context.WithoutCancel(ctx))
	defer stopTries()
	var running sync.WaitGroup
	slots := make(chan struct{}, w.cfg.Workers)
	poll := time.NewTicker(w.cfg.Poll)
	defer poll.Stop()
	for ctx.Err() == nil {
		until := time.Now().Add(w.lease)
		for _, d := range w.claim(ctx, cap(slots)-len(slots)) {
			slots <- struct{}{} // never blocks: only this goroutine fills slots
			running.Go(func() {
				defer func() { <-slots; w.poke() }() // its successor may go now
				w.deliver(tries, d, until)
			})
		}
		select {
		case <-ctx.Done():
		case <-w.wake:
		case <-poll.C:
		}
	}
	late := time.AfterFunc(w.cfg.StopWithin, stopTries)
	defer late.Stop()
	running.Wait()
	return nil
}

// poke makes the loop look into the outbox soon. It never blocks.
func (w *Worker) poke() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// claim takes up to limit deliveries. They are tried at once, so that the
// lease covers the whole try.
func (w *Worker) claim(ctx context.Context, limit int) []consult.Delivery {
	if limit == 0 {
		return nil
	}
	within, cancel := context.WithTimeout(ctx, claimWithin)
	defer cancel()
	ds, err := w.outbox.ClaimDeliveries(within, w.cfg.Now(), w.lease, limit, w.cfg.PerWebhook)
	if err != nil {
		if ctx.Err() == nil {
			w.log.Error("cannot read the outbox", "err", err)
		}
		return nil
	}
	return ds
}

// deliver tries once and settles. When ctx ends during the try, nothing is
// settled: whether the endpoint got it is not known, and that is no fault of its.
// Until then the delivery is ours: where the database or the machine was so slow
// that a whole try has no room before it, there is none, for another worker's
// could overtake it; the delivery comes again when its lease is over.
func (w *Worker) deliver(ctx context.Context, d consult.Delivery, until time.Time) {
	log := w.log.With("event", d.Event.ID, "type", d.Event.Type, "webhook", d.Webhook.ID, "try", d.Attempts+1)
	if time.Until(until) < w.cfg.Timeout {
		log.Warn("a delivery was taken too late to be tried; it will be taken again")
		return
	}
	o := w.trySafely(ctx, d, log)
	if ctx.Err() != nil && !o.Delivered {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleWithin)
	defer cancel()
	if err := w.outbox.SettleDelivery(ctx, &d, o); err != nil {
		log.Error("cannot settle a delivery; it will be made again", "err", err)
		return
	}
	switch {
	case o.Delivered:
		log.Debug("delivered", "status", o.Status)
	case o.DisableWebhook:
		log.Warn("the endpoint is gone; the webhook is disabled", "status", o.Status)
	case o.RetryAt.IsZero():
		log.Error("delivery given up", "status", o.Status, "reason", o.Error)
	default:
		log.Warn("delivery failed", "status", o.Status, "reason", o.Error, "retryAt", o.RetryAt)
	}
}

// trySafely is try; a panic is a failed try like any other, so that a delivery that we
// cannot make does not stand in the way of its successors for ever.
func (w *Worker) trySafely(ctx context.Context, d consult.Delivery, log *slog.Logger) (o consult.Outcome) {
	defer func() {
		if p := recover(); p != nil {
			log.Error("panic in a delivery", "panic", p, "stack", string(debug.Stack()))
			now := w.cfg.Now()
			o = consult.Outcome{Error: "a defect of the sender", At: now, RetryAt: w.waits.nextTry(now, d.Attempts+1, 0)}
		}
	}()
	return w.try(ctx, d)
}

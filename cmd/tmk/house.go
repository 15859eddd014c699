package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"golang.org/x/sync/errgroup"

	"tmk/consult"
)

const (
	sealEvery      = time.Second     // what was committed gets its place in log and chain
	flushEvery     = time.Second     // who read what, and whose login was refused, is written down
	anchorEvery    = time.Second     // where the chain of the audit ends is noted outside the database
	heartbeatEvery = 5 * time.Second // other servers on the database know that this one lives
	daily          = 24 * time.Hour
	lastWordsWait  = 5 * time.Second // what is still to be written at the end may take
)

// keepHouse starts what goes on by itself until ctx ends; the group waits for it.
func (s *server) keepHouse(ctx context.Context, group *errgroup.Group) {
	desk := s.facts.desk
	for _, chore := range []chore{
		{"seal log and audit", sealEvery, desk.Seal},
		{"write down who read what", flushEvery, desk.FlushReads},
		{"write down who was refused", flushEvery, s.facts.auth.FlushRefused},
		{"tell that this server lives", heartbeatEvery, desk.Heartbeat},
		{"look at the keys", daily, s.warnOfKeys},
		{"note the head of the audit", anchorEvery, desk.AnchorAudit},
		{"check the audit", daily, s.checkAudit},
	} {
		group.Go(func() error { s.every(ctx, chore); return nil })
	}
}

// chore is something to do again and again.
type chore struct {
	what  string
	every time.Duration
	do    func(context.Context) error
}

// every does a chore at once and then at its time until ctx ends. A failure is
// told when it begins and when it is over, not each second between.
func (s *server) every(ctx context.Context, c chore) {
	tick := time.NewTicker(c.every)
	defer tick.Stop()
	failing := false
	for {
		err := c.do(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil && !failing:
			s.log.Error("cannot "+c.what, "err", err)
		case err == nil && failing:
			s.log.Info("can again " + c.what)
		}
		failing = err != nil
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// lastWords writes what waits to be written, when everybody has gone.
func (s *server) lastWords() error {
	ctx, cancel := context.WithTimeout(context.Background(), lastWordsWait)
	defer cancel()
	if err := errors.Join(s.facts.desk.FlushReads(ctx), s.facts.auth.FlushRefused(ctx)); err != nil {
		return fmt.Errorf("stop: %w", err)
	}
	if err := s.facts.desk.Seal(ctx); err != nil {
		return fmt.Errorf("stop: %w", err)
	}
	return wrap("stop", s.facts.desk.AnchorAudit(ctx))
}

// warnOfKeys logs keys that end soon, and keys whose integration may not have
// noticed that they have ended.
func (s *server) warnOfKeys(ctx context.Context) error {
	keys, err := s.facts.desk.APIKeys(ctx, consult.System)
	if err != nil {
		return err
	}
	now := time.Now()
	for _, k := range keys {
		switch state := keyState(k, now); {
		case state == keyExpiring:
			s.log.Warn("an API key expires soon: make another and give it to the integration",
				"key", string(k.ID), "integration", k.Integration, "expires", k.ExpiresAt, "last_used", lastUse(k))
		case state == keyExpired && k.ExpiresAt.Sub(k.LastUsedAt) < expiresSoon && now.Sub(k.ExpiresAt) < expiresSoon:
			s.log.Warn("an API key has expired that was in use until then",
				"key", string(k.ID), "integration", k.Integration, "expired", k.ExpiresAt, "last_used", lastUse(k))
		}
	}
	return nil
}

// lastUse is when a key was used last, for the log.
func lastUse(k *consult.APIKey) slog.Value {
	if k.LastUsedAt.IsZero() {
		return slog.StringValue("never")
	}
	return slog.TimeValue(k.LastUsedAt)
}

// checkAudit checks the chain and logs its head: a log that is kept elsewhere
// proves later that nothing before it was cut off (tmk audit verify --head N:LINK),
// also to somebody who does not trust this machine.
func (s *server) checkAudit(ctx context.Context) error {
	v, err := s.facts.desk.VerifyAudit(ctx)
	if err != nil {
		return err
	}
	if v.Why != "" {
		s.log.Error("the audit was tampered with: tmk audit verify", "why", string(v.Why), "good_entries", v.Entries)
		return nil
	}
	s.log.Info("the audit is whole", "entries", v.Entries, "head", headText(v.Head))
	return nil
}

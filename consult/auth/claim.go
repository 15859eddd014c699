package auth

import (
	"context"
	"crypto/subtle"
	"fmt"
	"sync"
	"time"

	"tmk/consult"
)

const (
	claimBytes = 32          // randomness of the link that claims: 256 bits
	claimCheck = time.Second // how often the database is asked, while unclaimed, whether somebody was made elsewhere
)

// claim is the way of the first administrator into an installation without an
// account. The token is in memory only: a new one at each start, none once claimed.
type claim struct {
	mu      sync.Mutex
	token   []byte    // SHA-256; nil when not open
	checked time.Time // the database was asked then
}

// OpenClaim begins to refuse everything while there is no account, and returns
// the token with which [Auth.Claim] makes the first; "" when there is one already.
// Before it is called, and on every other Auth, [Auth.Claimed] is true.
func (a *Auth) OpenClaim(ctx context.Context) (string, error) {
	n, err := a.StaffCount(ctx)
	if err != nil || n > 0 {
		return "", err
	}
	token := consult.NewToken(claimBytes)
	a.claim.mu.Lock()
	defer a.claim.mu.Unlock()
	a.claim.token, a.claim.checked = consult.HashToken(token), a.cfg.Now()
	return token, nil
}

// Claimed tells whether the installation has an administrator. While it has none,
// the database is asked at most once a second: a command may have made one.
func (a *Auth) Claimed(ctx context.Context) bool {
	a.claim.mu.Lock()
	now := a.cfg.Now()
	open, due := a.claim.token != nil, now.Sub(a.claim.checked) >= claimCheck
	if open && due {
		a.claim.checked = now
	}
	a.claim.mu.Unlock()
	if !open || !due {
		return !open
	}
	n, err := a.StaffCount(ctx)
	if err != nil {
		a.cfg.Log.Warn("whether there is an administrator could not be asked", "err", err)
	}
	if err != nil || n == 0 {
		return false
	}
	a.closeClaim()
	return true
}

func (a *Auth) closeClaim() {
	a.claim.mu.Lock()
	defer a.claim.mu.Unlock()
	a.claim.token = nil
}

// Claim makes the first administrator and logs him in. It works for one: of many
// at once, the others get conflict. Codes: unauthorized (the token is not this
// start's), conflict (there is an account already), invalid.
func (a *Auth) Claim(ctx context.Context, token string, o StaffOrder, password, agent string) (*Door, error) {
	a.claim.mu.Lock()
	want := a.claim.token
	a.claim.mu.Unlock()
	if want == nil {
		return nil, claimedAlready
	}
	if subtle.ConstantTimeCompare(want, consult.HashToken(token)) != 1 {
		return nil, consult.Errorf(consult.CodeUnauthorized, "the link is not the one that the server printed at its last start")
	}
	o.Roles = []consult.StaffRole{consult.StaffAdmin}
	staff, err := a.newStaff(ctx, o, password)
	if err != nil {
		return nil, err
	}
	var cookie string
	err = a.store.Update(ctx, func(tx consult.Tx) error {
		n, err := tx.StaffCount()
		if err != nil {
			return err
		}
		if n > 0 {
			return claimedAlready
		}
		if err := tx.AddStaff(staff); err != nil {
			return err
		}
		if err := a.audit(tx, consult.Principal{Staff: staff}, actClaim, string(staff.ID), ""); err != nil {
			return err
		}
		cookie, err = a.openSession(tx, staff, WayPassword, agent)
		return err
	})
	if err == nil || consult.CodeOf(err) == consult.CodeConflict {
		a.closeClaim()
	}
	if err != nil {
		return nil, fmt.Errorf("claim the installation: %w", err)
	}
	return &Door{Cookie: cookie, Staff: staff}, nil
}

var claimedAlready = consult.Errorf(consult.CodeConflict, "the installation has an administrator already")

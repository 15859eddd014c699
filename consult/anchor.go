package consult

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
)

// AuditAnchor keeps the head of the audit where who can write to the store cannot:
// without it he could take the whole chain apart, leave entries out, and have the rest
// chained anew. Its methods may be called by several processes of one installation at a time.
type AuditAnchor interface {
	// Noted is the head that was noted last; the zero AuditHead when none was.
	Noted() (AuditHead, error)
	// Note replaces it.
	Note(AuditHead) error
}

// errAnchorLost is when the chain is not the one that was anchored.
var errAnchorLost = errors.New("the chain does not hold the entry that was noted last: see tmk audit verify")

// anchored is the head that the anchor holds, if there is one.
func (d *Desk) anchored() ([]AuditHead, error) {
	if d.cfg.AuditAnchor == nil {
		return nil, nil
	}
	h, err := d.cfg.AuditAnchor.Noted()
	if err != nil {
		return nil, fmt.Errorf("read anchor of the audit: %w", err)
	}
	if h == (AuditHead{}) {
		return nil, nil
	}
	return []AuditHead{h}, nil
}

// AnchorAudit notes the head of the chain outside the store, where the chain goes on
// from the head noted before; where it does not, that one stays noted, and it fails. It is
// called every second.
func (d *Desk) AnchorAudit(ctx context.Context) error {
	if d.cfg.AuditAnchor == nil {
		return nil
	}
	noted, err := d.anchored()
	if err != nil {
		return err
	}
	head, err := d.auditHead(ctx)
	if err != nil || len(head) == 0 && len(noted) == 0 {
		return err
	}
	for _, before := range noted {
		if len(head) > 0 && before == head[0] {
			return nil
		}
		if err := d.holds(ctx, before); err != nil {
			return err
		}
	}
	if err := d.cfg.AuditAnchor.Note(head[0]); err != nil {
		return fmt.Errorf("anchor the audit: %w", err)
	}
	return nil
}

// holds fails unless a head that was noted is in the chain.
func (d *Desk) holds(ctx context.Context, h AuditHead) error {
	return d.store.View(ctx, func(tx Tx) error {
		at, err := tx.AuditChain(h.N-1, 1)
		if err != nil {
			return fmt.Errorf("read chain of the audit: %w", err)
		}
		if len(at) == 0 || at[0].N != h.N || hex.EncodeToString(at[0].Link) != h.Link {
			return errAnchorLost
		}
		return nil
	})
}

// AcceptAudit takes a chain that is in order for whole although it does not hold the
// head that was noted: an older copy of the store was put back. The audit tells that it
// was done, and which head was noted. Only who has the machine may. It fails when the chain itself is not in order.
func (d *Desk) AcceptAudit(ctx context.Context) (AuditVerdict, error) {
	noted, err := d.anchored()
	if err != nil {
		return AuditVerdict{}, err
	}
	before := ""
	if len(noted) > 0 {
		before = fmt.Sprintf("%d:%s", noted[0].N, noted[0].Link)
	}
	v, err := d.verifyAudit(ctx, nil)
	if err != nil {
		return v, err
	}
	if v.Why != "" {
		return v, fmt.Errorf("the chain itself is not in order behind entry %d: %s", v.Entries, v.Why)
	}
	if err := d.change(ctx, System, func(ch *change) error {
		return ch.audit(actAcceptAudit, "", "", before)
	}); err != nil {
		return v, err
	}
	v, err = d.verifyAudit(ctx, nil)
	if err != nil || d.cfg.AuditAnchor == nil {
		return v, err
	}
	if err := d.cfg.AuditAnchor.Note(v.Head); err != nil {
		return v, fmt.Errorf("anchor the audit: %w", err)
	}
	return v, nil
}

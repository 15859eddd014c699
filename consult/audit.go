package consult

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
)

// AuditPage is one page of the audit, the newest first.
type AuditPage struct {
	Items []*AuditEntry
	Next  string // for AuditQuery.After; "" at the end
}

// Audit reads the audit; that is noted there too. q.Limit is 1..200, 0 means 50. Codes: forbidden, invalid.
func (d *Desk) Audit(ctx context.Context, by Principal, q AuditQuery) (*AuditPage, error) {
	limit, err := pageSize(q.Limit)
	if err != nil {
		return nil, err
	}
	if !q.From.IsZero() && !q.To.IsZero() && q.To.Before(q.From) {
		return nil, Invalid("/from", "is later than the end")
	}
	page := &AuditPage{}
	err = d.reading(ctx, by, ActReadAudit, "", func(tx Tx) (ConsultationID, error) {
		*page = AuditPage{}
		if err := authorize(by, ActReadAudit, target{}); err != nil {
			return "", err
		}
		q.Limit = limit + 1 // one more tells whether there is a next page
		items, err := tx.Audit(q)
		if CodeOf(err) == CodeNotFound {
			return "", Invalid("/cursor", "is not a cursor that this list has given")
		}
		if err != nil {
			return "", fmt.Errorf("read audit: %w", err)
		}
		if len(items) > limit {
			items = items[:limit]
			page.Next = items[limit-1].ID
		}
		page.Items = items
		return "", nil
	})
	if err != nil {
		return nil, err
	}
	return page, nil
}

// Seal gives what was committed its place in the log of events and in the chain
// of the audit, see [Store.Seal]. It is called every second.
func (d *Desk) Seal(ctx context.Context) error {
	if err := d.store.Seal(ctx, d.cfg.auditLink); err != nil {
		return fmt.Errorf("seal: %w", err)
	}
	return nil
}

// auditLink chains an entry to the one before: HMAC-SHA256 over the link before
// and every field, each with its length, so that no two entries are written alike.
func (cfg Config) auditLink(before []byte, a *AuditEntry) []byte {
	mac := hmac.New(sha256.New, cfg.AuditKey)
	field := func(b []byte) {
		mac.Write(binary.BigEndian.AppendUint64(nil, uint64(len(b))))
		mac.Write(b)
	}
	number := func(n int64) { field(binary.BigEndian.AppendUint64(nil, uint64(n))) }
	field([]byte("tmk audit 1"))
	field(before)
	number(a.N)
	number(a.At.UnixMicro())
	for _, s := range []string{a.ID, a.Actor, a.Action, string(a.ConsultationID), a.Object, a.Detail} {
		field([]byte(s))
	}
	return mac.Sum(nil)
}

// AuditHead is the last entry of the chain: who notes it down elsewhere can
// tell later that nothing before it was touched or cut off.
type AuditHead struct {
	N    int64
	Link string // hex
}

// AuditFault is what is wrong with the first entry that does not fit.
type AuditFault string

const (
	AuditChanged   AuditFault = "changed"   // the entry is not what was chained
	AuditForged    AuditFault = "forged"    // it was chained, but not written, or not so, by who has the key
	AuditRemoved   AuditFault = "removed"   // entries before it are gone, and the rest was renumbered
	AuditReordered AuditFault = "reordered" // it stands in another one's place
	AuditGap       AuditFault = "gap"       // entries before it are gone
	AuditCut       AuditFault = "cut"       // the chain ends before the head that was noted
)

// AuditVerdict is what became of checking the chain.
type AuditVerdict struct {
	Entries  int64     // that were checked and are in order
	Head     AuditHead // the last of them
	FirstBad *AuditEntry
	Why      AuditFault // "" when everything is in order
}

// verifyPage is how many entries VerifyAudit reads at a time.
const verifyPage = 1000

// VerifyAudit seals, and checks the whole chain, and that it still holds the head
// that the store keeps beside it, the one of the anchor and those that were noted elsewhere.
func (d *Desk) VerifyAudit(ctx context.Context, noted ...AuditHead) (AuditVerdict, error) {
	anchor, err := d.anchored()
	if err != nil {
		return AuditVerdict{}, err
	}
	return d.verifyAudit(ctx, append(anchor, noted...))
}

func (d *Desk) verifyAudit(ctx context.Context, noted []AuditHead) (AuditVerdict, error) {
	if err := d.Seal(ctx); err != nil {
		return AuditVerdict{}, err
	}
	head, err := d.auditHead(ctx)
	if err != nil {
		return AuditVerdict{}, err
	}
	v := verifier{cfg: d.cfg, noted: append(head, noted...)}
	for {
		var page []*AuditEntry
		err := d.store.View(ctx, func(tx Tx) (err error) {
			page, err = tx.AuditChain(v.n, verifyPage)
			return err
		})
		if err != nil {
			return AuditVerdict{}, fmt.Errorf("read chain of the audit: %w", err)
		}
		if verdict, bad := v.check(page); bad {
			return verdict, nil
		}
		if len(page) < verifyPage {
			return v.end(), nil
		}
	}
}

// auditHead is the head that the store keeps, if there is one.
func (d *Desk) auditHead(ctx context.Context) ([]AuditHead, error) {
	var heads []AuditHead
	err := d.store.View(ctx, func(tx Tx) error {
		heads = nil
		n, link, err := tx.AuditHead()
		if n > 0 {
			heads = []AuditHead{{n, hex.EncodeToString(link)}}
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read head of the audit: %w", err)
	}
	return heads, nil
}

// verifier walks along the chain.
type verifier struct {
	cfg   Config
	noted []AuditHead
	n     int64  // of the last good entry
	link  []byte // of the last good entry
}

func (v *verifier) good() AuditVerdict {
	return AuditVerdict{Entries: v.n, Head: AuditHead{v.n, hex.EncodeToString(v.link)}}
}

// check walks over the next entries, up to the first bad one.
func (v *verifier) check(page []*AuditEntry) (verdict AuditVerdict, bad bool) {
	for i, a := range page {
		why := v.fault(page[i:])
		if why == "" {
			why = v.against(a)
		}
		if why != "" {
			verdict = v.good()
			verdict.FirstBad, verdict.Why = a, why
			return verdict, true
		}
		v.n, v.link = a.N, a.Link
	}
	return AuditVerdict{}, false
}

// fault finds what is wrong with the first of rest; "" when it follows.
func (v *verifier) fault(rest []*AuditEntry) AuditFault {
	a := rest[0]
	if a.N != v.n+1 {
		return AuditGap
	}
	if v.follows(v.link, a, a.N) {
		if a.Forged {
			return AuditForged
		}
		return ""
	}
	for _, other := range rest[1:] {
		if v.follows(v.link, other, a.N) {
			return AuditReordered // its place is taken by a
		}
	}
	// Behind an entry that was changed the chain goes on; behind entries that
	// were taken out it does so with the numbers that were.
	if len(rest) > 1 && !v.follows(a.Link, rest[1], rest[1].N) {
		for gone := int64(1); gone <= verifyPage; gone++ {
			if v.follows(a.Link, rest[1], rest[1].N+gone) {
				return AuditRemoved
			}
		}
	}
	return AuditChanged
}

// follows tells whether a, as number n, is what was chained to before.
func (v *verifier) follows(before []byte, a *AuditEntry, n int64) bool {
	as := *a
	as.N = n
	return hmac.Equal(v.cfg.auditLink(before, &as), a.Link)
}

// against compares an entry that follows with the heads that were noted.
func (v *verifier) against(a *AuditEntry) AuditFault {
	for _, head := range v.noted {
		if head.N == a.N && head.Link != hex.EncodeToString(a.Link) {
			return AuditChanged // by somebody who has the key
		}
	}
	return ""
}

// end is the verdict when all entries are in order.
func (v *verifier) end() AuditVerdict {
	verdict := v.good()
	for _, head := range v.noted {
		if head.N > v.n {
			verdict.Why = AuditCut
		}
	}
	return verdict
}

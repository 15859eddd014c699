package consult

import (
	"context"
	"fmt"
	"time"
)

const (
	// nodeGone is how long a node may be silent before it counts as gone: six
	// times what Heartbeat is called at.
	nodeGone = 30 * time.Second
	// nodeForgotten is when its row goes, long after the last doubt.
	nodeForgotten = 24 * time.Hour
)

// Heartbeat notes that this node is alive; it is called every 5 s, first before
// anybody is let in. A server on its own (Config.Node is "") has no need of it.
func (d *Desk) Heartbeat(ctx context.Context) error {
	if d.cfg.Node == "" {
		return nil
	}
	err := d.store.Update(ctx, func(tx Tx) error { return tx.SaveNode(Node{ID: d.cfg.Node, SeenAt: d.clock()}) })
	if err != nil {
		return fmt.Errorf("tell that node %s is alive: %w", d.cfg.Node, err)
	}
	return nil
}

// CloseStaleAttendances closes the open attendances of this node, and those of
// which nobody knows the node: at start, what a crash left.
func (d *Desk) CloseStaleAttendances(ctx context.Context) error {
	return d.closeAttendances(ctx, func(a *Attendance) bool { return a.Node == "" || a.Node == d.cfg.Node })
}

// closeOfGoneNodes closes the attendances of nodes that have been silent too long, and forgets those nodes.
func (d *Desk) closeOfGoneNodes(ctx context.Context) error {
	now := d.clock()
	var nodes []Node
	err := d.store.View(ctx, func(tx Tx) (err error) {
		nodes, err = tx.Nodes()
		return err
	})
	if err != nil {
		return fmt.Errorf("list nodes: %w", err)
	}
	alive := map[string]bool{"": true, d.cfg.Node: true} // those of no known node are for CloseStaleAttendances
	for _, n := range nodes {
		alive[n.ID] = alive[n.ID] || now.Sub(n.SeenAt) < nodeGone
	}
	// A node that has never been seen may have just begun.
	err = d.closeAttendances(ctx, func(a *Attendance) bool { return !alive[a.Node] && now.Sub(a.JoinedAt) >= nodeGone })
	if err != nil {
		return err
	}
	for _, n := range nodes {
		if alive[n.ID] || now.Sub(n.SeenAt) < nodeForgotten {
			continue
		}
		if err := d.store.Update(ctx, func(tx Tx) error { return tx.DeleteNode(n.ID) }); err != nil {
			return fmt.Errorf("forget node %s: %w", n.ID, err)
		}
	}
	return nil
}

// closeAttendances closes the open attendances that are stale.
func (d *Desk) closeAttendances(ctx context.Context, stale func(*Attendance) bool) error {
	of := make(map[ConsultationID]bool)
	err := d.store.View(ctx, func(tx Tx) error {
		clear(of)
		as, err := tx.OpenAttendances()
		for _, a := range as {
			if stale(a) {
				of[a.ConsultationID] = true
			}
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("list open attendances: %w", err)
	}
	for id := range of {
		err := d.change(ctx, System, func(ch *change) error { return ch.closeStale(id, stale) })
		if err != nil {
			return fmt.Errorf("close attendances of %s: %w", id, err)
		}
	}
	return nil
}

func (ch *change) closeStale(id ConsultationID, stale func(*Attendance) bool) error {
	c, err := ch.tx.Consultation(id)
	if err != nil {
		return err
	}
	as, err := ch.tx.Attendances(id)
	if err != nil {
		return err
	}
	closed := false
	for _, a := range as {
		if !a.LeftAt.IsZero() || !stale(a) {
			continue
		}
		if err := ch.closeAttendance(c, a); err != nil {
			return err
		}
		closed = true
	}
	if !closed {
		return nil // another node was first
	}
	if err := ch.audit(actLeave, id, string(id), "stale"); err != nil {
		return err
	}
	return ch.settleRoom(c, as)
}

package sfu

import "slices"

// slotsNow is what [PeerEvents] Slots and SlotsLack tell.
func (p *Peer) slotsNow() (list []Slot, audio, video int) {
	p.room.mu.Lock()
	defer p.room.mu.Unlock()
	list = make([]Slot, 0, len(p.slots))
	for _, s := range p.slots {
		slot := Slot{Mid: s.mid}
		if s.of != nil {
			slot.Peer, slot.Source, slot.Held = s.of.peer.id, s.of.source, s.isHeld()
		}
		list = append(list, slot)
	}
	return list, p.lackAudio, p.lackVideo
}

// assign gives the peer's slots to what it should be shown, leaving what is
// shown where it is. It runs under room.mu, returns the slots with a new source and
// reports whether anything changed.
func (p *Peer) assign(wanted []*Publication) (taken []*slot, changed bool) {
	for _, s := range p.slots {
		if s.of != nil && !slices.Contains(wanted, s.of) {
			s.take(nil)
			changed = true
		}
	}
	lackAudio, lackVideo := 0, 0
	for _, pub := range wanted {
		if slices.ContainsFunc(p.slots, func(s *slot) bool { return s.of == pub }) {
			continue
		}
		switch s := p.freeSlot(pub); {
		case s != nil:
			s.take(pub)
			taken = append(taken, s)
		case pub.kind == Audio:
			lackAudio++
		default:
			lackVideo++
		}
	}
	changed = changed || len(taken) > 0 || lackAudio != p.lackAudio || lackVideo != p.lackVideo
	p.lackAudio, p.lackVideo = lackAudio, lackVideo
	return taken, changed
}

// freeSlot finds a line for a publication: best of the same group as its
// peer's other lines, since a browser plays one group's sound and picture in
// step; else of a group that is free.
func (p *Peer) freeSlot(pub *Publication) *slot {
	var best *slot
	bestScore := -1
	for _, s := range p.slots {
		if s.of != nil || s.kind != pub.kind {
			continue
		}
		score := 1
		for _, other := range p.slots {
			if other == s || other.group != s.group || other.of == nil {
				continue
			}
			if other.of.peer == pub.peer && pub.source != Screen && other.of.source != Screen {
				score = 2
			} else {
				score = 0
			}
		}
		if score > bestScore {
			best, bestScore = s, score
		}
	}
	return best
}

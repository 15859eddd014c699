package recorder

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"tmk/recorder/webm"
)

// How a spool grows. What a killed process loses is what the spool holds and
// what tracks hold back (see writer.cut); what a power cut loses, syncEvery on top.
const (
	clusterEvery = 500 * time.Millisecond
	clusterSoft  = 512 << 10 // bytes; written earlier when so much waits
	clusterHard  = 2 << 20   // bytes; written whatever its order
	syncEvery    = time.Second
)

// spool collects frames and appends them to the file in clusters.
type spool struct {
	f       file
	w       *webm.Writer
	free    func() (int64, error)
	minFree int64

	blocks []webm.Block
	arena  []byte
	spare  []byte
	synced time.Duration
	any    bool // a frame was written
}

// openSpool writes the header: both tracks are declared, at a size that says
// nothing; finishing leaves out the one that stayed empty.
func openSpool(f file, h webm.Header, d disk, minFree int64) (*spool, error) {
	h.Video, h.Audio, h.Width, h.Height = true, true, 640, 360
	w, err := webm.NewWriter(f, h)
	if err != nil {
		return nil, err
	}
	if err := f.Sync(); err != nil {
		return nil, fmt.Errorf("sync spool: %w", err)
	}
	return &spool{f: f, w: w, free: d.free, minFree: minFree}, nil
}

// add takes a copy of one frame.
func (s *spool) add(b webm.Block) {
	if need := len(s.arena) + len(b.Data); need > cap(s.arena) {
		s.move(make([]byte, 0, max(need, 2*cap(s.arena), 64<<10)), s.blocks)
	}
	at := len(s.arena)
	s.arena = append(s.arena, b.Data...)
	b.Data = s.arena[at:len(s.arena):len(s.arena)]
	b.Time = b.Time.Round(time.Millisecond) // what a file can tell
	s.blocks = append(s.blocks, b)
}

// move copies the data of blocks into arena and keeps only those.
func (s *spool) move(arena []byte, blocks []webm.Block) {
	for i := range blocks {
		at := len(arena)
		arena = append(arena, blocks[i].Data...)
		blocks[i].Data = arena[at:len(arena):len(arena)]
	}
	s.arena, s.blocks = arena, blocks
}

// first is the earliest time that waits.
func (s *spool) first() time.Duration {
	first := s.blocks[0].Time
	for i := range s.blocks {
		first = min(first, s.blocks[i].Time)
	}
	return first
}

// advance writes what lies before cut when that is worth a cluster.
func (s *spool) advance(cut, now time.Duration) error {
	if len(s.blocks) == 0 {
		return nil
	}
	switch {
	case len(s.arena) >= clusterHard:
		return s.flush(1<<62, now)
	case len(s.arena) >= clusterSoft, cut-s.first() >= clusterEvery:
		return s.flush(cut, now)
	}
	return nil
}

// maxSpan keeps a block's time in a cluster within its 16 bits.
const maxSpan = 30 * time.Second

// flush writes all frames before cut, in order of time.
func (s *spool) flush(cut, now time.Duration) error {
	slices.SortStableFunc(s.blocks, func(a, b webm.Block) int { return cmp.Compare(a.Time, b.Time) })
	rest := s.blocks
	for len(rest) > 0 && rest[0].Time < cut {
		n := 1
		for n < len(rest) && rest[n].Time < cut && rest[n].Time-rest[0].Time < maxSpan {
			n++
		}
		if err := s.w.Cluster(rest[0].Time, rest[:n]); err != nil {
			return err
		}
		s.any = true
		rest = rest[n:]
	}
	kept := copy(s.blocks, rest)
	old := s.arena
	s.move(s.spare[:0], s.blocks[:kept])
	s.spare = old
	return s.sync(now)
}

// sync makes the file durable now and then, and looks at the space that is left.
func (s *spool) sync(now time.Duration) error {
	if now-s.synced < syncEvery {
		return nil
	}
	s.synced = now
	if err := s.f.Sync(); err != nil {
		return fmt.Errorf("sync spool: %w", err)
	}
	return enough(s.free, s.minFree)
}

// end writes all that waits and how long the recording lasted.
func (s *spool) end(at time.Duration) error {
	if err := s.flush(1<<62, at); err != nil {
		return err
	}
	if !s.any {
		return nil
	}
	if err := s.w.Cluster(at, nil); err != nil {
		return err
	}
	if err := s.f.Sync(); err != nil {
		return fmt.Errorf("sync spool: %w", err)
	}
	return nil
}

package webm

import "time"

// A finished cluster begins at every video key frame, so that a seek reads
// little, and lasts at most clusterSpan or clusterBytes.
const (
	clusterSpan  = 5 * time.Second
	clusterBytes = 1 << 20
)

// regrouper collects blocks, in order of time, into finished clusters.
type regrouper struct {
	video  bool // key frames of the video are what is sought
	emit   func(at time.Duration, blocks []Block, seekable bool) error
	blocks []Block
	arena  []byte
	first  time.Duration
	seek   bool
}

func (g *regrouper) add(b Block) error {
	key := b.Key && (b.Track == Video || !g.video)
	opens := key && g.video ||
		len(g.blocks) > 0 && (b.Time-g.first >= clusterSpan || len(g.arena)+len(b.Data) > clusterBytes)
	if opens {
		if err := g.flush(); err != nil {
			return err
		}
	}
	if len(g.blocks) == 0 {
		g.first, g.seek = b.Time, key
	}
	if n := len(g.arena) + len(b.Data); n > cap(g.arena) {
		g.grow(n)
	}
	at := len(g.arena)
	g.arena = append(g.arena, b.Data...)
	b.Data = g.arena[at:]
	g.blocks = append(g.blocks, b)
	return nil
}

// grow moves the arena and points the blocks into the new one.
func (g *regrouper) grow(n int) {
	arena := make([]byte, 0, max(n, 2*cap(g.arena), 64<<10))
	for i := range g.blocks {
		at := len(arena)
		arena = append(arena, g.blocks[i].Data...)
		g.blocks[i].Data = arena[at:]
	}
	g.arena = arena
}

func (g *regrouper) flush() error {
	if len(g.blocks) == 0 {
		return nil
	}
	err := g.emit(g.first, g.blocks, g.seek)
	g.blocks, g.arena = g.blocks[:0], g.arena[:0]
	return err
}

package webm

import (
	"io"
	"time"
)

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

// survey is what a first reading of a spool tells.
type survey struct {
	header Header
	first  [Audio + 1]time.Duration // of each track's first usable block; -1: none
	end    time.Duration
	blocks int
}

// lastFrame is how long the last frame of a torn spool is taken to last.
const lastFrame = 20 * time.Millisecond

func examine(src io.ReaderAt, size int64) (survey, error) {
	r, err := NewReader(src, size)
	if err != nil {
		return survey{}, err
	}
	s := survey{header: r.Header(), first: [Audio + 1]time.Duration{Video: -1, Audio: -1}}
	for {
		b, err := r.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return s, err
		}
		s.blocks++
		s.end = max(s.end, b.Time+lastFrame)
		if s.first[b.Track] >= 0 {
			continue
		}
		if b.Track == Video {
			w, h, ok := KeyFrameSize(b.Data)
			if !ok {
				continue // nothing can be decoded before the first key frame
			}
			s.header.Width, s.header.Height = w, h
		}
		s.first[b.Track] = b.Time
	}
	s.end = max(s.end, r.End())
	s.header.Video, s.header.Audio = s.first[Video] >= 0, s.first[Audio] >= 0
	return s, nil
}

// KeyFrameSize reads the picture size of a VP8 key frame (RFC 6386 §9.1); ok is
// false for anything else.
func KeyFrameSize(frame []byte) (width, height int, ok bool) {
	if len(frame) < 10 || frame[0]&1 != 0 || frame[3] != 0x9d || frame[4] != 0x01 || frame[5] != 0x2a {
		return 0, 0, false
	}
	width = int(frame[6]) | int(frame[7]&0x3f)<<8
	height = int(frame[8]) | int(frame[9]&0x3f)<<8
	return width, height, width > 0 && height > 0
}

// Filler is what a finished file shows and plays before a track's first block.
type Filler struct {
	Silence    []byte                         // an Opus packet of SilenceFor; nil: no filling
	SilenceFor time.Duration                  //
	Blank      func(width, height int) []byte // a VP8 key frame; nil: no filling
	BlankEvery time.Duration
	// BlankAfter: a video that begins earlier than this is left as it is.
	BlankAfter time.Duration
}

// source yields a spool's usable blocks, with the filler that goes before them.
type source struct {
	r       *Reader
	s       survey
	fill    Filler
	blank   []byte
	silence time.Duration // time of the next packet of silence
	shade   time.Duration // time of the next blank picture
	held    Block
	holds   bool
	ended   bool
	began   bool // the video's first key frame has come
	last    [Audio + 1]time.Duration
}

func newSource(src io.ReaderAt, size int64, s survey, f Filler) (*source, error) {
	r, err := NewReader(src, size)
	if err != nil {
		return nil, err
	}
	d := &source{r: r, s: s, fill: f, silence: maxTime, shade: maxTime}
	if s.header.Audio && len(f.Silence) > 0 && f.SilenceFor > 0 {
		d.silence = 0
	}
	if s.header.Video && f.Blank != nil && f.BlankEvery > 0 && s.first[Video] >= f.BlankAfter {
		if d.blank = f.Blank(s.header.Width, s.header.Height); len(d.blank) > 0 {
			d.shade = 0
		}
	}
	return d, nil
}

func (d *source) next() (Block, error) {
	if !d.holds && !d.ended {
		if err := d.pull(); err != nil {
			return Block{}, err
		}
	}
	upTo := maxTime
	if d.holds {
		upTo = d.held.Time
	}
	if d.shade < d.s.first[Video] && d.shade <= min(upTo, d.silenceTime()) {
		b := Block{Track: Video, Time: d.shade, Key: true, Data: d.blank}
		d.shade += d.fill.BlankEvery
		return b, nil
	}
	if t := d.silenceTime(); t <= upTo && t < maxTime {
		d.silence += d.fill.SilenceFor
		return Block{Track: Audio, Time: t, Key: true, Data: d.fill.Silence}, nil
	}
	if !d.holds {
		return Block{}, io.EOF
	}
	d.holds = false
	return d.held, nil
}

// silenceTime is when the next packet of silence is due, maxTime when none is.
func (d *source) silenceTime() time.Duration {
	if d.silence < maxTime && d.silence+d.fill.SilenceFor <= d.s.first[Audio] {
		return d.silence
	}
	return maxTime
}

// pull reads the next usable block: no video before its first key frame, and
// nothing that runs backwards in its track.
func (d *source) pull() error {
	for {
		b, err := d.r.Next()
		if err == io.EOF {
			d.ended = true
			return nil
		}
		if err != nil {
			return err
		}
		if d.s.first[b.Track] < 0 || b.Time < d.last[b.Track] {
			continue
		}
		if b.Track == Video && !d.began {
			if _, _, ok := KeyFrameSize(b.Data); !ok {
				continue
			}
			d.began = true
		}
		d.last[b.Track] = b.Time
		d.held, d.holds = b, true
		return nil
	}
}

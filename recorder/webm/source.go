package webm

import (
	"io"
	"time"
)

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
		lasts := min(d.fill.BlankEvery, d.s.first[Video]-d.shade)
		b := Block{Track: Video, Time: d.shade, Key: true, Data: d.blank, Duration: lasts}
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
		if b.Track == Video {
			_, _, b.Key = KeyFrameSize(b.Data) // a cue must not trust a flag
			if d.began = d.began || b.Key; !d.began {
				continue
			}
		}
		b.Duration = 0
		if b.Track == Video && len(d.s.holds) > 0 && d.s.holds[0].at == b.Time {
			b.Duration = d.s.holds[0].lasts
			d.s.holds = d.s.holds[1:]
		}
		d.last[b.Track] = b.Time
		d.held, d.holds = b, true
		return nil
	}
}

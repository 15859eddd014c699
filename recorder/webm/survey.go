package webm

import (
	"io"
	"time"
)

// survey is what a first reading of a spool tells.
type survey struct {
	header Header
	first  [Audio + 1]time.Duration // of each track's first usable block; -1: none
	end    time.Duration
	holds  []hold
}

// hold is a video frame that stands for long: players show the next one early
// after a seek into such a gap, unless they are told how long it lasts.
type hold struct{ at, lasts time.Duration }

const (
	// longFrame: frames that stand longer are remembered.
	longFrame = 500 * time.Millisecond
	// maxHolds bounds that memory: 16 bytes for each, 9 hours of two frames a second.
	maxHolds = 1 << 16
	// lastFrame is how long the last frame of a torn spool is taken to last.
	lastFrame = 20 * time.Millisecond
)

func examine(src io.ReaderAt, size int64) (survey, error) {
	r, err := NewReader(src, size)
	if err != nil {
		return survey{}, err
	}
	s := survey{header: r.Header(), first: [Audio + 1]time.Duration{Video: -1, Audio: -1}}
	var last [Audio + 1]time.Duration
	for {
		b, err := r.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return s, err
		}
		if b.Time < last[b.Track] || !s.begin(b) {
			continue
		}
		if b.Track == Video {
			s.hold(last[Video], b.Time)
		}
		last[b.Track] = b.Time
		s.end = max(s.end, b.Time+lastFrame)
	}
	s.end = max(s.end, r.End())
	s.header.Video, s.header.Audio = s.first[Video] >= 0, s.first[Audio] >= 0
	if s.header.Video {
		s.hold(last[Video], s.end)
	}
	return s, nil
}

// begin notes a track's first usable block; false as long as there is none:
// nothing can be decoded before the first key frame.
func (s *survey) begin(b Block) bool {
	if s.first[b.Track] >= 0 {
		return true
	}
	if b.Track == Video {
		w, h, ok := KeyFrameSize(b.Data)
		if !ok {
			return false
		}
		s.header.Width, s.header.Height = w, h
	}
	s.first[b.Track] = b.Time
	return true
}

// hold notes that a frame stands until another time.
func (s *survey) hold(at, until time.Duration) {
	if at >= s.first[Video] && until-at >= longFrame && len(s.holds) < maxHolds {
		s.holds = append(s.holds, hold{at, until - at})
	}
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

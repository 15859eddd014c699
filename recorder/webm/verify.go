package webm

import (
	"errors"
	"fmt"
	"io"
	"time"
)

// Verify reads a finished file to its end and checks it: the header has tracks
// and a duration, no block runs backwards in its track or lies past the end, the
// segment ends with the file, and each cue names a cluster with a key frame at
// its time. It is what stands between a bad disk and a deleted spool.
func Verify(r io.ReaderAt, size int64) (Summary, error) {
	d, err := NewReader(r, size)
	if err != nil {
		return Summary{}, err
	}
	s := Summary{Header: d.header, Bytes: size}
	if d.header.Duration <= 0 || d.end != size {
		return s, fmt.Errorf("%w: unfinished", ErrFormat)
	}
	cues, err := d.parseCues()
	if err != nil {
		return s, fmt.Errorf("read cues: %w", err)
	}
	s.Cues = len(cues)
	var last [Audio + 1]time.Duration
	for {
		b, err := d.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return s, err
		}
		if b.Time < last[b.Track] || b.Time+b.Duration > d.header.Duration {
			return s, fmt.Errorf("%w: block at %v after %v", ErrFormat, b.Time, last[b.Track])
		}
		last[b.Track] = b.Time
		s.Blocks++
		if len(cues) > 0 && cues[0].cluster == d.at-d.segment && b.Key && b.Track == cues[0].track && b.Time == cues[0].time {
			cues = cues[1:]
		}
	}
	if d.torn != nil {
		return s, d.torn
	}
	if len(cues) > 0 || s.Cues == 0 {
		return s, fmt.Errorf("%w: %d of %d cues without a key frame", ErrFormat, len(cues), s.Cues)
	}
	return s, nil
}

// target is a parsed cue; cluster is counted from the segment's body.
type target struct {
	time    time.Duration
	track   Track
	cluster int64
}

func (d *Reader) parseCues() ([]target, error) {
	var all []target
	err := children(d.cues, func(id uint32, body []byte) error {
		if id != idCuePoint {
			return errors.New("no cue point")
		}
		var t target
		err := children(body, func(id uint32, body []byte) error {
			if id == idCueTrackPositions {
				return t.parsePositions(body)
			}
			ms, err := parseUint(body)
			if id == idCueTime {
				t.time = time.Duration(min(ms, uint64(maxTime.Milliseconds()))) * time.Millisecond
			}
			return err
		})
		all = append(all, t)
		return err
	})
	return all, err
}

func (t *target) parsePositions(b []byte) error {
	return children(b, func(id uint32, body []byte) error {
		v, err := parseUint(body)
		switch id {
		case idCueTrack:
			t.track = Track(min(v, 255))
		case idCueClusterPosition:
			t.cluster = int64(min(v, 1<<62))
		}
		return err
	})
}

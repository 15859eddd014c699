package webm

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"
)

// ErrEmpty says that a spool holds nothing that can be played.
var ErrEmpty = errors.New("no media")

// Summary describes a finished file.
type Summary struct {
	Header Header
	Bytes  int64
	Blocks int
	Cues   int
}

// cue says where to begin reading for a time.
type cue struct {
	time    time.Duration
	cluster int64 // from the first cluster
}

// Remux reads the spool of size bytes at src, as far as it is whole, and writes
// the finished file to dst: tracks that carry nothing are left out, the video
// gets its true size, duration and Cues (at key frames only) stand in front.
// It reads the spool three times and holds one cluster of about 1 MiB in memory,
// however long the spool is. Errors: ErrFormat, ErrEmpty, or what src and dst return.
func Remux(dst io.Writer, src io.ReaderAt, size int64, fill Filler) (Summary, error) {
	s, err := examine(src, size)
	if err != nil {
		return Summary{}, fmt.Errorf("examine spool: %w", err)
	}
	if !s.header.Video && !s.header.Audio {
		return Summary{}, ErrEmpty
	}
	s.header.Duration = s.end
	plan := layout{track: Video}
	if !s.header.Video {
		plan.track = Audio
	}
	err = s.each(src, size, fill, func(at time.Duration, blocks []Block, seekable bool) error {
		plan.add(at, blocks, seekable)
		return nil
	})
	if err != nil {
		return Summary{}, fmt.Errorf("plan file: %w", err)
	}
	head := plan.head(s.header)
	if _, err := dst.Write(head); err != nil {
		return Summary{}, fmt.Errorf("write head: %w", err)
	}
	var buf []byte
	err = s.each(src, size, fill, func(at time.Duration, blocks []Block, _ bool) error {
		b, err := appendCluster(buf[:0], at, blocks, false)
		if err != nil {
			return err
		}
		buf = b
		_, err = dst.Write(b)
		return err
	})
	if err != nil {
		return Summary{}, fmt.Errorf("write clusters: %w", err)
	}
	return Summary{Header: s.header, Bytes: int64(len(head)) + plan.size, Blocks: plan.blocks, Cues: len(plan.cues)}, nil
}

// each calls emit for every cluster of the finished file. Twice over the same
// spool it does the same.
func (s survey) each(src io.ReaderAt, size int64, fill Filler, emit func(time.Duration, []Block, bool) error) error {
	d, err := newSource(src, size, s, fill)
	if err != nil {
		return err
	}
	g := regrouper{video: s.header.Video, emit: emit}
	for {
		b, err := d.next()
		if err == io.EOF {
			return g.flush()
		}
		if err != nil {
			return err
		}
		if err := g.add(b); err != nil {
			return err
		}
	}
}

// layout is where everything will stand in the finished file.
type layout struct {
	track  Track
	cues   []cue
	size   int64 // of all clusters
	blocks int
}

func (l *layout) add(at time.Duration, blocks []Block, seekable bool) {
	if seekable {
		l.cues = append(l.cues, cue{at, l.size})
	}
	n := clusterBodyLen(at.Milliseconds(), blocks, false)
	l.size += int64(4 + sizeLen(n) + n)
	l.blocks += len(blocks)
}

// head is everything before the first cluster. Its length does not depend on
// the positions in it: those are all eight bytes wide.
func (l *layout) head(h Header) []byte {
	info, tracks, tags := h.appendInfo(nil), h.appendTracks(nil), h.appendTags(nil)
	cues := l.appendCues(nil, 0)
	seek := appendSeekHead(nil, [4]int{})
	from := [4]int{len(seek)}
	for i, part := range [][]byte{info, tracks, tags} {
		from[i+1] = from[i] + len(part)
	}
	first := from[3] + len(cues) // the first cluster, from the segment's body
	body := appendSeekHead(nil, from)
	body = append(body, info...)
	body = append(body, tracks...)
	body = append(body, tags...)
	body = l.appendCues(body, int64(first))

	b := appendEBML(nil)
	b = appendID(b, idSegment)
	b = appendSizeWidth(b, uint64(int64(len(body))+l.size), 8)
	return append(b, body...)
}

func appendSeekHead(b []byte, at [4]int) []byte {
	var body []byte
	for i, id := range [4]uint32{idInfo, idTracks, idTags, idCues} {
		seek := appendBytes(nil, idSeekID, binary.BigEndian.AppendUint32(nil, id))
		seek = appendUintWidth(seek, idSeekPosition, uint64(at[i]), 8)
		body = appendBytes(body, idSeek, seek)
	}
	return appendBytes(b, idSeekHead, body)
}

func (l *layout) appendCues(b []byte, first int64) []byte {
	var body []byte
	for _, c := range l.cues {
		pos := appendUint(nil, idCueTrack, uint64(l.track))
		pos = appendUintWidth(pos, idCueClusterPosition, uint64(first+c.cluster), 8)
		point := appendUintWidth(nil, idCueTime, uint64(c.time.Milliseconds()), 8)
		point = appendBytes(point, idCueTrackPositions, pos)
		body = appendBytes(body, idCuePoint, point)
	}
	return appendBytes(b, idCues, body)
}

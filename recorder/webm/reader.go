package webm

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"time"
)

// Bounds on what the reader takes into memory.
const (
	maxHeadElement = 16 << 20 // Cues of a day with a key frame a second take 2 MiB
	maxCluster     = 8 << 20  // ours are cut at about 1 MiB
)

// ErrFormat says that the bytes are no file of ours.
var ErrFormat = errors.New("not a WebM file of this recorder")

// Reader reads the blocks of a file, finished or torn.
type Reader struct {
	r    io.ReaderAt
	size int64

	header  Header
	segment int64 // where the segment's body begins
	end     int64 // where it ends
	cues    []byte

	off     int64 // of the next cluster
	at      int64 // where the current cluster begins
	time    int64 // ms, of the current cluster
	body    []byte
	buf     []byte
	last    time.Duration
	torn    error
	cutBody bool // the current cluster is cut off
}

// NewReader reads the header of size bytes at r. Errors: ErrFormat, or what r returns.
func NewReader(r io.ReaderAt, size int64) (*Reader, error) {
	d := &Reader{r: r, size: size}
	if err := d.readHeader(); err != nil {
		return nil, fmt.Errorf("read header: %w", err)
	}
	return d, nil
}

// Header is the file's; of a spool its sizes and duration say nothing.
func (d *Reader) Header() Header { return d.header }

// Torn tells after Next returned io.EOF why the file ends before its size; nil
// when it was read to its end.
func (d *Reader) Torn() error { return d.torn }

// End is the latest time that was read: of a block or of a cluster.
func (d *Reader) End() time.Duration { return d.last }

func (d *Reader) readHeader() error {
	id, body, next, err := d.element(0)
	if err != nil {
		return err
	}
	if id != idEBML || docType(body) != "webm" {
		return ErrFormat
	}
	e, err := d.head(next)
	if err != nil {
		return err
	}
	if e.id != idSegment {
		return ErrFormat
	}
	d.segment = next + int64(e.head)
	d.end = d.size
	if !e.unbound && e.size < uint64(d.size-d.segment) {
		d.end = d.segment + int64(e.size)
	}
	return d.readSegmentHead()
}

func docType(b []byte) (s string) {
	err := children(b, func(id uint32, body []byte) error {
		if id == idDocType {
			s = string(body)
		}
		return nil
	})
	if err != nil {
		return ""
	}
	return s
}

// readSegmentHead reads what stands before the first cluster.
func (d *Reader) readSegmentHead() error {
	var info, tracks bool
	off := d.segment
	for off < d.end {
		e, err := d.head(off)
		if err != nil {
			return err
		}
		if e.id == idCluster {
			break
		}
		id, body, next, err := d.element(off)
		if err != nil {
			return err
		}
		switch id {
		case idInfo:
			info, err = true, d.header.parseInfo(body)
		case idTracks:
			tracks, err = true, d.header.parseTracks(body)
		case idTags:
			err = d.header.parseTags(body)
		case idCues:
			d.cues = body
		case idSeekHead, idVoid:
		default:
			err = fmt.Errorf("element %X", id)
		}
		if err != nil {
			return fmt.Errorf("%w: %w", ErrFormat, err)
		}
		off = next
	}
	if !info || !tracks {
		return fmt.Errorf("%w: no tracks", ErrFormat)
	}
	if err := d.header.check(); err != nil {
		return fmt.Errorf("%w: %w", ErrFormat, err)
	}
	d.off = off
	return nil
}

// head reads the head of the element at off.
func (d *Reader) head(off int64) (element, error) {
	var b [12]byte
	n, err := d.readAt(b[:], off)
	if err != nil {
		return element{}, err
	}
	e, err := parseHead(b[:n])
	if err != nil {
		return e, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	return e, nil
}

// element reads the whole element at off.
func (d *Reader) element(off int64) (id uint32, body []byte, next int64, err error) {
	e, err := d.head(off)
	if err != nil {
		return 0, nil, 0, err
	}
	from := off + int64(e.head)
	if e.unbound || e.size > maxHeadElement || int64(e.size) > d.size-from {
		return 0, nil, 0, fmt.Errorf("%w: element %X of %d bytes", ErrFormat, e.id, e.size)
	}
	body = make([]byte, e.size)
	if _, err := d.readAt(body, from); err != nil {
		return 0, nil, 0, err
	}
	return e.id, body, from + int64(e.size), nil
}

// readAt reads what there is of b; the end of the file is no error.
func (d *Reader) readAt(b []byte, off int64) (int, error) {
	if left := d.size - off; int64(len(b)) > left {
		b = b[:max(left, 0)]
	}
	n, err := d.r.ReadAt(b, off)
	if n == len(b) || errors.Is(err, io.EOF) {
		return n, nil
	}
	return n, err
}

// Next returns the next block; its Data is good until the next call. Where the
// file is torn, scrambled or at its end it returns io.EOF (see Torn); any other
// error is the underlying reader's.
func (d *Reader) Next() (Block, error) {
	for {
		if len(d.body) > 0 {
			b, ok, err := d.nextBlock()
			if err != nil {
				return d.tear(err)
			}
			if !ok {
				continue
			}
			return b, nil
		}
		if d.cutBody {
			return d.tear(errShort)
		}
		if d.torn != nil || d.off >= d.end {
			return Block{}, io.EOF
		}
		err := d.nextCluster()
		if errors.Is(err, ErrFormat) {
			return d.tear(err)
		}
		if err != nil {
			return Block{}, fmt.Errorf("read cluster: %w", err)
		}
	}
}

func (d *Reader) tear(err error) (Block, error) {
	d.body, d.cutBody = nil, false
	if d.torn == nil {
		d.torn = fmt.Errorf("at byte %d: %w", d.at, err)
	}
	return Block{}, io.EOF
}

func (d *Reader) nextCluster() error {
	d.at = d.off
	e, err := d.head(d.off)
	if err != nil {
		return err
	}
	if e.id == idVoid && !e.unbound && e.size <= uint64(d.end-d.off) {
		d.off += int64(e.head) + int64(e.size)
		return nil
	}
	if e.id != idCluster || e.unbound || e.size > maxCluster {
		return fmt.Errorf("%w: element %X where a cluster should be", ErrFormat, e.id)
	}
	from := d.off + int64(e.head)
	have := min(int64(e.size), d.end-from)
	if have < 0 {
		return fmt.Errorf("%w: %w", ErrFormat, errShort)
	}
	d.cutBody = have < int64(e.size)
	if int64(cap(d.buf)) < have {
		d.buf = make([]byte, have)
	}
	n, err := d.readAt(d.buf[:have], from)
	if err != nil {
		return err
	}
	d.cutBody = d.cutBody || n < int(have)
	d.off = from + int64(e.size)
	return d.openCluster(d.buf[:n])
}

// openCluster checks the sum of a whole cluster and reads its time.
func (d *Reader) openCluster(b []byte) error {
	id, body, rest, err := child(b)
	if err == nil && id == idCRC32 {
		if len(body) != 4 {
			return fmt.Errorf("%w: checksum of %d bytes", ErrFormat, len(body))
		}
		if !d.cutBody && binary.LittleEndian.Uint32(body) != crc32.ChecksumIEEE(rest) {
			return fmt.Errorf("%w: checksum", ErrFormat)
		}
		id, body, rest, err = child(rest)
	}
	if err != nil || id != idTimestamp {
		return fmt.Errorf("%w: cluster without a time", ErrFormat)
	}
	ms, err := parseUint(body)
	if err != nil || ms > uint64(maxTime.Milliseconds()) {
		return fmt.Errorf("%w: cluster at %d ms", ErrFormat, ms)
	}
	d.time, d.body = int64(ms), rest
	d.last = max(d.last, time.Duration(ms)*time.Millisecond)
	return nil
}

// nextBlock takes one element off the cluster; ok is false when it was no block.
func (d *Reader) nextBlock() (b Block, ok bool, err error) {
	id, body, rest, err := child(d.body)
	if err != nil {
		return b, false, err
	}
	d.body = rest
	switch id {
	case idVoid:
		return b, false, nil
	case idSimpleBlock:
		b, err = d.parseBlock(body)
		return b, err == nil, err
	case idBlockGroup:
		b, err = d.parseGroup(body)
		return b, err == nil, err
	}
	return b, false, fmt.Errorf("element %X in a cluster", id)
}

func (d *Reader) parseBlock(p []byte) (Block, error) {
	if len(p) < 4 {
		return Block{}, errShort
	}
	t := Track(p[0] &^ 0x80)
	if p[0]&0x80 == 0 || !(t == Video && d.header.Video || t == Audio && d.header.Audio) {
		return Block{}, fmt.Errorf("block of track %X", p[0])
	}
	if p[3]&^0x80 != 0 {
		return Block{}, fmt.Errorf("block flags %X", p[3])
	}
	ms := d.time + int64(int16(binary.BigEndian.Uint16(p[1:])))
	if ms < 0 || ms > math.MaxInt64/timestampScale {
		return Block{}, fmt.Errorf("block at %d ms", ms)
	}
	at := time.Duration(ms) * time.Millisecond
	d.last = max(d.last, at)
	key := p[3]&0x80 != 0 || t == Audio // every Opus packet decodes alone
	return Block{Track: t, Time: at, Key: key, Data: p[4:]}, nil
}

// parseGroup reads a block with its duration. It is a key frame when it refers to no other.
func (d *Reader) parseGroup(p []byte) (b Block, err error) {
	key, found := true, false
	var lasts time.Duration
	err = children(p, func(id uint32, body []byte) (err error) {
		switch id {
		case idBlock:
			found = true
			b, err = d.parseBlock(body)
		case idBlockDuration:
			var ms uint64
			ms, err = parseUint(body)
			lasts = time.Duration(min(ms, uint64(maxTime.Milliseconds()))) * time.Millisecond
		case idReferenceBlock:
			key = false
		}
		return err
	})
	if err == nil && !found {
		err = errors.New("group without a block")
	}
	b.Key, b.Duration = key || b.Track == Audio, lasts
	return b, err
}

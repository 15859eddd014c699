package webm

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"time"
)

// Block is one frame. Times are whole milliseconds once in a file.
type Block struct {
	Track Track
	Time  time.Duration
	Key   bool // decodes without any earlier frame; true for all audio
	Data  []byte
}

// Writer appends clusters to a spool.
type Writer struct {
	w   io.Writer
	buf []byte
}

// NewWriter writes h in front of a spool, with one Write. The spool's segment has no end.
func NewWriter(w io.Writer, h Header) (*Writer, error) {
	if err := h.check(); err != nil {
		return nil, fmt.Errorf("write header: %w", err)
	}
	b := appendEBML(nil)
	b = appendID(b, idSegment)
	b = binary.BigEndian.AppendUint64(b, unknownSize)
	b = h.appendInfo(b)
	b = h.appendTracks(b)
	b = h.appendTags(b)
	if _, err := w.Write(b); err != nil {
		return nil, fmt.Errorf("write header: %w", err)
	}
	return &Writer{w: w}, nil
}

// Cluster writes blocks, in order of time, as one cluster at the given time and
// with one Write. A block may stand at most 32 s from the cluster's time. A
// cluster without blocks says that the recording lasted until then. It carries
// a CRC-32, so that what a power cut scrambled is not taken for media.
func (w *Writer) Cluster(at time.Duration, blocks []Block) error {
	b, err := appendCluster(w.buf[:0], at, blocks, true)
	if err != nil {
		return fmt.Errorf("write cluster: %w", err)
	}
	w.buf = b
	if _, err := w.w.Write(b); err != nil {
		return fmt.Errorf("write cluster: %w", err)
	}
	return nil
}

// crcLen is a CRC-32 element, RFC 8794 §11.3.1: id, size, four bytes.
const crcLen = 6

func appendCluster(b []byte, at time.Duration, blocks []Block, crc bool) ([]byte, error) {
	if at < 0 || at > maxTime {
		return b, fmt.Errorf("cluster at %v", at)
	}
	ms := at.Milliseconds()
	b = appendID(b, idCluster)
	b = appendSize(b, clusterBodyLen(ms, blocks, crc))
	body := len(b)
	if crc {
		b = append(b, idCRC32, 0x80|4, 0, 0, 0, 0)
	}
	b = appendUint(b, idTimestamp, uint64(ms))
	for i := range blocks {
		var err error
		if b, err = appendSimpleBlock(b, ms, &blocks[i]); err != nil {
			return b, err
		}
	}
	if crc {
		binary.LittleEndian.PutUint32(b[body+2:], crc32.ChecksumIEEE(b[body+crcLen:]))
	}
	return b, nil
}

func clusterBodyLen(ms int64, blocks []Block, crc bool) int {
	n := len(appendUint(make([]byte, 0, 16), idTimestamp, uint64(ms)))
	if crc {
		n += crcLen
	}
	for i := range blocks {
		size := 4 + len(blocks[i].Data)
		n += 1 + sizeLen(size) + size
	}
	return n
}

// appendSimpleBlock: track number, time relative to the cluster, flags, RFC 9559 §10.2.
func appendSimpleBlock(b []byte, clusterMs int64, k *Block) ([]byte, error) {
	rel := k.Time.Milliseconds() - clusterMs
	if rel < math.MinInt16 || rel > math.MaxInt16 {
		return b, fmt.Errorf("block %d ms from its cluster", rel)
	}
	if k.Track != Video && k.Track != Audio {
		return b, fmt.Errorf("block of track %d", k.Track)
	}
	b = append(b, idSimpleBlock)
	b = appendSize(b, 4+len(k.Data))
	b = append(b, 0x80|byte(k.Track), byte(uint16(rel)>>8), byte(rel))
	var flags byte
	if k.Key {
		flags = 0x80
	}
	b = append(b, flags)
	return append(b, k.Data...), nil
}

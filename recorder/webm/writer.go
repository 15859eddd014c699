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

	// Duration is how long the frame stands; 0 when it is until the next.
	Duration time.Duration
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
		if b, err = appendBlock(b, ms, &blocks[i]); err != nil {
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
		n += blockLen(&blocks[i])
	}
	return n
}

func blockLen(k *Block) int {
	size := 4 + len(k.Data)
	n := 1 + sizeLen(size) + size
	if k.Duration > 0 {
		n += len(appendHold(make([]byte, 0, 16), k))
		n += 1 + sizeLen(n)
	}
	return n
}

// appendHold is what a BlockGroup says beyond its Block, RFC 9559 §5.1.3.5: how
// long it lasts and, when it is no key frame, that it needs another.
func appendHold(b []byte, k *Block) []byte {
	b = appendUint(b, idBlockDuration, uint64(k.Duration.Milliseconds()))
	if !k.Key {
		b = append(b, idReferenceBlock, 0x81, 0xFF) // 1 ms before: which one is for the decoder to know
	}
	return b
}

// appendBlock: track number, time relative to the cluster, flags, RFC 9559 §10.
func appendBlock(b []byte, clusterMs int64, k *Block) ([]byte, error) {
	rel := k.Time.Milliseconds() - clusterMs
	if rel < math.MinInt16 || rel > math.MaxInt16 {
		return b, fmt.Errorf("block %d ms from its cluster", rel)
	}
	if k.Track != Video && k.Track != Audio {
		return b, fmt.Errorf("block of track %d", k.Track)
	}
	if k.Duration == 0 {
		b = append(b, idSimpleBlock)
		return appendFrame(b, rel, k, k.Key), nil
	}
	hold := appendHold(make([]byte, 0, 16), k)
	size := 4 + len(k.Data)
	b = append(b, idBlockGroup)
	b = appendSize(b, 1+sizeLen(size)+size+len(hold))
	b = appendFrame(append(b, idBlock), rel, k, false)
	return append(b, hold...), nil
}

func appendFrame(b []byte, rel int64, k *Block, key bool) []byte {
	var flags byte
	if key {
		flags = 0x80
	}
	b = appendSize(b, 4+len(k.Data))
	b = append(b, 0x80|byte(k.Track), byte(uint16(rel)>>8), byte(rel), flags)
	return append(b, k.Data...)
}

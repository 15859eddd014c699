package webm

import (
	"encoding/binary"
	"errors"
	"math"
)

// Element ids, RFC 9559 §5 and RFC 8794 §11.
const (
	idEBML         = 0x1A45DFA3
	idVoid         = 0xEC
	idCRC32        = 0xBF
	idSegment      = 0x18538067
	idSeekHead     = 0x114D9B74
	idSeek         = 0x4DBB
	idSeekID       = 0x53AB
	idSeekPosition = 0x53AC
	idInfo         = 0x1549A966
	idTracks       = 0x1654AE6B
	idTags         = 0x1254C367
	idCues         = 0x1C53BB6B
	idCluster      = 0x1F43B675

	idTimestampScale = 0x2AD7B1
	idDuration       = 0x4489
	idDateUTC        = 0x4461
	idMuxingApp      = 0x4D80
	idWritingApp     = 0x5741

	idTrackEntry        = 0xAE
	idTrackNumber       = 0xD7
	idTrackUID          = 0x73C5
	idTrackType         = 0x83
	idFlagLacing        = 0x9C
	idLanguage          = 0x22B59C
	idCodecID           = 0x86
	idCodecPrivate      = 0x63A2
	idCodecDelay        = 0x56AA
	idSeekPreRoll       = 0x56BB
	idVideo             = 0xE0
	idPixelWidth        = 0xB0
	idPixelHeight       = 0xBA
	idAudio             = 0xE1
	idSamplingFrequency = 0xB5
	idChannels          = 0x9F

	idTag       = 0x7373
	idTargets   = 0x63C0
	idSimpleTag = 0x67C8
	idTagName   = 0x45A3
	idTagString = 0x4487

	idTimestamp   = 0xE7
	idSimpleBlock = 0xA3

	idBlockGroup     = 0xA0
	idBlock          = 0xA1
	idBlockDuration  = 0x9B
	idReferenceBlock = 0xFB

	idCuePoint           = 0xBB
	idCueTime            = 0xB3
	idCueTrackPositions  = 0xB7
	idCueTrack           = 0xF7
	idCueClusterPosition = 0xF1
)

// unknownSize is the 8-byte data size of an element that ends with the file, RFC 8794 §6.2.
const unknownSize = 0x01FFFFFFFFFFFFFF

var (
	errShort  = errors.New("element is cut off")
	errNumber = errors.New("bad variable-size integer")
)

func appendID(b []byte, id uint32) []byte {
	switch {
	case id > 0xFFFFFF:
		b = append(b, byte(id>>24))
		fallthrough
	case id > 0xFFFF:
		b = append(b, byte(id>>16))
		fallthrough
	case id > 0xFF:
		b = append(b, byte(id>>8))
	}
	return append(b, byte(id))
}

// appendSize writes n in as few bytes as it takes, RFC 8794 §4.
func appendSize(b []byte, n int) []byte {
	v := uint64(n)
	for width := 1; width <= 8; width++ {
		if v < 1<<(7*width)-1 {
			return appendSizeWidth(b, v, width)
		}
	}
	return b
}

func appendSizeWidth(b []byte, v uint64, width int) []byte {
	v |= 1 << (7 * width)
	for i := width - 1; i >= 0; i-- {
		b = append(b, byte(v>>(8*i)))
	}
	return b
}

func sizeLen(n int) int {
	width := 1
	for ; width < 8 && uint64(n) >= 1<<(7*width)-1; width++ {
	}
	return width
}

func appendBytes(b []byte, id uint32, data []byte) []byte {
	b = appendSize(appendID(b, id), len(data))
	return append(b, data...)
}

func appendString(b []byte, id uint32, s string) []byte {
	b = appendSize(appendID(b, id), len(s))
	return append(b, s...)
}

func appendUint(b []byte, id uint32, v uint64) []byte {
	n := 1
	for ; n < 8 && v>>(8*n) != 0; n++ {
	}
	return appendUintWidth(b, id, v, n)
}

func appendUintWidth(b []byte, id uint32, v uint64, n int) []byte {
	b = appendSize(appendID(b, id), n)
	for i := n - 1; i >= 0; i-- {
		b = append(b, byte(v>>(8*i)))
	}
	return b
}

func appendFloat(b []byte, id uint32, v float64) []byte {
	b = appendSize(appendID(b, id), 8)
	return binary.BigEndian.AppendUint64(b, math.Float64bits(v))
}

// element is one element's head and what of its body is there.
type element struct {
	id      uint32
	size    uint64 // of the body; unknown when unbound
	unbound bool
	head    int // bytes of id and size
}

// parseHead reads an element's id and size from the front of b.
func parseHead(b []byte) (element, error) {
	idLen, ok := numberLen(b, 4)
	if !ok {
		return element{}, errNumber
	}
	if len(b) < idLen+1 {
		return element{}, errShort
	}
	var e element
	for _, c := range b[:idLen] {
		e.id = e.id<<8 | uint32(c)
	}
	sizeLen, ok := numberLen(b[idLen:], 8)
	if !ok {
		return element{}, errNumber
	}
	e.head = idLen + sizeLen
	if len(b) < e.head {
		return element{}, errShort
	}
	e.size = uint64(b[idLen]) & (1<<(8-sizeLen) - 1)
	for _, c := range b[idLen+1 : e.head] {
		e.size = e.size<<8 | uint64(c)
	}
	e.unbound = e.size == 1<<(7*sizeLen)-1
	return e, nil
}

// numberLen tells how many bytes the variable-size integer in front of b takes.
func numberLen(b []byte, most int) (int, bool) {
	if len(b) == 0 {
		return 1, true // the caller finds it too short
	}
	for n := 1; n <= most; n++ {
		if b[0]&(0x80>>(n-1)) != 0 {
			return n, true
		}
	}
	return 0, false
}

// child splits the first element off b. A body that is cut off is errShort.
func child(b []byte) (id uint32, body, rest []byte, err error) {
	if len(b) == 0 {
		return 0, nil, nil, errShort
	}
	e, err := parseHead(b)
	if err != nil {
		return 0, nil, nil, err
	}
	if e.unbound || e.size > uint64(len(b)-e.head) {
		return 0, nil, nil, errShort
	}
	end := e.head + int(e.size)
	return e.id, b[e.head:end], b[end:], nil
}

// children calls f for each element in b until f or the parser fails.
func children(b []byte, f func(id uint32, body []byte) error) error {
	for len(b) > 0 {
		id, body, rest, err := child(b)
		if err != nil {
			return err
		}
		if err := f(id, body); err != nil {
			return err
		}
		b = rest
	}
	return nil
}

func parseUint(b []byte) (uint64, error) {
	if len(b) > 8 {
		return 0, errNumber
	}
	var v uint64
	for _, c := range b {
		v = v<<8 | uint64(c)
	}
	return v, nil
}

func parseFloat(b []byte) (float64, error) {
	switch len(b) {
	case 0:
		return 0, nil
	case 4:
		return float64(math.Float32frombits(binary.BigEndian.Uint32(b))), nil
	case 8:
		return math.Float64frombits(binary.BigEndian.Uint64(b)), nil
	}
	return 0, errNumber
}

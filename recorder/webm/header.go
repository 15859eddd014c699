package webm

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"
)

// Track is one of the two tracks a file may have; it is the track's number in the file too.
type Track uint8

const (
	Video Track = 1 // VP8
	Audio Track = 2 // Opus, 48 kHz
)

// Header is what stands in front of the clusters.
type Header struct {
	Video, Audio  bool          // which tracks are declared
	Width, Height int           // of the video, 1..16383
	Start         time.Time     // wall clock of time 0; zero when not known
	Offset        time.Duration // of time 0 from the clock that several files share
	Duration      time.Duration // 0 when not known yet
}

// Opus in Matroska: the decoder's first 312 samples (6.5 ms at 48 kHz, libopus's
// lookahead) are not to be played, and 80 ms have to be decoded before a seek
// target is right (RFC 7845 §4.2, §4.6).
const (
	opusPreSkip     = 312
	opusCodecDelay  = opusPreSkip * 1_000_000 / 48 // ns
	opusSeekPreRoll = 80_000_000                   // ns
)

// timestampScale is a millisecond in nanoseconds: one tick of every timestamp in the file.
const timestampScale = 1_000_000

// maxTime is longer than any recording: a time beyond it is a broken file's.
const maxTime = 48 * time.Hour

// offsetTag names the tag that carries Header.Offset in nanoseconds.
const offsetTag = "TMK_OFFSET_NS"

// matroskaEpoch is what DateUTC counts from, RFC 9559 §5.1.2.11.
var matroskaEpoch = time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC)

func appendEBML(b []byte) []byte {
	var body []byte
	body = appendUint(body, 0x4286, 1) // EBMLVersion
	body = appendUint(body, 0x42F7, 1) // EBMLReadVersion
	body = appendUint(body, 0x42F2, 4) // EBMLMaxIDLength
	body = appendUint(body, 0x42F3, 8) // EBMLMaxSizeLength
	body = appendString(body, idDocType, "webm")
	body = appendUint(body, 0x4287, 4) // DocTypeVersion: CodecDelay and SeekPreRoll
	body = appendUint(body, 0x4285, 2) // DocTypeReadVersion: SimpleBlock
	return appendBytes(b, idEBML, body)
}

const idDocType = 0x4282

func (h Header) check() error {
	switch {
	case !h.Video && !h.Audio:
		return errors.New("no track")
	case h.Video && (h.Width < 1 || h.Height < 1 || h.Width > 16383 || h.Height > 16383):
		return fmt.Errorf("video of %dx%d", h.Width, h.Height)
	case h.Duration < 0 || h.Duration > maxTime:
		return fmt.Errorf("duration %v", h.Duration)
	}
	return nil
}

func (h Header) appendInfo(b []byte) []byte {
	var body []byte
	body = appendUint(body, idTimestampScale, timestampScale)
	if h.Duration > 0 {
		body = appendFloat(body, idDuration, float64(h.Duration)/timestampScale)
	}
	if !h.Start.IsZero() {
		body = appendUintWidth(body, idDateUTC, uint64(h.Start.Sub(matroskaEpoch)), 8)
	}
	body = appendString(body, idMuxingApp, "TMK")
	body = appendString(body, idWritingApp, "TMK")
	return appendBytes(b, idInfo, body)
}

func (h Header) appendTracks(b []byte) []byte {
	var body []byte
	if h.Video {
		body = appendBytes(body, idTrackEntry, h.videoEntry())
	}
	if h.Audio {
		body = appendBytes(body, idTrackEntry, audioEntry())
	}
	return appendBytes(b, idTracks, body)
}

func appendEntry(b []byte, t Track, kind uint64, codec string) []byte {
	b = appendUint(b, idTrackNumber, uint64(t))
	b = appendUint(b, idTrackUID, uint64(t))
	b = appendUint(b, idTrackType, kind)
	b = appendUint(b, idFlagLacing, 0)
	b = appendString(b, idLanguage, "und")
	return appendString(b, idCodecID, codec)
}

func (h Header) videoEntry() []byte {
	b := appendEntry(nil, Video, 1, "V_VP8")
	var size []byte
	size = appendUint(size, idPixelWidth, uint64(h.Width))
	size = appendUint(size, idPixelHeight, uint64(h.Height))
	return appendBytes(b, idVideo, size)
}

func audioEntry() []byte {
	b := appendEntry(nil, Audio, 2, "A_OPUS")
	b = appendBytes(b, idCodecPrivate, opusHead())
	b = appendUint(b, idCodecDelay, opusCodecDelay)
	b = appendUint(b, idSeekPreRoll, opusSeekPreRoll)
	var a []byte
	a = appendFloat(a, idSamplingFrequency, 48000)
	a = appendUint(a, idChannels, 2)
	return appendBytes(b, idAudio, a)
}

// opusHead is the identification header of RFC 7845 §5.1. WebRTC always
// signals two channels; a mono packet decodes into them as well.
func opusHead() []byte {
	b := append([]byte("OpusHead"), 1, 2)
	b = binary.LittleEndian.AppendUint16(b, opusPreSkip)
	b = binary.LittleEndian.AppendUint32(b, 48000)
	return append(b, 0, 0, 0) // gain, mapping family
}

func (h Header) appendTags(b []byte) []byte {
	var tag []byte
	tag = appendString(tag, idTagName, offsetTag)
	tag = appendString(tag, idTagString, strconv.FormatInt(int64(h.Offset), 10))
	body := appendBytes(nil, idTargets, nil)
	body = appendBytes(body, idSimpleTag, tag)
	return appendBytes(b, idTags, appendBytes(nil, idTag, body))
}

func (h *Header) parseInfo(b []byte) error {
	return children(b, func(id uint32, body []byte) error {
		switch id {
		case idTimestampScale:
			if v, err := parseUint(body); err != nil || v != timestampScale {
				return fmt.Errorf("timestamp scale %d", v)
			}
		case idDuration:
			v, err := parseFloat(body)
			if err != nil || math.IsNaN(v) || v < 0 || v > float64(maxTime/timestampScale) {
				return fmt.Errorf("duration %v", v)
			}
			h.Duration = time.Duration(v * timestampScale)
		case idDateUTC:
			v, err := parseUint(body)
			if err != nil {
				return fmt.Errorf("date: %w", err)
			}
			h.Start = matroskaEpoch.Add(time.Duration(int64(v)))
		}
		return nil
	})
}

func (h *Header) parseTracks(b []byte) error {
	return children(b, func(id uint32, body []byte) error {
		if id != idTrackEntry {
			return nil
		}
		return h.parseEntry(body)
	})
}

func (h *Header) parseEntry(b []byte) error {
	var number uint64
	var codec string
	var size []byte
	err := children(b, func(id uint32, body []byte) (err error) {
		switch id {
		case idTrackNumber:
			number, err = parseUint(body)
		case idCodecID:
			codec = string(body)
		case idVideo:
			size = body
		}
		return err
	})
	switch {
	case err != nil:
		return fmt.Errorf("track: %w", err)
	case number == uint64(Video) && codec == "V_VP8" && !h.Video:
		h.Video = true
		return h.parseSize(size)
	case number == uint64(Audio) && codec == "A_OPUS" && !h.Audio:
		h.Audio = true
		return nil
	}
	return fmt.Errorf("track %d of %q is not one of ours", number, codec)
}

func (h *Header) parseSize(b []byte) error {
	return children(b, func(id uint32, body []byte) error {
		v, err := parseUint(body)
		if id == idPixelWidth {
			h.Width = int(min(v, 1<<20))
		}
		if id == idPixelHeight {
			h.Height = int(min(v, 1<<20))
		}
		return err
	})
}

// parseTags reads the offset; other tags are passed over.
func (h *Header) parseTags(b []byte) error {
	return children(b, func(_ uint32, tag []byte) error {
		return children(tag, func(id uint32, simple []byte) error {
			if id != idSimpleTag {
				return nil
			}
			var name, value string
			err := children(simple, func(id uint32, body []byte) error {
				switch id {
				case idTagName:
					name = string(body)
				case idTagString:
					value = string(body)
				}
				return nil
			})
			if err != nil || name != offsetTag {
				return err
			}
			ns, err := strconv.ParseInt(value, 10, 64)
			if err != nil {
				return fmt.Errorf("offset: %w", err)
			}
			h.Offset = time.Duration(ns)
			return nil
		})
	})
}

package sfu

import (
	"log/slog"
	"time"
)

// Source is what a publication shows.
type Source string

const (
	Microphone Source = "mic"
	Camera     Source = "camera"
	Screen     Source = "screen"
)

// Kind is audio or video.
type Kind string

const (
	Audio Kind = "audio"
	Video Kind = "video"
)

// Kind of a source.
func (s Source) Kind() Kind {
	if s == Microphone {
		return Audio
	}
	return Video
}

// Config is where the engine listens.
type Config struct {
	UDPAddr   string   // "0.0.0.0:7882" or ":0"; one port for all media
	TCPAddr   string   // ICE-TCP, RFC 6544; "" turns it off
	PublicIPs []string // told to clients in place of the local addresses, for servers behind 1:1 NAT
	Loopback  bool     // offer 127.0.0.1 too: demo and tests
	MaxPeers  int      // per room; 0 means 8
	// StartBitrate, bits per second, is where browsers begin to send video
	// (x-google-start-bitrate); 0 means 1 000 000.
	StartBitrate int
	// MaxBitrate, bits per second, caps one camera; 0 means 2 500 000.
	MaxBitrate int
	Log        *slog.Logger
	Now        func() time.Time // nil: time.Now
}

// Offer is a client's SDP offer and what it means.
type Offer struct {
	SDP string
	// Senders says which of the offer's m-lines carries what, by mid. Lines
	// that are not named and receive (recvonly) are slots.
	Senders map[string]Source
}

// Slot says whose publication arrives on one of the client's receive lines.
type Slot struct {
	Mid    string `json:"mid"`
	Peer   string `json:"peer"` // "" when the slot is free
	Source Source `json:"source"`
	// Held tells that the picture is held back because the client's connection
	// is too weak for it; it comes back by itself.
	Held bool `json:"held,omitempty"`
}

// State is how a peer's transport is.
type State string

const (
	Connecting   State = "connecting"
	Connected    State = "connected"
	Disconnected State = "disconnected" // nothing heard for a while; may come back
	Failed       State = "failed"       // the client has to restart ICE
	Closed       State = "closed"
)

// Quality is how a peer's connection does, told about once in 2 s.
type Quality struct {
	UplinkLoss   float64       // 0..1, of what the peer sends to us
	DownlinkLoss float64       // 0..1, of what we send to the peer (from its receiver reports)
	RTT          time.Duration // 0 when unknown
	DownlinkBits int64         // bits per second: the peer's REMB; 0 when unknown
}

// PeerEvents is what a peer tells its owner. Calls come from the peer's own
// goroutines, one at a time per peer, and must not block nor call back into the Room or Peer synchronously.
type PeerEvents struct {
	State     func(State)
	Slots     func([]Slot)           // the whole list, whenever it changes
	SlotsLack func(audio, video int) // the client should offer this many more receive lines
	Data      func(msg []byte)       // one binary message of the data channel "files"; msg may be kept
	DataReady func()                 // the data channel is open
	Quality   func(Quality)
	Speaking  func(bool) // from the audio level header extension, RFC 6464
}

// PublicationInfo describes a publication to a [Sink].
type PublicationInfo struct {
	Peer        string
	Source      Source
	Kind        Kind
	Codec       string // "opus" or "VP8"
	ClockRate   uint32 // RTP ticks per second
	SSRC        uint32
	PayloadType uint8
	// RequestKeyFrame asks the sender for a key frame (PLI), throttled; safe from any goroutine.
	RequestKeyFrame func()
}

// SenderReport ties RTP time to the sender's wall clock (RFC 3550 §6.4.1).
type SenderReport struct {
	NTP time.Time
	RTP uint32
}

// Sink takes a copy of what one publication receives. The calls come one at a
// time and must neither block nor keep raw, nor call back into the Peer. A sink
// that panics is called no more.
type Sink interface {
	// Packet is one RTP packet, decrypted, with its header; retransmitted
	// packets come late, so the order is that of arrival.
	Packet(raw []byte, arrival time.Time)
	Report(sr SenderReport, arrival time.Time)
	// Muted tells that the sender stopped or resumed sending on purpose.
	Muted(muted bool, at time.Time)
	// Close tells that the publication has ended; no call follows.
	Close()
}

// Tap gives the sink for a publication, or nil for none. It is called for the
// publications there are and for each one that comes.
type Tap func(PublicationInfo) Sink

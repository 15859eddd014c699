package sfu

import (
	"context"
	"errors"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
)

// The seam between what is forwarded and how it travels. On this side: rooms,
// publications, slots. On the other: sockets, ICE, DTLS, SRTP, SCTP; today all
// of it by Pion's PeerConnection (pion_*.go).

// transport opens connections on the engine's sockets.
type transport interface {
	open(h connHandler) (conn, error)
	close() error
}

// errStuck is wrapped when an offer failed half-way.
var errStuck = errors.New("negotiation cannot go on")

// conn is one client's connection.
type conn interface {
	// answer applies an offer and returns the answer, with all candidates in it,
	// and the receive lines that are new. One call at a time. errStuck means that
	// the connection can take no further offer.
	answer(ctx context.Context, o *offer) (string, []line, error)
	writeRTCP(pkts []rtcp.Packet) error
	// sendData never blocks; see [Peer.SendData].
	sendData(b []byte) error
	// close ends the connection and waits until no handler is running.
	close()
}

// connHandler takes what a connection brings. RTP calls come from one
// goroutine, RTCP calls from another, the others from any; none after close has
// returned. raw may be kept or changed only until the call returns.
type connHandler interface {
	onRTP(ssrc uint32, raw []byte, at time.Time)
	onRTCP(ssrc uint32, p rtcp.Packet, at time.Time)
	onState(s State)
	onData(msg []byte)
	onDataReady()
}

// line is one of the client's receive lines: what [Slot] tells of.
type line struct {
	mid   string
	kind  Kind
	index int    // how many lines of this kind came before
	group string // cname and stream: lines of one group play in step
	ssrc  uint32
	// payloadType and absSendTime (the id of that header extension, 0 for none)
	// are as the client wants them.
	payloadType uint8
	absSendTime uint8
	out         packetWriter
}

// packetWriter sends packets on a line. Neither h nor payload is kept. Before
// the connection stands packets are dropped without an error.
type packetWriter interface {
	writePacket(h *rtp.Header, payload []byte) error
}

package sfu

import (
	"io"
	"sync"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/transport/v4/packetio"
)

// inlet stands where Pion would queue the packets of one SSRC for a reader. It
// hands them on at once, in the goroutine that decrypted them: one copy, one
// queue and one wakeup less per packet. Since no reader ever gets a packet,
// Pion's own readers (there is one per stream that the offer did not announce)
// just wait for the end.
type inlet struct {
	conn *pionConn
	rtp  bool
	ssrc uint32

	once sync.Once
	done chan struct{}
}

func newInlet(c *pionConn, kind packetio.BufferPacketType, ssrc uint32) *inlet {
	return &inlet{conn: c, rtp: kind == packetio.RTPBufferPacket, ssrc: ssrc, done: make(chan struct{})}
}

// Write takes one decrypted packet. It never fails: what is wrong with a packet
// is the handler's to count.
func (i *inlet) Write(b []byte) (int, error) {
	now := i.conn.now()
	if i.rtp {
		i.conn.handler.onRTP(i.ssrc, b, now)
	} else {
		i.control(b, now)
	}
	return len(b), nil
}

func (i *inlet) control(b []byte, now time.Time) {
	packets, err := rtcp.Unmarshal(b)
	if err != nil {
		return // Pion has parsed and written these bytes before
	}
	for _, p := range packets {
		i.conn.handler.onRTCP(i.ssrc, p, now)
	}
}

func (i *inlet) Read([]byte) (int, error) {
	<-i.done
	return 0, io.EOF
}

func (i *inlet) Close() error {
	i.once.Do(func() { close(i.done) })
	return nil
}

// SetReadDeadline is asked for by Pion on its way out.
func (i *inlet) SetReadDeadline(time.Time) error { return nil }

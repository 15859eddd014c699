package sfu

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v4"
)

const (
	// dataLabel is the one data channel that is served.
	dataLabel = "files"
	// maxBuffered bounds what waits in SCTP to be sent.
	maxBuffered = 1 << 20
	// gatherTime bounds the wait for candidates; they are all local.
	gatherTime = 5 * time.Second
)

// Errors of [Peer.SendData].
var (
	ErrDataClosed = errors.New("data channel is not open")
	ErrDataFull   = errors.New("data channel buffer is full")
)

// pionConn is a connection on a PeerConnection.
type pionConn struct {
	pc      *webrtc.PeerConnection
	cfg     Config
	log     *slog.Logger
	handler connHandler
	now     func() time.Time
	data    atomic.Pointer[webrtc.DataChannel]

	telling sync.Mutex
	told    State // last

	slots []*pionSlot // used by answer only
}

func (c *pionConn) listen() {
	c.pc.OnTrack(func(*webrtc.TrackRemote, *webrtc.RTPReceiver) {}) // inlets bring the packets
	c.pc.OnConnectionStateChange(func(webrtc.PeerConnectionState) { c.stateChanged() })
	c.pc.OnDataChannel(func(d *webrtc.DataChannel) {
		if d.Label() != dataLabel || !c.data.CompareAndSwap(nil, d) {
			c.log.Debug("sfu: data channel refused", "label", d.Label())
			go d.Close() //nolint:errcheck // it was never ours
			return
		}
		d.OnOpen(c.handler.onDataReady)
		d.OnMessage(func(m webrtc.DataChannelMessage) {
			if !m.IsString {
				c.handler.onData(m.Data)
			}
		})
		d.OnClose(func() { c.data.CompareAndSwap(d, nil) })
	})
}

// stateChanged tells the state there is now, which is not always the one that
// Pion's callback was made for: it starts a goroutine for each.
func (c *pionConn) stateChanged() {
	states := map[webrtc.PeerConnectionState]State{
		webrtc.PeerConnectionStateConnecting:   Connecting,
		webrtc.PeerConnectionStateConnected:    Connected,
		webrtc.PeerConnectionStateDisconnected: Disconnected,
		webrtc.PeerConnectionStateFailed:       Failed,
		webrtc.PeerConnectionStateClosed:       Closed,
	}
	c.telling.Lock()
	defer c.telling.Unlock()
	if s, ok := states[c.pc.ConnectionState()]; ok && s != c.told {
		c.told = s
		c.handler.onState(s)
	}
}

// answer applies an offer. New receive lines get a transceiver of their own
// first: Pion gives them to the offer's lines in the order in which they were
// made, kind by kind.
func (c *pionConn) answer(ctx context.Context, o *offer) (string, []line, error) {
	answer, lines, err := c.negotiate(ctx, o)
	if err != nil && c.pc.SignalingState() != webrtc.SignalingStateStable {
		err = fmt.Errorf("%w: %w", errStuck, err) // Pion knows no rollback from here
	}
	return answer, lines, err
}

func (c *pionConn) negotiate(ctx context.Context, o *offer) (string, []line, error) {
	ctx, cancel := context.WithTimeout(ctx, gatherTime)
	defer cancel()
	if err := c.addSlots(o); err != nil {
		return "", nil, err
	}
	if err := c.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: o.sdp}); err != nil {
		return "", nil, badOffer("%v", err)
	}
	// A restart of ICE gathers anew, and an answer without candidates would be
	// of no use to a client that is not told of later ones.
	if c.pc.ICEGatheringState() == webrtc.ICEGatheringStateGathering {
		if err := c.gathered(ctx); err != nil {
			return "", nil, err
		}
	}
	desc, err := c.pc.CreateAnswer(nil)
	if err != nil {
		return "", nil, badOffer("%v", err)
	}
	if err := c.pc.SetLocalDescription(desc); err != nil {
		return "", nil, badOffer("%v", err)
	}
	if err := c.gathered(ctx); err != nil {
		return "", nil, err
	}
	answer, err := tuneAnswer(c.pc.LocalDescription().SDP, c.cfg)
	if err != nil {
		return "", nil, err
	}
	return answer, c.newLines(), nil
}

func (c *pionConn) gathered(ctx context.Context) error {
	select {
	case <-webrtc.GatheringCompletePromise(c.pc):
		return nil
	case <-ctx.Done():
		return fmt.Errorf("gather candidates: %w", ctx.Err())
	}
}

// addSlots makes a transceiver for each receive line that has none. Those that
// an offer refused half-way has left behind serve first.
func (c *pionConn) addSlots(o *offer) error {
	missing := map[Kind]int{}
	for _, l := range o.slots {
		if !slices.ContainsFunc(c.slots, func(s *pionSlot) bool { return s.transceiver.Mid() == l.mid }) {
			missing[l.kind]++
		}
	}
	count := map[Kind]int{}
	for _, s := range c.slots {
		count[s.kind]++
		if s.transceiver.Mid() == "" {
			missing[s.kind]--
		}
	}
	for kind, n := range missing {
		for ; n > 0; n-- {
			s := &pionSlot{kind: kind, index: count[kind]}
			count[kind]++
			t, err := c.pc.AddTransceiverFromTrack(s, webrtc.RTPTransceiverInit{
				Direction: webrtc.RTPTransceiverDirectionSendonly,
			})
			if err != nil {
				return fmt.Errorf("add %s slot: %w", kind, err)
			}
			s.transceiver = t
			c.slots = append(c.slots, s)
		}
	}
	return nil
}

// newLines are the slots that an answer has given to the offer's lines, each
// told once.
func (c *pionConn) newLines() (lines []line) {
	for _, s := range c.slots {
		if mid := s.transceiver.Mid(); !s.told && mid != "" && s.writer != nil {
			s.told = true
			lines = append(lines, s.line(mid))
		}
	}
	return lines
}

func (c *pionConn) writeRTCP(packets []rtcp.Packet) error { return c.pc.WriteRTCP(packets) }

func (c *pionConn) sendData(b []byte) error {
	d := c.data.Load()
	if d == nil || d.ReadyState() != webrtc.DataChannelStateOpen {
		return ErrDataClosed
	}
	if d.BufferedAmount()+uint64(len(b)) > maxBuffered {
		return ErrDataFull
	}
	if err := d.Send(b); err != nil {
		return fmt.Errorf("send on data channel: %w", err)
	}
	return nil
}

func (c *pionConn) close() {
	if err := c.pc.GracefulClose(); err != nil {
		c.log.Debug("sfu: close peer connection", "error", err)
	}
}

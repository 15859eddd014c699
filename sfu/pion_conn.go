package sfu

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
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

	// Used by answer only.
	audio, video int // slots made
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
	ctx, cancel := context.WithTimeout(ctx, gatherTime)
	defer cancel()
	slots, err := c.addSlots(o)
	if err != nil {
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
	lines := make([]line, 0, len(slots))
	for _, s := range slots {
		l, err := s.line()
		if err != nil {
			return "", nil, err
		}
		lines = append(lines, l)
	}
	answer, err := tuneAnswer(c.pc.LocalDescription().SDP, c.cfg)
	if err != nil {
		return "", nil, err
	}
	return answer, lines, nil
}

func (c *pionConn) gathered(ctx context.Context) error {
	select {
	case <-webrtc.GatheringCompletePromise(c.pc):
		return nil
	case <-ctx.Done():
		return fmt.Errorf("gather candidates: %w", ctx.Err())
	}
}

// addSlots makes a transceiver for each receive line that has none.
func (c *pionConn) addSlots(o *offer) ([]*pionSlot, error) {
	known := make(map[string]bool)
	for _, t := range c.pc.GetTransceivers() {
		known[t.Mid()] = true
	}
	var slots []*pionSlot
	for _, l := range o.slots {
		if known[l.mid] {
			continue
		}
		s := &pionSlot{mid: l.mid, kind: l.kind}
		count := &c.audio
		if l.kind == Video {
			count = &c.video
		}
		s.index = *count
		*count++
		t, err := c.pc.AddTransceiverFromTrack(s, webrtc.RTPTransceiverInit{
			Direction: webrtc.RTPTransceiverDirectionSendonly,
		})
		if err != nil {
			return nil, fmt.Errorf("add slot %s: %w", l.mid, err)
		}
		s.transceiver = t
		slots = append(slots, s)
	}
	return slots, nil
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

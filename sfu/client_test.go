package sfu

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
)

// client acts like a browser: it offers, sends on sendonly lines and receives
// on recvonly lines.
type client struct {
	t      *testing.T
	id     string
	pc     *webrtc.PeerConnection
	peer   *Peer
	tracks map[Source]*webrtc.TrackLocalStaticRTP
	sender map[Source]*webrtc.RTPSender
	data   *webrtc.DataChannel

	mu       sync.Mutex
	packets  map[string][]*rtp.Packet // by mid
	reports  map[string][]*rtcp.SenderReport
	ssrcs    map[string]uint32
	plis     map[Source]int
	nacks    map[Source][]uint16
	remb     []float32
	slots    []Slot
	states   []State
	lack     [2]int
	messages [][]byte
	ready    bool
	speaking []bool
	quality  []Quality
}

type clientOptions struct {
	settings func(*webrtc.SettingEngine)
	registry *interceptor.Registry
	audio    int // receive lines
	video    int
	sources  []Source
}

func newTestEngine(t *testing.T, change ...func(*Config)) *Engine {
	t.Helper()
	cfg := Config{UDPAddr: "127.0.0.1:0", Loopback: true, Log: slog.New(slog.NewTextHandler(testWriter{t}, nil))}
	for _, f := range change {
		f(&cfg)
	}
	e, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return e
}

type testWriter struct{ t *testing.T }

func (w testWriter) Write(b []byte) (int, error) {
	w.t.Log(string(b))
	return len(b), nil
}

// joinClient makes a client with microphone and camera and one receive line of
// each kind, unless told otherwise, and joins it.
func joinClient(t *testing.T, r *Room, id string, change ...func(*clientOptions)) *client {
	t.Helper()
	c := newClient(t, id, change...)
	if err := c.join(r); err != nil {
		t.Fatalf("%s joins: %v", id, err)
	}
	return c
}

func newClient(t *testing.T, id string, change ...func(*clientOptions)) *client {
	t.Helper()
	o := clientOptions{audio: 1, video: 1, sources: []Source{Microphone, Camera}, registry: &interceptor.Registry{}}
	for _, f := range change {
		f(&o)
	}
	var s webrtc.SettingEngine
	s.SetIncludeLoopbackCandidate(true)
	if o.settings != nil {
		o.settings(&s)
	}
	api := webrtc.NewAPI(webrtc.WithSettingEngine(s), webrtc.WithMediaEngine(browserCodecs(t)),
		webrtc.WithInterceptorRegistry(o.registry))
	pc, err := api.NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = pc.GracefulClose() })
	c := &client{
		t: t, id: id, pc: pc,
		tracks: map[Source]*webrtc.TrackLocalStaticRTP{}, sender: map[Source]*webrtc.RTPSender{},
		packets: map[string][]*rtp.Packet{}, reports: map[string][]*rtcp.SenderReport{}, ssrcs: map[string]uint32{},
		plis: map[Source]int{}, nacks: map[Source][]uint16{},
	}
	for _, source := range o.sources {
		c.publish(source)
	}
	c.receiveLines(o.audio, o.video)
	if c.data, err = pc.CreateDataChannel("files", nil); err != nil {
		t.Fatal(err)
	}
	c.data.OnMessage(func(m webrtc.DataChannelMessage) {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.messages = append(c.messages, m.Data)
	})
	pc.OnTrack(c.receive)
	return c
}

func browserCodecs(t *testing.T) *webrtc.MediaEngine {
	t.Helper()
	m := &webrtc.MediaEngine{}
	if err := m.RegisterDefaultCodecs(); err != nil {
		t.Fatal(err)
	}
	for _, kind := range []webrtc.RTPCodecType{webrtc.RTPCodecTypeAudio, webrtc.RTPCodecTypeVideo} {
		m.RegisterFeedback(webrtc.RTCPFeedback{Type: "transport-cc"}, kind)
	}
	for _, uri := range []string{uriTransport, uriMid, uriAbsSend, uriAudioLevel} {
		for _, kind := range []webrtc.RTPCodecType{webrtc.RTPCodecTypeAudio, webrtc.RTPCodecTypeVideo} {
			if err := m.RegisterHeaderExtension(webrtc.RTPHeaderExtensionCapability{URI: uri}, kind); err != nil {
				t.Fatal(err)
			}
		}
	}
	return m
}

func (c *client) publish(source Source) {
	c.t.Helper()
	mime := webrtc.MimeTypeVP8
	if source == Microphone {
		mime = webrtc.MimeTypeOpus
	}
	track, err := webrtc.NewTrackLocalStaticRTP(webrtc.RTPCodecCapability{MimeType: mime}, string(source), c.id)
	if err != nil {
		c.t.Fatal(err)
	}
	tr, err := c.pc.AddTransceiverFromTrack(track, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly})
	if err != nil {
		c.t.Fatal(err)
	}
	c.tracks[source], c.sender[source] = track, tr.Sender()
	go c.control(source, tr.Sender())
}

func (c *client) receiveLines(audio, video int) {
	c.t.Helper()
	for kind, n := range map[webrtc.RTPCodecType]int{webrtc.RTPCodecTypeAudio: audio, webrtc.RTPCodecTypeVideo: video} {
		for range n {
			_, err := c.pc.AddTransceiverFromKind(kind, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly})
			if err != nil {
				c.t.Fatal(err)
			}
		}
	}
}

func (c *client) control(source Source, s *webrtc.RTPSender) {
	for {
		packets, _, err := s.ReadRTCP()
		if err != nil {
			return
		}
		c.mu.Lock()
		for _, p := range packets {
			switch p := p.(type) {
			case *rtcp.PictureLossIndication:
				c.plis[source]++
			case *rtcp.TransportLayerNack:
				for _, n := range p.Nacks {
					c.nacks[source] = append(c.nacks[source], n.PacketList()...)
				}
			case *rtcp.ReceiverEstimatedMaximumBitrate:
				c.remb = append(c.remb, p.Bitrate)
			}
		}
		c.mu.Unlock()
	}
}

func (c *client) receive(track *webrtc.TrackRemote, receiver *webrtc.RTPReceiver) {
	mid := receiver.RTPTransceiver().Mid()
	c.mu.Lock()
	c.ssrcs[mid] = uint32(track.SSRC())
	c.mu.Unlock()
	go func() {
		for {
			packets, _, err := receiver.ReadRTCP()
			if err != nil {
				return
			}
			c.mu.Lock()
			for _, p := range packets {
				if sr, ok := p.(*rtcp.SenderReport); ok {
					c.reports[mid] = append(c.reports[mid], sr)
				}
			}
			c.mu.Unlock()
		}
	}()
	for {
		p, _, err := track.ReadRTP()
		if err != nil {
			return
		}
		c.mu.Lock()
		c.packets[mid] = append(c.packets[mid], p)
		c.mu.Unlock()
	}
}

func (c *client) offer(iceRestart bool) Offer {
	c.t.Helper()
	desc, err := c.pc.CreateOffer(&webrtc.OfferOptions{ICERestart: iceRestart})
	if err != nil {
		c.t.Fatal(err)
	}
	gathered := webrtc.GatheringCompletePromise(c.pc)
	if err := c.pc.SetLocalDescription(desc); err != nil {
		c.t.Fatal(err)
	}
	<-gathered
	senders := map[string]Source{}
	for _, tr := range c.pc.GetTransceivers() {
		for source, s := range c.sender {
			if tr.Sender() == s {
				senders[tr.Mid()] = source
			}
		}
	}
	return Offer{SDP: c.pc.LocalDescription().SDP, Senders: senders}
}

func (c *client) accept(answer string) {
	c.t.Helper()
	if err := c.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: answer}); err != nil {
		c.t.Fatal(err)
	}
}

func (c *client) join(r *Room) error {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), 10*time.Second)
	defer cancel()
	peer, answer, err := r.Join(ctx, c.id, c.offer(false), c.events())
	if err != nil {
		return err
	}
	c.mu.Lock()
	c.peer = peer
	c.mu.Unlock()
	c.accept(answer)
	return nil
}

// renew sends a further offer.
func (c *client) renew(iceRestart bool) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), 10*time.Second)
	defer cancel()
	answer, err := c.peer.Offer(ctx, c.offer(iceRestart))
	if err != nil {
		c.t.Fatal(err)
	}
	c.accept(answer)
}

func (c *client) events() PeerEvents {
	locked := func(f func()) { c.mu.Lock(); defer c.mu.Unlock(); f() }
	return PeerEvents{
		State:     func(s State) { locked(func() { c.states = append(c.states, s) }) },
		Slots:     func(s []Slot) { locked(func() { c.slots = s }) },
		SlotsLack: func(a, v int) { locked(func() { c.lack = [2]int{a, v} }) },
		Data:      func(b []byte) { locked(func() { c.messages = append(c.messages, b) }) },
		DataReady: func() { locked(func() { c.ready = true }) },
		Quality:   func(q Quality) { locked(func() { c.quality = append(c.quality, q) }) },
		Speaking:  func(s bool) { locked(func() { c.speaking = append(c.speaking, s) }) },
	}
}

// until waits for a condition, which is looked at with the client's lock held.
func (c *client) until(what string, ok func() bool) {
	c.t.Helper()
	waitUntil(c.t, c.id+": "+what, func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		return ok()
	})
}

func waitUntil(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.NewTimer(15 * time.Second)
	defer deadline.Stop()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-deadline.C:
			t.Fatalf("waited in vain: %s", what)
		}
	}
}

func (c *client) connected() {
	c.t.Helper()
	c.until("is connected", func() bool {
		return c.pc.ConnectionState() == webrtc.PeerConnectionStateConnected && len(c.states) > 0 &&
			c.states[len(c.states)-1] == Connected
	})
}

// slot returns the line on which another's source arrives; call it with the lock held.
func (c *client) slot(peer string, s Source) (mid string) {
	for _, x := range c.slots {
		if x.Peer == peer && x.Source == s {
			return x.Mid
		}
	}
	return ""
}

// vp8 is a packet of a frame: descriptor with a 15-bit PictureID, a frame tag, filler.
func vp8(picture int, first, key bool, size int) []byte {
	b := make([]byte, size)
	b[0] = 0x80
	if first {
		b[0] |= 0x10
	}
	b[1], b[2], b[3] = 0x80, 0x80|byte(picture>>8), byte(picture)
	if first {
		if key {
			copy(b[4:], []byte{0x10, 0, 0, 0x9d, 0x01, 0x2a, 0x80, 0x02, 0xe0, 0x01})
		} else {
			b[4] = 0x11
		}
	}
	return b
}

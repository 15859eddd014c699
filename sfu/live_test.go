package sfu

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/pion/ice/v4"
	"github.com/pion/interceptor/pkg/nack"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
)

// These tests run real clients over loopback sockets.

// receives waits until a source of another has brought n packets more.
func (c *client) receives(from string, s Source, n int) {
	c.t.Helper()
	have := -1
	c.until(fmt.Sprintf("gets %s of %s", s, from), func() bool {
		mid := c.slot(from, s)
		if mid == "" {
			return false
		}
		if have < 0 {
			have = len(c.packets[mid])
		}
		return len(c.packets[mid]) >= have+n
	})
}

func TestAThirdPersonNeedsMoreSlots(t *testing.T) {
	e := newTestEngine(t)
	r := e.Room("r")
	a, b := joinClient(t, r, "a"), joinClient(t, r, "b")
	c := joinClient(t, r, "c", func(o *clientOptions) { o.audio, o.video = 2, 2 })
	for _, x := range []*client{a, b, c} {
		x.connected()
		for _, s := range []Source{Microphone, Camera} {
			defer x.flow(s)()
		}
	}
	for _, s := range []Source{Microphone, Camera} {
		c.receives("a", s, 20)
		c.receives("b", s, 20)
	}
	a.until("is told to offer more", func() bool { return a.lack == [2]int{1, 1} })
	a.receiveLines(1, 1)
	a.renew(false)
	for _, s := range []Source{Microphone, Camera} {
		a.receives("b", s, 20)
		a.receives("c", s, 20)
	}
	b.peer.Close()
	a.until("sees b go", func() bool { return a.slot("b", Camera) == "" && a.slot("b", Microphone) == "" })
	a.receives("c", Camera, 20)
}

func TestSoundAndPictureOfAPersonShareAGroup(t *testing.T) {
	e := newTestEngine(t)
	r := e.Room("r")
	lines := func(o *clientOptions) { o.audio, o.video = 3, 3 }
	a := joinClient(t, r, "a", lines)
	joinClient(t, r, "b", lines, func(o *clientOptions) { o.sources = []Source{Camera} })
	joinClient(t, r, "c", lines)
	a.until("is shown c", func() bool { return a.slot("c", Microphone) != "" && a.slot("c", Camera) != "" })
	a.mu.Lock()
	defer a.mu.Unlock()
	msid := func(mid string) string {
		for _, m := range strings.Split(a.pc.RemoteDescription().SDP, "m=")[1:] {
			if strings.Contains(m, "a=mid:"+mid+"\r\n") {
				_, rest, _ := strings.Cut(m, "a=msid:")
				stream, _, _ := strings.Cut(rest, " ")
				return stream
			}
		}
		return ""
	}
	if sound, picture := msid(a.slot("c", Microphone)), msid(a.slot("c", Camera)); sound == "" || sound != picture {
		t.Errorf("c's sound is of stream %q and its picture of %q", sound, picture)
	}
}

func TestScreenComesAndGoes(t *testing.T) {
	e := newTestEngine(t)
	r := e.Room("r")
	a := joinClient(t, r, "a")
	b := joinClient(t, r, "b", func(o *clientOptions) { o.video = 2 })
	a.connected()
	b.connected()
	a.publish(Screen)
	a.renew(false)
	defer a.flow(Screen)()
	b.receives("a", Screen, 20)
	a.peer.SetMuted(Screen, true)
	b.until("sees the screen go", func() bool { return b.slot("a", Screen) == "" })
	a.peer.SetMuted(Screen, false)
	b.receives("a", Screen, 20)
}

func TestDataBothWays(t *testing.T) {
	e := newTestEngine(t)
	a := joinClient(t, e.Room("r"), "a")
	a.until("has its data channel", func() bool { return a.ready && a.data.ReadyState() == webrtc.DataChannelStateOpen })
	chunk := func(n int) []byte { return bytes.Repeat([]byte{byte(n)}, 13+64<<10) }
	for i := range 10 {
		if err := a.data.Send(chunk(i)); err != nil {
			t.Fatal(err)
		}
	}
	a.until("is heard", func() bool { return len(a.messages) == 10 })
	a.mu.Lock()
	for i, m := range a.messages {
		if !bytes.Equal(m, chunk(i)) {
			t.Errorf("message %d came with %d bytes of %d", i, len(m), m[0])
		}
	}
	a.messages = nil
	a.mu.Unlock()
	for i := range 10 {
		if err := a.peer.SendData(chunk(i)); err != nil {
			t.Fatal(err)
		}
	}
	a.until("hears", func() bool { return len(a.messages) == 10 })
}

func TestSendDataIsBounded(t *testing.T) {
	e := newTestEngine(t)
	a := joinClient(t, e.Room("r"), "a")
	if err := a.peer.SendData([]byte{1}); !errors.Is(err, ErrDataClosed) {
		t.Errorf("before the channel is open: %v", err)
	}
	a.until("has its data channel", func() bool { return a.ready })
	message := make([]byte, 64<<10)
	for i := range 1000 {
		err := a.peer.SendData(message)
		if errors.Is(err, ErrDataFull) {
			return
		}
		if err != nil {
			t.Fatalf("message %d: %v", i, err)
		}
	}
	t.Error("64 MB went into a buffer of 1 MiB")
}

// What a client sends while ICE restarts does not get through. It is asked for
// again until it does.
func TestRestartOfICE(t *testing.T) {
	e := newTestEngine(t)
	r := e.Room("r")
	a := joinClient(t, r, "a", func(o *clientOptions) {
		responder, err := nack.NewResponderInterceptor()
		if err != nil {
			t.Fatal(err)
		}
		o.registry.Add(responder)
	})
	b := joinClient(t, r, "b")
	for _, c := range []*client{a, b} {
		c.connected()
		defer c.flow(Camera)()
	}
	b.receives("a", Camera, 20)
	before := a.pc.RemoteDescription().SDP
	a.renew(true)
	if ufrag(before) == ufrag(a.pc.RemoteDescription().SDP) {
		t.Error("the server kept its ICE credentials")
	}
	b.receives("a", Camera, 100)
	a.receives("b", Camera, 100)
	b.until("has every packet", func() bool {
		seen := map[uint16]bool{}
		got := b.packets[b.slot("a", Camera)]
		first, last := got[0].SequenceNumber, got[0].SequenceNumber
		for _, p := range got {
			seen[p.SequenceNumber] = true
			last = max(last, p.SequenceNumber)
		}
		for seq := first; seq < last-50; seq++ {
			if !seen[seq] {
				return false
			}
		}
		return true
	})
}

func ufrag(sdp string) string {
	_, rest, _ := strings.Cut(sdp, "a=ice-ufrag:")
	u, _, _ := strings.Cut(rest, "\r\n")
	return u
}

func TestOnlyTCP(t *testing.T) {
	e := newTestEngine(t, func(c *Config) { c.TCPAddr = "127.0.0.1:0" })
	r := e.Room("r")
	tcp := func(o *clientOptions) {
		o.settings = func(s *webrtc.SettingEngine) {
			s.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeTCP4})
		}
	}
	a, b := joinClient(t, r, "a", tcp), joinClient(t, r, "b")
	a.connected()
	b.connected()
	defer a.flow(Camera)()
	defer b.flow(Camera)()
	b.receives("a", Camera, 50)
	a.receives("b", Camera, 50)
	pair, err := a.pc.SCTP().Transport().ICETransport().GetSelectedCandidatePair()
	if err != nil || pair.Remote.Protocol != webrtc.ICEProtocolTCP {
		t.Errorf("connected by %v, %v", pair, err)
	}
}

// sniffer hears what arrives on a client's socket.
type sniffer struct {
	net.PacketConn
	mu    sync.Mutex
	heard []byte
}

func (s *sniffer) ReadFrom(b []byte) (int, net.Addr, error) {
	n, addr, err := s.PacketConn.ReadFrom(b)
	s.mu.Lock()
	s.heard = append(s.heard, b[:n]...)
	s.mu.Unlock()
	return n, addr, err
}

// A socket of both families serves clients of either.
func TestBothFamilies(t *testing.T) {
	e := newTestEngine(t, func(c *Config) { c.UDPAddr = ":0" })
	r := e.Room("r")
	a := joinClient(t, r, "a", func(o *clientOptions) {
		o.settings = func(s *webrtc.SettingEngine) { s.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4}) }
	})
	b := joinClient(t, r, "b", func(o *clientOptions) {
		o.settings = func(s *webrtc.SettingEngine) { s.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP6}) }
	})
	a.connected()
	b.connected()
	defer a.flow(Camera)()
	defer b.flow(Camera)()
	b.receives("a", Camera, 20)
	a.receives("b", Camera, 20)
}

func TestGCMIsPreferred(t *testing.T) {
	const gcm, cm = dtls.SRTP_AEAD_AES_128_GCM, dtls.SRTP_AES128_CM_HMAC_SHA1_80
	for name, c := range map[string]struct {
		offered []dtls.SRTPProtectionProfile
		want    dtls.SRTPProtectionProfile
	}{
		"both": {[]dtls.SRTPProtectionProfile{cm, gcm}, gcm},
		"old":  {[]dtls.SRTPProtectionProfile{cm}, cm},
	} {
		t.Run(name, func(t *testing.T) {
			socket, err := net.ListenPacket("udp4", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			s := &sniffer{PacketConn: socket}
			mux := ice.NewUDPMuxDefault(ice.UDPMuxParams{UDPConn: s})
			t.Cleanup(func() { _ = mux.Close() })
			e := newTestEngine(t)
			a := joinClient(t, e.Room("r"), "a", func(o *clientOptions) {
				o.settings = func(s *webrtc.SettingEngine) {
					s.SetSRTPProtectionProfiles(c.offered...)
					s.SetICEUDPMux(mux)
				}
			})
			a.connected()
			// use_srtp in the ServerHello, which is not encrypted (RFC 5764 §4.1.1).
			extension := []byte{0, 14, 0, 5, 0, 2, byte(c.want >> 8), byte(c.want), 0}
			s.mu.Lock()
			defer s.mu.Unlock()
			if !bytes.Contains(s.heard, extension) {
				t.Errorf("the server did not choose %v", c.want)
			}
		})
	}
}

// A packet that the client did not send is asked for, and takes its place in
// the receiver's order when it comes late.
func TestLossOnTheUplinkIsMended(t *testing.T) {
	e := newTestEngine(t)
	r := e.Room("r")
	a, b := joinClient(t, r, "a"), joinClient(t, r, "b")
	a.connected()
	b.connected()
	send := func(seq int) {
		err := a.tracks[Camera].WriteRTP(&rtp.Packet{
			Header:  rtp.Header{Version: 2, SequenceNumber: uint16(seq), Timestamp: uint32(seq) * 3000, Marker: true},
			Payload: vp8(seq, true, seq == 10, 200),
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, seq := range []int{10, 11, 13, 14} {
		send(seq)
	}
	a.until("is asked for 12", func() bool { return len(a.nacks[Camera]) > 0 && a.nacks[Camera][0] == 12 })
	send(12)
	b.until("has all five", func() bool { return len(b.packets[b.slot("a", Camera)]) == 5 })
	b.mu.Lock()
	defer b.mu.Unlock()
	got := b.packets[b.slot("a", Camera)]
	if late := got[4]; late.SequenceNumber != got[1].SequenceNumber+1 || late.Timestamp != got[1].Timestamp+3000 {
		t.Errorf("the late packet is %d/%d, after %d/%d", late.SequenceNumber, late.Timestamp, got[1].SequenceNumber, got[1].Timestamp)
	}
}

func TestKeyFrameRequestReachesThePublisher(t *testing.T) {
	e := newTestEngine(t)
	r := e.Room("r")
	a, b := joinClient(t, r, "a"), joinClient(t, r, "b")
	a.connected()
	b.connected()
	defer a.flow(Camera)()
	b.receives("a", Camera, 10)
	a.mu.Lock()
	before := a.plis[Camera]
	a.mu.Unlock()
	b.mu.Lock()
	ssrc := b.ssrcs[b.slot("a", Camera)]
	b.mu.Unlock()
	if err := b.pc.WriteRTCP([]rtcp.Packet{&rtcp.PictureLossIndication{MediaSSRC: ssrc}}); err != nil {
		t.Fatal(err)
	}
	a.until("is asked for a key frame", func() bool { return a.plis[Camera] > before })
}

func TestNackIsAnswered(t *testing.T) {
	e := newTestEngine(t)
	r := e.Room("r")
	a := joinClient(t, r, "a")
	b := joinClient(t, r, "b", func(o *clientOptions) {
		// To Pion's client a packet that it asked for twice is a replay.
		o.settings = func(s *webrtc.SettingEngine) { s.DisableSRTPReplayProtection(true) }
	})
	a.connected()
	b.connected()
	stop := a.flow(Camera)
	b.receives("a", Camera, 20)
	stop()
	b.mu.Lock()
	mid := b.slot("a", Camera)
	ssrc, lost := b.ssrcs[mid], b.packets[mid][7]
	b.mu.Unlock()
	nack := &rtcp.TransportLayerNack{MediaSSRC: ssrc, Nacks: []rtcp.NackPair{{PacketID: lost.SequenceNumber}}}
	if err := b.pc.WriteRTCP([]rtcp.Packet{nack}); err != nil {
		t.Fatal(err)
	}
	b.until("gets the packet again", func() bool {
		for _, p := range b.packets[mid][8:] {
			if p.SequenceNumber == lost.SequenceNumber {
				return bytes.Equal(p.Payload, lost.Payload) && p.Timestamp == lost.Timestamp
			}
		}
		return false
	})
}

func TestSenderReportsReachTheReceiver(t *testing.T) {
	e := newTestEngine(t)
	r := e.Room("r")
	a, b := joinClient(t, r, "a"), joinClient(t, r, "b")
	a.connected()
	b.connected()
	defer a.flow(Camera)()
	b.receives("a", Camera, 10)
	ssrc := uint32(a.sender[Camera].GetParameters().Encodings[0].SSRC)
	const ntp = 0xe1234567_89abcdef
	if err := a.pc.WriteRTCP([]rtcp.Packet{&rtcp.SenderReport{SSRC: ssrc, NTPTime: ntp, RTPTime: 4711}}); err != nil {
		t.Fatal(err)
	}
	b.until("gets a report", func() bool {
		list := b.reports[b.slot("a", Camera)]
		return len(list) > 0 && list[0].NTPTime == ntp && list[0].RTPTime == 4711 && list[0].PacketCount > 0
	})
}

func TestTheSameIDReplaces(t *testing.T) {
	e := newTestEngine(t)
	r := e.Room("r")
	first, b := joinClient(t, r, "a"), joinClient(t, r, "b")
	first.connected()
	second := joinClient(t, r, "a")
	first.until("is closed", func() bool { return first.states[len(first.states)-1] == Closed })
	second.connected()
	b.connected()
	defer second.flow(Camera)()
	b.receives("a", Camera, 20)
	if s := e.Stats(); s.Peers != 2 || s.Rooms != 1 {
		t.Errorf("%d peers in %d rooms, want 2 in 1", s.Peers, s.Rooms)
	}
}

func TestRoomFull(t *testing.T) {
	e := newTestEngine(t, func(c *Config) { c.MaxPeers = 1 })
	a := joinClient(t, e.Room("r"), "a")
	if err := newClient(t, "b").join(e.Room("r")); !errors.Is(err, ErrRoomFull) {
		t.Errorf("the second one: %v, want ErrRoomFull", err)
	}
	joinClient(t, e.Room("r"), "a").connected() // in place of the first
	a.until("is closed", func() bool { return a.states[len(a.states)-1] == Closed })
}

func TestTheClientClosesItsEnd(t *testing.T) {
	e := newTestEngine(t)
	a := joinClient(t, e.Room("r"), "a")
	a.connected()
	if err := a.pc.Close(); err != nil {
		t.Fatal(err)
	}
	a.until("is told to be closed", func() bool { return a.states[len(a.states)-1] == Closed })
	waitUntil(t, "the room is gone", func() bool { s := e.Stats(); return s.Rooms == 0 && s.Peers == 0 })
	if _, err := a.peer.Offer(context.Background(), Offer{SDP: fakeSDP("audio recvonly")}); !errors.Is(err, ErrClosed) {
		t.Errorf("an offer afterwards: %v, want ErrClosed", err)
	}
}

// Strangers who send to the media port, be it a DTLS ClientHello or noise,
// disturb nobody: the port listens to those only who have shown the password of
// a connection (RFC 8445 §7.3).
func TestStrangersAreIgnored(t *testing.T) {
	e := newTestEngine(t)
	udp := e.transport.(*pionTransport).udp.socket.LocalAddr().String()
	stranger, err := net.Dial("udp", udp)
	if err != nil {
		t.Fatal(err)
	}
	defer stranger.Close()
	done := make(chan struct{})
	defer close(done)
	go func() {
		hello := append([]byte{22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 50, 1}, make([]byte, 49)...)
		for {
			select {
			case <-done:
				return
			case <-time.After(time.Millisecond):
				_, _ = stranger.Write(hello)
				_, _ = stranger.Write(bytes.Repeat([]byte{0x80}, 40))
			}
		}
	}()
	r := e.Room("r")
	a, b := joinClient(t, r, "a"), joinClient(t, r, "b")
	a.connected()
	b.connected()
	defer a.flow(Camera)()
	b.receives("a", Camera, 50)
	if s := e.Stats(); s.Malformed+s.Unrouted > 0 {
		t.Errorf("the noise got in: %+v", s)
	}
}

// flow sends a source's packets, a key frame every ten, until stopped.
func (c *client) flow(s Source) (stop func()) {
	done, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for i := 0; ; i++ {
			p := &rtp.Packet{Header: rtp.Header{Version: 2, SequenceNumber: uint16(i), Timestamp: uint32(i) * 960, Marker: true}, Payload: []byte{0xfc, 1, 2, 3}}
			if s.Kind() == Video {
				p.Payload = vp8(i, true, i%10 == 0, 500)
			}
			if c.tracks[s].WriteRTP(p) != nil {
				return
			}
			select {
			case <-tick.C:
			case <-done:
				return
			}
		}
	}()
	return func() { close(done); <-stopped }
}

func TestTwoPeersSeeEachOther(t *testing.T) {
	e := newTestEngine(t)
	a, b := joinClient(t, e.Room("r"), "a"), joinClient(t, e.Room("r"), "b")
	a.connected()
	b.connected()
	for _, c := range []*client{a, b} {
		for _, s := range []Source{Microphone, Camera} {
			defer c.flow(s)()
		}
	}
	for _, pair := range [][2]*client{{a, b}, {b, a}} {
		from, to := pair[0], pair[1]
		for _, s := range []Source{Microphone, Camera} {
			to.until("gets "+string(s), func() bool { return len(to.packets[to.slot(from.id, s)]) >= 50 })
			to.mu.Lock()
			got := to.packets[to.slot(from.id, s)]
			for i := 1; i < len(got); i++ {
				if got[i].SequenceNumber != got[i-1].SequenceNumber+1 {
					t.Errorf("%s of %s: %d after %d", s, from.id, got[i].SequenceNumber, got[i-1].SequenceNumber)
				}
			}
			to.mu.Unlock()
		}
	}
}

// The answer tells where to reach us, and nothing else.
func TestCandidates(t *testing.T) {
	for name, c := range map[string]struct {
		config Config
		want   func(address string) bool
	}{
		"loopback only":    {Config{UDPAddr: "127.0.0.1:0", TCPAddr: "127.0.0.1:0", Loopback: true}, func(a string) bool { return a == "127.0.0.1" }},
		"no loopback":      {Config{UDPAddr: "0.0.0.0:0", TCPAddr: "0.0.0.0:0"}, func(a string) bool { return !net.ParseIP(a).IsLoopback() }},
		"both families":    {Config{UDPAddr: ":0", TCPAddr: ":0", Loopback: true}, func(string) bool { return true }},
		"behind a 1:1 NAT": {Config{UDPAddr: "0.0.0.0:0", TCPAddr: "0.0.0.0:0", PublicIPs: []string{"203.0.113.7"}}, func(a string) bool { return a == "203.0.113.7" }},
	} {
		t.Run(name, func(t *testing.T) {
			e := newTestEngine(t, func(cfg *Config) { c.config.Log = cfg.Log; *cfg = c.config })
			a := newClient(t, "a")
			p, answer, err := e.Room("r").Join(t.Context(), "a", a.offer(false), PeerEvents{})
			if err != nil {
				t.Fatal(err)
			}
			defer p.Close()
			udp, tcp := 0, 0
			for l := range strings.Lines(answer) {
				f := strings.Fields(l)
				if !strings.HasPrefix(l, "a=candidate:") || len(f) < 8 {
					continue
				}
				if !c.want(f[4]) || f[7] != "host" {
					t.Errorf("candidate %q", l)
				}
				switch f[2] {
				case "udp":
					udp++
				case "tcp":
					tcp++
				}
			}
			if udp == 0 || tcp == 0 {
				t.Errorf("%d UDP candidates, %d TCP", udp, tcp)
			}
			if !strings.Contains(answer, "a=ice-lite") || !strings.Contains(answer, "a=setup:passive") {
				t.Error("not ICE-lite, or not the DTLS server")
			}
		})
	}
}

func TestAnswerTellsTheCodecs(t *testing.T) {
	e := newTestEngine(t, func(c *Config) { c.StartBitrate = 700_000; c.MaxBitrate = 1_800_000 })
	a := newClient(t, "a")
	p, answer, err := e.Room("r").Join(t.Context(), "a", a.offer(false), PeerEvents{})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	for _, want := range []string{"x-google-start-bitrate=700", "useinbandfec=1", "b=TIAS:1800000", "nack pli", "ccm fir", "goog-remb", "transport-cc", uriAbsSend, uriTransport, uriAudioLevel, uriMid} {
		if !strings.Contains(answer, want) {
			t.Errorf("the answer does not tell %s", want)
		}
	}
	for l := range strings.Lines(answer) {
		if strings.HasPrefix(l, "a=rtpmap:") && !strings.Contains(l, "opus/48000/2") && !strings.Contains(l, "VP8/90000") {
			t.Errorf("a codec that we do not speak: %s", l)
		}
	}
}

// An offer that is refused leaves the connection as it was.
func TestARefusedOfferDoesNoHarm(t *testing.T) {
	e := newTestEngine(t)
	r := e.Room("r")
	a, b := joinClient(t, r, "a"), joinClient(t, r, "b")
	a.connected()
	b.connected()
	defer a.flow(Camera)()
	b.receives("a", Camera, 10)
	a.receiveLines(1, 1)
	good := a.offer(false)
	bad := good
	bad.SDP = strings.ReplaceAll(bad.SDP, "a=ice-ufrag:", "a=x-ufrag:")
	if _, err := a.peer.Offer(t.Context(), bad); !errors.Is(err, ErrBadOffer) {
		t.Errorf("an offer without ICE: %v, want ErrBadOffer", err)
	}
	b.receives("a", Camera, 10)
	answer, err := a.peer.Offer(t.Context(), good)
	if err != nil {
		t.Fatal(err)
	}
	a.accept(answer)
	a.until("has the new slots", func() bool { return len(a.slots) == 4 })
	b.receives("a", Camera, 10)
}

// What only Pion finds wrong, half-way, closes the peer, since Pion cannot go
// back: the client may join again.
func TestAnOfferThatFailsHalfWay(t *testing.T) {
	e := newTestEngine(t)
	a := joinClient(t, e.Room("r"), "a")
	a.connected()
	bad := a.offer(false)
	last := strings.LastIndex(bad.SDP, "a=extmap:") // of a receive line, where we read none
	bad.SDP = bad.SDP[:last] + "a=extmap:x" + bad.SDP[last+len("a=extmap:"):]
	if _, err := a.peer.Offer(t.Context(), bad); !errors.Is(err, ErrBadOffer) {
		t.Errorf("an extension without an id: %v, want ErrBadOffer", err)
	}
	a.until("is closed", func() bool { return a.states[len(a.states)-1] == Closed })
	joinClient(t, e.Room("r"), "a").connected()
}

package sfu

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/sdp/v3"
)

func TestBadOffers(t *testing.T) {
	good := fakeSDP("audio sendonly", "video recvonly")
	for _, c := range []struct {
		name  string
		offer Offer
	}{
		{"empty", Offer{}},
		{"no SDP", Offer{SDP: "hello"}},
		{"no lines", Offer{SDP: fakeSDP()}},
		{"too many lines", Offer{SDP: fakeSDP(strings.Split(strings.Repeat("audio recvonly,", 64)+"audio recvonly", ",")...)}},
		{"too long", Offer{SDP: good + strings.Repeat("a=x\r\n", maxOfferBytes/5)}},
		{"no mid", Offer{SDP: strings.ReplaceAll(good, "a=mid:0\r\n", "")}},
		{"two of a mid", Offer{SDP: strings.ReplaceAll(good, "a=mid:1", "a=mid:0")}},
		{"a sender of no line", Offer{SDP: good, Senders: map[string]Source{"7": Microphone}}},
		{"a sender of another kind", Offer{SDP: good, Senders: map[string]Source{"0": Camera}}},
		{"a sender of no known source", Offer{SDP: good, Senders: map[string]Source{"0": "radio"}}},
		{"a sender that receives", Offer{SDP: good, Senders: map[string]Source{"1": Camera}}},
		{"two microphones", Offer{SDP: fakeSDP("audio sendonly", "audio sendonly"), Senders: map[string]Source{"0": Microphone, "1": Microphone}}},
		{"a sender of data", Offer{SDP: strings.ReplaceAll(good, "m=audio", "m=application"), Senders: map[string]Source{"0": Microphone}}},
		{"a strange extension", Offer{SDP: strings.ReplaceAll(good, "a=extmap:4 ", "a=extmap:x "), Senders: map[string]Source{"0": Microphone}}},
		{"no ICE", Offer{SDP: strings.ReplaceAll(good, "a=ice-ufrag", "a=x"), Senders: map[string]Source{"0": Microphone}}},
		{"no fingerprint", Offer{SDP: strings.ReplaceAll(good, "a=fingerprint", "a=x"), Senders: map[string]Source{"0": Microphone}}},
		// What only the transport finds.
		{"no codec of ours", Offer{SDP: good, Senders: map[string]Source{"0": Microphone}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := newTestEngine(t)
			p, answer, err := e.Room("r").Join(context.Background(), "a", c.offer, PeerEvents{})
			if !errors.Is(err, ErrBadOffer) || p != nil || answer != "" {
				t.Errorf("got %v, %q, %v; want ErrBadOffer", p, answer, err)
			}
			if s := e.Stats(); s.Peers != 0 || s.Rooms != 0 {
				t.Errorf("%d peers in %d rooms are left", s.Peers, s.Rooms)
			}
		})
	}
}

// TestNoCandidates: however its lines are written, an offer's addresses do not reach Pion.
func TestNoCandidates(t *testing.T) {
	const candidate = "a=candidate:1 1 tcp 1 10.0.0.1 22 typ host tcptype passive"
	for _, line := range []string{candidate + "\r\n", candidate + "\n", "\r" + candidate + "\r\n", "\r\n\r\r" + candidate + "\n"} {
		o, err := parseOffer(Offer{SDP: fakeSDP("audio recvonly") + line + "a=x\r\n"})
		if err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		var read sdp.SessionDescription
		if err := read.UnmarshalString(o.sdp); err != nil {
			t.Fatal(err)
		}
		if m := read.MediaDescriptions[0]; hasAttribute(&read, "candidate") || m.Attributes[len(m.Attributes)-1].Key != "x" {
			t.Errorf("%q: %q", line, o.sdp)
		}
	}
}

// TestAPanicOfTheOwner ends the peer that it is about, not the process.
func TestAPanicOfTheOwner(t *testing.T) {
	e := newFakeEngine(t, nil)
	a, _ := joinFake(t, e.Room("r"), "a", 1, PeerEvents{Data: func([]byte) { panic("broken") }})
	a.onData([]byte("x"))
	<-a.closed
	if s := e.Stats(); s.Panics != 1 || s.Peers != 0 {
		t.Errorf("%+v", s)
	}
}

func FuzzParseOffer(f *testing.F) {
	f.Add(fakeSDP("audio sendonly", "video sendonly", "audio recvonly", "video recvonly"), "0", "mic")
	f.Add(fakeSDP("audio sendrecv"), "0", "camera")
	f.Fuzz(func(t *testing.T, sdp, mid, source string) {
		o, err := parseOffer(Offer{SDP: sdp, Senders: map[string]Source{mid: Source(source)}})
		if err != nil {
			if !errors.Is(err, ErrBadOffer) {
				t.Errorf("%v is not ErrBadOffer", err)
			}
			return
		}
		if len(o.senders) > 1 || len(o.slots) > maxOfferLines {
			t.Errorf("%d senders, %d slots", len(o.senders), len(o.slots))
		}
	})
}

func TestMalformedPacketsAreCounted(t *testing.T) {
	e := newFakeEngine(t, &fakeClock{})
	a, _ := joinFake(t, e.Room("r"), "a", 1, PeerEvents{})
	_, wire := joinFake(t, e.Room("r"), "b", 1, PeerEvents{})
	keepAll(wire)
	padded := packetOf(t, cameraSSRC, 1, 0, []byte{0x10, 0x10, 0})
	padded[0] |= 0x20 // with a count of zero, CVE-2025-49140
	for _, raw := range [][]byte{nil, {0x80}, padded, packetOf(t, cameraSSRC, 2, 0, []byte{0x90})} {
		a.onRTP(cameraSSRC, raw, e.now())
	}
	a.onRTP(77, packetOf(t, 77, 1, 0, []byte{1}), e.now())
	if s := e.Stats(); s.Malformed != 4 || s.Unrouted != 1 || s.PacketsIn != 5 || s.PacketsOut != 0 {
		t.Errorf("counted %+v", s)
	}
}

// Any bytes from a client, RTP and RTCP, through the whole of our code.
func FuzzReceive(f *testing.F) {
	f.Add([]byte{0xa0, 96, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0})
	f.Add([]byte{0x80, 96, 0, 1, 0, 0, 0, 0, 0, 0, 3, 0xe9, 0x10, 0x10, 0, 0, 0x9d, 1, 0x2a, 1, 0, 1, 0})
	f.Add([]byte{0x81, 205, 0, 3, 0, 0, 0, 1, 0, 0, 0, 2, 0, 5, 0xff, 0xff})
	e := newFakeEngine(f, nil)
	a, _ := joinFake(f, e.Room("r"), "a", 1, PeerEvents{})
	b, wire := joinFake(f, e.Room("r"), "b", 1, PeerEvents{})
	now := time.Unix(1_800_000_000, 0)
	f.Fuzz(func(t *testing.T, raw []byte) {
		now = now.Add(time.Millisecond)
		a.onRTP(micSSRC, raw, now)
		a.onRTP(cameraSSRC, raw, now)
		packets, err := rtcp.Unmarshal(raw)
		if err != nil {
			return
		}
		for _, p := range packets {
			b.onRTCP(wire.lines[1].ssrc, p, now)
			a.onRTCP(cameraSSRC, p, now)
		}
		if s := e.Stats(); s.Panics > 0 {
			t.Fatalf("%x: panic", raw)
		}
	})
}

func TestAPanicEndsOnlyThatPeer(t *testing.T) {
	e := newFakeEngine(t, nil)
	closed := make(chan State, 8)
	a, _ := joinFake(t, e.Room("r"), "a", 1, PeerEvents{State: func(s State) {
		if s == Closed {
			closed <- s
		}
	}})
	joinFake(t, e.Room("r"), "b", 1, PeerEvents{})
	c, wire := joinFake(t, e.Room("r"), "c", 2, PeerEvents{})
	keepAll(wire)
	b := e.Room("r").find("b")
	b.conn.(*fakeConn).lines[1].broken = true
	a.onRTP(cameraSSRC, packetOf(t, cameraSSRC, 1, 0, vp8(0, true, true, 100)), e.now())
	receive(t, closed)
	waitUntil(t, "a is gone", func() bool { return e.Stats().Peers == 2 })
	if s := e.Stats(); s.Panics != 1 {
		t.Errorf("%d panics counted", s.Panics)
	}
	b.onRTP(cameraSSRC, packetOf(t, cameraSSRC, 1, 0, vp8(0, true, true, 100)), e.now())
	waitUntil(t, "c still gets b's picture", func() bool { return c.engine.Stats().PacketsOut >= 1 })
}

// tape is a sink that remembers.
type tape struct {
	mu      sync.Mutex
	info    PublicationInfo
	packets int
	reports []SenderReport
	muted   []bool
	closed  int
	broken  bool
}

func (t *tape) note(f func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	f()
}

func (t *tape) Packet(raw []byte, _ time.Time) {
	if t.broken {
		panic("broken tape")
	}
	t.note(func() { t.packets++; clear(raw) })
}
func (t *tape) Report(r SenderReport, _ time.Time) {
	t.note(func() { t.reports = append(t.reports, r) })
}
func (t *tape) Muted(m bool, _ time.Time) { t.note(func() { t.muted = append(t.muted, m) }) }
func (t *tape) Close()                    { t.note(func() { t.closed++ }) }

func TestSinks(t *testing.T) {
	e := newFakeEngine(t, nil)
	a, _ := joinFake(t, e.Room("r"), "a", 1, PeerEvents{})
	tapes := map[Source]*tape{}
	a.SetTap(func(i PublicationInfo) Sink {
		tapes[i.Source] = &tape{info: i}
		return tapes[i.Source]
	})
	if len(tapes) > 0 {
		t.Error("a sink for what has not begun")
	}
	for i := range 50 {
		a.onRTP(micSSRC, packetOf(t, micSSRC, uint16(i), uint32(i)*960, []byte{0xfc, 1}), e.now())
		a.onRTP(cameraSSRC, packetOf(t, cameraSSRC, uint16(i), uint32(i)*3000, vp8(i, true, i == 0, 100)), e.now())
	}
	video := tapes[Camera]
	if video.packets != 50 || tapes[Microphone].packets != 50 {
		t.Fatalf("%d video and %d audio packets, want 50 each", video.packets, tapes[Microphone].packets)
	}
	if i := video.info; i.Peer != "a" || i.Kind != Video || i.Codec != "VP8" || i.ClockRate != 90000 || i.SSRC != cameraSSRC || i.PayloadType != 96 {
		t.Errorf("info %+v", i)
	}
	half := uint64(time.Unix(1_800_000_000, 0).Unix()+ntpEpoch)<<32 | 1<<31
	a.onRTCP(cameraSSRC, &rtcp.SenderReport{SSRC: cameraSSRC, NTPTime: half, RTPTime: 9}, e.now())
	want := SenderReport{NTP: time.Unix(1_800_000_000, 5e8).UTC(), RTP: 9}
	if len(video.reports) != 1 || video.reports[0] != want {
		t.Errorf("reports %+v, want %+v", video.reports, want)
	}
	a.SetMuted(Camera, true)
	a.SetMuted(Camera, true)
	a.onRTP(cameraSSRC, packetOf(t, cameraSSRC, 50, 0, vp8(0, true, true, 100)), e.now())
	a.SetMuted(Camera, false)
	if fmt.Sprint(video.muted) != "[true false]" || video.packets != 50 {
		t.Errorf("told %v, %d packets", video.muted, video.packets)
	}
	a.SetTap(nil)
	if video.closed != 1 {
		t.Errorf("closed %d times", video.closed)
	}
	a.onRTP(cameraSSRC, packetOf(t, cameraSSRC, 51, 0, vp8(0, true, true, 100)), e.now())
	second := &tape{}
	a.SetTap(func(PublicationInfo) Sink { return second })
	a.Close()
	if video.closed != 1 || video.packets != 50 || second.closed != 2 {
		t.Errorf("the first was closed %d times, the second (for both sources) %d", video.closed, second.closed)
	}
}

func TestABrokenSinkIsLetGo(t *testing.T) {
	e := newFakeEngine(t, nil)
	a, _ := joinFake(t, e.Room("r"), "a", 1, PeerEvents{})
	_, wire := joinFake(t, e.Room("r"), "b", 1, PeerEvents{})
	keepAll(wire)
	a.SetTap(func(PublicationInfo) Sink { return &tape{broken: true} })
	for i := range 3 {
		a.onRTP(cameraSSRC, packetOf(t, cameraSSRC, uint16(i), 0, vp8(i, true, true, 100)), e.now())
	}
	if s := e.Stats(); s.SinkPanics != 1 || s.Panics != 0 || s.PacketsOut != 3 {
		t.Errorf("counted %+v", s)
	}
}

func TestUndeclaredSSRCIsFoundByMid(t *testing.T) {
	e := newFakeEngine(t, nil)
	offer := Offer{SDP: strings.ReplaceAll(fakeSDP("audio sendonly", "video sendonly"), "a=ssrc:", "a=x-ssrc:"), Senders: map[string]Source{"0": Microphone, "1": Camera}}
	a, _, err := e.Room("r").Join(context.Background(), "a", offer, PeerEvents{})
	if err != nil {
		t.Fatal(err)
	}
	_, wire := joinFake(t, e.Room("r"), "b", 1, PeerEvents{})
	keepAll(wire)
	first := packetOf(t, 5, 1, 0, vp8(0, true, true, 100))
	a.onRTP(5, first, e.now()) // without a mid: nobody's
	a.onRTP(5, withExtension(t, first, fakeMidID, []byte("1")), e.now())
	a.onRTP(5, packetOf(t, 5, 2, 0, vp8(1, true, false, 100)), e.now()) // known by now
	if n := len(videoLine(wire, 0).written); n != 2 {
		t.Errorf("%d packets forwarded, want 2", n)
	}
}

// Joins, leaves, mutes, offers and packets at once: what the race detector is for.
func TestStorm(t *testing.T) {
	e := newFakeEngine(t, nil)
	var wg sync.WaitGroup
	for worker := range 6 {
		wg.Go(func() {
			for round := range 30 {
				id := fmt.Sprint(worker % 4) // so that some replace each other
				lines := []string{"audio sendonly", "video sendonly", "audio recvonly", "video recvonly"}
				offer := Offer{SDP: fakeSDP(lines...), Senders: map[string]Source{"0": Microphone, "1": Camera}}
				p, _, err := e.Room("r").Join(context.Background(), id, offer, PeerEvents{})
				if err != nil {
					t.Error(err)
					return
				}
				p.onState(Connected)
				for i := range 20 {
					p.onRTP(cameraSSRC, packetOf(t, cameraSSRC, uint16(i), uint32(i), vp8(i, true, i%5 == 0, 50)), time.Now())
				}
				p.SetMuted(Camera, round%2 == 0)
				p.SetTap(func(PublicationInfo) Sink { return &tape{} })
				offer.SDP = fakeSDP(append(lines, "video recvonly")...)
				_, _ = p.Offer(context.Background(), offer) // it may have been replaced
				p.onTick(time.Now().Add(3 * time.Second))
				p.slotsNow()
				e.Stats()
				p.Close()
			}
		})
	}
	wg.Wait()
	if s := e.Stats(); s.Peers != 0 || s.Rooms != 0 || s.Panics != 0 {
		t.Errorf("left behind: %+v", s)
	}
}

func TestCloseLeavesNothingRunning(t *testing.T) {
	before := runtime.NumGoroutine()
	e, err := New(Config{UDPAddr: "127.0.0.1:0", TCPAddr: "127.0.0.1:0", Loopback: true})
	if err != nil {
		t.Fatal(err)
	}
	a, b := joinClient(t, e.Room("r"), "a"), joinClient(t, e.Room("r"), "b")
	a.connected()
	b.connected()
	stop := a.flow(Camera)
	b.receives("a", Camera, 10)
	stop()
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	for _, c := range []*client{a, b} {
		if c.states[len(c.states)-1] != Closed { // told before Close returned
			t.Errorf("%s was told %v", c.id, c.states)
		}
		if err := c.pc.GracefulClose(); err != nil {
			t.Error(err)
		}
	}
	late := Offer{SDP: fakeSDP("audio recvonly")}
	if _, _, err := e.Room("r").Join(context.Background(), "c", late, PeerEvents{}); !errors.Is(err, ErrClosed) {
		t.Errorf("joined a closed engine: %v", err)
	}
	waitUntil(t, "all goroutines have ended", func() bool { return runtime.NumGoroutine() <= before })
}

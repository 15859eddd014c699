package sfu

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/pion/interceptor"
	"github.com/pion/interceptor/pkg/twcc"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
)

// The load comes from a second process, so that the CPU time of this one is the
// server's alone. They speak JSON lines over the child's standard streams.

// loadChild is the environment variable that makes the test binary a load.
const loadChild = "SFU_LOAD_PEERS"

// What each client sends, as in the tables of the field: VP8 1.2 Mbit/s at 30
// frames a second, each of five packets, and Opus.
const (
	loadFrame   = time.Second / 30
	loadBurst   = 5
	loadPayload = 1000
)

type loadOffer struct {
	Peer  int
	Offer Offer
	// At the end, in place of an offer.
	Sent, Received uint64
}

// BenchmarkRooms measures the process's CPU time (user and system) for each
// packet that is forwarded, real sockets and real encryption in both directions.
func BenchmarkRooms(b *testing.B) {
	for _, shape := range []struct{ rooms, peers int }{{1, 2}, {25, 2}, {1, 8}} {
		b.Run(fmt.Sprintf("%dof%d", shape.rooms, shape.peers), func(b *testing.B) {
			benchmarkRooms(b, shape.rooms, shape.peers)
		})
	}
}

func benchmarkRooms(b *testing.B, rooms, size int) {
	e, err := New(Config{UDPAddr: "127.0.0.1:0", Loopback: true})
	if err != nil {
		b.Fatal(err)
	}
	defer e.Close()
	load := startLoad(b, rooms*size, size)
	defer load.stop()
	for range rooms * size {
		var o loadOffer
		load.read(&o)
		room := e.Room(strconv.Itoa(o.Peer / size))
		_, answer, err := room.Join(context.Background(), strconv.Itoa(o.Peer), o.Offer, PeerEvents{})
		if err != nil {
			b.Fatal(err)
		}
		load.write(answer)
	}
	settled := func() bool { return e.Stats().PacketsOut > uint64(rooms*size*200) }
	for deadline := time.Now().Add(30 * time.Second); !settled(); {
		if time.Now().After(deadline) {
			b.Fatal("no media")
		}
		time.Sleep(100 * time.Millisecond)
	}
	time.Sleep(1500 * time.Millisecond) // the clients send a key frame every second, unasked
	for b.Loop() {
		cpu, before := cpuTime(), e.Stats()
		time.Sleep(5 * time.Second)
		after := e.Stats()
		out := float64(after.PacketsOut - before.PacketsOut)
		b.ReportMetric(float64((cpuTime()-cpu).Microseconds())/out, "µs/packet")
		b.ReportMetric(out/5, "packets/s")
		in := float64(after.PacketsIn - before.PacketsIn)
		b.ReportMetric(100*(1-out/in/float64(size-1)), "%lost")
	}
	b.ReportMetric(memory()/float64(rooms), "MiB/room")
	b.ReportMetric(0, "ns/op") // a round of five seconds says nothing
}

// memory is what the process holds, in MiB, the runtime's own included.
func memory() float64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.Sys-m.HeapReleased) / (1 << 20)
}

func cpuTime() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

type load struct {
	tb  testing.TB
	cmd *exec.Cmd
	in  io.WriteCloser
	out *json.Decoder
}

func startLoad(tb testing.TB, peers, size int) *load {
	cmd := exec.Command(os.Args[0], "-test.run=^TestLoad$", "-test.timeout=10m")
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%d/%d", loadChild, peers, size))
	in, err := cmd.StdinPipe()
	if err != nil {
		tb.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		tb.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	return &load{tb: tb, cmd: cmd, in: in, out: json.NewDecoder(bufio.NewReader(out))}
}

func (l *load) read(v any) {
	if err := l.out.Decode(v); err != nil {
		l.tb.Fatal(err)
	}
}

func (l *load) write(v any) {
	if err := json.NewEncoder(l.in).Encode(v); err != nil {
		l.tb.Fatal(err)
	}
}

func (l *load) stop() {
	_ = l.in.Close() // the child ends when its input does
	_ = l.cmd.Wait()
}

// TestLoad is the child's side; it does nothing in a usual run.
func TestLoad(t *testing.T) {
	spec := os.Getenv(loadChild)
	if spec == "" {
		t.Skip("runs as the child of BenchmarkRooms")
	}
	var peers, size int
	if _, err := fmt.Sscanf(spec, "%d/%d", &peers, &size); err != nil {
		t.Fatal(err)
	}
	out, in := json.NewEncoder(os.Stdout), json.NewDecoder(os.Stdin)
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	var received atomic.Uint64
	for i := range peers {
		c := newLoadClient(t, size-1, &received)
		if err := out.Encode(loadOffer{Peer: i, Offer: c.offer(t)}); err != nil {
			t.Fatal(err)
		}
		var answer string
		if err := in.Decode(&answer); err != nil {
			t.Fatal(err)
		}
		if err := c.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: answer}); err != nil {
			t.Fatal(err)
		}
		wg.Go(func() { c.run(ctx, time.Duration(i)*loadFrame/time.Duration(peers)) })
	}
	_, _ = io.Copy(io.Discard, os.Stdin)
	cancel()
	wg.Wait()
	os.Exit(0) // without the test's own last lines on the stream
}

type loadClient struct {
	pc           *webrtc.PeerConnection
	audio, video *webrtc.TrackLocalStaticRTP
}

func newLoadClient(t *testing.T, lines int, received *atomic.Uint64) *loadClient {
	var s webrtc.SettingEngine
	s.SetIncludeLoopbackCandidate(true)
	s.SetSRTPProtectionProfiles(dtls.SRTP_AEAD_AES_128_GCM)
	// As browsers do: transport-wide sequence numbers on what is sent.
	registry := &interceptor.Registry{}
	stamper, err := twcc.NewHeaderExtensionInterceptor()
	if err != nil {
		t.Fatal(err)
	}
	registry.Add(stamper)
	api := webrtc.NewAPI(webrtc.WithSettingEngine(s), webrtc.WithMediaEngine(browserCodecs(t)),
		webrtc.WithInterceptorRegistry(registry))
	pc, err := api.NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		t.Fatal(err)
	}
	c := &loadClient{pc: pc}
	for _, mime := range []string{webrtc.MimeTypeOpus, webrtc.MimeTypeVP8} {
		track, err := webrtc.NewTrackLocalStaticRTP(webrtc.RTPCodecCapability{MimeType: mime}, mime, "load")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := pc.AddTransceiverFromTrack(track, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly}); err != nil {
			t.Fatal(err)
		}
		if mime == webrtc.MimeTypeOpus {
			c.audio = track
		} else {
			c.video = track
		}
	}
	for range lines {
		for _, kind := range []webrtc.RTPCodecType{webrtc.RTPCodecTypeAudio, webrtc.RTPCodecTypeVideo} {
			if _, err := pc.AddTransceiverFromKind(kind, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly}); err != nil {
				t.Fatal(err)
			}
		}
	}
	pc.OnTrack(func(track *webrtc.TrackRemote, _ *webrtc.RTPReceiver) {
		buf := make([]byte, 1500)
		for {
			if _, _, err := track.Read(buf); err != nil {
				return
			}
			received.Add(1)
		}
	})
	return c
}

func (c *loadClient) offer(t *testing.T) Offer {
	desc, err := c.pc.CreateOffer(nil)
	if err != nil {
		t.Fatal(err)
	}
	gathered := webrtc.GatheringCompletePromise(c.pc)
	if err := c.pc.SetLocalDescription(desc); err != nil {
		t.Fatal(err)
	}
	<-gathered
	return Offer{SDP: c.pc.LocalDescription().SDP, Senders: map[string]Source{"0": Microphone, "1": Camera}}
}

func (c *loadClient) run(ctx context.Context, shift time.Duration) {
	defer c.pc.Close()
	start := time.Now().Add(shift)
	var seq, audioSeq uint16
	for frame := 0; ; frame++ {
		select {
		case <-time.After(time.Until(start.Add(time.Duration(frame) * loadFrame))):
		case <-ctx.Done():
			return
		}
		for i := range loadBurst {
			_ = c.video.WriteRTP(&rtp.Packet{
				Header:  rtp.Header{Version: 2, SequenceNumber: seq, Timestamp: uint32(frame) * 3000, Marker: i == loadBurst-1},
				Payload: vp8(frame, i == 0, frame%30 == 0, loadPayload),
			})
			seq++
		}
		for due := time.Duration(audioSeq) * 20 * time.Millisecond; due <= time.Duration(frame)*loadFrame; due += 20 * time.Millisecond {
			_ = c.audio.WriteRTP(&rtp.Packet{
				Header:  rtp.Header{Version: 2, SequenceNumber: audioSeq, Timestamp: uint32(audioSeq) * 960},
				Payload: make([]byte, 80),
			})
			audioSeq++
		}
	}
}

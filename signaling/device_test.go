package signaling

import (
	"context"
	"encoding/binary"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"tmk/signaling/protocol"
)

// device is a page's RTCPeerConnection with camera, microphone and the data channel.
type device struct {
	t       testing.TB
	pc      *webrtc.PeerConnection
	senders map[string]*webrtc.RTPSender
	tracks  map[string]*webrtc.TrackLocalStaticRTP
	data    *webrtc.DataChannel
	open    chan struct{}

	mu       sync.Mutex
	received map[string]int // packets by mid
	acks     map[uint32]ack
	acked    chan struct{} // cap 1
}

type ack struct{ stored, credit int64 }

func newDevice(t testing.TB) *device {
	t.Helper()
	var s webrtc.SettingEngine
	s.SetIncludeLoopbackCandidate(true)
	m := &webrtc.MediaEngine{}
	if err := m.RegisterDefaultCodecs(); err != nil {
		t.Fatal(err)
	}
	for _, kind := range []webrtc.RTPCodecType{webrtc.RTPCodecTypeAudio, webrtc.RTPCodecTypeVideo} {
		if err := m.RegisterHeaderExtension(webrtc.RTPHeaderExtensionCapability{URI: "urn:ietf:params:rtp-hdrext:sdes:mid"}, kind); err != nil {
			t.Fatal(err)
		}
	}
	pc, err := webrtc.NewAPI(webrtc.WithSettingEngine(s), webrtc.WithMediaEngine(m)).NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		t.Fatal(err)
	}
	d := &device{
		t: t, pc: pc, senders: map[string]*webrtc.RTPSender{}, tracks: map[string]*webrtc.TrackLocalStaticRTP{},
		open: make(chan struct{}), received: map[string]int{}, acks: map[uint32]ack{}, acked: make(chan struct{}, 1),
	}
	t.Cleanup(d.close)
	d.publish("mic", webrtc.MimeTypeOpus)
	d.publish("camera", webrtc.MimeTypeVP8)
	d.receiveLines()
	if d.data, err = pc.CreateDataChannel("files", nil); err != nil {
		t.Fatal(err)
	}
	d.data.OnOpen(func() { close(d.open) })
	d.data.OnMessage(func(m webrtc.DataChannelMessage) { d.acknowledged(m.Data) })
	pc.OnTrack(d.receive)
	return d
}

func (d *device) close() { _ = d.pc.GracefulClose() }

func (d *device) publish(source, mime string) {
	d.t.Helper()
	track, err := webrtc.NewTrackLocalStaticRTP(webrtc.RTPCodecCapability{MimeType: mime}, source, "own")
	if err != nil {
		d.t.Fatal(err)
	}
	tr, err := d.pc.AddTransceiverFromTrack(track, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly})
	if err != nil {
		d.t.Fatal(err)
	}
	d.senders[source], d.tracks[source] = tr.Sender(), track
}

// receiveLines adds a receive line of each kind to the next offer.
func (d *device) receiveLines() {
	d.t.Helper()
	for _, kind := range []webrtc.RTPCodecType{webrtc.RTPCodecTypeAudio, webrtc.RTPCodecTypeVideo} {
		if _, err := d.pc.AddTransceiverFromKind(kind, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly}); err != nil {
			d.t.Fatal(err)
		}
	}
}

func (d *device) receive(track *webrtc.TrackRemote, receiver *webrtc.RTPReceiver) {
	mid := receiver.RTPTransceiver().Mid()
	for {
		if _, _, err := track.ReadRTP(); err != nil {
			return
		}
		d.mu.Lock()
		d.received[mid]++
		d.mu.Unlock()
	}
}

// hears tells how many packets have come on a line.
func (d *device) hears(mid string) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.received[mid]
}

func (d *device) offer() protocol.Offer {
	d.t.Helper()
	desc, err := d.pc.CreateOffer(nil)
	if err != nil {
		d.t.Fatal(err)
	}
	gathered := webrtc.GatheringCompletePromise(d.pc)
	if err := d.pc.SetLocalDescription(desc); err != nil {
		d.t.Fatal(err)
	}
	<-gathered
	o := protocol.Offer{SDP: d.pc.LocalDescription().SDP, Senders: map[string]string{}}
	for _, tr := range d.pc.GetTransceivers() {
		for source, s := range d.senders {
			if tr.Sender() == s {
				o.Senders[tr.Mid()] = source
			}
		}
	}
	return o
}

func (d *device) accept(answer string) {
	d.t.Helper()
	if err := d.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: answer}); err != nil {
		d.t.Fatal(err)
	}
}

// with puts the device's offer into join.
func with(d *device) func(*protocol.Join) {
	o := d.offer()
	return func(j *protocol.Join) { j.Offer = &o }
}

// play sends Opus silence and small VP8 key frames until the test ends or stop is called.
func (d *device) play() (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() {
		frame := append([]byte{0x10, 0x10, 0x02, 0x00, 0x9d, 0x01, 0x2a, 0x40, 0x01, 0xf0, 0x00}, make([]byte, 64)...)
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for i := range uint32(1 << 20) {
			audio := rtp.Packet{Header: rtp.Header{Version: 2, SequenceNumber: uint16(i), Timestamp: i * 960}, Payload: []byte{0xf8, 0xff, 0xfe}}
			video := rtp.Packet{Header: rtp.Header{Version: 2, SequenceNumber: uint16(i), Timestamp: i * 1800, Marker: true}, Payload: frame}
			_ = d.tracks["mic"].WriteRTP(&audio)
			_ = d.tracks["camera"].WriteRTP(&video)
			select {
			case <-tick.C:
			case <-ctx.Done():
				return
			}
		}
	})
	stop = sync.OnceFunc(func() { cancel(); wg.Wait() })
	d.t.Cleanup(stop)
	return stop
}

func (d *device) acknowledged(msg []byte) {
	if len(msg) != 21 || msg[0] != ackType {
		d.t.Errorf("got %x on the data channel", msg)
		return
	}
	d.mu.Lock()
	d.acks[binary.BigEndian.Uint32(msg[1:])] = ack{int64(binary.BigEndian.Uint64(msg[5:])), int64(binary.BigEndian.Uint64(msg[13:]))}
	d.mu.Unlock()
	select {
	case d.acked <- struct{}{}:
	default:
	}
}

// chunk sends one piece of a file.
func (d *device) chunk(stream uint32, offset int64, data []byte) {
	d.t.Helper()
	b := append(make([]byte, 0, chunkHeader+len(data)), chunkType)
	b = binary.BigEndian.AppendUint32(b, stream)
	b = binary.BigEndian.AppendUint64(b, uint64(offset))
	if err := d.data.Send(append(b, data...)); err != nil {
		d.t.Fatal(err)
	}
}

// upload sends a file from have up to a byte, within the credit, and returns
// when all of that is acknowledged.
func (d *device) upload(a protocol.FileAccepted, content []byte, upTo int64) {
	d.t.Helper()
	select {
	case <-d.open:
	case <-time.After(patience):
		d.t.Fatal("the data channel does not open")
	}
	state := ack{a.Have, a.Credit}
	for at := a.Have; state.stored < upTo; {
		for at < min(state.credit, upTo) {
			n := min(maxChunk, upTo-at, state.credit-at)
			d.chunk(a.Stream, at, content[at:at+n])
			at += n
		}
		select {
		case <-d.acked:
			d.mu.Lock()
			state = d.acks[a.Stream]
			d.mu.Unlock()
		case <-time.After(patience):
			d.t.Fatalf("no acknowledgement beyond %+v", state)
		}
	}
}

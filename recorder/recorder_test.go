package recorder

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"os"
	"testing"
	"time"

	"tmk/sfu"
)

// call is a scene with a microphone and a camera from 2 s on; the recording
// begins there.
func call(t *testing.T, size string) (s *scene, c *clip, mic, cam *sender) {
	c = loadClip(t, size)
	s = newScene(t)
	mic, cam = s.sender(sfu.Microphone, 1), s.sender(sfu.Camera, 2)
	s.play(begin - 1)
	s.start()
	return s, c, mic, cam
}

const begin = 2 * time.Second

// publish sends the clip and reports from one time to another.
func publish(c *clip, from, to time.Duration, all ...*sender) {
	for _, d := range all {
		d.publish(from)
		d.frames(c, from, to)
		every := time.Second
		if d.info.Kind == sfu.Audio {
			every = 5 * time.Second
		}
		d.reports(every, from+d.first, to)
	}
}

// TestRecord records a plain call of ten seconds.
func TestRecord(t *testing.T) {
	s, c, mic, cam := call(t, "320x240")
	publish(c, begin, 12*time.Second, mic, cam)
	s.play(12 * time.Second)
	f := s.stop()

	wantFile(t, s.file(), "video,audio", 10*time.Second)
	wantSync(t, s.file(), time.Second, 10*time.Millisecond, 9)
	if f.Offset < begin-time.Millisecond || f.Offset > begin {
		t.Errorf("offset %v, want %v", f.Offset, begin)
	}
	b, err := os.ReadFile(s.file())
	if err != nil {
		t.Fatal(err)
	}
	if sum := sha256.Sum256(b); !bytes.Equal(sum[:], f.SHA256) || f.Bytes != int64(len(b)) {
		t.Errorf("facts %+v are not those of the file", f)
	}
	if info, err := os.Stat(s.file()); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if cam.asked.Load() == 0 {
		t.Error("no key frame was asked for")
	}
	again, err := s.rec.Stop(context.Background())
	if err != nil || !bytes.Equal(again.SHA256, f.SHA256) {
		t.Errorf("second Stop: %+v, %v", again, err)
	}
	mended, err := s.r.Mend(context.Background(), "r_1")
	if err != nil || !bytes.Equal(mended.SHA256, f.SHA256) || mended.Offset != f.Offset || mended.Duration != f.Duration {
		t.Errorf("Mend of a finished recording: %+v, %v; want %+v", mended, err, f)
	}
	wantFiles(t, s.dir, "r_1.webm")
}

func wantFiles(t *testing.T, dir string, want ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if len(got) != len(want) {
		t.Errorf("files %v, want %v", got, want)
		return
	}
	for i := range got {
		if got[i] != want[i] {
			t.Errorf("files %v, want %v", got, want)
		}
	}
}

// TestRoughNetwork: packets are lost and sent again, come twice, late and out of
// order; reports come late; sequence numbers and timestamps wrap. Nothing is missing.
func TestRoughNetwork(t *testing.T) {
	s, c, mic, cam := call(t, "320x240")
	for _, d := range []*sender{mic, cam} {
		d.jitter, d.loss, d.double = 40*time.Millisecond, 0.1, 0.02
		d.first = 3 * time.Second
	}
	cam.resend = 600 * time.Millisecond
	publish(c, begin, 22*time.Second, mic, cam)
	s.play(23 * time.Second)
	s.stop()
	wantFile(t, s.file(), "video,audio", 21*time.Second)
	wantSync(t, s.file(), time.Second, 60*time.Millisecond, 18)
	wantSync(t, s.file(), 12*time.Second, 20*time.Millisecond, 8)
	if st := s.rec.Stats(); st.Broken > 0 || st.Lost > 0 || st.Frames < 1600 {
		t.Errorf("frames are missing: %+v", st)
	}
}

// TestLoss: packets never come. The file decodes without an error all the same,
// and a key frame is asked for.
func TestLoss(t *testing.T) {
	s, c, mic, cam := call(t, "320x240")
	mic.gone, cam.gone = 0.02, 0.02
	publish(c, begin, 12*time.Second, mic, cam)
	s.play(12 * time.Second)
	s.stop()
	wantFile(t, s.file(), "video,audio", 10*time.Second)
	wantSync(t, s.file(), time.Second, 20*time.Millisecond, 2)
	if st := s.rec.Stats(); st.Broken == 0 || st.Lost == 0 {
		t.Errorf("nothing was lost: %+v", st)
	}
	if n := cam.asked.Load(); n < 3 {
		t.Errorf("asked for a key frame %d times", n)
	}
}

// TestMute: microphone and camera go off and on, and are off at the end.
func TestMute(t *testing.T) {
	for _, still := range []bool{false, true} {
		name := "clock runs on"
		if still {
			name = "clock stands still"
		}
		t.Run(name, func(t *testing.T) { testMute(t, still) })
	}
}

func testMute(t *testing.T, still bool) {
	s, c, mic, cam := call(t, "320x240")
	publish(c, begin, 6*time.Second, mic, cam)
	for _, d := range []*sender{mic, cam} {
		s.at(6*time.Second, func(now time.Time) { d.sink.Muted(true, now) })
		if still {
			d.frozen = 10 * time.Second
		} else { // nobody hears what is sent while muted
			d.frames(c, 6*time.Second+d.delay, 16*time.Second-d.delay-10*time.Millisecond)
		}
		s.at(16*time.Second, func(now time.Time) { d.sink.Muted(false, now) })
		d.frames(c, 16*time.Second, 26*time.Second)
		d.reports(time.Second, 17*time.Second, 26*time.Second)
		s.at(26*time.Second, func(now time.Time) { d.sink.Muted(true, now) })
	}
	s.play(33 * time.Second)
	s.stop()
	wantFile(t, s.file(), "video,audio", 31*time.Second)
	wantSync(t, s.file(), time.Second, 30*time.Millisecond, 12)
	for _, b := range beeps(t, s.file()) {
		if b > 4200*time.Millisecond && b < 13900*time.Millisecond || b > 24200*time.Millisecond {
			t.Errorf("beep at %v of a muted microphone", b)
		}
	}
	if got := len(beeps(t, s.file())); got < 13 {
		t.Errorf("%d beeps", got)
	}
}

// TestReconnect: after a blackout the participant comes back with new SSRCs,
// other clocks and another picture size.
func TestReconnect(t *testing.T) {
	s, c, mic, cam := call(t, "320x240")
	big := loadClip(t, "640x480")
	publish(c, begin, 8*time.Second, mic, cam)
	mic2, cam2 := s.sender(sfu.Microphone, 11), s.sender(sfu.Camera, 12)
	mic2.base, cam2.base, mic2.ntp, cam2.ntp = 77, 88, time.Hour, time.Hour
	mic2.seq, cam2.seq = 5, 30000
	s.at(13*time.Second, func(time.Time) { mic.sink.Close(); cam.sink.Close() })
	publish(big, 14*time.Second, 22*time.Second, mic2, cam2)
	s.play(22 * time.Second)
	s.stop()
	wantFile(t, s.file(), "video,audio", 20*time.Second)
	wantSync(t, s.file(), time.Second, 20*time.Millisecond, 12)
}

// TestOneTrack: a participant without camera, or without microphone.
func TestOneTrack(t *testing.T) {
	t.Run("audio", func(t *testing.T) {
		s, c, mic, _ := call(t, "320x240")
		publish(c, begin+time.Second, 9*time.Second, mic)
		s.play(10 * time.Second)
		s.stop()
		wantFile(t, s.file(), "audio", 8*time.Second)
		if at := beeps(t, s.file()); len(at) != 6 || at[0] < time.Second || at[0] > 1060*time.Millisecond {
			t.Errorf("beeps at %v", at)
		}
	})
	t.Run("video", func(t *testing.T) {
		s, c, _, cam := call(t, "320x240")
		publish(c, begin, 9*time.Second, cam)
		s.play(16 * time.Second)
		s.stop()
		wantFile(t, s.file(), "video", 14*time.Second)
	})
}

// TestLateCamera: the camera comes long after the microphone, and the other way round.
func TestLateCamera(t *testing.T) {
	for _, late := range []sfu.Source{sfu.Camera, sfu.Microphone} {
		t.Run(string(late), func(t *testing.T) {
			s, c, mic, cam := call(t, "320x240")
			from := map[bool]time.Duration{true: 9 * time.Second, false: begin}
			publish(c, from[late == sfu.Microphone], 14*time.Second, mic)
			publish(c, from[late == sfu.Camera], 14*time.Second, cam)
			s.play(14 * time.Second)
			s.stop()
			wantFile(t, s.file(), "video,audio", 12*time.Second)
			wantSync(t, s.file(), 8*time.Second, 20*time.Millisecond, 4)
			p, _ := probeFile(t, s.file())
			if p.Streams[0].Width != 320 || p.Streams[0].Height != 240 {
				t.Errorf("size %dx%d", p.Streams[0].Width, p.Streams[0].Height)
			}
		})
	}
}

// TestStall: the camera's packets stop without a word, for less and for more
// than it takes to count as off.
func TestStall(t *testing.T) {
	s, c, mic, cam := call(t, "320x240")
	publish(c, begin, 40*time.Second, mic)
	publish(c, begin, 8*time.Second, cam)
	cam.frames(c, 14*time.Second, 16*time.Second)
	cam.frames(c, 32*time.Second, 36*time.Second)
	s.play(40 * time.Second)
	s.stop()
	wantFile(t, s.file(), "video,audio", 38*time.Second)
	wantSync(t, s.file(), time.Second, 20*time.Millisecond, 10)
}

// TestEmpty: nothing ever came.
func TestEmpty(t *testing.T) {
	s := newScene(t)
	s.start()
	d := s.sender(sfu.Camera, 1)
	d.publish(0)
	s.at(time.Second, func(now time.Time) { d.sink.Packet([]byte{1, 2, 3}, now); d.sink.Packet(nil, now) })
	s.play(5 * time.Second)
	for range 2 {
		_, err := s.rec.Stop(context.Background())
		wantFailure(t, err, FailureEmpty)
	}
	for range 2 {
		_, err := s.r.Mend(context.Background(), "r_1")
		wantFailure(t, err, FailureEmpty)
	}
}

func wantFailure(t *testing.T, err error, want Failure) {
	t.Helper()
	var f *FailedError
	if !errors.As(err, &f) || f.Failure != want {
		t.Errorf("error %v, want failure %s", err, want)
	}
}

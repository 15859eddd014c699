package recorder

import (
	"bytes"
	"crypto/sha256"
	"os"
	"testing"
	"time"

	"tmk/sfu"
)

// TestRecord records a plain call of ten seconds.
func TestRecord(t *testing.T) {
	c := loadClip(t, "320x240")
	s := newScene(t)
	mic, cam := s.sender(sfu.Microphone, 1), s.sender(sfu.Camera, 2)
	for _, d := range []*sender{mic, cam} {
		d.publish(2 * time.Second)
		d.frames(c, 2*time.Second, 12*time.Second)
	}
	mic.reports(5*time.Second, 2*time.Second, 12*time.Second)
	cam.reports(time.Second, 2*time.Second, 12*time.Second)
	s.play(2*time.Second - 1)
	s.start()
	s.play(12 * time.Second)
	f := s.stop()

	wantFile(t, s.file(), "video,audio", 10*time.Second)
	wantSync(t, s.file(), time.Second, 20*time.Millisecond, 8)
	if f.Offset < 2*time.Second-time.Millisecond || f.Offset > 2*time.Second {
		t.Errorf("offset %v, want 2s", f.Offset)
	}
	b, err := os.ReadFile(s.file())
	if err != nil {
		t.Fatal(err)
	}
	if sum := sha256.Sum256(b); !bytes.Equal(sum[:], f.SHA256) || f.Bytes != int64(len(b)) {
		t.Errorf("facts %+v are not those of the file", f)
	}
	if cam.asked.Load() == 0 {
		t.Error("no key frame was asked for")
	}
	t.Logf("%+v %+v", f, s.rec.Stats())
}

package recorder

import (
	"context"
	"testing"
	"time"

	"tmk/sfu"
)

// blocked is a disk whose writes wait.
type blocked struct {
	*faulty
	gate chan struct{}
}

type blockedFile struct {
	file
	gate chan struct{}
}

func (d blocked) create(name string) (file, error) {
	f, err := d.faulty.create(name)
	if err != nil {
		return nil, err
	}
	return blockedFile{f, d.gate}, nil
}

func (f blockedFile) Write(p []byte) (int, error) {
	<-f.gate
	return f.file.Write(p)
}

// TestSlowDisk: a write that hangs never blocks a sink; packets are dropped and
// counted, and afterwards a good file comes out.
func TestSlowDisk(t *testing.T) {
	c := loadClip(t, "320x240")
	s := newScene(t)
	gate := make(chan struct{})
	s.r = newRecorder(Config{Now: s.clock, MinFree: 1, QueueLen: 200}, blocked{newFaulty(t, s.dir), gate})
	go func() { gate <- struct{}{} }() // the header
	s.start()
	cam := s.sender(sfu.Camera, 1)
	publish(c, 0, 10*time.Second, cam)
	cam.sink = s.rec.Sink(cam.info)
	for _, a := range s.todo { // with no pause for the writer, which hangs soon
		s.now.Store(int64(a.at))
		a.do(s.clock())
	}
	close(gate)
	st := s.rec.Stats()
	if st.Dropped == 0 || st.Packets < 300 {
		t.Errorf("%+v", st)
	}
	s.todo = nil
	cam2 := s.sender(sfu.Camera, 2)
	publish(c, 20*time.Second, 24*time.Second, cam2)
	s.play(24 * time.Second)
	if _, err := s.rec.Stop(context.Background()); err != nil {
		t.Fatal(err)
	}
	wantFile(t, s.file(), "video", 24*time.Second)
}

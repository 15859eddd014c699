package recorder

import (
	"context"
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"tmk/sfu"
)

// faulty is a disk with a size, which can break.
type faulty struct {
	root
	left   atomic.Int64 // bytes until writes fail
	broken atomic.Bool  // every write fails
	space  atomic.Int64 // what free tells
}

type faultyFile struct {
	file
	d *faulty
}

func newFaulty(t *testing.T, dir string) *faulty {
	t.Helper()
	r, err := openRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	d := &faulty{root: r}
	d.left.Store(math.MaxInt64)
	d.space.Store(math.MaxInt64)
	return d
}

func (d *faulty) create(name string) (file, error) {
	f, err := d.root.create(name)
	if err != nil {
		return nil, err
	}
	return faultyFile{f, d}, nil
}

func (d *faulty) free() (int64, error) { return d.space.Load(), nil }

func (f faultyFile) Write(p []byte) (int, error) {
	if f.d.broken.Load() {
		return 0, syscall.EIO
	}
	if left := f.d.left.Add(-int64(len(p))) + int64(len(p)); left < int64(len(p)) {
		n, err := f.file.Write(p[:max(left, 0)]) // a full disk takes a part
		return n, errors.Join(err, syscall.ENOSPC)
	}
	return f.file.Write(p)
}

// faultyScene is a call on a faulty disk; failed counts the calls and gets the error.
func faultyScene(t *testing.T) (s *scene, d *faulty, failed chan error) {
	c := loadClip(t, "320x240")
	s = newScene(t)
	d = newFaulty(t, s.dir)
	s.r = newRecorder(Config{Now: s.clock, MinFree: 1 << 20}, d)
	failed = make(chan error, 10)
	rec, err := s.r.Start("r_1", s.epoch, func(err error) { failed <- err })
	if err != nil {
		t.Fatal(err)
	}
	s.rec = rec
	publish(c, 0, 12*time.Second, s.sender(sfu.Microphone, 1), s.sender(sfu.Camera, 2))
	return s, d, failed
}

func wantFailed(t *testing.T, failed chan error, want Failure) {
	t.Helper()
	select {
	case err := <-failed:
		wantFailure(t, err, want)
	case <-time.After(10 * time.Second):
		t.Fatal("failed was not called")
	}
	select {
	case err := <-failed:
		t.Errorf("failed was called again: %v", err)
	default:
	}
}

// TestDiskFaults: the disk fills or breaks while recording. The sinks go on
// without harm, failed is called once, what was written becomes a file.
func TestDiskFaults(t *testing.T) {
	tests := []struct {
		name string
		hit  func(*faulty)
		heal func(*faulty)
		want Failure
	}{
		{"full", func(d *faulty) { d.left.Store(10_000) }, func(d *faulty) { d.left.Store(math.MaxInt64) }, FailureDiskFull},
		{"low", func(d *faulty) { d.space.Store(1<<20 - 1) }, func(d *faulty) { d.space.Store(1 << 30) }, FailureDiskFull},
		{"broken", func(d *faulty) { d.broken.Store(true) }, func(d *faulty) { d.broken.Store(false) }, FailureIO},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s, d, failed := faultyScene(t)
			s.at(6*time.Second, func(time.Time) { test.hit(d) })
			s.play(12 * time.Second)
			wantFailed(t, failed, test.want)
			test.heal(d)
			f, err := s.rec.Stop(context.Background())
			wantFailure(t, err, test.want)
			if f.Duration < 5*time.Second || f.Duration > 8*time.Second {
				t.Errorf("facts %+v", f)
			}
			wantFile(t, s.file(), "video,audio", f.Duration)
			wantFiles(t, s.dir, "r_1.webm")
		})
	}
}

// TestNoRoomToFinish: the spool is kept until there is room, and Mend finishes it.
func TestNoRoomToFinish(t *testing.T) {
	hits := map[string]func(*faulty){
		"told":  func(d *faulty) { d.space.Store(1 << 20) },
		"while": func(d *faulty) { d.left.Store(50_000) },
	}
	for name, hit := range hits {
		t.Run(name, func(t *testing.T) {
			s, d, _ := faultyScene(t)
			s.play(12 * time.Second)
			hit(d)
			_, err := s.rec.Stop(context.Background())
			wantFailure(t, err, FailureDiskFull)
			wantFiles(t, s.dir, "r_1.spool")
			_, err = s.r.Mend(context.Background(), "r_1")
			wantFailure(t, err, FailureDiskFull)
			d.left.Store(math.MaxInt64)
			d.space.Store(math.MaxInt64)
			if _, err = s.r.Mend(context.Background(), "r_1"); err != nil {
				t.Fatal(err)
			}
			wantFile(t, s.file(), "video,audio", 12*time.Second)
			wantFiles(t, s.dir, "r_1.webm")
		})
	}
}

// TestStartFaults: no recording begins where none can be kept.
func TestStartFaults(t *testing.T) {
	dir := t.TempDir()
	d := newFaulty(t, dir)
	r := newRecorder(Config{MinFree: 1000}, d)
	d.space.Store(999)
	_, err := r.Start("r_1", time.Now(), nil)
	wantFailure(t, err, FailureDiskFull)
	d.space.Store(1 << 30)
	d.broken.Store(true)
	_, err = r.Start("r_1", time.Now(), nil)
	wantFailure(t, err, FailureIO)
	wantFiles(t, dir)
	d.broken.Store(false)
	rec, err := r.Start("r_1", time.Now(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Start("r_1", time.Now(), nil); !errors.Is(err, ErrActive) {
		t.Errorf("second Start: %v", err)
	}
	if _, err := r.Mend(context.Background(), "r_1"); !errors.Is(err, ErrActive) {
		t.Errorf("Mend of an active recording: %v", err)
	}
	if err := r.Remove("r_1"); err != nil {
		t.Fatal(err)
	}
	wantFiles(t, dir)
	if _, err := rec.Stop(context.Background()); err == nil {
		t.Error("Stop after Remove succeeded")
	}
	_, err = r.Mend(context.Background(), "r_1")
	wantFailure(t, err, FailureLost)
}

// TestNames: an id never leads out of the directory.
func TestNames(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "x.webm"), []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := New(Config{Dir: filepath.Join(dir, "in", "recordings"), MinFree: 1})
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(filepath.Join(dir, "in", "recordings")); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("directory: %v, %v", info.Mode(), err)
	}
	for _, id := range []string{"", "../x", "../../x", "a/b", `a\b`, ".", "..", "A", "x.webm", "x\x00", "ю", string(make([]byte, 200))} {
		if _, err := r.Start(id, time.Now(), nil); !errors.Is(err, fs.ErrInvalid) {
			t.Errorf("Start(%q): %v", id, err)
		}
		if _, err := r.Open(id); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("Open(%q): %v", id, err)
		}
		if err := r.Remove(id); !errors.Is(err, fs.ErrInvalid) {
			t.Errorf("Remove(%q): %v", id, err)
		}
		_, err := r.Mend(context.Background(), id)
		wantFailure(t, err, FailureLost)
	}
	if _, err := r.Open("r_none"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Open of none: %v", err)
	}
	if err := r.Remove("r_none"); err != nil {
		t.Errorf("Remove of none: %v", err)
	}
}

// TestStopIsCut: Stop's context ends while the file is finished; Stop again does it.
func TestStopIsCut(t *testing.T) {
	s, _, _ := faultyScene(t)
	s.play(4 * time.Second)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := s.rec.Stop(ctx)
	var f *FailedError
	if !errors.Is(err, context.Canceled) || errors.As(err, &f) {
		t.Errorf("Stop: %v", err)
	}
	wantFiles(t, s.dir, "r_1.spool")
	s.stop()
	wantFile(t, s.file(), "video,audio", 4*time.Second)
}

// TestLeftovers: whatever step a crash cut off, Mend comes to the same end.
func TestLeftovers(t *testing.T) {
	s, _, _ := faultyScene(t)
	s.play(4 * time.Second)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := s.rec.Stop(ctx); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	<-s.rec.done
	spool, err := os.ReadFile(filepath.Join(s.dir, "r_1.spool"))
	if err != nil {
		t.Fatal(err)
	}
	want := s.stop()
	write := func(name string, b []byte) {
		if err := os.WriteFile(filepath.Join(s.dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	steps := map[string]func(){
		"before the rename":     func() { os.Remove(s.file()); write("r_1.spool", spool); write("r_1.tmp", spool[:1000]) },
		"before the removal":    func() { write("r_1.spool", spool) },
		"before anything":       func() { os.Remove(s.file()); write("r_1.spool", spool) },
		"after everything":      func() {},
		"after everything else": func() { write("r_1.tmp", nil) },
	}
	for name, step := range steps {
		t.Run(name, func(t *testing.T) {
			step()
			got, err := s.r.Mend(context.Background(), "r_1")
			if err != nil {
				t.Fatal(err)
			}
			if string(got.SHA256) != string(want.SHA256) || got.Offset != want.Offset || got.Duration != want.Duration || got.Bytes != want.Bytes {
				t.Errorf("facts %+v, want %+v", got, want)
			}
			wantFiles(t, s.dir, "r_1.webm")
		})
	}
}

package recorder

import (
	"bufio"
	"context"
	"encoding/gob"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"tmk/sfu"
)

// TestMain lets the test binary be the process that TestKill kills.
func TestMain(m *testing.M) {
	if dir := os.Getenv("TMK_RECORD_AND_DIE"); dir != "" {
		if err := recordForever(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// stored is a clip between two processes.
type stored struct{ Video, Audio [][]byte }

// recordForever records the clip in real time and prints how far it is, in ms.
func recordForever(dir string) error {
	f, err := os.Open(filepath.Join(dir, "clip"))
	if err != nil {
		return err
	}
	var c stored
	if err := gob.NewDecoder(f).Decode(&c); err != nil {
		return err
	}
	r, err := New(Config{Dir: dir, MinFree: 1})
	if err != nil {
		return err
	}
	zero := time.Now()
	rec, err := r.Start("r_1", zero, nil)
	if err != nil {
		return err
	}
	s := &scene{epoch: zero, rand: rand.New(rand.NewPCG(1, 1))}
	mic, cam := s.sender(sfu.Microphone, 1), s.sender(sfu.Camera, 2)
	mic.delay, cam.delay = 0, 0
	mic.sink, cam.sink = rec.Sink(mic.info), rec.Sink(cam.info)
	tick := time.NewTicker(10 * time.Millisecond)
	for a, v := 0, 0; ; <-tick.C {
		now := time.Since(zero)
		for ; time.Duration(a)*audioEvery <= now; a++ {
			mic.send(time.Duration(a)*audioEvery, c.Audio[a%len(c.Audio)])
		}
		for ; time.Duration(v)*videoEvery <= now; v++ {
			cam.send(time.Duration(v)*videoEvery, c.Video[v%len(c.Video)])
		}
		for _, do := range s.todo {
			do.do(time.Now())
		}
		s.todo = s.todo[:0]
		fmt.Println(now.Milliseconds())
	}
}

// TestKill kills a recording process at some moment (TEST_KILLS of them): the
// file is mended, plays, and lacks at most two seconds.
func TestKill(t *testing.T) {
	c := loadClip(t, "320x240")
	kills, err := strconv.Atoi(os.Getenv("TEST_KILLS"))
	if err != nil {
		kills = 1
	}
	for n := range kills {
		dir := t.TempDir()
		f, err := os.Create(filepath.Join(dir, "clip"))
		if err != nil {
			t.Fatal(err)
		}
		if err := gob.NewEncoder(f).Encode(stored{c.video, c.audio}); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		lived := recordAndKill(t, dir, 2500*time.Millisecond+time.Duration(n*37)*time.Millisecond)
		r, err := New(Config{Dir: dir, MinFree: 1})
		if err != nil {
			t.Fatal(err)
		}
		facts, err := r.Mend(context.Background(), "r_1")
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("killed at %v, kept %v", lived, facts.Duration)
		if lost := lived - facts.Duration; lost > 2*time.Second {
			t.Errorf("%v are lost", lost)
		}
		wantFile(t, filepath.Join(dir, "r_1.webm"), "video,audio", facts.Duration)
	}
}

// recordAndKill returns how far the recording was when the process was killed.
func recordAndKill(t *testing.T, dir string, after time.Duration) (lived time.Duration) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "TMK_RECORD_AND_DIE="+dir)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for lines := bufio.NewScanner(out); lines.Scan(); {
		ms, err := strconv.Atoi(lines.Text())
		if err != nil {
			t.Error(err)
		}
		if lived = time.Duration(ms) * time.Millisecond; lived >= after {
			if err := cmd.Process.Kill(); err != nil {
				t.Error(err)
			}
		}
	}
	if err := cmd.Wait(); err == nil {
		t.Error("the process ended by itself")
	}
	return lived
}

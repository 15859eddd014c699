package recorder

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pion/webrtc/v4/pkg/media/ivfreader"
	"github.com/pion/webrtc/v4/pkg/media/oggreader"
)

// clip is real media: a white flash and a beep at the beginning of every second.
type clip struct {
	video [][]byte // VP8, 30 a second, a key frame every second
	audio [][]byte // Opus, 20 ms each
}

const (
	videoEvery = time.Second / 30
	audioEvery = 20 * time.Millisecond
)

// ffmpeg skips the test when there is no ffmpeg, unless it is required.
func ffmpeg(t testing.TB) {
	t.Helper()
	for _, tool := range []string{"ffmpeg", "ffprobe"} {
		if _, err := exec.LookPath(tool); err != nil {
			if os.Getenv("TEST_REQUIRE_FFMPEG") == "1" {
				t.Fatalf("%s is required: %v", tool, err)
			}
			t.Skipf("needs %s (TEST_REQUIRE_FFMPEG=1 makes this a failure): %v", tool, err)
		}
	}
}

func run(t testing.TB, name string, args ...string) []byte {
	t.Helper()
	var out, errs bytes.Buffer
	cmd := exec.Command(name, args...)
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, errs.String())
	}
	return out.Bytes()
}

var clips struct {
	sync.Mutex
	made map[string]*clip
}

// loadClip makes 10 s of media at that size, once.
func loadClip(t testing.TB, size string) *clip {
	t.Helper()
	ffmpeg(t)
	clips.Lock()
	defer clips.Unlock()
	if c := clips.made[size]; c != nil {
		return c
	}
	dir := t.TempDir()
	ivf, ogg := filepath.Join(dir, "v.ivf"), filepath.Join(dir, "a.ogg")
	run(t, "ffmpeg", "-v", "error", "-f", "lavfi",
		"-i", "testsrc=s="+size+":r=30:d=10,eq=brightness=-0.5,drawbox=c=white:t=fill:enable='lt(mod(t,1),0.1)'",
		"-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "16", "-g", "30", "-keyint_min", "30",
		"-auto-alt-ref", "0", "-b:v", "500k", ivf)
	run(t, "ffmpeg", "-v", "error", "-f", "lavfi", "-i", "aevalsrc='0.7*sin(2*PI*1000*t)*lt(mod(t,1),0.1)':s=48000:d=10",
		"-c:a", "libopus", "-b:a", "32k", "-page_duration", "20000", ogg)
	c := &clip{video: readIVF(t, ivf)[:300], audio: readOgg(t, ogg)[:500]} // to the frame: clips repeat
	if clips.made == nil {
		clips.made = make(map[string]*clip)
	}
	clips.made[size] = c
	return c
}

func readIVF(t testing.TB, name string) (frames [][]byte) {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	r, _, err := ivfreader.NewWith(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	for {
		f, _, err := r.ParseNextFrame()
		if errors.Is(err, io.EOF) {
			return frames
		}
		if err != nil {
			t.Fatal(err)
		}
		frames = append(frames, f)
	}
}

func readOgg(t testing.TB, name string) (packets [][]byte) {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	r, _, err := oggreader.NewWith(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	for {
		p, _, err := r.ParseNextPage()
		if errors.Is(err, io.EOF) {
			return packets
		}
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.HasPrefix(p, []byte("OpusTags")) {
			packets = append(packets, p)
		}
	}
}

package recorder

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"tmk/recorder/webm"
)

// probe is what ffprobe says of a file.
type probe struct {
	Streams []struct {
		Type     string `json:"codec_type"`
		Codec    string `json:"codec_name"`
		Width    int    `json:"width"`
		Height   int    `json:"height"`
		Channels int    `json:"channels"`
	} `json:"streams"`
	Format struct {
		Duration string `json:"duration"`
	} `json:"format"`
}

func probeFile(t *testing.T, name string) (p probe, d time.Duration) {
	t.Helper()
	out := run(t, "ffprobe", "-v", "error", "-show_streams", "-show_format", "-of", "json", name)
	if err := json.Unmarshal(out, &p); err != nil {
		t.Fatal(err)
	}
	s, err := strconv.ParseFloat(p.Format.Duration, 64)
	if err != nil {
		t.Fatalf("duration %q: %v", p.Format.Duration, err)
	}
	return p, time.Duration(s * float64(time.Second))
}

// wantFile checks that the file plays: tracks ("video,audio"), duration, every
// frame decodes, the index is right and a seek into the middle decodes too.
func wantFile(t *testing.T, name, tracks string, duration time.Duration) {
	t.Helper()
	p, d := probeFile(t, name)
	got := ""
	for i, s := range p.Streams {
		if i > 0 {
			got += ","
		}
		got += s.Type
	}
	if got != tracks {
		t.Errorf("tracks %s, want %s", got, tracks)
	}
	if off := d - duration; off > 500*time.Millisecond || off < -500*time.Millisecond {
		t.Errorf("duration %v, want %v", d, duration)
	}
	run(t, "ffmpeg", "-v", "error", "-xerror", "-i", name, "-f", "null", "-")
	middle := strconv.FormatFloat(duration.Seconds()/2, 'f', 3, 64)
	if out := run(t, "ffmpeg", "-v", "error", "-xerror", "-ss", middle, "-i", name, "-f", "null", "-"); len(out) > 0 {
		t.Errorf("seek: %s", out)
	}
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	s, err := webm.Verify(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Errorf("verify: %v", err)
	}
	if s.Cues == 0 {
		t.Error("no cues")
	}
}

// onsets are the times at which flashes (or beeps) begin in a file.
func flashes(t *testing.T, name string) (at []time.Duration) {
	t.Helper()
	const fps = 200
	out := run(t, "ffmpeg", "-v", "error", "-i", name, "-map", "0:v", "-vf", "fps=200:start_time=0,scale=2:2:flags=area,format=gray", "-f", "rawvideo", "-")
	dark := true
	for i := 0; i+4 <= len(out); i += 4 {
		bright := out[i] > 200
		if bright && dark {
			at = append(at, time.Duration(i/4)*time.Second/fps)
		}
		dark = !bright
	}
	return at
}

func beeps(t *testing.T, name string) (at []time.Duration) {
	t.Helper()
	out := run(t, "ffmpeg", "-v", "error", "-c:a", "libopus", "-i", name, "-map", "0:a", "-af", "aresample=async=1:min_hard_comp=0.004:first_pts=0", "-ac", "1", "-ar", "48000", "-f", "s16le", "-")
	quiet := 48000 // samples since the last loud one
	for i := 0; i+2 <= len(out); i += 2 {
		loud := math.Abs(float64(int16(binary.LittleEndian.Uint16(out[i:])))) > 3000
		if loud && quiet > 48000/5 {
			at = append(at, time.Duration(i/2)*time.Second/48000)
		}
		quiet++
		if loud {
			quiet = 0
		}
	}
	return at
}

// wantSync checks that each flash from a time on has its beep within a bound.
func wantSync(t *testing.T, name string, from, bound time.Duration, least int) {
	t.Helper()
	pairs, worst := 0, time.Duration(0)
	sound := beeps(t, name)
	for _, f := range flashes(t, name) {
		for _, b := range sound {
			off := b - f
			if f < from || off > 400*time.Millisecond || off < -400*time.Millisecond {
				continue
			}
			pairs++
			if worst = max(worst, off, -off); off > bound || off < -bound {
				t.Errorf("flash at %v, beep %v later", f, off)
			}
		}
	}
	if pairs < least {
		t.Errorf("%d flashes with a beep, want %d", pairs, least)
	}
	t.Logf("%d pairs, worst offset %v", pairs, worst)
}

func (s *scene) file() string { return filepath.Join(s.dir, "r_1.webm") }

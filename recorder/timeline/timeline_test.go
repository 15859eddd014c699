package timeline

import (
	"math/rand/v2"
	"testing"
	"time"
)

const ms = time.Millisecond

// sender has clocks that run wrong by parts per million.
type sender struct {
	rand    *rand.Rand
	ntp     time.Time
	ntpSkew float64
	clock   Clock
}

func newSender(ntpSkew float64) *sender {
	return &sender{rand: rand.New(rand.NewPCG(5, 6)), ntp: time.Date(2031, 1, 1, 0, 0, 0, 0, time.UTC), ntpSkew: ntpSkew}
}

// delay is what the network takes: 40 ms and some jitter, sometimes much.
func (s *sender) delay() time.Duration {
	d := 40*ms + time.Duration(s.rand.ExpFloat64()*float64(10*ms))
	if s.rand.IntN(50) == 0 {
		d += 300 * ms
	}
	return d
}

// source is a track and its true time.
type source struct {
	s      *sender
	track  *Track
	rate   float64
	skew   float64 // of the RTP clock
	base   uint32
	encode time.Duration // between taking and sending
	last   time.Duration
}

func (s *sender) source(rate uint32, skew float64, encode time.Duration) *source {
	return &source{s: s, track: NewTrack(rate, &s.clock), rate: float64(rate), skew: skew, base: 0xFFFFF000, encode: encode}
}

func (c *source) rtp(at time.Duration) uint32 {
	return c.base + uint32(int64(at.Seconds()*(1+c.skew*1e-6)*c.rate))
}

// frame maps the frame taken at that time and returns the error: how much later
// it stands than it was taken.
func (c *source) frame(t *testing.T, taken time.Duration) time.Duration {
	t.Helper()
	got := c.track.Map(c.rtp(taken), taken+c.encode+c.s.delay())
	if got < c.last {
		t.Fatalf("time ran backwards at %v: %v after %v", taken, got, c.last)
	}
	c.last = got
	return got - taken
}

func (c *source) report(at time.Duration) {
	wall := time.Duration(float64(at) * (1 + c.s.ntpSkew*1e-6))
	c.track.Report(c.s.ntp.Add(wall), c.rtp(at), at+c.s.delay())
}

// TestSkew: for an hour all clocks of the sender run wrong in their own way;
// sound and picture stay together and near the truth.
func TestSkew(t *testing.T) {
	for _, skew := range []struct{ ntp, audio, video float64 }{
		{0, 0, 0}, {200, 200, 200}, {-200, -200, -200}, {0, 200, -200}, {-200, 200, 0},
	} {
		s := newSender(skew.ntp)
		audio, video := s.source(48000, skew.audio, 25*ms), s.source(90000, skew.video, 5*ms)
		var worstSync, worst time.Duration
		var a, v time.Duration
		for at := time.Duration(0); at < time.Hour; at += 20 * ms {
			if at%(5*time.Second) == 2*time.Second {
				audio.report(at)
			}
			if at%time.Second == 500*ms {
				video.report(at)
			}
			a = audio.frame(t, at)
			if at%(40*ms) == 0 {
				v = video.frame(t, at)
			}
			if at < 10*time.Second {
				continue
			}
			worstSync = max(worstSync, a-v, v-a)
			worst = max(worst, a, -a)
		}
		t.Logf("%+v: sync %v, truth %v", skew, worstSync, worst)
		if worstSync > 20*ms {
			t.Errorf("%+v: sound and picture %v apart", skew, worstSync)
		}
		if worst > 80*ms { // 40 of it are the network
			t.Errorf("%+v: %v off", skew, worst)
		}
	}
}

// TestArrivalOnly: without any report the least delayed packets count.
func TestArrivalOnly(t *testing.T) {
	s := newSender(0)
	audio, video := s.source(48000, 200, 25*ms), s.source(90000, -200, 5*ms)
	for at := time.Duration(0); at < time.Hour; at += 20 * ms {
		a := audio.frame(t, at)
		v := video.frame(t, at)
		if off := a - v; at > 10*time.Second && (off > 60*ms || off < -60*ms) {
			t.Fatalf("at %v sound and picture are %v apart", at, off)
		}
	}
}

// TestLateReport: tracks that began by arrival, one much delayed, come together.
func TestLateReport(t *testing.T) {
	s := newSender(0)
	audio, video := s.source(48000, 0, 20*ms), s.source(90000, 0, 250*ms)
	for at := time.Duration(0); at < 20*time.Second; at += 20 * ms {
		if at == 2500*ms {
			audio.report(at)
			video.report(at)
		}
		off := audio.frame(t, at) - video.frame(t, at)
		if at > 4*time.Second && (off > 60*ms || off < -60*ms) {
			t.Fatalf("at %v %v apart", at, off)
		}
		if at > 12*time.Second && (off > 20*ms || off < -20*ms) {
			t.Fatalf("at %v %v apart", at, off)
		}
	}
}

// TestPause: the sender is silent for a minute; his RTP clock goes on, or not.
func TestPause(t *testing.T) {
	for _, test := range []struct {
		name    string
		still   bool
		resume  bool // we are told
		reports bool
	}{
		{"goes on", false, true, true},
		{"stands still", true, true, true},
		{"stands still, not told", true, false, true},
		{"stands still, no reports", true, false, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newSender(0)
			c := s.source(48000, 0, 20*ms)
			const from, to = 20 * time.Second, 80 * time.Second
			for at := time.Duration(0); at < 100*time.Second; at += 20 * ms {
				if at >= from && at < to {
					continue
				}
				if at == to {
					if test.still {
						c.base -= uint32((to - from).Seconds() * c.rate)
					}
					if test.resume {
						c.track.Resume()
					}
				}
				if test.reports && at%time.Second == 0 && at != to {
					c.report(at)
				}
				off := c.frame(t, at)
				known := test.resume || at > to+3*time.Second || at < from
				if at > 10*time.Second && known && (off > 450*ms || off < -80*ms) {
					t.Fatalf("at %v it is %v off", at, off)
				}
				if (at > 95*time.Second) && (off > 120*ms || off < -80*ms) {
					t.Fatalf("at %v it is %v off", at, off)
				}
			}
		})
	}
}

// TestNewStream: another SSRC with another RTP clock continues the track.
func TestNewStream(t *testing.T) {
	s := newSender(0)
	c := s.source(90000, 0, 0)
	for at := time.Duration(0); at < 30*time.Second; at += 40 * ms {
		if at == 10*time.Second {
			c.track.Restart()
			c.base = 12345
		}
		if at == 20*time.Second {
			c.base += 1 << 30 // without a word
		}
		if at%time.Second == 0 && at%(10*time.Second) != 0 {
			c.report(at)
		}
		off := c.frame(t, at)
		if off > 450*ms || off < -80*ms {
			t.Fatalf("at %v it is %v off", at, off)
		}
	}
}

// TestBadReports: reports without sense change nothing.
func TestBadReports(t *testing.T) {
	s := newSender(0)
	c := s.source(48000, 0, 0)
	for at := time.Duration(0); at < time.Minute; at += 20 * ms {
		if at%time.Second == 0 {
			c.report(at)
		}
		if at%(7*time.Second) == 0 {
			c.track.Report(time.Time{}, s.rand.Uint32(), at)
			c.track.Report(time.Unix(0, 0), s.rand.Uint32(), at)
			c.track.Report(s.ntp.Add(at), s.rand.Uint32(), at+50*ms)
			c.track.Report(s.ntp.Add(-1000*time.Hour), c.rtp(at), at+50*ms)
		}
		if off := c.frame(t, at); at > 10*time.Second && (off > 150*ms || off < -80*ms) {
			t.Fatalf("at %v it is %v off", at, off)
		}
	}
}

// TestSlowNetwork: packets stop for two seconds and come two seconds late from
// then on, and later in time again. Nothing is thrown away: no frame shares its
// time with many others.
func TestSlowNetwork(t *testing.T) {
	s := newSender(0)
	c := s.source(48000, 0, 0)
	var last time.Duration
	same := 0
	for at := time.Duration(0); at < 5*time.Minute; at += 20 * ms {
		late := time.Duration(0)
		switch {
		case at >= 60*time.Second && at < 120*time.Second:
			late = 2 * time.Second
		case at >= 120*time.Second:
			late = max(0, 2*time.Second-(at-120*time.Second)*2) // it drains at thrice the speed
		}
		if at%time.Second == 0 {
			c.track.Report(s.ntp.Add(at), c.rtp(at), at+late+s.delay())
		}
		got := c.track.Map(c.rtp(at), at+late+s.delay())
		if got < last {
			t.Fatal("backwards")
		}
		if got == last {
			same++
		}
		last = got
	}
	if same > 20 {
		t.Errorf("%d frames of 15000 have the time of another", same)
	}
}

func FuzzTrack(f *testing.F) {
	f.Add([]byte("0123456789abcdefghijklmnopqrstuvwxyz"))
	f.Fuzz(func(t *testing.T, b []byte) {
		var clock Clock
		track := NewTrack(48000, &clock)
		var now, last time.Duration
		for ; len(b) >= 6; b = b[6:] {
			now += time.Duration(b[1]) * time.Duration(b[1]) * ms
			rtp := uint32(b[2])<<24 | uint32(b[3])<<16 | uint32(b[4])<<8
			switch b[0] % 8 {
			case 0:
				track.Report(time.Unix(int64(rtp), int64(b[5])*1e6), rtp, now)
			case 1:
				track.Resume()
			case 2:
				track.Restart()
			default:
				got := track.Map(rtp, now)
				if got < last {
					t.Fatalf("%v after %v", got, last)
				}
				last = got
			}
		}
	})
}

package sfu

import (
	"testing"
	"time"
)

func TestSpeech(t *testing.T) {
	const silence, voice, murmur = 127, 25, 45
	type part struct {
		level uint8
		long  time.Duration
	}
	for _, c := range []struct {
		name  string
		parts []part
		want  []bool // the changes told
	}{
		{"silence", []part{{silence, time.Second}}, nil},
		{"murmur alone", []part{{murmur, time.Second}}, nil},
		{"a knock", []part{{silence, time.Second}, {voice, 60 * time.Millisecond}, {silence, time.Second}}, nil},
		{"knocks apart", []part{{voice, 60 * time.Millisecond}, {silence, 300 * time.Millisecond}, {voice, 60 * time.Millisecond}}, nil},
		{"a sentence", []part{{voice, time.Second}}, []bool{true}},
		{"and its end", []part{{voice, time.Second}, {silence, time.Second}}, []bool{true, false}},
		{"a pause between words", []part{{voice, time.Second}, {silence, 500 * time.Millisecond}, {voice, time.Second}}, []bool{true}},
		{"it fades", []part{{voice, time.Second}, {murmur, 5 * time.Second}}, []bool{true}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var s speech
			var got []bool
			now := time.Unix(1000, 0)
			for _, p := range c.parts {
				for range p.long / (20 * time.Millisecond) {
					now = now.Add(20 * time.Millisecond)
					if active, changed := s.hear(p.level, now); changed {
						got = append(got, active)
					}
				}
			}
			if len(got) != len(c.want) {
				t.Fatalf("told %v, want %v", got, c.want)
			}
			for i := range got {
				if got[i] != c.want[i] {
					t.Fatalf("told %v, want %v", got, c.want)
				}
			}
		})
	}
}

func TestSpeechEndsWithoutPackets(t *testing.T) {
	var s speech
	now := time.Unix(1000, 0)
	for range 20 {
		now = now.Add(20 * time.Millisecond)
		s.hear(20, now)
	}
	if active, _ := s.tick(now.Add(voiceEnds / 2)); !active {
		t.Error("over too early")
	}
	if active, changed := s.tick(now.Add(voiceEnds)); active || !changed {
		t.Error("goes on without a packet")
	}
}

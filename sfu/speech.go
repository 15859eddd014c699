package sfu

import (
	"sync"
	"time"
)

// Levels are dBov below full scale (RFC 6464): speech lies at 15 to 35, a quiet
// room at 60 and more.
const (
	loudLevel  = 40 // as loud as this counts as voice
	quietLevel = 50 // as quiet as this does not keep it up
	// voiceStarts is how much voice makes speech: a cough or a knock is shorter.
	voiceStarts = 120 * time.Millisecond
	// voiceEnds is the pause after which speech is over: longer than those
	// between words.
	voiceEnds = 800 * time.Millisecond
	// voiceGap is the silence that makes voice begin anew.
	voiceGap = 200 * time.Millisecond
)

// speech tells by audio levels whether someone speaks.
type speech struct {
	mu      sync.Mutex
	active  bool
	started time.Time // of the voice that may become speech
	loud    time.Time // when it was last heard
}

// hear takes a level and tells whether active has changed.
func (s *speech) hear(level uint8, at time.Time) (active, changed bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if level <= loudLevel || (s.active && level < quietLevel) {
		if at.Sub(s.loud) > voiceGap {
			s.started = at
		}
		s.loud = at
	}
	return s.judge(at)
}

// tick ends speech when no packet comes any more.
func (s *speech) tick(now time.Time) (active, changed bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.judge(now)
}

func (s *speech) judge(now time.Time) (active, changed bool) {
	before := s.active
	switch {
	case s.loud.IsZero():
	case s.active:
		s.active = now.Sub(s.loud) < voiceEnds
	default:
		s.active = now.Equal(s.loud) && now.Sub(s.started) >= voiceStarts
	}
	return s.active, s.active != before
}

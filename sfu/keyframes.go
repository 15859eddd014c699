package sfu

import (
	"sync"
	"time"

	"github.com/pion/rtcp"
)

// keyFrameEvery is the least time between two requests to one sender: a key
// frame is many times a usual frame, and several receivers ask at once.
const keyFrameEvery = 500 * time.Millisecond

// keyFrames asks a sender for key frames: not too often, and until one comes.
type keyFrames struct {
	publication *Publication

	mu     sync.Mutex
	wanted bool
	asked  time.Time
}

// request wants a key frame, now or when the throttle allows.
func (k *keyFrames) request(now time.Time) {
	k.mu.Lock()
	k.wanted = true
	k.mu.Unlock()
	k.send(now)
}

// send asks if a key frame is wanted and it is time. What is not sent now is
// sent by a later tick; so is a request that got lost.
func (k *keyFrames) send(now time.Time) {
	p := k.publication
	ssrc := p.ssrc.Load()
	if ssrc == 0 || p.muted.Load() {
		return // a sender begins with a key frame by itself
	}
	k.mu.Lock()
	due := k.wanted && now.Sub(k.asked) >= keyFrameEvery
	if due {
		k.asked = now
	}
	k.mu.Unlock()
	if due {
		p.peer.engine.counters.keyFramesSent.Add(1)
		p.peer.sendRTCP(&rtcp.PictureLossIndication{SenderSSRC: p.peer.ssrc, MediaSSRC: ssrc})
	}
}

// arrived notes a key frame. One that was on its way already serves as well.
func (k *keyFrames) arrived() {
	k.mu.Lock()
	k.wanted = false
	k.mu.Unlock()
}

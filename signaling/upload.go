package signaling

import (
	"context"
	"sync"
	"time"

	"tmk/consult"
	"tmk/signaling/protocol"
)

const (
	ackEvery      = 256 << 10              // bytes stored between acknowledgements, when more are waiting
	ackRetry      = 100 * time.Millisecond // when the data channel's buffer was full
	progressEvery = 500 * time.Millisecond
	idleUpload    = 60 * time.Second // without a chunk
)

// upload is one file on its way in, on one stream.
type upload struct {
	of     *uploads
	stream uint32
	file   *consult.File
	queue  chan chunk
	sums   chan finishing
	done   chan struct{} // closed when the writer has ended
	ctx    context.Context
	cancel context.CancelFunc

	mu     sync.Mutex
	next   int64 // offset of the next chunk
	credit int64 // up to here may be sent
	err    error // why it was ended from outside; nil: quietly
	ended  bool

	// The writer's.
	stored, acked int64
	finishing     *finishing
	told          time.Time // last progress
}

// finishing is the sender's word that all is sent.
type finishing struct {
	sum []byte
	re  string // the message to answer
}

func newUpload(of *uploads, stream uint32, f *consult.File, have int64) *upload {
	ctx, cancel := context.WithCancel(of.room.hub.workCtx)
	return &upload{
		of: of, stream: stream, file: f, ctx: ctx, cancel: cancel,
		queue: make(chan chunk, maxQueue), sums: make(chan finishing, 1), done: make(chan struct{}),
		next: have, credit: min(have+window, f.Size), stored: have, acked: have,
	}
}

// take queues a chunk, or ends the upload when the sender does not keep to the rules.
func (u *upload) take(c chunk) {
	u.mu.Lock()
	var err error
	switch {
	case u.ended:
		u.mu.Unlock()
		return
	case c.offset != u.next:
		err = consult.Errorf(consult.CodeInvalid, "a chunk came out of order: offset %d in place of %d", c.offset, u.next)
	case c.offset+int64(len(c.data)) > u.credit:
		err = consult.Errorf(consult.CodeInvalid, "a chunk went beyond the credit of %d", u.credit)
	default:
		u.next += int64(len(c.data))
	}
	u.mu.Unlock()
	if err == nil {
		select {
		case u.queue <- c:
			return
		default:
			err = consult.Errorf(consult.CodeRateLimited, "too many small chunks")
		}
	}
	u.end(err)
}

// end ends the upload from outside; with an error the sender is told.
func (u *upload) end(err error) {
	u.mu.Lock()
	if !u.ended {
		u.ended, u.err = true, err
	}
	u.mu.Unlock()
	u.cancel()
}

// run writes chunks until the file is whole, or cannot become so.
func (u *upload) run() {
	defer close(u.done)
	defer u.of.remove(u) // should write panic
	defer u.cancel()
	defer func() {
		if v := recover(); v != nil {
			u.of.room.hub.panicked("upload", v)
		}
	}()
	msg, err := u.write()
	u.of.remove(u)
	u.mu.Lock()
	if u.ended { // then err only says that the context has ended
		err = u.err
	}
	u.ended = true
	u.mu.Unlock()
	u.progress(true)
	switch {
	case msg != nil:
		u.deliver(msg)
	case err != nil:
		u.fail(err)
	}
}

// write stores what comes. It returns the message that the file has become.
func (u *upload) write() (*consult.Message, error) {
	idle := time.NewTimer(idleUpload)
	defer idle.Stop()
	var retry <-chan time.Time
	for {
		select {
		case c := <-u.queue:
			if err := u.store(c); err != nil {
				return nil, err
			}
			idle.Reset(idleUpload)
		case f := <-u.sums:
			u.finishing = &f
		case <-retry:
		case <-idle.C:
			return nil, &coded{protocol.CodeGone, "nothing came for a minute"}
		case <-u.ctx.Done():
			return nil, u.ctx.Err()
		}
		retry = u.acknowledge()
		if u.finishing != nil && u.stored == u.file.Size {
			return u.complete()
		}
	}
}

func (u *upload) store(c chunk) error {
	ctx, cancel := context.WithTimeout(u.ctx, workWithin)
	defer cancel()
	stored, err := u.of.room.hub.desk.AppendFile(ctx, u.file, c.offset, c.data)
	if err != nil {
		return err
	}
	u.stored = stored
	if time.Since(u.told) >= progressEvery {
		u.progress(false)
	}
	return nil
}

// acknowledge tells the sender what is stored, now and then, and raises his
// credit. It returns when to try again if the data channel is full.
func (u *upload) acknowledge() (retry <-chan time.Time) {
	due := u.stored-u.acked >= ackEvery || len(u.queue) == 0
	if u.stored == u.acked || !due {
		return nil
	}
	credit := min(u.stored+window, u.file.Size)
	u.mu.Lock()
	u.credit = credit
	u.mu.Unlock()
	if err := u.of.link.peer.SendData(ackMessage(u.stream, u.stored, credit)); err != nil {
		return time.After(ackRetry)
	}
	u.acked = u.stored
	return nil
}

func (u *upload) complete() (*consult.Message, error) {
	ctx, cancel := context.WithTimeout(u.ctx, workWithin)
	defer cancel()
	// The hint of it comes before this returns, and run delivers what it is about.
	defer u.of.room.posts.begin()()
	return u.of.room.hub.desk.CompleteFile(ctx, u.file.SeatID, u.file.ID, u.finishing.sum)
}

// deliver tells the message to all, as the answer to finishFile.
func (u *upload) deliver(msg *consult.Message) {
	r := u.of.room
	r.do(func() { r.deliver(post{msg, u.owner(), u.finishing.re}) })
}

// fail tells the sender, if he is connected.
func (u *upload) fail(err error) {
	r := u.of.room
	failed := u.failure(err)
	if failed.Code == protocol.Code(consult.CodeInternal) || failed.Code == protocol.Code(consult.CodeUnavailable) {
		r.log.Error("upload", "file", u.file.ID, "err", err)
	}
	re := ""
	if u.finishing != nil {
		re = u.finishing.re
	}
	r.do(func() {
		if c := u.owner(); c != nil {
			c.say(failed, re)
		}
	})
}

// owner is the connection of the sender, or nil. It runs in the loop.
func (u *upload) owner() *conn {
	if m := u.of.member; m.live {
		return m.conn
	}
	return nil
}

// progress shows the others how far it is.
func (u *upload) progress(done bool) {
	u.told = time.Now()
	r := u.of.room
	r.do(func() {
		r.tell(protocol.FileProgress{
			File: string(u.file.ID), Seat: string(u.file.SeatID), Name: u.file.Name, Size: u.file.Size, Received: u.stored, Done: done,
		}, u.of.member)
	})
}

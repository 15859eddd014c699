package signaling

import (
	"encoding/binary"
	"sync"

	"tmk/consult"
	"tmk/signaling/protocol"
)

// Messages of the data channel "files"; docs/protocol.md, Files.
const (
	chunkType   = 0x01
	chunkHeader = 1 + 4 + 8
	ackType     = 0x02
)

// chunk is one piece of an upload on its way to the disk.
type chunk struct {
	offset int64
	data   []byte
}

// parseChunk reads a message of the data channel. Data is part of msg.
func parseChunk(msg []byte) (stream uint32, c chunk, ok bool) {
	if len(msg) <= chunkHeader || len(msg) > chunkHeader+maxChunk || msg[0] != chunkType {
		return 0, chunk{}, false
	}
	offset := binary.BigEndian.Uint64(msg[5:])
	if offset > 1<<62 {
		return 0, chunk{}, false
	}
	return binary.BigEndian.Uint32(msg[1:]), chunk{int64(offset), msg[chunkHeader:]}, true
}

func ackMessage(stream uint32, stored, credit int64) []byte {
	b := append(make([]byte, 0, 21), ackType)
	b = binary.BigEndian.AppendUint32(b, stream)
	b = binary.BigEndian.AppendUint64(b, uint64(stored))
	return binary.BigEndian.AppendUint64(b, uint64(credit))
}

// uploads are those of one media connection. Each has a writer goroutine of its own.
type uploads struct {
	room   *room
	member *member
	link   *link // its peer carries the acknowledgements

	mu      sync.Mutex
	last    uint32 // stream
	streams map[uint32]*upload
	closed  bool
}

func newUploads(r *room, m *member, l *link) *uploads {
	return &uploads{room: r, member: m, link: l, streams: map[uint32]*upload{}}
}

// start gives an upload a stream, from have on.
func (us *uploads) start(f *consult.File, have int64) (stream uint32, err error) {
	us.mu.Lock()
	defer us.mu.Unlock()
	if us.closed {
		return 0, &coded{protocol.CodeGone, "the media connection has ended"}
	}
	us.last++
	u := newUpload(us, us.last, f, have)
	us.streams[u.stream] = u
	go u.run()
	return u.stream, nil
}

// receive takes a message of the data channel. It does not block: the queue has
// room for the whole window when chunks are full.
func (us *uploads) receive(msg []byte) {
	stream, c, ok := parseChunk(msg)
	if !ok {
		return
	}
	us.mu.Lock()
	u := us.streams[stream]
	us.mu.Unlock()
	if u != nil { // else: was on its way when the upload ended
		u.take(c)
	}
}

// find returns the running upload of a file, or nil.
func (us *uploads) find(is func(*consult.File) bool) *upload {
	us.mu.Lock()
	defer us.mu.Unlock()
	for _, u := range us.streams {
		if is(u.file) {
			return u
		}
	}
	return nil
}

func (us *uploads) running() int {
	us.mu.Lock()
	defer us.mu.Unlock()
	return len(us.streams)
}

// stop ends the stream of an upload that is offered again; nobody is told.
func (us *uploads) stop(clientID string) {
	if u := us.find(func(f *consult.File) bool { return f.ClientID == clientID }); u != nil {
		u.end(nil)
		<-u.done
	}
}

// cancel ends an upload that its sender has given up.
func (us *uploads) cancel(id consult.FileID) {
	if u := us.find(func(f *consult.File) bool { return f.ID == id }); u != nil {
		u.end(&coded{protocol.CodeGone, "cancelled"})
		<-u.done
	}
}

// finish hands the hash to an upload; false when there is none of that file.
func (us *uploads) finish(id consult.FileID, sum []byte, re string) bool {
	u := us.find(func(f *consult.File) bool { return f.ID == id })
	if u == nil {
		return false
	}
	select {
	case u.sums <- finishing{sum, re}:
	default: // told before
	}
	return true
}

func (us *uploads) remove(u *upload) {
	us.mu.Lock()
	defer us.mu.Unlock()
	delete(us.streams, u.stream)
}

// close ends all and waits for their writers. The bytes stay: the uploads can be taken up on the next connection.
func (us *uploads) close() {
	us.mu.Lock()
	us.closed = true
	var open []*upload
	for _, u := range us.streams {
		open = append(open, u)
	}
	us.mu.Unlock()
	for _, u := range open {
		u.end(nil)
		<-u.done
	}
}

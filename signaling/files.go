package signaling

import (
	"context"
	"encoding/hex"
	"errors"

	"tmk/consult"
	"tmk/signaling/protocol"
)

const (
	maxChunk   = 64 << 10 // bytes of data in one message
	window     = 4 << 20  // bytes that may be sent ahead of what is stored
	maxQueue   = 256      // chunks of one upload that wait for the disk
	maxUploads = 3        // at once per person
)

// onOfferFile begins an upload or takes one up. A refusal is a fileFailed.
func (c *conn) onOfferFile(ctx context.Context, id string, m protocol.OfferFile) error {
	accepted, err := c.acceptFile(ctx, m)
	if err != nil {
		reply := c.reply(err)
		c.say(protocol.FileFailed{ClientID: m.ClientID, Code: reply.Code, Message: reply.Message}, id)
		return nil
	}
	c.say(accepted, id)
	return nil
}

func (c *conn) acceptFile(ctx context.Context, m protocol.OfferFile) (accepted protocol.FileAccepted, err error) {
	if !c.link.usable() {
		return accepted, &coded{protocol.CodeGone, "there is no media connection to send it over"}
	}
	u := c.link.uploads
	u.stop(m.ClientID) // an older stream of it: what is stored is known only when its writer has ended
	if u.running() >= maxUploads {
		return accepted, consult.Errorf(consult.CodeRateLimited, "too many uploads at once")
	}
	f, have, err := c.hub.desk.BeginFile(ctx, c.seat.ID, m.ClientID, m.Name, m.MIME, m.Size)
	if err != nil {
		return accepted, err
	}
	accepted = protocol.FileAccepted{File: string(f.ID), ClientID: m.ClientID, Have: have, Credit: min(have+window, f.Size)}
	switch f.State {
	case consult.FileStored:
		accepted.Stored, accepted.Have = true, f.Size
		return accepted, nil
	case consult.FileRejected:
		return accepted, consult.Errorf(consult.CodeConflict, "the file was refused before")
	}
	accepted.Stream, err = u.start(f, have)
	return accepted, err
}

// onFinishFile takes the hash; the upload completes when all bytes are stored,
// which may be later: the data channel has a way of its own.
func (c *conn) onFinishFile(_ context.Context, id string, m protocol.FinishFile) error {
	sum, err := hex.DecodeString(m.SHA256)
	if err != nil || len(sum) != 32 {
		return consult.Invalid("/sha256", "must be 64 hex digits")
	}
	if c.link == nil || !c.link.uploads.finish(consult.FileID(m.File), sum, id) {
		return consult.Errorf(consult.CodeNotFound, "there is no such upload on this connection")
	}
	return nil
}

// onCancelFile gives an upload up; its bytes are removed.
func (c *conn) onCancelFile(ctx context.Context, _ string, m protocol.CancelFile) error {
	id := consult.FileID(m.File)
	if c.link != nil {
		c.link.uploads.cancel(id)
	}
	return c.hub.desk.CancelFile(ctx, c.seat.ID, id)
}

// failure is what fileFailed says of an error that ended an upload.
func (u *upload) failure(err error) protocol.FileFailed {
	out := protocol.FileFailed{File: string(u.file.ID), ClientID: u.file.ClientID, Code: protocol.Code(consult.CodeInternal), Message: "internal error"}
	var own *coded
	var e *consult.Error
	switch {
	case errors.As(err, &own):
		out.Code, out.Message = own.code, own.message
	case errors.As(err, &e):
		out.Code, out.Message = protocol.Code(e.Code), e.Message
	}
	return out
}

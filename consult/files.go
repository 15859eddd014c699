package consult

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
)

// BeginFile makes the row of an upload, or returns the one with this clientID, and how many bytes are stored.
// A file that is FileStored already comes back as it is. Codes: invalid (name, size), too_large, unsupported (by name),
// conflict (the clientID names another file, or one that was refused), finished, cancelled, link_unknown, forbidden (not admitted).
func (d *Desk) BeginFile(ctx context.Context, seat SeatID, clientID, name, typ string, size int64) (f *File, have int64, err error) {
	name = cleanFileName(name)
	if err := d.checkOffer(clientID, name, typ, size); err != nil {
		return nil, 0, err
	}
	err = d.change(ctx, Principal{}, func(ch *change) error {
		s, c, err := d.speaker(ch.tx, seat, ch.now, (*Seat).Admitted)
		if err != nil {
			return err
		}
		f, err = ch.tx.FileByClientID(seat, clientID)
		if CodeOf(err) != CodeNotFound {
			return err
		}
		if err := d.spaceFor(ch.tx, c, size); err != nil {
			return err
		}
		ch.by = Principal{Seat: s}
		f = &File{
			ID: FileID(NewID("f_", ch.now)), ConsultationID: c.ID, SeatID: seat, ClientID: clientID,
			Name: name, Type: typ, Size: size, State: FileUploading, CreatedAt: ch.now,
		}
		if err := ch.tx.AddFile(f); err != nil {
			return fmt.Errorf("add file of %s: %w", seat, err)
		}
		return ch.audit(actBeginFile, c.ID, string(f.ID), "")
	})
	if lostRace(err) {
		f, err = d.offered(ctx, seat, clientID, err)
	}
	if err != nil {
		return nil, 0, err
	}
	return d.resumed(ctx, f, size)
}

func (d *Desk) checkOffer(clientID, name, typ string, size int64) error {
	var f fields
	f.id("/clientId", clientID)
	f.line("/type", typ, maxName)
	if name == "" {
		f.add("/name", "has nothing that could name a file")
	}
	if size <= 0 {
		f.add("/size", "an empty file cannot be sent")
	}
	if err := f.err("the file"); err != nil {
		return err
	}
	if size > d.cfg.MaxFileSize {
		return Errorf(CodeTooLarge, "the file has %d bytes, at most %d are accepted", size, d.cfg.MaxFileSize)
	}
	if !acceptedName(name) {
		return Errorf(CodeUnsupported, "files with such a name are not accepted")
	}
	return nil
}

// maxFiles bounds the rows that uploads begun and given up leave behind; the
// largest study that is sent image by image has about a thousand.
const maxFiles = 3000

// spaceFor keeps all files of a consultation within the limits. Code: too_large.
func (d *Desk) spaceFor(tx Tx, c *Consultation, size int64) error {
	files, err := tx.Files(c.ID)
	if err != nil {
		return fmt.Errorf("read files of %s: %w", c.ID, err)
	}
	if len(files) >= maxFiles {
		return Errorf(CodeTooLarge, "the consultation has had %d files already, more are not accepted", len(files))
	}
	for _, f := range files {
		if f.State != FileRejected {
			size += f.Size
		}
	}
	if size > d.cfg.MaxFilesSize {
		return Errorf(CodeTooLarge, "the consultation's files would have %d bytes, at most %d are accepted", size, d.cfg.MaxFilesSize)
	}
	return nil
}

// offered reads the file that a simultaneous BeginFile made, or returns why there is none.
func (d *Desk) offered(ctx context.Context, seat SeatID, clientID string, why error) (f *File, err error) {
	err = d.store.View(ctx, func(tx Tx) (err error) {
		f, err = tx.FileByClientID(seat, clientID)
		return err
	})
	if CodeOf(err) == CodeNotFound {
		return nil, why
	}
	return f, err
}

// resumed checks that f is the file that is offered again, and counts what is there.
func (d *Desk) resumed(ctx context.Context, f *File, size int64) (*File, int64, error) {
	switch {
	case f.State == FileRejected:
		return nil, 0, Errorf(CodeConflict, "this file was refused or given up: send it as a new one")
	case f.Size != size:
		return nil, 0, Errorf(CodeConflict, "the clientId names a file of %d bytes", f.Size)
	case f.State == FileStored:
		return f, f.Size, nil
	}
	have, err := d.blobs.Size(ctx, f.ID)
	if err != nil {
		return nil, 0, fmt.Errorf("size of file %s: %w", f.ID, err)
	}
	return f, have, nil
}

// syncEvery is how many bytes of an upload a power cut may take: the uploader
// is asked for them again, since BeginFile tells what is really there.
const syncEvery = 1 << 20

// AppendFile stores p behind what is there of f, which came from BeginFile, and returns how much that is
// then. The bytes are made durable at each full MiB and by CompleteFile. It asks no database, so it may be called for each chunk.
// Codes: conflict (offset is not what is stored; the
// file is not being uploaded), too_large (more than was announced), unavailable (disk).
func (d *Desk) AppendFile(ctx context.Context, f *File, offset int64, p []byte) (stored int64, err error) {
	if f.State != FileUploading {
		return 0, Errorf(CodeConflict, "the file is %s", f.State)
	}
	if offset < 0 || offset > f.Size-int64(len(p)) {
		return 0, Errorf(CodeTooLarge, "the file has more than the announced %d bytes", f.Size)
	}
	stored, err = d.blobs.Append(ctx, f.ID, offset, p)
	if err != nil {
		return 0, fmt.Errorf("append to file %s: %w", f.ID, err)
	}
	if offset/syncEvery != stored/syncEvery {
		if err := d.blobs.Sync(ctx, f.ID); err != nil {
			return 0, fmt.Errorf("sync file %s: %w", f.ID, err)
		}
	}
	return stored, nil
}

// CompleteFile checks size, hash and type by content and puts the file into the thread, once:
// completing again returns the message that is there.
// Codes: conflict (bytes missing; given up), invalid (hash differs: state rejected), unsupported (content: state rejected),
// not_found (not this seat's), unavailable (disk), finished, cancelled, link_unknown, forbidden.
func (d *Desk) CompleteFile(ctx context.Context, seat SeatID, id FileID, sha256 []byte) (*Message, error) {
	f, err := d.ownFile(ctx, seat, id)
	if err != nil {
		return nil, err
	}
	typ := ""
	if f.State == FileUploading {
		if typ, err = d.inspect(ctx, f, sha256); err != nil {
			if refused(err) {
				return nil, errors.Join(err, d.reject(ctx, f))
			}
			return nil, err
		}
	}
	var sent *Message
	err = d.change(ctx, Principal{}, func(ch *change) (err error) {
		if sent, err = ch.tx.MessageByClientID(seat, f.ClientID); CodeOf(err) != CodeNotFound {
			return err
		}
		s, c, err := d.speaker(ch.tx, seat, ch.now, (*Seat).Admitted)
		if err != nil {
			return err
		}
		sent, err = ch.postFile(c, s, id, typ, sha256)
		return err
	})
	if lostRace(err) {
		if m := d.message(ctx, seat, f.ClientID); m != nil {
			sent, err = m, nil
		}
	}
	switch {
	case err != nil:
		return nil, err
	case sent.File == nil || sent.File.ID != id:
		return nil, Errorf(CodeConflict, "the clientId names another message")
	}
	return sent, nil
}

// postFile makes an uploaded file a stored one and puts it into the thread.
func (ch *change) postFile(c *Consultation, s *Seat, id FileID, typ string, sha256 []byte) (*Message, error) {
	f, err := ch.tx.File(id)
	if err != nil {
		return nil, fmt.Errorf("read file %s: %w", id, err)
	}
	if f.State != FileUploading {
		return nil, Errorf(CodeConflict, "the file is %s", f.State)
	}
	f.State, f.Type, f.SHA256 = FileStored, typ, sha256
	if err := ch.tx.SaveFile(f); err != nil {
		return nil, fmt.Errorf("save file %s: %w", id, err)
	}
	ch.by = Principal{Seat: s}
	if err := ch.audit(actStoreFile, c.ID, string(id), typ); err != nil {
		return nil, err
	}
	return ch.post(c, s, &Message{ClientID: f.ClientID, Kind: FileMessage, File: f})
}

// inspect makes the bytes of f durable and returns the type of their content.
// Codes: conflict (bytes missing), invalid (hash), unsupported, unavailable.
func (d *Desk) inspect(ctx context.Context, f *File, want []byte) (typ string, err error) {
	if err := d.blobs.Sync(ctx, f.ID); err != nil {
		return "", fmt.Errorf("sync file %s: %w", f.ID, err)
	}
	blob, err := d.blobs.Open(ctx, f.ID)
	if CodeOf(err) == CodeNotFound {
		return "", Errorf(CodeConflict, "nothing of the file is stored yet")
	}
	if err != nil {
		return "", fmt.Errorf("open file %s: %w", f.ID, err)
	}
	defer blob.Close() // read only: closing cannot lose anything
	h := sha256.New()
	n, err := io.Copy(h, blob)
	switch {
	case err != nil:
		return "", fmt.Errorf("hash file %s: %w", f.ID, err)
	case n != f.Size:
		return "", Errorf(CodeConflict, "%d of %d bytes are stored", n, f.Size)
	case !bytes.Equal(h.Sum(nil), want):
		return "", Invalid("/sha256", "the hash of what is stored is another one")
	}
	typ, err = contentType(blob, f.Size, f.Name)
	if err != nil {
		return "", fmt.Errorf("look into file %s: %w", f.ID, err)
	}
	return typ, nil
}

// refused tells that a file will never be taken, however often it is completed.
func refused(err error) bool { return known(CodeOf(err), CodeInvalid, CodeUnsupported) }

// CancelFile gives an upload up: its bytes are removed. A file that is in the
// thread stays there. Codes: not_found (not this seat's).
func (d *Desk) CancelFile(ctx context.Context, seat SeatID, id FileID) error {
	f, err := d.ownFile(ctx, seat, id)
	if err != nil {
		return err
	}
	return d.reject(ctx, f)
}

// reject marks a file that is not in the thread as rejected and removes its bytes.
func (d *Desk) reject(ctx context.Context, f *File) error {
	gone := false
	err := d.change(ctx, Principal{Seat: &Seat{ID: f.SeatID}}, func(ch *change) error {
		gone = false
		f, err := ch.tx.File(f.ID)
		if err != nil {
			return err
		}
		if f.State != FileUploading {
			return nil
		}
		gone = true
		f.State = FileRejected
		if err := ch.tx.SaveFile(f); err != nil {
			return err
		}
		return ch.audit(actRejectFile, f.ConsultationID, string(f.ID), "")
	})
	if err == nil && gone {
		err = d.blobs.Remove(ctx, f.ID)
	}
	if err != nil {
		return fmt.Errorf("reject file %s: %w", f.ID, err)
	}
	return nil
}

// dropUploads rejects what was still being uploaded when a consultation ended.
// A failure leaves some bytes behind, and is no reason to fail the end.
func (d *Desk) dropUploads(ctx context.Context, id ConsultationID) {
	ctx = withoutOnce(ctx) // what a request did was to end the consultation
	var files []*File
	err := d.store.View(ctx, func(tx Tx) (err error) {
		files, err = tx.Files(id)
		return err
	})
	for _, f := range files {
		if f.State == FileUploading {
			err = errors.Join(err, d.reject(ctx, f))
		}
	}
	if err != nil {
		d.log.WarnContext(ctx, "unfinished uploads were left behind", "consultation", id, "err", err)
	}
}

// ownFile reads a file of this seat's.
func (d *Desk) ownFile(ctx context.Context, seat SeatID, id FileID) (*File, error) {
	var f *File
	err := d.store.View(ctx, func(tx Tx) (err error) {
		f, err = tx.File(id)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read file %s: %w", id, err)
	}
	if f.SeatID != seat {
		return nil, Errorf(CodeNotFound, "there is no such file")
	}
	return f, nil
}

// OpenFile opens a stored file for reading; its consultation's admitted seats, keys and staff may; audited,
// pieces of one download once.
// Codes: not_found, forbidden, conflict when not stored.
func (d *Desk) OpenFile(ctx context.Context, by Principal, id FileID) (*File, io.ReadSeekCloser, error) {
	var f *File
	err := d.reading(ctx, by, ActReadFile, string(id), func(tx Tx) (_ ConsultationID, err error) {
		if f, err = tx.File(id); err != nil {
			return "", fmt.Errorf("read file %s: %w", id, err)
		}
		if _, err := lookup(tx, by, ActReadFile, f.ConsultationID); err != nil {
			return "", err
		}
		if f.State != FileStored {
			return "", Errorf(CodeConflict, "the file is %s, not stored", f.State)
		}
		return f.ConsultationID, nil
	})
	if err != nil {
		return nil, nil, err
	}
	blob, err := d.blobs.Open(ctx, id)
	if err != nil {
		return nil, nil, fmt.Errorf("open file %s: %w", id, err)
	}
	return f, blob, nil
}

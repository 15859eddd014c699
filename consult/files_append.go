package consult

import (
	"context"
	"fmt"
)

// syncEvery is how many bytes of an upload a power cut may take: the uploader
// is asked for them again, since BeginFile tells what is really there.
const syncEvery = 1 << 20

// AppendFile stores the next bytes of an upload and returns how many there are
// now. f is the row that BeginFile gave; p goes to offset, which must be the
// number of bytes stored so far. It asks no database, so it may be called for each chunk.
// Codes: conflict (not uploading, or another offset), too_large (beyond the announced size), unavailable (disk).
func (d *Desk) AppendFile(ctx context.Context, f *File, offset int64, p []byte) (int64, error) {
	if f.State != FileUploading {
		return 0, Errorf(CodeConflict, "the file is %s", f.State)
	}
	if offset < 0 || offset > f.Size || int64(len(p)) > f.Size-offset {
		return 0, Errorf(CodeTooLarge, "more bytes than announced")
	}
	size, err := d.blobs.Append(ctx, f.ID, offset, p)
	if err != nil {
		return 0, fmt.Errorf("append to file %s: %w", f.ID, err)
	}
	if size/syncEvery != offset/syncEvery {
		if err := d.blobs.Sync(ctx, f.ID); err != nil {
			return 0, fmt.Errorf("sync file %s: %w", f.ID, err)
		}
	}
	return size, nil
}

package storetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"testing"

	"tmk/consult"
)

// RunBlobs holds the blobs that open makes to the law. Each call of open gives
// new, empty ones, which open closes when its test ends.
func RunBlobs(t *testing.T, open func(t *testing.T) consult.Blobs) {
	for _, l := range []struct {
		name  string
		check func(t *testing.T, b consult.Blobs)
	}{
		{"append and read", appendAndRead},
		{"offsets", offsets},
		{"what is not there", blobsNotThere},
		{"names", blobNames},
		{"many at once", manyBlobs},
		{"a cancelled context", cancelledBlobs},
	} {
		t.Run(l.name, func(t *testing.T) { l.check(t, open(t)) })
	}
}

const blob = consult.FileID("f_0123456789abcdefghjkmnpqrs")

func wantContent(t *testing.T, b consult.Blobs, id consult.FileID, wanted []byte) {
	t.Helper()
	size, err := b.Size(ctxOf(t), id)
	if err != nil || size != int64(len(wanted)) {
		t.Errorf("Size: %d, %v, want %d", size, err, len(wanted))
	}
	r, err := b.Open(ctxOf(t), id)
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	defer r.Close()
	if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, wanted) {
		t.Errorf("read %d bytes, %v, want %d others", len(got), err, len(wanted))
	}
	if _, err := r.Seek(int64(len(wanted)/2), io.SeekStart); err != nil {
		t.Errorf("Seek: %v", err)
	}
	if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, wanted[len(wanted)/2:]) {
		t.Errorf("after Seek: %d bytes, %v", len(got), err)
	}
}

func appendAndRead(t *testing.T, b consult.Blobs) {
	var all []byte
	for i := range 20 {
		chunk := bytes.Repeat([]byte{byte(i)}, i*4096+i)
		size, err := b.Append(ctxOf(t), blob, int64(len(all)), chunk)
		all = append(all, chunk...)
		if err != nil || size != int64(len(all)) {
			t.Fatalf("Append: %d, %v, want %d", size, err, len(all))
		}
		if i%5 == 0 {
			if err := b.Sync(ctxOf(t), blob); err != nil {
				t.Fatalf("Sync: %v", err)
			}
		}
	}
	wantContent(t, b, blob, all)
	if err := b.Remove(ctxOf(t), blob); err != nil {
		t.Fatalf("Remove: %v", err)
	}
	if size, err := b.Size(ctxOf(t), blob); size != 0 || err != nil {
		t.Errorf("Size after Remove: %d, %v", size, err)
	}
	if _, err := b.Append(ctxOf(t), blob, 0, []byte("new")); err != nil {
		t.Errorf("Append after Remove: %v", err)
	}
	wantContent(t, b, blob, []byte("new"))
}

func offsets(t *testing.T, b consult.Blobs) {
	_, err := b.Append(ctxOf(t), blob, 1, []byte("x"))
	wantCode(t, consult.CodeConflict, "past the end of nothing", err)
	if _, err := b.Append(ctxOf(t), blob, 0, []byte("hello")); err != nil {
		t.Fatal(err)
	}
	for _, offset := range []int64{0, 4, 6, -1, 1 << 62} {
		size, err := b.Append(ctxOf(t), blob, offset, []byte("x"))
		wantCode(t, consult.CodeConflict, fmt.Sprint("at ", offset), err)
		if size != 5 {
			t.Errorf("at %d: size %d, want the present one, 5", offset, size)
		}
	}
	if size, err := b.Append(ctxOf(t), blob, 5, nil); err != nil || size != 5 {
		t.Errorf("nothing: %d, %v", size, err)
	}
	wantContent(t, b, blob, []byte("hello"))
}

func blobsNotThere(t *testing.T, b consult.Blobs) {
	_, err := b.Open(ctxOf(t), blob)
	wantCode(t, consult.CodeNotFound, "Open", err)
	wantCode(t, consult.CodeNotFound, "Sync", b.Sync(ctxOf(t), blob))
	if size, err := b.Size(ctxOf(t), blob); size != 0 || err != nil {
		t.Errorf("Size: %d, %v", size, err)
	}
	if err := b.Remove(ctxOf(t), blob); err != nil {
		t.Errorf("Remove: %v", err)
	}
}

func blobNames(t *testing.T, b consult.Blobs) {
	for _, id := range []consult.FileID{
		"", ".", "..", "f", "../f_x", "f_x/../../etc", "/etc/passwd", "f_x/", `f_x\..`, "f_X", "f x", "f_x\x00", "f_ё", "f_x.png",
		consult.FileID(bytes.Repeat([]byte("a"), 101)),
	} {
		_, err := b.Append(ctxOf(t), id, 0, []byte("x"))
		wantCode(t, consult.CodeInvalid, fmt.Sprintf("Append to %q", id), err)
		_, err = b.Open(ctxOf(t), id)
		wantCode(t, consult.CodeInvalid, fmt.Sprintf("Open %q", id), err)
		_, err = b.Size(ctxOf(t), id)
		wantCode(t, consult.CodeInvalid, fmt.Sprintf("Size of %q", id), err)
		wantCode(t, consult.CodeInvalid, fmt.Sprintf("Sync %q", id), b.Sync(ctxOf(t), id))
		wantCode(t, consult.CodeInvalid, fmt.Sprintf("Remove %q", id), b.Remove(ctxOf(t), id))
	}
}

// manyBlobs has two goroutines race for each chunk of each blob: exactly one wins it.
func manyBlobs(t *testing.T, b consult.Blobs) {
	const blobs, chunks = 40, 10
	ctx := ctxOf(t)
	var group sync.WaitGroup
	for i := range blobs {
		id := consult.FileID(fmt.Sprintf("f_%03d", i))
		for range 2 {
			group.Go(func() {
				for size := int64(0); size < chunks*3; {
					next, err := b.Append(ctx, id, size, []byte{byte(size), byte(i), '.'})
					if err != nil && consult.CodeOf(err) != consult.CodeConflict {
						t.Error(err)
						return
					}
					size = next // on a conflict, where the other has got to
				}
			})
		}
	}
	group.Wait()
	for i := range blobs {
		var all []byte
		for c := range chunks {
			all = append(all, byte(c*3), byte(i), '.')
		}
		wantContent(t, b, consult.FileID(fmt.Sprintf("f_%03d", i)), all)
	}
}

func cancelledBlobs(t *testing.T, b consult.Blobs) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := b.Append(ctx, blob, 0, []byte("x")); !errors.Is(err, context.Canceled) {
		t.Errorf("Append: %v", err)
	}
	if size, err := b.Size(ctxOf(t), blob); size != 0 || err != nil {
		t.Errorf("Size: %d, %v", size, err)
	}
}

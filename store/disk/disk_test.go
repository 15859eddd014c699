package disk_test

import (
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"sync"
	"syscall"
	"testing"

	"tmk/consult"
	"tmk/store/disk"
	"tmk/store/storetest"
)

func open(t testing.TB, dir string) *disk.Blobs {
	t.Helper()
	b, err := disk.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	return b
}

func TestLaw(t *testing.T) {
	storetest.RunBlobs(t, func(t *testing.T) consult.Blobs { return open(t, filepath.Join(t.TempDir(), "a", "files")) })
}

const blob = consult.FileID("f_0123456789abcdefghjkmnpqrs")

// What is written belongs to its owner alone, is found where the package says,
// and outlives the Blobs that wrote it.
func TestOnDisk(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "files")
	if _, err := open(t, dir).Append(t.Context(), blob, 0, []byte("hello")); err != nil {
		t.Fatal(err)
	}
	for path, mode := range map[string]fs.FileMode{"": fs.ModeDir | 0o700, "rs": fs.ModeDir | 0o700, "rs/" + string(blob): 0o600} {
		info, err := os.Stat(filepath.Join(dir, path))
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode() != mode {
			t.Errorf("%q: mode %v, want %v", path, info.Mode(), mode)
		}
	}
	if size, err := open(t, dir).Append(t.Context(), blob, 5, []byte(", world")); err != nil || size != 12 {
		t.Errorf("after opening again: %d, %v", size, err)
	}
}

// A symbolic link that somebody left in the folder leads nowhere.
func TestNoWayOut(t *testing.T) {
	dir, outside := t.TempDir(), filepath.Join(t.TempDir(), string(blob))
	if err := os.WriteFile(outside, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Dir(outside), filepath.Join(dir, "rs")); err != nil {
		t.Fatal(err)
	}
	b := open(t, dir)
	if r, err := b.Open(t.Context(), blob); err == nil {
		r.Close()
		t.Error("read what is outside")
	}
	if _, err := b.Append(t.Context(), blob, 6, []byte("x")); consult.CodeOf(err) != consult.CodeUnavailable {
		t.Errorf("Append: %v", err)
	}
}

// A full disk is CodeUnavailable, nothing half-written remains, and once there
// is room the same Append succeeds. A limit on the size of files stands in for
// the full disk: the kernel writes up to it, and then refuses.
func TestFullDisk(t *testing.T) {
	b := open(t, t.TempDir())
	if _, err := b.Append(t.Context(), blob, 0, []byte("hello")); err != nil {
		t.Fatal(err)
	}
	lift := limitFileSize(t, 8)
	size, err := b.Append(t.Context(), blob, 5, []byte(", world"))
	if consult.CodeOf(err) != consult.CodeUnavailable || size != 5 {
		t.Errorf("Append: %d, %v, want 5 and unavailable", size, err)
	}
	if size, err := b.Size(t.Context(), blob); err != nil || size != 5 {
		t.Errorf("Size: %d, %v, want 5", size, err)
	}
	lift()
	if size, err := b.Append(t.Context(), blob, 5, []byte(", world")); err != nil || size != 12 {
		t.Errorf("Append with room: %d, %v", size, err)
	}
}

// limitFileSize holds the files of this process to a size until lift.
func limitFileSize(t *testing.T, bytes uint64) (lift func()) {
	t.Helper()
	signal.Ignore(syscall.SIGXFSZ) // so that the write fails, and not the process
	var old syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &old); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: bytes, Max: old.Max}); err != nil {
		t.Fatal(err)
	}
	lift = sync.OnceFunc(func() {
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &old); err != nil {
			t.Error(err)
		}
		signal.Reset(syscall.SIGXFSZ)
	})
	t.Cleanup(lift)
	return lift
}

func BenchmarkAppend64K(b *testing.B) {
	blobs, chunk := open(b, b.TempDir()), make([]byte, 64<<10)
	b.SetBytes(int64(len(chunk)))
	var size int64
	for b.Loop() {
		var err error
		if size, err = blobs.Append(b.Context(), blob, size, chunk); err != nil {
			b.Fatal(err)
		}
		if size >= 64<<20 {
			if err := blobs.Remove(b.Context(), blob); err != nil {
				b.Fatal(err)
			}
			size = 0
		}
	}
}

func BenchmarkSyncMiB(b *testing.B) {
	blobs, chunk := open(b, b.TempDir()), make([]byte, 1<<20)
	b.SetBytes(int64(len(chunk)))
	var size int64
	for b.Loop() {
		var err error
		if size, err = blobs.Append(b.Context(), blob, size, chunk); err != nil {
			b.Fatal(err)
		}
		if err := blobs.Sync(b.Context(), blob); err != nil {
			b.Fatal(err)
		}
	}
}

//go:build linux || darwin

package recorder

import "syscall"

// free asks the file system: bytes that a plain user may still take.
func (r root) free() (int64, error) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(r.Name(), &s); err != nil {
		return 0, err
	}
	return int64(s.Bavail) * int64(s.Bsize), nil
}

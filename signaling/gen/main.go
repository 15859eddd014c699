// Command gen writes docs/access-socket.md from the handlers of package
// signaling. Run it by go generate ./signaling.
package main

import (
	"bytes"
	"fmt"
	"os"

	"tmk/signaling"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("want the path of the file to write")
	}
	var b bytes.Buffer
	if err := signaling.WriteAccess(&b); err != nil {
		return fmt.Errorf("write access table: %w", err)
	}
	return os.WriteFile(args[0], b.Bytes(), 0o644)
}

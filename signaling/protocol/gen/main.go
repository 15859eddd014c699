// Command gen writes what is made from package protocol: the types of the web
// pages and docs/protocol.md. Run it by go generate ./signaling/protocol.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	root := flag.String("root", ".", "the repository's root")
	flag.Parse()
	if err := run(*root); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

func run(root string) error {
	outputs, err := generate(root)
	if err != nil {
		return err
	}
	for path, content := range outputs {
		path = filepath.Join(root, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return fmt.Errorf("write %s: %w", path, err)
		}
		if err := os.WriteFile(path, content, 0o644); err != nil {
			return fmt.Errorf("write %s: %w", path, err)
		}
	}
	return nil
}

// generate returns the files by their path from the root.
func generate(root string) (map[string][]byte, error) {
	src, err := readSource(filepath.Join(root, "signaling", "protocol"))
	if err != nil {
		return nil, err
	}
	page, err := markdown(src)
	if err != nil {
		return nil, err
	}
	return map[string][]byte{
		"web/src/wire/protocol.gen.ts": typescript(src),
		"docs/protocol.md":             page,
	}, nil
}

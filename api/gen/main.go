// Command gen writes what is made from package api: docs/access.md and
// docs/tmk.postman_collection.json. Run it by go generate ./api.
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
		if err := os.WriteFile(filepath.Join(root, path), content, 0o644); err != nil {
			return fmt.Errorf("write %s: %w", path, err)
		}
	}
	return nil
}

// generate makes all outputs, by their path below root.
func generate(root string) (map[string][]byte, error) {
	collection, err := postman(filepath.Join(root, "api", "openapi.yaml"))
	if err != nil {
		return nil, err
	}
	return map[string][]byte{accessPath: accessPage(), postmanPath: collection}, nil
}

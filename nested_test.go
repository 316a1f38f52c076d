package main

import (
	"os"
	"path/filepath"

	"hivetriage/testdata/scene"
)

// writeNested writes the disk with disk images on it.
func writeNested(dir string) error {
	disk, err := scene.Nested(nil)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "nested.raw"), disk, 0o444)
}

//go:build unix

package batch

import (
	"syscall"
	"testing"
)

// makePipe makes a pipe, which whoever opens it waits at.
func makePipe(t *testing.T, path string) {
	t.Helper()
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
}

package blocks

import (
	"errors"
	"io"
	"strings"
	"testing"

	"hivetriage/artifacts"
)

// TestShortReads tells a file that ends from one that cannot be read.
func TestShortReads(t *testing.T) {
	r := strings.NewReader("0123456789")
	if err := ReadAt(r, make([]byte, 4), 6); err != nil {
		t.Error(err)
	}
	var p *artifacts.Problem
	if err := ReadAt(r, make([]byte, 5), 6); !errors.As(err, &p) || p.Kind != artifacts.Truncated {
		t.Error(err)
	}
	for _, c := range []struct {
		got  int
		err  error
		kind artifacts.Kind // 0: nothing is wrong
	}{{8, nil, 0}, {8, io.EOF, 0}, {7, io.EOF, artifacts.Truncated}, {7, nil, artifacts.Truncated}, {7, io.ErrClosedPipe, artifacts.IO}} {
		p := Short("x", 100, c.got, 8, c.err)
		if (p == nil) != (c.kind == 0) || p != nil && (p.Kind != c.kind || !strings.Contains(p.Error(), "107")) {
			t.Errorf("%d bytes, %v: %v", c.got, c.err, p)
		}
	}
	named := Located("disk", io.ErrClosedPipe)
	if at := At(named, 7); at.Offset != 7 || named.Offset == 7 || !errors.Is(at, io.ErrClosedPipe) || !strings.Contains(at.Error(), "disk: ") {
		t.Errorf("%v, %v", at, named)
	}
}

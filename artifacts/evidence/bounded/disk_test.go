package bounded

import (
	"bytes"
	"errors"
	"testing"

	"hivetriage/artifacts"
)

// failing reads its first bytes and fails then.
type failing struct{ err error }

func (f failing) ReadAt(p []byte, _ int64) (int, error) { return min(2, len(p)), f.err }

func TestReadFull(t *testing.T) {
	lost := artifacts.NewProblem(artifacts.Checksum, 77, "bad chunk")
	whole := New(bytes.NewReader([]byte("0123456789")), 10)
	for _, c := range []struct {
		name   string
		d      Disk
		n      int
		at     int64
		kind   artifacts.Kind // 0: read
		offset int64
	}{
		{"inside", whole, 4, 6, 0, 0},
		{"nothing at the end", whole, 0, 10, 0, 0},
		{"over the end", whole, 4, 7, artifacts.Truncated, 7},
		{"longer than all", whole, 11, 0, artifacts.Truncated, 0},
		{"before the beginning", whole, 1, -1, artifacts.Truncated, -1},
		{"shorter than it says", New(bytes.NewReader([]byte("0123")), 10), 8, 0, artifacts.Truncated, 4},
		{"a problem of the container is kept", New(failing{lost}, 10), 8, 0, artifacts.Checksum, 77},
		{"any other error", New(failing{errors.New("no")}, 10), 8, 1, artifacts.IO, 3},
	} {
		err := c.d.ReadFull(make([]byte, c.n), c.at)
		var p *artifacts.Problem
		switch {
		case c.kind == 0 && err != nil:
			t.Errorf("%s: %v", c.name, err)
		case c.kind != 0 && (!errors.As(err, &p) || p.Kind != c.kind || p.Offset != c.offset):
			t.Errorf("%s: %v", c.name, err)
		}
	}
	if whole.Read() != 4 {
		t.Errorf("%d bytes counted, want 4", whole.Read())
	}
}

package main

import "testing"

// TestRaised keeps room above what is held, and never lowers the limit.
func TestRaised(t *testing.T) {
	for _, c := range []struct{ held, limit, want int64 }{
		{0, softMemory, softMemory}, {100 << 20, softMemory, softMemory}, {200 << 20, softMemory, 300 << 20}, {10, 900, 900}, {1000, 900, 1500},
	} {
		if got := raised(c.held, c.limit); got != c.want {
			t.Errorf("%d held, limit %d: %d, want %d", c.held, c.limit, got, c.want)
		}
	}
}

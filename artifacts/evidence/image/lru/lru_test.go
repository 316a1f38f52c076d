package lru

import "testing"

func TestCacheKeepsItsBudget(t *testing.T) {
	c := New[int](100)
	for i := range int64(50) {
		c.Put(i, int(i), 10)
		c.Get(0)
	}
	if _, ok := c.Get(0); !ok || c.used > 100 || len(c.byKey) != 10 || c.recent.Len() != 10 {
		t.Errorf("%d bytes, %d values", c.used, len(c.byKey))
	}
	c.Put(99, 99, 1000)
	if v, ok := c.Get(99); !ok || v != 99 || len(c.byKey) != 1 {
		t.Errorf("a large value: %v, %d values", ok, len(c.byKey))
	}
}

package lru

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
)

// TestSlots has several readers ask for values of which not all are kept: each
// sees the value of its key, alone, and the memory is that of a few.
func TestSlots(t *testing.T) {
	type value struct {
		key   int64
		users atomic.Int32
	}
	c := NewSlots[*value](4)
	var made, fills, failures atomic.Int64
	var group sync.WaitGroup
	for w := range uint64(8) {
		group.Go(func() {
			rng := rand.New(rand.NewPCG(w, 1))
			for range 2000 {
				key := rng.Int64N(20)
				c.Use(key, func(v **value, filled bool) bool {
					if *v == nil {
						*v = &value{}
						made.Add(1)
					}
					if (*v).users.Add(1) != 1 {
						t.Error("two at once")
					}
					defer (*v).users.Add(-1)
					if filled && (*v).key != key {
						t.Errorf("key %d has the value of %d", key, (*v).key)
					}
					if !filled {
						fills.Add(1)
						(*v).key = key
					}
					if key == 7 {
						failures.Add(1)
						return false
					}
					return true
				})
			}
		})
	}
	group.Wait()
	if len(c.byKey) != 4 || c.recent.Len() != 4 || fills.Load() < 20 || fills.Load() >= 8*2000 || failures.Load() == 0 {
		t.Errorf("%d keys in %d slots, %d made, %d fills", len(c.byKey), c.recent.Len(), made.Load(), fills.Load())
	}
}

// TestSlotsKeepTheNewest asks in order: what was used last is still there.
func TestSlotsKeepTheNewest(t *testing.T) {
	c := NewSlots[int64](3)
	asked := func(key int64) (there bool) {
		c.Use(key, func(v *int64, filled bool) bool {
			there = filled && *v == key
			*v = key
			return key >= 0
		})
		return there
	}
	for i, step := range []struct {
		key  int64
		want bool
	}{{0, false}, {1, false}, {2, false}, {0, true}, {3, false}, {0, true}, {1, false}, {3, true}, {2, false}, {-1, false}, {-1, false}} {
		if got := asked(step.key); got != step.want {
			t.Errorf("step %d: key %d is there: %t", i, step.key, got)
		}
	}
}

// TestSlotsAfterPanic: a value that was not filled to the end is none.
func TestSlotsAfterPanic(t *testing.T) {
	c := NewSlots[int](1)
	c.Use(5, func(*int, bool) bool { return true })
	func() {
		defer func() { _ = recover() }()
		c.Use(5, func(*int, bool) bool { panic("damaged") })
	}()
	c.Use(5, func(_ *int, filled bool) bool {
		if filled {
			t.Error("a value is there that a panic left")
		}
		return true
	})
}

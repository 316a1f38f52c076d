package lru

import (
	"container/list"
	"sync"
)

// Slots hold values that are filled when they are asked for, by one reader
// while the others of the same value wait. The one used longest ago gives its
// memory to the next.
type Slots[V any] struct {
	mu     sync.Mutex
	most   int
	byKey  map[int64]*list.Element
	recent list.List // of *slot[V], the last used first
}

type slot[V any] struct {
	key    int64
	users  int // guarded by Slots.mu
	mu     sync.Mutex
	filled bool
	value  V
}

// NewSlots returns so many slots. There are more while more are in use.
func NewSlots[V any](most int) *Slots[V] {
	return &Slots[V]{most: most, byKey: make(map[int64]*list.Element)}
}

// Use calls use with the value of a key, alone. If it is not filled it holds
// what some other value left there. Use returns whether it is filled now.
func (c *Slots[V]) Use(key int64, use func(v *V, filled bool) bool) {
	s := c.take(key)
	defer c.give(s)
	s.mu.Lock()
	defer s.mu.Unlock()
	filled := s.filled
	s.filled = false // should use panic
	s.filled = use(&s.value, filled)
}

func (c *Slots[V]) take(key int64) *slot[V] {
	c.mu.Lock()
	defer c.mu.Unlock()
	el, ok := c.byKey[key]
	if !ok {
		el = c.idle()
		if s := el.Value.(*slot[V]); s.users == 0 && c.byKey[s.key] == el {
			delete(c.byKey, s.key)
		}
		el.Value.(*slot[V]).key, el.Value.(*slot[V]).filled = key, false
		c.byKey[key] = el
	}
	c.recent.MoveToFront(el)
	el.Value.(*slot[V]).users++
	return el.Value.(*slot[V])
}

// idle returns a slot that nobody uses, a new one while there are not enough.
func (c *Slots[V]) idle() *list.Element {
	if c.recent.Len() >= c.most {
		for el := c.recent.Back(); el != nil; el = el.Prev() {
			if el.Value.(*slot[V]).users == 0 {
				return el
			}
		}
	}
	return c.recent.PushFront(&slot[V]{})
}

func (c *Slots[V]) give(s *slot[V]) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s.users--
	if s.users == 0 && c.recent.Len() > c.most {
		c.recent.Remove(c.byKey[s.key])
		delete(c.byKey, s.key)
	}
}

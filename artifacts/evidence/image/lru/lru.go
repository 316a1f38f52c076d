// Package lru keeps decoded blocks of disk images, those used last, in a
// bounded amount of memory.
package lru

import (
	"container/list"
	"sync"
)

// A Cache keeps the values used last, up to a number of bytes. It is safe for
// concurrent use; whoever puts a value must not change it any more.
type Cache[V any] struct {
	mu     sync.Mutex
	budget int
	used   int
	byKey  map[int64]*list.Element
	recent list.List // of cached[V], the last used first
}

type cached[V any] struct {
	key   int64
	value V
	bytes int
}

// New returns a cache of at most budget bytes.
func New[V any](budget int) *Cache[V] {
	return &Cache[V]{budget: budget, byKey: make(map[int64]*list.Element)}
}

// Get returns the value of a key, if it is still there.
func (c *Cache[V]) Get(key int64) (V, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if el, ok := c.byKey[key]; ok {
		c.recent.MoveToFront(el)
		return el.Value.(cached[V]).value, true
	}
	var none V
	return none, false
}

// Put keeps a value and drops the oldest until the budget is kept. The newest
// is kept whatever its size.
func (c *Cache[V]) Put(key int64, value V, bytes int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.byKey[key]; ok {
		return // another reader was first
	}
	c.byKey[key] = c.recent.PushFront(cached[V]{key, value, bytes})
	c.used += bytes
	for c.used > c.budget && c.recent.Len() > 1 {
		old := c.recent.Remove(c.recent.Back()).(cached[V])
		delete(c.byKey, old.key)
		c.used -= old.bytes
	}
}

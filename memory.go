package main

import (
	"os"
	"runtime/debug"
	"runtime/metrics"
	"sync/atomic"
	"time"
)

const (
	// softMemory is what the program keeps within, in bytes, as long as what
	// it holds at once leaves room: garbage is collected, and memory given
	// back, the sooner the nearer it comes.
	softMemory = 220 << 20

	memoryCheck = 200 * time.Millisecond
)

// spared is the limit that is kept within as long as there is room, bytes; 0:
// none is kept.
var spared atomic.Int64

// spareMemory sets that limit, and raises it where more is held at once, which
// would have the collector run all the time. GOGC and GOMEMLIMIT go before it.
func spareMemory() {
	if os.Getenv("GOGC") != "" || os.Getenv("GOMEMLIMIT") != "" {
		return
	}
	spared.Store(softMemory)
	least, limit := int64(softMemory), int64(softMemory)
	debug.SetMemoryLimit(limit)
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	go func() {
		for range time.Tick(memoryCheck) {
			metrics.Read(live)
			if asked := spared.Load(); asked != least {
				least, limit = asked, asked
			}
			if held := int64(live[0].Value.Uint64()); raised(held, limit) > limit {
				limit = raised(held, limit)
				debug.SetMemoryLimit(limit)
			}
		}
	}()
}

// keepWithin makes another limit the one that spareMemory begins with.
func keepWithin(limit int64) {
	if spared.Swap(limit) > 0 {
		debug.SetMemoryLimit(limit)
	}
}

// raised is the limit for what is held at once: at least half as much again.
func raised(held, limit int64) int64 { return max(limit, held+held/2) }

// memoryUsed is what the program has of the system, bytes.
func memoryUsed() int64 {
	used := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	metrics.Read(used)
	return int64(used[0].Value.Uint64() - used[1].Value.Uint64())
}

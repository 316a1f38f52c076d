package main

import (
	"os"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

const (
	// softMemory is what the program keeps within, in bytes, as long as what
	// it holds at once leaves room: garbage is collected, and memory given
	// back, the sooner the nearer it comes.
	softMemory = 220 << 20

	memoryCheck = 200 * time.Millisecond
)

// spareMemory sets that limit, and raises it where more is held at once, which
// would have the collector run all the time. GOGC and GOMEMLIMIT go before it.
func spareMemory() {
	if os.Getenv("GOGC") != "" || os.Getenv("GOMEMLIMIT") != "" {
		return
	}
	limit := int64(softMemory)
	debug.SetMemoryLimit(limit)
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	go func() {
		for range time.Tick(memoryCheck) {
			metrics.Read(live)
			if held := int64(live[0].Value.Uint64()); raised(held, limit) > limit {
				limit = raised(held, limit)
				debug.SetMemoryLimit(limit)
			}
		}
	}()
}

// raised is the limit for what is held at once: at least half as much again.
func raised(held, limit int64) int64 { return max(limit, held+held/2) }

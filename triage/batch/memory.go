package batch

import "runtime"

const (
	// leastShare is what one process is given at least, bytes: with a smaller
	// budget fewer run side by side.
	leastShare = 96 << 20

	// ownMemory is what this process needs beside those that it starts.
	ownMemory = 40 << 20

	// unknownMemory is the budget for one processor where the system does not
	// say how much memory there is.
	unknownMemory = 512 << 20
)

// divide says how many processes run side by side within a budget of bytes and
// how much of it is each one's. At least one runs.
func divide(memory int64, jobs int) (n int, share int64) {
	free := max(memory-ownMemory, leastShare)
	n = int(max(min(int64(jobs), free/leastShare), 1))
	return n, free / int64(n)
}

// room reports whether one more process may start: there is a place, and those
// that run leave its share of the memory.
func (b *batch) room() bool {
	if len(b.running) == 0 {
		return true
	}
	used := int64(0)
	for _, c := range b.running {
		used += max(b.share, c.heard.progress().Memory)
	}
	return len(b.running) < b.jobs && used+b.share <= b.share*int64(b.jobs)
}

// DefaultMemory is the budget where none is given: half of what is available.
func DefaultMemory() int64 {
	if free := availableMemory(); free > 0 {
		return free / 2
	}
	return unknownMemory * int64(runtime.NumCPU())
}

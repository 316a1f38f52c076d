package batch

import (
	"bytes"
	"os"
	"strconv"
)

// availableMemory is what the machine, or the group of processes that this one
// is in, has left, bytes; 0: not known.
func availableMemory() int64 {
	free := int64(0)
	if text, err := os.ReadFile("/proc/meminfo"); err == nil {
		free = meminfo(text, "MemAvailable")
	}
	// The limit of a container or of a job, as cgroup version 2 and version 1
	// tell it.
	for _, limit := range []string{"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"} {
		if text, err := os.ReadFile(limit); err == nil {
			if n, err := strconv.ParseInt(string(bytes.TrimSpace(text)), 10, 64); err == nil && n > 0 && (free == 0 || n < free) {
				free = n
			}
		}
	}
	return free
}

// meminfo is one figure of /proc/meminfo, in bytes; 0 where it is not there.
func meminfo(text []byte, name string) int64 {
	for line := range bytes.Lines(text) {
		key, value, _ := bytes.Cut(line, []byte(":"))
		if string(key) != name {
			continue
		}
		fields := bytes.Fields(value)
		if len(fields) == 2 && string(fields[1]) == "kB" {
			if n, err := strconv.ParseInt(string(fields[0]), 10, 64); err == nil {
				return n << 10
			}
		}
	}
	return 0
}

package batch

import "golang.org/x/sys/unix"

// availableMemory is what the machine has, bytes; 0: not known.
func availableMemory() int64 {
	n, err := unix.SysctlUint64("hw.memsize")
	if err != nil {
		return 0
	}
	return int64(n)
}

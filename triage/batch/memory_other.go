//go:build !linux && !darwin && !windows

package batch

// availableMemory is not known.
func availableMemory() int64 { return 0 }

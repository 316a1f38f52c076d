package batch

import (
	"unsafe"

	"golang.org/x/sys/windows"
)

// memoryStatus is MEMORYSTATUSEX of GlobalMemoryStatusEx.
type memoryStatus struct {
	length, load                                                     uint32
	total, available, totalPage, freePage, totalVirtual, freeVirtual uint64
	extended                                                         uint64
}

var globalMemoryStatus = windows.NewLazySystemDLL("kernel32.dll").NewProc("GlobalMemoryStatusEx")

// availableMemory is what the machine has left, bytes; 0: not known.
func availableMemory() int64 {
	var s memoryStatus
	s.length = uint32(unsafe.Sizeof(s))
	if ok, _, _ := globalMemoryStatus.Call(uintptr(unsafe.Pointer(&s))); ok == 0 {
		return 0
	}
	return int64(s.available)
}

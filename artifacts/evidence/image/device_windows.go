package image

import (
	"os"
	"unsafe"

	"golang.org/x/sys/windows"
)

// ioctlDiskGetLengthInfo is IOCTL_DISK_GET_LENGTH_INFO of winioctl.h. It
// answers with GET_LENGTH_INFORMATION, one 64-bit number of bytes, for drives
// and for volumes.
const ioctlDiskGetLengthInfo = 0x7405c

func deviceSize(f *os.File) (int64, error) {
	var length int64
	var returned uint32
	err := windows.DeviceIoControl(windows.Handle(f.Fd()), ioctlDiskGetLengthInfo, nil, 0,
		(*byte)(unsafe.Pointer(&length)), uint32(unsafe.Sizeof(length)), &returned, nil)
	if err != nil {
		return 0, os.NewSyscallError("IOCTL_DISK_GET_LENGTH_INFO", err)
	}
	return length, nil
}

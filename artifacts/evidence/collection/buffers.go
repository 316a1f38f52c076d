package collection

import "sync"

// Buffers of 64 KiB to 8 MiB, of powers of two, are used again.
const smallestBuffer, bufferSizes = 64 << 10, 8

var buffers [bufferSizes]sync.Pool // of *[]byte with at least smallestBuffer<<i

// takeBuffer returns an empty buffer for n bytes at least.
func takeBuffer(n int64) []byte {
	for i := range bufferSizes {
		if size := int64(smallestBuffer) << i; n <= size && n > size/4 {
			if b, ok := buffers[i].Get().(*[]byte); ok {
				return (*b)[:0]
			}
			return make([]byte, 0, size)
		}
	}
	return make([]byte, 0, n)
}

func giveBuffer(b []byte) {
	for i := range bufferSizes {
		if cap(b) == smallestBuffer<<i {
			buffers[i].Put(&b)
		}
	}
}

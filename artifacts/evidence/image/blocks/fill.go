package blocks

import "io"

// Fill reads media of the given size from off on, piece by piece: some reads
// the beginning of what it is given, at least one byte or an error.
func Fill(p []byte, off, size int64, some func(p []byte, off int64) (int, error)) (int, error) {
	if off < 0 || off >= size {
		return 0, io.EOF
	}
	var end error
	if rest := size - off; int64(len(p)) > rest {
		p, end = p[:rest], io.EOF
	}
	done := 0
	for done < len(p) {
		n, err := some(p[done:], off+int64(done))
		done += n
		if err != nil {
			return done, err
		}
	}
	return done, end
}

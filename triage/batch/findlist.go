package batch

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"unicode/utf8"
)

// Bounds of a list of paths: bytes, and how many there are.
const (
	maxList  = 64 << 20
	maxPaths = 1_000_000
)

// readList reads paths, each ended by NUL if there is one anywhere, so that
// names may hold line breaks; else one a line. Empty ones are passed over.
func readList(r io.Reader) ([]string, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxList+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("reading the list of inputs: %w", err)
	case len(text) > maxList:
		return nil, fmt.Errorf("the list of inputs has more than %d bytes", maxList)
	}
	text = bytes.TrimPrefix(text, []byte("\xEF\xBB\xBF"))
	end, lines := "\x00", false
	if bytes.IndexByte(text, 0) < 0 {
		end, lines = "\n", true
	}
	var paths []string
	for p := range strings.SplitSeq(string(text), end) {
		if lines {
			p = strings.TrimSuffix(p, "\r")
		}
		if p != "" && len(paths) <= maxPaths {
			paths = append(paths, p)
		}
	}
	switch {
	case len(paths) > maxPaths:
		return nil, fmt.Errorf("the list of inputs names more than %d", maxPaths)
	case len(paths) == 0:
		return nil, errors.New("the list of inputs is empty")
	}
	return paths, nil
}

// shown is a path as the plan has it: bytes that are not UTF-8 are \xNN.
func shown(path string) string {
	if utf8.ValidString(path) {
		return path
	}
	var b strings.Builder
	for i := 0; i < len(path); {
		r, n := utf8.DecodeRuneInString(path[i:])
		if r == utf8.RuneError && n == 1 {
			fmt.Fprintf(&b, `\x%02X`, path[i])
		} else {
			b.WriteString(path[i : i+n])
		}
		i += n
	}
	return b.String()
}

// kindOfMode names what is neither a file nor a folder.
func kindOfMode(mode fs.FileMode) string {
	switch {
	case mode&fs.ModeSymlink != 0:
		return "link"
	case mode&fs.ModeNamedPipe != 0:
		return "named pipe"
	case mode&fs.ModeSocket != 0:
		return "socket"
	case mode&fs.ModeDevice != 0:
		return "device"
	}
	return "special file"
}

package hive

import (
	"bytes"
	"io"

	"hivetriage/artifacts"
)

// IsBins reports whether head begins with a bin: what is left of a hive that
// has lost its base block, or a piece of one. It needs 32 bytes.
func IsBins(head []byte) bool {
	if len(head) < binHeader || string(head[:4]) != "hbin" {
		return false
	}
	size := le.Uint32(head[8:])
	return le.Uint32(head[4:])%baseSize == 0 && size%baseSize == 0 && size > 0 && size <= maxHive
}

// loadBins reads a stream that does not begin with a base block: bins alone,
// or the bins behind a block that was destroyed. The root key is in the first
// cell of the first bin, as in every hive that Windows writes.
func (h *Hive) loadBins(r io.ReaderAt, head []byte) error {
	what := "the bins of one stand here"
	if !IsBins(head) {
		var first [binHeader]byte
		if n, _ := r.ReadAt(first[:], baseSize); len(head) < baseSize || IsLog(head) || n < len(first) || !IsBins(first[:]) || le.Uint32(first[4:]) != 0 {
			return artifacts.NewProblem(artifacts.Malformed, 0, "hive: no base block of a primary hive file")
		}
		what = "the first bin of one stands behind it"
	} else {
		h.lead, h.from = 0, le.Uint32(head[4:])
		head = nil
	}
	length := h.Size - h.lead
	if length > maxHive {
		return artifacts.NewProblem(artifacts.Limit, h.lead+maxHive, "hive: %d bytes of bins, %d are the limit", length, maxHive)
	}
	h.Headless = true
	h.Base = BaseBlock{Root: noCell, Length: uint32(length)}
	if h.from == 0 {
		h.Base.Root = binHeader
	}
	h.problem(artifacts.Malformed, 0, "hive: no base block; %s", what)
	if err := h.take(r, head, length); err != nil {
		return err
	}
	h.zeros = len(bytes.TrimRight(h.bins, "\x00"))
	return nil
}

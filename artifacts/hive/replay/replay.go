// Package replay reads hives as Windows would after loading them: with the
// changes that stand in their transaction logs only. Nothing is written; the
// result is an overlay over the hive.
//
// Format facts and rules: "Windows registry file format specification"
// (msuhanov/regf), sections "Format of transaction log files", "Dirty state of
// a hive" and "Multiple transaction log files".
package replay

import (
	"errors"
	"io"

	"hivetriage/artifacts"
	"hivetriage/artifacts/hive"
	"hivetriage/artifacts/internal/windows"
)

const (
	sector   = 512
	baseSize = 4096      // bytes of a hive's base block; pages count from its end
	maxBins  = 512 << 20 // bytes of bins that a log may make the hive have, as hive.Read takes
	maxPages = 256 << 20 // bytes of logs that are kept in memory for one hive
	maxGrow  = 64 << 20  // bytes by which logs may make a hive longer than it is stored
	maxLogs  = 8         // logs of one hive that are looked at; Windows has three at most
)

// A Log is a file that may be a transaction log of a hive.
type Log struct {
	Name    string // what the result calls it
	Content io.ReaderAt
	Size    int64
}

// A State says what became of a hive's logs.
type State uint8

const (
	Clean      State = iota + 1 // the hive needs no logs, and Windows would not look at them
	Replayed                    // changes from the logs are in the overlay
	Unreplayed                  // the hive is dirty, and no log could be applied
)

// A Result says what was replayed and what was not.
type Result struct {
	State              State
	Primary, Secondary uint32    // sequence numbers of the hive as it is stored
	Sequence           uint32    // of the overlay's base block, if Replayed
	BaseFrom           string    // the log whose base block replaced that of the hive, which had a wrong checksum
	Applied            []Applied // in the order in which they were applied
	Refused            []Refusal
}

// Applied says what of one log is in the overlay.
type Applied struct {
	Log      string
	Format   Format
	From, To uint32 // sequence numbers of the first and the last entry; a DIRT log is one entry
	Entries  int
	Pages    int
	Bytes    int64
}

// Apply replays the logs of a hive. The overlay always can be read: where
// nothing is replayed it is the hive as stored. The error is that the hive
// itself cannot be read; what is wrong with a log is in the Result.
//
// The hive is dirty if the sequence numbers in its base block differ or the
// block's checksum is wrong. A clean hive is left alone, whatever its logs
// hold, as Windows does.
func Apply(r io.ReaderAt, size int64, logs ...Log) (*Overlay, Result, error) {
	o := &Overlay{hive: r, stored: size, size: size}
	h, err := openHive(r, size)
	if err != nil {
		return o, Result{State: Unreplayed}, err
	}
	result := Result{State: Clean, Primary: h.base.Primary, Secondary: h.base.Secondary}
	if h.valid && !h.base.Dirty() {
		for _, l := range logs {
			result.refuse(l.Name, NotNeeded, -1, "the hive is clean: its two sequence numbers are %d", h.base.Primary)
		}
		return o, result, nil
	}
	result.State = Unreplayed
	var opened []*opened
	for i, l := range logs {
		if i >= maxLogs {
			result.refuse(l.Name, Limit, -1, "%d logs of one hive are looked at", maxLogs)
			continue
		}
		if log, refusal := open(l, h); refusal != nil {
			result.Refused = append(result.Refused, *refusal)
		} else {
			opened = append(opened, log)
		}
	}
	p := &player{hive: h, overlay: o, result: &result}
	p.play(opened)
	return o, result, nil
}

// A dirtyHive is the base block of the hive that logs are applied to.
type dirtyHive struct {
	head  [sector]byte
	base  hive.BaseBlock
	size  int64
	known bool // it begins with a base block at all
	valid bool // and its checksum fits
}

func openHive(r io.ReaderAt, size int64) (dirtyHive, error) {
	h := dirtyHive{size: size}
	if size < baseSize {
		return h, artifacts.NewProblem(artifacts.Truncated, max(size, 0), "replay: the hive ends within its base block")
	}
	head := make([]byte, baseSize+sector)
	n, err := r.ReadAt(head[:min(size, int64(len(head)))], 0)
	if n < baseSize {
		if err == nil || errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return h, artifacts.NewProblem(artifacts.IO, int64(n), "replay: %w", err)
	}
	copy(h.head[:], head)
	if hive.IsLog(head) {
		return h, artifacts.NewProblem(artifacts.Malformed, 28, "replay: a transaction log where a hive is expected")
	}
	base, err := hive.ParseBase(head[:n])
	var p *artifacts.Problem
	switch {
	case err == nil:
		h.base, h.known, h.valid = base, true, true
	case errors.As(err, &p) && p.Kind == artifacts.Checksum:
		h.base, h.known = base, true
	case string(head[baseSize:baseSize+4]) == "hbin": // the block is destroyed, the bins are there
		h.base.FirstBin = windows.Filetime(le.Uint64(head[baseSize+20:]))
	default:
		return h, artifacts.NewProblem(artifacts.Malformed, 0, "replay: neither a base block nor bins of a hive")
	}
	return h, nil
}

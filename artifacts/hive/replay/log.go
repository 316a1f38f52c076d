package replay

import (
	"errors"
	"io"
	"strings"

	"hivetriage/artifacts"
	"hivetriage/artifacts/hive"
)

// A Format is a form of transaction logs.
type Format string

const (
	DIRT Format = "DIRT" // a bitmap of pages and the pages: Windows NT to 8
	HvLE Format = "HvLE" // entries with hashes: Windows 8.1 and later
)

// opened is a log whose header holds.
type opened struct {
	Log
	format Format
	head   []byte
	base   hive.BaseBlock
	most   int64 // bytes of bins that it may make the hive have
}

// open checks a log's header, and that it belongs to the hive.
func open(l Log, h dirtyHive) (*opened, *Refusal) {
	log, why := header(l)
	if why != nil {
		return nil, why
	}
	log.most = min(maxBins, h.size-baseSize+maxGrow)
	if why := foreign(h, log.base); why != "" {
		return nil, refusal(l.Name, Foreign, 48, "%s", why)
	}
	return log, log.stale(h)
}

// header checks a log's header.
func header(l Log) (*opened, *Refusal) {
	if l.Size <= 0 {
		return nil, refusal(l.Name, Empty, -1, "the file has no bytes")
	}
	head := make([]byte, min(l.Size, sector+4))
	if n, err := l.Content.ReadAt(head, 0); n < len(head) {
		return nil, unreadable(l, int64(n), err)
	}
	switch {
	case strings.Trim(string(head), "\x00") == "":
		return nil, refusal(l.Name, Empty, 0, "its first %d bytes are zero", len(head))
	case !hive.IsLog(head):
		return nil, refusal(l.Name, NotALog, 0, "it does not begin with the base block of a transaction log")
	}
	base, err := hive.ParseBase(head)
	if err != nil {
		var p *artifacts.Problem
		errors.As(err, &p)
		return nil, refusal(l.Name, Torn, p.Offset, "%v", p.Err)
	}
	if base.Dirty() {
		return nil, refusal(l.Name, Torn, 4, "its sequence numbers are %d and %d: it was not written to its end", base.Primary, base.Secondary)
	}
	log := &opened{Log: l, head: head, base: base, format: DIRT, most: maxBins}
	const newFormat = 6
	if le.Uint32(head[28:]) == newFormat {
		log.format = HvLE
	}
	signature := string(head[sector:])
	if signature != string(log.format) {
		return nil, refusal(l.Name, Empty, sector, "a log of its type holds %q here, this one does not: there are no changes in it", log.format)
	}
	return log, nil
}

// stale applies the rules for sequence numbers and times of the header.
func (l *opened) stale(h dirtyHive) *Refusal {
	if h.valid && after(h.base.Secondary, l.base.Primary) {
		return refusal(l.Name, Stale, 4, "its sequence number is %d, the hive is at %d", l.base.Primary, h.base.Secondary)
	}
	if l.format == HvLE {
		return nil
	}
	want, what := h.base.LastWritten, "base block"
	if !h.valid {
		want, what = h.base.FirstBin, "first bin"
	}
	if !l.base.LastWritten.Equal(want) {
		return refusal(l.Name, Stale, 12, "it was written with the time %s, the hive's %s has %s",
			l.base.LastWritten.Format(stamp), what, want.Format(stamp))
	}
	return nil
}

const stamp = "2006-01-02T15:04:05.0000000Z07:00"

func unreadable(l Log, at int64, err error) *Refusal {
	if err == nil || errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return refusal(l.Name, Unreadable, at, "%v", err)
}

// HiveOf returns the name of the hive that a transaction log is named after:
// "SAM" for SAM.LOG, SAM.LOG1 and SAM.LOG2. ok is false for other names.
func HiveOf(name string) (hiveName string, ok bool) {
	dot := strings.LastIndexByte(name, '.')
	if dot <= 0 {
		return "", false
	}
	switch strings.ToUpper(name[dot+1:]) {
	case "LOG", "LOG1", "LOG2":
		return name[:dot], true
	}
	return "", false
}

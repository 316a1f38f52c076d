// Package logfile reads the names of files out of $LogFile, the transaction
// log in which NTFS writes down what it is about to change in its own
// structures. A log of the usual size reaches back for minutes or hours.
//
// Format facts: the Linux-NTFS project's documentation of $LogFile
// (flatcap.github.io/linux-ntfs) for restart pages, record pages and the
// headers of records, and for $FILE_NAME. How sequence numbers tell places,
// and that version 2.0 of Windows 8 and later keeps 32 pages of copies where
// version 1.1 keeps two, was held against logs that Windows wrote in both
// versions.
package logfile

import (
	"encoding/binary"
	"errors"
	"io"
	"math/bits"

	"hivetriage/artifacts"
)

const (
	sectorSize  = 512 // each ends with a number that its page's writes share
	defaultPage = 4096
	maxPage     = 64 << 10
	maxLog      = 1 << 30 // bytes that are read; Windows makes 64 MiB
	restarts    = 2       // pages at the beginning

	copiesV1, copiesV2 = 2, 32 // pages of copies behind the restart pages

	headerSize = 0x30 // of a record
	// maxData bounds the bytes behind a record's header: two values of at most
	// 64 KiB, their lengths having 16 bits, and what describes them.
	maxData = 2<<16 + 1<<12
)

// A Log is an opened $LogFile. A Log is used by one goroutine.
type Log struct {
	r     io.ReaderAt
	size  int64
	page  int64 // bytes of a page
	first int64 // offset of the first page that is no copy
	data  int64 // offset of the first record in a page
	bits  int   // of a log sequence number that tell the place, in units of 8 bytes
	major uint16
	minor uint16

	blocks blocks
	tally  Tally
}

// Open reads the restart pages of the log in r, which is size bytes long. If
// neither is whole the usual values are taken and the error says so: a Log
// is returned with it. Without a Log the error says why it is none; a log that
// was reset, all bytes of which are FF, is of Kind Unsupported.
func Open(r io.ReaderAt, size int64) (*Log, error) {
	l := &Log{r: r, size: size, page: defaultPage, data: 0x40}
	head := make([]byte, min(size, restarts*defaultPage))
	if n, err := r.ReadAt(head, 0); n < len(head) {
		return nil, problem(err, int64(n))
	}
	if size < (restarts+copiesV1+1)*defaultPage {
		return nil, artifacts.NewProblem(artifacts.Truncated, size, "%d bytes are no transaction log", size)
	}
	if reset(head) {
		return nil, artifacts.NewProblem(artifacts.Unsupported, 0, "the log was reset: all bytes are FF, as mkntfs and ntfs-3g leave it")
	}
	var best uint64
	var first error
	whole := 0
	for i := range restarts {
		lsn, err := l.restart(head[i*defaultPage:][:defaultPage], best)
		if err != nil {
			if first == nil {
				first = artifacts.NewProblem(artifacts.Malformed, int64(i*defaultPage), "restart page: %v", err)
			}
			continue
		}
		whole++
		best = max(best, lsn)
	}
	l.place()
	switch {
	case whole > 0:
		first = nil // that is what the other one is for
	case !anyPage(l):
		return nil, artifacts.NewProblem(artifacts.Malformed, 0, "no transaction log: no restart page and no record page at its beginning")
	}
	if size > maxLog {
		l.size = maxLog
		return l, artifacts.NewProblem(artifacts.Limit, maxLog, "only %d bytes of the log are read, it has %d", int64(maxLog), size)
	}
	return l, first
}

func reset(b []byte) bool {
	for _, c := range b {
		if c != 0xFF {
			return false
		}
	}
	return true
}

// anyPage reports whether one of the first pages is a record page.
func anyPage(l *Log) bool {
	b := make([]byte, 4)
	for at := int64(restarts) * l.page; at < min(l.size, 64*l.page); at += l.page {
		if n, _ := l.r.ReadAt(b, at); n == len(b) && string(b) == "RCRD" { // what cannot be read is told by the pass
			return true
		}
	}
	return false
}

// restart takes the log's geometry from a restart page, unless a newer one
// was taken before. Page: signature at 0, sizes of pages at 16 and 20, offset
// of the area at 24, version at 26. Area: newest sequence number at 0, bits of
// its upper part at 16, size of the log at 24, offset of records at 38.
func (l *Log) restart(b []byte, newest uint64) (lsn uint64, err error) {
	if s := string(b[:4]); s != "RSTR" && s != "CHKD" {
		return 0, errors.New("no signature")
	}
	if !fix(b) {
		return 0, errors.New("its sectors are from different writes")
	}
	le := binary.LittleEndian
	page, area := int64(le.Uint32(b[20:])), int(le.Uint16(b[24:]))
	if page < defaultPage || page > maxPage || page&(page-1) != 0 || area < 0x30 || area+0x30 > len(b) {
		return 0, errors.New("sizes that cannot be")
	}
	lsn = le.Uint64(b[area:])
	if lsn < newest {
		return lsn, nil
	}
	data := int64(le.Uint16(b[area+38:]))
	if data < 0x30 || data%8 != 0 || data+headerSize > page {
		return 0, errors.New("records that begin outside of their page")
	}
	l.minor, l.major = le.Uint16(b[26:]), le.Uint16(b[28:])
	l.page, l.data = page, data
	l.bits = 64 - int(le.Uint32(b[area+16:])%64)
	return lsn, nil
}

// place settles where the pages begin that are no copies and how sequence
// numbers tell places: by as many bits as the size needs, which a restart
// page has to agree with.
func (l *Log) place() {
	copies := int64(copiesV1)
	if l.major >= 2 {
		copies = copiesV2
	}
	l.first = (restarts + copies) * l.page
	l.bits = max(l.bits, bits.Len64(uint64(l.size))-3)
}

// home returns the byte of the log that a record of the sequence number
// begins at.
func (l *Log) home(lsn uint64) int64 {
	return int64(lsn&(1<<l.bits-1)) << 3
}

// fix puts back the last two bytes of each sector and reports whether all of
// them were from one write. Offset of the array at 4, its length at 6.
func fix(b []byte) bool {
	le := binary.LittleEndian
	at, count := int(le.Uint16(b[4:])), int(le.Uint16(b[6:]))
	if count != len(b)/sectorSize+1 || at < 0x1e || at+2*count > sectorSize-2 {
		return false
	}
	whole := true
	for i := 1; i < count; i++ {
		end := b[i*sectorSize-2 : i*sectorSize]
		if end[0] != b[at] || end[1] != b[at+1] {
			whole = false
			continue
		}
		copy(end, b[at+2*i:])
	}
	return whole
}

// problem is an error of the reader as a Problem.
func problem(err error, offset int64) *artifacts.Problem {
	var known *artifacts.Problem
	switch {
	case errors.As(err, &known):
		return known
	case err == nil || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		return artifacts.NewProblem(artifacts.Truncated, offset, "the log ends early")
	}
	return &artifacts.Problem{Offset: offset, Kind: artifacts.IO, Err: err}
}

package vmdk

import (
	"io"
	"strconv"
	"strings"

	"hivetriage/artifacts"
	"hivetriage/artifacts/evidence/image/blocks"
)

const (
	// maxDescriptor bounds a descriptor: a line for each 2 GiB of a disk of
	// tens of terabytes.
	maxDescriptor = 1 << 20
	// maxExtents bounds the files of one disk.
	maxExtents = 4096

	noParent = "ffffffff"
)

// A descriptor is what the text of a disk says.
type descriptor struct {
	cid, parentCID string // eight lower-case hex digits
	parent         string // parentFileNameHint
	encrypted      bool   // it has the keys of VMware's encryption
	extents        []extentLine
}

// An extentLine is one line of the extent description:
//
//	RW 4192256 SPARSE "disk-s001.vmdk" 0
type extentLine struct {
	sectors int64
	kind    string // FLAT, SPARSE, ZERO, VMFS, ... in upper case
	name    string
	offset  int64 // bytes into the file, of flat extents
}

// readDescriptor reads the text at off, of length bytes at most. It ends at
// the first zero byte.
func readDescriptor(r io.ReaderAt, off, length, size int64) (*descriptor, error) {
	if length > maxDescriptor {
		return nil, artifacts.NewProblem(artifacts.Limit, off, "a descriptor of %d bytes; at most %d are read", length, maxDescriptor)
	}
	if off < 0 || off > size-length {
		return nil, artifacts.NewProblem(artifacts.Truncated, off, "the descriptor lies behind the end of the file")
	}
	text := make([]byte, length)
	if err := blocks.ReadAt(r, text, off); err != nil {
		return nil, err
	}
	body, _, _ := strings.Cut(string(text), "\x00")
	d := &descriptor{}
	for line := range strings.Lines(body) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		if err := d.take(line); err != nil {
			return nil, err
		}
	}
	return d, nil
}

// take reads one line that is not a comment.
func (d *descriptor) take(line string) error {
	access, rest, _ := strings.Cut(line, " ")
	switch strings.ToUpper(access) {
	case "RW", "RDONLY", "NOACCESS":
		e, err := parseExtent(rest)
		if err != nil {
			return artifacts.NewProblem(artifacts.Malformed, -1, "extent line %q: %w", line, err)
		}
		if len(d.extents) == maxExtents {
			return artifacts.NewProblem(artifacts.Limit, -1, "more than %d extents", maxExtents)
		}
		d.extents = append(d.extents, e)
		return nil
	}
	key, value, _ := strings.Cut(line, "=")
	value = strings.Trim(strings.TrimSpace(value), `"`)
	switch key = strings.ToLower(strings.TrimSpace(key)); key {
	case "cid":
		d.cid = contentID(value)
	case "parentcid":
		d.parentCID = contentID(value)
	case "parentfilenamehint":
		d.parent = value
	default:
		d.encrypted = d.encrypted || strings.HasPrefix(key, "encryption")
	}
	return nil
}

// contentID brings a CID into one form: writers differ in case and leading
// zeros.
func contentID(text string) string {
	text = strings.ToLower(text)
	return strings.Repeat("0", max(0, 8-len(text))) + text
}

// parseExtent reads what follows the access mode.
func parseExtent(text string) (extentLine, error) {
	var e extentLine
	before, rest, _ := strings.Cut(text, `"`)
	fields := strings.Fields(before)
	if len(fields) != 2 {
		return e, strconv.ErrSyntax
	}
	sectors, err := strconv.ParseInt(fields[0], 10, 64)
	if err != nil {
		return e, err
	}
	if sectors < 1 || sectors > maxSectors/maxExtents {
		return e, strconv.ErrRange
	}
	e.sectors, e.kind = sectors, strings.ToUpper(fields[1])
	if quote := strings.LastIndexByte(rest, '"'); quote >= 0 {
		e.name = rest[:quote]
		if after := strings.Fields(rest[quote+1:]); len(after) > 0 {
			offset, err := strconv.ParseInt(after[0], 10, 64)
			if err != nil {
				return e, err
			}
			if offset < 0 || offset > maxSectors {
				return e, strconv.ErrRange
			}
			e.offset = offset * sectorSize
		}
	}
	if e.name == "" && e.kind != "ZERO" {
		return e, strconv.ErrSyntax
	}
	return e, nil
}

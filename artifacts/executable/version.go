package executable

import (
	"encoding/binary"
	"fmt"
	"strings"

	"hivetriage/artifacts"
	"hivetriage/artifacts/internal/windows"
)

// Limits of what is read of the resources.
const (
	maxEntries   = 4096    // of one resource directory
	maxVersion   = 1 << 20 // bytes of a version resource
	maxBlocks    = 4096    // blocks of a version resource
	maxText      = 32 << 10
	typeVersion  = 16
	resourceNode = 16
)

// version reads the first version resource: the resource directory has three
// levels, type, name and language, and its leaves say where the data lies.
func (l *layout) version() (Version, error) {
	d := l.directory[resources]
	if d.Length == 0 {
		return Version{}, nil
	}
	root, ok := l.offset(d.Address)
	if !ok {
		return Version{}, artifacts.NewProblem(artifacts.Malformed, -1, "the resource directory at address 0x%x lies in no section", d.Address)
	}
	at := root.Offset
	for level := range 3 {
		entries, err := l.entries(at)
		if err != nil {
			return Version{}, err
		}
		next, found := pick(entries, level)
		if !found {
			return Version{}, nil // no version resource
		}
		if leaf := next&0x8000_0000 == 0; leaf != (level == 2) {
			return Version{}, artifacts.NewProblem(artifacts.Malformed, at, "the resource directory does not have three levels")
		}
		at = root.Offset + int64(next&0x7FFF_FFFF)
	}
	leaf, err := readPart(l.r, l.size, at, 16)
	if err != nil {
		return Version{}, err
	}
	data, ok := l.offset(binary.LittleEndian.Uint32(leaf))
	if !ok {
		return Version{}, artifacts.NewProblem(artifacts.Malformed, at, "the version resource lies in no section")
	}
	b, err := readPart(l.r, l.size, data.Offset, min(int64(binary.LittleEndian.Uint32(leaf[4:])), data.Length, maxVersion))
	if err != nil {
		return Version{}, err
	}
	v, err := ParseVersion(b)
	if p, ok := err.(*artifacts.Problem); ok {
		p.Offset += data.Offset
	}
	return v, err
}

// entries reads a directory: sixteen bytes with the number of named and of
// numbered entries at 12 and 14, and eight bytes for each.
func (l *layout) entries(at int64) ([]byte, error) {
	head, err := readPart(l.r, l.size, at, resourceNode)
	if err != nil {
		return nil, err
	}
	count := int64(binary.LittleEndian.Uint16(head[12:])) + int64(binary.LittleEndian.Uint16(head[14:]))
	if count > maxEntries {
		return nil, artifacts.NewProblem(artifacts.Limit, at, "a resource directory of %d entries; up to %d are read", count, maxEntries)
	}
	return readPart(l.r, l.size, at+resourceNode, count*8)
}

// pick finds the entry of the version type, or the first one below it.
func pick(entries []byte, level int) (uint32, bool) {
	for ; len(entries) >= 8; entries = entries[8:] {
		if level > 0 || binary.LittleEndian.Uint32(entries) == typeVersion {
			return binary.LittleEndian.Uint32(entries[4:]), true
		}
	}
	return 0, false
}

// ParseVersion reads a VS_VERSIONINFO block: a length, the length of the
// value, its type, a key in UTF-16, the value and further blocks, each at a
// multiple of four. Strings are taken of the first string table.
func ParseVersion(b []byte) (Version, error) {
	var v Version
	p := versionParser{left: maxBlocks}
	root, _, ok := p.block(b)
	if !ok || root.key != "VS_VERSION_INFO" {
		return v, artifacts.NewProblem(artifacts.Malformed, 0, "no version resource: the first block is not VS_VERSION_INFO")
	}
	if fixed := root.value; len(fixed) >= 24 && binary.LittleEndian.Uint32(fixed) == 0xFEEF_04BD {
		v.FixedFile, v.FixedProduct = dotted(fixed[8:]), dotted(fixed[16:])
	}
	found := false
	for info := range p.blocks(root.rest) {
		if info.key != "StringFileInfo" {
			continue
		}
		for table := range p.blocks(info.rest) {
			for entry := range p.blocks(table.rest) {
				v.set(entry.key, entry.text())
				found = true
			}
			if found {
				return v, p.err
			}
		}
	}
	return v, p.err
}

// set keeps the first value of a name; names are compared without case.
func (v *Version) set(key, text string) {
	fields := map[string]*string{
		"originalfilename": &v.OriginalFilename, "internalname": &v.InternalName, "filedescription": &v.FileDescription,
		"companyname": &v.CompanyName, "productname": &v.ProductName, "fileversion": &v.FileVersion,
		"productversion": &v.ProductVersion, "legalcopyright": &v.LegalCopyright,
	}
	if field := fields[strings.ToLower(key)]; field != nil && *field == "" {
		*field = text
	}
}

// dotted is a version of four 16-bit numbers that is kept in two words, the
// high one first.
func dotted(b []byte) string {
	high, low := binary.LittleEndian.Uint32(b), binary.LittleEndian.Uint32(b[4:])
	return fmt.Sprintf("%d.%d.%d.%d", high>>16, high&0xFFFF, low>>16, low&0xFFFF)
}

// A versionBlock is one block without its header.
type versionBlock struct {
	key   string
	value []byte // as long as the header says, in bytes
	rest  []byte // value and all behind it, for texts whose length is given wrong
}

type versionParser struct {
	left int // blocks that may still be read
	err  error
}

// blocks goes through the blocks that lie one behind the other in b.
func (p *versionParser) blocks(b []byte) func(yield func(versionBlock) bool) {
	return func(yield func(versionBlock) bool) {
		for len(b) >= 6 && p.err == nil {
			block, length, ok := p.block(b)
			if !ok || !yield(block) {
				return
			}
			b = b[min(aligned(length), len(b)):]
		}
	}
}

// block reads the block at the start of b and says how long it is.
func (p *versionParser) block(b []byte) (versionBlock, int, bool) {
	if len(b) < 6 {
		return versionBlock{}, 0, false
	}
	length := int(binary.LittleEndian.Uint16(b))
	value := int(binary.LittleEndian.Uint16(b[2:]))
	if length < 6 {
		return versionBlock{}, 0, false // padding at the end
	}
	if p.left--; p.left < 0 {
		p.err = artifacts.NewProblem(artifacts.Limit, 0, "a version resource of more than %d blocks", maxBlocks)
		return versionBlock{}, 0, false
	}
	if length > len(b) {
		p.err = artifacts.NewProblem(artifacts.Truncated, 0, "a block of %d bytes in a version resource that has %d left", length, len(b))
		length = len(b)
	}
	block := b[:length]
	end := 6
	for end+1 < len(block) && (block[end] != 0 || block[end+1] != 0) {
		end += 2
	}
	key := windows.UTF16(block[6:end])
	rest := block[min(aligned(end+2), len(block)):]
	if binary.LittleEndian.Uint16(b[4:]) == 1 {
		value *= 2 // a text: its length is in characters
	}
	value = min(value, len(rest))
	children := rest
	if key == "VS_VERSION_INFO" {
		children = rest[min(aligned(value), len(rest)):]
	}
	return versionBlock{key: key, value: rest[:value], rest: children}, length, true
}

// text is the value of a string: up to the first zero character.
func (b *versionBlock) text() string {
	value := b.rest[:min(len(b.rest), maxText)]
	for i := 0; i+1 < len(value); i += 2 {
		if value[i] == 0 && value[i+1] == 0 {
			value = value[:i]
			break
		}
	}
	return windows.UTF16(value[:len(value)&^1])
}

func aligned(n int) int { return (n + 3) &^ 3 }

package ntfstest

import (
	"bytes"
	"fmt"
)

// writeFile stores the streams of a file and writes its record.
func (v *volume) writeFile(n *node) error {
	f := n.file
	streams, bits, reparse, err := v.contents(n)
	if err != nil {
		return fmt.Errorf("%s: %w", f.Path, err)
	}
	si, fn, err := v.standard(n)
	if err != nil {
		return err
	}
	bits |= fn.attributes
	le.PutUint32(si.content[32:], bits)
	fn.attributes, fn.reparse = bits, reparse
	for i := range streams {
		if a := &streams[i]; a.typ == typeData && len(a.name) == 0 {
			fn.alloc, fn.size = a.allocated(), a.length()
			n.taken = a.runs
		}
	}
	attrs := append(append(v.register(n, fn), si), streams...)
	if f.OwnDescriptor {
		own, err := Descriptor(f.Owner, f.Access...)
		if err != nil {
			return fmt.Errorf("%s: %w", f.Path, err)
		}
		attrs = append(attrs, attr{typ: typeSecurity, content: own})
	}
	if n.deleted {
		v.freeAll(attrs)
	}
	if n.takes != nil {
		v.space.markAll(n.taken)
	}
	return v.writeRecord(n.head, attrs, f.AttributeList)
}

// markAll takes clusters that were handed out before.
func (s *space) markAll(runs []Run) {
	for _, r := range runs {
		s.mark(r.LCN, r.Length, true)
	}
}

// contents stores the streams of a file. It returns their attributes, the
// FILE_ATTRIBUTE_ bits that follow from them and the reparse tag.
func (v *volume) contents(n *node) ([]attr, uint32, uint32, error) {
	f := n.file
	attrs := make([]attr, 0, 1+len(f.Streams))
	bits, reparse := uint32(fileArchive), uint32(0)
	var unnamed attr
	var err error
	switch {
	case n.takes != nil:
		unnamed, err = v.takeOver(n.takes)
	case f.WOF:
		bits, reparse = bits|fileReparse|fileSparse, wofTag
		unnamed, err = v.store(typeData, nil, stream{size: int64(len(f.Data)), layout: Layout{Sparse: true}})
		attrs = append(attrs, attr{typ: typeReparse, content: wofReparse()})
		if err == nil {
			var packed attr
			packed, err = v.store(typeData, units("WofCompressedData"),
				stream{data: wofChunks(f.Data), layout: Layout{NonResident: true}})
			attrs = append(attrs, packed)
		}
	default:
		unnamed, err = v.store(typeData, nil, stream{f.Data, f.Size, f.Layout})
	}
	if err != nil {
		return nil, 0, 0, err
	}
	attrs = append(attrs, unnamed)
	if f.Layout.Compressed {
		bits |= fileCompressed
	}
	if f.Layout.Sparse {
		bits |= fileSparse
	}
	for _, s := range f.Streams {
		a, err := v.store(typeData, units(s.Name), stream{s.Data, s.Size, s.Layout})
		if err != nil {
			return nil, 0, 0, err
		}
		attrs = append(attrs, a)
	}
	return attrs, bits, reparse, nil
}

// takeOver makes the content of a file that lies in clusters of a deleted one.
func (v *volume) takeOver(from *node) (attr, error) {
	a := attr{typ: typeData, clusters: true}
	left, skip := int64(from.file.Overwrite), int64(from.file.OverwriteFrom)
	for _, r := range from.taken {
		if r.LCN < 0 || left == 0 {
			continue
		}
		n := min(skip, r.Length)
		skip -= n
		if r.LCN, r.Length = r.LCN+n, r.Length-n; r.Length == 0 {
			continue
		}
		r.Length = min(r.Length, left)
		left -= r.Length
		a.runs = append(a.runs, r)
	}
	if left > 0 {
		return a, fmt.Errorf("%s has %d clusters too few to overwrite", from.file.Path, left)
	}
	a.alloc = clustersOf(a.runs) * v.cluster
	a.size, a.valid = a.alloc, a.alloc
	return a, v.writeRuns(a.runs, bytes.Repeat([]byte{0xF6}, int(a.alloc)), a.alloc)
}

// wofTag is IO_REPARSE_TAG_WOF.
const wofTag = 0x80000017

// wofChunk is the chunk size of XPRESS4K.
const wofChunk = 4096

// wofReparse is WOF_EXTERNAL_INFO for the file provider and
// FILE_PROVIDER_EXTERNAL_INFO for XPRESS4K.
func wofReparse() []byte {
	b := le.AppendUint32(nil, wofTag)
	b = le.AppendUint32(b, 16) // length and a reserved field
	for _, x := range []uint32{1, 2, 1, 0} {
		b = le.AppendUint32(b, x)
	}
	return b
}

// wofChunks is the table with the end of each chunk but the last, and the
// chunks, which are whole chunks and so not compressed.
func wofChunks(data []byte) []byte {
	var b []byte
	for end := wofChunk; end < len(data); end += wofChunk {
		b = le.AppendUint32(b, uint32(end))
	}
	return append(b, data...)
}

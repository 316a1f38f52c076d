package ntfstest

import "fmt"

// Flags of an MFT record.
const (
	recordInUse  = 0x01
	recordDir    = 0x02
	recordExtend = 0x04
	recordView   = 0x08
)

// head is what the header of an MFT record says.
type head struct {
	num      uint64
	sequence uint16 // while the file lived
	flags    uint16
	links    uint16
	deleted  bool
}

// ref is the file reference that points to the live file.
func (h head) ref() uint64 { return h.num | uint64(h.sequence)<<48 }

// stored is the sequence number in the record: deletion raises it, leaving out 0.
func (h head) stored() uint16 {
	if !h.deleted {
		return h.sequence
	}
	return max(h.sequence+1, 1)
}

// attrsOffset is where attributes start: behind the update sequence.
func (v *volume) attrsOffset() int {
	return int(align(0x30+2*int64(v.recordSize/512+1), 8))
}

// room is the number of bytes for attributes in one MFT record.
func (v *volume) room() int { return v.recordSize - v.attrsOffset() - 8 }

// encode makes an MFT record. The returned slice is valid until the next call.
func (v *volume) encode(h head, base uint64, attrs []attr) ([]byte, error) {
	b := append(v.scratch[:0], make([]byte, v.attrsOffset())...)
	for i := range attrs {
		b = attrs[i].append(b, uint16(i))
	}
	b = le.AppendUint32(b, endOfRecord)
	b = append(b, 0, 0, 0, 0)
	used := len(b)
	if used > v.recordSize {
		return nil, fmt.Errorf("ntfstest: record %d needs %d bytes of %d", h.num, used, v.recordSize)
	}
	b = append(b, make([]byte, v.recordSize-used)...)
	v.scratch = b
	copy(b, "FILE")
	flags := h.flags | recordInUse
	if h.deleted {
		flags &^= recordInUse
	}
	le.PutUint16(b[4:], 0x30)
	le.PutUint16(b[6:], uint16(v.recordSize/512+1))
	le.PutUint16(b[0x10:], h.stored())
	le.PutUint16(b[0x12:], h.links)
	le.PutUint16(b[0x14:], uint16(v.attrsOffset()))
	le.PutUint16(b[0x16:], flags)
	le.PutUint32(b[0x18:], uint32(used))
	le.PutUint32(b[0x1C:], uint32(v.recordSize))
	le.PutUint64(b[0x20:], base)
	le.PutUint16(b[0x28:], uint16(len(attrs)))
	le.PutUint32(b[0x2C:], uint32(h.num))
	fixUp(b, uint16(h.num%0xFFFE)+1)
	return b, nil
}

// fixUp moves the last two bytes of every 512 into the update sequence array
// and puts number in their place. The stride is 512 with every sector size.
func fixUp(b []byte, number uint16) {
	usa := b[le.Uint16(b[4:]):]
	le.PutUint16(usa, number)
	for i := range len(b) / 512 {
		tail := b[512*i+510:]
		copy(usa[2+2*i:4+2*i], tail[:2])
		le.PutUint16(tail, number)
	}
}

// writeRecord writes the file's record, and extension records with an
// attribute list where one does not hold all or spread asks for it: then the
// unnamed $DATA lies in two or more extension records.
func (v *volume) writeRecord(h head, attrs []attr, spread bool) error {
	sortAttrs(attrs)
	total := 0
	for i := range attrs {
		total += attrs[i].encoded()
	}
	if !spread && total <= v.room() {
		rec, err := v.encode(h, 0, attrs)
		if err != nil {
			return err
		}
		return v.mft.put(h.num, rec, !h.deleted)
	}
	base, extensions, err := v.distribute(h, attrs, spread)
	if err != nil {
		return err
	}
	for _, e := range extensions {
		eh := head{num: e.num, sequence: 1, flags: h.flags &^ recordDir, deleted: h.deleted}
		rec, err := v.encode(eh, h.ref(), e.attrs)
		if err != nil {
			return err
		}
		if err := v.mft.put(e.num, rec, !h.deleted); err != nil {
			return err
		}
	}
	rec, err := v.encode(h, 0, base)
	if err != nil {
		return err
	}
	return v.mft.put(h.num, rec, !h.deleted)
}

// extension is an MFT record that holds attributes of another one.
type extension struct {
	num   uint64
	attrs []attr
	room  int
}

// distribute spreads attributes over the base record and extensions and adds
// the $ATTRIBUTE_LIST behind $STANDARD_INFORMATION, which is the first.
func (v *volume) distribute(h head, attrs []attr, spread bool) ([]attr, []extension, error) {
	pieces := v.cut(attrs, spread)
	size := 0
	for _, p := range pieces {
		size += int(align(0x1A+2*int64(len(p.name)), 8))
	}
	list := attr{typ: typeList, content: make([]byte, size)}
	if size > v.room()/2 {
		var err error
		if list, err = v.store(typeList, nil, stream{data: list.content, layout: Layout{NonResident: true}}); err != nil {
			return nil, nil, err
		}
	}
	var ext []extension
	base := []attr{pieces[0], list}
	left := v.room() - pieces[0].encoded() - list.encoded()
	content := appendListEntry(make([]byte, 0, size), &pieces[0], h.ref(), 0)
	for _, p := range pieces[1:] {
		need := p.encoded()
		alone := spread && isUnnamedData(&p)
		if need <= left && !alone && len(ext) == 0 { // pieces stay in the order of their VCNs
			content = appendListEntry(content, &p, h.ref(), uint16(len(base)))
			base, left = append(base, p), left-need
			continue
		}
		if len(ext) == 0 || alone || ext[len(ext)-1].room < need {
			ext = append(ext, extension{num: v.mft.next(), room: v.room()})
		}
		e := &ext[len(ext)-1]
		content = appendListEntry(content, &p, e.num|1<<48, uint16(len(e.attrs)))
		e.attrs, e.room = append(e.attrs, p), e.room-need
	}
	if list.clusters {
		return base, ext, v.writeAt(content, list.runs[0].LCN*v.cluster)
	}
	base[1].content = content
	return base, ext, nil
}

// isUnnamedData tells whether a is (a piece of) a non-resident file content.
func isUnnamedData(a *attr) bool { return a.typ == typeData && len(a.name) == 0 && a.clusters }

// cut splits run lists that would not fit in one record.
func (v *volume) cut(attrs []attr, spread bool) []attr {
	var out []attr
	for i := range attrs {
		a := &attrs[i]
		if !a.clusters {
			out = append(out, *a)
			continue
		}
		pieces := 1
		if spread && isUnnamedData(a) {
			pieces = 2
		}
		out = append(out, a.split(v.room(), pieces)...)
	}
	return out
}

// appendListEntry adds an entry of $ATTRIBUTE_LIST for an attribute that lies
// in the record ref points to, with the instance number id there.
func appendListEntry(dst []byte, a *attr, ref uint64, id uint16) []byte {
	n := int(align(0x1A+2*int64(len(a.name)), 8))
	dst = append(dst, make([]byte, n)...)
	b := dst[len(dst)-n:]
	le.PutUint32(b, a.typ)
	le.PutUint16(b[4:], uint16(n))
	b[6], b[7] = byte(len(a.name)), 0x1A
	le.PutUint64(b[8:], uint64(a.vcn))
	le.PutUint64(b[16:], ref)
	le.PutUint16(b[24:], id)
	putUnits(b[0x1A:], a.name)
	return dst
}

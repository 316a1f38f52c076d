package ntfstest

// Records of the system files. A system file's sequence number is its record
// number, and 1 for $MFT.
const (
	recMFT     = 0
	recMirror  = 1
	recLog     = 2
	recVolume  = 3
	recAttrDef = 4
	recRoot    = 5
	recBitmap  = 6
	recBoot    = 7
	recBad     = 8
	recSecure  = 9
	recUpCase  = 10
	recExtend  = 11
	firstFree  = 16 // 12 to 15 are in use without a name
	recObjID   = 25
	recQuota   = 24
	recReparse = 26
	firstUser  = 27
)

// logSize is the size of $LogFile, which is written as after a reset.
const logSize = 512 << 10

// plain is the layout of system files.
var plain = Layout{NonResident: true}

// systemHead is the record header of a system file.
func systemHead(num uint64, flags uint16) head {
	return head{num: num, sequence: uint16(max(num, 1)), flags: flags, links: 1}
}

// writeSystem writes a system file of the root directory.
func (v *volume) writeSystem(num uint64, name string, flags uint16, attrs ...attr) error {
	h := systemHead(num, flags)
	n := &node{head: h, name: units(name), parent: v.root}
	fixed, err := v.systemNames(n, attrs)
	if err != nil {
		return err
	}
	return v.writeRecord(h, append(fixed, attrs...), false)
}

// systemNames makes $STANDARD_INFORMATION and $FILE_NAME of a system file and
// enters it in the directory.
func (v *volume) systemNames(n *node, attrs []attr) ([]attr, error) {
	id, err := v.security.id(systemSID)
	if err != nil {
		return nil, err
	}
	fn := facts{times: v.times, attributes: fileHidden | fileSystem}
	for i := range attrs {
		if attrs[i].typ == typeData && len(attrs[i].name) == 0 {
			fn.alloc, fn.size = attrs[i].allocated(), attrs[i].length()
		}
	}
	si := attr{typ: typeSI, content: standardInformation(v.times, fn.attributes, id, 0)}
	if n.flags&recordDir != 0 {
		fn.attributes |= nameDirectory
	} else if n.flags&recordView != 0 {
		fn.attributes |= nameView
	}
	key := fileName(n.parent.ref(), fn, nameWin32DOS, n.name)
	n.parent.entries = append(n.parent.entries, nameEntry(n.ref(), key))
	return []attr{si, {typ: typeFN, content: key, indexed: true}}, nil
}

// newSystemDirs makes the nodes of the root and of $Extend.
func (v *volume) newSystemDirs() {
	v.root = &node{head: systemHead(recRoot, recordDir), name: units("."), dir: true, children: map[string]*node{}}
	v.root.parent = v.root
	extend := &node{head: systemHead(recExtend, recordDir), name: units("$Extend"), parent: v.root, dir: true,
		children: map[string]*node{}}
	v.root.children["$EXTEND"] = extend
	v.extend = extend
	v.root.file = &File{Path: "/", Dir: true, Attributes: fileHidden | fileSystem}
	extend.file = &File{Path: "/$Extend", Dir: true, Attributes: fileHidden | fileSystem}
	v.dirs = []*node{v.root, extend}
}

// writeEarly writes the system files that do not depend on what comes later.
func (v *volume) writeEarly() error {
	log := make([]byte, logSize)
	for i := range log {
		log[i] = 0xFF
	}
	up := make([]byte, 0, 2<<16)
	for _, u := range upcase {
		up = le.AppendUint16(up, u)
	}
	for _, f := range []struct {
		num  uint64
		name string
		data []byte
	}{
		{recLog, "$LogFile", log},
		{recAttrDef, "$AttrDef", attrDef()},
		{recUpCase, "$UpCase", up},
	} {
		a, err := v.store(typeData, nil, stream{data: f.data, layout: plain})
		if err != nil {
			return err
		}
		if err := v.writeSystem(f.num, f.name, 0, a); err != nil {
			return err
		}
	}
	info := make([]byte, 12)
	info[8], info[9] = 3, 1
	if err := v.writeSystem(recVolume, "$Volume", 0,
		attr{typ: typeVolName, content: utf16Bytes(v.label)},
		attr{typ: typeVolInfo, content: info}, attr{typ: typeData}); err != nil {
		return err
	}
	if err := v.writeMirror(); err != nil {
		return err
	}
	for num := uint64(recExtend + 1); num < firstFree; num++ {
		si := attr{typ: typeSI, content: standardInformation(v.times, fileHidden|fileSystem, 0x100, 0)}
		h := systemHead(num, 0)
		h.links = 0
		if err := v.writeRecord(h, []attr{si, {typ: typeData}}, false); err != nil {
			return err
		}
	}
	return v.writeExtend()
}

// writeMirror allocates $MFTMirr, which repeats the first four records, or as
// many as a cluster holds.
func (v *volume) writeMirror() error {
	a, err := v.store(typeData, nil, stream{data: v.mft.mirror, layout: plain})
	if err != nil {
		return err
	}
	v.mirrorAt = a.runs[0].LCN
	return v.writeSystem(recMirror, "$MFTMirr", 0, a)
}

// writeExtend writes the files of $Extend that every volume has, with empty
// indexes.
func (v *volume) writeExtend() error {
	for _, f := range []struct {
		num     uint64
		name    string
		indexes []string
		order   []uint32 // collation rules
	}{
		{recQuota, "$Quota", []string{"$O", "$Q"}, []uint32{0x11, 0x10}},
		{recObjID, "$ObjId", []string{"$O"}, []uint32{0x13}},
		{recReparse, "$Reparse", []string{"$R"}, []uint32{0x13}},
	} {
		h := systemHead(f.num, recordExtend|recordView)
		h.sequence = 1
		n := &node{head: h, name: units(f.name), parent: v.extend}
		attrs, err := v.systemNames(n, nil)
		if err != nil {
			return err
		}
		for i, name := range f.indexes {
			index, err := v.buildIndex(name, 0, f.order[i], nil, v.room(), nil)
			if err != nil {
				return err
			}
			attrs = append(attrs, index...)
		}
		if err := v.writeRecord(h, attrs, false); err != nil {
			return err
		}
	}
	return nil
}

// writeBad writes $BadClus, whose stream $Bad is a hole as long as the volume.
func (v *volume) writeBad(clusters int64) error {
	bad := attr{typ: typeData, name: units("$Bad"), clusters: true, runs: []Run{{-1, clusters}},
		alloc: clusters * v.cluster, size: clusters * v.cluster}
	return v.writeSystem(recBad, "$BadClus", 0, attr{typ: typeData}, bad)
}

// bootSector is the first sector, and the last one.
func (v *volume) bootSector(sectors int64) []byte {
	b := make([]byte, v.sector)
	copy(b, "\xEB\x52\x90NTFS    ")
	le.PutUint16(b[0x0B:], uint16(v.sector))
	b[0x0D] = byte(v.cluster / int64(v.sector))
	b[0x15] = 0xF8
	le.PutUint16(b[0x18:], 63)
	le.PutUint16(b[0x1A:], 255)
	le.PutUint32(b[0x24:], 0x00800080)
	le.PutUint64(b[0x28:], uint64(sectors))
	le.PutUint64(b[0x30:], uint64(v.mft.runs[0].LCN))
	le.PutUint64(b[0x38:], uint64(v.mirrorAt))
	b[0x40] = perCluster(v.recordSize, v.cluster)
	b[0x44] = perCluster(indexBlock, v.cluster)
	le.PutUint64(b[0x48:], v.serial)
	b[510], b[511] = 0x55, 0xAA
	return b
}

// perCluster is a size in clusters, or minus its log2 if it is less than one.
func perCluster(size int, cluster int64) byte {
	if int64(size) >= cluster {
		return byte(int64(size) / cluster)
	}
	log := 0
	for 1<<log < size {
		log++
	}
	return byte(-log)
}

// attrDef is the content of $AttrDef: 160 bytes for every attribute type.
func attrDef() []byte {
	var b []byte
	for _, d := range []struct {
		name            string
		typ, collation  uint32
		flags           uint32 // 2 indexable, 0x40 always resident, 0x80 may be in clusters
		least, greatest int64
	}{
		{"$STANDARD_INFORMATION", typeSI, 0, 0x40, 48, 72},
		{"$ATTRIBUTE_LIST", typeList, 0, 0x80, 0, -1},
		{"$FILE_NAME", typeFN, 1, 0x42, 68, 578},
		{"$OBJECT_ID", 0x40, 0, 0x40, 0, 256},
		{"$SECURITY_DESCRIPTOR", 0x50, 0, 0x80, 0, -1},
		{"$VOLUME_NAME", typeVolName, 0, 0x40, 2, 256},
		{"$VOLUME_INFORMATION", typeVolInfo, 0, 0x40, 12, 12},
		{"$DATA", typeData, 0, 0, 0, -1},
		{"$INDEX_ROOT", typeIndexRoot, 0, 0x40, 0, -1},
		{"$INDEX_ALLOCATION", typeIndexAlloc, 0, 0x80, 0, -1},
		{"$BITMAP", typeBitmap, 0, 0x80, 0, -1},
		{"$REPARSE_POINT", typeReparse, 0, 0x80, 0, 16384},
		{"$EA_INFORMATION", 0xD0, 0, 0x40, 8, 8},
		{"$EA", 0xE0, 0, 0, 0, 65536},
		{"$LOGGED_UTILITY_STREAM", 0x100, 0, 0x80, 0, 65536},
	} {
		e := make([]byte, 160)
		putUnits(e, units(d.name))
		le.PutUint32(e[128:], d.typ)
		le.PutUint32(e[136:], d.collation)
		le.PutUint32(e[140:], d.flags)
		le.PutUint64(e[144:], uint64(d.least))
		le.PutUint64(e[152:], uint64(d.greatest))
		b = append(b, e...)
	}
	return append(b, make([]byte, 160)...)
}

func utf16Bytes(s string) []byte {
	u := units(s)
	b := make([]byte, 2*len(u))
	putUnits(b, u)
	return b
}

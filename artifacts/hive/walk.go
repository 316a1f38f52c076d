package hive

import "hivetriage/artifacts"

// walk checks every cell that can be reached from the root, breadth first:
// no recursion, every cell once.
func (h *Hive) walk() {
	root := h.Base.Root
	if !isKey(h.cell(root)) {
		h.problem(artifacts.Malformed, max(0, h.at(root)), "hive: the root key cannot be reached")
		return
	}
	h.rooted = true
	h.walkFrom(root)
	h.Keys = len(h.nodes)
}

// walkFrom checks the subtree whose top key is in the cell at off.
func (h *Hive) walkFrom(off uint32) {
	top := uint32(len(h.nodes))
	h.seen.set(off)
	h.nodes = append(h.nodes, node{off: off, parent: top})
	for i := top; i < uint32(len(h.nodes)); i++ {
		h.checkKey(i)
	}
}

// checkKey checks what the key refers to and appends its subkeys.
func (h *Hive) checkKey(i uint32) {
	off := h.nodes[i].off
	k := keyRecord(h.cell(off))
	if keyHeader+k.nameLength() > len(k) {
		h.problem(artifacts.Malformed, h.at(off), "hive: the key's name of %d bytes leaves its cell", k.nameLength())
	}
	if sk := k.security(); sk != noCell && !(h.used.has(sk) && h.seen.has(sk)) {
		h.checkSecurity(sk, off)
	}
	if n := k.classLength(); n > 0 && k.class() != noCell && len(h.cell(k.class())) < n {
		h.problem(artifacts.Malformed, h.at(off)+48, "hive: the key's class name of %d bytes is not there", n)
	}
	if k.values() > 0 {
		h.nodes[i].list, h.nodes[i].values = k.valueList(), h.checkValues(off, k)
	}
	first := uint32(len(h.nodes))
	if k.subkeys() > 0 {
		h.checkSubkeys(i, off, k)
	} else if k.subkeyList() != noCell {
		h.stale = true
	}
	h.nodes[i].first, h.nodes[i].count = first, uint32(len(h.nodes))-first
}

// claim returns the payload of a cell that nothing referred to before; it
// reports a problem at file offset from otherwise.
func (h *Hive) claim(off uint32, from int64, what string) []byte {
	b := h.cell(off)
	switch {
	case b == nil:
		h.problem(artifacts.Malformed, from, "hive: the %s should be at %#x, where no cell in use begins", what, h.at(off)-4)
		return nil
	case h.seen.has(off):
		h.problem(artifacts.Malformed, from, "hive: the %s at %#x is referred to a second time", what, h.at(off))
		return nil
	}
	h.seen.set(off)
	return b
}

// checkSecurity checks a descriptor, which keys share.
func (h *Hive) checkSecurity(sk, key uint32) {
	b := h.cell(sk)
	if len(b) < skHeader || string(b[:2]) != "sk" || int64(le.Uint32(b[16:])) > int64(len(b)-skHeader) {
		h.problem(artifacts.Malformed, h.at(key)+44, "hive: the security descriptor at %#x cannot be read", h.at(sk)-4)
		return
	}
	h.seen.set(sk)
}

// checkSubkeys appends the subkeys of node i.
func (h *Hive) checkSubkeys(i, off uint32, k keyRecord) {
	before := len(h.nodes)
	from := h.at(off) + 28
	l, ok := h.checkList(k.subkeyList(), from)
	if !ok {
		return
	}
	if !l.index {
		h.checkElements(i, l, k.subkeyList())
	} else {
		for j := range l.count {
			at := h.at(k.subkeyList()) + listHeader + 4*int64(j)
			part, ok := h.checkList(l.at(j), at)
			switch {
			case ok && part.index:
				h.problem(artifacts.Malformed, at, `hive: an "ri" list refers to an "ri" list`)
			case ok:
				h.checkElements(i, part, l.at(j))
			}
		}
	}
	if n := len(h.nodes) - before; uint32(n) != k.subkeys() {
		h.problem(artifacts.Malformed, h.at(off)+20, "hive: the key counts %d subkeys, its lists lead to %d", k.subkeys(), n)
	}
}

func (h *Hive) checkList(off uint32, from int64) (list, bool) {
	b := h.claim(off, from, "subkey list")
	if b == nil {
		return list{}, false
	}
	l, ok := parseList(b)
	if !ok {
		h.problem(artifacts.Malformed, h.at(off), "hive: there is no subkey list where one is referred to")
		return list{}, false
	}
	if l.count < l.total {
		h.problem(artifacts.Malformed, h.at(off)+2, "hive: the list counts %d subkeys and has room for %d", l.total, l.count)
	}
	return l, true
}

func (h *Hive) checkElements(parent uint32, l list, off uint32) {
	for j := range l.count {
		sub := l.at(j)
		b := h.cell(sub)
		if b != nil && isKey(b) && !h.seen.has(sub) {
			h.seen.set(sub)
			h.nodes = append(h.nodes, node{off: sub, parent: parent})
			continue
		}
		from := h.at(off) + listHeader + int64(j*l.width)
		if b := h.claim(sub, from, "subkey"); b != nil {
			h.problem(artifacts.Malformed, h.at(sub), "hive: there is no key where one is referred to")
		}
	}
}

// checkValues checks the key's values and returns how many elements of its
// value list can be used.
func (h *Hive) checkValues(off uint32, k keyRecord) uint32 {
	b := h.claim(k.valueList(), h.at(off)+40, "value list")
	if b == nil {
		return 0
	}
	n := k.values()
	if room := uint32(len(b) / 4); n > room {
		h.problem(artifacts.Malformed, h.at(off)+36, "hive: the key counts %d values, its list has room for %d", n, room)
		n = room
	}
	for j := range int(n) {
		vk := le.Uint32(b[4*j:])
		v := h.cell(vk)
		if v != nil && isValue(v) && !h.seen.has(vk) {
			h.seen.set(vk)
			h.Values++
			h.checkValue(vk, v)
			continue
		}
		h.badValues = true
		from := h.at(k.valueList()) + 4*int64(j)
		if h.claim(vk, from, "value") != nil {
			h.problem(artifacts.Malformed, h.at(vk), "hive: there is no value where one is referred to")
		}
	}
	return n
}

func (h *Hive) checkValue(off uint32, v valueRecord) {
	if valueHeader+v.nameLength() > len(v) {
		h.problem(artifacts.Malformed, h.at(off), "hive: the value's name of %d bytes leaves its cell", v.nameLength())
	}
	n := v.length()
	if v.inline() {
		if n > maxInlineData {
			h.problem(artifacts.Malformed, h.at(off)+4, "hive: %d bytes of data where 4 have room", n)
		}
		return
	}
	if n == 0 {
		return
	}
	if b := h.cell(v.data()); len(b) < n {
		h.checkBig(off, v, b)
	}
}

// checkBig checks data that does not lie in one cell.
func (h *Hive) checkBig(off uint32, v valueRecord, b []byte) {
	from := h.at(off) + 8
	if v.length() <= bigSegment || !isBig(b) {
		h.problem(artifacts.Malformed, from, "hive: the value's %d bytes of data are not at %#x", v.length(), h.at(v.data())-4)
		return
	}
	if h.claim(v.data(), from, "list of segments") == nil {
		return
	}
	room := 0
	for segment := range h.segments(b) {
		room += len(segment)
	}
	if room < v.length() {
		h.problem(artifacts.Malformed, h.at(v.data()), "hive: %d bytes of data in segments of %d", v.length(), room)
	}
}

package hivetest

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"
)

// Delete returns a copy of a hive without the key at a path below the root, as
// Windows leaves one: the parent's list is shorter, and the cells of the key
// and of its values are free, with what they held. With merge, free cells that
// adjoin become one, as they do when Windows frees the second of them. It
// panics if there is no such key or the key has subkeys.
func Delete(hive []byte, path string, merge bool) []byte {
	d := deleter{bytes.Clone(hive)}
	key := d.u32(36)
	var parent uint32
	index := 0
	for name := range strings.SplitSeq(path, `\`) {
		parent = key
		key, index = d.child(parent, name)
	}
	if d.u32(at(key, 20)) > 0 {
		panic("hivetest: " + path + " has subkeys")
	}
	if n := d.u32(at(key, 36)); n > 0 {
		list := d.u32(at(key, 40))
		for i := range n {
			value := d.u32(at(list, int(4*i)))
			if length := d.u32(at(value, 4)); length > 0 && length < 1<<31 {
				d.free(d.u32(at(value, 8)))
			}
			d.free(value)
		}
		d.free(list)
	}
	d.free(key)
	d.unlist(parent, index)
	if merge {
		d.merge()
	}
	return d.b
}

type deleter struct{ b []byte }

// at is the file offset of a byte in the payload of a cell.
func at(cell uint32, payload int) int { return page + int(cell) + 4 + payload }

func (d deleter) u32(at int) uint32       { return binary.LittleEndian.Uint32(d.b[at:]) }
func (d deleter) put(at int, v uint32)    { binary.LittleEndian.PutUint32(d.b[at:], v) }
func (d deleter) u16(at int) uint16       { return binary.LittleEndian.Uint16(d.b[at:]) }
func (d deleter) free(cell uint32)        { d.put(at(cell, -4), -d.u32(at(cell, -4))) }
func (d deleter) list(key uint32) uint32  { return d.u32(at(key, 28)) }
func (d deleter) name(key uint32) string  { return string(d.b[at(key, 76):][:d.u16(at(key, 72))]) }
func (d deleter) count(list uint32) int   { return int(d.u16(at(list, 2))) }
func (d deleter) form(list uint32) string { return string(d.b[at(list, 0):][:2]) }

// child returns a subkey, and its place in the key's list.
func (d deleter) child(key uint32, name string) (uint32, int) {
	if d.u32(at(key, 20)) > 0 && d.form(d.list(key)) == "lh" {
		list := d.list(key)
		for i := range d.count(list) {
			if sub := d.u32(at(list, 4+8*i)); d.name(sub) == name {
				return sub, i
			}
		}
	}
	panic(fmt.Sprintf("hivetest: no key %q", name))
}

// unlist takes an element out of a key's list.
func (d deleter) unlist(key uint32, index int) {
	list := d.list(key)
	n := d.count(list)
	copy(d.b[at(list, 4+8*index):], d.b[at(list, 4+8*(index+1)):at(list, 4+8*n)])
	binary.LittleEndian.PutUint16(d.b[at(list, 2):], uint16(n-1))
	d.put(at(key, 20), uint32(n-1))
	if n == 1 {
		d.free(list)
		d.put(at(key, 28), noCell)
	}
}

// merge joins free cells that adjoin.
func (d deleter) merge() {
	for bin := page; bin < page+int(d.u32(40)); bin += int(d.u32(bin + 8)) {
		end := bin + int(d.u32(bin+8))
		last := 0 // the free cell that ends at the next one
		for cell := bin + binHeader; cell < end; {
			size := int32(d.u32(cell))
			switch {
			case size < 0:
				last = 0
				size = -size
			case last > 0:
				d.put(last, d.u32(last)+uint32(size))
			default:
				last = cell
			}
			cell += int(size)
		}
	}
}

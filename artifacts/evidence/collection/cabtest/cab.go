// Package cabtest writes cabinets from their specification, [MS-CAB] and
// [MS-MCI], for tests.
package cabtest

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
)

// A File is a member.
type File struct {
	Name string
	Data []byte
}

// Options say how a cabinet is written.
type Options struct {
	Method  uint16 // 0 stored, 1 MSZIP; others are written as 0 and called so
	Reserve byte   // bytes that are reserved in the header, each folder and each block
}

const (
	header    = 36
	folder    = 8
	blockSize = 32768
)

// Write returns a cabinet of one folder.
func Write(opt Options, files ...File) []byte {
	le := binary.LittleEndian
	var content, list []byte
	for _, f := range files {
		list = le.AppendUint32(list, uint32(len(f.Data)))
		list = le.AppendUint32(list, uint32(len(content)))
		list = append(list, 0, 0)                   // folder
		list = append(list, 0x6E, 0x5C, 0x80, 0x70) // 2026-03-14 14:04
		list = le.AppendUint16(list, 0x20|0x80)     // archive, name in UTF-8
		list = append(append(list, f.Name...), 0)
		content = append(content, f.Data...)
	}
	blocks, count := pack(opt, content)

	reserve := int(opt.Reserve)
	listAt := header + folder
	if reserve > 0 {
		listAt += 4 + reserve + reserve
	}
	dataAt := listAt + len(list)
	out := append(make([]byte, 0, dataAt+len(blocks)), "MSCF\x00\x00\x00\x00"...)
	out = le.AppendUint32(out, uint32(dataAt+len(blocks)))
	out = le.AppendUint32(out, 0)
	out = le.AppendUint32(out, uint32(listAt))
	out = le.AppendUint32(out, 0)
	out = append(out, 3, 1) // version 1.3
	out = le.AppendUint16(out, 1)
	out = le.AppendUint16(out, uint16(len(files)))
	flags := uint16(0)
	if reserve > 0 {
		flags = 4
	}
	out = le.AppendUint16(out, flags)
	out = le.AppendUint32(out, 0x4854) // set and index of the cabinet in it
	if reserve > 0 {
		out = le.AppendUint16(out, uint16(reserve))
		out = append(out, opt.Reserve, opt.Reserve)
		out = append(out, make([]byte, reserve)...)
	}
	out = le.AppendUint32(out, uint32(dataAt))
	out = le.AppendUint16(out, uint16(count))
	out = le.AppendUint16(out, opt.Method)
	out = append(out, make([]byte, reserve)...)
	return append(append(out, list...), blocks...)
}

// pack writes the blocks of a folder.
func pack(opt Options, content []byte) (out []byte, count int) {
	var history []byte
	for ; len(content) > 0; count++ {
		plain := content[:min(len(content), blockSize)]
		content = content[len(plain):]
		body := plain
		if opt.Method == 1 {
			var b bytes.Buffer
			b.WriteString("CK")
			w, err := flate.NewWriterDict(&b, flate.BestCompression, history)
			if err == nil {
				_, err = w.Write(plain)
			}
			if err == nil {
				err = w.Close()
			}
			if err != nil {
				panic(err) // a level that exists, into memory
			}
			body, history = b.Bytes(), plain
		}
		out = append(out, block(body, len(plain), int(opt.Reserve))...)
	}
	return out, count
}

func block(body []byte, plain, reserve int) []byte {
	le := binary.LittleEndian
	sizes := le.AppendUint16(nil, uint16(len(body)))
	sizes = le.AppendUint16(sizes, uint16(plain))
	sizes = append(sizes, make([]byte, reserve)...)
	out := le.AppendUint32(nil, sum(sizes)^sum(body))
	return append(append(out, sizes...), body...)
}

// sum is the checksum of [MS-CAB] 3.1.
func sum(b []byte) (s uint32) {
	for len(b) >= 4 {
		s ^= uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24
		b = b[4:]
	}
	switch len(b) {
	case 3:
		s ^= uint32(b[0])<<16 | uint32(b[1])<<8 | uint32(b[2])
	case 2:
		s ^= uint32(b[0])<<8 | uint32(b[1])
	case 1:
		s ^= uint32(b[0])
	}
	return s
}

// Package shelllinktest writes shell links, lists of shell items and jump
// lists for tests: from [MS-SHLLINK], [MS-CFB] and the specifications of
// libfwsi and dtformats, without the reader that they test.
package shelllinktest

import (
	"bytes"
	"encoding/binary"
	"time"

	"hivetriage/artifacts/internal/windows"
)

// A Link is a shortcut. What is zero is not written.
type Link struct {
	Path   string // target: "C:\..." or `\\server\share\...`
	Folder bool   // the target is a folder
	NoList bool   // without an item list
	NoInfo bool   // without LinkInfo
	ANSI   bool   // strings in the code page: ASCII only

	Created, Modified, Accessed time.Time
	Size                        uint32

	Drive  uint32 // 0 is 3, fixed
	Serial uint32
	Label  string
	Mapped string // drive letter of the share, "Z:"

	Comment, Relative, WorkingDir, Arguments, Icon string
	Environment                                    string

	Machine string   // NetBIOS name
	Object  [16]byte // identifier of the target; see Object
	Volume  [16]byte
	Store   int // bytes of a property store
}

// Class is the class identifier of shell links.
var Class = []byte{0x01, 0x14, 0x02, 0, 0, 0, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0, 0x46}

func u16(b []byte, n int) []byte { return binary.LittleEndian.AppendUint16(b, uint16(n)) }
func u32(b []byte, n int) []byte { return binary.LittleEndian.AppendUint32(b, uint32(n)) }
func u64(b []byte, n uint64) []byte {
	return binary.LittleEndian.AppendUint64(b, n)
}

// Object is an object identifier: a version 1 UUID.
func Object(made time.Time, mac [6]byte) [16]byte {
	ticks := windows.ToFiletime(made) + 6653*uint64(24*time.Hour/100) // days from 1582-10-15 to 1601
	b := u32(nil, int(uint32(ticks)))
	b = u16(b, int(uint16(ticks>>32)))
	b = u16(b, int(ticks>>48)&0xfff|0x1000)
	b = append(b, 0x80, 0x01)
	return [16]byte(append(b, mac[:]...))
}

// File returns the shortcut's bytes.
func File(l Link) []byte {
	flags := 0
	var body []byte
	if !l.NoList {
		flags |= 1
		list := Items(l.Path, Times{l.Created, l.Modified, l.Accessed}, l.Folder)
		body = append(u16(body, len(list)), list...)
	}
	if !l.NoInfo {
		flags |= 2
		body = append(body, l.info()...)
	}
	if !l.ANSI {
		flags |= 0x80
	}
	for i, s := range []string{l.Comment, l.Relative, l.WorkingDir, l.Arguments, l.Icon} {
		if s == "" {
			continue
		}
		flags |= 4 << i
		if l.ANSI {
			body = append(u16(body, len(s)), s...)
			continue
		}
		text := windows.AppendUTF16(nil, s)
		body = append(u16(body, len(text)/2), text...)
	}
	if l.Environment != "" {
		flags |= 0x200
	}
	b := append(u32(nil, 76), Class...)
	b = u32(b, flags)
	if l.Folder {
		b = u32(b, 0x10)
	} else {
		b = u32(b, 0x20)
	}
	for _, t := range []time.Time{l.Created, l.Accessed, l.Modified} {
		b = u64(b, windows.ToFiletime(t))
	}
	b = u32(u32(u32(b, int(l.Size)), 0), 1)
	b = append(b, make([]byte, 12)...)
	return append(append(b, body...), l.extra()...)
}

func padded(s string, n int) []byte {
	b := make([]byte, n)
	copy(b, s)
	return b
}

func (l Link) extra() []byte {
	var b []byte
	if l.Environment != "" {
		b = u32(u32(b, 788), int(0xa0000001))
		b = append(b, padded(l.Environment, 260)...)
		b = append(b, padded(string(windows.AppendUTF16(nil, l.Environment)), 520)...)
	}
	if l.Machine != "" {
		b = u32(u32(u32(u32(b, 96), int(0xa0000003)), 88), 0)
		b = append(b, padded(l.Machine, 16)...)
		for range 2 {
			b = append(append(b, l.Volume[:]...), l.Object[:]...)
		}
	}
	if l.Store > 0 {
		b = u32(u32(b, 8+l.Store), int(0xa0000009))
		b = append(b, make([]byte, l.Store)...)
	}
	return u32(b, 0)
}

// info returns LinkInfo: of a path on a share with the share cut off.
func (l Link) info() []byte {
	var volume, local, network, suffix []byte
	flags := 1
	if bytes.HasPrefix([]byte(l.Path), []byte(`\\`)) {
		flags = 2
		share, rest := cutShare(l.Path)
		network = u32(u32(u32(nil, 2), 20), 0)
		names := append([]byte(share), 0)
		if l.Mapped != "" {
			network = u32(u32(u32(nil, 3), 20), 20+len(names))
			names = append(append(names, l.Mapped...), 0)
		}
		network = append(u32(network, 0x20000), names...)
		network = append(u32(nil, 4+len(network)), network...)
		suffix = append([]byte(rest), 0)
	} else {
		drive := l.Drive
		if drive == 0 {
			drive = 3
		}
		volume = u32(nil, 17+len(l.Label))
		volume = u32(u32(u32(volume, int(drive)), int(l.Serial)), 16)
		volume = append(append(volume, l.Label...), 0)
		local, suffix = append([]byte(l.Path), 0), []byte{0}
	}
	var unicode [][]byte // as Windows has it where the code page lacks letters
	at := 28
	if bytes.ContainsFunc([]byte(l.Path), func(c rune) bool { return c > 126 }) && !l.ANSI {
		at = 36
		if local != nil {
			unicode = [][]byte{windows.AppendUTF16(nil, l.Path+"\x00"), {0, 0}}
		} else {
			_, rest := cutShare(l.Path)
			unicode = [][]byte{nil, windows.AppendUTF16(nil, rest+"\x00")}
		}
	}
	place := func(part []byte) int {
		if len(part) == 0 {
			return 0
		}
		at += len(part)
		return at - len(part)
	}
	b := u32(u32(nil, at), flags)
	parts := append([][]byte{volume, local, network, suffix}, unicode...)
	for _, part := range parts {
		b = u32(b, place(part))
	}
	b = append(b, bytes.Join(parts, nil)...)
	return append(u32(nil, 4+len(b)), b...)
}

// cutShare splits `\\server\share\rest`.
func cutShare(path string) (share, rest string) {
	slashes := 0
	for i, c := range path {
		if c == '\\' {
			slashes++
		}
		if slashes == 4 {
			return path[:i], path[i+1:]
		}
	}
	return path, ""
}

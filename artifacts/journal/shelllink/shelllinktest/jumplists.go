package shelllinktest

import (
	"fmt"
	"math"
	"time"

	"hivetriage/artifacts/internal/windows"
)

// An Entry is one of an automatic jump list.
type Entry struct {
	Path    string
	Opened  time.Time
	Pinned  bool
	Count   uint32 // of version 2 and later
	Machine string
	Object  [16]byte
	Link    *Link // nil: of Path
	NoLink  bool  // the stream is missing
}

// DestList returns the stream of that name.
func DestList(version int, entries ...Entry) []byte {
	pinned := 0
	for _, e := range entries {
		if e.Pinned {
			pinned++
		}
	}
	b := u32(u32(u32(u32(nil, version), len(entries)), pinned), int(math.Float32bits(2.5)))
	b = u64(u64(b, uint64(len(entries))), uint64(2*len(entries)))
	for i, e := range entries {
		b = u64(b, 0x1122334455667788)
		for range 2 {
			b = append(append(b, make([]byte, 16)...), e.Object[:]...)
		}
		b = append(b, padded(e.Machine, 16)...)
		b = u32(u64(b, uint64(i+1)), int(math.Float32bits(1.5)))
		b = u64(b, windows.ToFiletime(e.Opened))
		if e.Pinned {
			b = u32(b, i)
		} else {
			b = u32(b, math.MaxUint32)
		}
		if version > 1 {
			b = u64(u32(u32(b, math.MaxUint32), int(e.Count)), 0)
		}
		path := windows.AppendUTF16(nil, e.Path)
		b = append(u16(b, len(path)/2), path...)
		if version > 1 {
			b = u32(b, 0)
		}
	}
	return b
}

// Automatic returns an automaticDestinations-ms file.
func Automatic(version int, entries ...Entry) []byte {
	var streams []Stream
	for i, e := range entries {
		if e.NoLink {
			continue
		}
		if e.Link == nil {
			e.Link = &Link{Path: e.Path, Machine: e.Machine, Object: e.Object}
		}
		streams = append(streams, Stream{Name: fmt.Sprintf("%x", i+1), Data: File(*e.Link)})
	}
	return Compound(append(streams, Stream{Name: "DestList", Data: DestList(version, entries...)})...)
}

// A Category is one of a custom jump list: with a title a custom one, without
// the tasks.
type Category struct {
	Title string
	Links []Link
}

// Custom returns a customDestinations-ms file.
func Custom(categories ...Category) []byte {
	b := u32(u32(u32(nil, 2), len(categories)), 0)
	for _, c := range categories {
		if c.Title != "" {
			title := windows.AppendUTF16(nil, c.Title)
			b = append(u16(u32(b, 0), len(title)/2), title...)
		} else {
			b = u32(b, 2)
		}
		b = u32(b, len(c.Links))
		for _, l := range c.Links {
			b = append(append(b, Class...), File(l)...)
		}
		b = append(b, 0xab, 0xfb, 0xbf, 0xba)
	}
	return b
}

// A Stream is one of a compound file.
type Stream struct {
	Name string
	Data []byte
}

const (
	sector    = 512
	free      = 0xffffffff
	end       = 0xfffffffe
	fatSector = 0xfffffffd
)

// Compound returns a compound file of version 3 with the streams in its root;
// those below 4096 bytes lie in the mini stream.
func Compound(streams ...Stream) []byte {
	var sectors []byte
	var fat, miniFAT []int
	put := func(data []byte) int { // returns the first sector
		if len(data) == 0 {
			return end
		}
		first := len(fat)
		for range (len(data) + sector - 1) / sector {
			fat = append(fat, len(fat)+1)
		}
		fat[len(fat)-1] = end
		sectors = append(sectors, data...)
		sectors = append(sectors, make([]byte, len(fat)*sector-len(sectors))...)
		return first
	}
	var mini, directory []byte
	var entries [][]byte
	for i, s := range streams {
		start := end
		if len(s.Data) >= 4096 {
			start = put(s.Data)
		} else if len(s.Data) > 0 {
			start = len(miniFAT)
			for range (len(s.Data) + 63) / 64 {
				miniFAT = append(miniFAT, len(miniFAT)+1)
			}
			miniFAT[len(miniFAT)-1] = end
			mini = append(mini, s.Data...)
			mini = append(mini, make([]byte, len(miniFAT)*64-len(mini))...)
		}
		next := i + 2 // the tree is a list to the right
		if i == len(streams)-1 {
			next = free
		}
		entries = append(entries, directoryEntry(s.Name, 2, next, free, start, len(s.Data)))
	}
	root := directoryEntry("Root Entry", 5, free, 1, put(mini), len(mini))
	directory = append(directory, root...)
	for _, e := range entries {
		directory = append(directory, e...)
	}
	firstDirectory := put(directory)
	firstMiniFAT := put(words(miniFAT))
	head := compoundHeader(firstDirectory, firstMiniFAT, len(miniFAT), &fat)
	return append(append(head, sectors...), words(fat)...)
}

// compoundHeader adds the FAT's own sectors to it.
func compoundHeader(directory, miniFAT, miniSectors int, fat *[]int) []byte {
	n := 0
	for n*sector/4 < len(*fat)+n {
		n++
	}
	b := []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
	b = append(b, make([]byte, 16)...)
	for _, v := range []int{0x3e, 3, 0xfffe, 9, 6} {
		b = u16(b, v)
	}
	b = append(b, make([]byte, 10)...)
	b = u32(u32(u32(u32(b, n), directory), 0), 4096)
	b = u32(u32(b, miniFAT), (miniSectors*4+sector-1)/sector)
	b = u32(u32(b, end), 0)
	for i := range 109 {
		if i < n {
			b = u32(b, len(*fat))
			*fat = append(*fat, fatSector)
		} else {
			b = u32(b, free)
		}
	}
	return b
}

// words fills a sector with free marks.
func words(list []int) []byte {
	var b []byte
	for _, v := range list {
		b = u32(b, v)
	}
	for len(b)%sector != 0 {
		b = u32(b, free)
	}
	return b
}

func directoryEntry(name string, kind, right, child, start, size int) []byte {
	n := windows.AppendUTF16(nil, name+"\x00")
	b := append(padded(string(n), 64), byte(len(n)), byte(len(n)>>8), byte(kind), 1)
	b = u32(u32(u32(b, free), right), child)
	b = append(b, make([]byte, 36)...)
	return u64(u32(b, start), uint64(size))
}

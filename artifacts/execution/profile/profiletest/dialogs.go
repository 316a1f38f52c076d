package profiletest

import (
	"encoding/binary"
	"strconv"
	"strings"
	"time"

	"hivetriage/artifacts/hive/hivetest"
	"hivetriage/artifacts/journal/shelllink/shelllinktest"
)

// comDlg32 writes what each choice leaves: the file in the list of all and in
// that of its extension, the program with its folder, and the dialog's size.
func (s Spec) comDlg32() node {
	if s.XP {
		return s.comDlg32XP()
	}
	var all, visited, legacy, sizes [][]byte
	by := map[string][][]byte{}
	newest := map[string]time.Time{} // of each list
	var extensions []string
	seen := map[string]bool{}
	note := func(list string, at time.Time) {
		if newest[list].IsZero() {
			newest[list] = at
		}
	}
	for _, c := range s.Choices {
		items := shelllinktest.Items(c.Path, c.File, false)
		all = append(all, items)
		note("*", c.At)
		if i := strings.LastIndex(c.Path, "."); i > strings.LastIndex(c.Path, `\`) {
			extension := c.Path[i+1:]
			if by[extension] == nil {
				extensions = append(extensions, extension)
			}
			by[extension] = append(by[extension], items)
			note(extension, c.At)
		}
		if seen[c.Program] {
			continue
		}
		seen[c.Program] = true
		if c.Legacy {
			legacy = append(legacy, append(text(c.Program), 0, 0))
			note("legacy", c.At)
		} else {
			folder, _ := cutName(c.Path)
			visited = append(visited, append(text(c.Program), shelllinktest.Items(folder, c.File, true)...))
			note("visited", c.At)
		}
		sizes = append(sizes, append(text(c.Program), make([]byte, 68)...))
		note("sizes", c.At)
	}
	chosen := key("OpenSavePidlMRU")
	if len(all) == 0 {
		return key("ComDlg32", chosen)
	}
	chosen.Keys = append(chosen.Keys, numbers("*", newest["*"], all).Key)
	for _, extension := range extensions {
		chosen.Keys = append(chosen.Keys, numbers(extension, newest[extension], by[extension]).Key)
	}
	return key("ComDlg32", chosen, numbers("LastVisitedPidlMRU", newest["visited"], visited),
		numbers("LastVisitedPidlMRULegacy", newest["legacy"], legacy), numbers("CIDSizeMRU", newest["sizes"], sizes))
}

// cutName splits a path at its last name.
func cutName(path string) (folder, name string) {
	i := strings.LastIndex(path, `\`)
	return path[:i+1], path[i+1:]
}

func (s Spec) comDlg32XP() node {
	chosen, visited := List{}, key("LastVisitedMRU")
	order := ""
	for i, c := range s.Choices {
		chosen.Entries = append(chosen.Entries, c.Path)
		letter := string(rune('a' + len(s.Choices) - 1 - i))
		order += letter
		folder, _ := cutName(c.Path)
		visited = visited.with(blob(letter, append(text(c.Program), text(folder)...)))
	}
	if order != "" {
		chosen.Newest = s.Choices[0].At
		visited = visited.at(chosen.Newest).with(hivetest.Text("MRUList", order))
	}
	return key("ComDlg32", key("OpenSaveMRU", letters("*", chosen, "")), visited)
}

// bags is BagMRU: the tree of the folders.
func (s Spec) bags() *hivetest.Key {
	root := &bag{}
	for _, path := range s.Folders.Entries {
		at := root
		list := shelllinktest.Items(path, shelllinktest.Times{}, true)
		for len(list) > 2 {
			size := int(binary.LittleEndian.Uint16(list))
			at = at.sub(list[:size])
			list = list[size:]
		}
	}
	return root.key("BagMRU", s.Folders.Newest).Key
}

// A bag is a folder and those below it, the newest first.
type bag struct {
	item []byte
	subs []*bag
}

func (b *bag) sub(item []byte) *bag {
	for _, s := range b.subs {
		if string(s.item) == string(item) {
			return s
		}
	}
	s := &bag{item: item}
	b.subs = append(b.subs, s)
	return s
}

func (b *bag) key(name string, newest time.Time) node {
	var entries [][]byte
	for _, s := range b.subs {
		entries = append(entries, append(append([]byte(nil), s.item...), 0, 0))
	}
	k := numbers(name, newest, entries).with(hivetest.Number("NodeSlot", 1))
	for i, s := range b.subs {
		k.Keys = append(k.Keys, s.key(strconv.Itoa(len(b.subs)-1-i), newest).Key)
	}
	return k
}

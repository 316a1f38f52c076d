package profile

import (
	"errors"
	"strings"

	"hivetriage/artifacts"
	"hivetriage/artifacts/hive"
)

const (
	maxBagBytes = 64 << 20 // of the item lists of all folders
	maxBagDepth = 64
)

// ShellBags yields the folders that the user saw in Explorer, whose windows'
// settings are kept below BagMRU: in UsrClass.dat since Windows 7, before in
// NTUSER.DAT. Opened; the time is when the newest folder of a level came to
// its place.
func ShellBags(root hive.Node) traces {
	return func(yield func(artifacts.Trace, error) bool) {
		for _, path := range []string{
			`Local Settings\Software\Microsoft\Windows\Shell\BagMRU`, `Software\Microsoft\Windows\Shell\BagMRU`,
			`Software\Microsoft\Windows\ShellNoRoam\BagMRU`,
		} {
			key, ok := find(root, path)
			if !ok {
				continue
			}
			w := bags{yield: yield, left: maxBagBytes}
			if !w.walk(key, nil, 0) {
				return
			}
		}
	}
}

type bags struct {
	yield func(artifacts.Trace, error) bool
	left  int // bytes
	deep  bool
}

// walk goes down a key, whose values are the shell items of its folders; the
// key of a folder has its value's name. list has the items above.
func (w *bags) walk(key place, list []byte, depth int) bool {
	all, err := key.items()
	if !tell(err, w.yield) {
		return false
	}
	below := map[string]place{}
	for sub, err := range key.keys() {
		if err != nil {
			w.yield(artifacts.Trace{}, err)
			return false
		}
		below[sub.Name()] = sub
	}
	for _, i := range all {
		if name := i.Name(); name == "" || strings.Trim(name, "0123456789") != "" {
			continue
		}
		if depth == maxBagDepth {
			if w.deep {
				return true
			}
			w.deep = true // told once
			return tell(artifacts.NewProblem(artifacts.Limit, i.Offset(), "BagMRU has more than %d levels", maxBagDepth), w.yield)
		}
		b, err := bytesOf(i)
		if b == nil && spent(err) {
			tell(err, w.yield)
			return false
		}
		if len(b) > 2 && b[len(b)-1] == 0 && b[len(b)-2] == 0 && int(b[0])|int(b[1])<<8 == len(b)-2 {
			b = b[:len(b)-2] // the end of the list
		}
		path := append(list[:len(list):len(list)], b...)
		if w.left -= len(path); w.left < 0 {
			tell(artifacts.NewProblem(artifacts.Limit, i.Offset(), "the folders of BagMRU have more than %d bytes", maxBagBytes), w.yield)
			return false
		}
		t := i.trace(InShellBags, artifacts.Opened)
		if err = errors.Join(err, follow(&t, path, i.Offset())); err != nil {
			t.Damaged = strings.ReplaceAll(err.Error(), "\n", "; ")
		}
		if len(t.Paths) > 0 && !w.yield(t, nil) || !tell(err, w.yield) {
			return false
		}
		if sub, ok := below[i.Name()]; ok && err == nil && !w.walk(sub, path, depth+1) {
			return false
		}
	}
	return true
}

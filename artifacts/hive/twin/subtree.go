package twin

import (
	"fmt"
	"strings"

	"hivetriage/artifacts/hive"
)

// anySet stands in Identity.Subkey for the control set that was current.
const anySet = `ControlSet00n`

// Subtree returns the key of a live hive that a copy of the given identity is
// a copy of, and its path: the root, or what a key save began with.
func Subtree(live *hive.Hive, id hive.Identity) (hive.Key, string, bool) {
	path := id.Subkey
	if rest, ok := strings.CutPrefix(path, anySet); ok {
		set, ok := currentSet(live)
		if !ok {
			return hive.Key{}, path, false
		}
		path = set + rest
	}
	k, ok := live.Key(path)
	return k, path, ok
}

// currentSet returns the name of the control set that Windows used last.
func currentSet(live *hive.Hive) (string, bool) {
	selected, ok := live.Key("Select")
	if !ok {
		return "", false
	}
	v, ok := selected.Value("Current")
	if !ok {
		return "", false
	}
	data, err := v.Data(4)
	if err != nil || len(data) != 4 {
		return "", false
	}
	return fmt.Sprintf("ControlSet%03d", uint32(data[0])|uint32(data[1])<<8|uint32(data[2])<<16|uint32(data[3])<<24), true
}

// Counters tell what the sequence numbers of two hives say of their order.
type Counters int

const (
	Silent  Counters = iota // the copy has counters of its own
	Ordered                 // the live hive's are not behind the copy's
	Reverse                 // the copy's are ahead: the live hive is no later state of it
)

// CompareCounters compares the sequence numbers of a copy, made by the method
// that hive.Provenance tells, with those of its live twin. They go up by one
// with each write of a hive; a key save starts them anew.
func CompareCounters(method string, copied, live hive.BaseBlock) Counters {
	switch {
	case method != hive.ByRegSave && method != hive.ByRawCopy:
		return Silent
	case copied.Secondary > live.Primary:
		return Reverse
	}
	return Ordered
}

package hive

import (
	"fmt"
	"time"

	"hivetriage/artifacts/internal/windows"
)

// What a Stamp says of the moment at which a copy was taken.
const (
	NotBefore = "not before"
	Exact     = "exact" // within some tens of milliseconds
)

// A Stamp is a time in a copy that bounds the moment at which it was taken.
type Stamp struct {
	Bound     string // NotBefore or Exact
	Time      time.Time
	What      string // what bears it
	Offset    int64  // of its bytes in the file
	Certainty string // Certain or Likely
}

// Stamps returns the times in a copy that bound when it was taken. Key times
// after notAfter, such as the time of the evidence plus a day, are taken for
// errors; a zero notAfter takes none for one. later is how many were passed
// over. h may be nil.
func Stamps(id Identity, h *Hive, notAfter time.Time) (stamps []Stamp, later int) {
	size := int64(-1)
	if h != nil {
		size = h.Size
		var newest Key
		var ok bool
		if newest, later, ok = h.Newest(notAfter); ok {
			stamps = append(stamps, Stamp{NotBefore, newest.LastWritten(), "last write of the newest key, " + pathText(newest), newest.Offset() + 4, Certain})
		}
		if s, ok := shutdown(h, id); ok && (notAfter.IsZero() || !s.Time.After(notAfter)) {
			stamps = append(stamps, s)
		}
	}
	b := id.Base
	if !b.Reorganized.IsZero() && (notAfter.IsZero() || !b.Reorganized.After(notAfter)) {
		stamps = append(stamps, Stamp{NotBefore, b.Reorganized, "last reorganization of the hive, in its header", 168, Likely})
	}
	switch method, _, _ := Provenance(id, h, size); {
	case method == ByOffreg:
		stamps = append(stamps, Stamp{Exact, b.Serialized, "time of serialization that offreg writes into the header", 512, Certain})
	case method == ByRegSaveKey && !b.LastWritten.IsZero():
		stamps = append(stamps, Stamp{Exact, b.LastWritten, "time of saving that RegSaveKey writes into the header", 12, Certain})
	}
	return stamps, later
}

// shutdown reads when Windows was last shut down, a FILETIME in SYSTEM.
func shutdown(h *Hive, id Identity) (Stamp, bool) {
	if id.Kind != System {
		return Stamp{}, false
	}
	f := factReader{source: h}
	set, ok := f.controlSet()
	if !ok {
		return Stamp{}, false
	}
	v := f.value(set+`Control\Windows`, "ShutdownTime", 8)
	if len(v.data) != 8 {
		return Stamp{}, false
	}
	t := windows.Filetime(le.Uint64(v.data))
	return Stamp{NotBefore, t, fmt.Sprintf(`value ShutdownTime of %sControl\Windows`, set), v.offset, Certain}, !t.IsZero()
}

func pathText(k Key) string {
	if k.isRoot() {
		return "(root)"
	}
	return k.Path()
}

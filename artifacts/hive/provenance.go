package hive

import (
	"fmt"
	"time"
)

// The ways in which a copy comes to be, as Provenance tells them.
const (
	ByRegSaveKey = "RegSaveKey" // RegSaveKey API: subkeys saved by reg.exe, regedit, remote winreg
	ByRegSave    = "reg save"   // REG_NO_COMPRESSION: reg.exe on a root
	ByRawCopy    = "raw copy"   // the live file's bytes: shadow copy, backup, raw reader
	ByOffreg     = "offreg"     // offline registry library
	ByUnknown    = "unknown"
)

// Lengths of live hives are multiples of this; 256 KiB for older and larger
// ones.
const liveStep = 32 << 10

// offreg did not exist before Windows Server 2003; earlier times at 512 are
// remains.
var offregEpoch = time.Date(2003, 1, 1, 0, 0, 0, 0, time.UTC)

// Provenance says how a copy was taken, how sure that is, and which header
// fields tell. size is that of the stream. h may be nil or partial; then it is
// not known what bytes follow the bins.
func Provenance(id Identity, h *Hive, size int64) (method, confidence string, because []string) {
	b := id.Base
	extra := size - baseSize - int64(b.Length)
	length, exact := lengthText(h, extra)
	if b.OfRg > 0 && b.Serialized.After(offregEpoch) {
		return ByOffreg, Certain, []string{
			fmt.Sprintf(`marker "OfRg" at %d and a time of serialization at 512`, b.OfRg), length}
	}
	if b.Primary == 1 && b.Secondary == 1 && b.Name == "" {
		return saveProvenance(id, exact, length)
	}
	counters := fmt.Sprintf("sequence numbers %d/%d at 4", b.Primary, b.Secondary)
	name := fmt.Sprintf("embedded name %q at 48", b.Name)
	switch {
	case b.Length == 0:
		return ByUnknown, Uncertain, []string{"the header counts no bins"}
	case b.Dirty():
		return ByRawCopy, Likely, []string{counters + ": changes stood in the transaction logs, which saving through the API would have written", name, length}
	case extra < 0:
		return ByUnknown, Uncertain, []string{length}
	case b.Name == "" || id.RootParent == noCell:
		return ByUnknown, Uncertain, []string{"the header has neither the form of a key save nor that of a live hive", counters, name}
	case size%liveStep == 0 && exact:
		return ByUnknown, Uncertain, []string{length + ", which is also a length that live hives have", counters, name}
	case size%liveStep == 0:
		return ByRawCopy, Likely, []string{length + ", as live hives have", counters, name}
	case (baseSize+int64(b.Length))%liveStep != 0 && (exact || h != nil && !h.Padding):
		return ByRegSave, Likely, []string{length, counters + " and " + name + " as in a live hive",
			fmt.Sprintf("root's parent field is %#x, not 0xffffffff", id.RootParent)}
	}
	return ByUnknown, Uncertain, []string{length, counters, name}
}

// saveProvenance judges headers with sequence numbers 1/1 and no name.
func saveProvenance(id Identity, exact bool, length string) (method, confidence string, because []string) {
	because = []string{"sequence numbers 1/1 at 4", "no embedded name at 48", fmt.Sprintf("version %d.%d at 20", id.Base.Major, id.Base.Minor),
		fmt.Sprintf("root's parent field is %#x", id.RootParent), length}
	switch {
	case id.RootParent != noCell:
		return ByUnknown, Uncertain, append(because, "a key save leaves 0xffffffff there")
	case id.Base.Minor == 3 && exact:
		return ByRegSaveKey, Certain, because
	}
	return ByRegSaveKey, Likely, because
}

// lengthText says how the stream's length relates to the bins.
func lengthText(h *Hive, extra int64) (text string, exact bool) {
	switch {
	case extra == 0:
		return "the file ends with its last bin", true
	case extra < 0:
		return fmt.Sprintf("%d bytes of bins are missing", -extra), false
	case h == nil:
		return fmt.Sprintf("%d bytes follow the last bin", extra), false
	case h.Padding:
		return fmt.Sprintf("%d zero bytes follow the last bin", extra), false
	}
	return fmt.Sprintf("%d bytes that are not padding follow the last bin", extra), false
}

// Taken says when a copy was taken, in UTC. A zero time could not be told.
type Taken struct {
	NotBefore time.Time // last write of the newest key
	Exact     time.Time // the moment of saving, within some tens of milliseconds
	Because   []string
}

// clockSlack is how much a save time may lie before the newest key in it.
const clockSlack = time.Second

// When says when a copy was taken. Key times after notAfter, such as the time
// of the evidence plus a day, are taken for errors; a zero notAfter takes none
// for one. h may be nil.
func When(id Identity, h *Hive, notAfter time.Time) Taken {
	var t Taken
	because := func(format string, args ...any) { t.Because = append(t.Because, fmt.Sprintf(format, args...)) }
	if h != nil {
		newest, later, ok := h.Newest(notAfter)
		if ok {
			t.NotBefore = newest.LastWritten()
			because("newest key %s at %#x was written %s", pathText(newest), newest.Offset(), stamp(t.NotBefore))
		}
		if later > 0 {
			because("%d keys bear times after %s and were passed over", later, stamp(notAfter))
		}
	}
	size := int64(-1)
	if h != nil {
		size = h.Size
	}
	switch method, _, _ := Provenance(id, h, size); {
	case method == ByOffreg:
		t.Exact = id.Base.Serialized
		because("offreg wrote its time of serialization at 512: %s", stamp(t.Exact))
	case method == ByRegSaveKey && !id.Base.LastWritten.IsZero():
		t.Exact = id.Base.LastWritten
		because("RegSaveKey wrote the time of saving at 12: %s", stamp(t.Exact))
	}
	if !t.Exact.IsZero() && t.NotBefore.Sub(t.Exact) > clockSlack {
		because("that is before the newest key: one of the two clocks or fields was changed")
	}
	return t
}

func pathText(k Key) string {
	if k.isRoot() {
		return "(root)"
	}
	return k.Path()
}

func stamp(t time.Time) string { return t.Format("2006-01-02T15:04:05.0000000Z07:00") }

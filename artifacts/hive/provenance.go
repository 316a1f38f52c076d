package hive

import (
	"fmt"
	"strings"
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
	if h != nil && h.Headless {
		return headlessProvenance(h)
	}
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
	if loadedElsewhere(id) {
		name += ", which is not where Windows has it: it was loaded from there, by reg load or a tool that opens copies"
	}
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

// headlessProvenance judges bins without a base block by their root.
func headlessProvenance(h *Hive) (method, confidence string, because []string) {
	because = []string{"the base block, which would tell, is gone"}
	if h.rooted && (Key{hive: h}).record().parent() == noCell {
		return ByRegSaveKey, Likely, append(because, "root's parent field is 0xffffffff, as a key save leaves it")
	}
	return ByUnknown, Uncertain, because
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
	case id.Base.Minor > 3:
		because = append(because, "the caller asked for the latest format, as reg save /c does")
	}
	return ByRegSaveKey, Likely, because
}

// loadedElsewhere reports whether a hive's embedded name, the end of the path
// that it was loaded from last, is not that of the hive in its place.
func loadedElsewhere(id Identity) bool {
	switch id.Kind {
	case SAM, Security, System, Software:
		place := `\SYSTEMROOT\SYSTEM32\CONFIG\` + string(id.Kind)
		return id.Base.Name != "" && !strings.HasSuffix(place, strings.ToUpper(id.Base.Name))
	}
	return false
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

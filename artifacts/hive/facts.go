package hive

import (
	"fmt"
	"io"
	"strings"

	"hivetriage/artifacts/internal/windows"
)

const (
	maxText = 2048 // bytes of a text value that is read
	maxV    = 4096 // bytes of a domain's V
	sidSize = 68   // bytes of the longest SID
)

// HostFacts say whose hive it is. Absent facts are "".
type HostFacts struct {
	ComputerName string // NetBIOS name
	MachineSID   string // "S-1-5-21-..."; on a domain controller the domain's
	Domain       string // joined domain or workgroup; from SYSTEM its DNS name
	DomainSID    string // "" for a workgroup
	DomainGUID   string // of the joined domain, "" for a workgroup
	DNSDomain    string // of the joined domain
	TimeZone     string // "W. Europe Standard Time"; a resource name before Windows Vista
	TimeZoneBias *int   // active, in minutes: UTC = local + bias; nil if absent
	ProductType  string // "WinNT", "ServerNT", "LanmanNT" (domain controller)
	OS           string // "Windows 10 Pro"
	Build        string // "19045"
	Because      []string
}

// Facts reads what a hive of the given kind tells of its host. A fact that is
// missing or damaged stays ""; the values read and their offsets are in
// Because.
func Facts(h *Hive, kind Kind) HostFacts { return readFacts(h, kind) }

// Values is a registry tree that is no hive file, such as a .reg export.
// Paths are those of Hive.Key: below the hive's root, `\`-separated.
type Values interface {
	HasKey(path string) bool
	// Value returns the place, the type and at most most bytes of a value, ok
	// false if there is none. It must not return what Secret names.
	Value(path, name string, most int) (offset int64, kind uint32, data []byte, ok bool)
}

// FactsFrom is Facts for a tree that is no hive file.
func FactsFrom(v Values, kind Kind) HostFacts { return readFacts(values{v}, kind) }

// values are Values as a source of facts.
type values struct{ Values }

func (v values) hasKey(path string) bool { return v.HasKey(path) }

func (v values) fact(path, name string, most int) (fact, error) {
	offset, kind, data, ok := v.Value(path, name, most)
	if !ok {
		return fact{}, nil
	}
	return fact{offset, kind, data}, nil
}

// Peek is Facts for a hive that need not be loaded, such as a SOFTWARE of a
// hundred megabytes: it reads some KiB. It follows what it needs and checks
// no more than that; the error is the first *artifacts.Problem on the way.
func Peek(r io.ReaderAt, size int64, kind Kind) (HostFacts, error) {
	b, err := newBlocks(r, size)
	if err != nil {
		return HostFacts{}, err
	}
	base, root, err := b.open()
	if err != nil {
		return HostFacts{}, err
	}
	facts := readFacts(topKeys{b, root}, kind)
	switch {
	case b.first != nil:
		return facts, b.first
	case !base.ChecksumOK():
		return facts, base.checksumProblem()
	}
	return facts, nil
}

// A factSource is a hive that facts are read from.
type factSource interface {
	hasKey(path string) bool
	// fact returns at most most bytes of a value, nil without an error if
	// there is no such value.
	fact(path, name string, most int) (fact, error)
}

// A fact is the beginning of a value.
type fact struct {
	offset int64 // of the value's record in the file
	kind   uint32
	data   []byte
}

func (h *Hive) hasKey(path string) bool {
	_, ok := h.Key(path)
	return ok
}

func (h *Hive) fact(path, name string, most int) (fact, error) {
	k, ok := h.Key(path)
	if !ok {
		return fact{}, nil
	}
	v, ok := k.Value(name)
	if !ok {
		return fact{}, nil
	}
	data, err := v.Data(most)
	return fact{v.Offset(), v.Type(), data}, err
}

func readFacts(source factSource, kind Kind) HostFacts {
	f := factReader{source: source}
	switch kind {
	case SAM:
		f.sam()
	case Security:
		f.security()
	case System:
		f.system()
	case Software:
		f.software()
	}
	return f.facts
}

type factReader struct {
	source factSource
	facts  HostFacts
}

// value returns at most most bytes of a value, no data if they cannot be had.
func (f *factReader) value(path, name string, most int) fact {
	v, err := f.source.fact(path, name, most)
	if err != nil {
		f.facts.Because = append(f.facts.Because, fmt.Sprintf("%s of %s cannot be read: %v", valueText(name), path, err))
		return fact{}
	}
	return v
}

func valueText(name string) string {
	if name == "" {
		return "default value"
	}
	return "value " + name
}

// read notes where a fact was read.
func (f *factReader) read(what, path, name string, v fact) {
	f.facts.Because = append(f.facts.Because, fmt.Sprintf("%s: %s of %s at %#x", what, valueText(name), path, v.offset))
}

// text reads a REG_SZ into to, unless it is empty.
func (f *factReader) text(to *string, what, path, name string) {
	v := f.value(path, name, maxText)
	if v.kind != regSZ && v.kind != regExpandSZ {
		return
	}
	if s, _, _ := strings.Cut(windows.UTF16(v.data), "\x00"); s != "" {
		*to = s
		f.read(what, path, name, v)
	}
}

func (f *factReader) number(path, name string) (uint32, fact, bool) {
	v := f.value(path, name, 4)
	if len(v.data) != 4 || v.kind != regDWord {
		return 0, v, false
	}
	return le.Uint32(v.data), v, true
}

// prefix returns the first of the candidates below which a key path exists,
// with a separator at its end.
func (f *factReader) prefix(path string, candidates ...string) (string, bool) {
	for _, c := range candidates {
		if f.source.hasKey(c + path) {
			return c, true
		}
	}
	return "", false
}

// sam reads the machine SID: V of the account domain has four descriptors of
// 12 bytes, of which the second gives the SID's place after them.
func (f *factReader) sam() {
	prefix, ok := f.prefix(`Account`, `SAM\Domains\`, `Domains\`, ``)
	path := prefix + `Account`
	if !ok {
		path = "" // the root is Account itself
	}
	v := f.value(path, "V", maxV)
	if sid := DomainSID(v.data); strings.HasPrefix(sid, "S-1-5-21-") {
		f.facts.MachineSID = sid
		f.read("machine SID", path, "V", v)
	}
}

// DomainSID returns the SID in the V of a SAM domain, "" if there is none.
func DomainSID(v []byte) string {
	const base = 0x30
	if len(v) < base {
		return ""
	}
	at := int64(base) + int64(le.Uint32(v[12:]))
	if at >= int64(len(v)) {
		return ""
	}
	sid, _ := windows.SID(v[at:])
	return sid
}

func (f *factReader) security() {
	prefix, ok := f.prefix(`PolAcDmS`, `Policy\`, ``)
	if !ok {
		return
	}
	f.counted(&f.facts.ComputerName, "computer name", prefix+`PolAcDmN`)
	f.sid(&f.facts.MachineSID, "machine SID", prefix+`PolAcDmS`)
	f.counted(&f.facts.Domain, "domain", prefix+`PolPrDmN`)
	f.sid(&f.facts.DomainSID, "domain SID", prefix+`PolPrDmS`)
	f.counted(&f.facts.DNSDomain, "DNS domain", prefix+`PolDnDDN`)
	if v := f.value(prefix+`PolDnDmG`, "", 16); len(v.data) == 16 && guid(v.data) != "" {
		f.facts.DomainGUID = guid(v.data)
		f.read("domain GUID", prefix+`PolDnDmG`, "", v)
	}
}

// counted reads a name of the LSA policy: u16 length in bytes, u16 room, u32
// offset of the UTF-16 text.
func (f *factReader) counted(to *string, what, path string) {
	v := f.value(path, "", maxText)
	data := v.data
	if len(data) < 8 {
		return
	}
	n, at := int64(le.Uint16(data)), int64(le.Uint32(data[4:]))
	if n == 0 || at+n > int64(len(data)) {
		return
	}
	*to = windows.UTF16(data[at : at+n])
	f.read(what, path, "", v)
}

func (f *factReader) sid(to *string, what, path string) {
	v := f.value(path, "", sidSize)
	if sid, _ := windows.SID(v.data); sid != "" {
		*to = sid
		f.read(what, path, "", v)
	}
}

// controlSet returns the prefix of the current control set.
func (f *factReader) controlSet() (string, bool) {
	if current, _, ok := f.number("Select", "Current"); ok {
		prefix := fmt.Sprintf(`ControlSet%03d\`, current)
		return prefix, f.source.hasKey(prefix + `Control`)
	}
	// A control set was saved alone, or Select is lost.
	return f.prefix(`Control`, ``, `ControlSet001\`, `ControlSet002\`)
}

func (f *factReader) system() {
	set, ok := f.controlSet()
	if !ok {
		return
	}
	f.text(&f.facts.ComputerName, "computer name", set+`Control\ComputerName\ComputerName`, "ComputerName")
	f.text(&f.facts.ProductType, "product type", set+`Control\ProductOptions`, "ProductType")
	f.text(&f.facts.Domain, "DNS domain", set+`Services\Tcpip\Parameters`, "Domain")
	f.facts.DNSDomain = f.facts.Domain
	zone := set + `Control\TimeZoneInformation`
	f.text(&f.facts.TimeZone, "time zone", zone, "TimeZoneKeyName")
	if f.facts.TimeZone == "" {
		f.text(&f.facts.TimeZone, "time zone", zone, "StandardName")
	}
	if bias, v, ok := f.number(zone, "ActiveTimeBias"); ok {
		minutes := int(int32(bias))
		f.facts.TimeZoneBias = &minutes
		f.read("time zone bias", zone, "ActiveTimeBias", v)
	}
}

func (f *factReader) software() {
	const path = `Microsoft\Windows NT\CurrentVersion`
	f.text(&f.facts.OS, "operating system", path, "ProductName")
	f.text(&f.facts.Build, "build", path, "CurrentBuild")
	if f.facts.Build == "" {
		f.text(&f.facts.Build, "build", path, "CurrentBuildNumber")
	}
}

// Package hivetest writes registry hives for tests, from the "Windows
// registry file format specification" (msuhanov/regf) and without the reader
// that they test. Where real hives hold credential material, these hold zeros
// of the same length.
package hivetest

import "time"

// Registry value types.
const (
	None     = 0
	SZ       = 1
	ExpandSZ = 2
	Binary   = 3
	DWord    = 4
	MultiSZ  = 7
	QWord    = 11
)

// A List is a form of subkey list.
type List string

// The forms of subkey lists. More than 500 subkeys are split over lists of
// the chosen form under an "ri" cell; RI splits any number over "lh" lists.
const (
	LH List = "lh" // hashes of names: what Windows XP and later write; the zero value means this
	LF List = "lf" // first four characters of names
	LI List = "li" // no hint
	RI List = "ri"
)

// A Key is a registry key to be written.
type Key struct {
	Name     string
	Wide     bool      // store the name as UTF-16 although Latin-1 could hold it
	Time     time.Time // last written; zero takes the parent's
	Class    string
	Security []byte // self-relative descriptor of this key; nil takes the default one
	List     List
	Values   []Value
	Keys     []*Key
}

// A Value is a registry value to be written; Name "" is the default value.
type Value struct {
	Name string
	Wide bool
	Type uint32
	Data []byte
}

// A Profile is a way in which a hive file comes to be; it decides the base
// block and the file's length.
type Profile int

const (
	// Live is a hive as Windows keeps it, and so a raw copy of it: embedded
	// name, running counters, free cells, padded with zeros to a multiple of
	// 64 or 256 KiB.
	Live Profile = iota
	// RegSave is what reg.exe saves of a hive's root (REG_NO_COMPRESSION):
	// the live header and cells, but the exact length.
	RegSave
	// RegSaveKey is what RegSaveKey saves: version 1.3, counters 1/1, no
	// name, compacted, save time in the header, root without parent.
	RegSaveKey
	// Offreg is what the offline registry library saves: "OfRg" at 176 and
	// the time of serialization at 512.
	Offreg
)

// Options say how a tree becomes a file.
type Options struct {
	Profile  Profile
	File     string    // embedded name, as Live, RegSave and Offreg keep it
	Saved    time.Time // of RegSaveKey and Offreg
	Sequence uint32    // counter of the other profiles; 0 means 137
	Dirty    bool      // the primary counter is one ahead
}

// A Host is the computer whose hives are built.
type Host struct {
	Name      string    // NetBIOS name, upper case
	SID       string    // machine SID, "S-1-5-21-a-b-c"
	Domain    string    // joined domain or workgroup
	DomainSID string    // "" for a workgroup
	TimeZone  string    // TimeZoneKeyName
	Bias      int32     // active bias, minutes; UTC = local + bias
	Product   string    // "WinNT" (the default), "ServerNT", "LanmanNT"
	OS        string    // ProductName
	Build     string    // CurrentBuild
	Time      time.Time // last written of the keys
	Saved     time.Time // when an export was written; zero means Time + 1 hour
	Users     []User
	Filler    int // bytes by which SYSTEM is made larger with ordinary keys
	Setup     *Setup
	More      map[string]*Key // keys by the name of their hive ("SYSTEM", "NTUSER"), which are merged into it below its root
}

// A User is a local account.
type User struct {
	Name      string
	RID       uint32
	LastLogon time.Time
	Disabled  bool
}

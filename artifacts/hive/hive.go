package hive

import (
	"errors"
	"io"
	"iter"
	"time"

	"hivetriage/artifacts"
)

// A Hive is a registry hive in memory whose reachable cells were checked.
type Hive struct {
	Base     BaseBlock
	Size     int64                // of the stream
	Trailing int64                // bytes after the last bin that the header counts
	Padding  bool                 // all trailing bytes are zero
	Keys     int                  // reachable keys, root included
	Values   int                  // their values
	Free     int                  // unallocated cells
	Missing  int64                // bytes of bins that the header counts and that cannot be read
	Problems []*artifacts.Problem // the first maxProblems
	Lost     int                  // problems beyond those
}

// ErrSecret is returned for values that hold credential material.
var ErrSecret = errors.New("the value holds credential material, which is not read")

// Read loads and checks a hive.
func Read(r io.ReaderAt, size int64) (*Hive, error) {
	return nil, artifacts.NewProblem(artifacts.Unsupported, 0, "not yet")
}

// Walk calls f for every reachable key, parents before children, until it
// returns false.
func (h *Hive) Walk(f func(Key) bool) {}

// Key finds a key by its path below the root, `\`-separated, in any case; ""
// is the root.
func (h *Hive) Key(path string) (Key, bool) { return Key{}, false }

// A Key is a key of a Hive.
type Key struct {
	hive  *Hive
	index uint32
}

func (k Key) Name() string                    { return "" }
func (k Key) LastWritten() time.Time          { return time.Time{} }
func (k Key) Offset() int64                   { return 0 }
func (k Key) Subkeys() iter.Seq[Key]          { return func(func(Key) bool) {} }
func (k Key) Values() iter.Seq[Value]         { return func(func(Value) bool) {} }
func (k Key) Value(name string) (Value, bool) { return Value{}, false }

// A Value is a value of a Key.
type Value struct {
	key Key
	off uint32
}

func (v Value) Name() string { return "" }
func (v Value) Type() uint32 { return 0 }
func (v Value) Length() int  { return 0 }

// Data returns at most max bytes of the value.
func (v Value) Data(max int) ([]byte, error) { return nil, ErrSecret }

// Provenance says how a copy was taken: "RegSaveKey", "reg save", "raw copy",
// "offreg", "unknown". h may be nil.
func Provenance(id Identity, h *Hive, size int64) (method, confidence string, because []string) {
	return "unknown", Uncertain, nil
}

// A Time is a time with its source.
type Taken struct {
	NotBefore time.Time
	Exact     time.Time
	Because   []string
}

// When says when a copy was taken.
func When(id Identity, h *Hive, notAfter time.Time) Taken { return Taken{} }

// HostFacts say whose hive it is; absent facts are "".
type HostFacts struct {
	ComputerName, MachineSID, Domain, DomainSID string
	TimeZone                                    string
	TimeZoneBias                                *int // active bias in minutes, UTC = local + bias; nil if absent
	ProductType, OS, Build                      string
	Because                                     []string
}

// Facts reads what a hive of the given kind tells of its host.
func Facts(h *Hive, kind Kind) HostFacts { return HostFacts{} }

package hive

import (
	"io"
	"time"

	"hivetriage/artifacts"
)

// A Kind names what a hive holds.
type Kind string

const (
	SAM      Kind = "SAM"
	Security Kind = "SECURITY"
	System   Kind = "SYSTEM"
	Software Kind = "SOFTWARE"
	NTUser   Kind = "NTUSER"
	UsrClass Kind = "UsrClass"
	Amcache  Kind = "Amcache"
	Other    Kind = "other"   // readable, and none of the above
	Unknown  Kind = "unknown" // its root key cannot be reached
)

// The words for how sure a verdict is.
const (
	Certain   = "certain"
	Likely    = "likely"
	Uncertain = "unknown"
)

// An Identity is what a hive is, told from its header and its top keys.
type Identity struct {
	Kind        Kind
	Certainty   string   // Certain, Likely or Uncertain
	Because     []string // the keys that decided, with their offsets
	Partial     bool     // a subkey of the hive was saved, not its root
	Subkey      string   // which one, below the hive's mount point: `Policy\Secrets`; "" if not Partial
	Base        BaseBlock
	RootName    string // never decides the kind
	RootParent  uint32 // the root's parent field; 0xFFFFFFFF in key saves
	RootOffset  int64
	RootWritten time.Time
}

// Identify tells what kind of hive r holds from a few KiB of it.
func Identify(r io.ReaderAt, size int64) (Identity, error) {
	return Identity{}, artifacts.NewProblem(artifacts.Unsupported, 0, "not yet")
}

package hive

import (
	"errors"
	"iter"
	"slices"
	"strings"

	"hivetriage/artifacts"
)

// Registry value types that this package reads.
const (
	regSZ       = 1
	regExpandSZ = 2
	regDWord    = 4
)

// A Value is a value of a Key.
type Value struct {
	key Key
	off uint32 // of its cell, which holds a "vk"
}

func (v Value) record() valueRecord { return v.key.hive.payload(v.off) }

func (v Value) Name() string { return v.record().name() }
func (v Value) Type() uint32 { return v.record().kind() }

// Length returns the bytes of data that the value states.
func (v Value) Length() int   { return int(le.Uint32(v.record()[4:]) &^ inlineData) }
func (v Value) Offset() int64 { return v.key.hive.at(v.off) } // of the record in the file

// ErrSecret is the error for values that hold credential material, which this
// package does not read.
var ErrSecret = errors.New("hive: the value holds credential material, which is not read")

// openF is how much of a SAM domain's F may be read: times, counters and
// policy; key material begins behind.
const openF = 0x68

// secretKeys hold nothing else: LSA secrets, the keys that encrypt them, and
// the boot key's parts.
var secretKeys = []string{"CurrVal", "OldVal", "PolEKList", "PolSecretEncryptionKey", "PolOldSyskey", "JD", "Skew1", "GBG", "Data"}

// secretValues are credential material whatever key they are in.
var secretValues = []string{"SupplementalCredentials", "ResetData", "UserPasswordHint", "DefaultPassword"}

// lettered are keys of users' hives whose values have letters for names; V and
// F are two of them.
var lettered = []string{"RunMRU", "LastVisitedMRU", "Map Network Drive MRU"}

// Secret reports whether the first n bytes of a value hold credential
// material. It goes by names, not by paths, since a subkey may have been saved
// alone or copied elsewhere; it refuses too much rather than too little.
func Secret(key, value string, n int) bool {
	is := func(name string) func(string) bool {
		return func(s string) bool { return strings.EqualFold(s, name) }
	}
	if slices.ContainsFunc(secretKeys, is(key)) || slices.ContainsFunc(secretValues, is(value)) {
		return true
	}
	switch {
	case slices.ContainsFunc(lettered, is(key)):
		return false
	case strings.EqualFold(value, "V"): // hashes of a user; harmless in the keys of domains
		return !strings.EqualFold(key, "Account") && !strings.EqualFold(key, "Builtin")
	case strings.EqualFold(value, "F"):
		return n > openF
	}
	return len(value) >= 3 && strings.EqualFold(value[:3], "NL$") // cached logons
}

// Data returns the first bytes of the value's data, at most limit of them. It
// returns ErrSecret and nothing else if they hold credential material, and a
// Malformed *artifacts.Problem with what there is if the data is shorter than
// the value states.
func (v Value) Data(limit int) ([]byte, error) {
	n := max(0, min(v.Length(), limit))
	if Secret(v.key.Name(), v.Name(), n) {
		return nil, ErrSecret
	}
	if v.record().inline() {
		return append([]byte(nil), v.record()[8:8+min(n, maxInlineData)]...), v.short(n, min(n, maxInlineData))
	}
	if n <= 0 {
		return nil, nil
	}
	cell := v.key.hive.cell(v.record().data())
	if len(cell) >= v.Length() || v.Length() <= bigSegment || !isBig(cell) {
		data := append([]byte(nil), cell[:min(n, len(cell))]...)
		return data, v.short(n, len(data))
	}
	var data []byte
	for segment := range v.key.hive.segments(cell) {
		data = append(data, segment[:min(len(segment), n-len(data))]...)
		if len(data) == n {
			break
		}
	}
	return data, v.short(n, len(data))
}

func (v Value) short(want, have int) error {
	if have >= want {
		return nil
	}
	return artifacts.NewProblem(artifacts.Malformed, v.Offset(), "hive: %d bytes of data, %d can be read", want, have)
}

// isBig reports whether b is the payload of a "db" cell. Data of values that
// are not big may begin with the same bytes: ask only where the data does not
// fit one cell.
func isBig(b []byte) bool { return len(b) >= bigHeader && b[0] == 'd' && b[1] == 'b' }

// segments yields the parts of big data that can be read.
func (h *Hive) segments(big []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		list := h.cell(le.Uint32(big[4:]))
		for i := range min(int(le.Uint16(big[2:])), len(list)/4) {
			segment := h.cell(le.Uint32(list[4*i:]))
			if !yield(segment[:min(len(segment), bigSegment)]) {
				return
			}
		}
	}
}

package hive

import (
	"strings"
	"time"

	"hivetriage/artifacts/internal/windows"
)

// A Fact is what was read from one place. Its zero value is an unknown fact.
type Fact[T any] struct {
	Value     T
	Offset    int64  // in the file, of the record that it was read from
	Certainty string // Certain or Likely; "" is unknown: Value says nothing
}

// Known reports whether the fact was read.
func (f Fact[T]) Known() bool { return f.Certainty != "" }

// Sure returns a certain fact.
func Sure[T any](v T, offset int64) Fact[T] { return Fact[T]{v, offset, Certain} }

// Probable returns a likely fact.
func Probable[T any](v T, offset int64) Fact[T] { return Fact[T]{v, offset, Likely} }

// TextOf reads a value of type REG_SZ or REG_EXPAND_SZ, up to its first NUL.
func TextOf(n Node, value string) Fact[string] {
	d, ok := FindValue(n, value)
	if !ok || d.Type() != regSZ && d.Type() != regExpandSZ {
		return Fact[string]{}
	}
	b, err := d.Data(maxText)
	if err != nil {
		return Fact[string]{}
	}
	s, _, _ := strings.Cut(windows.UTF16(b), "\x00")
	return Sure(s, d.Offset())
}

// NumberOf reads a value of type REG_DWORD.
func NumberOf(n Node, value string) Fact[uint32] {
	d, ok := FindValue(n, value)
	if !ok || d.Type() != regDWord {
		return Fact[uint32]{}
	}
	b, err := d.Data(4)
	if err != nil || len(b) != 4 {
		return Fact[uint32]{}
	}
	return Sure(le.Uint32(b), d.Offset())
}

// TimeOf reads a value of 8 bytes that are a FILETIME: UTC, zero if it is.
func TimeOf(n Node, value string) Fact[time.Time] {
	d, ok := FindValue(n, value)
	if !ok || d.Length() != 8 {
		return Fact[time.Time]{}
	}
	b, err := d.Data(8)
	if err != nil || len(b) != 8 {
		return Fact[time.Time]{}
	}
	return Sure(windows.Filetime(le.Uint64(b)), d.Offset())
}

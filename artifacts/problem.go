package artifacts

import (
	"errors"
	"fmt"
)

// Kind says what sort of trouble a Problem is, so that coverage can tell
// malformed from unsupported and corrupt from absent.
type Kind uint8

const (
	Malformed   Kind = iota + 1 // the bytes contradict their format
	Truncated                   // the bytes end before the format says they do
	Checksum                    // a stored checksum or digest does not fit the bytes
	Encrypted                   // readable only with a key that was not given
	Unsupported                 // recognised, and not read by this program
	Limit                       // a named limit of this program was hit
	IO                          // the operating system could not read the evidence
	Bug                         // this program failed; what it had is kept
)

var kindNames = [...]string{"unknown", "malformed", "truncated", "checksum", "encrypted", "unsupported", "limit", "io", "bug"}

// String returns the kind in one lower-case word.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return kindNames[0]
}

// A Problem is an error with its place. Parsers return it as their error and
// the ledger keeps it.
type Problem struct {
	At     Locator
	Offset int64 // byte offset inside At; -1 where none applies
	Kind   Kind
	Err    error
}

// NewProblem makes a Problem without a Locator; whoever knows the place adds
// it with Located.
func NewProblem(kind Kind, offset int64, format string, args ...any) *Problem {
	return &Problem{Offset: offset, Kind: kind, Err: fmt.Errorf(format, args...)}
}

func (p *Problem) Error() string {
	where := ""
	if p.At != (Locator{}) {
		where = p.At.String() + ": "
	}
	if p.Offset >= 0 {
		return fmt.Sprintf("%s%s at offset %d: %v", where, p.Kind, p.Offset, p.Err)
	}
	return fmt.Sprintf("%s%s: %v", where, p.Kind, p.Err)
}

func (p *Problem) Unwrap() error { return p.Err }

// Located turns any error into a Problem at the given place. A Problem keeps
// its own place, kind and offset; any other error becomes an IO problem.
func Located(at Locator, err error) *Problem {
	var p *Problem
	if errors.As(err, &p) {
		q := *p
		if q.At == (Locator{}) {
			q.At = at
		}
		return &q
	}
	return &Problem{At: at, Offset: -1, Kind: IO, Err: err}
}

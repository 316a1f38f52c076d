// Package principals reads who is exposed when a SAM or SECURITY was taken:
// local accounts and their memberships, LSA secrets by name, cached logons by
// RID. It reads names, numbers, times and lengths; what hive.Secret names is
// never read, and whether a credential is there follows from its length.
//
// Trees are hive.Nodes, so that a hive, what is left of a damaged one, and
// .reg text all go through the same code. A tree need not be whole: any of the
// keys below may be its root, and there may be several trees.
package principals

import (
	"errors"
	"strconv"
	"strings"

	"hivetriage/artifacts"
	"hivetriage/artifacts/hive"
)

// Limits of what is read of one hive.
const (
	maxAccounts = 1 << 18 // accounts, secrets, holders of rights
	maxMembers  = 1 << 16 // members of an alias
	maxC        = 1 << 20 // bytes of an alias's C
	maxV        = 1 << 15 // bytes of a V
	maxName     = 2048    // bytes of a name
	maxProblems = 64
	depth       = 4 // levels below the root of a tree at which something is looked for
)

// problems are what could not be read.
type problems struct {
	Problems []*artifacts.Problem // the first 64
	Lost     int                  // problems beyond those
}

func (p *problems) problem(kind artifacts.Kind, at int64, format string, args ...any) {
	if len(p.Problems) >= maxProblems {
		p.Lost++
		return
	}
	p.Problems = append(p.Problems, artifacts.NewProblem(kind, at, format, args...))
}

func (p *problems) err() error {
	if len(p.Problems) == 0 {
		return nil
	}
	return p.Problems[0]
}

// public reads a value of which parts may be secret.
func (p *problems) public(d hive.Datum, most int) []byte {
	b, err := d.Public(most)
	if err == nil {
		return b
	}
	kind := artifacts.Malformed
	var known *artifacts.Problem
	if errors.As(err, &known) {
		kind, err = known.Kind, known.Err
	}
	p.problem(kind, d.Offset(), "value %q: %w", d.Name(), err)
	return b
}

// defaultValue returns the value of a key that has no name.
func defaultValue(n hive.Node) (hive.Datum, bool) { return hive.FindValue(n, "") }

// hexRID parses the name of an account's key: eight hexadecimal digits.
func hexRID(name string) (uint32, bool) {
	if len(name) != 8 {
		return 0, false
	}
	n, err := strconv.ParseUint(name, 16, 32)
	return uint32(n), err == nil
}

// splitSID cuts the last number off a SID.
func splitSID(sid string) (domain string, rid uint32, ok bool) {
	i := strings.LastIndexByte(sid, '-')
	if i < 0 {
		return "", 0, false
	}
	n, err := strconv.ParseUint(sid[i+1:], 10, 32)
	return sid[:i], uint32(n), err == nil
}

func joinSID(domain string, rid uint32) string {
	return domain + "-" + strconv.FormatUint(uint64(rid), 10)
}

// fact is a fact of the given certainty.
func fact[T any](certainty string, v T, offset int64) hive.Fact[T] {
	return hive.Fact[T]{Value: v, Offset: offset, Certainty: certainty}
}

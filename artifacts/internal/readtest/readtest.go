// Package readtest takes apart what readers yield, for their tests.
package readtest

import (
	"errors"
	"iter"
	"testing"

	"hivetriage/artifacts"
)

// All returns what a reader yields and what was wrong, each in order. An
// error that is no *artifacts.Problem ends the test.
func All[T any](t testing.TB, seq iter.Seq2[T, error]) (all []T, problems []*artifacts.Problem) {
	t.Helper()
	for one, err := range seq {
		var p *artifacts.Problem
		switch {
		case err == nil:
			all = append(all, one)
		case errors.As(err, &p):
			problems = append(problems, p)
		default:
			t.Fatalf("%v is no Problem", err)
		}
	}
	return all, problems
}

// Within asks that the places of problems are in a file of size bytes, or at
// its end; -1 is no place.
func Within(t testing.TB, problems []*artifacts.Problem, size int64) {
	t.Helper()
	for _, p := range problems {
		if p.Offset < -1 || p.Offset > size {
			t.Fatalf("%v: at %d of %d bytes", p, p.Offset, size)
		}
	}
}

// Kinds returns the kind of each problem.
func Kinds(problems []*artifacts.Problem) []artifacts.Kind {
	var kinds []artifacts.Kind
	for _, p := range problems {
		kinds = append(kinds, p.Kind)
	}
	return kinds
}

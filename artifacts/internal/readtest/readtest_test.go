package readtest

import (
	"slices"
	"testing"

	"hivetriage/artifacts"
)

func TestAll(t *testing.T) {
	end := artifacts.NewProblem(artifacts.Truncated, 7, "end")
	all, problems := All(t, func(yield func(string, error) bool) {
		_ = yield("a", nil) && yield("", end) && yield("b", nil)
	})
	if !slices.Equal(all, []string{"a", "b"}) || len(problems) != 1 || problems[0] != end {
		t.Errorf("%q, %v", all, problems)
	}
	if kinds := Kinds(problems); !slices.Equal(kinds, []artifacts.Kind{artifacts.Truncated}) {
		t.Errorf("%v", kinds)
	}
	Within(t, problems, 7)
	Within(t, []*artifacts.Problem{artifacts.NewProblem(artifacts.Malformed, -1, "none")}, 0)
}

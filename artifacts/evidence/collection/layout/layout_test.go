package layout_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"hivetriage/artifacts/evidence/collection/layout"
)

// placed renders where a member comes from.
func placed(l *layout.Layout, name string) string {
	p, ok := l.Place(name)
	if !ok {
		return "-"
	}
	if p.Metadata {
		return "metadata"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s", l.VolumeName(p), p.Path)
	if p.Stream != "" {
		fmt.Fprintf(&b, ":%s", p.Stream)
	}
	if p.Sparse != nil {
		fmt.Fprintf(&b, " sparse %d", p.Sparse.Size)
	}
	return b.String()
}

func checkDrives(t *testing.T, l *layout.Layout, want string) {
	t.Helper()
	if got := fmt.Sprint(l.Drives); got != want {
		t.Errorf("drives %s, want %s", got, want)
	}
}

// collection makes members out of names, each with its content.
func collection(files map[string]string) ([]layout.Member, func(string) ([]byte, error)) {
	var members []layout.Member
	for name, content := range files {
		members = append(members, layout.Member{Name: name, Size: int64(len(content))})
	}
	return members, func(name string) ([]byte, error) {
		content, ok := files[name]
		if !ok {
			return nil, errors.New("no such member")
		}
		return []byte(content), nil
	}
}

package layout

import (
	"fmt"
	"path"
	"strings"
	"unicode/utf8"

	"hivetriage/artifacts"
)

const (
	// MaxMetadata is how many bytes of one metadata file are looked at.
	MaxMetadata = 64 << 20
	maxRows     = 1 << 20 // rows of metadata of one collection
	maxProblems = 100     // problems that are listed; the others are counted
	maxDepth    = 256     // components of a name
)

// An index holds the members of a collection under clean names. Windows does
// not tell upper from lower case, so neither do the keys.
type index struct {
	members   []Member
	names     []string // clean, parallel to members; "" for those that climb out
	folded    []string // the same as Windows compares them
	byName    map[string]int
	children  map[string][]string // clean names of what lies directly in a folder
	folders   map[string][]string // clean names of the folders of that name
	backslash bool
	read      func(name string) ([]byte, error)
	rows      int // of metadata, read so far
}

func newIndex(members []Member, read func(string) ([]byte, error)) *index {
	x := &index{members: members, names: make([]string, len(members)), folded: make([]string, len(members)),
		byName: make(map[string]int, len(members)), children: map[string][]string{}, folders: map[string][]string{}, read: read}
	slash := false
	for _, m := range members {
		slash = slash || strings.Contains(m.Name, "/")
		x.backslash = x.backslash || strings.Contains(m.Name, `\`)
	}
	x.backslash = x.backslash && !slash
	for i, m := range members {
		name, ok := normalise(m.Name, x.backslash)
		if !ok || name == "" {
			continue
		}
		x.names[i], x.folded[i] = name, fold(name)
		if _, twice := x.byName[x.folded[i]]; !twice {
			x.enter(name, x.folded[i])
		}
		x.byName[x.folded[i]] = i
	}
	return x
}

// enter makes a name known to the folders above it.
func (x *index) enter(name, folded string) {
	for {
		end := max(strings.LastIndexByte(folded, '/'), 0)
		above := folded[:end]
		siblings, known := x.children[above]
		_, file := x.byName[above]
		x.children[above] = append(siblings, name)
		if known || end == 0 {
			return
		}
		last := above[strings.LastIndexByte(above, '/')+1:]
		x.folders[last] = append(x.folders[last], name[:end])
		if file { // a folder with an entry of its own is known above already
			return
		}
		name, folded = name[:end], above
	}
}

// normalise cleans a member's name. It is false for one that climbs out.
func normalise(name string, backslash bool) (string, bool) {
	if backslash {
		name = strings.ReplaceAll(name, `\`, "/")
	}
	if strings.Count(name, "/") >= maxDepth {
		return "", false
	}
	if name == "" || !strings.Contains("/"+name+"/", "//") && !strings.Contains("/"+name, "/.") {
		return name, true
	}
	var parts []string
	for part := range strings.SplitSeq(name, "/") {
		switch part {
		case "", ".":
		case "..":
			return "", false
		default:
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, "/"), true
}

// fold makes names that Windows does not tell apart equal. It keeps the
// length of the name in bytes.
func fold(s string) string {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c >= 'A' && c <= 'Z' {
			return string(appendFold(make([]byte, 0, len(s)), s))
		}
	}
	return s
}

// appendFold appends what fold makes of a name.
func appendFold(b []byte, s string) []byte {
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		b = append(b, c)
	}
	return b
}

// folder returns the name of the folder that holds a name, "" for the top.
func folder(name string) string {
	return name[:max(strings.LastIndexByte(name, '/'), 0)]
}

func join(dir, name string) string {
	if dir == "" {
		return name
	}
	return dir + "/" + name
}

func (x *index) exists(name string) bool {
	_, file := x.byName[fold(name)]
	return file || len(x.children[fold(name)]) > 0
}

// inside lists the last components of what lies directly in a folder.
func (x *index) inside(dir string) []string {
	children := x.children[fold(dir)]
	names := make([]string, len(children))
	for i, c := range children {
		names[i] = path.Base(c)
	}
	return names
}

// content reads a metadata file, named as in the index.
func (x *index) content(l *Layout, name string) []byte {
	i, found := x.byName[fold(name)]
	if !found || x.members[i].Dir {
		return nil
	}
	l.metadata[fold(name)] = true
	if x.members[i].Size > MaxMetadata {
		l.problem(name, artifacts.Limit, "metadata of %d bytes are not read: the limit is %d", x.members[i].Size, MaxMetadata)
		return nil
	}
	b, err := x.read(x.members[i].Name)
	if err != nil {
		l.problem(name, artifacts.IO, "metadata: %w", err)
	}
	return b[:min(len(b), MaxMetadata)]
}

// problem notes what is wrong with a member.
func (l *Layout) problem(member string, kind artifacts.Kind, format string, args ...any) {
	if len(l.Problems) >= maxProblems {
		return
	}
	p := artifacts.NewProblem(kind, -1, format, args...)
	if len(l.Problems) == maxProblems-1 {
		p, member = artifacts.NewProblem(artifacts.Limit, -1, "more than %d problems with names and metadata: the others are not listed", maxProblems-1), ""
	}
	p.At.Member = valid(member)
	l.Problems = append(l.Problems, p)
}

// valid writes bytes that are not UTF-8 as \xNN.
func valid(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && n == 1 {
			fmt.Fprintf(&b, `\x%02X`, s[i])
		} else {
			b.WriteString(s[i : i+n])
		}
		i += n
	}
	return b.String()
}

package correlate

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"hivetriage/artifacts"
	"hivetriage/triage/command"
)

// Bounds of the process tree around an act.
const (
	maxAncestors = 32
	maxSiblings  = 40 // of one parent; also children of one command
	siblingSpan  = time.Hour
)

// A Node is a process around an act, before its record is decoded.
type Node struct {
	Start    Start
	Relation string // "ancestor", "command", "sibling", "child"
	Parent   int    // index in the tree, -1 for a root
	record   *Record
}

// A Tree is the processes around an act; parents may come after children.
type Tree struct {
	Nodes []Node
}

// Around finds the ancestors, siblings and children of the processes that an
// act's records tell of. Siblings are those started within an hour.
func (s *Starts) Around(records []*Record) Tree {
	var t Tree
	for _, r := range records {
		if r.Kind != "process" || r.Process == nil {
			continue
		}
		start, ok := s.Find(r.Host, r.Process, r.Time)
		if !ok {
			start = NewStart(&artifacts.Event{Time: r.Time, Offset: r.From.Offset, Host: r.Host, Process: r.Process}, -1)
		}
		at := t.add(start, "command", -1)
		if t.Nodes[at].record == nil || t.Nodes[at].record.Process.EntityID == "" {
			t.Nodes[at].record = r
		}
	}
	commands := len(t.Nodes)
	for i := range commands {
		s.climb(&t, i)
	}
	for i := range commands {
		if parent := t.Nodes[i].Parent; parent >= 0 && t.Nodes[parent].Relation == "ancestor" {
			for _, c := range s.Children(t.Nodes[parent].Start, MaxStarts) {
				near := time.Duration(c.Time-t.Nodes[i].Start.Time).Abs() <= siblingSpan
				if near && t.count("sibling") < maxSiblings {
					t.add(c, "sibling", parent)
				}
			}
		}
		for _, c := range s.Children(t.Nodes[i].Start, maxSiblings) {
			t.add(c, "child", i)
		}
	}
	return t
}

// climb adds the ancestors of a node.
func (s *Starts) climb(t *Tree, at int) {
	for range maxAncestors {
		if t.Nodes[at].Parent >= 0 {
			return
		}
		parent, ok := s.Parent(t.Nodes[at].Start)
		if !ok {
			return
		}
		up := t.add(parent, "ancestor", -1)
		if up == at || t.below(up, at) {
			return
		}
		t.Nodes[at].Parent = up
		at = up
	}
}

// below reports whether node a descends from node b.
func (t *Tree) below(a, b int) bool {
	for range len(t.Nodes) {
		if a = t.Nodes[a].Parent; a < 0 {
			return false
		}
		if a == b {
			return true
		}
	}
	return true
}

func (t *Tree) count(relation string) (n int) {
	for _, node := range t.Nodes {
		if node.Relation == relation {
			n++
		}
	}
	return n
}

// add returns the node of a process, new or known. Two logs tell of the same
// process when host and PID agree and the times nearly do.
func (t *Tree) add(s Start, relation string, parent int) int {
	for i, n := range t.Nodes {
		if n.Start.Host == s.Host && n.Start.PID == s.PID && time.Duration(n.Start.Time-s.Time).Abs() <= sameStart {
			if n.Start.GUID == 0 && s.GUID != 0 {
				t.Nodes[i].Start = s // the record that says more
			}
			return i
		}
	}
	t.Nodes = append(t.Nodes, Node{Start: s, Relation: relation, Parent: parent})
	return len(t.Nodes) - 1
}

// Chain writes the tree in pre-order, oldest first, with what the decoded
// records say. event returns the record of a Start, nil if it was not found.
func (t Tree) Chain(event func(Start) *artifacts.Event) []ChainNode {
	children := make([][]int, len(t.Nodes))
	var roots []int
	for i, n := range t.Nodes {
		if n.Parent < 0 {
			roots = append(roots, i)
		} else {
			children[n.Parent] = append(children[n.Parent], i)
		}
	}
	byTime := func(a, b int) int { return compareStarts(t.Nodes[a].Start, t.Nodes[b].Start) }
	chain := []ChainNode{}
	var visit func(i, depth int)
	visit = func(i, depth int) {
		chain = append(chain, t.Nodes[i].describe(depth, event))
		slices.SortFunc(children[i], byTime)
		for _, c := range children[i] {
			visit(c, depth+1)
		}
	}
	slices.SortFunc(roots, byTime)
	for _, root := range roots {
		depth := 0
		if node, ok := t.Nodes[root].unrecordedParent(event); ok {
			chain = append(chain, node)
			depth = 1
		}
		visit(root, depth)
	}
	return chain
}

func (n Node) describe(depth int, event func(Start) *artifacts.Event) ChainNode {
	c := ChainNode{Relation: n.Relation, Depth: depth, Time: time.Unix(0, n.Start.Time).UTC(), Joined: n.joined()}
	switch e := event(n.Start); {
	case n.record != nil:
		c.Process, c.User, c.From = *n.record.Process, n.record.User, &n.record.From
	case e != nil:
		from := FromEvent(e)
		c.Process, c.User, c.From = *e.Process, e.User, &from
	default:
		c.Process = artifacts.Process{PID: n.Start.PID}
		c.Notes = append(c.Notes, "its record could not be read again")
	}
	c.Process.Parent = nil
	c.Notes = append(c.Notes, OutOfPlace(c.Process)...)
	return c
}

func (n Node) joined() string {
	switch {
	case n.Relation == "command":
		return "attested by its own record"
	case n.Start.GUID != 0 && n.Start.ParentGUID != 0:
		return "by process GUID"
	default:
		return "by PID and time: the newest process with this PID before its child started"
	}
}

// unrecordedParent describes the parent of a root from the root's own record.
func (n Node) unrecordedParent(event func(Start) *artifacts.Event) (ChainNode, bool) {
	var p *artifacts.Process
	if n.record != nil {
		p = n.record.Process.Parent
	} else if e := event(n.Start); e != nil {
		p = e.Process.Parent
	}
	if p == nil {
		return ChainNode{}, false
	}
	c := ChainNode{Relation: "ancestor", Process: *p, Joined: "named by its child's record",
		Notes: []string{"its own start is not in the logs: before they begin, or not recorded"}}
	c.Process.Parent = nil
	c.Notes = append(c.Notes, OutOfPlace(*p)...)
	return c, true
}

// FromEvent is the place of an event.
func FromEvent(e *artifacts.Event) From {
	return From{Source: e.From.Source, Volume: e.From.Volume, Path: e.From.Path, RecordID: e.RecordID,
		Offset: e.Offset, EventCode: fmt.Sprint(e.Code), Channel: e.Channel, Damaged: e.Damaged}
}

// RecordID depends on what an event says of itself, not on where its log
// lies, so that the same event has the same id in every form of evidence.
func RecordID(e *artifacts.Event) string {
	return ID("rec", e.Host, e.Channel, fmt.Sprint(e.Code), fmt.Sprint(e.RecordID), e.Time.Format(time.RFC3339Nano))
}

// homes are the folders, below a drive's root, in which Windows keeps
// programs that chains of this kind are made of.
var homes = map[string][]string{
	"reg.exe":         {`\windows\system32\`, `\windows\syswow64\`},
	"cmd.exe":         {`\windows\system32\`, `\windows\syswow64\`},
	"powershell.exe":  {`\windows\system32\windowspowershell\v1.0\`, `\windows\syswow64\windowspowershell\v1.0\`},
	"svchost.exe":     {`\windows\system32\`, `\windows\syswow64\`},
	"services.exe":    {`\windows\system32\`},
	"lsass.exe":       {`\windows\system32\`},
	"winlogon.exe":    {`\windows\system32\`},
	"taskhostw.exe":   {`\windows\system32\`},
	"wmiprvse.exe":    {`\windows\system32\wbem\`, `\windows\syswow64\wbem\`},
	"wsmprovhost.exe": {`\windows\system32\`, `\windows\syswow64\`},
	"rundll32.exe":    {`\windows\system32\`, `\windows\syswow64\`},
	"esentutl.exe":    {`\windows\system32\`, `\windows\syswow64\`},
	"ntdsutil.exe":    {`\windows\system32\`},
	"explorer.exe":    {`\windows\`, `\windows\syswow64\`},
	"userinit.exe":    {`\windows\system32\`, `\windows\syswow64\`},
}

// Place says whether a process's image lies in the folder where Windows keeps
// the program of its name; known is false of a name that has no such folder,
// and where the path is not recorded.
func Place(p artifacts.Process) (expected, known bool) {
	path := strings.ToLower(p.Executable)
	name := command.Base(path)
	if _, known = homes[name]; !known || !strings.ContainsAny(path, `\/`) {
		return false, false
	}
	p.OriginalFileName = ""
	return len(OutOfPlace(p)) == 0, true
}

// OutOfPlace says what is odd about a process's image: a system program's
// name outside its folder, or a name that its version resource contradicts.
func OutOfPlace(p artifacts.Process) []string {
	var notes []string
	path := strings.ToLower(p.Executable)
	name := command.Base(path)
	if folders, known := homes[name]; known && strings.ContainsAny(path, `\/`) {
		relative, _ := command.VolumePath(p.Executable) // which may name the volume rather than its letter
		dir := path[:len(path)-len(name)]
		if relative != "" {
			dir = relative[:strings.LastIndexByte(relative, '/')+1]
		}
		if !slices.Contains(folders, strings.ReplaceAll(dir, "/", `\`)) {
			notes = append(notes, fmt.Sprintf("%s belongs in %s, this one ran from %s", name, folders[0], p.Executable))
		}
	}
	if name != "" && Renamed(name, p.OriginalFileName) {
		notes = append(notes, fmt.Sprintf("the file is named %s, its version resource says %s", name, p.OriginalFileName))
	}
	return notes
}

// Renamed reports whether a file's name is another than the one that its
// version resource gives, which may lack the extension or end in ".MUI".
func Renamed(name, original string) bool {
	plain := func(s string) string {
		return strings.TrimSuffix(strings.TrimSuffix(strings.ToLower(strings.TrimSpace(s)), ".mui"), ".exe")
	}
	return plain(original) != "" && plain(name) != plain(original)
}

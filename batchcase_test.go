package main

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"hivetriage/testdata/scene"
	"hivetriage/triage/fleet"
)

// TestBatchCase holds the answer across the hosts of a batch against what is
// planted in it, list by list: nothing is missing, and there is nothing more.
func TestBatchCase(t *testing.T) {
	r := batchOnce(t)
	b := planted{r.m, r.evidence, caseIn[fleet.Case](t, r.folder), r.folder}
	for name, test := range map[string]func(*testing.T){"hosts": b.hosts, "failures": b.failures, "acts": b.acts, "links": b.links, "exposed": b.exposed, "foreign": b.foreign,
		"remote": b.remote, "logons": b.logons, "blind": b.blind, "programs": b.programs, "prevalence": b.prevalence} {
		t.Run(name, test)
	}
}

// planted is a batch, what is planted in it, and what is told of it.
type planted struct {
	scene.BatchManifest
	evidence string
	c        *fleet.Case
	folder   string
}

// sameList compares what is told with what is planted, in any order.
func sameList(t *testing.T, what string, told, planted []string) {
	t.Helper()
	slices.Sort(told)
	slices.Sort(planted)
	for _, p := range planted {
		if !slices.Contains(told, p) {
			t.Errorf("%s: not told: %s", what, p)
		}
	}
	for _, s := range told {
		if !slices.Contains(planted, s) {
			t.Errorf("%s: not planted: %s", what, s)
		}
	}
	if len(told) != len(planted) {
		t.Errorf("%s: %d are told, %d are planted", what, len(told), len(planted))
	}
}

// files are inputs as the manifest names them.
func (b *planted) files(inputs []string) string {
	var names []string
	for _, path := range inputs {
		if relative, err := filepath.Rel(b.evidence, path); err == nil {
			path = filepath.ToSlash(relative)
		}
		names = append(names, path)
	}
	slices.Sort(names)
	return strings.Join(names, " + ")
}

// failure is how an input fails, "" of one that can be read.
func (b *planted) failure(file string) string {
	for _, f := range b.Failures {
		if f.File == file {
			return f.Kind
		}
	}
	return ""
}

// nameOf is the computer whose input has a folder.
func (b *planted) nameOf(folder string) string {
	for _, h := range b.c.Hosts {
		if h.Folder == folder {
			return h.Name
		}
	}
	return folder
}

// hostsOf are the computers of references, each once.
func (b *planted) hostsOf(refs ...[]fleet.Ref) string {
	var names []string
	for _, ref := range slices.Concat(refs...) {
		names = append(names, b.nameOf(ref.Folder))
	}
	slices.Sort(names)
	return strings.Join(slices.Compact(names), " ")
}

// hosts: each input is its host's, two images of one host are one input, two
// collections of one host are one computer.
func (b *planted) hosts(t *testing.T) {
	var told, want, doubles, wantDoubles []string
	computers := map[string]bool{}
	for _, h := range b.c.Hosts {
		if h.Named {
			told = append(told, strings.Join(append([]string{b.files(h.Inputs), h.Name, h.MachineSID}, h.Addresses...), " "))
		}
		for _, s := range h.SameAs {
			doubles = append(doubles, b.files(h.Inputs)+" and "+s.Folder)
		}
		computers[h.Machine] = true
	}
	disk := map[string]string{}
	for _, d := range b.DataDisks {
		disk[d.Data], disk[d.System] = "", d.System+" + "+d.Data
	}
	for _, c := range b.Collections {
		file, twoDisks := disk[c.File]
		if !twoDisks {
			file = c.File
		}
		if c.Host != "" && file != "" {
			want = append(want, strings.Join(append([]string{file, c.Host, c.SID}, c.Addresses...), " "))
		}
	}
	for _, d := range b.Duplicates {
		for i, file := range d.Files {
			wantDoubles = append(wantDoubles, file+" and "+strings.TrimSuffix(d.Files[1-i], ".zip"))
		}
	}
	sameList(t, "hosts", told, want)
	sameList(t, "hosts that were collected twice", doubles, wantDoubles)
	if b.c.Counts.Hosts != len(computers) || b.c.Counts.Hosts != len(b.c.Hosts)-len(b.Duplicates) {
		t.Errorf("%d computers, %d inputs of %d machines", b.c.Counts.Hosts, len(b.c.Hosts), len(computers))
	}
}

// wayTold is what is told of an input that fails in a way.
var wayTold = map[string]string{"cut": "central directory is missing or damaged", "directory": "central directory is missing or damaged", "flipped": "event log: checksum",
	"encrypted": "members are encrypted, and no password was given", "bomb": "as bombs do", "empty": "the file is empty", "empty folder": "an empty folder"}

// onPage is what the page, where rows have room for the two ends of a gap only,
// tells of such an input, where that is less.
var onPage = map[string]string{"cut": "container: malformed: the zip", "directory": "container: malformed: the zip"}

// failures: what cannot be read is told with the reason, in all outputs.
func (b *planted) failures(t *testing.T) {
	var told, want, left, wantLeft, incomplete, wantIncomplete []string
	for _, n := range b.c.NotTriaged {
		file := b.files(n.Inputs)
		told = append(told, file)
		b.tells(t, file, n.Why)
	}
	for _, l := range b.c.Left {
		file := b.files([]string{l.Path})
		left = append(left, file)
		if b.failure(file) != "" {
			b.tells(t, file, l.Why)
		}
	}
	for _, h := range b.c.Hosts {
		if file := b.files(h.Inputs); !h.Complete {
			incomplete = append(incomplete, file)
			if b.failure(file) != "" {
				b.tells(t, file, strings.Join(h.Gaps, "\n"))
			}
		}
	}
	for _, f := range b.Failures {
		switch f.Kind {
		case "encrypted", "empty":
			want = append(want, f.File)
		case "empty folder":
			wantLeft = append(wantLeft, f.File)
		default:
			wantIncomplete = append(wantIncomplete, f.File)
		}
	}
	for _, c := range b.Collections {
		if slices.ContainsFunc(b.NoLogs, func(n scene.BatchNoLogs) bool { return n.Host == c.Host && n.Why != "begins after the acts" }) {
			wantIncomplete = append(wantIncomplete, c.File)
		}
	}
	sameList(t, "inputs that were not triaged", told, want)
	sameList(t, "what is no evidence", left, append(wantLeft, b.Sidecars...))
	sameList(t, "hosts with gaps", incomplete, wantIncomplete)
	page := strings.NewReplacer("<wbr>", "", "&#43;", "+").Replace(readFile(t, filepath.Join(b.folder, "index.html")))
	terminal := readFile(t, filepath.Join(b.folder, "report.txt"))
	for _, f := range b.Failures {
		name := f.File
		if f.Host != "" {
			name = f.Host
		} else if f.Kind == "bomb" {
			name = strings.TrimSuffix(f.File, ".zip")
		}
		if !strings.Contains(page, name) || !strings.Contains(page, cmp.Or(onPage[f.Kind], wayTold[f.Kind])) {
			t.Errorf("%s, %s: the page does not tell of it", name, f.Kind)
		}
		if f.Kind != "empty folder" && (!strings.Contains(flat(terminal), flat(name)) || !strings.Contains(flat(terminal), flat(wayTold[f.Kind]))) {
			t.Errorf("%s, %s: the text does not tell of it", name, f.Kind)
		}
	}
	if b.c.Counts.Unread != len(wantLeft) {
		t.Errorf("behind %d entries evidence may be missing, want %d", b.c.Counts.Unread, len(wantLeft))
	}
	if b.c.Complete || b.c.Counts.Inputs != len(b.c.Hosts)+len(want) {
		t.Errorf("complete %v, %d inputs", b.c.Complete, b.c.Counts.Inputs)
	}
}

// flat takes from a text what only lays it out.
func flat(text string) string {
	return strings.NewReplacer(" ", "", "\n", "", "│", "").Replace(text)
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func (b *planted) tells(t *testing.T, file, why string) {
	t.Helper()
	if kind := b.failure(file); kind == "" || !strings.Contains(why, wayTold[kind]) {
		t.Errorf("%s, %s: told is %q", file, kind, why)
	}
}

// acts: a remote one is told at both of its ends, and the first of each host
// that nothing explains makes the spread.
func (b *planted) acts(t *testing.T) {
	var told, want, spread, wantSpread []string
	line := func(host string, at time.Time, actor string, hives []string, explained bool, group int) string {
		return fmt.Sprint(host, " ", at.UTC().Format(time.RFC3339Nano), " ", actor, " ", hives, " ", explained, " group ", group > 0)
	}
	alone := map[int]int{}
	for _, a := range b.Acts {
		alone[a.Group]++
	}
	for _, a := range b.Acts {
		actor, group := a.Actor, a.Group
		if a.Explained {
			actor = "" // Windows itself, by which nobody is told
		}
		if alone[group] < 2 {
			group = 0
		}
		at, hives := a.At, a.Hives
		for _, r := range b.Remote {
			if r.To == a.Host {
				want = append(want, line(r.From, a.At, actor, hives, a.Explained, group))
				at, hives = r.Opened.Add(2*time.Second), r.Told
			}
		}
		want = append(want, line(a.Host, at, actor, hives, a.Explained, group))
		if !a.Explained {
			wantSpread = append(wantSpread, fmt.Sprint(len(wantSpread)+1, " ", a.Host, " ", at.UTC().Format(time.RFC3339Nano), " ", a.Staged))
		}
	}
	for _, a := range b.c.Acts {
		actor := ""
		if a.Person.Name != "" {
			actor = a.Person.Domain + `\` + a.Person.Name
		}
		told = append(told, line(a.Host, a.Start, actor, a.Hives, a.Verdict == "explained", a.Group))
	}
	for _, s := range b.c.Spread {
		spread = append(spread, fmt.Sprint(s.Order, " ", s.Host, " ", s.Time.UTC().Format(time.RFC3339Nano), " ", s.Staging))
	}
	sameList(t, "acts", told, want)
	sameList(t, "spread", spread, wantSpread)
}

// links: those of the manifest, and those that follow from them.
func (b *planted) links(t *testing.T) {
	var told, want []string
	for _, l := range append(b.c.Hints, b.c.Groups[0].Links...) {
		value := l.Value[strings.LastIndexByte(l.Value, ' ')+1:] // of a tool the hash
		if l.Kind == fleet.SameBytes || l.Kind == fleet.SameTime {
			value = ""
		}
		told = append(told, fmt.Sprintf("%s %s: %s", l.Kind, value, b.hostsOf(l.Acts, l.Explained)))
	}
	add := func(kind, value string, hosts ...string) {
		slices.Sort(hosts)
		want = append(want, fmt.Sprintf("%s %s: %s", kind, value, strings.Join(slices.Compact(hosts), " ")))
	}
	address := map[string]string{}
	for _, c := range b.Collections {
		for _, a := range c.Addresses {
			address[a] = c.Host
		}
	}
	for _, l := range b.Links {
		switch l.Kind {
		case "actor":
			add(fleet.SameActor, l.Value, l.Hosts...)
			add(fleet.SameTime, "", l.Hosts...)
		case "tool":
			add(fleet.SameTool, l.Value, l.Hosts...)
		case "output":
			add(fleet.SameOutput, "/users/public/libraries/?#.hiv", l.Hosts...)
		case "source":
			add(fleet.SameSource, l.Value, l.Hosts...)
			add(fleet.CameFrom, address[l.Value], append([]string{address[l.Value]}, l.Hosts...)...)
		case "copies":
			add(fleet.CopiesOf, l.Value, l.Hosts...)
			add(fleet.SameBytes, "", l.Hosts...)
		case "remote": // the names that such tools give, told at both ends; and the name that the session gave
			add(fleet.SameOutput, "letters>.tmp", l.Hosts...)
			add(fleet.SameStation, "WS-HR-03", "SRV-FILE-02", l.Value)
		}
	}
	sameList(t, "links", told, want)
	if len(b.c.Groups) != 1 || len(b.c.Hints) != 0 {
		t.Errorf("%d groups and %d hints", len(b.c.Groups), len(b.c.Hints))
	}
}

package fleet

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// closely is how soon acts on several computers follow one another for that to
// be told.
const closely = time.Hour

// A trait is something that acts have, and several may share.
type trait struct {
	link Link
	acts []*act
	has  map[*act]bool
}

// traits are gathered by kind and value.
type traits struct {
	byKey map[string]*trait
	order []string
}

func (t *traits) add(kind, value, show, because string, joins bool, a *act) {
	key := kind + "\x00" + value
	found := t.byKey[key]
	if found == nil {
		found = &trait{link: Link{Kind: kind, Value: show, Because: because, Joins: joins}, has: map[*act]bool{}}
		t.byKey[key] = found
		t.order = append(t.order, key)
	}
	if !found.has[a] {
		found.has[a] = true
		found.acts = append(found.acts, a)
	}
}

// shared keeps the traits that acts on two computers or more have which are not
// explained.
func (t *traits) shared() (all []*trait) {
	for _, key := range t.order {
		found := t.byKey[key]
		machines := map[*machine]bool{}
		for _, a := range found.acts {
			if !a.explained() {
				machines[a.machine] = true
			}
		}
		if len(machines) > 1 {
			all = append(all, found)
		}
	}
	return all
}

// group puts acts that share something into groups.
func (r *rollUp) group() {
	t := &traits{byKey: map[string]*trait{}}
	windows := r.windowsHashes()
	r.learnSIDs()
	for _, a := range r.acts {
		r.actorTraits(t, a)
		a.toolTraits(t, windows)
		r.sourceTraits(t, a)
		for _, p := range a.outputs {
			t.add(SameOutput, p, p, "copies lie or were sent where the folder and the form of the name are the same; tools and habits make such names, so this alone joins nothing", false, a)
		}
	}
	r.copyTraits(t)
	all := t.shared()
	number := map[*act]int{}
	for i, a := range r.acts {
		number[a] = i
	}
	sets := newSets(len(r.acts))
	for _, found := range all {
		if first := firstUnexplained(found.acts); found.link.Joins && first != nil {
			for _, a := range found.acts {
				if !a.explained() {
					sets.join(number[first], number[a])
				}
			}
		}
	}
	all = append(all, r.closeInTime()...)
	r.makeGroups(sets, number, all)
}

func firstUnexplained(acts []*act) *act {
	for _, a := range acts {
		if !a.explained() {
			return a
		}
	}
	return nil
}

// windowsHashes are those of programs that Windows brings, on any host.
func (r *rollUp) windowsHashes() map[string]bool {
	own := map[string]bool{}
	for _, a := range r.acts {
		for _, t := range a.tools {
			if t.own && t.sha256 != "" {
				own[t.sha256] = true
			}
		}
	}
	return own
}

// toolTraits tell by which programs, as far as they are not Windows' own.
func (a *act) toolTraits(t *traits, windows map[string]bool) {
	for _, x := range a.tools {
		switch {
		case x.sha256 != "" && !x.own && !windows[x.sha256]:
			t.add(SameTool, x.sha256, x.name+" "+x.sha256, "the program has the same SHA-256, and is none that Windows brings", true, a)
		case x.alias && !brought(x.path):
			t.add(SameTool, "name\x00"+x.path, x.path, "a program of Windows was renamed to the same name in the same folder", true, a)
		}
	}
}

// sourceTraits tell where from.
func (r *rollUp) sourceTraits(t *traits, a *act) {
	for _, s := range a.sources {
		if s.address != "" {
			t.add(SameSource, s.address, s.address, "they were done from the same address; addresses may be given to other computers in time, and several may share one", true, a)
		}
		if s.station != "" {
			t.add(SameStation, strings.ToLower(s.station), s.station, "the sessions came from a computer that called itself by this name", true, a)
		}
		m := r.find(s).one()
		if m == nil || m == a.machine {
			continue
		}
		if a.row.Start.IsZero() {
			continue
		}
		key, because := m.folder()+"\x00"+m.name, "acts on other computers were done from "+m.name+", where hives had been copied before or about then"
		before := false
		for _, b := range r.actsOf[m] { // by time; those that are there already are of an earlier a
			if b.row.Start.IsZero() || !b.row.Start.Before(a.row.End.Add(ClockTolerance)) {
				break
			}
			if !b.explained() {
				before = true
				t.add(CameFrom, key, m.name, because, true, b)
			}
		}
		if before {
			t.add(CameFrom, key, m.name, because, true, a)
		}
	}
}

// closeInTime finds acts on several computers of which each began soon after
// the one before.
func (r *rollUp) closeInTime() (all []*trait) {
	var run []*act
	flush := func() {
		t := traits{byKey: map[string]*trait{}}
		for _, a := range run {
			t.add(SameTime, "", fmt.Sprintf("%s to %s", second(run[0].row.Start), second(run[len(run)-1].row.Start)),
				"each began within an hour of the one before; that alone does not make them one thing", false, a)
		}
		all = append(all, t.shared()...)
		run = nil
	}
	for _, a := range r.acts {
		if a.explained() || a.row.Start.IsZero() {
			continue
		}
		if len(run) > 0 && a.row.Start.Sub(run[len(run)-1].row.Start) > closely {
			flush()
		}
		run = append(run, a)
	}
	if len(run) > 0 {
		flush()
	}
	return all
}

// makeGroups writes the groups and the links of each.
func (r *rollUp) makeGroups(s sets, number map[*act]int, all []*trait) {
	r.c.Groups, r.c.Hints = []Group{}, []Link{}
	members := map[int][]*act{}
	for i, a := range r.acts {
		members[s.root(i)] = append(members[s.root(i)], a)
	}
	for i := range r.acts { // roots are the first of their sets
		if of := members[i]; s.root(i) == i && len(of) > 1 {
			r.c.Groups = append(r.c.Groups, newGroup(len(r.c.Groups)+1, of))
		}
	}
	if more := len(all) - maxLinks; more > 0 {
		slices.SortStableFunc(all, func(a, b *trait) int {
			return cmp.Or(slices.Index(linkOrder, a.link.Kind)-slices.Index(linkOrder, b.link.Kind), len(b.acts)-len(a.acts))
		})
		all, r.c.Omitted.Links = all[:maxLinks], more
	}
	for _, found := range all {
		link := found.write()
		group := found.acts[0].row.Group
		if first := firstUnexplained(found.acts); first != nil {
			group = first.row.Group
		}
		one := group > 0 && !slices.ContainsFunc(found.acts, func(a *act) bool { return !a.explained() && a.row.Group != group })
		if one {
			r.c.Groups[group-1].Links = append(r.c.Groups[group-1].Links, link)
		} else {
			r.c.Hints = append(r.c.Hints, link)
		}
	}
	for i := range r.c.Groups {
		slices.SortFunc(r.c.Groups[i].Links, compareLinks)
	}
	slices.SortFunc(r.c.Hints, compareLinks)
}

// write makes the link of a trait.
func (t *trait) write() Link {
	link := t.link
	link.Acts = []Ref{}
	for _, a := range t.acts {
		if a.again {
			continue
		}
		if a.explained() {
			link.Explained = append(link.Explained, a.ref())
		} else {
			link.Acts = append(link.Acts, a.ref())
		}
	}
	slices.SortFunc(link.Acts, compareRefs)
	slices.SortFunc(link.Explained, compareRefs)
	return link
}

// linkOrder is that in which links are told, the strongest first.
var linkOrder = []string{SameTool, SameBytes, CopiesOf, SameActor, CameFrom, SameSource, SameStation, SameOutput, SameLocal, SameTime}

func compareLinks(a, b Link) int {
	return cmp.Or(slices.Index(linkOrder, a.Kind)-slices.Index(linkOrder, b.Kind), len(b.Acts)-len(a.Acts), strings.Compare(a.Value, b.Value), slices.CompareFunc(a.Acts, b.Acts, compareRefs))
}

func newGroup(number int, acts []*act) Group {
	g := Group{Number: number, Acts: []Ref{}, Hosts: []string{}, Links: []Link{}, Verdict: "none"}
	for _, a := range acts {
		a.row.Group = number
		if a.again {
			continue
		}
		g.Acts = append(g.Acts, a.ref())
		if f := cmp.Or(a.machine.folder(), a.row.Folder); !slices.Contains(g.Hosts, f) {
			g.Hosts = append(g.Hosts, f)
		}
		if g.First.IsZero() {
			g.First = a.row.Start
		}
		if a.row.End.After(g.Last) {
			g.Last = a.row.End
		}
		g.Verdict = worse(g.Verdict, a.row.Verdict)
	}
	return g
}

// byWhat is what a link says in a group's sentence.
var byWhat = map[string]string{
	SameActor: "the account %s", SameTool: "the program %s", SameSource: "the source address %s", SameStation: "the source computer %s", SameOutput: "places like %s",
	SameBytes: "copies with the same bytes (%s)", CopiesOf: "acts on %s and copies of its hives", CameFrom: "acts on %s and acts done from it",
}

// maxValue bounds how much of what is shared a sentence spells out.
const maxValue = 60

// sayGroups writes the groups' sentences.
func (r *rollUp) sayGroups() {
	of := make([][]Act, len(r.c.Groups))
	for _, a := range r.c.Distinct() {
		if a.Group > 0 {
			of[a.Group-1] = append(of[a.Group-1], a)
		}
	}
	for i := range r.c.Groups {
		r.c.Groups[i].say(EndsText(of[i]))
	}
}

// say writes the group's sentence, with what most of its acts share first. Ends
// says which of its acts are one.
func (g *Group) say(ends string) {
	links := slices.Clone(g.Links)
	slices.SortStableFunc(links, func(a, b Link) int { return len(b.Acts) - len(a.Acts) })
	var by []string
	for _, l := range links {
		if !l.Joins && l.Kind != SameOutput { // that counts where others join
			continue
		}
		value := l.Value
		if len(value) > maxValue {
			value = strings.ToValidUTF8(value[:maxValue], "") + "…"
		}
		by = append(by, fmt.Sprintf(byWhat[l.Kind]+" (%d)", value, len(l.Acts)))
	}
	when := ""
	if !g.First.IsZero() {
		when = fmt.Sprintf(", from %s to %s,", second(g.First), second(g.Last))
	}
	g.Text = fmt.Sprintf("%s%s on %s%s are linked, by %s.", plural(len(g.Acts), "act", "acts"), ends, plural(len(g.Hosts), "host", "hosts"), when, few(by))
}

// verdicts are in order, the worst first.
var verdicts = []string{"confirmed", "probable", "suspicious", "explained", "none"}

func worse(a, b string) string {
	if slices.Index(verdicts, b) >= 0 && slices.Index(verdicts, b) < slices.Index(verdicts, a) {
		return b
	}
	return a
}

// second writes a time for people, to the second.
func second(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// few names at most three.
func few(names []string) string {
	if more := len(names) - 3; more > 0 {
		names = append(names[:3:3], fmt.Sprintf("%d more", more))
	}
	return strings.Join(names, ", ")
}

package triage

import (
	"cmp"
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"hivetriage/artifacts"
	"hivetriage/artifacts/executable"
	"hivetriage/artifacts/executable/signature"
	"hivetriage/artifacts/journal/zoneid"
	"hivetriage/triage/command"
	"hivetriage/triage/coverage"
	"hivetriage/triage/program"
)

const (
	programFiles = "programs' files"

	maxExecutables  = 500       // programs around the acts whose files are looked for
	maxCatalogs     = 50_000    // of one volume
	maxProgramBytes = 512 << 20 // of a file that is hashed and whose signature is checked
)

// wantedPrograms are those around the acts, by path in lower case.
type wantedPrograms struct {
	byPath map[string]*program.Executable
	names  map[string][]*program.Executable // by the last component of the path
	files  map[*program.Executable]artifacts.Entry
	zones  map[string]artifacts.Entry // streams Zone.Identifier, by the place of the file
	lists  []artifacts.Entry          // catalogs
	seen   map[string][]program.Seen  // what other artefacts know of them
}

// programsOf lists the programs in the chains and the records of the acts, and
// those outside Windows' folders that were started around them.
func (r *run) programsOf(w *wanted) *wantedPrograms {
	p := &wantedPrograms{byPath: map[string]*program.Executable{}, names: map[string][]*program.Executable{}, files: map[*program.Executable]artifacts.Entry{}, zones: map[string]artifacts.Entry{}}
	add := func(name, act string) {
		key := command.Normal(name)
		e := p.byPath[key]
		if e == nil {
			if relative, _ := command.VolumePath(name); relative == "" || len(p.byPath) == maxExecutables {
				return
			}
			e = &program.Executable{Path: name, State: program.NotFound, Acts: []string{}}
			p.byPath[key] = e
			base := key[strings.LastIndexByte(key, '\\')+1:]
			p.names[base] = append(p.names[base], e)
		}
		if act != "" && !slices.Contains(e.Acts, act) {
			e.Acts = append(e.Acts, act)
		}
	}
	members := r.members()
	for i, a := range r.acts {
		for _, n := range a.Chain {
			add(n.Process.Executable, a.ID)
		}
		for _, rec := range members[i] {
			for q := rec.Process; q != nil; q = q.Parent {
				add(q.Executable, a.ID)
			}
		}
	}
	for _, name := range r.launched.strange(w) {
		add(name, "")
	}
	for key, e := range p.byPath {
		if i := r.launched[key]; i != nil {
			e.Starts, e.First, e.Last = i.starts(), i.first, i.last
		}
	}
	return p
}

// readExecutables looks for the files of the programs around the acts, on every
// volume, and says what they are.
func (r *run) readExecutables(ctx context.Context, w *wanted) {
	p := r.programsOf(w)
	if len(p.byPath) == 0 {
		return
	}
	concerned := r.findings()
	for _, source := range slices.Concat(r.sources, r.nested) {
		if len(r.sources) > 1 && !concerned[source.Name()] {
			continue // another machine's
		}
		for volume, err := range source.Volumes(ctx) {
			if err == nil && ctx.Err() == nil { // a problem was told by the scan
				r.findPrograms(ctx, source, volume, p)
			}
		}
	}
	p.seen = r.seenPrograms(ctx, p)
	all := make([]*program.Executable, 0, len(p.byPath))
	for _, e := range p.byPath {
		all = append(all, e)
	}
	slices.SortFunc(all, func(a, b *program.Executable) int {
		return strings.Compare(command.Normal(a.Path), command.Normal(b.Path))
	})
	facts := make([]executable.Facts, len(all))
	abreast(r.cfg.Workers, len(all), func(i int) { facts[i] = r.readExecutable(ctx, all[i], p) })
	r.searchCatalogs(ctx, all, facts, p)
	found := int64(0)
	for _, e := range all {
		e.Same = sameAs(e, all)
		e.Seen = p.seen[command.Normal(e.Path)]
		e.Judge(len(p.lists))
		if e.State != program.NotFound {
			found++
		}
		r.executables = append(r.executables, *e)
	}
	r.tieRenamed()
	r.ledger.Note(coverage.Row{What: programFiles, State: coverage.Read, Records: found,
		Why: fmt.Sprintf("%d of %s around the acts have their files in the evidence; signatures were checked offline, against the roots that Windows trusts and %s; revocation is not checked",
			found, plural(len(all), "program", "programs"), plural(len(p.lists), "catalog", "catalogs"))})
}

// findPrograms finds the wanted files on one volume; of several with one place
// it prefers those that are there over those that were.
func (r *run) findPrograms(ctx context.Context, source artifacts.Source, volume artifacts.Volume, p *wantedPrograms) {
	scan := artifacts.Scan{Workers: r.cfg.Workers, Name: func(name, stream []byte) bool {
		if len(stream) > 0 && !strings.EqualFold(string(stream), zoneid.Stream) {
			return false
		}
		lower := strings.ToLower(string(name))
		return p.names[lower] != nil || len(stream) == 0 && strings.HasSuffix(lower, ".cat")
	}}
	catalogs := 0
	for entry, err := range volume.Find(ctx, scan) {
		if err != nil {
			continue // told by the scan
		}
		at := entry.Locator()
		lower := strings.ToLower(at.Path)
		switch {
		case at.Member != "":
		case at.Stream != "":
			p.zones[at.Volume+lower] = entry
		case strings.HasSuffix(lower, ".cat"):
			if strings.Contains(lower, "/catroot/") && catalogs < maxCatalogs && volume.Info().Snapshot == nil && stateOf(entry, entry.Meta()) == "live" {
				catalogs++
				p.lists = append(p.lists, entry)
			}
		default:
			for _, e := range p.names[path.Base(lower)] {
				relative, _ := command.VolumePath(e.Path)
				if !underDrive(lower, relative) {
					continue
				}
				if state := stateOf(entry, entry.Meta()); better(state, e.State) {
					e.State, e.At = state, &at
					p.files[e] = entry
				}
			}
		}
	}
}

// better reports whether a file's state is nearer to what ran than another.
func better(a, b string) bool {
	order := []string{program.NotFound, "overwritten", "deleted", "snapshot", "live"}
	return slices.Index(order, a) > slices.Index(order, b)
}

// underDrive reports whether a path is relative to a drive's root, also where
// the root is a folder of unpacked evidence.
func underDrive(path, relative string) bool {
	return slices.Contains(belowDrive(path), command.Normal(strings.ReplaceAll(relative, "/", `\`)))
}

// readExecutable reads the file of a program. A panic costs this one only.
func (r *run) readExecutable(ctx context.Context, e *program.Executable, p *wantedPrograms) (facts executable.Facts) {
	entry := p.files[e]
	if entry == nil || ctx.Err() != nil {
		return facts
	}
	defer func() {
		if x := recover(); x != nil {
			e.Problem = fmt.Sprintf("bug: %v", x)
		}
	}()
	meta := entry.Meta()
	e.Size, e.Owner = entry.Size(), meta.Owner
	if !meta.LocalTimes {
		e.Times = meta.Times
	}
	content, err := entry.Open(ctx)
	if err != nil {
		e.Problem = why(*e.At, err)
		return facts
	}
	defer content.Close()
	if content.Size() > maxProgramBytes {
		e.Problem = fmt.Sprintf("larger than %d bytes: it was not read", maxProgramBytes)
		return facts
	}
	facts, err = executable.Read(ctx, content, content.Size())
	if err != nil {
		e.Problem = why(*e.At, err)
	}
	takeFacts(e, facts)
	if facts.PE {
		all, err := (signature.Verifier{Now: r.cfg.Now()}).File(ctx, content, facts)
		if err != nil {
			e.Problem = cmp.Or(e.Problem, why(*e.At, err))
		}
		e.Signature = verdictOn(all, "")
	}
	e.Zone = r.zoneOf(ctx, p.zones[e.At.Volume+strings.ToLower(e.At.Path)])
	return facts
}

// sameAs lists the other programs with the same bytes.
func sameAs(e *program.Executable, all []*program.Executable) (paths []string) {
	for _, other := range all {
		if other != e && e.SHA256 != "" && other.SHA256 == e.SHA256 {
			paths = append(paths, other.Path)
		}
	}
	return paths
}

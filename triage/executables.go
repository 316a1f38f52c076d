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
	"hivetriage/artifacts/journal/zoneid"
	"hivetriage/triage/command"
	"hivetriage/triage/coverage"
	"hivetriage/triage/program"
)

const (
	programFiles = "programs' files"

	maxExecutables  = 500       // programs around the acts whose files are looked for
	maxProgramBytes = 512 << 20 // of a file that is hashed and whose signature is checked
)

// readExecutables looks for the files of the programs around the acts, on every
// volume of their computers, and says what they are.
func (r *run) readExecutables(ctx context.Context, w *wanted) {
	p := r.programsOf(w)
	r.seePrograms(ctx, w, p)
	if len(p.all) == 0 {
		return
	}
	for source := range r.concerned() {
		for volume, err := range source.Volumes(ctx) {
			if err == nil && ctx.Err() == nil { // a problem was told by the scan
				r.findPrograms(ctx, volume, p)
			}
		}
	}
	abreast(r.cfg.Workers, len(p.all), func(i int) {
		if e := p.all[i]; e.entry != nil && ctx.Err() == nil {
			r.readExecutable(ctx, e)
			e.entry = nil
		}
	})
	r.searchCatalogs(ctx, p)
	r.judgePrograms(p)
	r.tieRenamed(p)
}

// concerned gives the sources, and the disk images in them, that findings are
// from.
func (r *run) concerned() func(func(artifacts.Source) bool) {
	findings := r.findings()
	return func(yield func(artifacts.Source) bool) {
		for _, source := range slices.Concat(r.sources, r.nested) {
			if (len(r.sources) == 1 || findings[source.Name()]) && !yield(source) {
				return
			}
		}
	}
}

// judgePrograms says what is odd about the programs, and lists them. Those
// that were looked at only because they were started just before a copy are
// listed if something is.
func (r *run) judgePrograms(p *wantedPrograms) {
	slices.SortFunc(p.all, func(a, b *wantedProgram) int {
		return cmp.Or(strings.Compare(command.Normal(a.Path), command.Normal(b.Path)), strings.Compare(a.host, b.host))
	})
	found := 0
	for _, e := range p.all {
		if e.State != program.NotFound {
			found++
		}
		e.Same = sameAs(e, p.all)
		catalogs := 0
		if e.At != nil {
			catalogs = p.catalogs[r.ownPlace(*e.At)]
		}
		e.Judge(catalogs)
		for _, at := range e.binned {
			if e.At != nil && at == folded(*e.At) {
				e.Notes = append(e.Notes, "its file was moved to the Recycle Bin: "+e.At.Path)
			}
		}
		if !e.moment || len(e.Notes) > 0 {
			r.executables = append(r.executables, e.Executable)
		}
	}
	all := 0
	for _, n := range p.catalogs {
		all += n
	}
	r.ledger.Note(coverage.Row{What: programFiles, State: coverage.Read, Records: int64(found),
		Why: fmt.Sprintf("%d of %s around the acts have their files in the evidence; signatures were checked offline, against the roots that Windows trusts and %s; revocation is not checked",
			found, plural(len(p.all), "program", "programs"), plural(all, "catalog", "catalogs"))})
	if n := p.beyond + int(min(r.launched.beyond, 1)); n > 0 {
		r.ledger.Note(coverage.Row{What: programFiles, State: coverage.Skipped, Records: int64(p.beyond),
			Why: fmt.Sprintf("the files of at most %d programs are looked for, and the starts of at most %d programs are counted: those beyond are not", maxExecutables, maxLaunches)})
	}
}

// folded is a place with its path in lower case, and without its stream.
func folded(at artifacts.Locator) artifacts.Locator {
	at.Path, at.Stream = strings.ToLower(at.Path), ""
	return at
}

// findPrograms finds the wanted files on one volume. What comes in one stream
// is read at once, while its content is at hand.
func (r *run) findPrograms(ctx context.Context, volume artifacts.Volume, p *wantedPrograms) {
	streamed, _ := volume.(artifacts.Streamed)
	atOnce := streamed != nil && streamed.Streamed()
	if atOnce {
		p.streamed = append(p.streamed, volume)
	}
	lists := volume.Info().Snapshot == nil && !atOnce
	scan := artifacts.Scan{Workers: r.cfg.Workers, Name: func(name, stream []byte) bool {
		lower := strings.ToLower(string(name))
		return p.wants(lower, string(stream)) || lists && len(stream) == 0 && strings.HasSuffix(lower, catalogSuffix)
	}}
	for entry, err := range volume.Find(ctx, scan) {
		if err != nil {
			continue // told by the scan
		}
		at := entry.Locator()
		lower := strings.ToLower(at.Path)
		if at.Member != "" {
			continue
		}
		if strings.EqualFold(at.Stream, zoneid.Stream) {
			p.zones[folded(at)] = r.zoneOf(ctx, entry)
			continue
		}
		if lists && isCatalogPlace(lower) && at.Stream == "" && stateOf(entry, entry.Meta()) == "live" {
			p.lists = append(p.lists, entry)
			continue
		}
		for _, e := range p.candidates(path.Base(lower)) {
			if (e.is(lower, at.Stream) || slices.Contains(e.binned, folded(at)) && at.Stream == "") && r.chooses(e, entry) && atOnce {
				r.readExecutable(ctx, e)
				e.entry = nil
			}
		}
	}
	for _, e := range p.all {
		if e.At != nil {
			e.Zone = p.zones[folded(*e.At)]
		}
	}
}

// wants reports whether a stream may be that of a program, or the mark of its
// file.
func (p *wantedPrograms) wants(lower, stream string) bool {
	return slices.ContainsFunc(p.candidates(lower), func(e *wantedProgram) bool {
		return strings.EqualFold(stream, e.stream) || strings.EqualFold(stream, zoneid.Stream)
	})
}

// candidates are the programs whose files may be called so.
func (p *wantedPrograms) candidates(lower string) []*wantedProgram {
	found := p.names[lower]
	for _, e := range p.short {
		if command.Shortens(path.Base(e.relative), lower) {
			found = append(slices.Clip(found), e)
		}
	}
	return found
}

// chooses takes a file for a program's, if none was found that is nearer to
// what ran: one of the same computer, and one that is there before one that was.
func (r *run) chooses(e *wantedProgram, entry artifacts.Entry) bool {
	at := entry.Locator()
	near, state := r.nearness(e, at), stateOf(entry, entry.Meta())
	if near == 0 || near < e.near || near == e.near && !better(state, e.State) {
		return false
	}
	e.State, e.At, e.entry, e.near = state, &at, entry, near
	return true
}

// better reports whether a file's state is nearer to what ran than another.
func better(a, b string) bool {
	order := []string{program.NotFound, "overwritten", "deleted", "snapshot", "live"}
	return slices.Index(order, a) > slices.Index(order, b)
}

// readExecutable reads the file of a program. A panic costs this one only.
func (r *run) readExecutable(ctx context.Context, e *wantedProgram) {
	defer func() {
		if x := recover(); x != nil {
			e.Problem = fmt.Sprintf("bug: %v", x)
		}
	}()
	e.facts, e.Signature, e.Problem, e.Unreliable, e.Times = executable.Facts{}, nil, "", "", artifacts.Times{}
	takeFacts(&e.Executable, e.facts) // of a file that was found before
	meta := e.entry.Meta()
	e.Size, e.Owner, e.Unreliable = e.entry.Size(), meta.Owner, meta.Unreliable
	if e.State == "overwritten" {
		e.Unreliable = cmp.Or(e.Unreliable, "clusters that the file had belong to something else by now")
	}
	if !meta.LocalTimes {
		e.Times = meta.Times
	}
	content, err := e.entry.Open(ctx)
	if err != nil {
		e.Problem = why(*e.At, err)
		return
	}
	defer content.Close()
	if content.Size() > maxProgramBytes {
		e.Problem = fmt.Sprintf("larger than %d bytes: it was not read", maxProgramBytes)
		return
	}
	e.facts, err = executable.Read(ctx, content, content.Size())
	if err != nil {
		e.Problem = why(*e.At, err)
	}
	takeFacts(&e.Executable, e.facts)
	if e.facts.PE {
		all, err := r.verifier().File(ctx, content, e.facts)
		if err != nil {
			e.Problem = cmp.Or(e.Problem, why(*e.At, err))
		}
		e.Signature = verdictOn(all, "")
	}
}

// sameAs lists the other programs with the same bytes.
func sameAs(e *wantedProgram, all []*wantedProgram) (paths []string) {
	for _, other := range all {
		if other != e && e.SHA256 != "" && e.Size > 0 && e.Unreliable == "" && other.Unreliable == "" && other.SHA256 == e.SHA256 {
			paths = append(paths, other.Path)
		}
	}
	return paths
}

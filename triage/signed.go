package triage

import (
	"context"
	"fmt"
	"strings"

	"hivetriage/artifacts"
	"hivetriage/artifacts/executable"
	"hivetriage/artifacts/executable/catalog"
	"hivetriage/artifacts/executable/signature"
	"hivetriage/artifacts/journal/zoneid"
	"hivetriage/triage/coverage"
	"hivetriage/triage/program"
)

const (
	catalogSuffix  = ".cat"
	maxCatalogs    = 100_000  // that are searched
	maxCatalogSize = 64 << 20 // bytes of one that is searched
)

// takeFacts tells what a program's file says of itself.
func takeFacts(e *program.Executable, f executable.Facts) {
	e.SHA256, e.SHA1 = f.SHA256, f.SHA1
	e.Machine = f.Machine
	e.Compiled, e.Reproducible = f.Compiled, f.Reproducible
	v := f.Version
	e.Original, e.Description, e.Company, e.Version = v.OriginalFilename, v.FileDescription, v.CompanyName, v.FileVersion
	if e.Version == "" {
		e.Version = v.FixedFile
	}
}

// verdictOn tells the signature that speaks for a file. place is that of the
// catalog that holds it, "" where the file does.
func verdictOn(all []signature.Signature, place string) *program.Signature {
	if len(all) == 0 {
		return nil
	}
	s := signature.Best(all)
	return &program.Signature{State: string(s.State), Signer: named(s.Signer), Issuer: s.Issuer, Root: s.Root.Name, SHA1: s.Signer.SHA1, Time: s.Time, Proven: s.Proven,
		Microsoft: s.Microsoft, Catalog: place, Because: notNil(s.Because)}
}

// named writes whom a certificate names.
func named(c signature.Certificate) string {
	if c.Organisation == "" || strings.EqualFold(c.Organisation, c.Name) {
		return c.Name
	}
	return c.Name + " (" + c.Organisation + ")"
}

// zoneOf reads a file's mark of the web; nil where it cannot be read.
func (r *run) zoneOf(ctx context.Context, entry artifacts.Entry) *program.Zone {
	content, err := entry.Open(ctx)
	if err == nil {
		defer content.Close()
		var zone zoneid.Zone
		if zone, err = zoneid.Parse(ctx, content, content.Size()); err == nil {
			return &program.Zone{ID: zone.ID, Host: zone.Host, Referrer: zone.Referrer}
		}
	}
	r.ledger.Problem("mark of the web", artifacts.Located(entry.Locator(), err), false)
	return nil
}

// isCatalogPlace reports whether Windows keeps catalogs at a place, in lower case.
func isCatalogPlace(lower string) bool {
	return strings.HasSuffix(lower, catalogSuffix) && strings.Contains(lower, "/catroot/")
}

// A catalogSearch looks for unsigned programs in the catalogs of the evidence.
type catalogSearch struct {
	r        *run
	wanted   []executable.Digests
	unsigned map[string][]*wantedProgram // by Authenticode hash
	p        *wantedPrograms

	failed  int // catalogs that could not be read
	failure string
	beyond  int // those that were not read
}

// searchCatalogs looks for the programs without a signature of their own in
// the catalogs of the evidence.
func (r *run) searchCatalogs(ctx context.Context, p *wantedPrograms) {
	s := &catalogSearch{r: r, p: p, unsigned: map[string][]*wantedProgram{}}
	for _, e := range p.all {
		if e.Signature == nil || e.Signature.State != string(signature.Unsigned) {
			continue
		}
		s.wanted = append(s.wanted, e.facts.Authenticode)
		for _, d := range []string{e.facts.Authenticode.SHA1, e.facts.Authenticode.SHA256} {
			if d != "" {
				s.unsigned[d] = append(s.unsigned[d], e)
			}
		}
	}
	if len(s.wanted) == 0 {
		return
	}
	lists := p.lists[:min(len(p.lists), maxCatalogs)]
	s.beyond = len(p.lists) - len(lists)
	looked := make([]lookedIn, len(lists))
	abreast(r.cfg.Workers, len(lists), func(i int) { looked[i] = s.look(ctx, lists[i]) })
	for _, l := range looked {
		s.take(l)
	}
	for _, volume := range p.streamed {
		scan := artifacts.Scan{Workers: r.cfg.Workers, Name: func(name, stream []byte) bool {
			return len(stream) == 0 && strings.HasSuffix(strings.ToLower(string(name)), catalogSuffix)
		}}
		for entry, err := range volume.Find(ctx, scan) {
			if at := entryPlace(entry, err); at != "" && isCatalogPlace(at) {
				s.take(s.look(ctx, entry))
			}
		}
	}
	s.note()
}

// entryPlace is the path of a file in lower case; "" where there is none.
func entryPlace(entry artifacts.Entry, err error) string {
	if err != nil || entry.Locator().Member != "" {
		return "" // an error was told by the scan
	}
	return strings.ToLower(entry.Locator().Path)
}

// lookedIn is what one catalog lists.
type lookedIn struct {
	at    artifacts.Locator
	found []catalog.Found
	err   error
	large bool
}

// look reads a catalog. A panic costs this one only.
func (s *catalogSearch) look(ctx context.Context, list artifacts.Entry) (l lookedIn) {
	l.at = list.Locator()
	defer func() {
		if x := recover(); x != nil {
			l.err = artifacts.NewProblem(artifacts.Bug, -1, "%v", x)
		}
	}()
	if l.err = ctx.Err(); l.err != nil {
		return l
	}
	if l.large = list.Size() > maxCatalogSize; l.large {
		return l
	}
	content, err := list.Open(ctx)
	if err != nil {
		l.err = err
		return l
	}
	defer content.Close()
	l.found, l.err = catalog.NewSearch(s.r.verifier(), s.wanted...).Look(ctx, content, content.Size())
	return l
}

// take counts a catalog, and gives the programs that it lists its signature.
// Of several, a valid one speaks for the file.
func (s *catalogSearch) take(l lookedIn) {
	switch {
	case interrupted(l.err):
		return
	case l.large:
		s.beyond++
	case l.err != nil:
		if s.failed++; s.failed == 1 {
			s.failure = l.at.Place() + ": " + why(l.at, l.err)
		}
	default:
		s.p.catalogs[s.r.ownPlace(l.at)]++
	}
	for _, f := range l.found {
		for _, e := range s.unsigned[f.Digest] {
			if e.Signature.Catalog == "" || !e.Signature.Holds() {
				e.Signature = verdictOn([]signature.Signature{f.Catalog.Signature}, l.at.Place())
			}
		}
	}
}

// note tells which catalogs do not count.
func (s *catalogSearch) note() {
	if s.failed > 0 {
		s.r.ledger.Note(coverage.Row{What: "catalogs", State: coverage.Failed, Records: int64(s.failed),
			Why: plural(s.failed, "catalog", "catalogs") + " could not be read: a program that is listed in one of them passes for unsigned; the first: " + s.failure})
	}
	if s.beyond > 0 {
		s.r.ledger.Note(coverage.Row{What: "catalogs", State: coverage.Skipped, Records: int64(s.beyond),
			Why: fmt.Sprintf("%s: those larger than %d bytes, and those beyond the first %d", plural(s.beyond, "catalog was not read", "catalogs were not read"), maxCatalogSize, maxCatalogs)})
	}
}

// verifier judges signatures as of the time of the run.
func (r *run) verifier() signature.Verifier {
	v := r.signatures
	v.Now = r.cfg.Now()
	return v
}

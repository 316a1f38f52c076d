package triage

import (
	"context"
	"strings"

	"hivetriage/artifacts"
	"hivetriage/artifacts/executable"
	"hivetriage/artifacts/executable/catalog"
	"hivetriage/artifacts/executable/signature"
	"hivetriage/artifacts/journal/zoneid"
	"hivetriage/triage/program"
)

// maxCatalogSize bounds the catalogs that are searched, in bytes.
const maxCatalogSize = 64 << 20

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

// zoneOf reads a file's mark of the web; nil where it has none.
func (r *run) zoneOf(ctx context.Context, entry artifacts.Entry) *program.Zone {
	if entry == nil {
		return nil
	}
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

// searchCatalogs looks for the programs without a signature of their own in
// the catalogs of the evidence.
func (r *run) searchCatalogs(ctx context.Context, all []*program.Executable, facts []executable.Facts, p *wantedPrograms) {
	unsigned := map[string][]*program.Executable{}
	var wanted []executable.Digests
	for i, e := range all {
		if e.Signature == nil || e.Signature.State != string(signature.Unsigned) {
			continue
		}
		wanted = append(wanted, facts[i].Authenticode)
		for _, d := range []string{facts[i].Authenticode.SHA1, facts[i].Authenticode.SHA256} {
			if d != "" {
				unsigned[d] = append(unsigned[d], e)
			}
		}
	}
	if len(wanted) == 0 {
		return
	}
	found := make([][]catalog.Found, len(p.lists))
	abreast(r.cfg.Workers, len(p.lists), func(i int) {
		at := p.lists[i].Locator()
		defer func() {
			if x := recover(); x != nil {
				r.ledger.Problem("catalog", artifacts.Located(at, artifacts.NewProblem(artifacts.Bug, -1, "%v", x)), false)
			}
		}()
		if ctx.Err() != nil || p.lists[i].Size() > maxCatalogSize {
			return
		}
		var err error
		if found[i], err = r.lookIn(ctx, p.lists[i], wanted); err != nil {
			r.ledger.Problem("catalog", artifacts.Located(at, err), false)
		}
	})
	for i, list := range found {
		for _, f := range list {
			for _, e := range unsigned[f.Digest] {
				if e.Signature.Catalog == "" || !e.Signature.Holds() {
					e.Signature = verdictOn([]signature.Signature{f.Catalog.Signature}, p.lists[i].Locator().Place())
				}
			}
		}
	}
}

func (r *run) lookIn(ctx context.Context, list artifacts.Entry, wanted []executable.Digests) ([]catalog.Found, error) {
	content, err := list.Open(ctx)
	if err != nil {
		return nil, err
	}
	defer content.Close()
	return catalog.NewSearch(signature.Verifier{Now: r.cfg.Now()}, wanted...).Look(ctx, content, content.Size())
}

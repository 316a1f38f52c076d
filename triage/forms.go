package triage

import (
	"cmp"
	"context"
	"fmt"
	"io"

	"hivetriage/artifacts"
	"hivetriage/artifacts/hive"
	"hivetriage/artifacts/hive/encoded"
	"hivetriage/artifacts/hive/text"
	"hivetriage/triage/coverage"
	"hivetriage/triage/locate"
)

// The forms of an export.
const (
	formText     = "reg"      // a .reg file
	formFragment = "fragment" // a hive of which parts are missing
)

// isHive reports whether a stream that begins with head is a hive in any of
// its forms.
func isHive(head []byte) bool {
	if hive.IsBaseBlock(head) || hive.IsBins(head) || text.IsExport(head) {
		return true
	}
	_, ok := encoded.Detect(head)
	return ok
}

// A decoded is the content of an entry in another form than the entry's.
type decoded struct {
	io.ReaderAt
	size int64
}

func (d decoded) Size() int64  { return d.size }
func (d decoded) Close() error { return nil }

// encodedHive reads a hive that was written as text or combined with a byte.
// One is decoded at a time: it is in memory while it is read.
func (r *run) encodedHive(ctx context.Context, entry artifacts.Entry, content artifacts.Content, encoding encoded.Encoding) hiveFact {
	r.decoding.Lock()
	defer r.decoding.Unlock()
	plain, size, decodeErr := encoding.Open(content, content.Size())
	id, err := hive.Identify(plain, size)
	f := r.identifiedHive(ctx, entry, decoded{plain, size}, id, cmp.Or(decodeErr, err))
	at := entry.Locator()
	for _, e := range f.exports {
		e.IdentifiedBy = append([]string{"the file holds a hive in another form: " + encoding.String()}, e.IdentifiedBy...)
		if e.SHA256 != "" {
			e.IdentifiedBy = append(e.IdentifiedBy, fmt.Sprintf("decoded: %d bytes, SHA-256 %s", size, e.SHA256))
		}
		e.Provenance.Because = append(e.Provenance.Because, "the hive was encoded after it was taken")
		if !e.Integrity.Complete {
			e.Form = formFragment
		}
		e.SHA256, err = digest(ctx, content, content.Size(), nil)
		if err != nil {
			f.row.State, f.row.Why = coverage.Partial, why(at, err)
		}
		e.ID = locate.ExportID(*e)
	}
	return f
}

// fragment reads what is left of a credential hive whose root key cannot be
// reached. err says why.
func (r *run) fragment(ctx context.Context, entry artifacts.Entry, content artifacts.Content, id hive.Identity, err error) hiveFact {
	f := r.credentialHive(ctx, entry, content, id, err)
	for _, e := range f.exports {
		e.Form = formFragment
		e.ID = locate.ExportID(*e)
	}
	return f
}

// textHive reads a .reg file. Those that hold none of the three hives are
// counted only.
func (r *run) textHive(ctx context.Context, entry artifacts.Entry, content artifacts.Content) hiveFact {
	at, meta := entry.Locator(), entry.Meta()
	export, err := text.Read(content, content.Size())
	f := hiveFact{row: coverage.Row{State: coverage.Read, Bytes: content.Size()}}
	if len(export.Hives) > 0 || err != nil {
		f.row.What, f.row.At = "reg export", &at
	}
	if err != nil {
		f.row.State, f.row.Why, f.row.Gap = coverage.Partial, why(at, err), true
	}
	if len(export.Hives) == 0 {
		return f
	}
	sum, sumErr := digest(ctx, content, content.Size(), nil)
	if sumErr != nil {
		f.row.State, f.row.Why = coverage.Partial, why(at, sumErr)
	}
	for _, h := range export.Hives {
		e := describe(entry, meta, hive.Identity{Kind: h.Kind, Certainty: h.Certainty, Because: h.Because}, nil)
		e.Form, e.SHA256 = formText, sum
		if len(export.Hives) > 1 {
			e.At.Member = h.Mount
		}
		e.IdentifiedBy = append([]string{fmt.Sprintf("%s text under the header %q, %s below %s", export.Encoding, export.Header, plural(h.Keys, "key", "keys"), h.Mount)}, e.IdentifiedBy...)
		e.Provenance = textProvenance(h)
		e.Location = r.textLocation(at, e)
		e.Taken = bracket(e, hive.Identity{}, nil, true)
		e.Integrity.Problems = append(e.Integrity.Problems, missingInText(h)...)
		for _, problem := range []error{err, sumErr} {
			if problem != nil {
				e.Integrity.Complete = false
				e.Integrity.Problems = append(e.Integrity.Problems, why(at, problem))
			}
		}
		e.BelongsTo = belongsTo(h.Facts)
		e.ID = locate.ExportID(*e)
		f.exports = append(f.exports, e)
		f.copies = append(f.copies, textContents(h, err == nil))
	}
	return f
}

func (r *run) textLocation(at artifacts.Locator, e *locate.Export) locate.Location {
	l := locate.Classify(locate.Place{Path: at.Path, Stream: at.Stream, Hive: e.Hive, Size: e.Size, State: e.State,
		Unpacked: r.unpacked[at.Source], Provenance: e.Provenance})
	if l.Class == locate.Normal {
		return locate.Location{Class: locate.Check, Why: "A hive belongs here, but this is a text export of one, which Windows never keeps."}
	}
	return l
}

// textProvenance says what a .reg file tells of its making.
func textProvenance(h text.Hive) locate.Provenance {
	p := locate.Provenance{Method: "reg export", Confidence: hive.Likely,
		Because: []string{"the text has the form that reg export and regedit write"}}
	switch {
	case h.Accounts > 0:
		p.Because = append(p.Because, plural(h.Accounts, "account or secret is", "accounts or secrets are")+" in it, which only SYSTEM may read where the hive is live: "+
			"it was exported as SYSTEM, after a change of the key's permissions, or from a hive that was loaded from a copy")
	case h.Kind != hive.System:
		p.Because = append(p.Because, "no account and no secret is in it: that is all that reg export gives an administrator")
	}
	if h.Mount != `HKEY_LOCAL_MACHINE\`+string(h.Kind) {
		p.Because = append(p.Because, fmt.Sprintf("its keys stand below %q, not where Windows has the live hive: it may have been loaded from a copy", h.Mount))
	}
	return p
}

// missingInText says what a .reg file cannot hold.
func missingInText(h text.Hive) []string {
	missing := []string{"a text export has no times of keys and no security descriptors"}
	if h.Kind == hive.System {
		missing = append(missing, "a text export has no class names: the boot key is not in it")
	}
	return missing
}

package triage

import (
	"fmt"
	"path"
	"strings"

	"hivetriage/artifacts"
	"hivetriage/artifacts/execution/prefetch"
	"hivetriage/artifacts/journal/recyclebin"
)

// whatIsLeft says what is to be known of a file that is gone, "" of one that
// is not.
func whatIsLeft(a artifacts.Allocation) string {
	switch a {
	case artifacts.Deleted:
		return "the file is deleted; its clusters are free, and may have been used for other files in between"
	case artifacts.Overwritten:
		return "the file is deleted, and some of its clusters belong to other files by now"
	}
	return ""
}

// misnamed says how the name of an artefact's file contradicts what it holds,
// "" if it does not. Names that a file has from the Recycle Bin, or from nobody,
// tell nothing.
func misnamed(at artifacts.Locator, t *artifacts.Trace) string {
	name := path.Base(at.Path)
	if t.Artefact != prefetch.Artefact || strings.HasPrefix(at.Path, "/$OrphanFiles/OrphanFile-") || recyclebin.SID(at.Path) != "" || !prefetch.Misnamed(at.Path, t) {
		return ""
	}
	is := t.Entry
	if hash := t.Detail("Hash"); hash != "" {
		is += "-" + hash
	}
	if strings.HasSuffix(strings.ToUpper(name), "_"+strings.ToUpper(is)+".PF") {
		return "" // with what a tool put before it
	}
	return fmt.Sprintf("the file is called %q and holds what belongs in one called %s.pf: it was renamed, or put there by hand", name, is)
}

// doubts are what the reader of a record from the file has to know.
func (f *traceFile) doubts() (all []string) {
	for _, doubt := range []string{whatIsLeft(f.allocation), f.misnamed} {
		if doubt != "" {
			all = append(all, fmt.Sprintf("Of %s: %s.", f.at.Place(), doubt))
		}
	}
	return all
}

// troubles tells why a file could not be read whole, and of one that is gone
// that this is what is to be expected.
func (f *traceFile) troubles() string {
	said := strings.Join(f.problem, "; ")
	if left := whatIsLeft(f.allocation); left != "" && said != "" {
		said = left + ": " + said
	}
	if f.misnamed != "" && said != "" {
		return said + "; " + f.misnamed
	}
	return said + f.misnamed
}

package triage

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"hivetriage/artifacts"
	"hivetriage/triage/coverage"
)

// maxListed bounds the archives of a volume that are listed for one reason;
// the others are counted.
const maxListed = 20

// notOpened lists the archives that could not be read, or not wholly.
type notOpened struct {
	reasons []string
	rows    map[string][]coverage.Row // up to maxListed of each reason
	count   map[string]int64
}

func (n *notOpened) add(at artifacts.Locator, row coverage.Row) {
	if n.rows == nil {
		n.rows, n.count = map[string][]coverage.Row{}, map[string]int64{}
	}
	if n.count[row.Why]++; n.count[row.Why] == 1 {
		n.reasons = append(n.reasons, row.Why)
	}
	if len(n.rows[row.Why]) < maxListed {
		row.What, row.At = "archive", &at
		n.rows[row.Why] = append(n.rows[row.Why], row)
	}
}

// note tells what was opened and what was not.
func (a *archives) note() {
	l := &a.r.ledger
	slices.Sort(a.closed.reasons)
	for _, reason := range a.closed.reasons {
		rows := a.closed.rows[reason]
		for _, row := range rows {
			l.Note(row)
		}
		if more := a.closed.count[reason] - int64(len(rows)); more > 0 {
			l.Note(coverage.Row{What: "archive", At: &a.at, State: rows[0].State, Records: more, Gap: rows[0].Gap,
				Why: fmt.Sprintf("%d more on the volume: %s", more, reason)})
		}
	}
	if a.opened > 0 {
		how := "those whose name or size could be a hive's were looked into"
		if a.r.cfg.Deep {
			how = "each was looked into"
		}
		l.Note(coverage.Row{What: "archives on the volume", At: &a.at, State: coverage.Read, Records: a.opened,
			Why: fmt.Sprintf("%s opened, with %s; %s: %d", plural(int(a.opened), "archive", "archives"), plural(int(a.members), "member", "members"), how, a.examined)})
	}
	if n := a.packages.Load(); n > 0 {
		l.Note(coverage.Row{What: "archives on the volume", At: &a.at, State: coverage.Skipped, Records: n,
			Why: fmt.Sprintf("documents or packages by the name of their first member, not opened without --deep: %s", plural(int(n), "zip", "zips"))})
	}
	if n := a.headless.Load(); n > 0 {
		l.Note(coverage.Row{What: "archives on the volume", At: &a.at, State: coverage.Skipped, Records: n, Gap: true,
			Why: fmt.Sprintf("begins like a zip, but what follows is no member, not opened without --deep: %s", plural(int(n), "file", "files"))})
	}
}

// What a zip's first bytes say of it.
type zipSort uint8

const (
	zipPlain   zipSort = iota
	zipPackage         // a document or a package
	zipBroken          // the first member's header is none
)

// packageNames are the first members of documents and packages: Office's and
// OpenDocument's, Java's, Android's, Windows' and of e-books.
var packageNames = []string{"[content_types].xml", "_rels/", "mimetype", "meta-inf/", "androidmanifest.xml", "classes.dex", "docprops/", "customxml/",
	"word/", "xl/", "ppt/", "appxmanifest.xml", "manifest.json"}

// zipHead judges the header of the first member (APPNOTE.TXT 4.3.7): version
// u16 at 4, method u16 at 8, length of the name u16 at 26, the name at 30.
func zipHead(head []byte) zipSort {
	const magic, size = "PK\x03\x04", 30
	if !strings.HasPrefix(string(head[:min(len(head), len(magic))]), magic) {
		return zipPlain // empty, or the first part of a set
	}
	if len(head) < size {
		return zipBroken
	}
	version, method, name := binary.LittleEndian.Uint16(head[4:])&0xff, binary.LittleEndian.Uint16(head[8:]), int(binary.LittleEndian.Uint16(head[26:]))
	const newest, lastMethod, longest = 63, 99, 1024
	if version > newest || method > lastMethod || name == 0 || name > longest {
		return zipBroken
	}
	first := strings.ToLower(string(head[size:min(len(head), size+name)]))
	for _, p := range packageNames {
		if first == p || strings.HasSuffix(p, "/") && strings.HasPrefix(first, p) {
			return zipPackage
		}
	}
	return zipPlain
}

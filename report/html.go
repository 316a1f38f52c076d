package report

import (
	"bufio"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"reflect"
	"strings"
	"sync"
	"time"

	"hivetriage/artifacts"
	"hivetriage/triage"
	"hivetriage/triage/correlate"
	"hivetriage/triage/coverage"
	"hivetriage/triage/expose"
	"hivetriage/triage/locate"
)

//go:embed html/*.tmpl html/style.css html/report.js
var htmlFiles embed.FS

// page is parsed when one is written: a run that writes none does not wait for it.
var page = sync.OnceValue(parsePage)

func parsePage() *template.Template {
	return template.Must(template.New("page.tmpl").Funcs(pageFuncs).ParseFS(htmlFiles, "html/*.tmpl"))
}

var pageFuncs = template.FuncMap{
	"account":    account,
	"actor":      func(a correlate.Act) string { return actorText(&a) },
	"anchor":     anchor,
	"beyond":     beyond,
	"bytes":      bytesText,
	"cell":       func(s any) template.HTML { return isolated(plainText(s)) },
	"chunks":     chunks,
	"count":      func(n any) string { return grouped(reflect.ValueOf(n).Int()) },
	"counted":    counted,
	"exposed":    func(x expose.Row) string { return exposedAbout(&x) },
	"ev":         func(s any) template.HTML { return markup("bdi", plainText(s)) },
	"first":      first,
	"limits":     func() limits { return limits{maxCards, maxRows, maxLines, maxEntries, maxLinks, openCards} },
	"inputKind":  func(in artifacts.Input) string { return kindText(&in) },
	"join":       strings.Join,
	"logonType":  logonType,
	"lines":      func(s string) []string { return strings.Split(s, "\n") },
	"machine":    func(s string) template.HTML { return markup("code", s) },
	"otherRules": otherRules,
	"parts":      answerParts,
	"points":     func(r correlate.Reason) string { return points(&r) },
	"plain":      func(s string) string { return shorten(visible(s), shortText) },
	"short":      func(s string) string { return shorten(s, shortText) },
	"size":       sizeText,
	"slug":       slug,
	"source":     place,
	"sourceRows": sourceRows,
	"span":       span,
	"stamp":      stamp,
	"sum":        func(a correlate.Act) string { return sumText(&a) },
	"taken":      takenText,
	"technique":  techniqueName,
	"titled":     func(title string, rows []coverage.Row) titledRows { return titledRows{title, rows} },
	"verdict":    verdictTitle,
}

var style = template.CSS(embedded("html/style.css"))

// script is the report's one script as an element. The comments keep a reader
// of strict XML from reading it as markup.
var script = "//<![CDATA[\n" + embedded("html/report.js") + "//]]>"

// policy lets that script run, by its digest, and nothing else; and nothing at
// all be loaded. A text never becomes markup or code: trusted types are
// required, and none are made.
var policy = func() string {
	digest := sha256.Sum256([]byte(script))
	return "default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-" + base64.StdEncoding.EncodeToString(digest[:]) +
		"'; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
}()

func embedded(name string) string {
	data, err := htmlFiles.ReadFile(name)
	if err != nil {
		panic(err) // the file is embedded above
	}
	return string(data)
}

// shortText is how many runes of a text the front page shows.
const shortText = 160

// document is what the templates see.
type document struct {
	*front
	Style    template.CSS
	Script   template.HTML
	Policy   string
	Figure   figure
	Attack   []techniqueUse
	Sections []section

	ActCards    []correlate.Act
	ExportCards []locate.Export
	RecordCards []correlate.Record
	cards       map[string]bool // ids that are told in full
	rows        map[string]bool // other ids, which have a row in a table
}

type section struct{ ID, Title string }

// HTML writes the case as one HTML file that loads nothing, can be read in full
// without a script and can be opened from a disk that is offline. An error is
// w's.
func HTML(w io.Writer, c *triage.Case) error {
	f := newFront(c)
	attack := f.techniques()
	d := &document{
		front:       f,
		Style:       style,
		Script:      template.HTML("<script>" + script + "</script>"),
		Policy:      policy,
		Figure:      newFigure(c.Timeline),
		Attack:      attack,
		Sections:    sections(c, attack),
		ActCards:    actCards(c.Acts),
		ExportCards: exportCards(c.Exports),
		RecordCards: recordCards(c.Records),
		cards:       map[string]bool{},
		rows:        map[string]bool{},
	}
	d.place()
	buffered := bufio.NewWriterSize(w, 1<<16)
	if err := page().Execute(buffered, d); err != nil {
		return err
	}
	return buffered.Flush()
}

// place notes which ids the page shows.
func (d *document) place() {
	for i := range d.ActCards {
		d.cards[d.ActCards[i].ID] = true
	}
	for i := range d.ExportCards {
		d.cards[d.ExportCards[i].ID] = true
	}
	for i := range d.RecordCards {
		d.cards[d.RecordCards[i].ID] = true
	}
	for i := range d.Exports[:min(maxRows, len(d.Exports))] {
		d.rows[d.Exports[i].ID] = true
	}
	for i := range d.Records[:min(maxRows, len(d.Records))] {
		d.rows[d.Records[i].ID] = true
	}
	for i := range d.KnownCopies[:min(maxLines, len(d.KnownCopies))] {
		d.rows[d.KnownCopies[i].ID] = true
	}
}

// sections are the parts of the report that this case fills, in order.
func sections(c *triage.Case, attack []techniqueUse) []section {
	all := []struct {
		section
		filled bool
	}{
		{section{"timeline", "Timeline"}, len(c.Timeline) > 0},
		{section{"acts", "Acts"}, len(c.Acts) > 0},
		{section{"exports", "Exports"}, len(c.Exports) > 0},
		{section{"records", "Records"}, len(c.Records) > 0},
		{section{"programs", "Programs"}, len(c.Executables) > 0},
		{section{"notices", noticesTitle(c)}, len(c.Notices) > 0},
		{section{"guide", "Investigation guide"}, len(c.Guide) > 0},
		{section{"response", "Response"}, len(c.Response) > 0},
		{section{"exposure", "Exposure"}, len(c.Exposure) > 0},
		{section{"known", "Known copies"}, len(c.KnownCopies) > 0},
		{section{"coverage", "Coverage"}, true},
		{section{"method", "Method and custody"}, true},
		{section{"attack", "ATT&CK"}, len(attack) > 0},
	}
	var filled []section
	for _, s := range all {
		if s.filled {
			filled = append(filled, s.section)
		}
	}
	return filled
}

// longText is how many bytes of a text are shown without a frame to scroll in.
const longText = 600

// markup is a text of the case as HTML, in <bdi> or in <code>: isolated from
// the direction of the text around it, with escapes marked so that they cannot
// be mistaken for the same characters in the text.
func markup(tag, s string) template.HTML {
	var b strings.Builder
	b.WriteString("<" + tag)
	if tag != "bdi" {
		b.WriteString(` dir="auto"`)
	}
	if len(s) > longText {
		b.WriteString(` class="long" tabindex="0"`)
	}
	b.WriteString(">")
	marked(&b, s)
	b.WriteString("</" + tag + ">")
	return template.HTML(b.String())
}

// isolated is a text of the case that is alone in a cell of a table or in an
// element of its own, which is isolation enough: long tables have a node less
// for each.
func isolated(s string) template.HTML {
	if len(s) > longText {
		return markup("bdi", s)
	}
	if plainLength(s) == len(s) {
		return template.HTML(template.HTMLEscapeString(s))
	}
	var b strings.Builder
	marked(&b, s)
	return template.HTML(b.String())
}

// marked writes a text with its escapes in an element that marks them.
func marked(b *strings.Builder, s string) {
	marked := false
	for text, escape := range segments(s) {
		if marked && text != "" {
			b.WriteString("</span>")
			marked = false
		}
		b.WriteString(template.HTMLEscapeString(text))
		if escape != "" && !marked {
			b.WriteString(`<span class="esc">`)
			marked = true
		}
		b.WriteString(escape)
	}
	if marked {
		b.WriteString("</span>")
	}
}

// anchor makes an id into a name that is safe in an id attribute and a link.
func anchor(id string) string {
	var b strings.Builder
	for _, r := range shorten(id, 80) {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '-', r == '_':
			b.WriteRune(r)
		default:
			fmt.Fprintf(&b, ".%x", r)
		}
	}
	return "id-" + b.String()
}

// plainText is a text or another simple value as a text.
func plainText(value any) string {
	if s, ok := value.(string); ok {
		return s
	}
	return fmt.Sprint(value)
}

// slug makes one of the case's fixed words into a class name.
func slug(s any) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' {
			return r
		}
		return '-'
	}, strings.ToLower(plainText(s)))
}

// sizeText is a size, or "" where none was recorded.
func sizeText(n int64) string {
	if n == 0 {
		return ""
	}
	return bytesText(n)
}

// A link leads from a text to the part of the report about an id. Anchor is ""
// if the report has none.
type link struct{ ID, Anchor, Title string }

// Link finds an id among exports, records and acts.
func (d *document) Link(id string) link {
	l := link{ID: id}
	if d.cards[id] || d.rows[id] {
		l.Anchor = anchor(id)
	}
	if e := d.exports[id]; e != nil {
		l.Title = e.Hive + " export"
	} else if r := d.records[id]; r != nil {
		l.Title = r.Kind + " record"
	} else if a := d.acts[id]; a != nil {
		l.Title = a.Verdict + " act"
	}
	return l
}

// Links are the first of some ids.
func (d *document) Links(ids []string) links {
	l := links{More: beyond(maxLinks, ids)}
	for _, id := range ids[:len(ids)-l.More] {
		l.Links = append(l.Links, d.Link(id))
	}
	return l
}

// Rests are the first ids that a reason rests on.
func (d *document) Rests(r correlate.Reason) links {
	l := d.Links(r.Evidence)
	l.More += r.Omitted
	return l
}

type links struct {
	Links []link
	More  int
}

// Large reports whether the page is so long that a browser should not lay all
// of it out at once.
func (d *document) Large() bool {
	return len(d.cards) > maxCards || len(d.Records)+len(d.Timeline)+len(d.Notices)+len(d.Exposure)+len(d.Coverage.Sources)+len(d.Executables) > chunkRows
}

// Carded reports whether an id is told in full, so that its row leads there.
func (d *document) Carded(id string) bool { return d.cards[id] }

// Times are the rows of an export's table of file times.
func (*document) Times(si, fn artifacts.Times) []timeRow {
	all := []timeRow{
		{"Created", si.Created, fn.Created}, {"Modified", si.Modified, fn.Modified},
		{"MFT changed", si.Changed, fn.Changed}, {"Accessed", si.Accessed, fn.Accessed},
	}
	var known []timeRow
	for _, r := range all {
		if !r.SI.IsZero() || !r.FN.IsZero() {
			known = append(known, r)
		}
	}
	return known
}

type timeRow struct {
	Name   string
	SI, FN time.Time
}

// titledRows is one table of sources.
type titledRows struct {
	Title string
	Rows  []coverage.Row
}

// States are the totals by state, for the table of coverage.
func (*document) States(t coverage.Totals) []stateCount {
	return []stateCount{
		{"read", t.Read}, {"partial", t.Partial}, {"failed", t.Failed}, {"unsupported", t.Unsupported}, {"skipped", t.Skipped},
	}
}

type stateCount struct {
	State string
	N     int64
}

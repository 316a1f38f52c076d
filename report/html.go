package report

import (
	"embed"
	"fmt"
	"html/template"
	"io"
	"strings"
	"time"

	"hivetriage/artifacts"
	"hivetriage/triage"
	"hivetriage/triage/coverage"
	"hivetriage/triage/expose"
)

//go:embed html/*.tmpl html/style.css
var htmlFiles embed.FS

var page = template.Must(template.New("page.tmpl").Funcs(template.FuncMap{
	"account":   account,
	"anchor":    anchor,
	"bytes":     bytesText,
	"count":     grouped,
	"counted":   counted,
	"exposed":   func(x expose.Row) string { return exposedAbout(&x) },
	"ev":        func(s any) template.HTML { return markup("bdi", fmt.Sprint(s)) },
	"lines":     func(s string) []string { return strings.Split(s, "\n") },
	"join":      strings.Join,
	"logonType": logonType,
	"machine":   func(s string) template.HTML { return markup("code", s) },
	"plain":     func(s string) string { return shorten(visible(s), shortText) },
	"short":     func(s string) string { return shorten(s, shortText) },
	"size":      sizeText,
	"slug":      slug,
	"source":    place,
	"span":      span,
	"stamp":     stamp,
	"taken":     takenText,
	"technique": techniqueName,
	"titled":    func(title string, rows []coverage.Row) titledRows { return titledRows{title, rows} },
	"verdict":   verdictTitle,
}).ParseFS(htmlFiles, "html/*.tmpl"))

var style = func() template.CSS {
	css, err := htmlFiles.ReadFile("html/style.css")
	if err != nil {
		panic(err) // the file is embedded above
	}
	return template.CSS(css)
}()

// shortText is how many runes of a text the front page shows.
const shortText = 160

// document is what the templates see.
type document struct {
	*front
	Style    template.CSS
	Figure   figure
	Checks   checks
	Attack   []techniqueUse
	Sections []section
}

type section struct{ ID, Title string }

// HTML writes the case as one HTML file that loads nothing, runs no script and
// can be opened from a disk that is offline. An error is w's.
func HTML(w io.Writer, c *triage.Case) error {
	f := newFront(c)
	attack := f.techniques()
	return page.Execute(w, document{
		front:    f,
		Style:    style,
		Figure:   newFigure(c.Timeline),
		Checks:   newChecks(f),
		Attack:   attack,
		Sections: sections(c, attack),
	})
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
	b.WriteString("</" + tag + ">")
	return template.HTML(b.String())
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

// slug makes one of the case's fixed words into a class name.
func slug(s any) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' {
			return r
		}
		return '-'
	}, strings.ToLower(fmt.Sprint(s)))
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
func (f *front) Link(id string) link {
	l := link{ID: id, Anchor: anchor(id)}
	if e := f.exports[id]; e != nil {
		l.Title = e.Hive + " export"
	} else if r := f.records[id]; r != nil {
		l.Title = r.Kind + " record"
	} else if a := f.acts[id]; a != nil {
		l.Title = a.Verdict + " act"
	} else {
		l.Anchor = ""
	}
	return l
}

// Times are the rows of an export's table of file times.
func (document) Times(si, fn artifacts.Times) []timeRow {
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
func (document) States(t coverage.Totals) []stateCount {
	return []stateCount{
		{"read", t.Read}, {"partial", t.Partial}, {"failed", t.Failed}, {"unsupported", t.Unsupported}, {"skipped", t.Skipped},
	}
}

type stateCount struct {
	State string
	N     int64
}

package report

import (
	"bufio"
	"embed"
	"fmt"
	"html/template"
	"io"
	"net/url"
	"strings"
	"sync"
	"time"

	"hivetriage/triage"
	"hivetriage/triage/fleet"
)

//go:embed html/batch
var batchHTMLFiles embed.FS

// briefText is how many runes of a text stand in a row that has many texts.
const briefText = 90

// openBatchRows are the rows of a table of the batch's page that stand open.
const openBatchRows = 50

var batchPage = sync.OnceValue(func() *template.Template {
	return template.Must(parsePage().Funcs(template.FuncMap{
		"after":  afterText,
		"brief":  func(s string) string { return shorten(s, briefText) },
		"days":   days,
		"few":    func(limit int, all any) []chunk { return chunksOf(openBatchRows, limit, all) },
		"joined": func(all []string) string { return strings.Join(all, ", ") },
		"mark":   cellMark,
	}).ParseFS(batchHTMLFiles, "html/batch/*.tmpl"))
})

var batchStyle = func() template.CSS {
	own, err := batchHTMLFiles.ReadFile("html/batch/batch.css")
	if err != nil {
		panic(err) // the file is embedded above
	}
	return style + template.CSS(own)
}()

// batchDocument is what the templates of a batch's page see.
type batchDocument struct {
	*batchFront
	Style    template.CSS
	Script   template.HTML
	Policy   string
	Sections []section
	Matrix   matrix
	Cells    []cellRow
	Graph    graph
	Figure   figure
	Moments  []fleet.Moment // that are told
	More     int            // moments that are not
	nodes    map[string]*fleet.Node
}

// BatchHTML writes the case of a batch as one HTML file in the manner of HTML.
// It links to the hosts' own reports, in hosts/ beside it, and loads nothing. An
// error is w's.
func BatchHTML(w io.Writer, c *fleet.Case) error {
	d := batchDocument{
		batchFront: newBatchFront(c),
		Style:      batchStyle,
		Script:     template.HTML("<script>" + script + "</script>"),
		Policy:     policy,
		Sections:   batchSections(c),
		Matrix:     newMatrix(c),
		Cells:      cellRows(c),
		Graph:      newGraph(&c.Logons),
		Figure:     batchFigure(c.Timeline),
		Moments:    leading(c.Timeline, maxLines, func(m *fleet.Moment) int { return -weights[m.Kind] }),
	}
	d.More = len(c.Timeline) - len(d.Moments) + c.Omitted.Moments
	d.nodes = map[string]*fleet.Node{}
	for i := range c.Logons.Nodes {
		d.nodes[c.Logons.Nodes[i].ID] = &c.Logons.Nodes[i]
	}
	buffered := bufio.NewWriterSize(w, 1<<16)
	if err := batchPage().ExecuteTemplate(buffered, "batch.tmpl", d); err != nil {
		return err
	}
	return buffered.Flush()
}

// batchFigure draws the moments of all hosts on one line of time.
func batchFigure(all []fleet.Moment) figure {
	moments := make([]triage.Moment, len(all))
	for i, m := range all {
		moments[i] = triage.Moment{Time: m.Time, What: m.Host + ": " + m.What, Kind: m.Kind}
	}
	return newFigure(moments)
}

// batchSections are the parts of the page that this case fills, in order.
func batchSections(c *fleet.Case) []section {
	all := []struct {
		section
		filled bool
	}{
		{section{"acts", "Acts"}, len(c.Acts) > 0},
		{section{"groups", "What acts share"}, len(c.Groups)+len(c.Hints) > 0},
		{section{"spread", "Spread"}, len(c.Spread) > 0},
		{section{"exposure", "Exposure"}, len(c.Accounts) > 0},
		{section{"logons", "Logons"}, len(c.Logons.Edges) > 0},
		{section{"foreign", "Other hosts’ hives"}, len(c.Foreign) > 0},
		{section{"remote", "Over the network"}, len(c.Remote) > 0},
		{section{"programs", "Programs"}, len(c.Programs) > 0},
		{section{"hosts", "Hosts"}, len(c.Hosts) > 0},
		{section{"blind", "Blind hosts"}, len(c.Blind) > 0},
		{section{"missing", "Not triaged"}, len(c.NotTriaged) > 0},
		{section{"left", "No evidence"}, len(c.Left) > 0},
		{section{"response", "Response"}, len(c.Response) > 0},
		{section{"timeline", "Timeline"}, len(c.Timeline) > 0},
		{section{"method", "Method and custody"}, true},
	}
	var filled []section
	for _, s := range all {
		if s.filled {
			filled = append(filled, s.section)
		}
	}
	return filled
}

// Large reports whether the page is so long that a browser should not lay all
// of it out at once.
func (d batchDocument) Large() bool {
	return len(d.Hosts)+len(d.Acts)+len(d.Moments)+len(d.Cells)+len(d.Logons.Edges) > chunkRows
}

// A batchLink leads to a host's own report. Href is "" where it has none, Full
// is what Text is short for.
type batchLink struct{ Href, Text, Title, Full string }

// reportOf is where the report of a host in a folder stands, "" if that is no
// host of the batch with a case.
func (f *batchFront) reportOf(folder string) string {
	if f.hosts[folder] == nil || strings.Trim(folder, ".") == "" {
		return ""
	}
	return "hosts/" + url.PathEscape(folder) + "/report.html"
}

// Host links to a host's report, under the name that the case gives it.
func (f *batchFront) Host(folder string) batchLink {
	l := batchLink{Href: f.reportOf(folder), Text: folder}
	if h := f.hosts[folder]; h != nil && h.Name != folder {
		l.Text, l.Title = h.Name, folder
	}
	return l
}

// Named links to a host's report under a given name.
func (f *batchFront) Named(folder, name string) batchLink {
	return batchLink{Href: f.reportOf(folder), Text: name}
}

// ID links to what an id of a host stands for in its report.
func (f *batchFront) ID(folder, id string) batchLink {
	l := batchLink{Href: f.reportOf(folder), Text: id}
	if l.Href != "" {
		l.Href += "#" + anchor(id)
	}
	return l
}

// Refs are links to the first of some evidence, each with its host's name.
func (f *batchFront) Refs(refs []fleet.Ref) batchLinks { return f.RefsAt("", refs) }

// RefsAt are those, where the name of the host of one folder goes without
// saying.
func (f *batchFront) RefsAt(folder string, refs []fleet.Ref) batchLinks {
	l := batchLinks{More: beyond(maxLinks, refs)}
	for _, r := range refs[:len(refs)-l.More] {
		l.Links = append(l.Links, f.At(folder, r))
	}
	return l
}

// At links to one piece of evidence, as RefsAt does.
func (f *batchFront) At(folder string, r fleet.Ref) batchLink {
	bare := r
	bare.Folder = ""
	l := batchLink{Href: f.reportOf(r.Folder), Text: refText(bare), Title: f.Host(r.Folder).Text}
	if folder != "" && r.Folder == folder {
		l.Title = ""
	}
	if at := strings.LastIndexAny(r.Path, `/\`); r.ID == "" && at >= 0 {
		bare.Path, l.Full = r.Path[at+1:], l.Text
		l.Text = refText(bare)
	}
	if r.ID != "" && l.Href != "" {
		l.Href += "#" + anchor(r.ID)
	}
	return l
}

type batchLinks struct {
	Links []batchLink
	More  int
}

// afterText is a time since the first host, in words.
func afterText(seconds int64) string {
	if seconds <= 0 {
		return ""
	}
	if seconds >= 48*3600 {
		return counted(int(seconds/86400), "day", "days") + " after the first"
	}
	text := ""
	for _, u := range []struct {
		seconds int64
		name    string
	}{{3600, "h"}, {60, "min"}, {1, "s"}} {
		if n := seconds / u.seconds; n > 0 {
			text += fmt.Sprintf("%d %s ", n, u.name)
		}
		seconds %= u.seconds
	}
	return text + "after the first"
}

// Node links to the computer that a node of the graph stands for.
func (d batchDocument) Node(id string) batchLink {
	if n := d.nodes[id]; n != nil {
		return d.Named(n.Folder, n.Label)
	}
	return batchLink{Text: id}
}

// Apart says how far a call lies from the span of the act that it may be of.
func (f *batchFront) Apart(c fleet.Call) string {
	switch d := c.Apart; {
	case d < 0:
		return counted(int(-d), "second", "seconds") + " before the act"
	case d > 0:
		return counted(int(d), "second", "seconds") + " after it"
	}
	return "within the act"
}

// days is a range of days.
func days(from, to time.Time) string {
	day := func(t time.Time) string {
		if t = normalTime(t); t.IsZero() {
			return "?"
		}
		return t.Format(time.DateOnly)
	}
	switch a, b := day(from), day(to); {
	case a == "?" && b == "?":
		return ""
	case a == b:
		return a
	default:
		return a + " to " + b
	}
}

package report

import (
	"bytes"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"hivetriage/artifacts"
	"hivetriage/triage/fleet"
	"hivetriage/triage/footprint"
)

func batchCases(t *testing.T) map[string]*fleet.Case {
	cases := sampleBatches(t)
	cases["every hostile string"] = hostileBatch(t, hostileStrings...)
	cases["zero values"] = &fleet.Case{
		Hosts: []fleet.Host{{}}, Acts: []fleet.Act{{}}, Spread: []fleet.Arrival{{}}, Groups: []fleet.Group{{Links: []fleet.Link{{}}}}, Hints: []fleet.Link{{}}, Accounts: []fleet.Account{{Cells: []fleet.Cell{{}}}},
		Foreign: []fleet.Foreign{{}}, Remote: []fleet.Remote{{Calls: []fleet.Call{{}}}}, Logons: fleet.Graph{Nodes: []fleet.Node{{}, {ID: "b"}}, Edges: []fleet.Edge{{}, {To: "b"}, {To: "none"}}}, Programs: []fleet.Program{{}},
		Blind: []fleet.Blind{{}}, NotTriaged: []fleet.Missing{{}}, Left: []fleet.Left{{}}, Response: []fleet.Action{{}}, Timeline: []fleet.Moment{{}},
	}
	cases["large"] = largeBatch(t)
	return cases
}

// hostReport is a link to a host's report: one folder below hosts/, whatever
// the folder's name.
var hostReport = regexp.MustCompile(`^hosts/([^/?#]+)/report\.html(#id-[A-Za-z0-9._-]*)?$`)

func TestBatchHTMLStructure(t *testing.T) {
	attributes := append([]string{"dx", "rx", "d"}, knownAttrs...)
	for name, c := range batchCases(t) {
		page := renderBatch(t, "html", c)
		folders := map[string]bool{}
		for _, h := range c.Hosts {
			folders[h.Folder] = true
		}
		ids, links := map[string]int{}, []string{}
		list, _ := elements(t, page)
		for _, e := range list {
			if !slices.Contains(append(knownElements, "path", "desc", "b"), e.Name.Local) {
				t.Errorf("%s: element <%s>", name, e.Name.Local)
			}
			for _, a := range e.Attr {
				if !slices.Contains(attributes, a.Name.Local) {
					t.Errorf("%s: attribute %s of <%s>", name, a.Name.Local, e.Name.Local)
				}
			}
			if id, ok := attr(e, "id"); ok {
				ids[id]++
			}
			if href, ok := attr(e, "href"); ok {
				links = append(links, href)
			}
			if _, ok := attr(e, "style"); ok {
				t.Errorf("%s: a style of its own", name)
			}
		}
		for id, n := range ids {
			if n > 1 {
				t.Errorf("%s: %d elements have the id %s", name, n, id)
			}
		}
		for _, href := range links {
			own := hostReport.FindStringSubmatch(href)
			switch {
			case own != nil:
				if folder, err := url.PathUnescape(own[1]); err != nil || !folders[folder] || strings.Trim(folder, ".") == "" {
					t.Errorf("%s: the link %q leads to no host", name, href)
				}
			case !strings.HasPrefix(href, "#") || ids[href[1:]] == 0:
				t.Errorf("%s: the link %q leads nowhere", name, href)
			}
		}
		for _, bad := range []string{"ZgotmplZ", "0001-01-01", "%!"} {
			if bytes.Contains(page, []byte(bad)) {
				t.Errorf("%s: %s is on the page", name, bad)
			}
		}
		if bad := loads.FindString(string(page)); bad != "" {
			t.Errorf("%s: %q in the page", name, bad)
		}
		if bad := hidden(string(page)); bad != "" {
			t.Errorf("%s: the page has %q", name, bad)
		}
		if n := strings.Count(strings.ToLower(string(page)), "<script"); n != 1 {
			t.Errorf("%s: %d scripts", name, n)
		}
	}
}

func TestBatchHTMLKeepsHostileText(t *testing.T) {
	_, text := elements(t, renderBatch(t, "html", hostileBatch(t, hostileStrings...)))
	for _, s := range hostileStrings {
		if n := strings.Count(text, visible(s)); n < 12 {
			t.Errorf("%.40q stands %d times on the page, want 12 or more", s, n)
		}
	}
}

func TestBatchHTMLSections(t *testing.T) {
	cases := sampleBatches(t)
	_, text := elements(t, renderBatch(t, "html", cases["batch"]))
	for _, want := range []string{
		"Confirmed hive dump: acts on 4 of 8 hosts", "3 not triaged", "coverage incomplete", "First host", "3 acts on 3 hosts", "8 of 11 inputs were triaged, of 8 hosts.", "1 host has logs that cannot tell of commands.",
		"Group 1: 4 acts on 4 hosts", "the copies are of other hosts’ hives", "1 h after the first", "yes A", "Local accounts of one name on several hosts", "both ends", "120 seconds before the act", "wmic /node:ws-002",
		"the image ends too early", "collections/readme.txt", "of WS-002", "Isolate the host from the network", "hivetriage --batch collections --output case", "11 inputs, of which 8 triaged and 3 not",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q", want)
		}
	}
	_, text = elements(t, renderBatch(t, "html", cases["batch-clean"]))
	for _, want := range []string{"No evidence of a hive dump on 2 hosts examined", "no gap in what was met", "without a gap that a copy could hide behind; what a host’s evidence could not have told"} {
		if !strings.Contains(text, want) {
			t.Errorf("clean: no %q", want)
		}
	}
	if _, text = elements(t, renderBatch(t, "html", cases["batch-empty"])); !strings.Contains(text, "No host could be examined") || strings.Contains(text, "No evidence of a hive dump") {
		t.Error("where no host was examined, the page says that nothing was found")
	}
}

// TestBatchHTMLTellsLimits: what a page leaves out is told there.
func TestBatchHTMLTellsLimits(t *testing.T) {
	c := largeBatch(t)
	page := renderBatch(t, "html", c)
	if len(page) > 8<<20 {
		t.Errorf("the page has %d bytes", len(page))
	}
	_, text := elements(t, page)
	for _, want := range []string{"acts on 250 of 1,000 hosts", "210 more hosts have no column here", "Rows 51 to 550", "Rows 551 to 1,000", "not drawn"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q", want)
		}
	}
}

func TestMatrix(t *testing.T) {
	yes := true
	cell := func(folder, recoverable, standing string) fleet.Cell {
		return fleet.Cell{Folder: folder, Host: strings.ToUpper(folder), Recoverable: recoverable, Standing: standing}
	}
	explained := cell("a", "yes", "unchanged")
	explained.Explained = true
	admin := cell("d", "yes", "unchanged")
	admin.Administrator = &yes
	outside := cell("", "yes", "unknown")
	outside.Host = "GONE"
	m := newMatrix(&fleet.Case{
		Spread: []fleet.Arrival{{Folder: "d"}, {Folder: "c"}},
		Accounts: []fleet.Account{
			{Name: "one", Cells: []fleet.Cell{explained, cell("b", "no", "unchanged"), cell("c", "needs boot key", "unchanged"), admin}},
			{Name: "two", Cells: []fleet.Cell{outside, cell("b", "yes", "changed since")}},
		},
	})
	var heads, marks []string
	for _, h := range m.Hosts {
		heads = append(heads, h.Name)
	}
	for _, r := range m.Rows {
		for _, c := range r.Cells {
			if c == nil {
				marks = append(marks, "-")
			} else {
				marks = append(marks, cellMark(c).Word)
			}
		}
	}
	if got := strings.Join(heads, " "); got != "D C GONE A B" {
		t.Errorf("columns: %s; want those with something usable first, in the order of the spread", got)
	}
	if got := strings.Join(marks, " "); got != "yes maybe - explained no - - maybe - changed" {
		t.Errorf("cells: %s", got)
	}
	if !cellMark(&admin).Admin || m.Wide || m.MoreHosts != 0 || m.MoreRows != 0 {
		t.Errorf("%+v", m)
	}
}

// ring is a graph of n computers, each of which logs on to the next, and of
// the first to all.
func ring(n int) *fleet.Graph {
	g := &fleet.Graph{}
	for i := range n {
		g.Nodes = append(g.Nodes, fleet.Node{ID: fmt.Sprint(i), Label: fmt.Sprintf("WS-%03d", i), Folder: fmt.Sprint(i)})
		for _, to := range []int{(i + 1) % n, i} {
			g.Edges = append(g.Edges, fleet.Edge{From: fmt.Sprint(i), To: fmt.Sprint(to), Account: artifacts.User{Name: "a"}, Count: 1, Outcome: footprint.Succeeded, Source: fleet.NewSource, First: time.Unix(int64(i), 0)})
		}
	}
	return g
}

func TestGraph(t *testing.T) {
	for _, n := range []int{2, 3, 7, maxGraphNodes, 500} {
		c := ring(n)
		g := newGraph(c)
		if len(g.Nodes) != min(n, maxGraphNodes) || len(g.Nodes)+g.MoreNodes != n {
			t.Errorf("%d computers: %d drawn and %d not", n, len(g.Nodes), g.MoreNodes)
		}
		if drawn := len(g.Edges); drawn+g.MoreEdges != len(c.Edges) || drawn == 0 || drawn > n {
			t.Errorf("%d computers: %d lines drawn and %d not, of %d", n, drawn, g.MoreEdges, len(c.Edges))
		}
		for i, a := range g.Nodes {
			if a.X < 0 || a.Y < 0 || a.X+a.Width > g.Width || a.Y+a.Height > g.Height {
				t.Errorf("%d computers: %s is outside of the drawing", n, a.Label)
			}
			for _, b := range g.Nodes[:i] {
				if a.X < b.X+b.Width && b.X < a.X+a.Width && a.Y < b.Y+b.Height && b.Y < a.Y+a.Height {
					t.Errorf("%d computers: %s lies on %s", n, a.Label, b.Label)
				}
			}
		}
		if again := newGraph(ring(n)); fmt.Sprint(again) != fmt.Sprint(g) {
			t.Errorf("%d computers: two drawings differ", n)
		}
	}
	if g := newGraph(&fleet.Graph{}); len(g.Nodes)+len(g.Edges) != 0 {
		t.Errorf("a drawing of nothing: %+v", g)
	}
}

// TestGraphTells: the most telling of several logons gives a line its looks.
func TestGraphTells(t *testing.T) {
	g := &fleet.Graph{Nodes: []fleet.Node{{ID: "a", Label: "A", Folder: "a", Verdict: "confirmed"}, {ID: "address:10.0.0.1", Label: "10.0.0.1"}}}
	edge := fleet.Edge{From: "address:10.0.0.1", To: "a", Count: 2, Outcome: footprint.Failed, First: time.Unix(9, 0)}
	for _, step := range []struct {
		change func(*fleet.Edge)
		class  string
	}{
		{func(e *fleet.Edge) {}, "failed"},
		{func(e *fleet.Edge) { e.Outcome, e.Lead = footprint.Succeeded, true }, "lead"},
		{func(e *fleet.Edge) { e.Lead, e.Source = false, fleet.KnownSource }, "seen"},
		{func(e *fleet.Edge) { e.Source = fleet.UnknownPast }, "past"},
		{func(e *fleet.Edge) { e.Source = fleet.NewSource }, "new"},
	} {
		step.change(&edge)
		g.Edges = append(g.Edges, edge)
		d := newGraph(g)
		if len(d.Edges) != 1 || d.Edges[0].Class != step.class || !strings.Contains(d.Edges[0].Full, counted(2*len(g.Edges), "logon", "logons")) {
			t.Errorf("%+v, want one line of the class %s", d.Edges, step.class)
		}
		if d.Nodes[0].Class != "outside" || d.Nodes[1].Class != "confirmed" {
			t.Errorf("nodes: %+v", d.Nodes)
		}
	}
}

func TestAfterText(t *testing.T) {
	for seconds, want := range map[int64]string{0: "", -5: "", 59: "59 s after the first", 3600: "1 h after the first", 11_405: "3 h 10 min 5 s after the first", 200_000: "2 days after the first", 1 << 60: "13,343,998,895,912 days after the first"} {
		if got := afterText(seconds); got != want {
			t.Errorf("%d: %q, want %q", seconds, got, want)
		}
	}
}

// TestOpensLargeBatch opens the page of a thousand hosts and logs how long that
// takes; the aim is less than three seconds.
func TestOpensLargeBatch(t *testing.T) {
	needNode(t, "playwright-core")
	browser := chromium(t)
	path := filepath.Join(t.TempDir(), "index.html")
	page := renderBatch(t, "html", largeBatch(t))
	if err := os.WriteFile(path, page, 0o600); err != nil {
		t.Fatal(err)
	}
	found := node(t, "batch.mjs", browser, path)
	tell(t, found, 1)
	for _, what := range []string{"opened", "painted", "filtered", "sorted", "elements"} {
		t.Logf("%s: %.0f", what, found[0].Took[what])
	}
	t.Logf("bytes: %d (times are in ms)", len(page))
}

func BenchmarkBatchHTML(b *testing.B) {
	c := largeBatch(b)
	b.ReportAllocs()
	for b.Loop() {
		if err := BatchHTML(io.Discard, c); err != nil {
			b.Fatal(err)
		}
	}
}

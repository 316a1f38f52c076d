package report

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"html"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"hivetriage/artifacts"
	"hivetriage/triage"
	"hivetriage/triage/correlate"
	"hivetriage/triage/locate"
)

// htmlCases are the cases that the whole page is checked with.
func htmlCases(t *testing.T) map[string]*triage.Case {
	t.Helper()
	cases := checkedCases(t)
	cases["zero values"] = &triage.Case{
		Exports: []locate.Export{{ID: "e"}}, Records: []correlate.Record{{ID: "r"}}, Acts: []correlate.Act{{ID: "a", Session: &correlate.Session{}, Chain: []correlate.ChainNode{{}}}},
	}
	cases["many moments"] = &triage.Case{Timeline: moments(300, 1e9)}
	return cases
}

// elements reads a page as strict XML, which our templates keep to, and
// returns its elements and its text.
func elements(t *testing.T, page []byte) (list []xml.StartElement, text string) {
	t.Helper()
	dec := xml.NewDecoder(bytes.NewReader(page))
	var b strings.Builder
	for {
		tok, err := dec.Token()
		if err == io.EOF {
			return list, b.String()
		}
		if err != nil {
			t.Fatalf("not well formed: %v", err)
		}
		switch tok := tok.(type) {
		case xml.StartElement:
			list = append(list, tok.Copy())
		case xml.CharData:
			b.Write(tok)
		}
	}
}

func attr(e xml.StartElement, name string) (string, bool) {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value, true
		}
	}
	return "", false
}

// known are the elements and attributes that the templates use: whatever else
// turns up came from the evidence.
var (
	knownElements = strings.Fields(`html head meta title style body a nav p ul ol li main header section article footer h1 h2 h3 h4 div span
		details summary strong br dl dt dd table caption thead tbody tr th td code bdi pre meter script svg rect text line g circle`)
	knownAttrs = strings.Fields(`lang charset http-equiv content name class href id aria-label aria-labelledby aria-hidden role tabindex scope rowspan
		data-card data-copy data-facet open style dir title min max value viewBox width height x y x1 x2 y1 y2 cx cy r text-anchor dominant-baseline`)
)

func TestHTMLStructure(t *testing.T) {
	cases := htmlCases(t)
	cases["large"] = largeCase()
	for name, c := range cases {
		page := render(t, "html", c)
		list, _ := elements(t, page)
		ids, links := map[string]int{}, []string{}
		level := 0
		for _, e := range list {
			if !slices.Contains(knownElements, e.Name.Local) {
				t.Errorf("%s: element <%s>", name, e.Name.Local)
			}
			for _, a := range e.Attr {
				if !slices.Contains(knownAttrs, a.Name.Local) {
					t.Errorf("%s: attribute %s of <%s>", name, a.Name.Local, e.Name.Local)
				}
			}
			if id, ok := attr(e, "id"); ok {
				ids[id]++
			}
			if href, ok := attr(e, "href"); ok {
				links = append(links, href)
			}
			if _, ok := attr(e, "scope"); e.Name.Local == "th" && !ok {
				t.Errorf("%s: a <th> without scope", name)
			}
			if n := strings.Index("h1h2h3h4", e.Name.Local)/2 + 1; strings.HasPrefix(e.Name.Local, "h") && len(e.Name.Local) == 2 {
				if n > level+1 {
					t.Errorf("%s: h%d follows h%d", name, n, level)
				}
				level = n
			}
		}
		for id, n := range ids {
			if n > 1 {
				t.Errorf("%s: %d elements have the id %s", name, n, id)
			}
		}
		for _, href := range links {
			if !strings.HasPrefix(href, "#") || ids[href[1:]] == 0 {
				t.Errorf("%s: the link %q leads nowhere", name, href)
			}
		}
		for _, landmark := range []string{`<main id="main">`, `<nav class="toc" aria-label=`, `<footer>`, `<html lang="en">`, `class="skip" href="#main"`, `<h1>`} {
			if !bytes.Contains(page, []byte(landmark)) {
				t.Errorf("%s: no %s", name, landmark)
			}
		}
	}
}

// loads are the ways in which a page without attributes such as src could
// still run or fetch something.
var loads = regexp.MustCompile(`(?i)<iframe|<object|<embed|<link|<img|<base|@import|url\(`)

func TestHTMLLoadsNothing(t *testing.T) {
	for name, c := range htmlCases(t) {
		page := string(render(t, "html", c))
		if bad := loads.FindString(page); bad != "" {
			t.Errorf("%s: %q in the page", name, bad)
		}
		_, own, _ := strings.Cut(page, "<script>")
		own, _, _ = strings.Cut(own, "</script>")
		digest := sha256.Sum256([]byte(own))
		if n := strings.Count(strings.ToLower(page), "<script"); n != 1 || !strings.Contains(own, "beforeprint") {
			t.Errorf("%s: %d scripts, want the report's own", name, n)
		}
		if policy := `content="default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-` + base64.StdEncoding.EncodeToString(digest[:]) +
			`'; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'"`; !strings.Contains(html.UnescapeString(page[:strings.Index(page, "<style>")]), policy) {
			t.Errorf("%s: no content security policy that lets that script run and no other", name)
		}
		if strings.Contains(page, "ZgotmplZ") {
			t.Errorf("%s: the template engine refused a value", name)
		}
		if strings.Contains(page, "0001-01-01") {
			t.Errorf("%s: a zero time is shown", name)
		}
		if bad := hidden(page); bad != "" {
			t.Errorf("%s: the page has %q", name, bad)
		}
	}
}

// TestHTMLKeepsHostileText: every hostile string is on the page as text, every
// character of it visible.
func TestHTMLKeepsHostileText(t *testing.T) {
	list, text := elements(t, render(t, "html", hostileCase(hostileStrings...)))
	for _, s := range hostileStrings {
		if n := strings.Count(text, visible(s)); n < 15 {
			t.Errorf("%.40q stands %d times on the page, want 15 or more", s, n)
		}
	}
	for _, e := range list {
		if style, ok := attr(e, "style"); ok && !regexp.MustCompile(`^--depth:\d+$`).MatchString(style) {
			t.Errorf("style %q", style)
		}
	}
}

func TestHTMLSections(t *testing.T) {
	_, text := elements(t, render(t, "html", confirmedCase()))
	for _, want := range []string{
		"Confirmed hive dump", "When2026-11-03 02:14:09.4410002 to 02:14:12.088 UTC", `CORP\svc-backup, network logon from 10.20.4.77 (WS-007)`,
		"coverage incomplete", "398,114 of 431,200 streams on 2 volumes were examined (32,900 are empty, 184 are deleted and past finding, 2 failed), and 14 of 16", "65,536 bytes (64.0 KiB)", "MFT record118204", "held, it is reg.exe", "does not match",
		"Step 6", "Seen in", "add up to 97: confidence 97 of 100", "T1003.004 OS Credential Dumping: LSA Secrets", "OS Credential Dumping: LSA Secrets", "Reset the passwords of all local accounts",
		"icat -r -o 239616 '/evidence/WS-041.E01' 118204 | sha256sum", "-e '<EventRecordID>481223<' -e '<EventRecordID>481990<'", "Windows kept copies here until version 1803",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q", want)
		}
	}
	clean := string(render(t, "html", cleanCase()))
	for _, want := range []string{"No evidence of a hive dump", "no gap in what was met", "Everything that was met was read in full", "What this evidence could not have told"} {
		if !strings.Contains(clean, want) {
			t.Errorf("clean: no %q", want)
		}
	}
	for _, bad := range []string{"<h2 id=\"h-timeline\">", "<h2 id=\"h-exposure\">", "<h2 id=\"h-attack\">", "Next three actions"} {
		if strings.Contains(clean, bad) {
			t.Errorf("clean: %q, of which there is nothing to say", bad)
		}
	}
}

func TestFront(t *testing.T) {
	c := confirmedCase()
	slices.Reverse(c.Response)
	f := newFront(c)
	var got []string
	for _, a := range f.Next() {
		got = append(got, fmt.Sprint(a.Priority))
	}
	if strings.Join(got, " ") != "1 2 3" {
		t.Errorf("next actions by priority: %v", got)
	}
	weaker := sampleAct()
	weaker.Verdict, weaker.Actor.Name = "suspicious", "somebody"
	c.Acts = append(c.Acts, weaker)
	if who := newFront(c).Who(); len(who) != 1 {
		t.Errorf("the headline names the accounts of weaker acts: %q", who)
	}
	c.Verdict = "probable"
	if who := newFront(c).Who(); len(who) != 2 {
		t.Errorf("no act has the case's verdict: %q, want both", who)
	}
}

func TestCommandsOnce(t *testing.T) {
	c := confirmedCase()
	twin := sampleRecords()[0]
	twin.ID = "twin"
	c.Records = append(c.Records, twin)
	c.Acts[0].Records = []string{"rec-1", "rec-2", "rec-3", "twin", "no such record"}
	runs := newFront(c).Commands(c.Acts[0])
	if len(runs) != 2 || len(runs[0].Records) != 2 || len(runs[1].Records) != 1 {
		t.Fatalf("%d command lines, want 2: the first of two records", len(runs))
	}
	if runs[0].Records[1].ID != "twin" {
		t.Errorf("the second record of the first line is %s", runs[0].Records[1].ID)
	}
}

func TestAccount(t *testing.T) {
	for want, u := range map[string]artifacts.User{
		"": {}, "S-1-5-18": {SID: "S-1-5-18", Domain: "X"}, "bob": {Name: "bob", SID: "S-1"}, `CORP\bob`: {Name: "bob", Domain: "CORP"},
	} {
		if got := account(u); got != want {
			t.Errorf("account(%v) = %q, want %q", u, got, want)
		}
	}
}

func TestChecks(t *testing.T) {
	f := newFront(confirmedCase())
	counts := map[string]int{}
	for _, g := range f.Checks() {
		counts[g.Title] = len(g.Checks)
	}
	if want := map[string]int{"The evidence itself": 1, "Copies of hives": 1, "Hosts, settings and accounts": 1, "Log records": 2, "Programs": 2}; !maps.Equal(counts, want) {
		t.Errorf("checks: %v, want %v", counts, want)
	}
	if got := f.recordChecks(); len(got) != 2 || strings.Join(got[0].IDs, " ") != "rec-1 rec-4" {
		t.Errorf("records: %v", got)
	}
	const grep = " | grep -B 10 -A 40 -F -e '<EventRecordID>7<'"
	for _, tt := range []struct {
		from correlate.From
		want string
	}{
		{correlate.From{Source: "a.evtx", Path: "a b.evtx", RecordID: 7}, `evtxexport -f xml 'a b.evtx'` + grep},
		{correlate.From{Source: "a.evtx", Path: "it's.evtx", RecordID: 7}, `evtxexport -f xml 'it'\''s.evtx'` + grep},
		{correlate.From{Source: "a.evtx", Path: "-rf", RecordID: 7}, ""},
		{correlate.From{Source: "a.evtx", Path: "a\n.evtx", RecordID: 7}, ""},
		{correlate.From{Source: "a.evtx", Path: "a\u202e.evtx", RecordID: 7}, ""},
		{correlate.From{Source: "x", Volume: "unknown", Path: "/a.evtx", RecordID: 7}, ""},
		{correlate.From{Source: sampleImage, Volume: sampleVolume, Path: "/a.evtx", RecordID: 7},
			"icat -o 239616 '/evidence/WS-041.E01' $(ifind -n '/a.evtx' -o 239616 '/evidence/WS-041.E01') > 'a.evtx'\nevtxexport -f xml 'a.evtx'" + grep},
	} {
		commands := f.logCheck([]*correlate.Record{{From: tt.from}}).Commands
		if got := strings.Join(commands[:max(len(commands)-1, 0)], "\n"); got != tt.want {
			t.Errorf("%v: %q, want %q", tt.from, got, tt.want)
		}
	}
	if c := f.logCheck(nil); c.Commands != nil {
		t.Errorf("commands for no record: %v", c)
	}
}

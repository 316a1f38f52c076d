package zoneid

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"hivetriage/artifacts"
)

func parse(b string) (Zone, error) {
	return Parse(context.Background(), strings.NewReader(b), int64(len(b)))
}

// utf16Text writes ASCII text as UTF-16 with its mark.
func utf16Text(s string) string {
	b := []byte{0xFF, 0xFE}
	for _, c := range []byte(s) {
		b = append(b, c, 0)
	}
	return string(b)
}

const browser = "[ZoneTransfer]\r\nZoneId=3\r\nReferrerUrl=https://files.example/list\r\nHostUrl=https://cdn.example/a.zip?x=1&y=2=3\r\n"

func TestParse(t *testing.T) {
	fromBrowser := Zone{ID: "3", Referrer: "https://files.example/list", Host: "https://cdn.example/a.zip?x=1&y=2=3"}
	for _, c := range []struct {
		name, stream string
		want         Zone
		kind         artifacts.Kind // 0 for none
	}{
		{"browser", browser, fromBrowser, 0},
		{"UTF-8 with mark", "\xEF\xBB\xBF" + browser, fromBrowser, 0},
		{"UTF-16", utf16Text(browser), fromBrowser, 0},
		{"UTF-16 without mark", utf16Text(browser)[2:], fromBrowser, 0},
		{"NUL at the end", "[ZoneTransfer]\r\nZoneId=3\r\n\x00", Zone{ID: "3"}, 0},
		{"case and spaces", " [zonetransfer]\nzoneid = 03\n", Zone{ID: "3"}, 0},
		{"Windows-1252", "[ZoneTransfer]\nHostUrl=x\xFC\n", Zone{Host: "xü"}, 0},
		{"Store", "[ZoneTransfer]\nLastWriterPackageFamilyName=Microsoft.MicrosoftEdge_8wekyb3d8bbwe\nZoneId=3\nAppZoneId=4\n", Zone{ID: "3", Writer: "Microsoft.MicrosoftEdge_8wekyb3d8bbwe", Others: []artifacts.Datum{{Name: "AppZoneId", Value: "4"}}}, 0},
		{"other section", "[X]\nZoneId=1\n[ZoneTransfer]\nZoneId=4\n", Zone{ID: "4"}, 0},
		{"not a number", "[ZoneTransfer]\nZoneId=x\n", Zone{ID: "x"}, 0},
		{"empty", "", Zone{}, artifacts.Malformed},
		{"other text", "hello\n", Zone{}, artifacts.Malformed},
		{"line too long", "[ZoneTransfer]\nHostUrl=" + strings.Repeat("x", maxLine) + "\nZoneId=3\n", Zone{ID: "3", Host: strings.Repeat("x", maxLine-len("HostUrl="))}, artifacts.Limit},
		{"too long", "[ZoneTransfer]\nZoneId=3\n" + strings.Repeat("\n", maxStream), Zone{ID: "3"}, artifacts.Limit},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := parse(c.stream)
			if got.ID != c.want.ID || got.Referrer != c.want.Referrer || got.Host != c.want.Host || got.Writer != c.want.Writer || !slices.Equal(got.Others, c.want.Others) {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
			var p *artifacts.Problem
			if (err != nil) != (c.kind != 0) || err != nil && (!errors.As(err, &p) || p.Kind != c.kind) {
				t.Errorf("error %v", err)
			}
		})
	}
}

func TestRead(t *testing.T) {
	ok, failed := 0, 0
	for trace, err := range Read(context.Background(), strings.NewReader(browser), int64(len(browser))) {
		if err != nil {
			failed++
			continue
		}
		ok++
		want := []artifacts.Datum{{Name: "ZoneId", Value: "3 (internet)"}, {Name: "ReferrerUrl", Value: "https://files.example/list"}, {Name: "HostUrl", Value: "https://cdn.example/a.zip?x=1&y=2=3"}}
		if trace.Artefact != ZoneIdentifier || trace.Deed != artifacts.Existed || !slices.Equal(trace.Details, want) {
			t.Errorf("%+v", trace)
		}
	}
	for _, err := range Read(context.Background(), strings.NewReader("x"), 9) {
		if err != nil {
			failed++
		}
	}
	if ok != 1 || failed != 1 {
		t.Errorf("%d traces, %d errors", ok, failed)
	}
}

func TestPlaces(t *testing.T) {
	for path, want := range map[string]string{
		"/Users/a/x.zip:Zone.Identifier":   "/Users/a/x.zip",
		"/Users/a/x.zip:zone.identifier":   "/Users/a/x.zip",
		"/Users/a/x.zip%3AZone.Identifier": "/Users/a/x.zip",
		"/Users/a/x.zip_Zone.Identifier":   "/Users/a/x.zip",
		"/Users/a/x.zip":                   "",
		"/Users/a/Zone.Identifier":         "",
		"/Users/a/:Zone.Identifier":        "",
		"":                                 "",
	} {
		if got := Of(path); got != want || Named(path) != (want != "") {
			t.Errorf("%s: %q", path, got)
		}
	}
	for head, want := range map[string]bool{browser: true, utf16Text(browser): true, "[ZoneTransfe": false, "": false} {
		if got := IsZone([]byte(head)); got != want {
			t.Errorf("%q: %v", head, got)
		}
	}
	for id, want := range map[string]string{"0": "local computer", "1": "intranet", "2": "trusted sites", "3": "internet", "4": "restricted sites", "5": "", "": ""} {
		if got := (&Zone{ID: id}).Name(); got != want {
			t.Errorf("zone %s: %q", id, got)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(browser))
	f.Add([]byte(utf16Text(browser)))
	f.Fuzz(func(t *testing.T, b []byte) {
		zone, err := Parse(context.Background(), bytes.NewReader(b), int64(len(b)))
		if err == nil && len(zone.Details()) == 0 && len(zone.Others) == 0 && zone.ID+zone.Host != "" {
			t.Errorf("%+v tells nothing", zone)
		}
	})
}

func BenchmarkParse(b *testing.B) {
	b.SetBytes(int64(len(browser)))
	for b.Loop() {
		if _, err := parse(browser); err != nil {
			b.Fatal(err)
		}
	}
}

package evidence

import (
	"os"
	"path/filepath"
	"testing"
)

// TestLoneFiles opens files that are evidence on their own, and some that
// only look alike.
func TestLoneFiles(t *testing.T) {
	for content, kind := range map[string]string{
		"regf\x01": "hive",
		"Windows Registry Editor Version 5.00\r\n":                             "hive",
		"\xEF\xBB\xBFWindows Registry Editor Version 5.00\r\n":                 "hive",
		"\xFF\xFEW\x00i\x00n\x00d\x00o\x00w\x00s\x00 \x00R\x00e\x00g\x00i\x00": "hive",
		"REGEDIT4\r\n":     "hive",
		"cmVnZgEAAAABAAAA": "hive",
		"-----BEGIN CERTIFICATE-----\r\ncmVnZgEAAAAB": "hive",
		"-----BEGIN CERTIFICATE-----\r\nMIIDdzCCAl+g": "",
		"Windows Registry":                            "",
		"":                                            "",
	} {
		path := filepath.Join(t.TempDir(), "file")
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		source, err := Open(t.Context(), path, Options{})
		if (err == nil) != (kind != "") {
			t.Errorf("%q: %v", content, err)
		}
		if err != nil {
			continue
		}
		if got := source.Input().Kind; got != kind {
			t.Errorf("%q is %q, want %q", content, got, kind)
		}
		source.Close()
	}
}

// TestLoneAsked: the formats of the caller are asked for after those that
// Open knows, and a file that is evidence on its own may be called a path.
func TestLoneAsked(t *testing.T) {
	asked := 0
	opt := Options{Mode: Path, Lone: func(path string, head []byte) string {
		if asked++; string(head) == "{}" && path != "" {
			return "json log"
		}
		return ""
	}}
	for content, kind := range map[string]string{"{}": "json log", "ElfFile\x00": "evtx", "[]": ""} {
		path := filepath.Join(t.TempDir(), "file")
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		source, err := Open(t.Context(), path, opt)
		if (err == nil) != (kind != "") {
			t.Errorf("%q: %v", content, err)
		}
		if err != nil {
			continue
		}
		if got := source.Input().Kind; got != kind {
			t.Errorf("%q is %q, want %q", content, got, kind)
		}
		source.Close()
	}
	if asked != 2 {
		t.Errorf("asked %d times, want 2", asked)
	}
}

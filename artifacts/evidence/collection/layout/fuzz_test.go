package layout_test

import (
	"bytes"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"hivetriage/artifacts/evidence/collection/layout"
)

// FuzzRecognise makes members out of lines: a name, and after a tab its
// content, in which "|" ends a line.
func FuzzRecognise(f *testing.F) {
	for _, tt := range layouts {
		var b strings.Builder
		for _, name := range slices.Sorted(maps.Keys(tt.files)) {
			b.WriteString(name + "\t" + strings.ReplaceAll(tt.files[name], "\n", "|") + "\n")
		}
		f.Add(b.String())
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 1<<14 {
			return
		}
		files := map[string]string{}
		for line := range strings.Lines(text) {
			name, content, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
			files[name] = strings.ReplaceAll(content, "|", "\n")
		}
		members, read := collection(files)
		l := layout.Recognise(members, read)
		if l == nil {
			return
		}
		if l.Collector == "" || len(l.Because) == 0 || len(l.Problems) > 100 || !utf8.ValidString(l.Host) {
			t.Fatalf("%+v", l)
		}
		for _, p := range l.Problems {
			if !utf8.ValidString(p.At.Member) || p.Kind == 0 || p.Err == nil {
				t.Fatalf("%+v", p)
			}
		}
		for _, m := range members {
			p, ok := l.Place(m.Name)
			if !ok || p.Metadata {
				continue
			}
			if !strings.HasPrefix(p.Path, "/") || !utf8.ValidString(l.VolumeName(p)+p.Path+p.Stream) {
				t.Fatalf("%q: %+v", m.Name, p)
			}
			for part := range strings.SplitSeq(p.Path, "/") {
				if part == ".." {
					t.Fatalf("%q climbs out: %+v", m.Name, p)
				}
			}
			if p.Drive != "" && !slices.Contains(l.Drives, p.Drive) && !m.Dir {
				t.Fatalf("%q: drive %q is not in %q", m.Name, p.Drive, l.Drives)
			}
		}
	})
}

// FuzzParseIndex reads a file through whatever ranges an index has.
func FuzzParseIndex(f *testing.F) {
	f.Add([]byte(`{"ranges":[{"length":100},{"original_offset":100,"file_length":3,"length":8},{"file_offset":3,"original_offset":108,"file_length":5,"length":5}]}`), int64(98))
	f.Add([]byte("{\"FileOffset\":0,\"FileLength\":3,\"Length\":100}\n{\"Length\":4}"), int64(0))
	f.Add([]byte(`{"Ranges":[{"FileLength":9,"Length":9,"FileOffset":70000000000000}]}`), int64(3))
	f.Fuzz(func(t *testing.T, b []byte, off int64) {
		s, err := layout.ParseIndex(b)
		if (s == nil) == (err == nil) {
			t.Fatal(s, err)
		}
		if s == nil {
			return
		}
		end := int64(0)
		for _, r := range s.Ranges {
			if r.Offset < end || r.Length <= 0 || r.Stored < 0 || r.Stored+r.Length > s.Stored {
				t.Fatalf("%+v", s)
			}
			end = r.Offset + r.Length
		}
		if end > s.Size {
			t.Fatalf("%+v", s)
		}
		stored := []byte("0123456789")
		reader := s.Reader(bytes.NewReader(stored))
		buf := make([]byte, 64)
		n, err := reader.ReadAt(buf, off)
		if n < 0 || n > len(buf) || n < len(buf) && err == nil {
			t.Fatalf("%d bytes, %v", n, err)
		}
		for i, got := range buf[:n] {
			want := byte(0)
			for _, r := range s.Ranges {
				if at := off + int64(i); at >= r.Offset && at < r.Offset+r.Length {
					want = stored[r.Stored+at-r.Offset]
				}
			}
			if got != want {
				t.Fatalf("byte %d is %#x, want %#x: %+v", off+int64(i), got, want, s)
			}
		}
		if _, err := io.Copy(io.Discard, io.NewSectionReader(reader, max(off, 0)&0xFFFF, 4096)); err != nil && s.Stored <= int64(len(stored)) {
			t.Fatal(err)
		}
	})
}

package directory_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"hivetriage/artifacts"
	"hivetriage/artifacts/evidence"
	"hivetriage/artifacts/evidence/directory"
)

var _ evidence.Reporter = (*directory.Source)(nil)

const (
	abc     = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" // SHA-256 of "abc"
	uploads = "uploads/auto/C%3A/"
)

// velociraptor puts a collection into a folder: b is not what it was.
func velociraptor(t *testing.T) string {
	dir := t.TempDir()
	put(t, dir, "client_info.json", `{"Hostname":"WS-9"}`)
	put(t, dir, "results/A%2FUploads.json", strings.NewReplacer("SUM", abc, "TIME", "2024-03-01T12:00:00Z").Replace(
		`{"SourceFile":"C:\\a","SourceFileSha256":"SUM","Modified":"TIME"}
{"SourceFile":"C:\\b","SourceFileSha256":"SUM"}
{"SourceFile":"\\\\.\\C:\\$Extend\\$UsnJrnl:$J","SourceFileSha256":"SUM"}
`))
	put(t, dir, "other/file", "xyz")
	put(t, dir, uploads+"a", "abc")
	put(t, dir, uploads+"b", "abd")
	put(t, dir, uploads+"b%3Ahidden", "stream")
	put(t, dir, "uploads/ntfs/%5C%5C.%5CC%3A/$Extend/$UsnJrnl%3A$J", "abc")
	put(t, dir, "uploads/ntfs/%5C%5C.%5CC%3A/$Extend/$UsnJrnl%3A$J.idx", `{"ranges":[{"length":8192},{"original_offset":8192,"file_length":3,"length":3}]}`)
	return dir
}

// TestCollected expects a volume for the drive and one for the rest.
func TestCollected(t *testing.T) {
	dir := velociraptor(t)
	s, err := directory.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if in := s.Input(); in.Collector != "" || s.Because() != nil || len(s.Problems()) != 0 {
		t.Errorf("before the walk: %+v", in)
	}
	var out strings.Builder
	for v, err := range s.Volumes(context.Background()) {
		if err != nil {
			t.Fatal(err)
		}
		info := v.Info()
		fmt.Fprintf(&out, "%s %s %s\n", v.Name(), info.FileSystem, info.Label)
		ask := artifacts.Scan{Workers: 1, Head: func([]byte) bool { return true }, Name: func(name, stream []byte) bool {
			fmt.Fprintf(&out, "? %s:%s\n", name, stream)
			return false
		}}
		for e, err := range v.Find(context.Background(), ask) {
			if err != nil {
				t.Fatal(err)
			}
			m := e.Meta()
			fmt.Fprintf(&out, "%s:%s %d %s %v\n", e.Locator().Path, e.Locator().Stream, e.Size(), m.Allocation, m.Times.Modified.Format(time.DateOnly))
		}
		if tally := v.Tally(); tally.Streams != tally.Examined+tally.Empty+tally.Failed || tally.Streams == 0 {
			t.Errorf("%s: %+v", v.Name(), tally)
		}
	}
	for _, line := range []string{"velociraptor collection Velociraptor\n", "velociraptor/C: collection Velociraptor\n", "? b:hidden\n", "? $UsnJrnl:$J\n",
		"/$Extend/$UsnJrnl:$J 8195 live 0001-01-01\n", "/a: 3 live 2024-03-01\n", "/b: 3 live 0001-01-01\n", "/b:hidden 6 live 0001-01-01\n",
		"/other/file: 3 live " + time.Now().UTC().Format(time.DateOnly)} {
		if !strings.Contains(out.String(), line) {
			t.Errorf("no %q in\n%s", line, out.String())
		}
	}
	name, because := s.Host()
	if in := s.Input(); in.Collector != "Velociraptor" || in.Kind != "directory" || name != "WS-9" || because != "client_info.json" || len(s.Because()) == 0 {
		t.Errorf("after the walk: %+v, host %q, %q", in, name, because)
	}
}

// TestDigests opens every file of the drive, twice.
func TestDigests(t *testing.T) {
	s, err := directory.Open(velociraptor(t))
	if err != nil {
		t.Fatal(err)
	}
	for v := range s.Volumes(context.Background()) {
		for e := range v.Find(context.Background(), artifacts.Scan{Head: func([]byte) bool { return true }}) {
			ended, cancel := context.WithCancel(context.Background())
			cancel()
			at := e.Locator()
			if _, err := e.Open(ended); at.Path == "/b" && at.Stream == "" && !errors.Is(err, context.Canceled) {
				t.Errorf("cancelled: %v", err)
			}
			if head := e.(artifacts.Known).Head(); int64(len(head)) != min(e.Size(), artifacts.KnownHead) || e.Meta().Unreliable != "" {
				t.Errorf("%s: %d bytes of the head, %q", at, len(head), e.Meta().Unreliable)
			}
			verifier := e.(interface{ Verify(context.Context) error })
			if err := verifier.Verify(context.Background()); err != nil {
				t.Errorf("%s: %v", at, err)
			}
			for range 2 {
				c, err := e.Open(context.Background())
				if err != nil {
					t.Fatal(err)
				}
				b, err := io.ReadAll(io.NewSectionReader(c, 0, c.Size()))
				if err != nil || int64(len(b)) != e.Size() || c.Close() != nil {
					t.Errorf("%s: %d bytes, %v", at, len(b), err)
				}
				if at.Stream == "$J" && string(b) != strings.Repeat("\x00", 8192)+"abc" {
					t.Errorf("the journal was not expanded: %d bytes", len(b))
				}
			}
			if unreliable := e.Meta().Unreliable; (unreliable != "") != (at.Path == "/b" && at.Stream == "") {
				t.Errorf("%s: %q", at, unreliable)
			}
		}
	}
	problems := s.Problems()
	if len(problems) != 1 || problems[0].Kind != artifacts.Checksum || problems[0].At.Path != "/b" || problems[0].At.Volume != "velociraptor/C:" || !strings.Contains(problems[0].Error(), abc) {
		t.Errorf("%v", problems)
	}
}

// TestCollectedTrouble has metadata that cannot be read and a link.
func TestCollectedTrouble(t *testing.T) {
	dir := velociraptor(t)
	put(t, dir, "client_info.json", "{")
	if err := os.Symlink("nowhere", dir+"/link"); err != nil {
		t.Skipf("SKIPPED: no links here: %v", err)
	}
	s, err := directory.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	got := ""
	for v := range s.Volumes(context.Background()) {
		for _, err := range v.Find(context.Background(), artifacts.Scan{}) {
			got += fmt.Sprintln(err)
		}
	}
	for _, p := range s.Problems() {
		got += fmt.Sprintln(p)
	}
	want := dir + " velociraptor /link: unsupported: a link to something outside of this folder, or to nothing, is not followed: give its target as an input of its own\n" +
		dir + " /client_info.json: malformed: metadata: unexpected EOF\n"
	if got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

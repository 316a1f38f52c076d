package prefetch

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"hivetriage/artifacts/execution/prefetch/prefetchtest"
	"hivetriage/testdata/corpora"
)

// TestOracle holds what is read against sccainfo of libscca, on real files and
// on those of the builder, so that the two are not wrong together.
func TestOracle(t *testing.T) {
	tool, err := exec.LookPath("sccainfo")
	if err != nil {
		t.Skip("SKIPPED: sccainfo (Debian's libscca-utils) is not here")
	}
	files := map[string][]byte{
		"v17.pf": prefetchtest.File(saved(17, prefetchtest.Plain)),
		"v23.pf": prefetchtest.File(saved(23, prefetchtest.Plain)),
		"v26.pf": prefetchtest.File(saved(26, prefetchtest.Plain)),
		"v30.pf": prefetchtest.File(saved(30, prefetchtest.Plain)),
	}
	for _, path := range corpora.Glob(t, "prefetch/*.pf") {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		files[filepath.Base(path)] = data
	}
	for name, data := range files {
		p := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(p, data, 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command(tool, p).Output()
		if err != nil {
			t.Errorf("%s: sccainfo: %v", name, err)
			continue
		}
		var told []string
		for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); {
			key, value, _ := strings.Cut(strings.TrimSpace(lines.Text()), ": ")
			if _, after, ok := strings.Cut(value, ": "); ok && (key == "Filename" || key == "Last run time") {
				value = after
			}
			switch key = strings.TrimRight(key, ":\t"); key {
			case "Format version", "Prefetch hash", "Executable filename", "Run count", "Last run time", "Filename", "Device path", "Creation time", "Serial number":
				told = append(told, key+"="+strings.TrimSpace(value))
			}
		}
		f, err := load(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			t.Fatal(err)
		}
		f.decode()
		const layout = "Jan 02, 2006 15:04:05.000000000 UTC"
		want := []string{fmt.Sprintf("Format version=%d", version(f.data)), fmt.Sprintf("Prefetch hash=0x%08x", f.hash), "Executable filename=" + f.name, fmt.Sprintf("Run count=%d", f.runs)}
		for _, at := range f.ran {
			want = append(want, "Last run time="+at.Format(layout))
		}
		for _, m := range f.metrics {
			want = append(want, "Filename="+m.path)
		}
		for _, v := range f.volumes {
			at := "Not set (0)"
			if !v.created.IsZero() {
				at = v.created.Format(layout)
			}
			want = append(want, "Device path="+v.device, "Creation time="+at, fmt.Sprintf("Serial number=0x%08x", v.serial))
		}
		told = slices.DeleteFunc(told, func(s string) bool { return s == "Last run time=Not set (0)" })
		if !slices.Equal(told, want) {
			t.Errorf("%s: sccainfo says\n%s\nand we\n%s", name, strings.Join(told, "\n"), strings.Join(want, "\n"))
		}
	}
}

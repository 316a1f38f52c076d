package correlate

import (
	"testing"
	"time"

	"hivetriage/triage/locate"
)

// TestSameHiveCopiedOn: copies with the same bytes are of one act wherever
// they lie, and it is told what they are copies of and how they came there.
func TestSameHiveCopiedOn(t *testing.T) {
	first := withSameBytes(export("e1", "SAM", "/Users/Public/sam.save", at(0)))
	packed := withSameBytes(export("e2", "SAM", "/Users/Public/out.zip", at(time.Hour)))
	packed.At.Member = "sam.save"
	stick := withSameBytes(export("e3", "SAM", "/backup/1.bin", at(2*time.Hour)))
	stick.At.Source, stick.At.Volume = "stick.raw", "fat"
	named := withSameBytes(export("e4", "SAM", "/gfx.dat", at(3*time.Hour)))
	named.History = []locate.Happening{{Kind: locate.HappenedRenamed, What: "renamed to /gfx.dat", Path: "/x.dat", Time: at(4 * time.Hour)}}
	twin := withSameBytes(export("e5", "SAM", "/twin", at(0)))
	untimed := withSameBytes(onLocalClock(export("e6", "SAM", "/local", at(0))))
	copied := save("r1", "SAM", `C:\gfx.dat`, at(3*time.Hour), 100, 50)
	for _, c := range []struct {
		name    string
		exports []locate.Export
		records []Record
		want    map[string]string // by export
	}{
		{"alone", []locate.Export{first}, nil, map[string]string{"e1": ""}},
		{"packed and carried away", []locate.Export{first, packed, stick}, nil, map[string]string{"e1": "",
			"e2": "the same bytes as /Users/Public/sam.save, packed into the archive /Users/Public/out.zip; what copied it is not recorded",
			"e3": "the same bytes as /Users/Public/sam.save on another volume (disk.raw gpt:1), created 2h0m0s after it; what copied it is not recorded"}},
		{"by a command, and renamed", []locate.Export{first, named}, []Record{copied}, map[string]string{"e1": "",
			"e4": `the same bytes as /Users/Public/sam.save, created 3h0m0s after it; reg save HKLM\SAM C:\gfx.dat names this place (event 4688, record 0); renamed to /gfx.dat at 2026-03-14T16:00:00Z`}},
		{"which is older is not known", []locate.Export{first, twin, untimed}, nil, map[string]string{"e1": "", "e5": "", "e6": ""}},
		{"only in an archive", []locate.Export{packed}, nil, map[string]string{"e2": ""}},
	} {
		acts := Join(c.exports, c.records, Known{})
		if len(acts) != 1 {
			t.Errorf("%s: %v", c.name, ids(acts))
			continue
		}
		for _, w := range acts[0].Whereabouts {
			if want, known := c.want[w.Export]; known && w.How != want {
				t.Errorf("%s: %s came by %q, want %q", c.name, w.Path, w.How, want)
			}
		}
	}
}

package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"sync"
	"testing"
	"time"

	"hivetriage/artifacts/evidence/image/vhdx/vhdxtest"
	"hivetriage/testdata/scene"
)

// attestedMachine is the machine whose artefacts tell of an act, with what
// collectors read from its volume.
var attestedMachine = sync.OnceValues(func() (a struct {
	*scene.Machine
	table, journal []byte
}, err error) {
	if a.Machine, err = scene.Attested(); err == nil {
		a.table, a.journal, err = a.Table()
	}
	return a, err
})

// attestedMembers are what three collectors leave of it.
func attestedMembers(t *testing.T) (kape, velociraptor, cylr []scene.Member) {
	t.Helper()
	a, err := attestedMachine()
	if err != nil {
		t.Fatal(err)
	}
	then := time.Date(2026, 3, 14, 20, 30, 0, 0, time.UTC)
	add := func(members []scene.Member, table, journal string) []scene.Member {
		members = append(members, scene.Member{Name: table, Data: a.table, Modified: then})
		if journal != "" {
			members = append(members, scene.Member{Name: journal, Data: a.journal, Modified: then})
		}
		return members
	}
	return add(a.KAPE(), "C/$MFT", "C/$Extend/$J"), add(a.Velociraptor(), "uploads/ntfs/%5C%5C.%5CC%3A/$MFT", ""), add(a.CyLR(), "C/$MFT", "C/$Extend/$UsnJrnl$J")
}

// An attestedForm is that machine in one form.
type attestedForm struct {
	name, program string
	write         func(path string) (input string, err error)
	// lacks finds in what is told that which the form has otherwise, nil where
	// it has everything.
	lacks *regexp.Regexp
}

func attestedForms(t *testing.T) []attestedForm {
	kape, velociraptor, cylr := attestedMembers(t)
	packed := func(i int, members []scene.Member) func(string) (string, error) {
		return func(path string) (string, error) { return path, packings[i].write(path, members) }
	}
	disk := func(media func() ([]byte, error)) func(string) (string, error) {
		return func(path string) (string, error) {
			b, err := media()
			if err != nil {
				return "", err
			}
			return path, os.WriteFile(path, b, 0o444)
		}
	}
	raw := func() ([]byte, error) {
		a, err := attestedMachine()
		if err != nil {
			return nil, err
		}
		return a.Raw()
	}
	return []attestedForm{
		{name: "NTFS image", write: disk(raw)},
		{name: "KAPE folder", write: packed(0, kape)},
		{name: "KAPE zip", write: packed(1, kape)},
		{name: "KAPE tar.gz", write: packed(2, kape)},
		{name: "KAPE 7z", program: "7z", write: packed(3, kape)},
		{name: "KAPE VHDX", write: disk(func() ([]byte, error) {
			media, err := scene.CopiedDisk(kape)
			return vhdxtest.Build(media, vhdxtest.Options{}), err
		})},
		{name: "Velociraptor folder", write: packed(0, velociraptor)},
		{name: "Velociraptor zip", write: packed(1, velociraptor)},
		{name: "Velociraptor tar.gz", write: packed(2, velociraptor)},
		{name: "CyLR folder", write: packed(0, cylr)},
		{name: "CyLR zip", write: packed(1, cylr), lacks: lag}, // a zip's own clock counts by two seconds
		{name: "CyLR tar.gz", write: packed(2, cylr)},
		{name: "mounted drive", write: func(path string) (string, error) { return filepath.Join(path, "C"), scene.WriteFolder(path, kape) }},
		{name: "shadow copy", write: disk(scene.AttestedShadow)},
	}
}

// An attestedCase is what a case says of the act.
type attestedCase struct {
	Verdict string
	Hosts   []struct{ Name string }
	Exports []struct {
		ID, Hive string
		At       struct{ Path string }
	}
	Records []map[string]any
	Acts    []struct {
		Verdict                 string
		Hives, Exports, Records []string
	}
	Notices  []map[string]any
	Coverage struct {
		Complete bool
		Sources  []struct {
			What, State, Why string
			At               struct{ Path string }
			Records          int64
		}
	}
}

func attestedFrom(t *testing.T, input string, flags ...string) (c attestedCase) {
	t.Helper()
	if err := json.Unmarshal([]byte(triageIn(t, exitFound, append(flags, "-q", "--json", "-", input)...)), &c); err != nil {
		t.Fatal(err)
	}
	return c
}

// told is the case in lines that do not depend on where the evidence lies:
// copies by their path and hive, records by their id, acts by what they join.
func (c attestedCase) told(t *testing.T) (lines []string) {
	t.Helper()
	name := map[string]string{}
	for _, e := range c.Exports {
		name[e.ID] = e.Hive + " " + e.At.Path
		lines = append(lines, "copy "+name[e.ID])
	}
	known := map[string]string{}
	add := func(kind string, o map[string]any) {
		eachObject(o, func(o map[string]any) {
			delete(o, "source")
			delete(o, "volume")
		})
		b, err := json.Marshal(o)
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, kind+" "+string(b))
	}
	for _, r := range c.Records {
		if export, ok := r["export"].(string); ok { // its id is made of the copy's, which is that of its place
			id := r["id"].(string)
			known[id] = id[:len("rec-")+12] + " " + name[export]
			r["id"], r["export"] = known[id], name[export]
		}
		add("record", r)
	}
	for _, n := range c.Notices {
		add("notice", n)
	}
	for _, a := range c.Acts {
		for _, list := range [][]string{a.Exports, a.Records} {
			for i := range list {
				list[i] = cmp.Or(name[list[i]], known[list[i]], list[i])
			}
			slices.Sort(list)
		}
		lines = append(lines, fmt.Sprintf("act %s %q %q %q", a.Verdict, a.Hives, a.Exports, a.Records))
	}
	slices.Sort(lines)
	return lines
}

// lag is the time from a run to the copy that it is tied to.
var lag = regexp.MustCompile(`came to be \S+ from then`)

// attestedArtefacts are those that tell of the act on that machine.
var attestedArtefacts = []string{"Amcache", "BAM", "BITS", "ComDlg32", "DetectionHistory", "JumpList", "LNK", "MPLog", "PSReadLine", "PowerShell transcript", "Prefetch", "RecentDocs", "RecycleBin",
	"RunMRU", "ScheduledTask", "Service", "ShimCache", "TaskCache", "UserAssist"}

// TestArtefactsInEveryForm: the same act is told by the same records of every
// artefact, whatever form the evidence has.
func TestArtefactsInEveryForm(t *testing.T) {
	var want []string
	for _, f := range attestedForms(t) {
		t.Run(f.name, func(t *testing.T) {
			needs(t, f.program)
			input, err := f.write(filepath.Join(t.TempDir(), "evidence"))
			if err != nil {
				t.Fatal(err)
			}
			c := attestedFrom(t, input)
			got := c.told(t)
			if want == nil {
				want = got
				var artefacts []string
				for _, r := range c.Records {
					artefacts = append(artefacts, r["from"].(map[string]any)["artefact"].(string))
				}
				slices.Sort(artefacts)
				if artefacts = slices.Compact(artefacts); !slices.Equal(artefacts, attestedArtefacts) {
					t.Errorf("records of %q, want %q", artefacts, attestedArtefacts)
				}
			}
			if len(c.Hosts) != 1 || c.Hosts[0].Name != "WS-FIN-07" {
				t.Errorf("hosts %+v", c.Hosts)
			}
			want := slices.Clone(want)
			if f.lacks != nil {
				for i := range want {
					want[i] = f.lacks.ReplaceAllString(want[i], "")
				}
				for i := range got {
					got[i] = f.lacks.ReplaceAllString(got[i], "")
				}
			}
			for _, line := range got {
				if !slices.Contains(want, line) {
					t.Errorf("more: %s", line)
				}
			}
			for _, line := range want {
				if !slices.Contains(got, line) {
					t.Errorf("less: %s", line)
				}
			}
		})
	}
}

package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"hivetriage/testdata/scene"
)

// A folderCase is what a JSON case says of the evidence and what is in it.
type folderCase struct {
	Inputs []struct{ Kind, Collector string }
	Hosts  []struct {
		Name    string
		Because []string
	}
	Exports     []folderExport
	KnownCopies []struct{ ID string } `json:"known_copies"`
	Acts        []struct{ ID, Verdict string }
	Coverage    struct {
		Volumes []struct{ Name string }
		Sources []struct{ What, Why string }
	}
}

type folderExport struct {
	ID, State string
	At        struct{ Volume, Path, Stream string }
	Times     struct {
		SI struct{ Created, Modified string }
	}
	Integrity struct{ Problems []string }
}

func readCase(t *testing.T, want int, input string) folderCase {
	t.Helper()
	var c folderCase
	if err := json.Unmarshal([]byte(triageIn(t, want, "--json", "-", input)), &c); err != nil {
		t.Fatal(err)
	}
	return c
}

// live lists the ids of the live exports, those in streams as well or not.
func (c folderCase) live(streams bool) (ids []string) {
	for _, e := range c.Exports {
		if e.State == "live" && (streams || e.At.Stream == "") {
			ids = append(ids, e.ID)
		}
	}
	slices.Sort(ids)
	return ids
}

// TestUnpackedCollections expects of a machine's folders what its image shows:
// the same live exports with the same times, and the same host.
func TestUnpackedCollections(t *testing.T) {
	dir, err := images()
	if err != nil {
		t.Fatal(err)
	}
	image := readCase(t, 1, filepath.Join(dir, "workstation.raw"))
	for _, tt := range []struct {
		name, collector string
		streams         bool
		volumes         []string
	}{
		{"kape", "KAPE", false, []string{"kape", "kape/C:"}},
		{"velociraptor", "Velociraptor", true, []string{"velociraptor", "velociraptor/C:"}},
	} {
		c := readCase(t, 1, filepath.Join(dir, "workstation-"+tt.name))
		if got, want := c.live(true), image.live(tt.streams); !slices.Equal(got, want) || len(got) < 2 {
			t.Errorf("%s: exports %v, the image has %v", tt.name, got, want)
		}
		if c.Inputs[0].Kind != "directory" || c.Inputs[0].Collector != tt.collector {
			t.Errorf("%s: input %+v", tt.name, c.Inputs)
		}
		if len(c.Hosts) != 1 || c.Hosts[0].Name != image.Hosts[0].Name || len(c.KnownCopies) != len(image.KnownCopies) {
			t.Errorf("%s: hosts %+v, %d known copies", tt.name, c.Hosts, len(c.KnownCopies))
		}
		var volumes []string
		for _, v := range c.Coverage.Volumes {
			volumes = append(volumes, v.Name)
		}
		if !slices.Equal(volumes, tt.volumes) {
			t.Errorf("%s: volumes %v", tt.name, volumes)
		}
		for _, e := range c.Exports {
			i := slices.IndexFunc(image.Exports, func(o folderExport) bool {
				return o.ID == e.ID
			})
			if i < 0 || image.Exports[i].Times.SI != e.Times.SI || e.At.Volume != tt.volumes[1] || len(e.Integrity.Problems) > 0 {
				t.Errorf("%s: export %+v", tt.name, e)
			}
		}
	}
}

// TestCollectedFileThatChanged changes an export after it was collected.
func TestCollectedFileThatChanged(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "kape")
	members := scene.Workstation().KAPE()
	for i, m := range members {
		if m.Name == "C/Users/Public/Libraries/sam.hiv" {
			members[i].Data = slices.Clone(m.Data)
			members[i].Data[len(m.Data)-1] ^= 1
		}
	}
	if err := scene.WriteFolder(dir, members); err != nil {
		t.Fatal(err)
	}
	c := readCase(t, 1, dir)
	told := 0
	for _, e := range c.Exports {
		if e.At.Path == "/Users/Public/Libraries/sam.hiv" && len(e.Integrity.Problems) == 1 {
			told++
		}
	}
	for _, r := range c.Coverage.Sources {
		if r.What == "container" {
			told++
		}
	}
	if told != 2 {
		t.Errorf("the changed digest was told in %d places, want the export and the ledger: %+v", told, c.Coverage.Sources)
	}
}

// TestHostOfTheCollector takes the name from the collector's metadata only
// where there is nothing better.
func TestHostOfTheCollector(t *testing.T) {
	dir := t.TempDir()
	var members []scene.Member
	for _, m := range scene.Workstation().Velociraptor() {
		if filepath.Base(m.Name) == "sam.hiv" || filepath.Dir(m.Name) == "." {
			members = append(members, m)
		}
	}
	if err := scene.WriteFolder(dir, members); err != nil {
		t.Fatal(err)
	}
	c := readCase(t, 1, dir)
	if len(c.Hosts) != 1 || c.Hosts[0].Name != "WS-FIN-07" || !slices.Equal(c.Hosts[0].Because, []string{"the collector's metadata: client_info.json"}) {
		t.Errorf("hosts %+v", c.Hosts)
	}
	if err := os.Remove(filepath.Join(dir, "client_info.json")); err != nil {
		t.Fatal(err)
	}
	if c := readCase(t, 1, dir); len(c.Hosts) != 0 || c.Inputs[0].Collector != "Velociraptor" {
		t.Errorf("without the file: %+v", c.Hosts)
	}
}

// TestCollectedShadowCopy finds an export that lies only in a shadow copy, and
// keeps the copy's hives from being another computer's.
func TestCollectedShadowCopy(t *testing.T) {
	dir := t.TempDir()
	var members []scene.Member
	for _, m := range scene.Workstation().KAPE() {
		switch copied := m; {
		case m.Name == "C/Users/Public/Libraries/sam.hiv":
			m.Name = "VSS3/" + m.Name
		case filepath.Dir(m.Name) == "C/Windows/System32/config":
			copied.Name = "VSS3/" + m.Name
			members = append(members, copied)
		}
		members = append(members, m)
	}
	if err := scene.WriteFolder(dir, members); err != nil {
		t.Fatal(err)
	}
	c := readCase(t, 1, dir)
	i := slices.IndexFunc(c.Exports, func(e folderExport) bool { return e.At.Path == "/Users/Public/Libraries/sam.hiv" })
	if i < 0 || c.Exports[i].State != "snapshot" || c.Exports[i].At.Volume != "kape/C:/vss:3" || len(c.Hosts) != 1 {
		t.Errorf("hosts %+v, exports %+v", c.Hosts, c.Exports)
	}
}

package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"hivetriage/testdata/scene"
)

// The files that every collector of the table takes as far as it can.
const (
	liveSAM     = "/Windows/System32/config/SAM"
	stolenSAM   = "/Users/Public/Libraries/sam.hiv"
	securityLog = "/Windows/System32/winevt/Logs/Security.evtx"
)

// small are those files of the workstation.
func small() []scene.File {
	return slices.DeleteFunc(scene.Workstation().Files(), func(f scene.File) bool {
		return f.Stream != "" || !slices.Contains([]string{liveSAM, stolenSAM, securityLog}, f.Path)
	})
}

// under puts files below a folder, with further members beside them.
func under(folder string, files []scene.File, beside ...scene.Member) []scene.Member {
	for _, f := range files {
		beside = append(beside, scene.Member{Name: folder + f.Path, Data: f.Data, Modified: f.Times.Modified})
	}
	return beside
}

func member(name, content string) scene.Member {
	return scene.Member{Name: name, Data: []byte(content), Modified: time.Date(2026, 3, 14, 20, 30, 0, 0, time.UTC)}
}

// orc is a collection of DFIR-ORC: samples and the table that says what they
// were.
func orc(files []scene.File) []scene.Member {
	const stamp = "2006-01-02 15:04:05.000"
	table := "ComputerName,VolumeID,ParentFRN,FRN,FullName,SampleName,SizeInBytes,MD5,SHA1,FindMatch,ContentType,SampleCollectionDate," +
		"CreationDate,LastModificationDate,LastAccessDate,LastAttrChangeDate,FileNameCreationDate,AttrType,AttrName,AttrID,SnapshotID,SHA256,YaraRules\r\n"
	var members []scene.Member
	for i, f := range files {
		sample := fmt.Sprintf("AB12CD34_%d_%s_data", i, path.Base(f.Path))
		sum := sha256.Sum256(f.Data)
		table += strings.Join([]string{"WS-FIN-07", "0x9C2E7B415E08D3A6", "0x1", fmt.Sprintf("0x%X", i), strings.ReplaceAll(f.Path, "/", `\`), sample,
			fmt.Sprint(len(f.Data)), "", "", "x", "data", "2026-03-14 20:30:00.000", f.Times.Created.Format(stamp), f.Times.Modified.Format(stamp),
			f.Times.Accessed.Format(stamp), f.Times.Changed.Format(stamp), "", "$DATA", "", "3", "{00000000-0000-0000-0000-000000000000}",
			hex.EncodeToString(sum[:]), ""}, ",") + "\r\n"
		members = append(members, scene.Member{Name: "General/" + sample, Data: f.Data, Modified: member("", "").Modified})
	}
	return append(members, member("General/GetThis.csv", "\xEF\xBB\xBF"+table),
		member("NTFSInfo_volstats.csv", "ComputerName,VolumeID,MountPoint\r\nWS-FIN-07,0x9C2E7B415E08D3A6,C:\\\r\n"))
}

// A collectorRow is what one collector leaves and what is known from it.
type collectorRow struct {
	name    string
	members []scene.Member
	volume  string   // of what it collected
	placed  []string // the hives and logs, where they came from
	times   []string // of the export
	exact   bool     // those are finer than seconds in every form
	digests bool     // it noted them
}

func collectorRows() []collectorRow {
	files := small()
	var log []byte
	for _, f := range files {
		if f.Path == securityLog {
			log = f.Data
		}
	}
	all := []string{stolenSAM, liveSAM, securityLog}
	modified := []string{"modified"}
	w := scene.Workstation()
	report := member("WS_20260314203000/WS_20260314203000_report.json", `{"system":{"Hostname":"WS-FIN-07"}}`)
	return []collectorRow{
		{"KAPE", w.KAPE(), "kape/C:", all, []string{"accessed", "created", "modified"}, true, true},
		{"Velociraptor", w.Velociraptor(), "velociraptor/C:", all, []string{"accessed", "changed", "created", "modified"}, true, true},
		{"CyLR", w.CyLR(), "cylr/C:", all, modified, false, false},
		{"dissect acquire", under("WS_20260314203000/fs/c:", files, report), "acquire/C:", all, modified, false, false},
		{"DFIR-ORC", orc(files), "orc/C:", all, []string{"accessed", "changed", "created", "modified"}, false, true},
		{"UAC", under("[root]/mnt/win", files, member("uac.log", "x"), member("bodyfile/bodyfile.txt", "x")), "uac/mnt/win", all, modified, false, false},
		{"Tanium", under("20260314-WS/file/C", files, member("20260314-WS/collector/info.txt", "x")), "tanium/C:", all, modified, false, false},
		{"Defender for Endpoint investigation package", []scene.Member{member("Autoruns/a.csv", "x"), member("Prefetch files/p", "x"),
			member("Processes/p.csv", "x"), member("Temp Directories/t.txt", "x"), member("Security event log/Security.evtx", string(log)),
			member("System Information/SystemInformation.txt", "Host Name: WS-FIN-07\r\n")},
			"defender", []string{"/Security event log/Security.evtx"}, nil, false, false},
		{"ir-rescue", []scene.Member{member("WS-1/data/reg/sys/SAM-live", string(files[slices.IndexFunc(files, isLive)].Data)),
			member("WS-1/data/evt/evtx/Security.evtx", string(log)), member("WS-1/data/log.txt", "x")},
			"ir-rescue/C:", []string{liveSAM, securityLog}, nil, false, false},
		{"drive folders", under("case 7/C", files, member("case 7/notes.txt", "x")), "drives/C:", all, modified, false, false},
	}
}

func isLive(f scene.File) bool { return f.Path == liveSAM }

// packings are the forms a collection comes in, each with the program that
// makes it.
var packings = []struct {
	kind, program string
	write         func(path string, members []scene.Member) error
}{
	{"directory", "", scene.WriteFolder},
	{"zip", "", func(path string, members []scene.Member) error {
		return create(path, func(f *os.File) error { return writeZip(f, members) })
	}},
	{"tar.gz", "", func(path string, members []scene.Member) error {
		return create(path, func(f *os.File) error { return writeTar(f, members) })
	}},
	{"7z", "7z", func(path string, members []scene.Member) error {
		folder := path + ".folder"
		if err := scene.WriteFolder(folder, members); err != nil {
			return err
		}
		cmd := exec.Command("7z", "a", "-bd", "-mx=1", path+".7z", ".")
		cmd.Dir = folder
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("%w: %s", err, out)
		}
		return os.Rename(path+".7z", path)
	}},
}

func create(path string, write func(*os.File) error) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	if err := write(f); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}

// A collectedCase is what a case says of a collection.
type collectedCase struct {
	Inputs  []struct{ Kind, Collector string }
	Exports []struct {
		At        struct{ Volume, Path string }
		Times     struct{ SI map[string]time.Time }
		Integrity struct{ Problems []string }
	}
	Coverage struct {
		Volumes []struct {
			Tally struct{ Streams, Examined, Empty, Failed int64 }
		}
		Sources []struct {
			What, State string
			At          struct{ Volume, Path string }
		}
		Totals struct{ Streams int64 }
	}
}

func collectedFrom(t *testing.T, input string) (c collectedCase) {
	t.Helper()
	var out, errs bytes.Buffer
	if code := runAt(t.Context(), []string{"-q", "--json", "-", input}, &out, &errs, fixedClock); code != exitFound && code != exitIncomplete && code != exitClean {
		t.Fatalf("exit code %d: %s", code, errs.String())
	}
	if err := json.Unmarshal(out.Bytes(), &c); err != nil {
		t.Fatal(err)
	}
	return c
}

// export is the one of stolenSAM.
func (c collectedCase) export(t *testing.T) (times map[string]time.Time, problems []string) {
	t.Helper()
	for _, e := range c.Exports {
		if e.At.Path == stolenSAM {
			return e.Times.SI, e.Integrity.Problems
		}
	}
	t.Fatalf("no export of %s: %+v", stolenSAM, c.Exports)
	return nil, nil
}

// TestCollectors reads what each collector leaves in each form: the collector
// is named, hives and logs stand in their original places with the times that
// it noted, and every member is accounted for.
func TestCollectors(t *testing.T) {
	var stolen scene.File
	for _, f := range small() {
		if f.Path == stolenSAM {
			stolen = f
		}
	}
	for _, row := range collectorRows() {
		for _, packing := range packings {
			t.Run(row.name+" "+packing.kind, func(t *testing.T) {
				needs(t, packing.program)
				input := filepath.Join(t.TempDir(), "collected")
				if err := packing.write(input, row.members); err != nil {
					t.Fatal(err)
				}
				c := collectedFrom(t, input)
				if in := c.Inputs[0]; in.Kind != packing.kind || in.Collector != row.name {
					t.Errorf("input %+v", in)
				}
				row.checkLedger(t, c)
				if row.times == nil {
					return
				}
				times, problems := c.export(t)
				var known []string
				for name, at := range times {
					known = append(known, name)
					if name == "modified" && (!at.Truncate(time.Second).Equal(stolen.Times.Modified.Truncate(time.Second)) || row.exact && !at.Equal(stolen.Times.Modified)) {
						t.Errorf("modified %v, want %v", at, stolen.Times.Modified)
					}
				}
				if slices.Sort(known); !slices.Equal(known, row.times) || len(problems) > 0 {
					t.Errorf("times %q, want %q; problems %q", known, row.times, problems)
				}
			})
		}
	}
}

// checkLedger expects every member in the ledger, hives and logs by name.
func (row collectorRow) checkLedger(t *testing.T, c collectedCase) {
	t.Helper()
	var streams int64
	for _, v := range c.Coverage.Volumes {
		streams += v.Tally.Streams
		if v.Tally.Examined+v.Tally.Empty+v.Tally.Failed != v.Tally.Streams || v.Tally.Failed > 0 {
			t.Errorf("%+v", v)
		}
	}
	if want := int64(len(row.members)); streams != want || c.Coverage.Totals.Streams != want {
		t.Errorf("%d members in the volumes, %d in the totals, the collection has %d", streams, c.Coverage.Totals.Streams, want)
	}
	for _, path := range row.placed {
		if !slices.ContainsFunc(c.Coverage.Sources, func(r struct {
			What, State string
			At          struct{ Volume, Path string }
		}) bool {
			return r.At.Path == path && r.At.Volume == row.volume && r.State == "read"
		}) {
			t.Errorf("%s of %s is not in the ledger: %+v", path, row.volume, c.Coverage.Sources)
		}
	}
}

// TestCollectorsDigests changes a file after it was collected: who noted
// digests has it told.
func TestCollectorsDigests(t *testing.T) {
	for _, row := range collectorRows() {
		if row.times == nil {
			continue
		}
		for _, packing := range packings[:3] {
			members := slices.Clone(row.members)
			changed := 0
			for i, m := range members {
				if strings.HasSuffix(m.Name, "sam.hiv") || strings.HasSuffix(m.Name, "sam.hiv_data") {
					members[i].Data = slices.Clone(m.Data)
					members[i].Data[len(m.Data)-1] ^= 1
					changed++
				}
			}
			input := filepath.Join(t.TempDir(), "collected")
			if err := packing.write(input, members); err != nil {
				t.Fatal(err)
			}
			if _, problems := collectedFrom(t, input).export(t); changed != 1 || (len(problems) > 0) != row.digests {
				t.Errorf("%s %s: %d files changed, told %q", row.name, packing.kind, changed, problems)
			}
		}
	}
}

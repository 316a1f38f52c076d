package main

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"hivetriage/artifacts/evidence/image/imagetest"
	"hivetriage/artifacts/evidence/image/qcow2/qcow2test"
	"hivetriage/artifacts/evidence/image/vhd/vhdtest"
	"hivetriage/artifacts/evidence/image/vhdx/vhdxtest"
	"hivetriage/artifacts/evidence/image/vmdk/vmdktest"
	"hivetriage/testdata/scene"
)

// An evidenceCase is what a case says of the evidence, as generic JSON.
type evidenceCase struct {
	Inputs []struct{ Kind, Collector, SHA256 string }
	// Findings are exports, acts, known copies and records.
	Findings map[string]any
	Coverage struct {
		Volumes []struct {
			Name string
			Info struct {
				FileSystem string `json:"file_system"`
			}
			Tally struct{ Files, Streams int64 }
		}
		Sources []struct{ What, Why string }
	}
}

// behindImage is what a place in a disk image in a zip begins with.
var behindImage = regexp.MustCompile(`zip/[^"!]*\.vhdx!`)

// found triages an input. Where things lie is reduced to the place on the
// drive: source, volume and archive member are the container's.
func found(t *testing.T, input string, flags ...string) evidenceCase {
	t.Helper()
	document := behindImage.ReplaceAllString(triageIn(t, exitFound, append(flags, "-q", "--json", "-", input)...), "")
	var c evidenceCase
	var all map[string]any
	if err := json.Unmarshal([]byte(document), &c); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(document), &all); err != nil {
		t.Fatal(err)
	}
	c.Findings = map[string]any{}
	for _, part := range []string{"exports", "acts", "known_copies", "records"} {
		c.Findings[part] = all[part]
	}
	eachObject(c.Findings, func(o map[string]any) {
		if _, locator := o["source"].(string); locator {
			delete(o, "source")
			delete(o, "volume")
			delete(o, "member")
		}
	})
	return c
}

// eachObject visits every object in a JSON value.
func eachObject(v any, visit func(map[string]any)) {
	switch v := v.(type) {
	case map[string]any:
		visit(v)
		for _, x := range v {
			eachObject(x, visit)
		}
	case []any:
		for _, x := range v {
			eachObject(x, visit)
		}
	}
}

// without takes fields out of findings, named by their last keys: "owner_sid",
// "si.changed".
func without(findings map[string]any, fields ...string) {
	for _, field := range fields {
		if field == joinedActs {
			continue
		}
		parent, key, nested := strings.Cut(field, ".")
		eachObject(findings, func(o map[string]any) {
			if !nested {
				delete(o, field)
			} else if inner, ok := o[parent].(map[string]any); ok {
				delete(inner, key)
			}
		})
	}
}

// unordered sorts by name what a case has in the order of its times.
func unordered(findings map[string]any) {
	byPath := func(a, b any) int { return strings.Compare(pathOf(a), pathOf(b)) }
	slices.SortFunc(findings["exports"].([]any), byPath)
	slices.SortFunc(findings["known_copies"].([]any), byPath)
	for _, act := range findings["acts"].([]any) {
		if places, ok := act.(map[string]any)["whereabouts"].([]any); ok {
			slices.SortFunc(places, byPath)
		}
	}
}

func pathOf(v any) string {
	o := v.(map[string]any)
	if at, ok := o["at"].(map[string]any); ok {
		o = at
	}
	return o["path"].(string)
}

// same holds findings against those of the reference.
func same(t *testing.T, got, want map[string]any) {
	t.Helper()
	for part := range want {
		g, w := indented(t, got[part]), indented(t, want[part])
		if bytes.Equal(g, w) {
			continue
		}
		a, b := strings.Split(string(g), "\n"), strings.Split(string(w), "\n")
		for i := range min(len(a), len(b)) {
			if a[i] != b[i] {
				from := max(0, i-6)
				t.Errorf("%s differ in line %d, after\n%s\n got %s\nwant %s", part, i, strings.Join(a[from:i], "\n"), a[i], b[i])
				break
			}
		}
		if len(a) != len(b) {
			t.Errorf("%s: %d lines, want %d", part, len(a), len(b))
		}
	}
}

func indented(t *testing.T, v any) []byte {
	t.Helper()
	b, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// A form is a disk in one form: write makes it in dir and returns the file to
// open.
type form struct {
	name, kind string
	program    string // that writes it; "" where this repository does
	write      func(dir string, media []byte) (string, error)
}

// whole is a form that is one file.
func whole(name, kind, ext string, build func(media []byte) []byte) form {
	return form{name, kind, "", func(dir string, media []byte) (string, error) {
		path := filepath.Join(dir, "disk"+ext)
		return path, os.WriteFile(path, build(media), 0o444)
	}}
}

// converted is a form that qemu-img writes.
func converted(name, kind string, options ...string) form {
	return form{name, kind, "qemu-img", func(dir string, media []byte) (string, error) {
		raw, path := filepath.Join(dir, "media.raw"), filepath.Join(dir, "disk."+kind)
		if err := os.WriteFile(raw, media, 0o444); err != nil {
			return "", err
		}
		out, err := exec.Command("qemu-img", slices.Concat([]string{"convert"}, options, []string{raw, path})...).CombinedOutput()
		if err != nil {
			err = fmt.Errorf("%w: %s", err, out)
		}
		return path, err
	}}
}

// vmdkText describes a disk of the extents.
func vmdkText(kind string, extents ...string) string {
	return vmdktest.Text{Type: kind, Extents: extents}.String()
}

func vmdkExtent(media []byte, rest string) string {
	return fmt.Sprintf("RW %d %s", len(media)/512, rest)
}

// splitVMDK writes a disk as two sparse extents and their descriptor.
func splitVMDK(dir string, media []byte) (string, error) {
	half := len(media) / 2 / 65536 * 65536
	path := filepath.Join(dir, "disk.vmdk")
	for name, b := range map[string][]byte{
		"disk.vmdk": []byte(vmdkText("twoGbMaxExtentSparse", vmdkExtent(media[:half], `SPARSE "disk-s001.vmdk"`),
			vmdkExtent(media[half:], `SPARSE "disk-s002.vmdk"`))),
		"disk-s001.vmdk": vmdktest.Sparse(media[:half], vmdktest.Layout{}),
		"disk-s002.vmdk": vmdktest.Sparse(media[half:], vmdktest.Layout{}),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o444); err != nil {
			return "", err
		}
	}
	return path, nil
}

// forms are the containers of the matrix, each as this repository's builders
// and as the usual program write it.
var forms = []form{
	whole("raw", "raw", ".raw", func(m []byte) []byte { return m }),
	{"E01", "ewf", "", writeE01},
	{"E01 of ewfacquire", "ewf", "ewfacquire", acquireE01},
	whole("VHD fixed", "vhd", ".vhd", func(m []byte) []byte { return vhdtest.Fixed(m, [16]byte{1}) }),
	whole("VHD dynamic", "vhd", ".vhd", func(m []byte) []byte { return vhdtest.Sparse(m, vhdtest.Options{ID: [16]byte{1}}) }),
	converted("VHD fixed of qemu-img", "vhd", "-O", "vpc", "-o", "subformat=fixed,force_size=on"),
	converted("VHD dynamic of qemu-img", "vhd", "-O", "vpc", "-o", "subformat=dynamic,force_size=on"),
	whole("VHDX fixed", "vhdx", ".vhdx", func(m []byte) []byte { return vhdxtest.Build(m, vhdxtest.Options{Fixed: true}) }),
	whole("VHDX dynamic", "vhdx", ".vhdx", func(m []byte) []byte { return vhdxtest.Build(m, vhdxtest.Options{Reverse: true}) }),
	converted("VHDX fixed of qemu-img", "vhdx", "-O", "vhdx", "-o", "subformat=fixed"),
	converted("VHDX dynamic of qemu-img", "vhdx", "-O", "vhdx", "-o", "subformat=dynamic"),
	whole("VMDK monolithic sparse", "vmdk", ".vmdk", func(m []byte) []byte {
		return vmdktest.Sparse(m, vmdktest.Layout{Descriptor: vmdkText("monolithicSparse", vmdkExtent(m, `SPARSE "disk.vmdk"`))})
	}),
	{"VMDK split sparse", "vmdk", "", splitVMDK},
	whole("VMDK stream-optimized", "vmdk", ".vmdk", func(m []byte) []byte {
		return vmdktest.Sparse(m, vmdktest.Layout{Compressed: true, Footer: true,
			Descriptor: vmdkText("streamOptimized", vmdkExtent(m, `SPARSE "disk.vmdk"`))})
	}),
	converted("VMDK monolithic sparse of qemu-img", "vmdk", "-O", "vmdk", "-o", "subformat=monolithicSparse"),
	converted("VMDK split sparse of qemu-img", "vmdk", "-O", "vmdk", "-o", "subformat=twoGbMaxExtentSparse"),
	converted("VMDK stream-optimized of qemu-img", "vmdk", "-O", "vmdk", "-o", "subformat=streamOptimized"),
	whole("QCOW2", "qcow2", ".qcow2", func(m []byte) []byte { disk, _ := qcow2test.Disk(m, qcow2test.Layout{}); return disk }),
	whole("QCOW2 compressed", "qcow2", ".qcow2", func(m []byte) []byte {
		disk, _ := qcow2test.Disk(m, qcow2test.Layout{Compressed: true})
		return disk
	}),
	converted("QCOW2 of qemu-img", "qcow2", "-O", "qcow2"),
	converted("QCOW2 compressed of qemu-img", "qcow2", "-c", "-O", "qcow2"),
}

func writeE01(dir string, media []byte) (string, error) {
	paths, err := imagetest.WriteE01(filepath.Join(dir, "disk"), bytes.NewReader(media), int64(len(media)), imagetest.Options{SegmentSize: 256 << 10})
	if err != nil {
		return "", err
	}
	return paths[0], nil
}

func acquireE01(dir string, media []byte) (string, error) {
	raw, base := filepath.Join(dir, "media.raw"), filepath.Join(dir, "disk")
	if err := os.WriteFile(raw, media, 0o444); err != nil {
		return "", err
	}
	out, err := exec.Command("ewfacquire", "-u", "-q", "-c", "deflate:fast", "-t", base, raw).CombinedOutput()
	if err != nil {
		err = fmt.Errorf("%w: %s", err, out)
	}
	return base + ".E01", err
}

// needs skips a test whose program is absent.
func needs(t *testing.T, program string) {
	t.Helper()
	if program == "" {
		return
	}
	if _, err := exec.LookPath(program); err != nil {
		t.Skipf("SKIPPED: %s is not installed", program)
	}
}

// TestContainersAgree: every form of a disk has the same bytes, and the same
// exports, acts, known copies and records are found, in the same places.
func TestContainersAgree(t *testing.T) {
	media, err := scene.Workstation().Raw()
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(media)
	var want evidenceCase
	for _, f := range forms {
		t.Run(f.name, func(t *testing.T) {
			needs(t, f.program)
			path, err := f.write(t.TempDir(), media)
			if err != nil {
				t.Fatal(err)
			}
			got := found(t, path, "--hash")
			if want.Findings == nil {
				want = got
				if n := len(want.Findings["exports"].([]any)); n != 4 {
					t.Fatalf("%d exports", n)
				}
			}
			if got.Inputs[0].Kind != f.kind || got.Inputs[0].SHA256 != hex.EncodeToString(sum[:]) {
				t.Errorf("%+v", got.Inputs)
			}
			same(t, got.Findings, want.Findings)
		})
	}
}

// What a collection cannot contain, by the fields of a case.
var (
	// volumeOnly stand in the records of NTFS, which nobody collects with a
	// file, or are told from what does.
	volumeOnly = []string{"fn", "owner_sid", "mft_record", "not_before", "taken.because", "bounds", "conflicts"}
	noChanged  = append([]string{"si.changed"}, volumeOnly...)
	// noCreated: what is told from when a file was created is missing, too,
	// from the reasons for an act and from its points.
	noCreated = append([]string{"si.created", "si.accessed", "for", "reasons", "confidence"}, noChanged...)
	seconds   = append([]string{"si.modified", "not_after"}, noCreated...)
	// noTimes: what cannot be joined by time is an act of its own.
	noTimes = append([]string{"times", "not_after", "taken.because", joinedActs}, noCreated...)
)

// joinedActs among the fields that are lacking has only the exports, records
// and hives of all acts together compared.
const joinedActs = "acts"

// reworded are the fields of which a collection has others than the disk. The
// rest of those that it lacks must not be there.
var reworded = []string{"for", "reasons", "confidence", "taken.because", "si.modified", "not_after", "not_before", "bounds", "conflicts"}

// join makes one act of all.
func join(findings map[string]any) {
	all := map[string]map[string]bool{"exports": {}, "records": {}, "hives": {}}
	for _, act := range findings["acts"].([]any) {
		for part, seen := range all {
			list, _ := act.(map[string]any)[part].([]any)
			for _, id := range list {
				seen[id.(string)] = true
			}
		}
	}
	findings["acts"] = all
}

// untied removes what other artefacts than logs tell: most of it is tied to the
// copies by the times at which they were created.
func untied(findings map[string]any) {
	tied := map[string]bool{}
	records, _ := findings["records"].([]any)
	findings["records"] = slices.DeleteFunc(records, func(r any) bool {
		from, _ := r.(map[string]any)["from"].(map[string]any)
		if from["artefact"] != nil {
			tied[r.(map[string]any)["id"].(string)] = true
		}
		return from["artefact"] != nil
	})
	for _, act := range findings["acts"].([]any) {
		list, _ := act.(map[string]any)["records"].([]any)
		act.(map[string]any)["records"] = slices.DeleteFunc(list, func(id any) bool { return tied[id.(string)] })
	}
}

// A collectedRow is the workstation as something that collected its files
// holds it.
type collectedRow struct {
	name, kind, collector string
	write                 func(io.Writer) error
	streams               bool     // it takes alternate data streams
	lacks                 []string // fields that it cannot contain
	told                  string   // what coverage says of that
}

const collectionTold = "with the streams, times and owners that it noted, and no deleted files"

func collectedRows() []collectedRow {
	w := scene.Workstation()
	zipOf := func(files []scene.Member) func(io.Writer) error {
		return func(out io.Writer) error { return writeZip(out, files) }
	}
	untimed := w.CyLR()
	for i := range untimed {
		untimed[i].Modified = time.Time{} // the zip's own clock shows local time, of whatever zone
	}
	return []collectedRow{
		{"KAPE zip", "zip", "KAPE", zipOf(w.KAPE()), false, noChanged, collectionTold},
		{"Velociraptor zip", "zip", "Velociraptor", zipOf(w.Velociraptor()), true, volumeOnly, collectionTold},
		{"CyLR zip", "zip", "CyLR", zipOf(w.CyLR()), false, seconds, collectionTold},
		{"CyLR zip with the zip's own clock only", "zip", "CyLR", zipOf(untimed), false, noTimes, collectionTold},
		{"encrypted zip", "zip", "KAPE", func(out io.Writer) error { return writeEncrypted(out, w.KAPE()) }, false, noChanged, collectionTold},
		{"KAPE tar.gz", "tar.gz", "KAPE", func(out io.Writer) error { return writeTar(out, w.KAPE()) }, false, noChanged, collectionTold},
		{"CyLR tar.gz", "tar.gz", "CyLR", func(out io.Writer) error { return writeTar(out, w.CyLR()) }, false, noCreated, collectionTold},
		{"KAPE VHDX", "vhdx", "KAPE", vhdxOf(w.KAPE(), scene.CopiedDisk), false, noChanged, collectionTold},
		{"KAPE VHDX in a zip", "zip", "KAPE", inZip("2026-03-14T203000_WS-FIN-07.vhdx", vhdxOf(w.KAPE(), scene.CopiedDisk)), false, noChanged, collectionTold},
		{"KAPE VHD with exFAT", "vhd", "KAPE", imageOf(w.KAPE(), scene.CopiedStick, func(m []byte) []byte { return vhdtest.Sparse(m, vhdtest.Options{ID: [16]byte{1}}) }), false, noChanged, collectionTold},
		{"Velociraptor in a VHDX", "vhdx", "Velociraptor", vhdxOf(w.Velociraptor(), scene.CopiedDisk), true, volumeOnly, collectionTold},
		{"CyLR in a VHDX", "vhdx", "CyLR", vhdxOf(w.CyLR(), scene.CopiedDisk), false, noCreated, collectionTold},
	}
}

// imageOf is members on the volume of a disk, as an image.
func imageOf(members []scene.Member, disk func([]scene.Member) ([]byte, error), image func([]byte) []byte) func(io.Writer) error {
	return func(out io.Writer) error {
		media, err := disk(members)
		if err != nil {
			return err
		}
		_, err = out.Write(image(media))
		return err
	}
}

func vhdxOf(members []scene.Member, disk func([]scene.Member) ([]byte, error)) func(io.Writer) error {
	return imageOf(members, disk, func(media []byte) []byte { return vhdxtest.Build(media, vhdxtest.Options{}) })
}

// inZip packs what write writes.
func inZip(name string, write func(io.Writer) error) func(io.Writer) error {
	return func(out io.Writer) error {
		var b bytes.Buffer
		if err := write(&b); err != nil {
			return err
		}
		packed, err := zipped(name, b.Bytes(), zip.Deflate)
		if err == nil {
			_, err = out.Write(packed)
		}
		return err
	}
}

// TestCollectionsAgree: of a disk that has only what a collection can contain
// the same is found as of the collection, but for the named fields, and
// coverage says what is missing.
func TestCollectionsAgree(t *testing.T) {
	dir, err := images()
	if err != nil {
		t.Fatal(err)
	}
	references := map[bool]string{}
	for _, streams := range []bool{false, true} {
		media, err := scene.Workstation().Collectable(streams).Raw()
		if err != nil {
			t.Fatal(err)
		}
		references[streams] = filepath.Join(t.TempDir(), "reference.raw")
		if err := os.WriteFile(references[streams], media, 0o444); err != nil {
			t.Fatal(err)
		}
	}
	check := func(name, path, kind, collector string, streams bool, lacks []string, told string) {
		t.Run(name, func(t *testing.T) {
			want, got := found(t, references[streams]), found(t, path)
			if got.Inputs[0].Kind != kind || got.Inputs[0].Collector != collector {
				t.Errorf("input %+v", got.Inputs)
			}
			without(want.Findings, lacks...)
			without(got.Findings, slices.DeleteFunc(slices.Clone(lacks), func(f string) bool { return !slices.Contains(reworded, f) })...)
			if slices.Contains(lacks, "si.created") {
				unordered(want.Findings)
				unordered(got.Findings)
				untied(want.Findings)
				untied(got.Findings)
			}
			if slices.Contains(lacks, joinedActs) {
				join(want.Findings)
				join(got.Findings)
			}
			same(t, got.Findings, want.Findings)
			says := regexp.MustCompile(regexp.QuoteMeta(told))
			if !slices.ContainsFunc(got.Coverage.Sources, func(r struct{ What, Why string }) bool { return says.MatchString(r.Why) }) {
				t.Errorf("coverage does not say %q: %+v", told, got.Coverage.Sources)
			}
		})
	}
	t.Setenv("HIVETRIAGE_PASSWORD", archivePassword)
	for _, row := range collectedRows() {
		var b bytes.Buffer
		if err := row.write(&b); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "collected")
		if err := os.WriteFile(path, b.Bytes(), 0o444); err != nil {
			t.Fatal(err)
		}
		check(row.name, path, row.kind, row.collector, row.streams, row.lacks, row.told)
	}
	for _, folder := range []struct {
		name, path, collector string
		streams               bool
		lacks                 []string
		told                  string
	}{
		{"KAPE folder", "workstation-kape", "KAPE", false, noChanged, collectionTold},
		{"Velociraptor folder", "workstation-velociraptor", "Velociraptor", true, volumeOnly, collectionTold},
		{"mounted drive", "workstation-kape/C", "", false, noCreated, "a folder shows no deleted files, no alternate data streams and no creation times"},
	} {
		check(folder.name, filepath.Join(dir, filepath.FromSlash(folder.path)), "directory", folder.collector, folder.streams, folder.lacks, folder.told)
	}
}

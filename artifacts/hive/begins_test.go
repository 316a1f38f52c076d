package hive

import (
	"bytes"
	"io"
	"os"
	"testing"

	"hivetriage/artifacts/hive/hivetest"
	"hivetriage/testdata/corpora"
)

// padded are hives with so many bytes before what comes after the first key.
func padded(name string, first *hivetest.Key, more ...*hivetest.Key) []byte {
	root := &hivetest.Key{Name: "ROOT", Keys: append([]*hivetest.Key{first}, more...)}
	return hivetest.Write(root, hivetest.Options{File: name})
}

func bulk(name string, size int, below ...*hivetest.Key) *hivetest.Key {
	k := &hivetest.Key{Name: name, Keys: below}
	for range size / 4000 {
		k.Values = append(k.Values, hivetest.Value{Name: "x", Type: 3, Data: make([]byte, 4000)})
	}
	return k
}

func TestBegins(t *testing.T) {
	leaf := func(name string, below ...*hivetest.Key) *hivetest.Key { return &hivetest.Key{Name: name, Keys: below} }
	larger := workstation
	larger.Filler = 2 << 20
	system := hivetest.SYSTEM(larger, hivetest.Live)
	set := leaf("ControlSet001", leaf("Control"))
	damaged := bytes.Clone(system)
	damaged[4096] = 'x'
	cell := bytes.Clone(system)
	clear(cell[4096+32 : 4096+36])
	for _, c := range []struct {
		name string
		data []byte
		kind Kind
		want bool
		most int64
	}{
		{"SYSTEM", system, System, true, firstBegin},
		{"SYSTEM of 2", padded("SYSTEM", leaf("ControlSet002", leaf("Control"))), System, true, firstBegin},
		{"a damaged bin", damaged, System, false, 0},
		{"a damaged cell", cell, System, false, 0},
		{"no header", make([]byte, 8192), System, false, 0},
		{"nothing", nil, System, false, 0},
		{"SAM called SYSTEM", hivetest.SAM(workstation, hivetest.Live), System, false, 0},
		{"SAM called a user's", hivetest.SAM(workstation, hivetest.Live), NTUser, false, 0},
		{"SECURITY called SOFTWARE", hivetest.SECURITY(workstation, hivetest.Live), Software, false, 0},
		{"SYSTEM called SOFTWARE", system, Software, false, 0},
		{"SYSTEM with a SAM", padded("SYSTEM", set, leaf("SAM")), System, false, 0},
		{"a user's", hivetest.NTUSER(workstation, hivetest.Live), NTUser, true, firstBegin},
		{"a user's with Policy", padded("NTUSER.DAT", leaf("AppEvents"), leaf("Control Panel"), leaf("Policy")), NTUser, false, 0},
		{"classes", padded("UsrClass.dat", bulk("AppX", 100<<10), leaf("Local Settings")), UsrClass, true, 8 * firstBegin},
		{"classes too far in", padded("UsrClass.dat", bulk("AppX", 700<<10), leaf("Local Settings")), UsrClass, false, 0},
		{"a path below another key", padded("SYSTEM", leaf("A", set)), System, false, 0},
		{"Amcache", hivetest.Amcache(workstation, hivetest.Live), Amcache, true, firstBegin},
	} {
		t.Run(c.name, func(t *testing.T) {
			id, read, ok := Begins(bytes.NewReader(c.data), int64(len(c.data)), c.kind)
			if ok && (id.Kind != c.kind || len(id.Because) == 0 || id.RootName == "") {
				t.Errorf("told as %+v", id)
			}
			if ok != c.want || read > c.most || ok && read == 0 {
				t.Errorf("%v after %d bytes, want %v", ok, read, c.want)
			}
		})
	}
}

// TestBeginsReads expects no byte to be read behind what is reported.
func TestBeginsReads(t *testing.T) {
	h := workstation
	h.Filler = 4 << 20
	data := hivetest.SYSTEM(h, hivetest.Live)
	far := &furthest{r: bytes.NewReader(data)}
	if _, read, ok := Begins(far, int64(len(data)), System); !ok || read != far.end || read > firstBegin {
		t.Errorf("%v, %d bytes said, %d read", ok, read, far.end)
	}
}

type furthest struct {
	r   io.ReaderAt
	end int64
}

func (f *furthest) ReadAt(p []byte, off int64) (int, error) {
	f.end = max(f.end, off+int64(len(p)))
	return f.r.ReadAt(p, off)
}

// TestBeginsReal asks of real hives what they are.
func TestBeginsReal(t *testing.T) {
	for _, c := range []struct {
		name string
		kind Kind
		want bool
	}{
		{"regipy_SYSTEM_2", System, true}, {"regipy_SYSTEM_2", Software, false}, {"regipy_SYSTEM_2", NTUser, false},
		{"EZ_SAM", System, false}, {"EZ_SAM", NTUser, false}, {"EZ_SECURITY_dirty", System, false}, {"EZ_SECURITY_dirty", Software, false},
		{"regparser_NTUSER.DAT", NTUser, true}, {"regparser_NTUSER.DAT", System, false}, {"velociraptor_Amcache.hve", Amcache, true},
		{"velociraptor_SAM", UsrClass, false}, {"ntuser_software_partial", NTUser, false}, {"issue22.hive", Software, false},
	} {
		f, err := os.Open(corpora.Path(t, "hives", c.name))
		if err != nil {
			t.Fatal(err)
		}
		info, err := f.Stat()
		if err != nil {
			t.Fatal(err)
		}
		if _, read, ok := Begins(f, info.Size(), c.kind); ok != c.want {
			t.Errorf("%s as %s: %v after %d bytes, want %v", c.name, c.kind, ok, read, c.want)
		}
		f.Close()
	}
}

func FuzzBegins(f *testing.F) {
	f.Add(hivetest.SYSTEM(workstation, hivetest.Live))
	f.Add(hivetest.NTUSER(workstation, hivetest.Live))
	f.Add(hivetest.SAM(workstation, hivetest.RegSave))
	f.Fuzz(func(t *testing.T, data []byte) {
		for kind := range beginnings {
			if _, read, ok := Begins(bytes.NewReader(data), int64(len(data)), kind); ok && (read <= 0 || read > int64(len(data))) {
				t.Errorf("%s after %d of %d bytes", kind, read, len(data))
			}
		}
	})
}

// BenchmarkBegins tells a SYSTEM of 11 MB.
func BenchmarkBegins(b *testing.B) {
	data := benchSystem(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, _, ok := Begins(bytes.NewReader(data), int64(len(data)), System); !ok {
			b.Fatal("not told")
		}
	}
}

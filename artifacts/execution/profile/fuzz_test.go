package profile_test

import (
	"bytes"
	"slices"
	"testing"
	"unicode/utf8"

	"hivetriage/artifacts"
	"hivetriage/artifacts/execution/profile"
	"hivetriage/artifacts/execution/profile/profiletest"
	"hivetriage/artifacts/hive"
	"hivetriage/artifacts/hive/hivetest"
	"hivetriage/artifacts/internal/readtest"
	"hivetriage/artifacts/journal/shelllink/shelllinktest"
	"hivetriage/testdata/corpora"
)

// judge checks what holds of every answer.
func judge(t *testing.T, root hive.Node, size int) {
	t.Helper()
	traces, errs := readtest.All(t, profile.Read(root))
	for _, trace := range traces {
		if trace.Artefact == "" || trace.Entry == "" || trace.Offset < 0 || trace.Offset > int64(size) || len(trace.Times) > 1 {
			t.Fatalf("%+v", trace)
		}
		for _, p := range append(trace.Paths, trace.Command, trace.Program) {
			if !utf8.ValidString(p) {
				t.Fatalf("%q", p)
			}
		}
	}
	readtest.Within(t, errs, int64(size))
	if slices.Contains(readtest.Kinds(errs), artifacts.Bug) {
		t.Fatal(errs)
	}
}

// FuzzValues puts one value into every place that is read.
func FuzzValues(f *testing.F) {
	pidl := shelllinktest.Items(`C:\a\sam.reg`, shelllinktest.Times{Created: noon}, false)
	f.Add(pidl, []byte{0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff})
	f.Add(append([]byte("r\x00e\x00g\x00\x00\x00"), pidl...), []byte("a\x00\x00\x00"))
	f.Add(make([]byte, 72), []byte{1})
	f.Add(make([]byte, 16), []byte{})
	f.Fuzz(func(t *testing.T, data, order []byte) {
		if len(data)+len(order) > 4096 {
			return
		}
		spec := everything()
		spec.Choices = []profiletest.Choice{{Program: "a", Path: "b.c"}, {Program: "d", Path: "e", Legacy: true}}
		spec.RunMRU.Entries, spec.RecentDocs.Entries = []string{"a"}, []string{"a.b"}
		root := profiletest.Root(spec)
		replace(root, data, order)
		b := hivetest.Write(root, hivetest.Options{File: "ntuser.dat"})
		judge(t, browse(t, b), len(b))
	})
}

func replace(k *hivetest.Key, data, order []byte) {
	for i := range k.Values {
		switch k.Values[i].Name {
		case "MRUListEx", "MRUList":
			k.Values[i].Data = order
		default:
			k.Values[i].Data = data
		}
	}
	for _, sub := range k.Keys {
		replace(sub, data, order)
	}
}

// FuzzRead reads damaged hives.
func FuzzRead(f *testing.F) {
	spec := everything()
	spec.Choices = []profiletest.Choice{{Program: "a", Path: "b.c"}}
	f.Add(profiletest.NTUSER(spec))
	f.Add(profiletest.UsrClass(spec))
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > 256<<10 {
			return
		}
		browser, err := hive.Browse(bytes.NewReader(b), int64(len(b)))
		if err != nil {
			return
		}
		judge(t, browser.Root(), len(b))
	})
}

func BenchmarkRead(b *testing.B) {
	data := corpora.Read(b, "hives", "ntuser_software_partial")
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		browser, err := hive.Browse(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			b.Fatal(err)
		}
		n := 0
		for _, err := range profile.Read(browser.Root()) {
			if err != nil {
				b.Fatal(err)
			}
			n++
		}
		if n != 560 {
			b.Fatal(n)
		}
	}
}

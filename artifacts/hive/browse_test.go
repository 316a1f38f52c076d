package hive

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	"hivetriage/artifacts"
	"hivetriage/artifacts/hive/hivetest"
)

// dump writes the keys and values below n.
func dump(n Node, depth int, out *bytes.Buffer) {
	if depth == 0 {
		return
	}
	fmt.Fprintf(out, "%s %d %s %d\n", n.Name(), n.Offset(), n.LastWritten(), n.ClassLength())
	for d := range n.Data() {
		data, err := d.Data(64)
		fmt.Fprintf(out, " %s %d %d %d %x %v\n", d.Name(), d.Type(), d.Length(), d.Offset(), data, errors.Is(err, ErrSecret))
	}
	for sub := range n.Children() {
		dump(sub, depth-1, out)
	}
}

// TestBrowse: a browsed hive has the keys and values of a loaded one, in every
// form of subkey lists.
func TestBrowse(t *testing.T) {
	host := hivetest.Host{Name: "WS1", SID: "S-1-5-21-1-2-3"}
	many := &hivetest.Key{Name: "ROOT"}
	for i := range 1200 {
		many.Keys = append(many.Keys, &hivetest.Key{Name: fmt.Sprintf("key%04d", i), Values: []hivetest.Value{hivetest.Number("n", uint32(i)), hivetest.Text("t", "some text")}})
	}
	for name, data := range map[string][]byte{
		"SYSTEM": hivetest.SYSTEM(host, hivetest.Live), "SOFTWARE": hivetest.SOFTWARE(host, hivetest.Live),
		"SAM": hivetest.SAM(host, hivetest.Live), "many": hivetest.Write(many, hivetest.Options{}),
	} {
		loaded, err := Read(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			t.Fatal(err)
		}
		browser, err := Browse(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			t.Fatal(err)
		}
		var want, got bytes.Buffer
		dump(loaded.Root(), 32, &want)
		dump(browser.Root(), 32, &got)
		if want.Len() < 100 || !bytes.Equal(want.Bytes(), got.Bytes()) {
			t.Errorf("%s: %d bytes browsed, %d loaded", name, got.Len(), want.Len())
		}
		if err := browser.Err(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestBrowseBigValues: values that are stored in segments come as those of a
// loaded hive do, in part and whole, and so do those that only look like them.
func TestBrowseBigValues(t *testing.T) {
	root := &hivetest.Key{Name: "ROOT"}
	for _, n := range []int{16344, 16345, 3 * 16344, 300000} {
		data := bytes.Repeat([]byte("db\x02\x00 and so on"), n)[:n]
		root.Values = append(root.Values, hivetest.Value{Name: fmt.Sprint(n), Type: hivetest.Binary, Data: data})
	}
	for _, profile := range []hivetest.Profile{hivetest.Live, hivetest.RegSaveKey} {
		file := hivetest.Write(root, hivetest.Options{Profile: profile})
		browser, err := Browse(bytes.NewReader(file), int64(len(file)))
		if err != nil {
			t.Fatal(err)
		}
		values := 0
		for d := range browser.Root().Data() {
			for _, limit := range []int{4, 16344, 20000, 1 << 20} {
				want := root.Values[values].Data[:min(limit, d.Length())]
				if got, err := d.Data(limit); err != nil || !bytes.Equal(got, want) {
					t.Errorf("profile %d: %d bytes of %s: %d bytes, %v", profile, limit, d.Name(), len(got), err)
				}
			}
			values++
		}
		if err := browser.Err(); err != nil || values != len(root.Values) {
			t.Errorf("profile %d: %d values, %v", profile, values, err)
		}
	}
}

// TestBrowseShared: data that many values refer to is not read for ever.
func TestBrowseShared(t *testing.T) {
	root := &hivetest.Key{Name: "ROOT", Values: []hivetest.Value{{Name: "shared", Type: hivetest.Binary, Data: make([]byte, 1<<20)}}}
	file := hivetest.Write(root, hivetest.Options{Profile: hivetest.RegSaveKey})
	browser, err := Browse(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	reads := 0
	for d := range browser.Root().Data() {
		for range 1000 {
			if _, err = d.Data(1 << 20); err != nil {
				break
			}
			reads++
		}
	}
	var problem *artifacts.Problem
	if !errors.As(err, &problem) || problem.Kind != artifacts.Limit || reads < 50 || reads > 200 {
		t.Errorf("read %d times, %v", reads, err)
	}
}

// TestBrowseDamaged: what leads nowhere is told with its offset, and the rest
// is read.
func TestBrowseDamaged(t *testing.T) {
	data := hivetest.SYSTEM(hivetest.Host{Name: "WS1", SID: "S-1-5-21-1-2-3"}, hivetest.Live)
	var problem *artifacts.Problem
	if _, err := Browse(bytes.NewReader(data[:100]), 100); !errors.As(err, &problem) {
		t.Errorf("a hive of 100 bytes: %v", err)
	}
	browser, err := Browse(bytes.NewReader(data), 4600)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	dump(browser.Root(), 32, &out)
	if err := browser.Err(); !errors.As(err, &problem) || problem.Offset <= 0 {
		t.Errorf("a hive of 4600 bytes: %v", err)
	}
}

func FuzzBrowse(f *testing.F) {
	host := hivetest.Host{Name: "WS1", SID: "S-1-5-21-1-2-3"}
	f.Add(hivetest.SYSTEM(host, hivetest.RegSave))
	f.Add(hivetest.SAM(host, hivetest.RegSaveKey))
	f.Add(hivetest.Write(&hivetest.Key{Name: "ROOT", Values: []hivetest.Value{{Name: "big", Type: hivetest.Binary, Data: make([]byte, 40000)}}}, hivetest.Options{}))
	f.Fuzz(func(t *testing.T, data []byte) {
		browser, err := Browse(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			return
		}
		for d := range browser.Root().Data() {
			if b, err := d.Data(1 << 17); err == nil && len(b) != max(0, min(d.Length(), 1<<17)) && d.Length() > 4 {
				t.Errorf("%d of %d bytes without an error", len(b), d.Length())
			}
		}
		var out bytes.Buffer
		dump(browser.Root(), 6, &out)
		if out.Len() > 1<<28 {
			t.Fatalf("%d bytes from a hive of %d", out.Len(), len(data))
		}
	})
}

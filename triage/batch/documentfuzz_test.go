package batch

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"hivetriage/triage/fleet"
	"hivetriage/triage/footprint"
)

// FuzzRecord reads a record as it is read from a shard: whatever it holds, names
// stay in the folder.
func FuzzRecord(f *testing.F) {
	r := (&Config{Plan: &Plan{Items: []Item{item("a", "a.raw", "1"), item("b", "b.raw", "2")}, Left: []Left{{Path: "x", Why: "y"}}}, Shard: 2, Shards: 2}).record()
	text, err := encoded(r)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte(`{"schema":"hivetriage/batch-record","schema_version":"1.0","plan":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","items":[]}`))
	folder := f.TempDir()
	f.Fuzz(func(t *testing.T, text []byte) {
		must(t, os.WriteFile(filepath.Join(folder, RecordName), text, 0o600))
		r, err := readRecord(folder)
		if err != nil {
			return
		}
		seen := map[string]bool{}
		for _, p := range append(undivided([]*Record{r}).Items, r.mine()...) {
			if !filepath.IsLocal(p.Name) || strings.ContainsAny(p.Name, `/\:`) || p.Shard > r.Shards {
				t.Errorf("%q in %d of %d", p.Name, p.Shard, r.Shards)
			}
			seen[p.Name] = true
		}
		if len(seen) != len(r.Items) || another(r, r) != "" {
			t.Errorf("%d names of %d items; %s", len(seen), len(r.Items), another(r, r))
		}
	})
}

// FuzzStatus reads how the run of a host ended.
func FuzzStatus(f *testing.F) {
	text, err := encoded(Status{Schema: StatusSchema, SchemaVersion: stateVersion, Name: "a", Paths: []string{"a.raw"}, Identity: "x", State: fleet.Failed, Why: "it ended", Code: -1})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	folder := f.TempDir()
	if err := os.MkdirAll(filepath.Join(folder, HostsName, "a"), 0o700); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		must(t, os.WriteFile(filepath.Join(folder, HostsName, "a", StatusName), text, 0o600))
		s, err := readStatus(folder, "a")
		if err != nil {
			return
		}
		if s.Name != "a" || s.State != fleet.Done && s.State != fleet.TimedOut && s.State != fleet.Failed {
			t.Errorf("%+v", s)
		}
		if _, err := encoded(s); err != nil {
			t.Error(err)
		}
	})
}

// FuzzWeigh: what a document takes in memory is not much more than it is
// weighed at.
func FuzzWeigh(f *testing.F) {
	f.Add([]byte(`{"hosts":[{"name":"a","names":["a"],"addresses":[{"address":"10.0.0.1","from":{"path":"x"}}]}],"logons":[{"hours":[1,2],"days":[{},{}]}]}`))
	f.Add([]byte(`{"HOST\u0053":[{},null,{"accounts":[{"enabled":true}]}],"omitted":{"hosts":1}}`))
	kind := reflect.TypeFor[footprint.Footprint]()
	f.Fuzz(func(t *testing.T, text []byte) {
		var into footprint.Footprint
		s := scale{key: kind, fields: map[reflect.Type]map[string]reflect.Type{}}
		if s.weigh(text) != nil || json.Unmarshal(text, &into) != nil {
			return
		}
		if held := room(reflect.ValueOf(into)); held > s.total {
			t.Errorf("%d bytes, weighed at %d", held, s.total)
		}
	})
}

// room is what the lists, pointers and texts in a value take.
func room(v reflect.Value) (n int64) {
	switch v.Kind() {
	case reflect.String:
		n = int64(v.Len())
	case reflect.Slice:
		n = int64(v.Len()) * int64(v.Type().Elem().Size())
		fallthrough
	case reflect.Array:
		for i := range v.Len() {
			n += room(v.Index(i))
		}
	case reflect.Pointer:
		if !v.IsNil() {
			n = int64(v.Type().Elem().Size()) + room(v.Elem())
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				n += room(v.Field(i))
			}
		}
	}
	return n
}

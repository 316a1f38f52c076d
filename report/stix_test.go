package report

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"hivetriage/triage"
)

// stixRequired are the properties that STIX 2.1 requires of the types that are
// used, beside type, id and spec_version: those of chapters 4 to 6, and
// created and modified of all that are no observables.
var stixRequired = map[string][]string{
	"identity":             {"created", "modified", "name"},
	"attack-pattern":       {"created", "modified", "name"},
	"observed-data":        {"created", "modified", "first_observed", "last_observed", "number_observed", "object_refs"},
	"report":               {"created", "modified", "name", "published", "object_refs"},
	"relationship":         {"created", "modified", "relationship_type", "source_ref", "target_ref"},
	"sighting":             {"created", "modified", "sighting_of_ref"},
	"directory":            {"path"},
	"file":                 {},
	"process":              {},
	"user-account":         {},
	"ipv4-addr":            {"value"},
	"ipv6-addr":            {"value"},
	"windows-registry-key": {"key"},
}

// stixOptional are the other properties that are used.
var stixOptional = map[string][]string{
	"identity":             {"created_by_ref", "identity_class", "description"},
	"attack-pattern":       {"created_by_ref", "external_references"},
	"observed-data":        {"created_by_ref"},
	"report":               {"created_by_ref", "description", "report_types", "external_references"},
	"relationship":         {"created_by_ref", "description"},
	"sighting":             {"created_by_ref", "description", "first_seen", "last_seen", "count", "observed_data_refs", "where_sighted_refs", "confidence"},
	"file":                 {"name", "size", "hashes", "ctime", "mtime", "atime", "parent_directory_ref", "extensions"},
	"process":              {"pid", "created_time", "cwd", "command_line", "creator_user_ref", "image_ref", "parent_ref"},
	"user-account":         {"user_id", "account_login", "account_type", "display_name", "is_privileged", "is_disabled", "credential_last_changed", "account_last_login"},
	"windows-registry-key": {},
}

func stixBundle(t *testing.T, c *triage.Case) (bundle map[string]any, objects []map[string]any) {
	t.Helper()
	if err := json.Unmarshal(render(t, "stix.json", c), &bundle); err != nil {
		t.Fatal(err)
	}
	for _, x := range bundle["objects"].([]any) {
		objects = append(objects, x.(map[string]any))
	}
	return bundle, objects
}

func TestSTIXProperties(t *testing.T) {
	id := regexp.MustCompile(`^([a-z0-9-]+)--[0-9a-f]{8}-[0-9a-f]{4}-[45][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	cases := checkedCases(t)
	for name, c := range cases {
		bundle, objects := stixBundle(t, c)
		if bundle["type"] != "bundle" || !id.MatchString(bundle["id"].(string)) || len(bundle) != 3 {
			t.Errorf("%s: the bundle is %v, %v", name, bundle["type"], bundle["id"])
		}
		ids := map[string]bool{}
		for _, o := range objects {
			kind := o["type"].(string)
			what := name + " " + o["id"].(string)
			if m := id.FindStringSubmatch(o["id"].(string)); m == nil || m[1] != kind || o["spec_version"] != "2.1" || ids[o["id"].(string)] {
				t.Errorf("%s: type %s, spec_version %v, a second time %v", what, kind, o["spec_version"], ids[o["id"].(string)])
			}
			ids[o["id"].(string)] = true
			required, known := stixRequired[kind]
			if !known {
				t.Errorf("%s: a %s is not in the table", what, kind)
			}
			for _, p := range required {
				if v, ok := o[p]; !ok || v == "" {
					t.Errorf("%s: no %s", what, p)
				}
			}
			for p, v := range o {
				if !slices.Contains(slices.Concat(required, stixOptional[kind], []string{"type", "id", "spec_version"}), p) {
					t.Errorf("%s: a %s has no %s", what, kind, p)
				}
				if l, isList := v.([]any); isList && len(l) == 0 || v == "" || v == nil {
					t.Errorf("%s: %s is empty, which STIX does not allow", what, p)
				}
			}
			holdTimes(t, what, o)
		}
		holdRefs(t, name, objects, ids)
	}
}

// holdTimes: times are written as STIX wants them, and in order.
func holdTimes(t *testing.T, what string, o map[string]any) {
	t.Helper()
	at := func(p string) time.Time {
		s, ok := o[p].(string)
		if !ok {
			return time.Time{}
		}
		v, err := time.Parse(stixTime, s)
		if err != nil || len(s) != len(stixTime) {
			t.Errorf("%s: %s is %q", what, p, s)
		}
		return v
	}
	for _, p := range []string{"created", "modified", "published", "first_observed", "last_observed", "first_seen", "last_seen", "ctime", "mtime", "atime", "created_time",
		"credential_last_changed", "account_last_login"} {
		at(p)
	}
	if at("last_seen").Before(at("first_seen")) && o["last_seen"] != nil || at("last_observed").Before(at("first_observed")) || at("modified").Before(at("created")) {
		t.Errorf("%s: it ends before it begins", what)
	}
}

// holdRefs: every reference is to an object of the bundle, of a type that may
// stand there, and the report refers to all.
func holdRefs(t *testing.T, name string, objects []map[string]any, ids map[string]bool) {
	t.Helper()
	kinds := map[string]string{"created_by_ref": "identity", "where_sighted_refs": "identity", "observed_data_refs": "observed-data", "sighting_of_ref": "attack-pattern",
		"parent_directory_ref": "directory", "creator_user_ref": "user-account", "image_ref": "file", "parent_ref": "process"}
	for _, o := range objects {
		for p, v := range o {
			var refs []any
			switch {
			case strings.HasSuffix(p, "_ref"):
				refs = []any{v}
			case strings.HasSuffix(p, "_refs"):
				refs = v.([]any)
			}
			for _, ref := range refs {
				if !ids[ref.(string)] {
					t.Errorf("%s %s: %s is to %v, which is not there", name, o["id"], p, ref)
				}
				if kind := kinds[p]; kind != "" && !strings.HasPrefix(ref.(string), kind+"--") {
					t.Errorf("%s %s: %s is to %v", name, o["id"], p, ref)
				}
			}
		}
	}
	report := objects[len(objects)-1]
	if refs, _ := report["object_refs"].([]any); report["type"] != "report" || len(refs) != len(objects)-1 {
		t.Errorf("%s: the last object is a %v of %d objects", name, report["type"], len(refs))
	}
}

// TestSTIXObjects: what a confirmed case is told as.
func TestSTIXObjects(t *testing.T) {
	_, objects := stixBundle(t, confirmedCase())
	kinds := map[string]int{}
	for _, o := range objects {
		kinds[o["type"].(string)]++
	}
	want := map[string]int{"identity": 2, "report": 1, "sighting": 2, "attack-pattern": 2, "observed-data": 6, "windows-registry-key": 2}
	for kind, n := range want {
		if kinds[kind] != n {
			t.Errorf("%d of %s, want %d", kinds[kind], kind, n)
		}
	}
	for _, kind := range []string{"file", "process", "user-account", "directory", "relationship"} {
		if kinds[kind] == 0 {
			t.Errorf("no %s", kind)
		}
	}
}

// TestSTIXIDs: ids are those that others give the same observables, and stay
// the same from run to run but for the report's.
func TestSTIXIDs(t *testing.T) {
	for _, x := range []struct {
		o    stixObject
		want string
	}{
		// as OASIS's library for Python, stix2 3.0.1, makes them
		{stixObject{"type": "ipv4-addr", "value": "198.51.100.3"}, "ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4"},
		{stixObject{"type": "directory", "path": `C:\Windows\System32`}, "directory--0a58d0c1-59e6-5afd-8252-dcd3f13e5622"},
		{stixObject{"type": "file", "name": "foo.dll", "size": 5}, "file--41582d78-96c3-56dc-875e-e5227324267b"},
		{stixObject{"type": "user-account", "user_id": "S-1-5-18", "account_login": "SYSTEM", "display_name": "x"}, "user-account--aafc38a0-0fbf-531b-8fda-26b181da01dd"},
		{stixObject{"type": "windows-registry-key", "key": `HKEY_LOCAL_MACHINE\SAM`}, "windows-registry-key--bf11722b-f0df-5d80-ba16-e18fb61ad020"},
	} {
		if got := observableID(new([]byte), x.o, ""); got != x.want {
			t.Errorf("the id of %v is %s, want %s", x.o, got, x.want)
		}
	}
	_, first := stixBundle(t, confirmedCase())
	later := confirmedCase()
	later.Run.Finished = later.Run.Finished.Add(time.Hour)
	_, second := stixBundle(t, later)
	for i, o := range first {
		if same := o["id"] == second[i]["id"]; same == (o["type"] == "report") {
			t.Errorf("%s: the same in both runs: %v", o["id"], same)
		}
	}
}

func TestCanonical(t *testing.T) {
	in := map[string]any{"b": "<\u2028\\u2028\x00\b\"&>\xff", "a": []string{"é", "\U0001f600"}}
	if got, want := string(canonical(new([]byte), in, nil)), `{"a":["é","😀"],"b":"<`+"\u2028"+`\\u2028\u0000\b\"&>`+"\ufffd"+`"}`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// TestSTIXLibraries gives bundles to OASIS's validator, and the observables to
// its library, which makes the ids anew.
func TestSTIXLibraries(t *testing.T) {
	files := written(t, "stix.json")
	const validate = `import sys
try:
    from stix2validator import validate_file, ValidationOptions
except ImportError:
    sys.exit(77)
for path in sys.argv[1:]:
    result = validate_file(path, ValidationOptions(version="2.1", disabled="103"))
    assert result.is_valid, [str(e) for o in result.object_results for e in o.errors]
    print("valid", path)
`
	python(t, validate, "stix2-validator", "valid ", files...)
	const parse = `import json, sys
try:
    import stix2
except ImportError:
    sys.exit(77)
for path in sys.argv[1:]:
    objects = json.load(open(path, encoding="utf-8"))["objects"]
    stix2.parse(json.load(open(path, encoding="utf-8")), version="2.1")
    for o in objects:
        if "created" in o or o["type"] == "process":
            continue
        given = o.pop("id")
        made = stix2.parse(o, version="2.1").id
        assert made == given, (made, given, o)
    print("parsed", path)
`
	python(t, parse, "stix2", "parsed ", files...)
}

// TestSTIXHoldsNoCredential: accounts have no property for one.
func TestSTIXHoldsNoCredential(t *testing.T) {
	for name, c := range checkedCases(t) {
		_, objects := stixBundle(t, c)
		for _, o := range objects {
			for _, p := range slices.Sorted(maps.Keys(o)) {
				if p == "credential" || p == "environment_variables" || p == "content_ref" {
					t.Errorf("%s %s has %s", name, o["id"], p)
				}
			}
		}
	}
}

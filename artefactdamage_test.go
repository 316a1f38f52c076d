package main

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"hivetriage/testdata/scene"
	"hivetriage/triage"
	"hivetriage/triage/correlate"
	"hivetriage/triage/coverage"
)

var artefactMutations = flag.Int("artefact-mutations", mutationsEach, "damaged copies of each artefact that TestArtefactMutations reads")

// offsetTold is how a problem says where in a file it is.
var offsetTold = regexp.MustCompile(`at offset \d+: `)

// placeless finds what is wrong with a file as a whole.
var placeless = regexp.MustCompile(`^checksum: the SHA-1|a database without|lacks a column`)

// copiesOf are, beside each artefact of the machine, where a copy of it can
// lie that is read as well. Those of the system's own hives have no such
// place.
func copiesOf(files []scene.File) map[string]scene.File {
	copies := map[string]scene.File{}
	for _, f := range files {
		folder, name := path.Split(f.Path)
		below := func(folder string) { copies[folder+name] = f }
		switch lower := strings.ToLower(f.Path); {
		case f.Stream != "" || strings.HasPrefix(lower, "/$extend/") || strings.HasPrefix(lower, "/windows/system32/config/") || strings.HasSuffix(lower, "/sam.save"):
		case strings.HasPrefix(name, "$R"), strings.EqualFold(name, "usrclass.dat"):
		case strings.HasPrefix(name, "$I"):
			copies[folder+"$IZZZZZZ.save"] = f
		case strings.HasPrefix(lower, "/users/admin.jansen/"):
			below("/Users/eve/" + strings.TrimPrefix(folder, "/Users/admin.jansen/"))
		case strings.Contains(lower, "/reportarchive/"):
			below("/ProgramData/Microsoft/Windows/WER/ReportArchive/AppCrash_other/")
		default:
			below(folder + "Copies/")
		}
	}
	return copies
}

// TestArtefactMutations damages a copy of every artefact at once, and triages
// the machine: nothing panics or hangs, what cannot be read is told with its
// offset, and all that the others tell is still told.
func TestArtefactMutations(t *testing.T) {
	a, err := attestedMachine()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	kape, _, _ := attestedMembers(t)
	if err := scene.WriteFolder(dir, kape); err != nil {
		t.Fatal(err)
	}
	copies := copiesOf(a.Files())
	if len(copies) < 18 {
		t.Fatalf("%d copies", len(copies))
	}
	whole, err := triaged(t, dir)
	if err != nil || len(whole.Records) < 20 {
		t.Fatalf("undamaged: %v, %+v", err, whole)
	}
	places := []string{}
	for place, f := range copies {
		places = append(places, place)
		if err := os.MkdirAll(filepath.Join(dir, "C", filepath.Dir(place)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "C", place), f.Data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	slices.Sort(places)
	r := rand.New(rand.NewPCG(5, 1))
	told := map[string]int{}
	for range *artefactMutations {
		how := map[string]string{}
		for _, place := range places {
			damaged, what := mutable{}.damage(r, copies[place].Data)
			how[place] = what
			rewrite(t, filepath.Join(dir, "C", place), damaged)
		}
		c, err := triaged(t, dir)
		if err != nil {
			t.Fatalf("%v: %v", how, err)
		}
		checkDamaged(t, how, c, told)
		for _, rec := range whole.Records {
			if !slices.ContainsFunc(c.Records, func(r correlate.Record) bool { return r.ID == rec.ID }) && rec.Export == "" {
				t.Errorf("%v: %s of %s is not told any more", how, rec.ID, rec.From.Path)
			}
		}
	}
	fmt.Fprintf(t.Output(), "%d damaged copies of each of %d artefacts; told of as damaged: %v\n", *artefactMutations, len(places), told)
}

// checkDamaged expects rows on damaged artefacts to be about them, to say
// where the damage is, and to be no bug.
func checkDamaged(t *testing.T, how map[string]string, c *triage.Case, told map[string]int) {
	t.Helper()
	for _, row := range c.Coverage.Sources {
		if strings.Contains(row.Why, "bug") {
			t.Errorf("%v: %+v", how, row)
		}
		if row.At == nil || how[row.At.Path] == "" || row.State != coverage.Failed && row.State != coverage.Partial {
			continue
		}
		told[row.What]++
		if !offsetTold.MatchString(row.Why) && !placeless.MatchString(row.Why) {
			t.Errorf("%s, %s: no offset in %+v", row.At.Path, how[row.At.Path], row)
		}
	}
}

// TestSystemHiveMutations damages the hives that the system itself runs on.
func TestSystemHiveMutations(t *testing.T) {
	a, err := attestedMachine()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	kape, _, _ := attestedMembers(t)
	if err := scene.WriteFolder(dir, kape); err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(5, 2))
	told := map[string]int{}
	for range *artefactMutations {
		how := map[string]string{}
		for _, f := range a.Files() {
			if strings.HasPrefix(f.Path, "/Windows/System32/config/S") {
				damaged, what := mutable{}.damage(r, f.Data)
				how[f.Path] = what
				rewrite(t, filepath.Join(dir, "C", f.Path), damaged)
			}
		}
		c, err := triaged(t, dir)
		if err != nil {
			t.Fatalf("%v: %v", how, err)
		}
		checkDamaged(t, how, c, told)
		if n := len(c.Records); n < 15 {
			t.Errorf("%v: %d records", how, n)
		}
	}
	fmt.Fprintf(t.Output(), "%d damaged copies of each hive; told of as damaged: %v\n", *artefactMutations, told)
}

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"hivetriage/artifacts/hive/hivetest"
	"hivetriage/report"
	"hivetriage/testdata/scene"
	"hivetriage/triage"
)

// The scenarios that testdata/stories tells of, by the names of their files.
var scenarios = map[string]func() ([]byte, error){
	"reg-trio-over-rdp":   rawOf(scene.Workstation),
	"psexec-as-system":    rawLater(scene.PsExec),
	"secretsdump-no-file": rawLater(scene.Secretsdump),
	"backup-operator":     scene.BackupOperator,
	"hivenightmare":       scene.HiveNightmare,
	"esentutl-vss":        rawOf(scene.Esentutl),
	"ntdsutil-ifm":        scene.InstallationMedia,
	"nightly-backup":      rawOf(scene.Nightly),
	"edr-agent":           rawOf(scene.Agent),
	"staging-server":      scene.Staging,
}

// rawOf builds a machine when it is asked for: the program's processes that
// tests start are this binary too.
func rawOf(build func() *scene.Machine) func() ([]byte, error) {
	return func() ([]byte, error) { return build().Raw() }
}

func rawLater(build func() (*scene.Machine, error)) func() ([]byte, error) {
	return func() ([]byte, error) {
		m, err := build()
		if err != nil {
			return nil, err
		}
		return m.Raw()
	}
}

// A play is what the program wrote of one scenario.
type play struct {
	secrets int               // how often the disk holds what stands for a secret
	outputs map[string][]byte // by the names of report.Files, and "terminal.txt"
}

// plays are the scenarios' plays, each made when a test first asks for it.
var plays = func() map[string]func() (*play, error) {
	all := map[string]func() (*play, error){}
	for name, build := range scenarios {
		all[name] = sync.OnceValues(func() (*play, error) { return perform(name, build) })
	}
	return all
}()

// played gives the play of a scenario, which tests share.
func played(t *testing.T, name string) *play {
	t.Helper()
	once, known := plays[name]
	if !known {
		t.Fatalf("there is no scenario %s", name)
	}
	p, err := once()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// perform runs the program on a scenario's disk, in a folder of its own so that
// reports name the disk by its bare name.
func perform(name string, build func() ([]byte, error)) (p *play, err error) {
	raw, err := build()
	if err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp("", "hivetriage-play")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder)
	home, err := os.Getwd()
	if err == nil {
		err = os.Chdir(folder)
	}
	if err != nil {
		return nil, err
	}
	defer os.Chdir(home)
	if err := os.WriteFile(name+".raw", raw, 0o600); err != nil {
		return nil, err
	}
	var terminal, errs bytes.Buffer
	if code := runAt(context.Background(), []string{"--hash", "--output", "out", "--image", name + ".raw"}, &terminal, &errs, fixedClock); code != exitFound {
		return nil, fmt.Errorf("%s: exit code %d: %s", name, code, errs.String())
	}
	p = &play{bytes.Count(raw, []byte(hivetest.Filler)), map[string][]byte{"terminal.txt": terminal.Bytes()}}
	for _, f := range report.Files() {
		if p.outputs[f.Name], err = os.ReadFile(filepath.Join("out", f.Name)); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// read decodes the case of a play.
func (p *play) read(t *testing.T) *triage.Case {
	t.Helper()
	var c triage.Case
	if err := json.Unmarshal(p.outputs["case.json"], &c); err != nil {
		t.Fatal(err)
	}
	return &c
}

// TestScenariosReread: a case that is read back gives the same bytes in every
// form, so that what is checked of it in package report holds of the program.
func TestScenariosReread(t *testing.T) {
	for _, name := range scenarioNames() {
		p := played(t, name)
		c := p.read(t)
		for _, f := range report.Files() {
			var again bytes.Buffer
			if err := f.Write(&again, c); err != nil {
				t.Fatal(err)
			}
			if where := firstDifference(again.Bytes(), p.outputs[f.Name]); where != "" {
				t.Errorf("%s of %s differs: %s", f.Name, name, where)
			}
		}
	}
}

func scenarioNames() []string { return slices.Sorted(maps.Keys(scenarios)) }

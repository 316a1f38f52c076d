package rule

import (
	"strings"
	"testing"

	"hivetriage/artifacts"
)

func BenchmarkEvaluate(b *testing.B) {
	e, args := sysmon(reg, "reg.exe"), []string{"reg", "save", `HKLM\SAM`, "x"}
	for b.Loop() {
		Evaluate(e, args)
	}
}

func BenchmarkMatchesSeed(b *testing.B) {
	e, args := sysmon(reg, "reg.exe"), []string{"reg", "query", `HKLM\SAM`}
	for b.Loop() {
		MatchesSeed(e, args)
	}
}

// BenchmarkScript is a script block of the size that one event holds at most.
func BenchmarkScript(b *testing.B) {
	e := &artifacts.Event{Code: 4104, Data: []artifacts.Datum{{Name: "ScriptBlockText", Value: strings.Repeat("Get-Item $x; ", 5000)}}}
	b.SetBytes(int64(len(e.Data[0].Value)))
	for b.Loop() {
		Evaluate(e, nil)
	}
}

package attest

import (
	"strings"
	"testing"

	"hivetriage/artifacts"
)

// BenchmarkScript judges a long script block that copies nothing.
func BenchmarkScript(b *testing.B) {
	text := strings.Repeat("foreach ($item in Get-ChildItem -Path $env:ProgramFiles -Recurse) { if ($item.Length -gt 1MB) { Write-Verbose \"$($item.FullName) is long\" } }\r\n", 100)
	e := event(PowerShell, 4104, 0, "MessageNumber", "1", "MessageTotal", "1", "ScriptBlockText", text, "ScriptBlockId", "a")
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if Wanted(e) {
			b.Fatal("wanted")
		}
	}
}

// BenchmarkShare judges accesses to shares that are no copies.
func BenchmarkShare(b *testing.B) {
	events := []*artifacts.Event{access(0, "Projects", `\??\D:\Projects`, `2026\plan.docx`), access(0, "C$", driveShare, `Windows\System32\drivers\etc\hosts`)}
	for b.Loop() {
		for _, e := range events {
			if Wanted(e) {
				b.Fatal("wanted")
			}
		}
	}
}

package sigma

import (
	"fmt"
	"os"
	"testing"

	"hivetriage/artifacts"
)

// manyRules are rules about process creations such as people write them.
func manyRules(b *testing.B, n int) *Set {
	b.Helper()
	var rules []*Rule
	for i := range n {
		text := ruleText(fmt.Sprintf(`tool:
  - Image|endswith: ['\tool%d.exe', '\other%d.exe']
  - OriginalFileName: [tool%d.exe, other.dll]
line:
  CommandLine|contains|all: [' -run%d ', ' --out']
flags:
  CommandLine|contains|windash: [' -x%d ', ' /all']
filter_parent:
  ParentImage|startswith: 'C:\Program Files\'
condition: (tool and line) or (flags and not 1 of filter_*)`, i, i, i, i, i))
		got, refused := Parse(fmt.Sprint(i), []byte(text))
		if len(got) != 1 || len(refused) != 0 {
			b.Fatal(refused)
		}
		rules = append(rules, got...)
	}
	return New(rules, nil)
}

func BenchmarkHolds(b *testing.B) {
	e := process("UtcTime", "2026-01-01 00:00:00.000", "ProcessGuid", "{5AA13A44-ACA6-68FE-DE5D-000000004002}", "ProcessId", "4242", "Image", `C:\Windows\System32\svchost.exe`,
		"CommandLine", `C:\Windows\System32\svchost.exe -k netsvcs -p -s Schedule`, "CurrentDirectory", `C:\Windows\System32\`, "User", `NT AUTHORITY\SYSTEM`, "OriginalFileName", "svchost.exe",
		"Hashes", "SHA1=0A1B2C3D4E5F60718293A4B5C6D7E8F901234567,IMPHASH=0123456789ABCDEF0123456789ABCDEF", "ParentImage", `C:\Windows\System32\services.exe`, "ParentCommandLine", `C:\Windows\System32\services.exe`)
	for _, n := range []int{1, 100, 2000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			pass := manyRules(b, n).Begin()
			b.ReportAllocs()
			for b.Loop() {
				if pass.Holds(e) {
					b.Fatal("it matches")
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/rule")
		})
	}
	b.Run("other", func(b *testing.B) {
		pass, other := manyRules(b, 2000).Begin(), &artifacts.Event{Provider: security, Channel: "Security", Code: 4624}
		for b.Loop() {
			pass.Holds(other)
		}
	})
}

func BenchmarkParse(b *testing.B) {
	text, err := os.ReadFile("../../../testdata/sigma/reg_save.yml")
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if rules, _ := Parse("f.yml", text); len(rules) != 1 {
			b.Fatal("it is refused")
		}
	}
}

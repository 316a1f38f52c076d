package bitlocker

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"hivetriage/artifacts/evidence/bitlocker/bitlockertest"
)

// What cryptsetup and libbde say of a built volume is what Read says.
func TestOracles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "volume")
	b := build(func(o *bitlockertest.Options) { o.Protectors = o.Protectors[:2] })
	if err := os.WriteFile(path, b, 0o644); err != nil {
		t.Fatal(err)
	}
	asked := 0
	for _, oracle := range []struct {
		command []string
		told    []string
	}{
		{[]string{"cryptsetup", "bitlkDump", path}, []string{"12345678-9abc-def0-0102-030405060708", "xts-plain64", "256 bits", "Fri Jan  2 03:04:05 2026", "WS-FIN-07 C: 1/2/2026",
			"VMK protected with TPM", "00000001-0000-0000-0000-000000000000", "VMK protected with recovery passphrase", "00000002-0000-0000-0000-000000000000"}},
		{[]string{"bdeinfo", path}, []string{"12345678-9abc-def0-0102-030405060708", "AES-XTS 128-bit", "Jan 02, 2026 03:04:05", "WS-FIN-07 C: 1/2/2026",
			"TPM", "Recovery password", "00000002-0000-0000-0000-000000000000"}},
	} {
		if _, err := exec.LookPath(oracle.command[0]); err != nil {
			continue
		}
		asked++
		out, err := exec.Command(oracle.command[0], oracle.command[1:]...).CombinedOutput()
		for _, told := range oracle.told {
			if !strings.Contains(string(out), told) {
				t.Errorf("%s does not say %q: %v\n%s", oracle.command[0], told, err, out)
				break
			}
		}
	}
	if asked == 0 {
		t.Skip("SKIPPED: neither cryptsetup nor bdeinfo is installed (Debian: cryptsetup-bin, libbde-utils)")
	}
}

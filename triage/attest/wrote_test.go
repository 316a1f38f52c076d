package attest

import (
	"strings"
	"testing"
)

// TestWrote: a file that is opened to be written was brought, not fetched.
func TestWrote(t *testing.T) {
	for mask, want := range map[string]bool{"0x120089": false, "0x120196": true, "0x2": true, "0x4": true, "0x12019f": false, "0x80": false, "": false, "?": false, "0xfffffffffffffffff": false} {
		e := event(Security, 5145, 0, "IpAddress", "10.0.0.9", "ShareName", `\\*\transfer`, "ShareLocalPath", `\??\C:\Shares\transfer`, "RelativeTargetName", `ws1\sam.save`, "AccessMask", mask)
		rec := Touch(e, "SAM")
		if rec.Wrote != want || strings.Contains(strings.Join(rec.Because, " "), "opened to be written") != want {
			t.Errorf("%q: wrote %v: %q", mask, rec.Wrote, rec.Because)
		}
		for _, r := range records(t, e) {
			if r.Wrote != want || r.Assessment != "attempt" {
				t.Errorf("%q: %+v", mask, r)
			}
		}
	}
}

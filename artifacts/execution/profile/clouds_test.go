package profile_test

import (
	"strings"
	"testing"

	"hivetriage/artifacts/execution/profile"
	"hivetriage/artifacts/execution/profile/profiletest"
)

// TestOneDrive reads the folders of a private account and of an
// organisation's, each once, and no other values.
func TestOneDrive(t *testing.T) {
	root := browse(t, profiletest.NTUSER(profiletest.Spec{Time: made, Synced: []profiletest.Sync{
		{Account: "Personal", Folder: `C:\Users\eve\OneDrive`, Email: "eve@example.org"},
		{Account: "Business1", Folder: `D:\Work`, Email: "eve@nordwind.example", Libraries: []string{`D:\Nordwind\Ops - Documents`, "not a path"}, Mounted: []string{`D:\Nordwind\Ops - Documents`, `D:\Nordwind\HR - Files`}},
		{Account: "Business2"},
	}}))
	traces := read(t, profile.OneDrive(root))
	compare(t, traces, []string{
		`OneDrive connected path=D:\Work`,
		`OneDrive connected path=D:\Nordwind\Ops - Documents`,
		`OneDrive connected path=D:\Nordwind\HR - Files`,
		`OneDrive connected path=C:\Users\eve\OneDrive`,
	})
	if email := traces[0].Detail("account"); email != "eve@nordwind.example" || !strings.HasSuffix(traces[1].Entry, `\Business1\Tenants\Nordwind`) || traces[2].Offset <= 0 {
		t.Errorf("%q %+v", email, traces)
	}
}

package settings

import (
	"fmt"
	"slices"
	"strings"

	"hivetriage/artifacts/access"
	"hivetriage/artifacts/hive"
)

// An Access is who may read one of the live hives' files.
type Access struct {
	Hive, Path string
	Shadow     string // volume of the shadow copy that it is in; "" on the volume itself
	List       access.Descriptor
}

// hiveAccess is what the setting is called.
const hiveAccess = "access to the hives' files"

// access tells whether any user may read the live hives where nothing locks
// them, which is in shadow copies: CVE-2021-36934. shadows is the number of
// shadow copies that there are.
func (l *list) access(all []Access, shadows int) {
	if len(all) == 0 {
		return
	}
	var live, kept, volumes []string // hives that any user may read, and the shadow copies in which
	var by string
	first := &all[0]
	for i := range all {
		a := &all[i]
		may, entry := a.List.Reads(access.Users, access.AuthenticatedUsers, access.Everyone)
		if !may {
			continue
		}
		if by == "" {
			by, first = because(entry), a
		}
		if a.Shadow == "" {
			live = once(live, a.Hive)
		} else {
			kept, volumes = once(kept, a.Hive), once(volumes, a.Shadow)
		}
	}
	const (
		mend   = `icacls %windir%\system32\config\*.* /inheritance:e`
		drop   = "delete the shadow copies made before, once they are kept as evidence (vssadmin delete shadows)"
		opened = "CVE-2021-36934 (HiveNightmare): "
	)
	s := Setting{What: hiveAccess, Path: first.Path, Certainty: hive.Certain}
	switch {
	case len(live) > 0 && shadows > 0:
		s.State = "any user may read " + strings.Join(live, ", ")
		s.Means = fmt.Sprintf("%sany user could copy the hives out of a shadow copy, without further rights; the volume has %d; %s", opened, shadows, by)
		s.Remedy = mend + "; then " + drop
	case len(live) > 0:
		s.State = "any user may read " + strings.Join(live, ", ")
		s.Means = opened + "the files are locked while Windows runs, and no shadow copy of the volume was found; in the next one any user can read them; " + by
		s.Remedy = mend + "; then " + drop
	case len(kept) > 0:
		s.State = fmt.Sprintf("any user may read %s in shadow copies", strings.Join(kept, ", "))
		s.Means = fmt.Sprintf("%sthe files on the volume are closed by now, those in %s are not: any user could copy them; %s", opened, strings.Join(volumes, ", "), by)
		s.Remedy = drop
	default:
		s.State, s.Means = "closed to users", "copying the hives takes rights that users do not have"
	}
	l.add(s)
}

// because says which entry lets users in.
func because(e *access.Entry) string {
	if e == nil {
		return "there is no access list at all"
	}
	who := map[string]string{access.Users: `BUILTIN\Users`, access.AuthenticatedUsers: "Authenticated Users", access.Everyone: "Everyone"}[e.SID]
	inherited := ""
	if e.Flags&access.Inherited != 0 {
		inherited = ", inherited"
	}
	return fmt.Sprintf("by the entry of %s (%s), mask %#x%s, at offset %d of the security descriptor", who, e.SID, e.Mask, inherited, e.Offset)
}

func once(all []string, s string) []string {
	if slices.Contains(all, s) {
		return all
	}
	return append(all, s)
}

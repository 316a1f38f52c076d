package owner

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"hivetriage/triage/locate"
)

// bootKeyElsewhere is what to know where no SYSTEM is among the copies.
const bootKeyElsewhere = "the boot key can be had without a SYSTEM file (over remote registry, from memory, from any other copy of SYSTEM of the same installation), so this is likely, not excluded"

// matrix is what the hives of one machine give whoever has them, by which of
// them there are. A SYSTEM from any time of the same installation opens the
// others.
var matrix = []struct {
	sam, security, system bool
	opens, gives, because string
}{
	{true, true, true, locate.Opens, "password hashes of local accounts, LSA secrets and verifiers of cached domain logons", "SYSTEM holds the boot key that opens the other two"},
	{true, false, true, locate.Opens, "password hashes of local accounts", "SYSTEM holds the boot key that opens SAM"},
	{false, true, true, locate.Opens, "LSA secrets and verifiers of cached domain logons", "SYSTEM holds the boot key that opens SECURITY"},
	{true, true, false, locate.NeedsBootKey, "names and numbers of accounts and secrets; their contents with the boot key", bootKeyElsewhere},
	{true, false, false, locate.NeedsBootKey, "names and numbers of local accounts; their password hashes with the boot key", bootKeyElsewhere},
	{false, true, false, locate.NeedsBootKey, "names of secrets and numbers of cached accounts; their contents with the boot key", bootKeyElsewhere},
	{false, false, true, locate.BootKeyOnly, "the boot key and facts of the host, no credentials by itself", "it opens a SAM or SECURITY of the same installation from any time"},
}

// set describes the copies of a machine.
func (m *machine) set() locate.Set {
	var hives []string
	s := locate.Set{Exports: []string{}}
	noKey := false // every SYSTEM is text, which has no class names
	for _, c := range m.copies {
		s.Exports = append(s.Exports, c.ID)
		if !slices.Contains(hives, c.Hive) {
			hives = append(hives, c.Hive)
		}
	}
	slices.Sort(hives)
	s.Hives = hives
	sum := sha256.Sum256([]byte(cmp.Or(m.sid, strings.ToUpper(m.name)+"\\"+strings.ToUpper(m.dnsDomain)) + strings.Join(s.Exports, ",")))
	s.ID = "set-" + hex.EncodeToString(sum[:])[:12]
	system := slices.ContainsFunc(m.copies, func(c Copy) bool { return c.Hive == "SYSTEM" && c.Form != textForm })
	noKey = !system && slices.Contains(hives, "SYSTEM")
	for _, row := range matrix {
		if row.sam == slices.Contains(hives, "SAM") && row.security == slices.Contains(hives, "SECURITY") && row.system == system {
			s.Opens, s.Gives, s.Because = row.opens, row.gives, row.because
		}
	}
	if noKey {
		if s.Opens == "" {
			s.Opens, s.Gives, s.Because = locate.NeedsBootKey, "facts of the host", "a text export has no class names, which hold the boot key"
		} else {
			s.Because = "the SYSTEM among them is a text export, which does not hold the boot key; " + s.Because
		}
	}
	return s
}

// textForm is the form of a .reg file.
const textForm = "reg"

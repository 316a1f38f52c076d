package triage

import (
	"fmt"
	"strings"

	"hivetriage/triage/expose"
)

// exposedSentence counts what the copies open, for the front page.
func exposedSentence(rows []expose.Row) string {
	kinds := []struct {
		kind      expose.Kind
		one, many string
	}{
		{expose.DomainAccounts, "every account of the domain", "every account of the domain"},
		{expose.LocalAccount, "local account", "local accounts"}, {expose.ServiceAccount, "service account", "service accounts"},
		{expose.MachineAccount, "computer account", "computer accounts"}, {expose.AutoLogon, "auto-logon password", "auto-logon passwords"},
		{expose.CachedLogon, "cached domain logon", "cached domain logons"}, {expose.Secret, "further secret", "further secrets"},
	}
	seen := map[expose.Row]bool{}
	counts, administrators, changed, needKey := map[expose.Kind]int{}, 0, 0, 0
	for _, r := range rows {
		if r.Recoverable != "yes" && r.Recoverable != "needs boot key" || r.SystemManaged() {
			continue
		}
		who := expose.Row{Kind: r.Kind, Name: r.Name, SID: r.SID, RID: r.RID}
		if seen[who] {
			continue
		}
		seen[who] = true
		counts[r.Kind]++
		if r.Kind == expose.LocalAccount && r.Administrator != nil && *r.Administrator {
			administrators++
		}
		if r.Standing == "changed since" {
			changed++
		}
		if r.Recoverable == "needs boot key" {
			needKey++
		}
	}
	var parts []string
	for _, k := range kinds {
		switch n := counts[k.kind]; {
		case n == 0:
		case k.kind == expose.DomainAccounts:
			parts = append(parts, k.one)
		case k.kind == expose.LocalAccount && administrators > 0:
			parts = append(parts, fmt.Sprintf("%s (%s)", plural(n, k.one, k.many), plural(administrators, "administrator", "administrators")))
		default:
			parts = append(parts, plural(n, k.one, k.many))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	text := "Exposed: " + strings.Join(parts, ", ")
	if needKey > 0 {
		text += "; " + plural(needKey, "of them needs", "of them need") + " the boot key, of which no copy is in the evidence"
	}
	if changed > 0 {
		text += "; " + plural(changed, "was", "were") + " changed since"
	}
	return text + "."
}

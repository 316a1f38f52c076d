package report

import (
	"fmt"
	"strings"
	"time"

	"hivetriage/triage"
	"hivetriage/triage/expose"
)

// maxExposed is how many exposed accounts the terminal lists.
const maxExposed = 12

func (t *terminal) exposure(c *triage.Case) {
	if len(c.Exposure) == 0 {
		return
	}
	t.heading(fmt.Sprintf("Exposure (%s)", counted(len(c.Exposure), "account or secret", "accounts and secrets")))
	const recoverable = 14
	var rows []row
	for i := range c.Exposure[:min(len(c.Exposure), maxExposed)] {
		x := &c.Exposure[i]
		lines := []string{visible(string(x.Kind)) + ": " + visible(x.Name)}
		if about := exposedAbout(x); about != "" {
			lines = append(lines, visible(about))
		}
		rows = append(rows, row{visible(x.Recoverable), cutLines(wrapAll(strings.Join(lines, "\n"), t.width-recoverable-frame(2)), maxCell)})
	}
	t.table(row{"Recoverable", "Account or secret"}, []int{recoverable}, rows)
	t.more(len(c.Exposure), maxExposed, "accounts and secrets")
}

// exposedAbout tells the state of an account in one line.
func exposedAbout(x *expose.Row) string {
	var parts []string
	add := func(ok bool, text string) {
		if ok {
			parts = append(parts, text)
		}
	}
	add(x.SID != "" && x.SID != x.Name, x.SID)
	add(x.SID == "" && x.RID != 0, fmt.Sprintf("RID %d", x.RID))
	add(x.Administrator != nil && *x.Administrator, "administrator")
	add(x.Enabled != nil && !*x.Enabled, "disabled")
	add(x.Deleted, "deleted")
	add(!x.PasswordLastSet.IsZero(), "set "+x.PasswordLastSet.UTC().Format(time.DateOnly))
	add(!x.LastLogon.IsZero(), "last logon "+x.LastLogon.UTC().Format(time.DateOnly))
	add(x.Standing != "unknown" && x.Standing != "", x.Standing)
	add(x.Certainty != "certain" && x.Certainty != "", x.Certainty)
	return strings.Join(parts, ", ")
}

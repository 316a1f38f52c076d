package fleet

import (
	"cmp"
	"slices"
	"strings"

	"hivetriage/triage/expose"
)

// An exposure is the accounts that acts exposed.
type exposure struct {
	rows   []*exposed
	byKey  map[string]*exposed
	bySID  map[string]*exposed
	byName map[string]*exposed // DOMAIN\name, lower case; those of domains only
	local  map[string]*exposed // name, lower case
	names  map[string]string   // SID of DOMAIN\name, "" if several have it
}

// An exposed is a row of the matrix, and since when.
type exposed struct {
	row   Account
	cells map[*machine]*Cell
	other map[string]*Cell  // of computers that are not in the batch
	since map[*machine]*act // the first act that took it from a computer's hives and whose time is known
	first *act              // since which it may be used by somebody else, nil if no time is known
	acts  []*act            // unexplained
	by    map[*act]bool

	namesakes map[*machine]bool // other computers with a local account of the name
}

// expose fills the matrix.
func (r *rollUp) expose() {
	x := &r.exposed
	x.byKey, x.bySID, x.byName, x.local, x.names = map[string]*exposed{}, map[string]*exposed{}, map[string]*exposed{}, map[string]*exposed{}, map[string]string{}
	for _, h := range r.hosts {
		for i := range h.exposure {
			x.learnName(&h.exposure[i])
		}
	}
	for _, h := range r.hosts {
		acts := map[string]*act{}
		for _, a := range h.acts {
			acts[a.row.ID] = a
		}
		for i := range h.exposure {
			if a := acts[h.exposure[i].Act]; a != nil {
				r.exposeRow(a, &h.exposure[i])
			}
		}
	}
}

// domainName is the account of a row as DOMAIN\name in lower case, "" if its
// domain is not told.
func domainName(row *expose.Row) string {
	name, _, _ := strings.Cut(row.Name, " (service ")
	if domain, account, ok := strings.Cut(name, `\`); ok && domain != "" && domain != "." && account != "" && !everywhere(domain) {
		return strings.ToLower(name)
	}
	return ""
}

// learnName notes which SID a domain's account has, where one row tells both.
func (x *exposure) learnName(row *expose.Row) {
	name := domainName(row)
	if name == "" || row.SID == "" {
		return
	}
	if sid, ok := x.names[name]; ok && sid != row.SID {
		x.names[name] = ""
	} else if !ok {
		x.names[name] = row.SID
	}
}

// place says what a row is of: key and scope.
func (x *exposure) place(row *expose.Row, m *machine) (key, scope, sid string) {
	name, _, _ := strings.Cut(row.Name, " (service ")
	domain := domainName(row)
	switch row.Kind {
	case expose.LocalAccount:
		return "local\x00" + strings.ToLower(row.Name), LocalScope, ""
	case expose.CachedLogon, expose.ServiceAccount, expose.MachineAccount, expose.AutoLogon:
		before, account, _ := strings.Cut(name, `\`)
		switch {
		case account != "" && (before == "." || domain != "" && m.is(before)):
			return "local\x00" + strings.ToLower(account), LocalScope, ""
		case row.SID != "":
			return "sid\x00" + row.SID, DomainScope, row.SID
		case domain != "" && x.names[domain] != "":
			return "sid\x00" + x.names[domain], DomainScope, x.names[domain]
		case domain != "":
			return "name\x00" + domain, DomainScope, ""
		case strings.Contains(name, "@"):
			return "name\x00" + strings.ToLower(name), DomainScope, ""
		}
	}
	return string(row.Kind) + "\x00" + strings.ToLower(row.Name), OtherScope, ""
}

// exposeRow enters a row of a host.
func (r *rollUp) exposeRow(a *act, row *expose.Row) {
	x := &r.exposed
	of, host := r.exposedOn(a, row)
	key, scope, sid := x.place(row, cmp.Or(of, a.machine))
	e := x.byKey[key]
	if e == nil {
		name, _, _ := strings.Cut(row.Name, " (service ")
		if scope == LocalScope {
			name = name[strings.LastIndexByte(name, '\\')+1:]
		}
		if scope == DomainScope {
			name = r.fullName(row)
		}
		e = &exposed{row: Account{Name: name, Scope: scope, SID: sid, Kinds: []string{}}, cells: map[*machine]*Cell{}, other: map[string]*Cell{}, since: map[*machine]*act{}, namesakes: map[*machine]bool{}, by: map[*act]bool{}}
		x.byKey[key] = e
		x.rows = append(x.rows, e)
		x.enter(e)
	}
	h := a.host
	h.accounts[strings.ToLower(row.Name)] = e
	if name := r.fullName(row); scope == DomainScope && nameRank(name) > nameRank(e.row.Name) {
		e.row.Name = name // another host tells it better
		x.enter(e)
	}
	c := e.cell(of, host)
	c.take(a, row)
	if len(e.row.Kinds) < maxKinds && !slices.Contains(e.row.Kinds, string(row.Kind)) {
		e.row.Kinds = append(e.row.Kinds, string(row.Kind))
	}
	if a.explained() {
		return
	}
	e.row.Usable = e.row.Usable || !row.Deleted && row.Standing != "changed since" && row.Standing != "gone since"
	if !e.by[a] {
		e.by[a] = true
		e.acts = append(e.acts, a)
	}
	if t := a.row.Start; !t.IsZero() {
		if e.first == nil || t.Before(e.first.row.Start) {
			e.first = a
		}
		if of != nil && (e.since[of] == nil || t.Before(e.since[of].row.Start)) {
			e.since[of] = a
		}
	}
}

// fullName is the name of a domain's account, with its domain if the SID tells
// that it is one of a host of the batch.
func (r *rollUp) fullName(row *expose.Row) string {
	name, _, _ := strings.Cut(row.Name, " (service ")
	if strings.ContainsAny(name, `\@ `) || nameRank(name) == 0 {
		return name
	}
	if domain := r.known.domains[machineOfSID(row.SID)]; domain != "" {
		return domain + `\` + name
	}
	return name
}

// nameRank says how well a name tells an account: a SID alone, a name or a
// role, a name with its domain.
func nameRank(name string) int {
	switch {
	case strings.HasPrefix(name, "S-1-"), strings.HasPrefix(name, "RID "):
		return 0
	case strings.Contains(name, `\`):
		return 2
	}
	return 1
}

// enter lets logons find an account.
func (x *exposure) enter(e *exposed) {
	switch {
	case e.row.Scope == LocalScope:
		x.local[strings.ToLower(e.row.Name)] = e
	case e.row.Scope == DomainScope:
		if e.row.SID != "" {
			x.bySID[e.row.SID] = e
		}
		if strings.Contains(e.row.Name, `\`) {
			x.byName[strings.ToLower(e.row.Name)] = e
		}
	}
}

// exposedOn is the computer whose hives hold a row, and its name.
func (r *rollUp) exposedOn(a *act, row *expose.Row) (*machine, string) {
	if part := machineOfSID(row.SID); row.Kind == expose.LocalAccount && part != "" {
		owners := r.known.bySID[part]
		for _, m := range owners { // of clones that which the row names
			if row.Host != "" && m.is(row.Host) {
				return m, m.name
			}
		}
		if a.machine.hasSID(part) {
			return a.machine, a.machine.name
		}
		if len(owners) == 1 {
			return owners[0], owners[0].name
		}
	}
	if row.Host == "" || a.machine.is(row.Host) {
		return a.machine, a.machine.name
	}
	if f := r.known.named(row.Host); f.one() != nil {
		return f.one(), f.one().name
	}
	return nil, row.Host
}

func (e *exposed) cell(m *machine, name string) *Cell {
	if m == nil {
		if e.other[strings.ToLower(name)] == nil {
			e.other[strings.ToLower(name)] = &Cell{Host: name, Kinds: []string{}, Explained: true}
		}
		return e.other[strings.ToLower(name)]
	}
	if e.cells[m] == nil {
		e.cells[m] = &Cell{Folder: m.folder(), Host: m.name, Kinds: []string{}, Explained: true}
	}
	return e.cells[m]
}

// worst are in order, what is worse first.
var (
	recoverables = []string{"yes", "needs boot key", "unknown", "no"}
	standings    = []string{"unchanged", "unknown", "changed since", "gone since"}
)

func (c *Cell) take(a *act, row *expose.Row) {
	if len(c.Kinds) < maxKinds && !slices.Contains(c.Kinds, string(row.Kind)) {
		c.Kinds = append(c.Kinds, string(row.Kind))
	}
	c.RID, c.SID = cmp.Or(c.RID, row.RID), cmp.Or(c.SID, row.SID)
	c.Enabled, c.Administrator, c.Credential = either(c.Enabled, row.Enabled), either(c.Administrator, row.Administrator), either(c.Credential, row.CredentialPresent)
	c.Recoverable, c.Standing = worst(recoverables, c.Recoverable, row.Recoverable), worst(standings, c.Standing, row.Standing)
	c.Explained = c.Explained && a.explained()
	if len(c.Acts) < MaxRefs && !slices.Contains(c.Acts, a.ref()) {
		c.Acts = append(c.Acts, a.ref())
	}
}

// either is true if one is, and unknown only if both are.
func either(a, b *bool) *bool {
	if a == nil || b != nil && *b {
		return b
	}
	return a
}

func worst(order []string, a, b string) string {
	if a == "" || b != "" && slices.Index(order, b) < slices.Index(order, a) {
		return b
	}
	return a
}

// finishExposure writes the matrix.
func (r *rollUp) finishExposure() {
	r.c.Accounts = []Account{}
	for _, e := range r.exposed.rows {
		for _, c := range e.cells {
			e.row.Cells = append(e.row.Cells, *c)
		}
		for _, c := range e.other {
			e.row.Cells = append(e.row.Cells, *c)
		}
		slices.SortFunc(e.row.Cells, func(a, b Cell) int {
			return cmp.Or(strings.Compare(a.Folder, b.Folder), strings.Compare(a.Host, b.Host))
		})
		for i := range e.row.Cells {
			slices.Sort(e.row.Cells[i].Kinds)
			slices.SortFunc(e.row.Cells[i].Acts, compareRefs)
		}
		slices.Sort(e.row.Kinds)
		e.row.Hosts = len(e.row.Cells)
		if more := len(e.row.Cells) - maxCells; more > 0 {
			e.row.Cells, r.c.Omitted.Cells = e.row.Cells[:maxCells], r.c.Omitted.Cells+more
		}
		if more := len(e.row.Same) - MaxSame; more > 0 {
			e.row.Same, r.c.Omitted.Same = e.row.Same[:MaxSame], r.c.Omitted.Same+more
		}
		e.row.Lead = lead(&e.row)
		if e.row.Usable {
			r.c.Counts.Exposed++
		}
		r.c.Accounts = append(r.c.Accounts, e.row)
	}
	scopes := []string{DomainScope, LocalScope, OtherScope}
	slices.SortStableFunc(r.c.Accounts, func(a, b Account) int {
		if a.Usable != b.Usable {
			if a.Usable {
				return -1
			}
			return 1
		}
		return cmp.Or(slices.Index(scopes, a.Scope)-slices.Index(scopes, b.Scope), b.Hosts-a.Hosts, strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)), strings.Compare(a.SID, b.SID))
	})
	if more := len(r.c.Accounts) - MaxAccounts; more > 0 {
		r.c.Accounts, r.c.Omitted.Accounts = r.c.Accounts[:MaxAccounts], more
	}
}

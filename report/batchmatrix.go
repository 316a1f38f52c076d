package report

import (
	"cmp"
	"slices"
	"strings"

	"hivetriage/triage/fleet"
)

// Sizes of the exposure matrix on the page; the table of its cells goes on.
const (
	maxMatrixHosts = 40  // columns
	maxMatrixRows  = 200 // accounts
	paperHosts     = 8   // columns that a printed page holds
)

// A matrix is accounts and the computers on which they are exposed.
type matrix struct {
	Hosts     []matrixHost
	Rows      []matrixRow
	MoreHosts int
	MoreRows  int
	Wide      bool // wider than a printed page
}

// A matrixHost is a column. Folder is "" for a computer that is not in the
// batch.
type matrixHost struct {
	Folder, Name string
	usable       bool
	order        int
}

type matrixRow struct {
	*fleet.Account
	Cells []*fleet.Cell // by column, nil: not exposed there
}

// newMatrix lays the matrix out: computers with something usable come first,
// then in the order of their first act, and accounts in the case's order.
func newMatrix(c *fleet.Case) matrix {
	var m matrix
	columns := matrixHosts(c)
	m.MoreHosts = max(0, len(columns)-maxMatrixHosts)
	m.Hosts = columns[:len(columns)-m.MoreHosts]
	m.Wide = len(m.Hosts) > paperHosts
	at := map[string]int{}
	for i := range m.Hosts {
		at[m.Hosts[i].key()] = i
	}
	for i := range c.Accounts {
		a := &c.Accounts[i]
		row := matrixRow{a, make([]*fleet.Cell, len(m.Hosts))}
		shown := false
		for k := range a.Cells {
			if n, ok := at[cellHost(&a.Cells[k]).key()]; ok {
				row.Cells[n], shown = &a.Cells[k], true
			}
		}
		if !shown || len(m.Rows) == maxMatrixRows {
			m.MoreRows++
			continue
		}
		m.Rows = append(m.Rows, row)
	}
	return m
}

// matrixHosts are all computers on which something is exposed.
func matrixHosts(c *fleet.Case) []matrixHost {
	order := map[string]int{}
	for i, s := range c.Spread {
		order[s.Folder] = i - len(c.Spread)
	}
	var all []matrixHost
	at := map[string]int{}
	for i := range c.Accounts {
		for k := range c.Accounts[i].Cells {
			cell := &c.Accounts[i].Cells[k]
			h := cellHost(cell)
			n, ok := at[h.key()]
			if !ok {
				n = len(all)
				at[h.key()] = n
				h.order = order[h.Folder]
				all = append(all, h)
			}
			all[n].usable = all[n].usable || cellMark(cell).Class == "yes" || cellMark(cell).Class == "maybe"
		}
	}
	slices.SortFunc(all, func(a, b matrixHost) int {
		if a.usable != b.usable {
			if a.usable {
				return -1
			}
			return 1
		}
		return cmp.Or(a.order-b.order, strings.Compare(a.Name, b.Name), strings.Compare(a.Folder, b.Folder))
	})
	return all
}

func cellHost(c *fleet.Cell) matrixHost {
	return matrixHost{Folder: c.Folder, Name: cmp.Or(c.Host, c.Folder, "not named")}
}

func (h matrixHost) key() string {
	if h.Folder != "" {
		return h.Folder
	}
	return "\x00" + h.Name
}

// A cellMarking says in a word what a cell says in several fields.
type cellMarking struct {
	Class, Word, Full string
	Admin             bool
}

// cellMark repeats what is exposed of an account on one computer.
func cellMark(c *fleet.Cell) cellMarking {
	m := cellMarking{Class: "maybe", Word: "maybe", Admin: c.Administrator != nil && *c.Administrator}
	m.Full = strings.Join(c.Kinds, ", ") + "; recoverable: " + c.Recoverable + "; since: " + c.Standing
	switch {
	case c.Explained:
		m.Class, m.Word = "explained", "explained"
	case c.Standing == "changed since":
		m.Class, m.Word = "no", "changed"
	case c.Standing == "gone since":
		m.Class, m.Word = "no", "gone"
	case c.Recoverable == "no":
		m.Class, m.Word = "no", "no"
	case c.Recoverable == "yes" && c.Standing == "unchanged":
		m.Class, m.Word = "yes", "yes"
	}
	switch {
	case c.Enabled != nil && !*c.Enabled:
		m.Full += "; disabled"
	case m.Admin:
		m.Full += "; administrator"
	}
	return m
}

// Account is the name of the row's account.
func (c cellRow) Account() string { return c.account.Name }

// State is what is known of the account on that computer, in words.
func (c cellRow) State() string {
	var words []string
	add := func(b *bool, yes, no string) {
		switch {
		case b != nil && *b && yes != "":
			words = append(words, yes)
		case b != nil && !*b && no != "":
			words = append(words, no)
		}
	}
	add(c.Enabled, "enabled", "disabled")
	add(c.Administrator, "administrator", "")
	add(c.Credential, "", "no hash stored")
	if c.Explained {
		words = append(words, "in explained copies only")
	}
	return strings.Join(words, ", ")
}

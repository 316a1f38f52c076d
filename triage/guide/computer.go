package guide

import (
	"net/netip"
	"slices"
	"strings"
)

// A Computer is one that records call by names and addresses.
type Computer struct{ Names, Addresses []string }

// ComputerCalled takes what records call a computer: names, addresses, or
// several of them with spaces between. What every computer calls itself, and
// what is no name, is left out.
func ComputerCalled(texts ...string) (c Computer) {
	for _, text := range texts {
		for _, word := range strings.Fields(text) {
			word = strings.TrimRight(strings.TrimLeft(word, `\`), ".")
			a, err := netip.ParseAddr(strings.Trim(word, "[]"))
			switch {
			case err == nil:
				if a = a.Unmap(); !a.IsLoopback() && !a.IsUnspecified() {
					c.Addresses = appendOnce(c.Addresses, a.String())
				}
			case word == "", word == "-", word == "*", strings.EqualFold(word, "localhost"), strings.EqualFold(word, "local"), strings.HasSuffix(strings.ToLower(word), ".ipv6-literal.net"):
			case !slices.ContainsFunc(c.Names, func(n string) bool { return sameName(n, word) }):
				c.Names = append(c.Names, word)
			}
		}
	}
	return c
}

// sameName compares names of computers: those that both have a domain are
// equal only if it is the same.
func sameName(a, b string) bool {
	return strings.EqualFold(a, b) || sameHost(a, b) && !(strings.Contains(a, ".") && strings.Contains(b, "."))
}

// Known reports whether anything names the computer.
func (c Computer) Known() bool { return len(c.Names)+len(c.Addresses) > 0 }

// Same reports whether two are called alike: by a name, or by an address where
// their names do not differ. Addresses are given to others in time, and several
// computers may share one.
func (c Computer) Same(o Computer) bool {
	shares := func(a, b []string, same func(a, b string) bool) bool {
		return slices.ContainsFunc(a, func(x string) bool { return slices.ContainsFunc(b, func(y string) bool { return same(x, y) }) })
	}
	if shares(c.Names, o.Names, sameName) {
		return true
	}
	return (len(c.Names) == 0 || len(o.Names) == 0) && shares(c.Addresses, o.Addresses, strings.EqualFold)
}

// Join takes over what another is called.
func (c *Computer) Join(o Computer) {
	for _, name := range o.Names {
		if !slices.ContainsFunc(c.Names, func(n string) bool { return sameName(n, name) }) {
			c.Names = append(c.Names, name)
		}
	}
	for _, a := range o.Addresses {
		c.Addresses = appendOnce(c.Addresses, a)
	}
}

// String is its names, then its addresses.
func (c Computer) String() string {
	return strings.Join(append(slices.Clone(c.Names), c.Addresses...), " ")
}

// public reports whether it is known by public addresses only.
func (c Computer) public() bool {
	return len(c.Addresses) > 0 && !slices.ContainsFunc(c.Addresses, func(a string) bool { return outside(a) != 0 })
}

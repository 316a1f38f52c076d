// Package machine reads what SYSTEM, SOFTWARE and the audit policy in SECURITY
// tell of a computer: under which accounts its services run, whether the boot
// key can be had from the hive, and what the computer was told to log.
//
// Trees are hive.Nodes and need not be whole: a control set, Control, Services
// or Lsa may be the root.
package machine

import (
	"encoding/binary"
	"strings"

	"hivetriage/artifacts/hive"
)

var le = binary.LittleEndian

// Limits of what is read of one hive.
const (
	maxServices = 1 << 16
	maxMounts   = 4096
	maxProfiles = 1 << 16
	maxPath     = 1024 // characters of a path that are kept
)

// tail finds the key that a path from the root of a whole hive leads to, in a
// tree of which any key of that path may be the root.
func tail(top hive.Node, path ...string) (hive.Node, bool) {
	if top == nil {
		return nil, false
	}
	for i := range path {
		if n, ok := hive.Find(top, strings.Join(path[i:], `\`)); ok {
			return n, true
		}
	}
	if strings.EqualFold(top.Name(), path[len(path)-1]) {
		return top, true
	}
	return nil, false
}

// firstTail is tail for several trees.
func firstTail(tops []hive.Node, path ...string) (hive.Node, bool) {
	for _, top := range tops {
		if n, ok := tail(top, path...); ok {
			return n, true
		}
	}
	return nil, false
}

// text reads a text value of a key that need not be there, cut to maxPath.
func text(n hive.Node, name string) hive.Fact[string] {
	if n == nil {
		return hive.Fact[string]{}
	}
	f := hive.TextOf(n, name)
	if r := []rune(f.Value); len(r) > maxPath {
		f.Value = string(r[:maxPath])
	}
	return f
}

// number reads a REG_DWORD of a key that need not be there.
func number(n hive.Node, name string) hive.Fact[uint32] {
	if n == nil {
		return hive.Fact[uint32]{}
	}
	return hive.NumberOf(n, name)
}

// on tells whether a REG_DWORD is not 0.
func on(n hive.Node, name string) hive.Fact[bool] {
	v := number(n, name)
	return hive.Fact[bool]{Value: v.Value != 0, Offset: v.Offset, Certainty: v.Certainty}
}

// sub returns the key at a path below n, nil if there is none.
func sub(n hive.Node, path string) hive.Node {
	if n == nil {
		return nil
	}
	if found, ok := hive.Find(n, path); ok {
		return found
	}
	return nil
}

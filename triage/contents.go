package triage

import (
	"hivetriage/artifacts"
	"hivetriage/artifacts/hive"
	"hivetriage/artifacts/hive/machine"
	"hivetriage/artifacts/hive/principals"
	"hivetriage/artifacts/hive/text"
	"hivetriage/triage/expose"
	"hivetriage/triage/locate"
)

// A copyKey is one hive in the evidence: a .reg file may hold several.
type copyKey struct {
	at   artifacts.Locator
	kind string
}

func copyOf(e *locate.Export) copyKey { return copyKey{e.At, e.Hive} }

// contents reads what a hive tells of accounts, secrets and the computer. What
// could not be read of it is missing; that the hive is not whole stands in its
// ledger row and in the export's integrity.
func contents(h *hive.Hive, kind hive.Kind, complete bool) expose.Hives {
	if h == nil {
		return expose.Hives{}
	}
	deleted, more := h.Deleted()
	return treeContents(h.Tops(), deleted, kind, complete && !more)
}

// treeContents is contents for trees of any form.
func treeContents(tops, deleted []hive.Node, kind hive.Kind, complete bool) (c expose.Hives) {
	switch kind {
	case hive.SAM:
		facts, err := principals.ReadSAM(tops, deleted)
		c.SAM = &expose.Read[principals.SAM]{Facts: facts, Complete: complete && err == nil}
	case hive.Security:
		facts, err := principals.ReadSecurity(tops, deleted)
		c.Security = &expose.Read[principals.Security]{Facts: facts, Complete: complete && err == nil}
	case hive.System:
		c.System = &expose.Read[machine.System]{Facts: machine.ReadSystem(tops), Complete: complete}
	case hive.Software:
		c.Software = &expose.Read[machine.Software]{Facts: machine.ReadSoftware(tops), Complete: complete}
	}
	return c
}

// textContents is contents for .reg text, which has no class names and so
// never a boot key.
func textContents(h text.Hive, complete bool) expose.Hives {
	if h.Root == nil {
		return expose.Hives{}
	}
	c := treeContents([]hive.Node{h.Root}, nil, h.Kind, complete)
	if c.System != nil && !c.System.Facts.BootKey.Present.Known() {
		c.System.Facts.BootKey.Present = hive.Sure(false, h.Root.Offset())
	}
	return c
}

package hive

import (
	"fmt"
	"io"
	"time"
)

// A Kind names what a hive holds.
type Kind string

const (
	SAM      Kind = "SAM"
	Security Kind = "SECURITY"
	System   Kind = "SYSTEM"
	Software Kind = "SOFTWARE"
	NTUser   Kind = "NTUSER"
	UsrClass Kind = "UsrClass"
	Amcache  Kind = "Amcache"
	Other    Kind = "other"   // readable, and none of the above
	Unknown  Kind = "unknown" // the keys that would tell cannot be reached
)

// The words for how sure a verdict is.
const (
	Certain   = "certain"
	Likely    = "likely"
	Uncertain = "unknown"
)

// An Identity is what a hive is, told from its header and its top keys.
type Identity struct {
	Kind        Kind
	Certainty   string   // Certain, Likely or Uncertain
	Because     []string // the keys that decided, with the file offsets of their records
	Partial     bool     // a subkey of the hive was saved, not its root
	Subkey      string   // which one: `Policy\Secrets` for HKLM\SECURITY\Policy\Secrets; "" if not Partial
	Base        BaseBlock
	RootName    string // never decides the kind
	RootParent  uint32 // the root's parent field; 0xFFFFFFFF in key saves
	RootOffset  int64  // of the root's record in the file
	RootWritten time.Time
}

// A rule tells a kind from keys below the root: all of the first list and,
// if there is a second one, at least one of it. The root's name and the name
// of the file decide nothing: genuine SAM hives have roots named "ROOT",
// "SAM" or "CsiTool-CreateHive-{...}".
type rule struct {
	kind      Kind
	subkey    string // non-empty: the root is this subkey of the kind
	certainty string
	all, any  []string
}

var controlSets = []string{`ControlSet001`, `ControlSet002`, `ControlSet003`, `ControlSet004`}

// rules are tried in order.
var rules = []rule{
	{SAM, "", Certain, []string{`SAM\Domains\Account\Users`}, nil},
	{SAM, `SAM`, Certain, []string{`Domains\Account\Users`}, nil},
	{SAM, `SAM\Domains`, Certain, []string{`Account\Users\Names`}, nil},
	{SAM, `SAM\Domains\Account`, Likely, []string{`Users\Names`, `Aliases`}, nil},
	{SAM, `SAM\Domains\Account\Users`, Likely, []string{`Names`, `000001F4`}, nil},
	{SAM, "", Likely, []string{`SAM\Domains\Account`}, nil},

	{Security, "", Certain, []string{`Policy\PolAcDmS`}, []string{`Policy\Secrets`, `Policy\PolEKList`, `Policy\PolSecretEncryptionKey`}},
	{Security, "", Likely, nil, []string{`Policy\PolAcDmS`, `Policy\Secrets`, `Policy\PolEKList`, `Policy\PolSecretEncryptionKey`}},
	{Security, `Policy`, Certain, []string{`PolAcDmS`}, []string{`Secrets`, `PolEKList`, `PolSecretEncryptionKey`}},
	{Security, `Policy\Secrets`, Certain, nil, []string{`$MACHINE.ACC\CurrVal`, `DPAPI_SYSTEM\CurrVal`, `NL$KM\CurrVal`}},

	{System, "", Certain, []string{`Select`}, under(controlSets, `\Control\Lsa`)},
	{System, "", Likely, nil, under(controlSets, `\Control\Lsa`)},
	{System, `ControlSet00n`, Certain, []string{`Control\Lsa`, `Services`}, nil},
	{System, `ControlSet00n\Control`, Certain, []string{`Lsa\JD`, `Lsa\Skew1`, `Lsa\GBG`, `Lsa\Data`}, nil},
	{System, `ControlSet00n\Control\Lsa`, Certain, []string{`JD`, `Skew1`, `GBG`, `Data`}, nil},

	// A user's Software key has Windows NT\CurrentVersion too; the list of
	// profiles is the machine's.
	{Software, "", Certain, []string{`Microsoft\Windows NT\CurrentVersion\ProfileList`}, nil},
	{NTUser, "", Certain, []string{`Software`, `Control Panel`, `Environment`}, nil},
	{UsrClass, "", Likely, nil, []string{`Local Settings\Software\Microsoft`, `Local Settings\MuiCache`}},
	{Amcache, "", Certain, nil, []string{`Root\InventoryApplicationFile`, `Root\InventoryApplication`, `Root\Programs`}},
}

func under(parents []string, path string) []string {
	var all []string
	for _, p := range parents {
		all = append(all, p+path)
	}
	return all
}

// Identify tells what kind of hive r holds from its header, its root key and
// the few keys that decide: some KiB of reads, at most maxBlocks of them. The
// error is a *artifacts.Problem; the Identity beside it holds what could be
// told. A wrong header checksum is such a problem and hinders nothing.
func Identify(r io.ReaderAt, size int64) (Identity, error) {
	id := Identity{Kind: Unknown, Certainty: Uncertain}
	b, err := newBlocks(r, size)
	if err != nil {
		return id, err
	}
	base, root, err := b.open()
	id.Base = base
	if err != nil {
		return id, err
	}
	id.RootName, id.RootParent = root.record.name(), root.record.parent()
	id.RootOffset, id.RootWritten = fileOffset(root.off), root.record.written()
	id.decide(b, root)
	if b.first != nil {
		return id, b.first
	}
	if !base.ChecksumOK() {
		return id, base.checksumProblem()
	}
	return id, nil
}

// decide applies the rules.
func (id *Identity) decide(b *blocks, root topKey) {
	for _, rule := range rules {
		found, ok := rule.match(b, root)
		if !ok {
			continue
		}
		id.Kind, id.Certainty = rule.kind, rule.certainty
		id.Partial, id.Subkey = rule.subkey != "", rule.subkey
		for _, path := range found {
			k, _ := b.find(root, path)
			id.Because = append(id.Because, fmt.Sprintf("key %s at %#x", path, fileOffset(k.off)))
		}
		if id.Partial {
			id.Because = append(id.Because, fmt.Sprintf("they stand where the subkey %s was saved alone", rule.subkey))
		}
		return
	}
	if b.first != nil {
		id.Because = []string{"no key that decides was found, and some keys cannot be read"}
		return
	}
	id.Kind, id.Certainty = Other, Certain
	id.Because = []string{fmt.Sprintf("root key at %#x has none of the keys that make a SAM, SECURITY, SYSTEM, SOFTWARE, user or Amcache hive", id.RootOffset)}
	for _, t := range templates {
		if k, ok := b.find(root, t.key); ok {
			id.Because = append(id.Because, fmt.Sprintf("key %s at %#x: %s", t.key, fileOffset(k.off), t.why))
		}
	}
}

// templates are keys of hives as installation images and recovery systems hold
// them before setup: what would be credentials is not in them yet. They are
// found in hives that no rule knows.
var templates = []struct{ key, why string }{
	{`SAM`, "a SAM that no account domain was made in, as in an installation image"},
	{`Policy`, "a SECURITY that no policy was made in, as in an installation image"},
}

// match returns the paths of the rule that were found.
func (r rule) match(b *blocks, root topKey) (found []string, ok bool) {
	for _, path := range r.all {
		if _, ok := b.find(root, path); !ok {
			return nil, false
		}
		found = append(found, path)
	}
	any := len(r.any) == 0
	for _, path := range r.any {
		if _, ok := b.find(root, path); ok {
			found = append(found, path)
			any = true
		}
	}
	return found, any
}

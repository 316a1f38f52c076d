package hive

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"hivetriage/artifacts"
	"hivetriage/artifacts/hive/hivetest"
)

// A remainder is a form in which a hive can be left.
type remainder struct {
	name string
	edit func([]byte) []byte
	// What must be told of it.
	headless bool
	lead     int64
	whole    bool // all keys are still there
	problem  artifacts.Kind
}

// binAt returns the file offset of the first bin that begins at or after the
// middle.
func binAt(b []byte) int {
	at := baseSize
	for at < len(b)/2 {
		at += int(le.Uint32(b[at+8:]))
	}
	return at
}

var remainders = []remainder{
	{"cut at 60%", func(b []byte) []byte { return b[:len(b)*6/10] }, false, baseSize, false, artifacts.Truncated},
	{"cut at 95%", func(b []byte) []byte { return b[:len(b)*95/100] }, false, baseSize, false, artifacts.Truncated},
	{"without its base block", func(b []byte) []byte { return b[baseSize:] }, true, 0, true, artifacts.Malformed},
	{"base block destroyed", func(b []byte) []byte { clear(b[:baseSize]); return b }, true, baseSize, true, artifacts.Malformed},
	{"bins from the first half", func(b []byte) []byte { return b[baseSize:binAt(b)] }, true, 0, false, artifacts.Malformed},
	{"bins from the second half", func(b []byte) []byte { return b[binAt(b):] }, true, 0, false, artifacts.Malformed},
	{"first bin destroyed", func(b []byte) []byte { clear(b[baseSize : baseSize+int(le.Uint32(b[baseSize+8:]))]); return b }, false, baseSize, false, artifacts.Malformed},
	{"root destroyed", func(b []byte) []byte { clear(b[baseSize+binHeader+4:][:76]); return b }, false, baseSize, false, artifacts.Malformed},
	{"root's list destroyed", func(b []byte) []byte { return clearList(b, int(le.Uint32(b[36:]))) }, false, baseSize, false, artifacts.Malformed},
}

// clearList destroys the list of subkeys of the key in a cell.
func clearList(b []byte, cell int) []byte {
	list := int(le.Uint32(b[baseSize+cell+4+28:]))
	clear(b[baseSize+list+4:][:4])
	return b
}

func TestRemainders(t *testing.T) {
	host := workstation
	host.Filler = 200_000
	for i := range 60 {
		host.Users = append(host.Users, hivetest.User{Name: fmt.Sprintf("user%02d", i), RID: uint32(1100 + i)})
	}
	builds := []struct {
		kind  Kind
		build func(hivetest.Host, hivetest.Profile) []byte
	}{{SAM, hivetest.SAM}, {Security, hivetest.SECURITY}, {System, hivetest.SYSTEM}}
	identified, facts := 0, 0
	for _, hive := range builds {
		whole := hive.build(host, hivetest.RegSave)
		want := Facts(read(t, whole), hive.kind)
		for _, c := range remainders {
			t.Run(string(hive.kind)+"/"+c.name, func(t *testing.T) {
				data := c.edit(bytes.Clone(whole))
				h, err := Read(bytes.NewReader(data), int64(len(data)))
				if h == nil || !hasKind(err, c.problem) {
					t.Fatalf("%v, %v", h, err)
				}
				if h.Headless != c.headless || h.lead != c.lead || h.Sound() || h.Coverage().Complete() {
					t.Errorf("headless %v, bins at %d, sound %v, %v", h.Headless, h.lead, h.Sound(), h.Coverage())
				}
				walked := 0
				h.Walk(func(k Key) bool {
					walked++
					if string(data[k.Offset():][:2]) != "nk" {
						t.Errorf("no key at %#x", k.Offset())
					}
					for v := range k.Values() {
						if string(data[v.Offset():][:2]) != "vk" {
							t.Errorf("no value at %#x", v.Offset())
						}
					}
					return true
				})
				if all := read(t, whole).Keys; walked != h.Keys+h.Orphans || c.whole && (walked != all || h.Orphans > 0) || !c.whole && walked >= all+1 || walked == 0 {
					t.Errorf("walked %d of %d keys, counted %d and %d", walked, all, h.Keys, h.Orphans)
				}
				id := h.Identity()
				if id.Kind == hive.kind {
					identified++
				} else if id.Kind != Unknown {
					t.Errorf("%+v", id)
				}
				got := Facts(h, hive.kind)
				for _, f := range [][2]string{{got.ComputerName, want.ComputerName}, {got.MachineSID, want.MachineSID}, {got.Domain, want.Domain}, {got.TimeZone, want.TimeZone}} {
					switch {
					case f[0] == f[1] && f[0] != "":
						facts++
					case f[0] != "" || c.whole && f[1] != "":
						t.Errorf("fact %q, want %q", f[0], f[1])
					}
				}
				t.Logf("%s: %s %s", h.Coverage(), id.Certainty, id.Kind)
			})
		}
	}
	if identified != 25 || facts != 42 {
		t.Errorf("%d identified, %d facts", identified, facts)
	}
}

func TestOrphanPlaces(t *testing.T) {
	whole := hivetest.SAM(samOf(accounts...), hivetest.RegSave)
	cell := func(path string) int {
		k, ok := read(t, whole).Key(path)
		if !ok {
			t.Fatal(path)
		}
		return int(k.Offset()) - 4 - baseSize
	}
	for _, c := range []struct {
		name   string
		edit   func(b []byte)
		places []string
		reason string
		lookup string // is found all the same
	}{
		{"list of Users", func(b []byte) { clearList(b, cell(`SAM\Domains\Account\Users`)) }, nil, "", usersPath + `Names\gone`},
		{"list of the root", func(b []byte) { clearList(b, 32) }, nil, "", usersPath + `Names\stays`},
		{"record of Account", func(b []byte) { clear(b[baseSize+cell(`SAM\Domains\Account`)+4:][:2]) },
			[]string{`?\Aliases`, `?\Groups`, `?\Users`}, "there is no key at", usersPath + `000003EA`},
		{"record of the root", func(b []byte) { clear(b[baseSize+32+4:][:2]) }, []string{`?\SAM`}, "there is no key at", usersPath + `Names`},
		{"record of Names, one of which is another's", func(b []byte) {
			clear(b[baseSize+cell(usersPath+`Names`)+4:][:2])
			le.PutUint32(b[baseSize+cell(usersPath+`Names\gone`)+4+16:], 0x7FFFFFF8)
		}, []string{`?\Administrator`, `?\gone`, `?\stays`}, " of the hive, which is missing", usersPath + `Names\gone`},
		{"a key that no list has room for", func(b []byte) { // its parent's list is whole
			lost := cell(usersPath + `000003EA`)
			list := int(le.Uint32(b[baseSize+cell(strings.TrimSuffix(usersPath, `\`))+4+28:]))
			last := baseSize + list + 4 + listHeader + 8*2
			if int(le.Uint32(b[last:])) != lost {
				t.Fatal("the third subkey is another one")
			}
			le.PutUint32(b[last:], uint32(cell(`SAM\RXACT`)))
			le.PutUint32(b[baseSize+cell(`SAM`)+4+28:], noCell)
		}, []string{usersPath + `000003EA`}, "does not lead to it", usersPath + `000003EA`},
	} {
		data := bytes.Clone(whole)
		c.edit(data)
		h := read(t, data)
		var places []string
		for _, top := range h.Tops() {
			if o, ok := top.(Orphan); ok {
				places = append(places, o.Place)
				if o.Because == "" || o.Place != `?\Administrator` && o.Place != `?\stays` && !strings.Contains(o.Because, c.reason) {
					t.Errorf("%s: %s: %s", c.name, o.Place, o.Because)
				}
			}
		}
		slices.Sort(places)
		if !slices.Equal(places, c.places) {
			t.Errorf("%s: %q", c.name, places)
		}
		k, ok := h.Key(c.lookup)
		if !ok || !strings.HasSuffix(c.lookup, k.Name()) {
			t.Errorf("%s: %s is not found", c.name, c.lookup)
		}
		if path := k.Path(); path != c.lookup && !strings.HasPrefix(path, `?\`) {
			t.Errorf("%s: the path is %s", c.name, path)
		}
		for _, absent := range []string{`Policy\Secrets`, `SAM\Domains\Builtin\Groups\000003EA`, `Names\nobody`} {
			if k, ok := h.Key(absent); ok {
				t.Errorf("%s: %s is found at %s", c.name, absent, k.Path())
			}
		}
	}
}

// TestOrphanCycles has keys that are each other's parents.
func TestOrphanCycles(t *testing.T) {
	data := hivetest.SAM(samOf(accounts...), hivetest.RegSave)
	h := read(t, data)
	users, _ := h.Key(strings.TrimSuffix(usersPath, `\`))
	one, _ := h.Key(usersPath + `000001F4`)
	two, _ := h.Key(usersPath + `000003E9`)
	three, _ := h.Key(usersPath + `000003EA`)
	parent := func(of, is Key) { le.PutUint32(data[of.Offset()+16:], uint32(is.Offset()-4-baseSize)) }
	clearList(data, int(users.Offset())-4-baseSize)
	parent(one, two)
	parent(two, one)
	parent(three, three)
	h = read(t, data)
	if len(h.tops) != 3 || h.Subtrees != 4 || h.Orphans != 4+3 {
		t.Errorf("%d tops, %d orphans", len(h.tops), h.Orphans)
	}
	for _, top := range h.Tops()[1:] {
		if o := top.(Orphan); !strings.HasPrefix(o.Place, `?\`) {
			t.Errorf("%s", o.Place)
		}
	}
}

// TestDataThatLooksLikeAKey: values of a damaged hive may begin like keys.
func TestDataThatLooksLikeAKey(t *testing.T) {
	plain := append([]byte("nk"), make([]byte, 200)...)
	named := bytes.Clone(plain)
	le.PutUint16(named[72:], 300) // a name that leaves the cell
	flags := bytes.Clone(plain)
	le.PutUint16(flags[2:], 0xC000)
	le.PutUint16(flags[72:], 4)
	root := small()
	for i, b := range [][]byte{plain, named, flags} {
		root.Values = append(root.Values, hivetest.Value{Name: fmt.Sprint(i), Type: hivetest.Binary, Data: b})
	}
	data := clearList(hivetest.Write(root, hivetest.Options{}), 32)
	if h := read(t, data); h.Orphans != 6 || h.Subtrees != 4 {
		t.Errorf("%d keys in %d subtrees", h.Orphans, h.Subtrees)
	}
}

func TestSoundHivesHaveNoOrphans(t *testing.T) {
	for _, p := range profiles {
		h := read(t, hivetest.SYSTEM(workstation, p))
		id := h.Identity()
		if !h.Coverage().Complete() || len(h.Tops()) != 1 || id.Kind != System || id.Certainty != Certain {
			t.Errorf("profile %d: %v, %d tops, %+v", p, h.Coverage(), len(h.Tops()), id)
		}
	}
	for _, c := range []struct {
		root *hivetest.Key
		kind Kind
		sub  string
	}{{hivetest.PolicyKey(workstation), Security, "Policy"}, {small(), Other, ""}} {
		h := read(t, hivetest.Write(c.root, hivetest.Options{Profile: hivetest.RegSaveKey}))
		if id := h.Identity(); id.Kind != c.kind || id.Subkey != c.sub || id.Partial != (c.sub != "") || len(id.Because) == 0 {
			t.Errorf("%+v", id)
		}
	}
}

func TestIsBins(t *testing.T) {
	b := hivetest.SAM(workstation, hivetest.RegSave)[baseSize:]
	for _, c := range []struct {
		head []byte
		want bool
	}{{b, true}, {b[:32], true}, {b[:31], false}, {b[8:], false}, {[]byte("hbin and some more text that is no hive"), false}} {
		if IsBins(c.head) != c.want {
			t.Errorf("%q: %v", c.head[:min(16, len(c.head))], !c.want)
		}
	}
}

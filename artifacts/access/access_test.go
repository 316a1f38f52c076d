package access

import (
	"encoding/binary"
	"errors"
	"strings"
	"testing"

	"hivetriage/artifacts"
)

var le = binary.LittleEndian

// The SIDs of the tests as they are stored.
var sids = map[string]string{
	"everyone":      "\x01\x01\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00",
	"authenticated": "\x01\x01\x00\x00\x00\x00\x00\x05\x0b\x00\x00\x00",
	"system":        "\x01\x01\x00\x00\x00\x00\x00\x05\x12\x00\x00\x00",
	"users":         "\x01\x02\x00\x00\x00\x00\x00\x05\x20\x00\x00\x00\x21\x02\x00\x00",
	"admins":        "\x01\x02\x00\x00\x00\x00\x00\x05\x20\x00\x00\x00\x20\x02\x00\x00",
}

// ace is one entry; rest stands between the mask and the SID.
func ace(kind, flags byte, mask uint32, rest, sid string) string {
	b := le.AppendUint16([]byte{kind, flags}, uint16(8+len(rest)+len(sids[sid])))
	return string(le.AppendUint32(b, mask)) + rest + sids[sid]
}

// descriptor is self-relative, owned by system, with a list of these entries.
func descriptor(aces ...string) []byte {
	acl := strings.Join(aces, "")
	b := []byte{1, 0, 0x04, 0x80}
	for _, off := range []int{28 + len(acl), 0, 0, 20} {
		b = le.AppendUint32(b, uint32(off))
	}
	b = append(b, 2, 0)
	b = le.AppendUint16(b, uint16(8+len(acl)))
	b = le.AppendUint16(b, uint16(len(aces)))
	return append(b, "\x00\x00"+acl+sids["system"]...)
}

// with changes a descriptor's bytes.
func with(b []byte, change func([]byte)) []byte { change(b); return b }

const (
	readExecute = 0x1200A9
	full        = 0x1F01FF
)

var closed = []string{ace(0, Inherited, full, "", "system"), ace(0, Inherited, full, "", "admins")}

// TestReads: whom a list lets read, in both directions.
func TestReads(t *testing.T) {
	guids := string(make([]byte, 16))
	for _, row := range []struct {
		name    string
		entries []string
		may     bool
		by      string // SID of the entry that decides
	}{
		{"system and administrators", nil, false, ""},
		{"users, as of CVE-2021-36934", []string{ace(0, Inherited, readExecute, "", "users")}, true, Users},
		{"authenticated users", []string{ace(0, 0, 1, "", "authenticated")}, true, AuthenticatedUsers},
		{"everyone, by a generic right", []string{ace(0, 0, genericRead, "", "everyone")}, true, Everyone},
		{"everyone, by all generic rights", []string{ace(0, 0, genericAll, "", "everyone")}, true, Everyone},
		{"attributes only", []string{ace(0, 0, 0x120080, "", "users")}, false, ""},
		{"for what lies below only", []string{ace(0, InheritOnly, readExecute, "", "users")}, false, ""},
		{"denied first", []string{ace(1, 0, 1, "", "everyone"), ace(0, 0, readExecute, "", "users")}, false, Everyone},
		{"denied too late", []string{ace(0, 0, readExecute, "", "users"), ace(1, 0, 1, "", "everyone")}, true, Users},
		{"another right denied", []string{ace(1, 0, 2, "", "everyone"), ace(0, 0, readExecute, "", "users")}, true, Users},
		{"others denied", []string{ace(1, 0, 1, "", "admins"), ace(0, 0, readExecute, "", "users")}, true, Users},
		{"audited only", []string{ace(2, 0, readExecute, "", "users")}, false, ""},
		{"allowed on a condition", []string{ace(9, 0, readExecute, "", "users")}, false, ""},
		{"denied on a condition", []string{ace(10, 0, 1, "", "users"), ace(0, 0, readExecute, "", "users")}, false, Users},
		{"object types", []string{ace(5, 0, readExecute, "\x03\x00\x00\x00"+guids+guids, "users")}, true, Users},
		{"no object types", []string{ace(6, 0, 1, "\x00\x00\x00\x00", "users"), ace(0, 0, 1, "", "users")}, false, Users},
	} {
		d, err := Parse(descriptor(append(row.entries, closed...)...))
		if err != nil {
			t.Errorf("%s: %v", row.name, err)
			continue
		}
		if d.Owner != "S-1-5-18" || d.Open || len(d.Entries) != len(row.entries)+2 {
			t.Errorf("%s: %+v", row.name, d)
		}
		may, by := d.Reads(Users, AuthenticatedUsers, Everyone)
		if sid := ""; by != nil {
			sid = by.SID
			if sid != row.by {
				t.Errorf("%s: %s decides, want %q", row.name, sid, row.by)
			}
		} else if row.by != "" {
			t.Errorf("%s: nothing decides, want %s", row.name, row.by)
		}
		if may != row.may {
			t.Errorf("%s: may read: %v", row.name, may)
		}
	}
}

// TestLists: no list lets everyone in, an empty one nobody.
func TestLists(t *testing.T) {
	for _, row := range []struct {
		name string
		b    []byte
		open bool
	}{
		{"empty", descriptor(), false},
		{"not present", with(descriptor(closed...), func(b []byte) { b[2] = 0 }), true},
		{"present and null", with(descriptor(closed...), func(b []byte) { le.PutUint32(b[16:], 0) }), true},
	} {
		d, err := Parse(row.b)
		if err != nil || d.Open != row.open {
			t.Errorf("%s: %+v, %v", row.name, d, err)
		}
		if may, by := d.Reads(Users); may != row.open || by != nil {
			t.Errorf("%s: may read: %v by %v", row.name, may, by)
		}
	}
}

// TestPlaces: an entry says where it stands and that it was inherited.
func TestPlaces(t *testing.T) {
	d, err := Parse(descriptor(ace(1, 0, 1, "", "everyone"), ace(0, Inherited, readExecute, "", "users")))
	if err != nil || len(d.Entries) != 2 {
		t.Fatal(d, err)
	}
	want := []Entry{{Deny, 0, 1, Everyone, 28}, {Allow, Inherited, readExecute, Users, 48}}
	for i, e := range d.Entries {
		if e != want[i] {
			t.Errorf("%+v, want %+v", e, want[i])
		}
	}
}

func TestDamaged(t *testing.T) {
	users := []string{closed[0], ace(0, Inherited, readExecute, "", "users")}
	whole := descriptor(users...)
	for _, row := range []struct {
		name    string
		b       []byte
		kind    artifacts.Kind
		offset  int64
		entries int
	}{
		{"nothing", nil, artifacts.Truncated, 0, 0},
		{"header cut", whole[:19], artifacts.Truncated, 0, 0},
		{"not self-relative", with(descriptor(users...), func(b []byte) { b[3] = 0 }), artifacts.Malformed, 0, 0},
		{"owner outside", with(descriptor(users...), func(b []byte) { le.PutUint32(b[4:], 1<<31) }), artifacts.Malformed, 4, 0},
		{"owner in the header", with(descriptor(users...), func(b []byte) { b[4] = 4 }), artifacts.Malformed, 4, 0},
		{"owner is no SID", with(descriptor(users...), func(b []byte) { b[4] = 20 }), artifacts.Malformed, 20, 0},
		{"list outside", with(descriptor(users...), func(b []byte) { le.PutUint32(b[16:], 1<<32-1) }), artifacts.Malformed, 16, 0},
		{"list too long", with(descriptor(users...), func(b []byte) { le.PutUint16(b[22:], 0xFFFF) }), artifacts.Malformed, 20, 0},
		{"list too short", with(descriptor(users...), func(b []byte) { le.PutUint16(b[22:], 7) }), artifacts.Malformed, 20, 0},
		{"more entries than there are", with(descriptor(users...), func(b []byte) { b[24] = 9 }), artifacts.Malformed, 72, 2},
		{"entry without length", with(descriptor(users...), func(b []byte) { b[50] = 0 }), artifacts.Malformed, 48, 1},
		{"entry leaves the list", with(descriptor(users...), func(b []byte) { b[50] = 200 }), artifacts.Malformed, 48, 1},
		{"entry without a mask", with(descriptor(users...), func(b []byte) { b[50] = 4 }), artifacts.Malformed, 48, 1},
		{"entry is no SID", with(descriptor(users...), func(b []byte) { b[57] = 15 }), artifacts.Malformed, 48, 1},
		{"object types cut", descriptor(ace(5, 0, 1, "", ""), closed[0]), artifacts.Malformed, 28, 0},
		{"object types longer than the entry", descriptor(ace(5, 0, 1, "\x03\x00\x00\x00", "users"), closed[0]), artifacts.Malformed, 28, 0},
	} {
		d, err := Parse(row.b)
		var p *artifacts.Problem
		if !errors.As(err, &p) || p.Kind != row.kind || p.Offset != row.offset || len(d.Entries) != row.entries {
			t.Errorf("%s: %d entries, %v", row.name, len(d.Entries), err)
		}
		if may, _ := d.Reads(Users); may != (row.entries == 2) {
			t.Errorf("%s: what stands before the damage does not count as it is", row.name)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(descriptor(closed...))
	f.Add(descriptor(ace(0, Inherited, readExecute, "", "users"), ace(5, 0, 1, "\x01\x00\x00\x00"+string(make([]byte, 16)), "users"), ace(2, 0, 1, "", "users")))
	f.Add(descriptor())
	f.Fuzz(func(t *testing.T, b []byte) {
		d, err := Parse(b)
		var p *artifacts.Problem
		if err != nil && !errors.As(err, &p) {
			t.Fatalf("%T: %v", err, err)
		}
		for _, e := range d.Entries {
			if e.Offset < headerSize || e.Offset >= len(b) || e.Kind != Neither && !strings.HasPrefix(e.SID, "S-1-") {
				t.Fatalf("%+v in %d bytes", e, len(b))
			}
		}
		if may, by := d.Reads(Users, AuthenticatedUsers, Everyone); may && by == nil && !d.Open {
			t.Fatal("lets in for no reason")
		}
	})
}

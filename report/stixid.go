package report

import (
	"crypto/sha1"
	"encoding/hex"
	"reflect"
	"slices"
)

// A namespace of UUIDs of version 5.
type namespace [16]byte

var (
	// observables is the namespace that STIX 2.1, section 2.9, gives the ids of
	// cyber-observable objects.
	observables = namespace{0x00, 0xab, 0xed, 0xb4, 0xaa, 0x42, 0x46, 0x6c, 0x9c, 0x01, 0xfe, 0xd2, 0x33, 0x15, 0xa9, 0xb7}
	// ours is the namespace of this program's other ids.
	ours = namespace{0x6f, 0x1c, 0x2b, 0x2e, 0x5f, 0x6d, 0x4c, 0x8e, 0x9a, 0x53, 0x2d, 0x7f, 0x0b, 0x8b, 0x3e, 0x41}
)

// uuid is the UUID of version 5 of a name (RFC 9562, section 5.5).
func (n namespace) uuid(name []byte) string { return n.versioned(5, name) }

func (n namespace) versioned(version byte, name []byte) string {
	h := sha1.New()
	h.Write(n[:])
	h.Write(name)
	u := h.Sum(nil)
	u[6] = u[6]&0x0f | version<<4
	u[8] = u[8]&0x3f | 0x80
	text := make([]byte, 0, 36)
	for i, part := range [][]byte{u[:4], u[4:6], u[6:8], u[8:10], u[10:16]} {
		if i > 0 {
			text = append(text, '-')
		}
		text = hex.AppendEncode(text, part)
	}
	return string(text)
}

// contributing are the properties that an observable's id is made of, by type:
// "ID Contributing Properties" in chapter 6 of STIX 2.1. A process has none.
var contributing = map[string][]string{
	"directory":            {"path"},
	"file":                 {"hashes", "name", "extensions", "parent_directory_ref"},
	"ipv4-addr":            {"value"},
	"ipv6-addr":            {"value"},
	"user-account":         {"account_type", "user_id", "account_login"},
	"windows-registry-key": {"key", "values"},
}

// observableID is the id of a cyber-observable object. One of a type without
// contributing properties is told from others by all that it says and by what
// told of it; STIX wants it to look as if it were of version 4. The id's name is
// put together in room.
func observableID(room *[]byte, o stixObject, toldBy string) string {
	kind := o["type"].(string)
	if properties := contributing[kind]; properties != nil {
		return kind + "--" + observables.uuid(canonical(room, o, properties))
	}
	*room = append(canonical(room, o, nil), toldBy...)
	return kind + "--" + ours.versioned(4, *room)
}

// objectID is the id of any other object: made of all its content, so that an
// object which says anything else has another id.
func objectID(room *[]byte, o stixObject) string {
	return o["type"].(string) + "--" + ours.uuid(canonical(room, o, nil))
}

// canonical writes an object into room as RFC 8785 has it: sorted keys, no
// white space, and no escapes but the needed ones; of given properties only
// these.
func canonical(room *[]byte, o stixObject, only []string) []byte {
	j := jsonWriter{raw: true, buf: (*room)[:0]}
	j.stix(o, only)
	*room = j.buf
	return j.buf
}

// stix writes an object, its properties by name; of given ones only these.
func (j *jsonWriter) stix(o stixObject, only []string) {
	var room [16]string
	names := room[:0]
	for _, name := range only {
		if _, ok := o[name]; ok {
			names = append(names, name)
		}
	}
	if only == nil {
		for name := range o {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	j.begin('{')
	for i, name := range names {
		j.next(i == 0)
		j.buf = append(appendText(j.buf, name, j.raw), ':')
		switch v := o[name].(type) {
		case string:
			j.buf = appendText(j.buf, v, j.raw)
		case []string:
			j.begin('[')
			for i, s := range v {
				j.next(i == 0)
				j.buf = appendText(j.buf, s, j.raw)
			}
			j.end(']', len(v) == 0)
		case stixObject:
			j.stix(v, nil)
		default:
			j.value(reflect.ValueOf(v))
		}
	}
	j.end('}', len(names) == 0)
}

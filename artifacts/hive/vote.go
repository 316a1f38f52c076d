package hive

import (
	"bytes"
	"fmt"
	"io"
	"strings"
)

const (
	voteBlock = 1 << 20
	maxVote   = 64 << 20 // bytes that Vote looks through
	minVotes  = 3        // distinct names that make a kind
	minShare  = 50       // SAM and SECURITY: one key of so many at least has such a name
	ridName   = "(a RID)"
	firstRID  = "000001F4" // 500: lower ones are no accounts
)

// ballots are names of keys that one kind of hive has, in lower case.
var ballots = map[string]Kind{
	"domains": SAM, "account": SAM, "aliases": SAM, "builtin": SAM, "names": SAM, "lastskuupgrade": SAM, ridName: SAM,
	"polacdms": Security, "polprdms": Security, "polacdmn": Security, "polprdmn": Security, "polmachineaccounts": Security, "poleklist": Security,
	"secrets": Security, "$machine.acc": Security, "dpapi_system": Security, "nl$km": Security, "cupdtime": Security,
	"controlset001": System, "controlset002": System, "mounteddevices": System, "select": System, "skew1": System, "gbg": System, "jd": System,
}

// Vote tells the probable kind of a fragment whose root key cannot be reached:
// the one of which at least three keys by different names are in it, wherever
// they stand. ok is false if there is none, or if two kinds have as many. SAM
// and SECURITY hold little else: a few of their names among thousands of other
// keys are those of another hive, such as SYSTEM, that uses them as well.
func Vote(r io.ReaderAt, size int64) (kind Kind, because []string, ok bool) {
	found := map[Kind]map[string]bool{SAM: {}, Security: {}, System: {}}
	told := map[Kind][]string{}
	keys, named := 0, map[Kind]int{}
	buf := make([]byte, max(0, min(size, voteBlock)))
	for at := int64(0); at < min(size, maxVote); at += voteBlock - baseSize {
		b := buf[:min(int64(len(buf)), size-at)]
		n, _ := r.ReadAt(b, at) // what cannot be read has no vote; Identify told of it
		for i, name := range keyNames(b[:n]) {
			lower := strings.ToLower(name)
			if len(name) == 8 && strings.HasPrefix(name, "00000") && name >= firstRID && strings.Trim(name, "0123456789ABCDEF") == "" {
				lower = ridName
			}
			kind, known := ballots[lower]
			keys++
			named[kind]++
			if known && !found[kind][lower] {
				found[kind][lower] = true
				told[kind] = append(told[kind], fmt.Sprintf("key named %s at %#x", name, at+int64(i)))
			}
		}
	}
	best, second := 0, 0
	for _, k := range []Kind{SAM, Security, System} {
		switch n := len(found[k]); {
		case k != System && named[k]*minShare < keys:
		case n > best:
			kind, best, second = k, n, best
		case n > second:
			second = n
		}
	}
	if best < minVotes || best == second {
		return Unknown, nil, false
	}
	return kind, append(told[kind], "the root key cannot be reached: the names of keys that are left decided"), true
}

// keyNames yields the places and names of what looks like keys in bins: "nk"
// in a cell in use, which begins at a multiple of 8.
func keyNames(b []byte) func(yield func(int, string) bool) {
	return func(yield func(int, string) bool) {
		for i := 0; i < len(b); {
			n := bytes.Index(b[i:], []byte("nk"))
			if n < 0 {
				return
			}
			i += n
			record := b[i:]
			i += 2
			if (i-2)%8 != 4 || len(record) < keyHeader {
				continue
			}
			size, used := cellSize(le.Uint32(b[i-6:]))
			k := keyRecord(record[:min(int64(len(record)), max(0, size-4))])
			if used && isKey(k) && k.nameLength() > 0 && k.nameLength() <= len(k)-keyHeader && !yield(i-2, k.name()) {
				return
			}
		}
	}
}

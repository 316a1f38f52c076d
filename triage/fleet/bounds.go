package fleet

import (
	"fmt"
	"reflect"
	"strings"

	"hivetriage/triage"
	"hivetriage/triage/footprint"
)

// Bounds of what is taken of one host's documents, so that no host can crowd
// out the others: the documents of a shard may come from anywhere. What lies
// beyond is in the host's own case, and a note of the host says so.
const (
	maxActs        = 200   // of a host
	maxCopies      = 1_000 // likewise, and so on
	maxExposure    = 2_000
	maxExecutables = 1_000
	maxActions     = 2_000
	maxComputers   = footprint.MaxHosts
	maxDisks       = footprint.MaxMounts
	maxEdges       = 2_000
	maxListed      = 1_000 // of a list within one of those
	maxText        = 4_096 // bytes of one text
)

// Bounds of what is kept of all hosts.
const (
	maxSame   = 100     // copies with the same bytes that are told one by one
	maxLinks  = 1_000   // links and hints
	maxRows   = 20_000  // of the response, before they are ordered
	maxPlaces = 20_000  // computers that the response is about
	maxCells  = 2_000   // of one account
	maxKinds  = 16      // of one account or cell
	maxPaths  = 100     // of one program
	maxDoubt  = 20      // machines that a name or an address may stand for, told one by one
	maxTools  = 32      // of an act; and sources, and forms of the places of its copies
	maxMarks  = 5_000   // programs that one thing tells
	maxCalls  = 1_000   // of one source, before they are ordered
	maxSpans  = 8       // spans of time at which a computer is known to have had one address
	maxNames  = 100_000 // whose machines are remembered
)

// cut leaves the first most of a list, and adds what that leaves out.
func cut[T any](list *[]T, most int, what string, left *[]string) {
	if more := len(*list) - most; more > 0 {
		*list = (*list)[:most:most]
		*left = append(*left, fmt.Sprintf("%d %s", more, what))
	}
}

// cutCase brings a case within the bounds, and says what is left out.
func cutCase(c *triage.Case) (left []string) {
	cut(&c.Hosts, maxComputers, "computers", &left)
	cut(&c.Acts, maxActs, "acts", &left)
	cut(&c.Exports, maxCopies, "copies", &left)
	cut(&c.Exposure, maxExposure, "rows of what is exposed", &left)
	cut(&c.Executables, maxExecutables, "programs", &left)
	cut(&c.Response, maxActions, "actions", &left)
	for _, list := range []any{&c.Hosts, &c.Acts, &c.Exports, &c.Exposure, &c.Executables, &c.Response} {
		shorten(reflect.ValueOf(list).Elem())
	}
	return left
}

// cutFootprint brings a footprint within its own bounds.
func cutFootprint(f *footprint.Footprint) (left []string) {
	cut(&f.Hosts, maxComputers, "computers", &left)
	cut(&f.Disks, maxDisks, "disks", &left)
	cut(&f.Mounts, footprint.MaxMounts, "mounted volumes", &left)
	cut(&f.Logons, outcomes*footprint.MaxLogons, "groups of logons", &left)
	cut(&f.Outgoing, footprint.MaxOutgoing, "groups of calls", &left)
	cut(&f.Programs, footprint.MaxPrograms, "programs", &left)
	addresses := footprint.MaxAddresses
	for i := range f.Hosts {
		h := &f.Hosts[i]
		cut(&h.Names, footprint.MaxNames, "names", &left)
		cut(&h.Addresses, addresses, "addresses", &left)
		cut(&h.Accounts, footprint.MaxAccounts, "accounts", &left)
		addresses -= len(h.Addresses)
	}
	for i := range f.Logons {
		cut(&f.Logons[i].Days, footprint.MaxDays, "days of logons", &left)
	}
	for _, part := range []any{&f.Hosts, &f.Disks, &f.Mounts, &f.Logons, &f.Outgoing, &f.Usable} {
		shorten(reflect.ValueOf(part).Elem())
	}
	return left
}

// outcomes are how many outcomes of logons there are, each with its own bound.
const outcomes = 4

// note says on a host what was left out.
func (h *host) note(left []string) {
	if len(left) > 0 {
		h.row.Notes = append(h.row.Notes, "Left out here, for there are more than a batch takes of one host: "+strings.Join(left[:min(len(left), maxGaps)], ", ")+". They are in its own documents.")
	}
}

// shorten cuts the texts and the lists in a value, which can be set.
func shorten(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		if v.Len() > maxText {
			v.SetString(strings.ToValidUTF8(v.String()[:maxText], "") + "…")
		}
	case reflect.Slice:
		if v.Len() > maxListed && v.Type().Elem().Kind() != reflect.Struct {
			v.SetLen(maxListed)
		}
		fallthrough
	case reflect.Array:
		if plain(v.Type().Elem().Kind()) {
			return
		}
		for i := range v.Len() {
			shorten(v.Index(i))
		}
	case reflect.Pointer:
		if !v.IsNil() {
			shorten(v.Elem())
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Field(i); f.CanSet() && !plain(f.Kind()) {
				shorten(f)
			}
		}
	}
}

// plain reports whether values of a kind have no text in them.
func plain(k reflect.Kind) bool { return k >= reflect.Bool && k <= reflect.Complex128 }

// bounded is a text, cut where it is longer than maxText.
func bounded(text string) string {
	shorten(reflect.ValueOf(&text).Elem())
	return text
}

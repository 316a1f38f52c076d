package footprint

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"
	"time"

	"hivetriage/artifacts"
	"hivetriage/triage/correlate"
)

// A Reader gathers what records and artefacts tell. Its methods are for one
// goroutine; what is kept depends on the order in which they are called where
// a bound is reached. The zero value has nothing.
type Reader struct {
	logons   map[logonKey]*logon
	perKind  map[string]int // groups of logons by outcome
	calls    map[callKey]*Outgoing
	programs map[programKey]*Program
	own      map[ownKey]*Address
	mounts   []Mount
	seen     map[string]bool // hosts, as records name them
	channels map[string]bool
	starts   Reach
	lines    Reach
	sessions Reach
	omitted  Omitted
}

// Add takes an event that is Wanted.
func (r *Reader) Add(e *artifacts.Event) {
	r.seen, r.channels = noted(r.seen, e.Host), noted(r.channels, e.Channel)
	switch {
	case starts(e):
		r.starts.count(e.Began())
		if e.Process.CommandLine != "" {
			r.lines.count(e.Began())
		}
		r.addStart(e)
		r.addLine(e)
	case e.Code == 4624:
		r.sessions.count(e.Time)
		r.addLogon(e, logonOf(e, Succeeded, *e.Logon))
	case e.Code == 4625:
		r.addLogon(e, logonOf(e, Failed, failedLogon(e)))
	case e.Code == 4648:
		r.addExplicit(e)
	case e.Code == 4672:
		l := logonOf(e, Privileged, artifacts.Logon{})
		l.Account, l.Local = account(e.User), false
		r.addLogon(e, l)
	case e.Code == 3:
		r.addConnection(e)
	}
}

// Take adds what another reader gathered, of records that come behind.
func (r *Reader) Take(o *Reader) {
	for name := range o.seen {
		r.seen = noted(r.seen, name)
	}
	for name := range o.channels {
		r.channels = noted(r.channels, name)
	}
	r.takeLogons(o)
	r.takeCalls(o)
	r.takePrograms(o)
	r.takePlaces(o)
	r.starts.take(o.starts)
	r.lines.take(o.lines)
	r.sessions.take(o.sessions)
	r.omitted.Logons += o.omitted.Logons
	r.omitted.Outgoing += o.omitted.Outgoing
	r.omitted.Programs += o.omitted.Programs
	r.omitted.Addresses += o.omitted.Addresses
}

// Met are the computers and the channels that records name.
func (r *Reader) Met() (hosts, channels []string) { return sorted(r.seen), sorted(r.channels) }

// maxMet bounds the names of computers and of channels.
const maxMet = 64

func noted(names map[string]bool, name string) map[string]bool {
	if name == "" || names[name] || len(names) >= maxMet {
		return names
	}
	if names == nil {
		names = map[string]bool{}
	}
	names[strings.Clone(cut(name))] = true
	return names
}

func sorted(names map[string]bool) []string {
	list := make([]string, 0, len(names))
	for name := range names {
		list = append(list, name)
	}
	slices.Sort(list)
	return list
}

func (r *Reach) count(at time.Time) {
	r.Records++
	r.span(at, at)
}

func (r *Reach) span(from, to time.Time) {
	r.From, r.To = earlier(r.From, from), later(r.To, to)
}

func (r *Reach) take(o Reach) {
	r.Records += o.Records
	r.span(o.From, o.To)
}

// earlier is the earlier of two times of which zero is none.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// cut bounds a text from the evidence.
func cut(text string) string {
	if len(text) > MaxText {
		text = text[:MaxText]
	}
	return strings.ToValidUTF8(text, "\ufffd")
}

// account is an account as groups name it: without its session.
func account(u artifacts.User) artifacts.User {
	return artifacts.User{Name: cut(u.Name), Domain: cut(u.Domain), SID: cut(u.SID)}
}

// who is an account in a form that is compared: by its SID where there is one.
func who(u artifacts.User) string {
	if u.SID != "" && u.SID != "S-1-0-0" {
		return u.SID
	}
	return strings.ToLower(u.Domain + `\` + u.Name)
}

// short is a computer's name in lower case, without its domain.
func short(name string) string {
	name, _, _ = strings.Cut(strings.ToLower(name), ".")
	return name
}

// address writes an address in one way: "" for none and for the host itself,
// and what is no address as it is.
func address(text string) string {
	text = strings.TrimSpace(text)
	a, err := netip.ParseAddr(text)
	switch {
	case err != nil && (text == "-" || strings.EqualFold(text, "LOCAL")):
		return ""
	case err != nil:
		return cut(text)
	}
	if a = a.Unmap().WithZone(""); a.IsLoopback() || a.IsUnspecified() {
		return ""
	}
	return a.String()
}

// global reports whether a text is an address that tells a host from others.
func global(text string) bool {
	a, err := netip.ParseAddr(text)
	return err == nil && !a.IsLoopback() && !a.IsUnspecified() && !a.IsLinkLocalUnicast() && !a.IsMulticast()
}

// An ownKey is an address of the host that logged it, and why it is one.
type ownKey struct{ host, address, because string }

// fromItself is why the source of a connection is the host's own address.
const fromItself = "the source of connections that the host opened itself (Sysmon 3)"

// addOwn takes an address that a record tells to be the host's own.
func (r *Reader) addOwn(host string, a Address) {
	key := ownKey{short(host), a.Address, a.Because}
	known := r.own[key]
	switch {
	case known != nil:
		known.Count += a.Count
		if before(a.First, a.From, known.First, known.From) {
			known.First, known.From = a.First, a.From
		}
		known.Last = later(known.Last, a.Last)
	case len(r.own) >= MaxAddresses:
		r.omitted.Addresses++
	default:
		if r.own == nil {
			r.own = map[ownKey]*Address{}
		}
		r.own[key] = &a
	}
}

func (r *Reader) takeOwn(o *Reader) {
	for _, key := range ordered(o.own, compareOwn) {
		r.addOwn(key.host, *o.own[key])
	}
}

func compareOwn(a, b ownKey) int {
	return cmp.Or(strings.Compare(a.host, b.host), strings.Compare(a.address, b.address), strings.Compare(a.because, b.because))
}

// before reports whether one citation comes before another.
func before(t time.Time, from correlate.From, u time.Time, than correlate.From) bool {
	return cmp.Or(t.Compare(u), strings.Compare(from.Source, than.Source), strings.Compare(from.Volume, than.Volume), strings.Compare(from.Path, than.Path), cmp.Compare(from.Offset, than.Offset)) < 0
}

// ordered are the keys of a map in an order of their own.
func ordered[K comparable, V any](m map[K]V, compare func(a, b K) int) []K {
	keys := make([]K, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, compare)
	return keys
}

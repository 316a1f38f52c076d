package sigma

import (
	"strconv"
	"strings"
	"sync"

	"hivetriage/artifacts"
)

// A value is one value of an event's field. Its text in lower case is made
// once, when it is first asked for.
type value struct {
	text, lower string
	known       bool
}

func (v *value) lowered() string {
	if !v.known {
		v.lower, v.known = strings.ToLower(v.text), true
	}
	return v.lower
}

// A view is an event as rules ask for it: the values of those fields that any
// rule of the Set names.
type view struct {
	set        *Set
	values     []value
	everything []int32   // indexes of all values
	slots      [][]int32 // the same, by field
	filled     []int32   // the slots that are not empty
	folded     []byte
}

// views are used again: events are many.
var views = sync.Pool{New: func() any { return &view{} }}

// newView makes a view with the names that a stream gives an event's fields.
func newView(s *Set, e *artifacts.Event, names naming) *view {
	v := views.Get().(*view)
	if len(v.slots) < len(s.slots) {
		v.slots = make([][]int32, len(s.slots))
	}
	v.set = s
	v.fill(e, names)
	return v
}

// release gives the view back and forgets the event.
func (v *view) release() {
	v.clear()
	v.set = nil
	views.Put(v)
}

func (v *view) clear() {
	clear(v.values)
	for _, at := range v.filled {
		v.slots[at] = v.slots[at][:0]
	}
	v.values, v.everything, v.filled = v.values[:0], v.everything[:0], v.filled[:0]
}

// slot returns the place of a field that a rule names, whatever the case of
// its letters; -1 for a field that no rule asks for.
func (v *view) slot(name string) int32 {
	v.folded = v.folded[:0]
	for i := range len(name) {
		c := name[i]
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		v.folded = append(v.folded, c)
	}
	if at, ok := v.set.slots[string(v.folded)]; ok {
		return at
	}
	return -1
}

// add adds a value of a field.
func (v *view) add(name, text string) {
	at := int32(len(v.values))
	v.values, v.everything = append(v.values, value{text: text}), append(v.everything, at)
	if slot := v.slot(name); slot >= 0 {
		if len(v.slots[slot]) == 0 {
			v.filled = append(v.filled, slot)
		}
		v.slots[slot] = append(v.slots[slot], at)
	}
}

// lend adds the value of a field that the event's own data do not name.
func (v *view) lend(name, text string) {
	if slot := v.slot(name); text != "" && slot >= 0 && len(v.slots[slot]) == 0 {
		v.add(name, text)
	}
}

// empty reports whether none of the values has a text.
func (v *view) empty(have []int32) bool {
	for _, at := range have {
		if v.values[at].text != "" {
			return false
		}
	}
	return true
}

// fill takes an event's own data, what its record says of itself, and what
// goes by other names.
func (v *view) fill(e *artifacts.Event, names naming) {
	v.clear()
	renamed := names == common && strings.EqualFold(e.Provider, security)
	for _, d := range e.Data {
		switch {
		case d.Name == "":
			v.add("Data", d.Value) // as the specification of the XML has it
		case renamed && d.Name == "ProcessId":
			v.add("ParentProcessId", d.Value) // of 4688: the process that started the new one
		default:
			v.add(d.Name, d.Value)
		}
	}
	if e.Code != 0 {
		v.add("EventID", strconv.FormatUint(uint64(e.Code), 10))
	}
	v.add("Channel", e.Channel)
	v.add("Provider_Name", e.Provider)
	v.add("Computer", e.Host)
	switch {
	case renamed:
		v.audited(e)
	case strings.EqualFold(e.Provider, security):
		v.native(e)
	case e.Provider == endpoint || strings.EqualFold(e.Provider, sysmon):
		v.process(e)
	case strings.EqualFold(e.Channel, classic[0]):
		v.lines(e)
	}
}

// lines takes the fields apart that Windows PowerShell writes as lines of one
// value: "EngineVersion=2.0".
func (v *view) lines(e *artifacts.Event) {
	for _, d := range e.Data {
		for line := range strings.Lines(d.Value) {
			if name, text, ok := strings.Cut(line, "="); ok {
				v.lend(strings.TrimSpace(name), strings.TrimSpace(text))
			}
		}
	}
}

// audited gives a 4688 record the names of Sysmon's.
func (v *view) audited(e *artifacts.Event) {
	v.lend("ProcessId", e.Value("NewProcessId"))
	for _, d := range e.Data {
		switch d.Name {
		case "MandatoryLabel":
			v.lend("IntegrityLevel", d.Value)
		case "SubjectLogonId":
			v.lend("LogonId", d.Value)
		}
	}
	if e.Process != nil && e.Process.IntegrityLevel != "" {
		v.add("IntegrityLevel", e.Process.IntegrityLevel)
	}
	if e.User.Name != "" {
		v.add("User", accountOf(e.User))
		v.add("User", e.User.Name)
	}
	v.process(e)
}

// native gives a record of Security whose own data were taken apart by what
// shipped it their names again.
func (v *view) native(e *artifacts.Event) {
	if p := e.Process; p != nil && e.Code == 4688 {
		v.lend("NewProcessName", p.Executable)
		v.lend("CommandLine", p.CommandLine)
		if p.Parent != nil {
			v.lend("ParentProcessName", p.Parent.Executable)
		}
	}
	v.lend("SubjectUserName", e.User.Name)
	v.lend("SubjectDomainName", e.User.Domain)
	v.lend("SubjectLogonId", e.User.LogonID)
	v.lend("TargetUserName", e.Target.Name)
	v.lend("TargetDomainName", e.Target.Domain)
}

// process gives what the event's decoder knows of the process and the file
// Sysmon's names.
func (v *view) process(e *artifacts.Event) {
	if e.File != nil {
		v.lend("TargetFilename", e.File.Path)
	}
	v.lend("User", accountOf(e.User))
	v.lend("LogonId", e.User.LogonID)
	p := e.Process
	if p == nil {
		return
	}
	for _, f := range [...][2]string{{"Image", p.Executable}, {"CommandLine", p.CommandLine}, {"OriginalFileName", p.OriginalFileName},
		{"CurrentDirectory", p.WorkingDirectory}, {"IntegrityLevel", p.IntegrityLevel}, {"Hashes", p.Hashes}, {"ProcessGuid", p.EntityID},
		{"Description", p.Description}, {"Company", p.Company}} {
		v.lend(f[0], f[1])
	}
	v.lendPID("ProcessId", p.PID)
	for hash := range strings.SplitSeq(p.Hashes, ",") {
		if name, digest, ok := strings.Cut(hash, "="); ok {
			v.lend(name, digest)
		}
	}
	if parent := p.Parent; parent != nil {
		v.lend("ParentImage", parent.Executable)
		v.lend("ParentCommandLine", parent.CommandLine)
		v.lend("ParentProcessGuid", parent.EntityID)
		v.lendPID("ParentProcessId", parent.PID)
	}
}

func (v *view) lendPID(name string, pid uint32) {
	if pid != 0 && v.slot(name) >= 0 {
		v.lend(name, strconv.FormatUint(uint64(pid), 10))
	}
}

func accountOf(u artifacts.User) string {
	if u.Domain == "" {
		return u.Name
	}
	return u.Domain + `\` + u.Name
}

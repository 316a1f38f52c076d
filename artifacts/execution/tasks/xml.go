package tasks

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf16"

	"hivetriage/artifacts"
	"hivetriage/artifacts/internal/windows"
)

const (
	maxDepth    = 32 // of elements; a task has 7
	maxTriggers = 48 // as in
	maxActions  = 32 // the schema
	maxAccounts = 32 // principals; the schema has one
)

// A task is what was read of one.
type task struct {
	registration map[string]string
	settings     map[string]string
	principals   []principal
	triggers     []string
	context      string // of the actions: the principal's id
	actions      []action
}

type principal struct {
	id     string
	fields map[string]string
}

type action struct {
	kind   string
	fields map[string]string
	at     int64
}

// readXML yields the actions of a task, or of the several that schtasks /query
// /xml writes into one file.
func readXML(ctx context.Context, b []byte, yield func(artifacts.Trace, error) bool) bool {
	encoding, mark := windows.TextEncoding(b)
	text := strings.TrimRight(encoding.Text(b[mark:]), "\x00")
	place := placer(text, encoding, mark, int64(len(b)))
	decoder := xml.NewDecoder(strings.NewReader(text))
	decoder.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil } // it is UTF-8 by now
	reading := reader{decoder: decoder, place: place, yield: yield}
	err := reading.read(ctx)
	if errors.Is(err, errStopped) {
		return false
	}
	if !reading.flush(err != nil) {
		return false
	}
	switch {
	case err != nil:
		return yield(artifacts.Trace{}, artifacts.NewProblem(artifacts.Malformed, place(decoder.InputOffset()), "XML of a task: %w", err))
	case reading.actions == 0:
		return yield(artifacts.Trace{}, artifacts.NewProblem(artifacts.Malformed, 0, "no action in it"))
	}
	return true
}

// placer returns a function that turns offsets in text, each behind the one
// before, into such of the file of that size that it was decoded from. They
// are a little behind the place where the file has bytes that are no text.
func placer(text string, encoding windows.Encoding, mark int, size int64) func(int64) int64 {
	known, file := int64(0), int64(mark)
	return func(at int64) int64 {
		at = min(max(at, known), int64(len(text)))
		if encoding == windows.Bytes {
			file += at - known
		} else {
			for _, c := range text[known:at] {
				file += int64(2 * utf16.RuneLen(c))
			}
		}
		known = at
		return min(file, size)
	}
}

var errStopped = errors.New("stopped")

// A reader walks the elements of a file.
type reader struct {
	decoder *xml.Decoder
	place   func(int64) int64
	yield   func(artifacts.Trace, error) bool

	names   []string // of the open elements
	texts   [][]byte // what each has in it
	leaf    bool     // the element opened last has no other in it
	root    int      // index behind the last open Task; 0 outside
	task    task
	trigger []string // fields of the trigger that is open
	actions int      // that were yielded
}

func (r *reader) read(ctx context.Context) error {
	for {
		token, err := r.decoder.Token()
		if err == io.EOF {
			return nil
		}
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return err
		}
		switch t := token.(type) {
		case xml.StartElement:
			if len(r.names) == maxDepth {
				return fmt.Errorf("elements more than %d deep", maxDepth)
			}
			r.names, r.texts, r.leaf = append(r.names, t.Name.Local), append(r.texts, nil), true
			if err := r.start(t); err != nil {
				return err
			}
		case xml.CharData:
			if n := len(r.texts) - 1; n >= 0 {
				r.texts[n] = append(r.texts[n], t...)
			}
		case xml.EndElement:
			if !r.end() {
				return errStopped
			}
		}
	}
}

// within gives the names of the open elements below the task's.
func (r *reader) within() []string {
	if r.root == 0 {
		return nil
	}
	return r.names[r.root:]
}

// start takes the element that is opened.
func (r *reader) start(t xml.StartElement) error {
	if t.Name.Local == "Task" && r.root == 0 {
		r.task, r.root = task{registration: map[string]string{}, settings: map[string]string{}}, len(r.names)
		return nil
	}
	names := r.within()
	switch {
	case len(names) == 1 && names[0] == "Actions":
		r.task.context = attribute(t, "Context")
	case len(names) != 2:
	case names[0] == "Actions":
		if len(r.task.actions) == maxActions {
			return fmt.Errorf("more than %d actions", maxActions)
		}
		r.task.actions = append(r.task.actions, action{kind: names[1], fields: map[string]string{}, at: r.decoder.InputOffset()})
	case names[0] == "Principals":
		if len(r.task.principals) == maxAccounts {
			return fmt.Errorf("more than %d principals", maxAccounts)
		}
		r.task.principals = append(r.task.principals, principal{id: attribute(t, "id"), fields: map[string]string{}})
	case names[0] == "Triggers":
		if len(r.task.triggers) == maxTriggers {
			return fmt.Errorf("more than %d triggers", maxTriggers)
		}
		r.trigger = nil
	}
	return nil
}

func attribute(t xml.StartElement, name string) string {
	for _, a := range t.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// end takes the element that is closed.
func (r *reader) end() bool {
	last := len(r.names) - 1
	names, text, leaf := r.within(), strings.TrimSpace(string(r.texts[last])), r.leaf
	r.leaf = false
	more := true
	switch {
	case r.root == len(r.names): // the task itself
		more = r.flush(false)
	case len(names) < 2:
	case names[0] == "Triggers":
		r.endTrigger(names[1:], text, leaf)
	case len(names) == 2 && names[0] == "RegistrationInfo":
		r.task.registration[names[1]] = text
	case len(names) == 2 && names[0] == "Settings":
		r.task.settings[names[1]] = text
	case len(names) == 3 && names[0] == "Principals" && len(r.task.principals) > 0:
		r.task.principals[len(r.task.principals)-1].fields[names[2]] = text
	case len(names) == 3 && names[0] == "Actions" && len(r.task.actions) > 0:
		r.task.actions[len(r.task.actions)-1].fields[names[2]] = text
	}
	r.names, r.texts = r.names[:last], r.texts[:last]
	return more
}

// endTrigger writes a trigger as its kind and what stands in it.
func (r *reader) endTrigger(names []string, text string, leaf bool) {
	if len(names) > 1 {
		if field := strings.Join(names[1:], "/"); leaf && text != "" {
			r.trigger = append(r.trigger, field+"="+text)
		} else if leaf {
			r.trigger = append(r.trigger, field)
		}
		return
	}
	trigger := strings.TrimSuffix(names[0], "Trigger")
	if len(r.trigger) > 0 {
		trigger += ": " + strings.Join(r.trigger, ", ")
	}
	r.task.triggers = append(r.task.triggers, trigger)
}

// flush yields the actions of the task that is open, if one is.
func (r *reader) flush(broken bool) bool {
	if r.root == 0 {
		return true
	}
	r.root = 0
	for i, a := range r.task.actions {
		trace := r.task.trace(a)
		trace.Offset, trace.Entry = r.place(a.at), fmt.Sprintf("action %d", i+1)
		if uri := r.task.registration["URI"]; uri != "" {
			trace.Entry = uri + " " + trace.Entry
		}
		if broken {
			trace.Damaged = "the XML breaks off or is not well-formed"
		}
		r.actions++
		if !r.yield(trace, nil) {
			return false
		}
	}
	return true
}

// trace tells of one action.
func (t *task) trace(a action) artifacts.Trace {
	trace := artifacts.Trace{Artefact: ScheduledTask, Deed: artifacts.Planned}
	var d details
	if a.kind == "Exec" {
		trace.Program, trace.Command = a.fields["Command"], commandLine(a.fields["Command"], a.fields["Arguments"])
		d.add("Working directory", a.fields["WorkingDirectory"])
	} else {
		d.add("Action", a.kind)
		d.add("Class", a.fields["ClassId"])
		d.add("Data", a.fields["Data"])
	}
	if at, ok := registered(t.registration["Date"]); ok {
		trace.Times = []artifacts.Stamp{{Time: at, Means: "registered"}}
	} else {
		d.add("Registered (local time)", t.registration["Date"])
	}
	d.add("Author", t.registration["Author"])
	d.add("Source", t.registration["Source"])
	p := t.principal()
	trace.User = account(p.fields["UserId"])
	d.add("Group", p.fields["GroupId"])
	d.add("Logon type", p.fields["LogonType"])
	d.add("Run level", p.fields["RunLevel"])
	for _, trigger := range t.triggers {
		d.add("Trigger", trigger)
	}
	if t.settings["Enabled"] == "false" {
		d.add("Enabled", "false")
	}
	if t.settings["Hidden"] == "true" {
		d.add("Hidden", "true")
	}
	trace.Details = d
	return trace
}

// principal is the one that the actions ask for, or the first.
func (t *task) principal() principal {
	for _, p := range t.principals {
		if p.id == t.context {
			return p
		}
	}
	if len(t.principals) > 0 {
		return t.principals[0]
	}
	return principal{}
}

func account(id string) artifacts.User {
	if strings.HasPrefix(strings.ToUpper(id), "S-1-") {
		return artifacts.User{SID: strings.ToUpper(id)}
	}
	if domain, name, ok := strings.Cut(id, `\`); ok {
		return artifacts.User{Domain: domain, Name: name}
	}
	return artifacts.User{Name: id}
}

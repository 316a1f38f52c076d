package registry

import (
	"fmt"
	"strings"

	"hivetriage/artifacts"
	"hivetriage/artifacts/internal/windows"
)

// Kinds of actions in Actions (winreg-tasks, actions.ksy): what each holds
// stands behind a string, the action's id. Strings are u32 bytes and UTF-16.
const (
	actionExec    = 0x6666 // command, arguments, folder; u16 flags in version 3
	actionHandler = 0x7777 // 16 bytes CLSID, data
	actionMail    = 0x8888 // from, to, cc, bcc, reply to, server, subject, body, u32 n and attachments, u32 n and pairs
	actionMessage = 0x9999 // title, text
)

const (
	maxTaskActions = 1024 // of a task; Windows allows 32
	contextVersion = 3    // the first with the account's name in front and flags
)

// An action is what a task does.
type action struct {
	command string
	paths   []string
	details []artifacts.Datum
}

func (a *action) tell(name, value string) {
	if value != "" {
		a.details = append(a.details, artifacts.Datum{Name: name, Value: value})
	}
}

// taskActions reads Actions: u16 version, in version 3 the context (the id of
// the principal: "Author", "LocalSystem"), then actions to the end. Beside an
// error stands what came before it.
func taskActions(b []byte) (context string, acts []action, err error) {
	f := fields{b: b}
	version := f.u16()
	if f.short || version < 1 || version > contextVersion {
		return "", nil, fmt.Errorf("actions of version %d in %d bytes are not known", version, len(b))
	}
	if version >= contextVersion {
		context = f.text()
	}
	for len(f.b) > 0 && !f.short {
		if len(acts) == maxTaskActions {
			return context, acts, fmt.Errorf("more than %d actions", maxTaskActions)
		}
		at := len(b) - len(f.b)
		a, ok := readAction(&f, version)
		if !ok {
			return context, acts, fmt.Errorf("action %d at %d of %d bytes is of no known kind", len(acts), at, len(b))
		}
		if f.short {
			return context, acts, fmt.Errorf("action %d at %d leaves the %d bytes", len(acts), at, len(b))
		}
		acts = append(acts, a)
	}
	if f.short {
		return context, acts, fmt.Errorf("the actions' context leaves the %d bytes", len(b))
	}
	return context, acts, nil
}

func readAction(f *fields, version uint16) (a action, known bool) {
	kind := f.u16()
	id := f.text()
	switch kind {
	case actionExec:
		command, arguments, folder := f.text(), f.text(), f.text()
		if version >= contextVersion {
			f.u16()
		}
		a.tell("Action", "run")
		a.command = commandLine(command, arguments)
		a.paths = []string{command}
		a.tell("WorkingDirectory", folder)
	case actionHandler:
		a.tell("Action", "COM handler")
		a.tell("CLSID", windows.GUID(f.take(16)))
		a.tell("Data", f.text())
	case actionMail:
		a.tell("Action", "send mail")
		for _, name := range []string{"From", "To", "Cc", "Bcc", "ReplyTo", "Server", "Subject", "Body"} {
			a.tell(name, f.text())
		}
		for range min(f.u32(), uint32(len(f.b)/4)) {
			a.paths = append(a.paths, f.text())
		}
		for range min(f.u32(), uint32(len(f.b)/8)) {
			f.text()
			f.text()
		}
	case actionMessage:
		a.tell("Action", "show message")
		a.tell("Title", f.text())
		a.tell("Text", f.text())
	default:
		return action{}, false
	}
	a.tell("ActionId", id)
	return a, true
}

// commandLine joins the command of a task and its arguments: a command with
// blanks is quoted then, so that its end can be told.
func commandLine(command, arguments string) string {
	if arguments == "" {
		return command
	}
	if strings.ContainsAny(command, " \t") && !strings.HasPrefix(command, `"`) {
		command = `"` + command + `"`
	}
	return command + " " + arguments
}

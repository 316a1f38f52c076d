package registrytest

import (
	"fmt"
	"strings"
	"time"

	"hivetriage/artifacts/hive/hivetest"
	"hivetriage/artifacts/internal/windows"
)

const currentVersion = `Microsoft\Windows NT\CurrentVersion`

// RunKey returns the key of a command that is run at logon: below is "" in a
// SOFTWARE and "Software" in a user's hive, run is "Run", "RunOnce" or
// `Policies\Explorer\Run`.
func RunKey(below, run, name, command string, written time.Time) *hivetest.Key {
	path := strings.TrimPrefix(below+`\Microsoft\Windows\CurrentVersion`, `\`)
	root := At(path)
	leaf := &hivetest.Key{Time: written, Values: []hivetest.Value{hivetest.Text(name, command)}}
	names := strings.Split(run, `\`)
	leaf.Name = names[len(names)-1]
	return root.Merge(At(strings.TrimSuffix(path+`\`+strings.Join(names[:len(names)-1], `\`), `\`), leaf))
}

// Debugger returns the key that has a command run in the place of a program.
func Debugger(program, command string, written time.Time) *hivetest.Key {
	return At(currentVersion+`\Image File Execution Options`,
		&hivetest.Key{Name: program, Time: written, Values: []hivetest.Value{hivetest.Text("Debugger", command)}})
}

// Monitor returns the keys that have a command run when a program exits.
func Monitor(program, command string, written time.Time) *hivetest.Key {
	flags := &hivetest.Key{Name: program, Time: written, Values: []hivetest.Value{hivetest.Number("GlobalFlag", 0x200)}}
	monitor := &hivetest.Key{Name: program, Time: written, Values: []hivetest.Value{hivetest.Text("MonitorProcess", command), hivetest.Number("ReportingMode", 1)}}
	return At(currentVersion+`\Image File Execution Options`, flags).Merge(At(currentVersion+`\SilentProcessExit`, monitor))
}

// A Task is a scheduled task of TaskCache.
type Task struct {
	ID, Path                   string // "{...}" and `\Folder\Name`
	Author, Date               string
	Actions                    []byte
	Registered, Run, Completed time.Time
	Written                    time.Time // of the key
	Old                        bool      // DynamicInfo of Windows 7, without Completed
	Index                      uint32    // in Tree; 0 means 3
	NoTree, NoSD, IndexZero    bool      // the ways to hide a task
}

// Tasks returns the keys of tasks.
func Tasks(tasks ...Task) *hivetest.Key {
	const cache = currentVersion + `\Schedule\TaskCache`
	root := At(cache, &hivetest.Key{Name: "Tasks"}, &hivetest.Key{Name: "Tree"})
	for _, t := range tasks {
		root.Merge(At(cache+`\Tasks`, &hivetest.Key{Name: t.ID, Time: t.Written,
			Values: append(texts(map[string]string{"Path": t.Path, "Author": t.Author, "Date": t.Date}),
				Binary("Actions", t.Actions), Binary("DynamicInfo", DynamicInfo(t)))}))
		if t.NoTree {
			continue
		}
		values := []hivetest.Value{hivetest.Text("Id", t.ID)}
		if !t.NoSD {
			values = append(values, Binary("SD", make([]byte, 20)))
		}
		index := max(t.Index, 3)
		if t.IndexZero {
			index = 0
		}
		path := strings.Split(cache+`\Tree`+t.Path, `\`)
		leaf := &hivetest.Key{Name: path[len(path)-1], Values: append(values, hivetest.Number("Index", index))}
		root.Merge(At(strings.Join(path[:len(path)-1], `\`), leaf))
	}
	return root
}

// DynamicInfo is the data of that value.
func DynamicInfo(t Task) []byte {
	b := filetime(filetime(le.AppendUint32(nil, 3), t.Registered), t.Run)
	b = le.AppendUint32(le.AppendUint32(b, 0), 0)
	if t.Old {
		return b
	}
	return filetime(b, t.Completed)
}

// Actions is the data of a task's actions in version 1, 2 or 3; only 3 has the
// context.
func Actions(version uint16, context string, actions ...func(version uint16) []byte) []byte {
	b := le.AppendUint16(nil, version)
	if version == 3 {
		b = append(b, text(context)...)
	}
	for _, action := range actions {
		b = append(b, action(version)...)
	}
	return b
}

// text is u32 bytes and UTF-16.
func text(s string) []byte {
	b := windows.AppendUTF16(nil, s)
	return append(le.AppendUint32(nil, uint32(len(b))), b...)
}

func action(kind uint16, id string, parts ...[]byte) []byte {
	b := append(le.AppendUint16(nil, kind), text(id)...)
	for _, part := range parts {
		b = append(b, part...)
	}
	return b
}

// Exec runs a command.
func Exec(command, arguments, folder string) func(uint16) []byte {
	return func(version uint16) []byte {
		b := action(0x6666, "", text(command), text(arguments), text(folder))
		if version == 3 {
			b = le.AppendUint16(b, 0)
		}
		return b
	}
}

// Handler calls a COM handler whose CLSID's bytes count up from first.
func Handler(first byte, data string) func(uint16) []byte {
	return func(uint16) []byte { return action(0x7777, "", GPT(first)[8:], text(data)) }
}

// Mail sends a message with attachments.
func Mail(to, subject string, attachments ...string) func(uint16) []byte {
	return func(uint16) []byte {
		b := action(0x8888, "mail", text("task@example.com"), text(to), text(""), text(""), text(""), text("mail.example.com"), text(subject), text("see attached"))
		b = le.AppendUint32(b, uint32(len(attachments)))
		for _, a := range attachments {
			b = append(b, text(a)...)
		}
		b = le.AppendUint32(b, 1)
		return append(append(b, text("X-Header")...), text("1")...)
	}
}

// Message shows a message.
func Message(title, body string) func(uint16) []byte {
	return func(uint16) []byte { return action(0x9999, fmt.Sprint(len(body)), text(title), text(body)) }
}

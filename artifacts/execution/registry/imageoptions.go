package registry

import (
	"fmt"
	"iter"

	"hivetriage/artifacts"
	"hivetriage/artifacts/hive"
)

// ImageOptions yields what a SOFTWARE tells Windows to run in the place of a
// program (Debugger of Image File Execution Options, of the program or of one
// of its filters) or when one exits (MonitorProcess of SilentProcessExit,
// which GlobalFlag 0x200 turns on).
//
// Planned; Program is the program that it is done to ("utilman.exe"), Command
// what is run.
func ImageOptions(root hive.Node) iter.Seq2[artifacts.Trace, error] {
	return func(yield func(artifacts.Trace, error) bool) {
		for _, view := range views {
			top := view + `Microsoft\Windows NT\CurrentVersion`
			current, ok := hive.Find(root, top)
			if !ok {
				continue
			}
			for _, o := range []imageOption{
				{"Image File Execution Options", "Debugger", InImageOptions, []string{"GlobalFlag", "UseFilter", "FilterFullPath"}},
				{"SilentProcessExit", "MonitorProcess", InSilentExit, []string{"ReportingMode"}},
			} {
				options, ok := hive.Find(current, o.key)
				if ok && !o.read(options, top+`\`+o.key, yield) {
					return
				}
			}
		}
	}
}

// An imageOption is a key whose subkeys are named by programs.
type imageOption struct {
	key, command, artefact string
	numbers                []string // values that explain the command
}

func (o imageOption) read(options hive.Node, path string, yield func(artifacts.Trace, error) bool) bool {
	for program := range options.Children() {
		below := path + `\` + program.Name()
		if !o.program(program, program.Name(), below, yield) {
			return false
		}
		for filter := range program.Children() {
			if !o.program(filter, program.Name(), below+`\`+filter.Name(), yield) {
				return false
			}
		}
	}
	return true
}

func (o imageOption) program(key hive.Node, name, path string, yield func(artifacts.Trace, error) bool) bool {
	e := open(key, path, append([]string{o.command}, o.numbers...)...)
	d, ok := e.values[o.command]
	if !ok {
		return true
	}
	t := e.trace(o.artefact, artifacts.Planned)
	t.Offset, t.Entry = d.Offset(), path+`\`+o.command
	t.Program, t.Command = name, e.text(o.command)
	for _, number := range o.numbers {
		if n, ok := e.number(number); ok {
			t.AddDetail(number, fmt.Sprintf("%#x", n))
		} else {
			t.AddDetail(number, e.text(number))
		}
	}
	t.AddTime(key.LastWritten(), keyWritten)
	return e.give(t, yield)
}

package triage

import (
	"bytes"
	"context"
	"io"
	"path"
	"strings"

	"hivetriage/artifacts"
	"hivetriage/artifacts/execution/bits"
	"hivetriage/artifacts/execution/console"
	"hivetriage/artifacts/execution/defender"
	"hivetriage/artifacts/execution/prefetch"
	"hivetriage/artifacts/execution/profile"
	"hivetriage/artifacts/execution/registry"
	"hivetriage/artifacts/execution/tasks"
	"hivetriage/artifacts/execution/transfers"
	"hivetriage/artifacts/execution/wer"
	"hivetriage/artifacts/hive"
	"hivetriage/artifacts/journal/recyclebin"
	"hivetriage/artifacts/journal/shelllink"
)

// A traceKind is an artefact that is a file of its own.
type traceKind struct {
	what   string
	names  []string               // of its files, in lower case; a "*" at the beginning or the end stands for anything
	named  func(path string) bool // whether it lies where the artefact does; nil where the content tells
	headed func(head []byte) bool // whether it begins like one; nil where the place tells
	read   func(context.Context, io.ReaderAt, int64) traceSeq
	choose func(path string) func(context.Context, io.ReaderAt, int64) traceSeq // where read depends on the name
	absent string                                                               // what it means that there is none
}

var traceKinds = []traceKind{
	{what: "Prefetch", headed: prefetch.IsPrefetch, read: prefetch.Read, absent: "Windows Server keeps none unless it is told to"},
	{what: "PowerShell history", names: []string{historyName}, named: func(path string) bool { return !isTranscriptName(path) && console.Named(path) }, read: console.Read, absent: "nobody typed at a PowerShell prompt, or it was deleted"},
	{what: "PowerShell transcripts", names: []string{transcriptName}, named: func(path string) bool { return isTranscriptName(path) && console.Named(path) },
		headed: console.IsTranscript, read: console.Read, absent: "they are written only where that was set up"},
	{what: "scheduled tasks", headed: tasks.IsTask, read: tasks.Read},
	{what: "Defender's logs", names: []string{"mplog-*", "mpdetection-*"}, named: defender.LogNamed, read: defender.Log},
	{what: "Defender's detection history", headed: defender.IsHistory, read: defender.History, absent: "nothing was detected, or it was cleared"},
	{what: "error reports", names: []string{"report.wer"}, named: wer.Named, read: wer.Read},
	{what: "BITS jobs", names: []string{"qmgr.db", "qmgr0.dat", "qmgr1.dat"}, named: bits.Named, read: bits.Read},
	{what: "Recycle Bin", names: []string{"$i*", "info2"}, named: recyclebin.Named, read: recyclebin.Read},
	{what: "links", headed: shelllink.IsLink, read: shelllink.Read},
	{what: "jump lists", names: []string{"*.automaticdestinations-ms", "*.customdestinations-ms"}, named: shelllink.Named, choose: jumpList},
	{what: "transfer programs", names: []string{"rclone.conf", "winscp.ini", "recentservers.xml", "sitemanager.xml", "info.json", "setupapi.dev*"}, named: transfers.Named, choose: transfers.Reader},
}

// How the files of PowerShell's histories and transcripts are called.
const (
	historyName    = "*_history.txt"
	transcriptName = "powershell_transcript.*"
)

func isTranscriptName(p string) bool { return nameFits([]byte(path.Base(p)), transcriptName) }

// jumpList reads a jump list, whose program only its name tells.
func jumpList(path string) func(context.Context, io.ReaderAt, int64) traceSeq {
	id, program := shelllink.Application(path)
	return func(ctx context.Context, r io.ReaderAt, size int64) traceSeq {
		return func(yield func(artifacts.Trace, error) bool) {
			for t, err := range shelllink.ReadJumpList(ctx, r, size) {
				if t.Program == "" {
					t.Program = program
				}
				t.Details = append(t.Details, artifacts.Datum{Name: "application id", Value: id})
				if !yield(t, err) {
					return
				}
			}
		}
	}
}

// readersOf are the places in registry hives that are read, by kind of hive.
var readersOf = map[string][]hiveReader{
	"SYSTEM":   {{"SYSTEM", registry.ShimCache}, {"SYSTEM", registry.BAM}, {"SYSTEM", registry.Services}, {"SYSTEM", registry.USB}, {"SYSTEM", registry.Mounts}, {"SYSTEM", registry.Shares}},
	"SOFTWARE": {{"SOFTWARE", registry.TaskCache}, {"SOFTWARE", registry.ImageOptions}, {"SOFTWARE", func(root hive.Node) traceSeq { return registry.RunKeys(root, "") }}},
	"NTUSER":   {{"NTUSER", profile.Read}},
	"UsrClass": {{"UsrClass", profile.Read}},
	"Amcache":  {{"Amcache", registry.Amcache}},
}

// isTraceName reports whether a stream's name is one that an artefact's files
// have.
func isTraceName(name, stream []byte) bool {
	if len(stream) > 0 {
		return false
	}
	if len(name) == 0 {
		return false
	}
	for _, pattern := range tracePatterns[name[0]|0x20] {
		if nameFits(name, pattern) {
			return true
		}
	}
	for _, pattern := range traceTails[name[len(name)-1]|0x20] {
		if nameFits(name, pattern) {
			return true
		}
	}
	return false
}

// tracePatterns are the patterns of names by the character that they begin
// with, traceTails those that begin with anything by their last one: every name
// on a volume is asked.
var tracePatterns, traceTails = sortPatterns()

func sortPatterns() (heads, tails [256][]string) {
	for _, k := range traceKinds {
		for _, pattern := range k.names {
			if pattern[0] == '*' {
				c := pattern[len(pattern)-1] | 0x20
				tails[c] = append(tails[c], pattern)
			} else {
				heads[pattern[0]|0x20] = append(heads[pattern[0]|0x20], pattern)
			}
		}
	}
	return heads, tails
}

// nameFits compares a name with a pattern in lower case.
func nameFits(name []byte, pattern string) bool {
	if tail, ok := strings.CutPrefix(pattern, "*"); ok {
		return len(name) >= len(tail) && bytes.EqualFold(name[len(name)-len(tail):], []byte(tail))
	}
	if head, ok := strings.CutSuffix(pattern, "*"); ok {
		return len(name) >= len(head) && bytes.EqualFold(name[:len(head)], []byte(head))
	}
	return len(name) == len(pattern) && bytes.EqualFold(name, []byte(pattern))
}

// traceNamed returns the kind of artefact that lies at a place.
func traceNamed(at artifacts.Locator) *traceKind {
	if at.Member != "" {
		return nil
	}
	for i := range traceKinds {
		if k := &traceKinds[i]; k.named != nil && k.named(at.Path) {
			return k
		}
	}
	return nil
}

// traceHeaded returns the kind of artefact that begins like this.
func traceHeaded(head []byte) *traceKind {
	for i := range traceKinds {
		if k := &traceKinds[i]; k.headed != nil && k.headed(head) {
			return k
		}
	}
	return nil
}

// tracesKnown lists the kinds of artefacts in the order in which they are told.
func tracesKnown() (names []string) {
	for _, k := range traceKinds {
		names = append(names, k.what)
	}
	for _, in := range []string{"SYSTEM", "SOFTWARE", "Amcache", "NTUSER", "UsrClass"} {
		names = append(names, "artefacts in "+in)
	}
	return names
}

func absentTrace(what string) string {
	for _, k := range traceKinds {
		if k.what == what && k.absent != "" {
			return what + " (" + k.absent + ")"
		}
	}
	return what
}

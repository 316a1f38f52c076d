// Package wer reads the reports of Windows Error Reporting, Report.wer: that a
// program ran and crashed, hung or was reported otherwise, and which modules it
// had loaded.
//
// A report is UTF-16 text of lines "Name=Value". What its names mean is known
// from reports; Microsoft documents the event types only.
package wer

import (
	"context"
	"errors"
	"io"
	"iter"
	"regexp"
	"strconv"
	"strings"

	"hivetriage/artifacts"
	"hivetriage/artifacts/internal/windows"
)

// Artefact is the name that traces of this package carry.
const Artefact = "WER"

// Limits of a report; real ones have some 100 KiB and some 100 modules.
const (
	maxSize    = 4 << 20
	maxModules = 4096
	maxSigs    = 64
)

// Named reports whether path is a report in a folder of Windows Error
// Reporting: .../Windows/WER/ReportArchive or ReportQueue, of the machine or of
// a user.
func Named(p string) bool {
	p = strings.ToLower(p)
	return strings.HasSuffix(p, "/report.wer") && (strings.Contains(p, "/wer/reportarchive/") || strings.Contains(p, "/wer/reportqueue/"))
}

// Read yields the one trace of a report: Program is AppPath, or else what the
// report has instead; Paths are the loaded modules. Means of the time of the
// event is "crashed", "hung" or, of any other event type, "reported". A report
// about no program, of the kernel or of hardware, yields nothing. Details:
//
//	EventType, NsAppName, AppName, OriginalFilename, AppSessionGuid,
//	ReportIdentifier   as in the report
//	SHA1               of the program's file, lower case, out of TargetAppId
//	Signature          "name: value", one for each parameter of the problem:
//	                   faulting module, exception code, ...
func Read(ctx context.Context, r io.ReaderAt, size int64) iter.Seq2[artifacts.Trace, error] {
	return func(yield func(artifacts.Trace, error) bool) {
		if err := ctx.Err(); err != nil {
			yield(artifacts.Trace{}, err)
			return
		}
		text, problem, err := load(r, size)
		if err != nil {
			yield(artifacts.Trace{}, err)
			return
		}
		report := parse(text)
		if report.values["EventType"] == "" {
			if problem == nil {
				problem = artifacts.NewProblem(artifacts.Malformed, 0, "no error report: the line EventType is absent")
			}
			yield(artifacts.Trace{}, problem)
			return
		}
		if t := report.trace(); t.Program != "" {
			if problem != nil {
				t.Damaged = problem.Error()
			}
			if !yield(t, nil) {
				return
			}
		}
		if problem != nil {
			yield(artifacts.Trace{}, problem)
		}
	}
}

// load returns the report as text, and what is wrong with it.
func load(r io.ReaderAt, size int64) (string, *artifacts.Problem, error) {
	var problem *artifacts.Problem
	if size > maxSize {
		problem = artifacts.NewProblem(artifacts.Limit, maxSize, "a report of %d bytes, read are %d", size, maxSize)
		size = maxSize
	}
	data := make([]byte, size)
	n, err := r.ReadAt(data, 0)
	if n < len(data) {
		if err != nil && !errors.Is(err, io.EOF) {
			return "", nil, err
		}
		problem = artifacts.NewProblem(artifacts.Truncated, int64(n), "%d bytes could be read of %d", n, size)
	}
	data = data[:n]
	switch {
	case len(data) >= 2 && data[0] == 0xFF && data[1] == 0xFE:
		return windows.UTF16(data[2:]), problem, nil
	case len(data) >= 2 && data[0] != 0 && data[1] == 0:
		return windows.UTF16(data), problem, nil
	}
	return strings.ToValidUTF8(strings.TrimPrefix(string(data), "\uFEFF"), "\uFFFD"), problem, nil
}

// A report holds the lines that are wanted.
type report struct {
	values  map[string]string // those of the names in wanted, the first of each
	modules []string
	sigs    [][2]string // name and value of the parameters, in order
	at      map[string]int
}

var wanted = map[string]bool{
	"EventType": true, "EventTime": true, "UploadTime": true, "AppPath": true, "AppName": true, "NsAppName": true, "OriginalFilename": true,
	"AppSessionGuid": true, "ReportIdentifier": true, "TargetAppId": true, "UI[2]": true,
}

func parse(text string) report {
	out := report{values: map[string]string{}, at: map[string]int{}}
	for line := range strings.Lines(text) {
		name, value, ok := strings.Cut(strings.TrimRight(line, "\r\n\x00"), "=")
		switch {
		case !ok:
		case wanted[name]:
			if out.values[name] == "" {
				out.values[name] = value
			}
		case strings.HasPrefix(name, "LoadedModule["):
			if len(out.modules) < maxModules {
				out.modules = append(out.modules, value)
			}
		case strings.HasPrefix(name, "Sig["):
			out.sig(name, value)
		}
	}
	return out
}

// sig keeps half of a parameter: Sig[3].Name or Sig[3].Value.
func (r *report) sig(name, value string) {
	index, part, _ := strings.Cut(name, "].")
	i, ok := r.at[index]
	if !ok {
		if len(r.sigs) == maxSigs {
			return
		}
		i = len(r.sigs)
		r.at[index] = i
		r.sigs = append(r.sigs, [2]string{})
	}
	switch part {
	case "Name":
		r.sigs[i][0] = value
	case "Value":
		r.sigs[i][1] = value
	}
}

// means says what an event of a type was. The types are those of programs that
// crash (of .NET, of Store apps, with a buffer overrun) and that hang.
func means(eventType string) string {
	t := strings.ToLower(eventType)
	switch {
	case strings.Contains(t, "hang"):
		return "hung"
	case strings.Contains(t, "crash"), strings.HasPrefix(t, "bex"), strings.HasPrefix(t, "clr20r3"), t == "inpageerror", t == "powershell":
		return "crashed"
	}
	return "reported"
}

// targetApp is the program in TargetAppId: an identity, behind a "!" the SHA-1
// of its file behind four zeros, and its name.
var targetApp = regexp.MustCompile(`^W:[0-9A-Fa-f]+!0000([0-9A-Fa-f]{40})!`)

func (r report) trace() artifacts.Trace {
	v := r.values
	t := artifacts.Trace{Offset: -1, Entry: v["ReportIdentifier"], Artefact: Artefact, Deed: artifacts.Ran, Paths: r.modules}
	first := ""
	if len(r.modules) > 0 {
		first = r.modules[0]
	}
	for _, program := range []string{v["AppPath"], v["UI[2]"], first, v["AppName"], v["NsAppName"], v["OriginalFilename"]} {
		if t.Program = program; program != "" {
			break
		}
	}
	for _, s := range []struct{ name, means string }{{"EventTime", means(v["EventType"])}, {"UploadTime", "report sent"}} {
		if ticks, err := strconv.ParseUint(v[s.name], 10, 64); err == nil {
			t.AddTime(windows.Filetime(ticks), s.means)
		}
	}
	for _, name := range []string{"EventType", "NsAppName", "AppName", "OriginalFilename", "AppSessionGuid", "ReportIdentifier"} {
		t.AddDetail(name, v[name])
	}
	if m := targetApp.FindStringSubmatch(v["TargetAppId"]); m != nil {
		t.AddDetail("SHA1", strings.ToLower(m[1]))
	}
	for _, s := range r.sigs {
		if s[1] != "" {
			t.AddDetail("Signature", s[0]+": "+s[1])
		}
	}
	return t
}

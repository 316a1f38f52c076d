package defender

import (
	"fmt"
	"strings"

	"hivetriage/artifacts"
)

// A block is a group of lines "Name:value" without times between a line that
// opens it and one that closes it.
type block struct {
	kind   *blockKind
	trace  artifacts.Trace
	lines  int
	threat bool
	seen   map[string]bool // values that are told once
}

// maxBlock bounds the lines of a block: those of real ones are some dozen, and
// more where a scan found many files.
const maxBlock = 4096

type blockKind struct {
	opens, closes string
	deed          artifacts.Deed
	threat        bool // it tells something only where a threat is named
	names         map[string]string
}

// Names of lines give the names of details; some have a meaning of their own.
const (
	asPath    = "\x00path"
	asProgram = "\x00program"
	asStart   = "\x00start"
	asOwner   = "\x00owner"
)

var blockKinds = []*blockKind{
	{opens: "Begin Resource Scan", closes: "End Scan", deed: artifacts.Detected, threat: true, names: map[string]string{
		"Scan ID": "ScanID", "Scan Source": "ScanSource", "Start Time": "LocalStart", "Threat Name": "Threat", "ID": "ThreatID", "Severity": "Severity", "Resource Path": asPath,
	}},
	{opens: "Beginning threat actions", closes: "Finished threat actions", deed: artifacts.Detected, threat: true, names: map[string]string{
		"Start time": "LocalStart", "Threat Name": "Threat", "Threat ID": "ThreatID", "Action": "Action", "Path": asPath, "File Name": asPath, "File to act on SHA1": "SHA1", "File owner": asOwner,
	}},
	{opens: "BEGIN BM telemetry", closes: "END BM telemetry", deed: artifacts.Ran, names: map[string]string{
		"GUID": "GUID", "SignatureID": "SignatureID", "ProcessID": "Pid", "ProcessCreationTime": asStart, "CreationTime": "LocalTime", "ImagePath": asProgram, "Taint Info": "TaintInfo",
	}},
}

// opens returns the block that a line opens, nil if it opens none.
func (l *logReader) opens(text string) *block {
	for _, kind := range blockKinds {
		if strings.HasPrefix(text, kind.opens) {
			b := &block{kind: kind, seen: map[string]bool{}, trace: artifacts.Trace{
				Offset: l.lines.offset, Entry: fmt.Sprintf("line %d", l.lines.number), Artefact: ArtefactLog, Deed: kind.deed,
			}}
			b.trace.AddTime(l.last, "logged after")
			return b
		}
	}
	return nil
}

// inBlock reads a line of the open block and reports whether to go on.
func (l *logReader) inBlock(text string) bool {
	b := l.block
	if strings.HasPrefix(text, b.kind.closes) {
		return l.endBlock("")
	}
	if b.lines++; b.lines > maxBlock {
		return l.endBlock("it has too many lines")
	}
	name, value, ok := strings.Cut(strings.TrimSpace(text), ":")
	as := b.kind.names[name]
	value = strings.TrimPrefix(strings.TrimSpace(value), `\\?\`)
	if !ok || as == "" || value == "" {
		return true
	}
	if b.seen[as+value] {
		return true
	}
	b.seen[as+value] = true
	switch as {
	case asPath:
		file(&b.trace, value)
	case asProgram:
		b.trace.Program = value
	case asStart:
		started(&b.trace, value)
	case asOwner:
		b.trace.AddDetail("FileOwner", value)
	default:
		b.threat = b.threat || as == "Threat"
		b.trace.AddDetail(as, value)
	}
	return true
}

// endBlock yields what the open block told, if there is one. why says how it
// ended where its closing line is missing.
func (l *logReader) endBlock(why string) bool {
	b := l.block
	l.block = nil
	if b == nil || b.kind.threat && !b.threat || !b.kind.threat && b.trace.Program == "" {
		return true
	}
	if why != "" {
		b.trace.Damaged = "the block of lines has no end: " + why
	}
	return l.yield(b.trace, nil)
}

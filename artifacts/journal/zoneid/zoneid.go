// Package zoneid reads Zone.Identifier, the alternate data stream that says
// where a file came from: browsers, mail programs and unpackers write it
// beside what they store, in the form of an .ini file.
//
// Format facts: [MS-FSCC] 5.6.1 (the stream and ZoneId); the zones are those
// of URLZONE in urlmon.h. ReferrerUrl and HostUrl are written since Windows
// 10; LastWriterPackageFamilyName by programs from the Store, AppZoneId and
// AppDefinedZoneId beside it.
package zoneid

import (
	"context"
	"io"
	"iter"
	"strconv"
	"strings"

	"hivetriage/artifacts"
	"hivetriage/artifacts/internal/windows"
)

// Stream is the name of the alternate data stream.
const Stream = "Zone.Identifier"

// ZoneIdentifier is the Artefact of the traces.
const ZoneIdentifier = Stream

const (
	maxStream = 64 << 10 // bytes that are read; real ones have some hundred
	maxLine   = 16 << 10 // bytes of one line: addresses can be long
)

// A Zone is what one stream says. A zero field was not in it.
type Zone struct {
	ID       string // the number as written: "3"
	Referrer string // address of the page that led to the file
	Host     string // address that the file came from
	Writer   string // package family name of the Store program that wrote the file last
	Others   []artifacts.Datum
}

// Name says what the zone's number stands for, "" if it is none of Windows.
func (z *Zone) Name() string {
	switch z.ID {
	case "0":
		return "local computer"
	case "1":
		return "intranet"
	case "2":
		return "trusted sites"
	case "3":
		return "internet"
	case "4":
		return "restricted sites"
	}
	return ""
}

// Named reports whether path, with the name of a stream behind a colon if it
// has one, is that of a Zone.Identifier. Collectors that cannot store streams
// write them as files and put "%3A" or "_" for the colon.
func Named(path string) bool { return Of(path) != "" }

// Of returns the path of the file that the stream at path belongs to, "" if
// path is not that of a Zone.Identifier.
func Of(path string) string {
	if len(path) < len(Stream) || !strings.EqualFold(path[len(path)-len(Stream):], Stream) {
		return ""
	}
	file := path[:len(path)-len(Stream)]
	for _, colon := range []string{":", "%3A", "%3a", "_"} {
		if before, ok := strings.CutSuffix(file, colon); ok && before != "" && !strings.HasSuffix(before, "/") {
			return before
		}
	}
	return ""
}

// IsZone reports whether head is the beginning of a Zone.Identifier.
func IsZone(head []byte) bool {
	encoding, mark := windows.TextEncoding(head)
	text := strings.TrimLeft(encoding.Text(head[mark:]), " \t\r\n")
	return len(text) >= len(section) && strings.EqualFold(text[:len(section)], section)
}

const section = "[ZoneTransfer]"

// Parse reads a stream. What comes behind the limits is not read, and is an
// error.
func Parse(ctx context.Context, r io.ReaderAt, size int64) (Zone, error) {
	var zone Zone
	var problem error
	inside := false
	for line, err := range windows.Lines(ctx, r, min(size, maxStream), maxLine) {
		if err != nil {
			return zone, artifacts.NewProblem(artifacts.IO, line.Offset, "reading the stream: %w", err)
		}
		if line.Cut {
			problem = artifacts.NewProblem(artifacts.Limit, line.Offset, "a line longer than %d bytes", maxLine)
		}
		text := strings.TrimSpace(strings.TrimRight(line.Text, "\x00"))
		if strings.HasPrefix(text, "[") {
			inside = strings.EqualFold(text, section)
			continue
		}
		if key, value, ok := strings.Cut(text, "="); ok && inside {
			zone.set(strings.TrimSpace(key), strings.TrimSpace(value))
		}
	}
	switch {
	case problem != nil:
	case size > maxStream:
		problem = artifacts.NewProblem(artifacts.Limit, maxStream, "the stream has %d bytes; those after the first %d were not read", size, maxStream)
	case zone.ID == "" && zone.Host == "" && zone.Referrer == "" && zone.Writer == "" && zone.Others == nil:
		problem = artifacts.NewProblem(artifacts.Malformed, 0, "no value below %s", section)
	}
	return zone, problem
}

func (z *Zone) set(key, value string) {
	switch strings.ToLower(key) {
	case "zoneid":
		z.ID = value
		if n, err := strconv.ParseUint(value, 10, 8); err == nil {
			z.ID = strconv.FormatUint(n, 10)
		}
	case "referrerurl":
		z.Referrer = value
	case "hosturl":
		z.Host = value
	case "lastwriterpackagefamilyname":
		z.Writer = value
	default:
		z.Others = append(z.Others, artifacts.Datum{Name: key, Value: value})
	}
}

// Read yields the one trace of a stream: the file, which only the caller
// knows, was there, and what it is said to come from.
func Read(ctx context.Context, r io.ReaderAt, size int64) iter.Seq2[artifacts.Trace, error] {
	return func(yield func(artifacts.Trace, error) bool) {
		zone, err := Parse(ctx, r, size)
		if details := zone.Details(); len(details) > 0 {
			if !yield(artifacts.Trace{Artefact: ZoneIdentifier, Deed: artifacts.Existed, Details: details}, nil) {
				return
			}
		}
		if err != nil {
			yield(artifacts.Trace{}, err)
		}
	}
}

// Details lists what the stream says under the names that it uses.
func (z *Zone) Details() []artifacts.Datum {
	var details []artifacts.Datum
	add := func(name, value string) {
		if value != "" {
			details = append(details, artifacts.Datum{Name: name, Value: value})
		}
	}
	id := z.ID
	if name := z.Name(); name != "" {
		id += " (" + name + ")"
	}
	add("ZoneId", id)
	add("ReferrerUrl", z.Referrer)
	add("HostUrl", z.Host)
	add("LastWriterPackageFamilyName", z.Writer)
	return append(details, z.Others...)
}

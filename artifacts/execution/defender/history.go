package defender

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"iter"
	"strconv"
	"strings"
	"time"

	"hivetriage/artifacts"
	"hivetriage/artifacts/internal/windows"
)

// maxHistory bounds a file of the detection history; real ones have a few KiB,
// and more where many files were found at once.
const maxHistory = 8 << 20

// Types of values.
const (
	typeNumber   = 0x06 // 32 bits
	typeLong     = 0x08 // 64 bits
	typeFiletime = 0x0A
	typeText     = 0x15 // UTF-16
	typeGUID     = 0x1E
	typeTracking = 0x28 // names and values, of their own kind
)

// IsHistory reports whether head, a file's first bytes, begins a file of the
// detection history: a value of 64 bits, the number of the threat, and a GUID.
func IsHistory(head []byte) bool {
	return len(head) >= 24 && string(head[:8]) == "\x08\x00\x00\x00\x08\x00\x00\x00" && string(head[16:24]) == "\x10\x00\x00\x00\x1E\x00\x00\x00"
}

// History yields the one trace of a file of the detection history: what was
// Detected, in which files (Paths), by what process' doing (Program) and under
// which user. A command line that was found is in Command. Times are when it
// was detected, when its status changed last, when it was remediated. Details:
//
//	Threat, ThreatID, DetectionID
//	Status        "quarantined", "removed", "allowed", ... or a number
//	Resource      "kind: place", one for each
//	ThreatTracking...  what Defender noted of a resource: hashes, size, signature
//	OtherUser     an account that stands behind the times
//
// The meaning of the other values is not known; they are not told.
func History(ctx context.Context, r io.ReaderAt, size int64) iter.Seq2[artifacts.Trace, error] {
	return func(yield func(artifacts.Trace, error) bool) {
		if err := ctx.Err(); err != nil {
			yield(artifacts.Trace{}, err)
			return
		}
		if size > maxHistory {
			yield(artifacts.Trace{}, artifacts.NewProblem(artifacts.Limit, 0, "a detection of %d bytes, read are at most %d", size, maxHistory))
			return
		}
		data := make([]byte, size)
		n, err := r.ReadAt(data, 0)
		if n < len(data) && err != nil && !errors.Is(err, io.EOF) {
			yield(artifacts.Trace{}, err)
			return
		}
		data = data[:n]
		if !IsHistory(data) {
			yield(artifacts.Trace{}, artifacts.NewProblem(artifacts.Malformed, 0, "no detection: it does not begin with a threat's number and a GUID"))
			return
		}
		values, problem := values(data)
		if len(values) < 2 {
			yield(artifacts.Trace{}, problem)
			return
		}
		if problem == nil && int64(n) < size {
			problem = artifacts.NewProblem(artifacts.Truncated, int64(n), "%d bytes could be read of %d", n, size)
		}
		t, doubt := interpret(values)
		if problem == nil {
			problem = doubt
		}
		if problem != nil {
			t.Damaged = problem.Error()
		}
		if yield(t, nil) && problem != nil {
			yield(artifacts.Trace{}, problem)
		}
	}
}

// A value is one of the file's: its size and type, 32 bits each, its bytes, and
// zeros up to a multiple of eight.
type value struct {
	kind uint32
	data []byte
	at   int
}

func (v value) text() string {
	if v.kind != typeText {
		return ""
	}
	return strings.TrimRight(windows.UTF16(v.data), "\x00")
}

// number is the value of 32 bits, whatever it is a number of.
func (v value) number() (uint32, bool) {
	if v.kind != typeNumber || len(v.data) != 4 {
		return 0, false
	}
	return binary.LittleEndian.Uint32(v.data), true
}

func (v value) time() time.Time {
	if v.kind != typeFiletime || len(v.data) != 8 {
		return time.Time{}
	}
	return windows.Filetime(binary.LittleEndian.Uint64(v.data))
}

// values cuts the file into its values. Each has at least eight bytes.
func values(data []byte) ([]value, *artifacts.Problem) {
	var out []value
	for at := 0; at+8 <= len(data); {
		size, kind := int64(binary.LittleEndian.Uint32(data[at:])), binary.LittleEndian.Uint32(data[at+4:])
		if size > int64(len(data)-at-8) {
			return out, artifacts.NewProblem(artifacts.Truncated, int64(at), "a value of %d bytes, %d are left", size, len(data)-at-8)
		}
		end := at + 8 + int(size)
		out = append(out, value{kind, data[at+8 : end], at})
		at = (end + 7) &^ 7
	}
	return out, nil
}

// magic begins each part of the file, but for those of early versions.
const magic = "Magic.Version:"

// statuses are those of MSFT_MpThreatDetection.ThreatStatusID.
var statuses = map[uint32]string{
	1: "detected", 2: "cleaned", 3: "quarantined", 4: "removed", 5: "allowed", 6: "blocked",
	102: "quarantine failed", 103: "remove failed", 104: "allow failed", 105: "abandoned", 107: "block failed",
}

// statusAt is where the status stands behind the threat's name.
const statusAt = 6

// interpret says what the values mean. They stand in a fixed order, of which
// some parts may be absent or there more than once; so each part is found by
// the types of its values, and what is not found is a problem.
func interpret(values []value) (artifacts.Trace, *artifacts.Problem) {
	t := artifacts.Trace{Artefact: ArtefactHistory, Deed: artifacts.Detected, Entry: windows.GUID(values[1].data)}
	t.AddDetail("DetectionID", t.Entry)
	t.AddDetail("ThreatID", strconv.FormatUint(binary.LittleEndian.Uint64(values[0].data), 10))
	name := 2
	if name < len(values) && strings.HasPrefix(values[name].text(), magic) {
		name++
	}
	if name >= len(values) || values[name].text() == "" {
		return t, artifacts.NewProblem(artifacts.Malformed, int64(values[len(values)-1].at), "the name of the threat is absent")
	}
	t.AddDetail("Threat", values[name].text())
	if name+statusAt < len(values) {
		if status, ok := values[name+statusAt].number(); ok {
			if s := statuses[status]; s != "" {
				t.AddDetail("Status", s)
			} else {
				t.AddDetail("Status", strconv.FormatUint(uint64(status), 10))
			}
		}
	}
	found := resourcesOf(&t, values[name:])
	if doubt := circumstances(&t, values[name:]); doubt != nil {
		return t, doubt
	}
	if found == 0 {
		return t, artifacts.NewProblem(artifacts.Malformed, int64(values[name].at), "no resource of the detection is there")
	}
	return t, nil
}

// resourcesOf adds all resources: a kind and a place in front of two numbers
// and what was tracked. It returns how many there were.
func resourcesOf(t *artifacts.Trace, values []value) int {
	found := 0
	for i := 4; i < len(values) && found < maxResources; i++ {
		kind, place := values[i-4].text(), values[i-3].text()
		if values[i].kind != typeTracking || kind == "" || place == "" {
			continue
		}
		found++
		resource(t, kind, place)
		tracked(t, values[i].data)
	}
	return found
}

// circumstances adds times, user and process. The first time is that of the
// last change of status; the second, that of the detection, has the process in
// front of three numbers, and the user in front of another and the process;
// the third, that of the remediation, is followed by an account.
func circumstances(t *artifacts.Trace, values []value) *artifacts.Problem {
	var at []int
	for i, v := range values {
		if v.kind == typeFiletime {
			at = append(at, i)
		}
	}
	if len(at) == 0 {
		return artifacts.NewProblem(artifacts.Malformed, int64(values[len(values)-1].at), "the times of the detection are absent")
	}
	for i, means := range []string{"status changed", "detected", "remediated"} {
		if i < len(at) {
			t.AddTime(values[at[i]].time(), means)
		}
	}
	if len(at) < 2 || at[1] < 6 || values[at[1]-4].kind != typeText || values[at[1]-6].kind != typeText {
		return artifacts.NewProblem(artifacts.Malformed, int64(values[at[0]].at), "user and process of the detection are not where they should be")
	}
	t.User = user(values[at[1]-6].text())
	if process := values[at[1]-4].text(); !strings.EqualFold(process, "Unknown") {
		t.Program = process
	}
	if len(at) < 3 {
		return nil
	}
	for _, v := range values[at[2]+1 : min(at[2]+8, len(values))] {
		if v.kind == typeText {
			t.AddDetail("OtherUser", v.text())
			break
		}
	}
	return nil
}

// maxTracked bounds the names that are told of a resource.
const maxTracked = 64

// tracked adds what was noted of a resource: names, UTF-16 behind a size, and
// values behind a type, behind four bytes of size or a header of 20 and those.
func tracked(t *artifacts.Trace, b []byte) {
	for _, start := range []int{4, 24} {
		if start > len(b) {
			return
		}
		if name, _, ok := cutText(b[start:]); ok && strings.HasPrefix(name, "ThreatTracking") {
			trackedValues(t, b[start:])
			return
		}
	}
}

// cutText cuts a size and as many bytes of UTF-16 off.
func cutText(b []byte) (text string, rest []byte, ok bool) {
	if len(b) < 4 {
		return "", nil, false
	}
	n := int64(binary.LittleEndian.Uint32(b))
	if n > int64(len(b)-4) {
		return "", nil, false
	}
	return strings.TrimRight(windows.UTF16(b[4:4+n]), "\x00"), b[4+n:], true
}

func trackedValues(t *artifacts.Trace, b []byte) {
	for range maxTracked {
		name, rest, ok := cutText(b)
		if !ok || !strings.HasPrefix(name, "ThreatTracking") || len(rest) < 4 {
			return
		}
		kind, rest := binary.LittleEndian.Uint32(rest), rest[4:]
		text, width := "", 0
		switch {
		case kind == 3 && len(rest) >= 4:
			text, width = strconv.FormatUint(uint64(binary.LittleEndian.Uint32(rest)), 10), 4
		case kind == 4 && len(rest) >= 8:
			ticks := binary.LittleEndian.Uint64(rest)
			text, width = strconv.FormatUint(ticks, 10), 8
			if at := windows.Filetime(ticks); strings.HasSuffix(name, "Time") && !at.IsZero() {
				text = at.Format(time.RFC3339Nano)
			}
		case kind == 5 && len(rest) >= 1:
			text, width = fmt.Sprint(rest[0] != 0), 1
		case kind == 6:
			s, after, ok := cutText(rest)
			if !ok {
				return
			}
			text, width = s, len(rest)-len(after)
		case kind == 7: // bytes
			_, after, ok := cutText(rest)
			if !ok {
				return
			}
			width = len(rest) - len(after)
		default:
			return
		}
		t.AddDetail(name, text)
		b = rest[width:]
	}
}

package profile

import (
	"encoding/binary"
	"strconv"
	"strings"
	"time"

	"hivetriage/artifacts"
	"hivetriage/artifacts/hive"
	"hivetriage/artifacts/internal/windows"
	"hivetriage/artifacts/journal/shelllink"
)

// UserAssist yields the programs and shortcuts that the user started through
// Explorer.
//
// Ran, with how often and when last; Existed where the entry has neither.
// The names are ROT13. Windows 7 and later (version 5) keep 72 bytes: run
// count at 4, focus count at 8, milliseconds in focus at 12, FILETIME at 60.
// Windows XP and Vista (version 3) keep 16: count at 4, which begins at 5,
// FILETIME at 8. A known folder at the beginning of a path is replaced. With a
// new profile Windows writes some entries itself: shortcuts with falling counts
// and one and the same time.
func UserAssist(root hive.Node) traces {
	return func(yield func(artifacts.Trace, error) bool) {
		key, ok := find(root, explorer+`\UserAssist`)
		if !ok {
			return
		}
		for group, err := range key.keys() {
			if err != nil {
				yield(artifacts.Trace{}, err)
				return
			}
			count, ok := group.below("Count")
			if !ok {
				continue
			}
			all, err := count.rank(func(string) (int, bool) { return -1, true })
			if !each(all, err, yield, assisted) {
				return
			}
		}
	}
}

// startedBy are the beginnings of names of version 3 that are programs.
var startedBy = []string{"UEME_RUNPATH:", "UEME_RUNPIDL:", "UEME_RUNCPL:", "UEME_RUNWMCMD:"}

func assisted(i item) (artifacts.Trace, error) {
	name := rot13(i.Name())
	if strings.HasPrefix(name, "UEME_") {
		recorded := name
		for _, prefix := range startedBy {
			if rest, ok := strings.CutPrefix(name, prefix); ok {
				name = rest
			}
		}
		if name == recorded {
			return artifacts.Trace{}, nil // totals and menus
		}
	}
	b, err := bytesOf(i)
	t := i.trace(InUserAssist, artifacts.Existed)
	t.Program = shelllink.Unfold(name)
	if strings.HasSuffix(strings.ToLower(name), ".lnk") {
		t.Paths = []string{t.Program}
	}
	var last time.Time
	switch {
	case err != nil:
		return t, err
	case len(b) >= 68:
		t.Count = int64(binary.LittleEndian.Uint32(b[4:]))
		focus, inFocus := binary.LittleEndian.Uint32(b[8:]), binary.LittleEndian.Uint32(b[12:])
		last = windows.Filetime(binary.LittleEndian.Uint64(b[60:]))
		if focus > 0 || inFocus > 0 {
			t.Deed = artifacts.Ran
			t.AddDetail("times in focus", strconv.FormatUint(uint64(focus), 10))
			t.AddDetail("time in focus", (time.Duration(inFocus) * time.Millisecond).String())
		}
	case len(b) == 16:
		counter := int64(binary.LittleEndian.Uint32(b[4:]))
		t.Count = max(counter-5, 0)
		t.AddDetail("counter", strconv.FormatInt(counter, 10))
		last = windows.Filetime(binary.LittleEndian.Uint64(b[8:]))
	default:
		return t, artifacts.NewProblem(artifacts.Malformed, i.Offset(), "UserAssist of %d bytes", len(b))
	}
	t.AddTime(last, LastRan)
	if t.Count > 0 || !last.IsZero() {
		t.Deed = artifacts.Ran
	}
	return t, nil
}

func rot13(s string) string {
	return strings.Map(func(c rune) rune {
		switch {
		case c >= 'a' && c <= 'z':
			return 'a' + (c-'a'+13)%26
		case c >= 'A' && c <= 'Z':
			return 'A' + (c-'A'+13)%26
		}
		return c
	}, s)
}

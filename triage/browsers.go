package triage

import (
	"bytes"
	"context"
	"path"
	"strings"

	"hivetriage/artifacts"
	"hivetriage/triage/coverage"
)

const (
	maxBrowsers = 200    // histories that are named
	maxMade     = 20_000 // archives of the evidence whose times are kept
)

// isPassedName reports whether a stream's name is one that is wanted for its
// place and times alone: a browser's history, a RAR archive.
func isPassedName(name, stream []byte) bool {
	return len(stream) == 0 && (bytes.EqualFold(name, []byte("history")) || bytes.EqualFold(name, []byte("places.sqlite")) ||
		len(name) > 4 && bytes.EqualFold(name[len(name)-4:], []byte(".rar")))
}

// takePassed notes a file that is wanted for its place and times. It returns
// false for one whose content a decoder wants.
func (r *run) takePassed(ctx context.Context, entry artifacts.Entry) bool {
	at := entry.Locator()
	if at.Member != "" || !isPassedName([]byte(path.Base(at.Path)), []byte(at.Stream)) {
		return false
	}
	if isHistory(at.Path) && !r.inSnapshot(at) {
		if len(r.browsers) < maxBrowsers {
			r.browsers = append(r.browsers, at.Place())
		}
		r.ledger.Want()
		r.ledger.Stream(coverage.Row{What: "browser history", At: &at, State: coverage.Unsupported, Why: "downloads and uploads of browsers are kept in SQLite databases, which are not read"})
		return true
	}
	r.keepMade(entry)
	head, err := readHead(ctx, entry)
	return err == nil && !wants(head) && traceHeaded(head) == nil && !isImageName(at.Path)
}

// isHistory reports whether a file lies where a browser keeps its history: of
// Chromium's kind in a profile below "User Data" (Opera's below its own
// folder), of Firefox's in its profile.
func isHistory(file string) bool {
	folder := strings.ToLower(path.Dir(file)) + "/"
	if strings.EqualFold(path.Base(file), "places.sqlite") {
		return strings.Contains(folder, "/firefox/profiles/")
	}
	return strings.EqualFold(path.Base(file), "history") && (strings.Contains(folder, "/user data/") || strings.Contains(folder, "/opera software/"))
}

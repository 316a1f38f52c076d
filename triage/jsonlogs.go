package triage

import (
	"context"
	"iter"
	"strings"

	"hivetriage/artifacts"
	"hivetriage/artifacts/eventlog"
	"hivetriage/artifacts/eventlog/jsonlog"
)

// A recordLog is an event log of one format or another.
type recordLog interface {
	Events(context.Context, eventlog.Query) iter.Seq2[artifacts.Event, error]
	Stats() eventlog.Stats
}

// read makes the log ready, whichever format it has. It may return an error
// beside a log that can be read.
func (l *logFile) read(content artifacts.Content) (recordLog, error) {
	head := make([]byte, min(content.Size(), artifacts.MaxHead))
	n, _ := content.ReadAt(head, 0) // whoever reads the log tells of it
	if l.json = !eventlog.IsLog(head[:n]) && jsonlog.IsLog(head[:n]); l.json {
		return jsonRecords{jsonlog.Open(content, content.Size(), l.at)}, nil
	}
	log, err := eventlog.Open(content, content.Size(), l.at)
	if log == nil {
		return nil, err
	}
	return log, err
}

// jsonRecords asks a JSON log what is asked of an EVTX file.
type jsonRecords struct{ log *jsonlog.Log }

// Events reads the log in one goroutine, whatever q.Workers.
func (j jsonRecords) Events(ctx context.Context, q eventlog.Query) iter.Seq2[artifacts.Event, error] {
	query := jsonlog.Query{All: q.All, Since: q.Since, Until: q.Until, Pick: q.Pick, Match: q.Match}
	for _, s := range q.Select {
		query.Select = append(query.Select, jsonlog.Selector{Provider: s.Provider, ID: s.ID, Data: s.Data, Holds: s.Holds})
		if s.Provider == sysmon && s.ID == 1 {
			query.Select = append(query.Select, jsonlog.Selector{Provider: jsonlog.Endpoint})
		}
	}
	return j.log.Events(ctx, query)
}

func (j jsonRecords) Stats() eventlog.Stats {
	s := j.log.Stats()
	return eventlog.Stats{Records: s.Records, PerID: s.PerID, Bytes: s.Bytes, Oldest: s.Oldest, Newest: s.Newest}
}

// timeNoted adds to the reasons how a shipped record's time was found.
func timeNoted(because []string, e *artifacts.Event) []string {
	if e.TimeNote != "" {
		because = append(because, e.TimeNote)
	}
	return because
}

// takeEventLog keeps a log for the first pass. What comes in one stream is
// read now.
func (r *run) takeEventLog(ctx context.Context, entry artifacts.Entry, streamed bool) {
	l := &logFile{entry: entry, at: entry.Locator(), index: len(r.logs)}
	r.logs = append(r.logs, l)
	if streamed {
		r.readLog(ctx, l)
	}
}

// isLog knows event logs, of Windows and in JSON, by their first bytes.
func isLog(head []byte) bool { return eventlog.IsLog(head) || jsonlog.IsLog(head) }

// beginsLog looks at as much of a stream as a scan does, which is more than
// other formats need.
func beginsLog(ctx context.Context, entry artifacts.Entry) bool {
	content, err := entry.Open(ctx)
	if err != nil {
		return false // whoever reads it next tells
	}
	defer content.Close()
	head := make([]byte, min(content.Size(), artifacts.MaxHead))
	n, _ := content.ReadAt(head, 0) // as above
	return isLog(head[:n])
}

// isLogExtension knows the names that event logs have in archives.
func isLogExtension(extension string) bool {
	switch strings.ToLower(extension) {
	case ".evtx", ".json", ".ndjson", ".jsonl":
		return true
	}
	return false
}

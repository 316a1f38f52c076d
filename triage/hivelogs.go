package triage

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"hivetriage/artifacts"
	"hivetriage/artifacts/hive"
	"hivetriage/artifacts/hive/replay"
	"hivetriage/triage/coverage"
)

// A live hive is read as Windows would after loading it: with the changes that
// stand in its transaction logs only. A copy is read as it is.

// A logPlace is the hive that logs lie beside, in lower case.
type logPlace struct {
	source, volume, path string
}

// hiveLogs are the transaction logs of the evidence, by the hive beside which
// they lie. They are gathered by the scan and read-only after it.
type hiveLogs map[logPlace][]artifacts.Entry

func placeOf(at artifacts.Locator) logPlace {
	return logPlace{at.Source, at.Volume, strings.ToLower(at.Path)}
}

// replayedKinds are the hives whose logs are of use, by their file names.
var replayedKinds = map[string]hive.Kind{"sam": hive.SAM, "security": hive.Security, "system": hive.System, "software": hive.Software}

// takeLog keeps a transaction log that may complete a hive of interest; the
// many others are counted.
func (r *run) takeLog(ctx context.Context, entry artifacts.Entry, at artifacts.Locator) {
	name, named := replay.HiveOf(path.Base(at.Path))
	_, usual := replayedKinds[strings.ToLower(name)]
	hivePath := path.Join(path.Dir(at.Path), name)
	switch {
	case usual && at.Stream == "" && r.isLive(artifacts.Locator{Source: at.Source, Volume: at.Volume, Path: hivePath}, replayedKinds[strings.ToLower(name)]):
		r.ledger.Stream(coverage.Row{State: coverage.Read}) // told with its hive
	case named && !usual && at.Stream == "":
		r.ledger.Stream(coverage.Row{State: coverage.Read}) // another hive's
	default:
		r.ledger.Stream(r.looseLog(ctx, entry, at))
	}
	if named && at.Stream == "" {
		place := placeOf(artifacts.Locator{Source: at.Source, Volume: at.Volume, Path: hivePath})
		r.logsOf[place] = append(r.logsOf[place], entry)
	}
}

// looseLog tells what a log holds that lies where Windows keeps none.
func (r *run) looseLog(ctx context.Context, entry artifacts.Entry, at artifacts.Locator) coverage.Row {
	row := coverage.Row{State: coverage.Read}
	content, err := entry.Open(ctx)
	if err != nil {
		return coverage.Row{What: "transaction log", At: &at, State: coverage.Failed, Why: why(at, err)}
	}
	defer content.Close()
	log, refusal := replay.Inspect(replay.Log{Name: path.Base(at.Path), Content: content, Size: content.Size()})
	name := strings.ToLower(log.Base.Name[strings.LastIndexByte(log.Base.Name, '\\')+1:])
	if kind := replayedKinds[name]; kind == "" || kind == hive.Software {
		return row // of a hive without credentials: counted
	}
	row.What, row.At = "transaction log", &at
	if refusal != nil {
		row.State, row.Why = coverage.Partial, refusal.String()
		return row
	}
	row.Why = log.String() + ": its pages are pieces of that hive"
	return row
}

// openLogs opens the logs beside a hive. The second result closes them.
func (r *run) openLogs(ctx context.Context, at artifacts.Locator) (logs []replay.Log, closeAll func(), err error) {
	var opened []artifacts.Content
	closeAll = func() {
		for _, c := range opened {
			c.Close()
		}
	}
	entries := slices.Clone(r.logsOf[placeOf(at)])
	slices.SortFunc(entries, func(a, b artifacts.Entry) int { return a.Locator().Compare(b.Locator()) })
	for _, entry := range entries {
		content, openErr := entry.Open(ctx)
		if openErr != nil {
			err = openErr
			continue
		}
		opened = append(opened, content)
		logs = append(logs, replay.Log{Name: path.Base(entry.Locator().Path), Content: content, Size: content.Size()})
	}
	return logs, closeAll, err
}

// A replayed is a live hive with the changes from its logs.
type replayed struct {
	*replay.Overlay
	under artifacts.Content
}

func (c replayed) Close() error { return c.under.Close() }

// throughLogs returns the content of a hive where Windows keeps it with its
// logs replayed, and what there is to tell of that. Other content is returned
// as it is.
func (r *run) throughLogs(ctx context.Context, at artifacts.Locator, content artifacts.Content) (artifacts.Content, replayNote) {
	kind, ok := replayedKinds[strings.ToLower(path.Base(at.Path))]
	if !ok || at.Member != "" || at.Stream != "" || !r.isLive(at, kind) {
		return content, replayNote{}
	}
	if _, result, err := replay.Apply(content, content.Size()); err != nil || result.State == replay.Clean {
		return content, replayNote{} // what is wrong with the hive itself, its reader tells
	}
	logs, closeAll, openErr := r.openLogs(ctx, at)
	defer closeAll()
	overlay, result, err := replay.Apply(content, content.Size(), logs...)
	if err != nil {
		return content, replayNote{}
	}
	note := replayNote{texts: result.Because(), partial: result.State == replay.Unreplayed}
	for _, f := range result.Refused {
		note.partial = note.partial || f.Reason != replay.NotNeeded && f.Reason != replay.Empty
	}
	if openErr != nil {
		note.partial = true
		note.texts = append(note.texts, "a log could not be read: "+why(at, openErr))
	}
	if result.State != replay.Replayed {
		return content, note
	}
	return replayed{overlay, content}, note
}

// A replayNote says what was replayed into a live hive.
type replayNote struct {
	texts   []string
	partial bool // changes may be missing
}

// tell adds the note to the hive's ledger row.
func (n replayNote) tell(row *coverage.Row, at artifacts.Locator) {
	if len(n.texts) == 0 {
		return
	}
	row.What, row.At = "hive", &at
	texts := n.texts
	if row.Why != "" {
		texts = append([]string{row.Why}, texts...)
	}
	row.Why = strings.Join(texts, "; ")
	if n.partial && row.State == coverage.Read {
		row.State = coverage.Partial
	}
}

// missingChanges says what the logs beside a copy hold that is not in it: a
// copy is read as it is.
func (r *run) missingChanges(ctx context.Context, at artifacts.Locator, content artifacts.Content) string {
	logs, closeAll, _ := r.openLogs(ctx, at)
	defer closeAll()
	if len(logs) == 0 {
		return ""
	}
	_, result, err := replay.Apply(content, content.Size(), logs...)
	if err != nil || result.State != replay.Replayed {
		return ""
	}
	return fmt.Sprintf("read as it is; the logs beside it hold changes that are not in it: %s", strings.Join(result.Because(), "; "))
}

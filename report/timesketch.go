package report

import (
	"cmp"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"hivetriage/artifacts"
	"hivetriage/triage"
	"hivetriage/triage/correlate"
	"hivetriage/triage/locate"
)

// A sketchRow is one line for Timesketch. Message, datetime and timestamp_desc
// are what its importer asks for; the names of the others are Plaso's where
// Plaso has the field.
type sketchRow struct {
	Message   string   `json:"message"`
	Datetime  string   `json:"datetime"`       // ISO 8601 with an offset
	Desc      string   `json:"timestamp_desc"` // what the time means
	Timestamp int64    `json:"timestamp"`      // microseconds since 1970, UTC
	DataType  string   `json:"data_type"`
	Short     string   `json:"source_short"`
	Host      string   `json:"host,omitempty"`
	User      string   `json:"username,omitempty"`
	Tag       []string `json:"tag"`

	EventID   int64    `json:"event_identifier,omitempty"`
	Record    uint64   `json:"record_number,omitempty"`
	Channel   string   `json:"channel,omitempty"`
	Command   string   `json:"command_line,omitempty"`
	Path      string   `json:"filename,omitempty"`
	SHA256    string   `json:"sha256_hash,omitempty"`
	Technique string   `json:"technique,omitempty"`
	Hives     []string `json:"hives,omitempty"`
	Ref       string   `json:"case_ref,omitempty"` // id of an export, record or act
	Evidence  string   `json:"evidence,omitempty"` // where it was read
}

// maxSketchText is how many runes of a text are written: Timesketch's importer
// reads a file in pieces and does not take long lines.
const maxSketchText = 2000

// Timesketch writes JSON lines for Timesketch, oldest first: the timeline's
// moments, records, notices and the file times of exports. What has no time is
// not in it. The file's name must end in .jsonl.
func Timesketch(w io.Writer, c *triage.Case) error {
	s := sketch{front: newFront(c)}
	for _, m := range c.Timeline {
		s.moment(m)
	}
	for i := range c.Records {
		s.record(&c.Records[i])
	}
	for i := range c.Notices {
		s.notice(&c.Notices[i])
	}
	for i := range c.Exports {
		s.export(&c.Exports[i])
	}
	slices.SortStableFunc(s.rows, func(a, b *sketchRow) int {
		return cmp.Or(cmp.Compare(a.Timestamp, b.Timestamp), cmp.Compare(a.DataType, b.DataType), cmp.Compare(a.Ref, b.Ref))
	})
	return writeLines(w, slices.Values(s.rows))
}

// sketch gathers rows.
type sketch struct {
	*front
	rows []*sketchRow
}

// add takes a row with its time; it drops a row without one.
func (s *sketch) add(t time.Time, desc string, r sketchRow) {
	if t = normalTime(t); t.IsZero() {
		return
	}
	r.Datetime, r.Timestamp, r.Desc = t.Format("2006-01-02T15:04:05.000000-07:00"), t.UnixMicro(), desc
	for _, text := range []*string{&r.Message, &r.Command, &r.Path, &r.Evidence, &r.User, &r.Host} {
		*text = shorten(*text, maxSketchText)
	}
	s.rows = append(s.rows, &r)
}

// momentDescs say what the time of a moment means.
var momentDescs = map[string]string{
	"command": "Command Run", "process": "Process Start", "export": "Hive Saved or File Created", "file": "File Activity",
	"logon": "Logon Time", "logoff": "Logoff Time", "log cleared": "Log Cleared", "notice": "Event Logged", "artefact": "Artefact Time",
}

func (s *sketch) moment(m triage.Moment) {
	r := sketchRow{Message: m.What, DataType: "hivetriage:moment", Short: "TRIAGE", Tag: []string{"timeline", m.Kind}, Ref: m.Ref, Host: s.host("")}
	if rec := s.records[m.Ref]; rec != nil {
		r.Host, r.User = s.host(rec.Host), account(rec.User)
	} else if a := s.acts[m.Ref]; a != nil {
		r.User = account(a.Actor)
	}
	s.add(m.Time, cmp.Or(momentDescs[m.Kind], m.Kind), r)
}

// host is the given host, else the only one of the case.
func (s *sketch) host(name string) string {
	if name == "" && len(s.Hosts) == 1 {
		return s.Hosts[0].Name
	}
	return name
}

func (s *sketch) record(rec *correlate.Record) {
	r := s.logged(rec.From)
	r.Message = rec.Assessment + " (" + rec.Kind + "): " + rec.Told()
	r.Host, r.User, r.Technique, r.Hives, r.Ref = s.host(rec.Host), account(rec.User), rec.Technique, rec.Hives, rec.ID
	r.Path = rec.Destination
	if rec.Process != nil {
		r.Command = rec.Process.CommandLine
	}
	r.Tag = append(r.Tag, "record", rec.Assessment)
	switch {
	case !rec.Time.IsZero() && rec.Kind == "process":
		s.add(rec.Time, "Process Start", r)
	case !rec.Time.IsZero() && rec.From.Artefact != "":
		s.add(rec.Time, "Time in "+rec.From.Artefact, r)
	case !rec.Time.IsZero():
		s.add(rec.Time, "Event Logged", r)
	default:
		s.add(rec.NotAfter, "Not After: Its File Last Written", r)
	}
}

// logged are the fields of what was read from a log or another artefact.
func (s *sketch) logged(from correlate.From) sketchRow {
	at := artifacts.Locator{Source: from.Source, Volume: from.Volume, Path: from.Path}
	r := sketchRow{DataType: "hivetriage:record", Short: strings.ToUpper(from.Artefact), Evidence: at.String(), Tag: []string{}}
	if from.Artefact != "" {
		return r
	}
	r.Short, r.Channel, r.Record = "LOG", from.Channel, from.RecordID
	if id, err := strconv.ParseUint(from.EventCode, 10, 32); err == nil {
		r.EventID = int64(id)
	}
	if strings.HasSuffix(strings.ToLower(from.Path), ".evtx") {
		r.DataType, r.Short = "windows:evtx:record", "EVT"
	}
	return r
}

func (s *sketch) notice(n *correlate.Notice) {
	r := s.logged(n.From)
	r.Message = n.Kind + ": " + n.What
	r.Host, r.User = s.host(n.Host), cmp.Or(account(n.User), account(n.Account))
	r.Tag = append(r.Tag, "notice", n.Kind)
	desc := "Event Logged"
	if n.From.Artefact != "" {
		desc = "Time in " + n.From.Artefact
	}
	if n.Count < 2 {
		s.add(n.Time, desc, r)
		return
	}
	r.Message += " (" + strconv.Itoa(n.Count) + " times)"
	s.add(n.Time, desc+", First of Several", r)
	s.add(n.Last, desc+", Last of Several", r)
}

func (s *sketch) export(e *locate.Export) {
	r := sketchRow{
		Message: e.Hive + " export, " + e.State + ": " + e.At.Place(), DataType: "hivetriage:export", Short: "FILE", Host: s.host(""),
		Tag: []string{"export", e.Hive, e.State}, Path: e.At.Place(), SHA256: e.SHA256, Hives: []string{e.Hive}, Ref: e.ID, Evidence: e.At.String(),
	}
	s.add(e.Taken.Exact, "Hive Saved", r)
	clock := ""
	if e.Clock != "" {
		clock = ", " + e.Clock
	}
	for _, of := range []struct {
		name string
		artifacts.Times
	}{{"$STANDARD_INFORMATION", e.Times.SI}, {"$FILE_NAME", e.Times.FN}} {
		s.add(of.Created, "Creation Time ("+of.name+clock+")", r)
		s.add(of.Modified, "Content Modification Time ("+of.name+clock+")", r)
		s.add(of.Changed, "Metadata Modification Time ("+of.name+clock+")", r)
		s.add(of.Accessed, "Last Access Time ("+of.name+clock+")", r)
	}
}

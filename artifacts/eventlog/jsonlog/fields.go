package jsonlog

import (
	"maps"
	"slices"
	"strings"

	"github.com/valyala/fastjson"

	"hivetriage/artifacts"
)

// Limits on what is kept of a document.
const (
	maxFields   = 4096 // values
	maxDepth    = 16   // of objects in objects
	maxElements = 256  // of an array
)

// fields are the values of a document by their dotted paths, without the
// objects that the whole event is wrapped in.
type fields struct {
	values map[string][]string
	held   [16]bool // which of dataPaths the document has
}

// wrappers are the objects that hold the event, where they are the outermost:
// of Elasticsearch (the document; the fields of a search that asked for
// those) and of evtx_dump.
var wrappers = map[string]bool{"_source": true, "fields": true, "Event": true}

// read makes fields of a document's text.
func read(p *fastjson.Parser, doc document) (*fields, *artifacts.Problem) {
	v, err := p.ParseBytes(doc.text)
	if err != nil {
		return nil, artifacts.NewProblem(artifacts.Malformed, doc.at, "a document of %d bytes that is no valid JSON", len(doc.text))
	}
	f := &fields{values: make(map[string][]string, 64)}
	f.object(v, "", 0)
	if payload := f.one("Payload"); payload != "" && f.one("EventId") != "" {
		f.payload(payload)
	}
	return f, nil
}

// payload takes the EventData that EvtxECmd writes as JSON in a string.
func (f *fields) payload(text string) {
	var p fastjson.Parser
	if v, err := p.Parse(text); err == nil {
		f.object(v, "", 0)
	}
}

func (f *fields) object(v *fastjson.Value, path string, depth int) {
	o, err := v.Object()
	if err != nil || depth > maxDepth {
		return
	}
	o.Visit(func(key []byte, value *fastjson.Value) {
		name := string(key)
		switch {
		case path != "":
			name = path + "." + name
		case wrappers[name] && value.Type() == fastjson.TypeObject:
			name = ""
		}
		f.value(value, name, depth+1)
	})
}

func (f *fields) value(v *fastjson.Value, path string, depth int) {
	switch v.Type() {
	case fastjson.TypeObject:
		if name, text, ok := named(v); ok {
			f.value(text, path[:len(path)-len(lastPart(path))]+name, depth+1)
			return
		}
		f.object(v, path, depth)
	case fastjson.TypeArray:
		if depth > maxDepth {
			return
		}
		elements, _ := v.Array() // its type was asked
		for _, e := range elements[:min(len(elements), maxElements)] {
			f.value(e, path, depth+1)
		}
	case fastjson.TypeString:
		f.add(path, string(v.GetStringBytes()))
	case fastjson.TypeNumber, fastjson.TypeTrue, fastjson.TypeFalse:
		f.add(path, v.String())
	}
}

func (f *fields) add(path, value string) {
	have, known := f.values[path]
	if len(have) < maxElements && (known || len(f.values) < maxFields) {
		f.values[path] = append(have, value)
	}
	for i, prefix := range dataPaths {
		f.held[i] = f.held[i] || strings.HasPrefix(path, prefix)
	}
}

// named takes {"@Name":"CommandLine","#text":"..."}, as XML elements become
// objects, apart.
func named(v *fastjson.Value) (name string, text *fastjson.Value, ok bool) {
	text = v.Get("#text")
	for _, path := range [][]string{{"@Name"}, {"#attributes", "Name"}, {"Name"}} {
		if b := v.GetStringBytes(path...); len(b) > 0 && text != nil {
			return string(b), text, true
		}
	}
	return "", nil, false
}

func lastPart(path string) string { return path[strings.LastIndexByte(path, '.')+1:] }

// one returns the first value of the first of the paths that has one. "-" is
// how Windows writes that there is none.
func (f *fields) one(paths ...string) string {
	for _, p := range paths {
		for _, v := range f.values[p] {
			if v != "" && v != "-" {
				return v
			}
		}
	}
	return ""
}

// dataPaths are the objects that hold what a provider put into an event: of
// Winlogbeat, of it before version 7, of evtx_dump, Velociraptor and EvtxECmd.
// NXLog and the HELK write it beside the rest.
var dataPaths = []string{"winlog.event_data.", "winlog.user_data.", "event_data.", "user_data.", "EventData.", "EventData.Data.",
	"UserData.LogFileCleared.", "UserData.EventXML.", "UserData.", "LogFileCleared.", ""}

// renamed are the names that the HELK gives event data.
var renamed = map[string][]string{
	"CommandLine":       {"process_command_line"},
	"CurrentDirectory":  {"process_current_directory"},
	"Image":             {"process_path"},
	"IntegrityLevel":    {"process_integrity_level"},
	"LogonType":         {"logon_type"},
	"NewProcessId":      {"process_id"},
	"NewProcessName":    {"process_path"},
	"OriginalFileName":  {"file_name_original"},
	"ParentCommandLine": {"process_parent_command_line"},
	"ParentImage":       {"process_parent_path"},
	"ParentProcessGuid": {"process_parent_guid"},
	"ParentProcessId":   {"process_parent_id"},
	"ParentProcessName": {"process_parent_path"},
	"ProcessGuid":       {"process_guid"},
	"ProcessId":         {"process_id"},
	"SubjectDomainName": {"user_reporter_domain", "user_domain"},
	"SubjectLogonId":    {"user_reporter_id", "user_logon_id"},
	"SubjectUserName":   {"user_reporter_name", "user_name"},
	"SubjectUserSid":    {"user_reporter_sid", "user_sid"},
	"TargetFilename":    {"file_name"},
	"User":              {"user_account"},
	"UtcTime":           {"event_original_time_utc"},
}

// data returns what the provider recorded under one of its own names.
func (f *fields) data(name string) string {
	for i, p := range dataPaths {
		if !f.held[i] {
			continue
		}
		if v := f.one(p + name); v != "" {
			return v
		}
	}
	return f.one(renamed[name]...)
}

// all returns what the provider recorded, by its own names, sorted by name.
func (f *fields) all() []artifacts.Datum {
	var data []artifacts.Datum
	nested := false
	take := func(path, prefix string) {
		for _, v := range f.values[path] {
			data = append(data, artifacts.Datum{Name: path[len(prefix):], Value: v})
		}
	}
	paths := slices.Sorted(maps.Keys(f.values))
	for _, path := range paths {
		for _, prefix := range dataPaths[:len(dataPaths)-1] {
			if name, ok := strings.CutPrefix(path, prefix); ok && !strings.Contains(name, ".") {
				nested = true
				take(path, prefix)
				break
			}
		}
	}
	if nested {
		return data
	}
	for _, path := range paths {
		if !strings.Contains(path, ".") {
			take(path, "")
		}
	}
	return data
}

// has reports whether a field has a value, whatever its case.
func (f *fields) has(path, value string) bool {
	for _, v := range f.values[path] {
		if strings.EqualFold(v, value) {
			return true
		}
	}
	return false
}

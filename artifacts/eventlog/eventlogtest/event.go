package eventlogtest

import (
	"crypto/sha256"
	"fmt"
	"strings"
)

const eventNamespace = "http://schemas.microsoft.com/win/2004/08/events/event"

// The slots of the outer template that every log of Windows has in common.
const (
	slotLevel = iota
	slotOpcode
	slotTask
	slotEventID
	slotQualifiers
	slotKeywords
	slotTime
	slotActivity
	slotPID
	slotTID
	slotRecordID
	slotVersion
	slotUser
	slotRelated // with a literal provider: 18
	slotProvider
	slotProviderGUID
	slotChannel
	slotData // with a literal provider: 19
)

const (
	slotRelatedLiteral = 18
	slotDataLiteral    = 19
)

// event returns a record's outer template and its values, with the nested
// template of its data. Templates are shared by records that look alike.
func (w *Writer) event(r *Record) (*template, []value) {
	literal := w.opts.Literal || r.UserData != nil
	key := fmt.Sprintf("event\x00%v\x00%v\x00%s", literal, r.UserData != nil, r.Computer)
	if literal {
		key += "\x00" + r.Provider + "\x00" + r.ProviderGUID + "\x00" + r.Channel
	}
	t := w.template(key, func() element { return eventElement(r, literal) })

	count, data := slotData+1, slotData
	if literal {
		count, data = slotDataLiteral+1, slotDataLiteral
	}
	values := make([]value, count)
	values[slotLevel] = value{kind: UInt8, plain: r.Level}
	values[slotOpcode] = value{kind: UInt8, plain: r.Opcode}
	values[slotTask] = value{kind: UInt16, plain: r.Task}
	values[slotEventID] = value{kind: UInt16, plain: r.ID}
	values[slotKeywords] = value{kind: HexInt64, plain: r.Keywords}
	values[slotTime] = value{kind: FileTime, plain: r.Time}
	values[slotPID] = value{kind: UInt32, plain: r.PID}
	values[slotTID] = value{kind: UInt32, plain: r.TID}
	values[slotRecordID] = value{kind: UInt64, plain: r.RecordID}
	values[slotVersion] = value{kind: UInt8, plain: r.Version}
	if r.ActivityID != "" {
		values[slotActivity] = value{kind: GUID, plain: r.ActivityID}
	}
	if r.UserSID != "" {
		values[slotUser] = value{kind: SID, plain: r.UserSID}
	}
	if !literal {
		values[slotProvider] = value{kind: String, plain: r.Provider}
		values[slotChannel] = value{kind: String, plain: r.Channel}
		if r.ProviderGUID != "" {
			values[slotProviderGUID] = value{kind: GUID, plain: r.ProviderGUID}
		}
	}
	if v, ok := w.data(r); ok {
		values[data] = v
	}
	return t, values
}

// data returns the nested template instance of EventData or UserData.
func (w *Writer) data(r *Record) (value, bool) {
	fields, key := r.Data, "data"
	if r.UserData != nil {
		fields, key = r.UserData.Fields, "user\x00"+r.UserData.Element+"\x00"+r.UserData.Namespace
	} else if len(fields) == 0 {
		return value{}, false
	}
	var b strings.Builder
	b.WriteString(key)
	for _, f := range fields {
		fmt.Fprintf(&b, "\x00%s\x00%d\x00%v", f.Name, f.Type, f.Value == nil)
	}
	t := w.template(b.String(), func() element {
		slots := make([]node, len(fields))
		for i, f := range fields {
			slots[i] = slot{index: uint16(i), kind: f.Type, optional: f.Value == nil}
		}
		return dataElement(r, slots)
	})
	values := make([]value, len(fields))
	for i, f := range fields {
		if f.Value != nil {
			values[i] = value{kind: stored(f.Type), plain: f.Value}
		}
	}
	return value{kind: binXML, nested: t, values: values}, true
}

// stored is the type that the value of a slot of type t is stored with.
func stored(t Type) Type {
	if t == Pointer {
		return HexInt64
	}
	return t
}

// template returns the template that key stands for.
func (w *Writer) template(key string, root func() element) *template {
	t := w.templates[key]
	if t == nil {
		sum := sha256.Sum256([]byte(key))
		t = &template{guid: [16]byte(sum[:16]), root: root()}
		w.templates[key] = t
	}
	return t
}

// dataElement is EventData, or the element inside UserData, with the given
// field contents.
func dataElement(r *Record, contents []node) element {
	if u := r.UserData; u != nil {
		e := element{name: u.Element, depends: noDependency}
		if u.Namespace != "" {
			e.attrs = []attribute{{"xmlns", literal(u.Namespace)}}
		}
		for i, f := range u.Fields {
			e.content = append(e.content, element{name: f.Name, depends: noDependency, content: contents[i : i+1]})
		}
		return e
	}
	e := element{name: "EventData", depends: noDependency}
	for i, f := range r.Data {
		d := element{name: "Data", depends: noDependency, content: contents[i : i+1]}
		if f.Name != "" {
			d.attrs = []attribute{{"Name", literal(f.Name)}}
		}
		e.content = append(e.content, d)
	}
	return e
}

// eventElement is the outer template of a record.
func eventElement(r *Record, isLiteral bool) element {
	opt := func(index int, kind Type) node { return slot{uint16(index), kind, true} }
	provider := []attribute{{"Name", opt(slotProvider, String)}, {"Guid", opt(slotProviderGUID, GUID)}}
	channel := element{name: "Channel", depends: slotChannel, content: []node{opt(slotChannel, String)}}
	related, data := slotRelated, slotData
	if isLiteral {
		provider = []attribute{{"Name", literal(r.Provider)}}
		if r.ProviderGUID != "" {
			provider = append(provider, attribute{"Guid", literal(strings.ToLower(r.ProviderGUID))})
		}
		channel = element{name: "Channel", depends: noDependency, content: []node{literal(r.Channel)}}
		related, data = slotRelatedLiteral, slotDataLiteral
	}
	simple := func(name string, index int, kind Type) node {
		return element{name: name, depends: uint16(index), content: []node{opt(index, kind)}}
	}
	attrs := func(name string, a ...attribute) node {
		return element{name: name, depends: noDependency, attrs: a}
	}
	system := element{name: "System", depends: noDependency, content: []node{
		attrs("Provider", provider...),
		element{name: "EventID", depends: slotEventID, attrs: []attribute{{"Qualifiers", opt(slotQualifiers, UInt16)}},
			content: []node{opt(slotEventID, UInt16)}},
		simple("Version", slotVersion, UInt8),
		simple("Level", slotLevel, UInt8),
		simple("Task", slotTask, UInt16),
		simple("Opcode", slotOpcode, UInt8),
		simple("Keywords", slotKeywords, HexInt64),
		attrs("TimeCreated", attribute{"SystemTime", opt(slotTime, FileTime)}),
		simple("EventRecordID", slotRecordID, UInt64),
		attrs("Correlation", attribute{"ActivityID", opt(slotActivity, GUID)},
			attribute{"RelatedActivityID", opt(related, GUID)}),
		attrs("Execution", attribute{"ProcessID", opt(slotPID, UInt32)}, attribute{"ThreadID", opt(slotTID, UInt32)}),
		channel,
		element{name: "Computer", depends: noDependency, content: []node{literal(r.Computer)}},
		attrs("Security", attribute{"UserID", opt(slotUser, SID)}),
	}}
	var body node = opt(data, binXML)
	if r.UserData != nil {
		body = element{name: "UserData", depends: uint16(data), content: []node{body}}
	}
	return element{name: "Event", depends: noDependency, attrs: []attribute{{"xmlns", literal(eventNamespace)}},
		content: []node{system, body}}
}

// inlineEvent is a record as one piece of BinXML in which every value is text.
func inlineEvent(r *Record) element {
	simple := func(name string, v any) node {
		return element{name: name, depends: noDependency, content: []node{literal(fmt.Sprint(v))}}
	}
	attrs := func(name string, pairs ...string) node {
		e := element{name: name, depends: noDependency}
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i+1] != "" {
				e.attrs = append(e.attrs, attribute{pairs[i], literal(pairs[i+1])})
			}
		}
		return e
	}
	system := element{name: "System", depends: noDependency, content: []node{
		attrs("Provider", "Name", r.Provider, "Guid", r.ProviderGUID),
		simple("EventID", r.ID),
		simple("Version", r.Version),
		simple("Level", r.Level),
		simple("Task", r.Task),
		simple("Opcode", r.Opcode),
		simple("Keywords", text(HexInt64, r.Keywords)),
		attrs("TimeCreated", "SystemTime", text(FileTime, r.Time)),
		simple("EventRecordID", r.RecordID),
		attrs("Correlation", "ActivityID", r.ActivityID),
		attrs("Execution", "ProcessID", fmt.Sprint(r.PID), "ThreadID", fmt.Sprint(r.TID)),
		simple("Channel", r.Channel),
		simple("Computer", r.Computer),
		attrs("Security", "UserID", r.UserSID),
	}}
	fields := r.Data
	if r.UserData != nil {
		fields = r.UserData.Fields
	}
	texts := make([]node, len(fields))
	for i, f := range fields {
		texts[i] = literal("")
		if f.Value != nil {
			texts[i] = literal(text(f.Type, f.Value))
		}
	}
	body := dataElement(r, texts)
	if r.UserData != nil {
		body = element{name: "UserData", depends: noDependency, content: []node{body}}
	}
	return element{name: "Event", depends: noDependency, attrs: []attribute{{"xmlns", literal(eventNamespace)}},
		content: []node{system, body}}
}

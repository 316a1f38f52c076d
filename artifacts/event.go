package artifacts

import "time"

// An Event is one log record with ECS field meanings. A zero field was not in
// the record.
type Event struct {
	From     Locator
	Offset   int64     // of the record in the log file, bytes
	RecordID uint64    // System/EventRecordID, not the record header's number
	Time     time.Time // System/TimeCreated, UTC, 100 ns
	Started  time.Time // Sysmon's UtcTime (ms) where it differs from Time: when the process started or the file was made; else zero
	Channel  string
	Provider string
	Code     uint32 // event.code: System/EventID without qualifiers
	Host     string // System/Computer

	User    User     // the acting account (Security: Subject*; Sysmon: User; 4624: the Subject that asked)
	Target  User     // 4624/4634: the account that logged on or off; 4688: Target* when set
	Process *Process // 4688, Sysmon 1: the new process; Sysmon 11: the process that made the file; 4624: the logon process's image
	File    *File    // Sysmon 11
	Logon   *Logon   // 4624, 4634
	Cleared string   // 104: the channel that was cleared; 1102: "Security"
	Data    []Datum  // names and values of EventData or UserData in the record's order, where they were asked for

	Damaged  string // why parts of this record may be wrong, "" if its checksums hold
	TimeNote string // which time a record that was shipped or converted was given, and why; "" for the log's own records
}

// A Datum is one name and value that a record holds. The name is that of the
// provider's manifest, "" for the positional values of older providers, or, with
// a dot in it, that of an ECS field of a JSON document; the value is the text
// that Windows shows in XML.
type Datum struct{ Name, Value string }

// Value returns the first value called name; "" if there is none or it is "-".
func (e *Event) Value(name string) string {
	for _, d := range e.Data {
		if d.Name == name {
			if d.Value == "-" {
				return ""
			}
			return d.Value
		}
	}
	return ""
}

// A User is an account as a record names it.
type User struct {
	Name    string `json:"name,omitempty"`
	Domain  string `json:"domain,omitempty"`
	SID     string `json:"sid,omitempty"`
	LogonID string `json:"logon_id,omitempty"` // "0x3e7" form, lower case
}

// A Process is a process as a record names it.
type Process struct {
	PID              uint32   `json:"pid,omitempty"`
	EntityID         string   `json:"entity_id,omitempty"`  // Sysmon ProcessGuid, "{...}" upper case
	Executable       string   `json:"executable,omitempty"` // full path as recorded
	CommandLine      string   `json:"command_line,omitempty"`
	Args             []string `json:"args,omitempty"` // as recorded by ECS sources or split from CommandLine
	OriginalFileName string   `json:"original_file_name,omitempty"`
	WorkingDirectory string   `json:"working_directory,omitempty"`
	IntegrityLevel   string   `json:"integrity_level,omitempty"` // "High", or the label SID's name
	Hashes           string   `json:"hashes,omitempty"`          // Sysmon's "SHA256=...,MD5=..." text
	Description      string   `json:"description,omitempty"`     // of the executable's version resource, as recorded
	Company          string   `json:"company,omitempty"`
	Parent           *Process `json:"parent,omitempty"`
}

// A File is the file a record is about.
type File struct {
	Path    string    // TargetFilename as recorded
	Created time.Time // Sysmon's CreationUtcTime
}

// A Logon describes a logon session's start or end.
type Logon struct {
	Type        uint32 `json:"type"` // 2 interactive, 3 network, 10 remote interactive, ...
	SourceIP    string `json:"source_ip,omitempty"`
	SourcePort  string `json:"source_port,omitempty"`
	Workstation string `json:"workstation,omitempty"`
	Process     string `json:"logon_process,omitempty"`
	Package     string `json:"authentication_package,omitempty"`
	LinkedID    string `json:"linked_logon_id,omitempty"` // the other half of a split admin token
	Elevated    string `json:"elevated,omitempty"`        // "yes", "no", "" as recorded
}

// Began is when the thing itself happened: the record's own time for it where
// there is one, else the time of logging.
func (e *Event) Began() time.Time {
	if !e.Started.IsZero() {
		return e.Started
	}
	return e.Time
}

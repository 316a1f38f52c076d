package fleet

import (
	"slices"
	"time"

	"hivetriage/artifacts"
	"hivetriage/triage"
)

// A Case is everything that a batch found out: the JSON document that its
// outputs are rendered from. Two runs on the same evidence differ in Run only.
type Case struct {
	Schema        string         `json:"schema"`
	SchemaVersion string         `json:"schema_version"`
	Tool          triage.Tool    `json:"tool"`
	Run           triage.RunInfo `json:"run"`
	Verdict       string         `json:"verdict"`  // the worst of the hosts: "confirmed", "probable", "suspicious", "explained", "none"
	Complete      bool           `json:"complete"` // every input was triaged, all that was given could be looked at, and no host's coverage has a gap
	Summary       []string       `json:"summary"`  // at most 8 sentences
	Counts        Counts         `json:"counts"`
	Hosts         []Host         `json:"hosts"`       // with a case, worst verdict first, then by folder
	NotTriaged    []Missing      `json:"not_triaged"` // by folder and input
	Left          []Left         `json:"left"`        // no evidence, by path
	Acts          []Act          `json:"acts"`        // by time; those without one last
	Spread        []Arrival      `json:"spread"`      // hosts in the order of their first act that is not explained
	Groups        []Group        `json:"groups"`      // of acts that share something
	Hints         []Link         `json:"hints"`       // what acts of no one group share and what joins none
	Accounts      []Account      `json:"accounts"`    // the exposure matrix: one row for an account, one cell for a host
	Foreign       []Foreign      `json:"foreign"`     // copies of other hosts' hives
	Remote        []Remote       `json:"remote"`      // acts done over the network, with what their source tells
	Logons        Graph          `json:"logons"`      // with exposed accounts, between hosts, since the acts
	Programs      []Program      `json:"programs"`    // of the acts' chains, the rarest first
	Blind         []Blind        `json:"blind"`       // hosts whose logs cannot tell of commands at the time of the acts
	Response      []Action       `json:"response"`    // in the order in which to act
	Timeline      []Moment       `json:"timeline"`    // of the hosts with acts
	Omitted       Omitted        `json:"omitted,omitzero"`
}

// Distinct are the acts, of one that several inputs of a computer tell the first.
func (c *Case) Distinct() (acts []Act) {
	told := map[Ref]bool{}
	for _, a := range c.Acts {
		if !slices.ContainsFunc(a.SameAs, func(s Ref) bool { return told[s] }) {
			acts = append(acts, a)
		}
		told[Ref{Folder: a.Folder, ID: a.ID}] = true
	}
	return acts
}

// Counts are the figures of a batch. A host whose evidence is in several
// inputs counts once in Hosts, Hit and ByVerdict; so do its acts and copies.
type Counts struct {
	Inputs     int            `json:"inputs"`      // hosts' runs asked for
	Triaged    int            `json:"triaged"`     // of them, with a case
	NotTriaged int            `json:"not_triaged"` // of them, without one or with nothing that could be read
	Left       int            `json:"left"`
	Unread     int            `json:"unread"`     // of Left, behind which evidence may be missing
	Hosts      int            `json:"hosts"`      // computers
	Hit        int            `json:"hit"`        // computers with an act that is not explained
	ByVerdict  map[string]int `json:"by_verdict"` // computers by the verdict of theirs
	Acts       int            `json:"acts"`
	OtherEnds  int            `json:"other_ends"` // of Acts, those that are an act counted already, told at its other end
	Copies     int            `json:"copies"`     // exports on all hosts
	Exposed    int            `json:"exposed"`    // rows of Accounts that can be used
	Incomplete int            `json:"incomplete"` // triaged, with a gap
	Blind      int            `json:"blind"`
}

// A Ref points to evidence: something in a host's case document by its id, or a
// record in a file of its evidence.
type Ref struct {
	Folder   string `json:"folder"`              // of the host, in hosts/
	ID       string `json:"id,omitempty"`        // of an act, an export or a record in its case.json
	Path     string `json:"path,omitempty"`      // of a file in its evidence
	RecordID uint64 `json:"record_id,omitempty"` // of a record in that file
	Entry    string `json:"entry,omitempty"`     // what of the file, where it is no event log
}

// A Host is one input of the batch that was triaged.
type Host struct {
	Folder     string    `json:"folder"`
	Name       string    `json:"name"`              // of the computer; that of the folder where nothing names it
	Named      bool      `json:"named"`             // Name is what the evidence says
	Others     []string  `json:"others,omitempty"`  // other computers in the same evidence
	Machine    string    `json:"machine"`           // folder of the first input of the same computer; Folder itself for most
	SameAs     []Same    `json:"same_as,omitempty"` // other inputs of the same computer
	DataOf     []Same    `json:"data_of,omitempty"` // hosts that knew the disks of this input, which has no Windows of its own
	MachineSID string    `json:"machine_sid,omitempty"`
	Domain     string    `json:"domain,omitempty"`
	DNSDomain  string    `json:"dns_domain,omitempty"`
	OS         string    `json:"os,omitempty"`
	Addresses  []string  `json:"addresses,omitempty"` // its own, as its records and hives tell
	Inputs     []string  `json:"inputs"`
	State      string    `json:"state"`         // of its run
	Why        string    `json:"why,omitempty"` // of a state other than done
	Code       int       `json:"exit_code"`
	Verdict    string    `json:"verdict"`
	Confidence int       `json:"confidence"` // 0 to 100, of its strongest act
	Complete   bool      `json:"complete"`
	Gaps       []string  `json:"gaps,omitempty"` // what a copy could hide behind
	Acts       int       `json:"acts"`
	Copies     int       `json:"copies"`              // exports
	Known      int       `json:"known"`               // copies in known places
	Exposed    int       `json:"exposed"`             // accounts and secrets that can be used
	First      time.Time `json:"first,omitzero"`      // start of its first act
	Logs       Logs      `json:"logs"`                // what its logs can tell
	Unread     string    `json:"footprint,omitempty"` // why what it tells other hosts is not known
	Notes      []string  `json:"notes,omitempty"`     // what else the batch tells of it
}

// A Same is another input and why it belongs together with this one.
type Same struct {
	Folder  string `json:"folder"`
	Host    string `json:"host"`
	Because string `json:"because"`
}

// What logs can tell of commands.
const (
	TellsCommands = "commands"       // process creation with command lines
	TellsStarts   = "process starts" // process creation without command lines
	TellsLogons   = "logons"         // no process creation
	TellsNothing  = "nothing"        // neither
	TellsUnknown  = "unknown"        // its footprint could not be read
)

// Logs say what the logs of a host can tell.
type Logs struct {
	Tell    string    `json:"tell"` // one of the above
	From    time.Time `json:"from,omitzero"`
	To      time.Time `json:"to,omitzero"`
	Because string    `json:"because"`
}

// A Missing is an input that was not triaged.
type Missing struct {
	Folder string   `json:"folder,omitempty"`
	Inputs []string `json:"inputs"`
	State  string   `json:"state"` // of its run; "done" where the run found nothing that it could read
	Why    string   `json:"why"`
	Code   int      `json:"exit_code"`
}

// A Blind is a host whose logs cannot tell of commands at the time of the acts:
// not at all, or because they begin after the first act on any host.
type Blind struct {
	Folder string   `json:"folder"`
	Host   string   `json:"host"`
	Tell   string   `json:"tell"` // as Logs.Tell
	Why    []string `json:"why"`
}

// An Act is one act of one host.
type Act struct {
	Folder      string         `json:"folder"`
	Host        string         `json:"host"`
	ID          string         `json:"id"`
	Start       time.Time      `json:"start,omitzero"`
	End         time.Time      `json:"end,omitzero"`
	Verdict     string         `json:"verdict"`
	Confidence  int            `json:"confidence"`
	Hives       []string       `json:"hives"`
	Person      artifacts.User `json:"person,omitzero"`       // who did it, as guide.Person has it
	Addresses   []string       `json:"addresses,omitempty"`   // that it was done from
	Workstation string         `json:"workstation,omitempty"` // that its session came from
	Tools       []string       `json:"tools"`                 // names of the programs that made the copies
	Of          []string       `json:"of,omitempty"`          // hosts whose hives the copies are, where not this one's
	Reach       string         `json:"reach,omitempty"`       // how far a copy came
	Group       int            `json:"group,omitempty"`       // number of the group that it is in
	Clock       []string       `json:"clock,omitempty"`       // why its times are in doubt
	SameAs      []Ref          `json:"same_as,omitempty"`     // the same act in another input of the same computer
	OtherEnds   []Ref          `json:"other_ends,omitempty"`  // the same act as another host's records tell it: the command there, what it did here, or the other way round
}

// An Arrival is a host's first act that is not explained.
type Arrival struct {
	Order   int       `json:"order"` // from 1
	Folder  string    `json:"folder"`
	Host    string    `json:"host"`
	Time    time.Time `json:"time,omitzero"` // zero: no time is known, its place in the order neither
	Act     string    `json:"act"`
	Verdict string    `json:"verdict"`
	After   int64     `json:"after_seconds,omitempty"` // since the first host
	Staging bool      `json:"staging,omitempty"`       // the copies are of other hosts' hives
	Doubt   string    `json:"doubt,omitempty"`
}

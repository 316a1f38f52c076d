package fleet

import (
	"time"

	"hivetriage/artifacts"
	"hivetriage/triage/program"
)

// What acts can share.
const (
	SameActor   = "actor"           // the account, by its SID or by domain and name
	SameTool    = "tool"            // a program that is not Windows' own, by its hash
	SameSource  = "source address"  // the address that they were done from
	SameStation = "source computer" // the name of the computer that the sessions came from
	SameOutput  = "output path"     // folder and form of the name of a copy
	SameTime    = "time"            // they follow one another closely
	SameLocal   = "local account"   // the name of a local account
	CameFrom    = "came from"       // one was done from the computer of another
	CopiesOf    = "copies of"       // one's copies are of hives of the computer of another
	SameBytes   = "same copy"       // the copies have the same bytes
)

// A Link is something that several acts share.
type Link struct {
	Kind      string `json:"kind"` // one of the above
	Value     string `json:"value"`
	Because   string `json:"because"`             // what it tells, and what it does not
	Joins     bool   `json:"joins"`               // it puts the acts into one group; otherwise it is a hint only
	Acts      []Ref  `json:"acts"`                // that are not explained
	Explained []Ref  `json:"explained,omitempty"` // that share it as well and are explained
}

// A Group is a set of acts, on two computers or more, that links join.
type Group struct {
	Number  int       `json:"number"` // from 1, in the order of First
	Acts    []Ref     `json:"acts"`
	Hosts   []string  `json:"hosts"` // folders, in the order of their first act in it
	First   time.Time `json:"first,omitzero"`
	Last    time.Time `json:"last,omitzero"`
	Verdict string    `json:"verdict"` // the worst
	Text    string    `json:"text"`    // one sentence
	Links   []Link    `json:"links"`
}

// Scopes of accounts.
const (
	LocalScope  = "local"  // known on its computer only
	DomainScope = "domain" // of a domain: it may be used on others
	OtherScope  = "other"  // a secret, or what could not be listed by name
)

// An Account is a row of the exposure matrix.
type Account struct {
	Name   string     `json:"name"`
	Scope  string     `json:"scope"` // one of the above
	Kinds  []string   `json:"kinds"` // of expose.Kind
	SID    string     `json:"sid,omitempty"`
	Usable bool       `json:"usable"`              // on a host at least it can, or may, be recovered and was not changed since
	Hosts  int        `json:"hosts"`               // computers on which it is exposed
	Cells  []Cell     `json:"cells"`               // by folder
	Same   []Namesake `json:"same_name,omitempty"` // of a local account: other computers that have one of the name, by folder
	Lead   string     `json:"lead,omitempty"`      // what to ask, where several hosts have a local account of the name
	Used   int        `json:"used,omitempty"`      // edges of Logons with it
}

// A Namesake is a local account with the name of an exposed one on a computer
// on which that is not exposed, as the computer's own SAM has it.
type Namesake struct {
	Folder        string `json:"folder"`
	Host          string `json:"host"`
	RID           uint32 `json:"rid"`
	Enabled       *bool  `json:"enabled,omitempty"`       // absent: unknown
	Administrator *bool  `json:"administrator,omitempty"` // of that computer
	From          Ref    `json:"from"`
}

// A Cell is what is exposed of an account on one computer: the one whose hives
// were copied, wherever the copies lie.
type Cell struct {
	Folder        string   `json:"folder,omitempty"` // of the computer; "" if it is not in the batch
	Host          string   `json:"host"`             // its name
	Kinds         []string `json:"kinds"`            // of expose.Kind
	RID           uint32   `json:"rid,omitempty"`
	SID           string   `json:"sid,omitempty"`
	Enabled       *bool    `json:"enabled,omitempty"`            // absent: unknown
	Administrator *bool    `json:"administrator,omitempty"`      // of that computer
	Credential    *bool    `json:"credential_present,omitempty"` // as expose.Row has it
	Recoverable   string   `json:"recoverable"`                  // the worst of its rows: "yes", "needs boot key", "unknown", "no"
	Standing      string   `json:"standing"`                     // the worst of its rows: "unchanged", "unknown", "changed since", "gone since"
	Explained     bool     `json:"explained,omitempty"`          // by acts only that are explained
	Acts          []Ref    `json:"acts"`                         // that exposed it
}

// How a foreign copy was tied to its host.
const (
	InBatch    = "in the batch"     // the host that it was taken from is one of the batch
	NotInBatch = "not in the batch" // it is known, and not among them
	NotKnown   = "unknown"          // the copy does not tell
)

// A Foreign is a copy of a hive on a host that is not known to be that host's
// own: of another host, or with the same bytes as a copy there.
type Foreign struct {
	Folder     string `json:"folder"` // where it lies
	Host       string `json:"host"`
	Export     string `json:"export"` // id
	Path       string `json:"path"`
	Hive       string `json:"hive"`
	SHA256     string `json:"sha256,omitempty"`
	Of         string `json:"of,omitempty"` // name of the host that it was taken from
	MachineSID string `json:"machine_sid,omitempty"`
	Domain     string `json:"domain,omitempty"`
	Where      string `json:"where"`               // one of the above
	OfFolder   string `json:"of_folder,omitempty"` // of that host in the batch
	Certainty  string `json:"certainty"`           // "certain", "likely", "unknown"
	Because    string `json:"because"`
	Same       []Ref  `json:"same_bytes,omitempty"` // copies with the same bytes on other computers
	Acts       []Ref  `json:"acts,omitempty"`       // of that host, of which the copy may come
}

// How much is known of the source of an act done over the network.
const (
	BothEnds        = "both ends" // the source host's own records tell of it
	OneEnd          = "one end"   // the source host is in the batch, and its records do not tell of it
	SourceMissing   = "source not in the batch"
	SourceAmbiguous = "source not certain" // several hosts of the batch have the address or the name
)

// A Remote is a source that an act was done from over the network.
type Remote struct {
	Act         Ref       `json:"act"`
	Host        string    `json:"host"` // that the act is on
	Time        time.Time `json:"time,omitzero"`
	Address     string    `json:"address,omitempty"`
	Workstation string    `json:"workstation,omitempty"`
	Target      []Ref     `json:"target"`                // what tells of it on the act's host
	Joined      string    `json:"joined"`                // one of the above
	Folder      string    `json:"folder,omitempty"`      // of the source in the batch
	Source      string    `json:"source,omitempty"`      // its name
	Because     []string  `json:"because"`               // why it is that host
	SourceActs  []Ref     `json:"source_acts,omitempty"` // on the source, at about the time: what is told of this one there may be among them
	Calls       []Call    `json:"calls,omitempty"`       // what the source tells, the closest first
	Clock       string    `json:"clock,omitempty"`       // doubts about comparing the two clocks
}

// A Call is what a host's own evidence tells of its reaching out to another.
type Call struct {
	Time    time.Time `json:"time"`
	Apart   int64     `json:"apart_seconds"` // from the act's span; negative: before it
	What    string    `json:"what"`
	Account string    `json:"account,omitempty"`
	From    Ref       `json:"from"`
}

// A Graph is who logged on from where to where. IDs of nodes are stable.
type Graph struct {
	Nodes []Node `json:"nodes"`
	Edges []Edge `json:"edges"`
}

// A Node is a computer: one of the batch, or one that records name.
type Node struct {
	ID      string `json:"id"` // folder of a host of the batch; else "address:..." or "name:..."
	Label   string `json:"label"`
	Folder  string `json:"folder,omitempty"`
	Verdict string `json:"verdict,omitempty"`
}

// Whether a source was new.
const (
	NewSource   = "new"         // the host's logs reach back before the act and have no such logon from there
	KnownSource = "seen before" // there were such logons before the act
	UnknownPast = "unknown"     // the logs do not reach back far enough, or were left out; or what came before did so by no more than two clocks may be apart
)

// An Edge is logons of one account, type and outcome from one computer to
// another since the account was exposed.
type Edge struct {
	From        string         `json:"from"` // ids of nodes
	To          string         `json:"to"`
	Account     artifacts.User `json:"account"`
	Type        uint32         `json:"type,omitempty"` // logon type
	Outcome     string         `json:"outcome"`        // of footprint.Logon
	Address     string         `json:"address,omitempty"`
	Workstation string         `json:"workstation,omitempty"`
	Count       int            `json:"count"`
	AtLeast     bool           `json:"at_least,omitempty"` // Count is a lower bound
	First       time.Time      `json:"first"`              // since the exposure, or as little before it as two clocks may be apart
	Last        time.Time      `json:"last"`
	Source      string         `json:"source"`              // whether it was new, one of the above
	Exposed     []Ref          `json:"exposed"`             // acts that exposed the account before
	Lead        bool           `json:"lead,omitempty"`      // a local account of another computer with the same name was exposed: whether the passwords are equal is not known
	Because     string         `json:"because"`             // why the account is taken for the exposed one
	Clock       string         `json:"clock,omitempty"`     // why it is not told of some whether they came after the exposure
	Unordered   bool           `json:"unordered,omitempty"` // it is told of none
	Evidence    []Ref          `json:"evidence"`
}

// A Program is an executable around acts and where else it is known.
type Program struct {
	Name   string   `json:"name"`  // last component, lower case
	Paths  []string `json:"paths"` // as command.Normal writes them
	SHA256 string   `json:"sha256,omitempty"`
	SHA1   string   `json:"sha1,omitempty"`
	Signer string   `json:"signer,omitempty"`
	program.Prevalence
	Measures []program.Prevalence `json:"measures"` // by each thing that tells the program: "SHA-256", "SHA-1", "path", "signer"
	Folders  []string             `json:"folders"`  // of those that know it, at most MaxFolders
	Acts     []Ref                `json:"acts"`
}

// An Action is one step of the response for all hosts.
type Action struct {
	Order    int      `json:"order"` // from 1
	Step     string   `json:"step"`  // "1" .. "7"
	Priority int      `json:"priority"`
	Action   string   `json:"action"`
	Targets  []string `json:"targets"`
	Hosts    []string `json:"hosts"`   // folders of the hosts that ask for it, and of those of the batch that it is about
	Because  []string `json:"because"` // each once; the last says how many more there are
	Evidence []Ref    `json:"evidence"`
}

// A Moment is one line of the timeline.
type Moment struct {
	Time   time.Time `json:"time"`
	Folder string    `json:"folder"`
	Host   string    `json:"host"`
	Kind   string    `json:"kind"` // as triage.Moment.Kind
	What   string    `json:"what"`
	Ref    string    `json:"ref,omitempty"` // id in the host's case
}

// Bounds of a document. Where one is reached, Omitted counts the rest.
const (
	MaxMoments  = 20_000
	MaxEdges    = 5_000
	MaxAccounts = 5_000
	MaxActions  = 5_000
	MaxRemote   = 5_000
	MaxForeign  = 10_000
	MaxPrograms = 5_000
	MaxSame     = 1_000 // namesakes of one account
	MaxFolders  = 20    // named for one program
	MaxRefs     = 50    // of evidence for one row
	MaxCalls    = 10    // of one source
	MaxTargets  = 1_000 // of one action
)

// Omitted counts what lies beyond the bounds.
type Omitted struct {
	Moments  int `json:"moments,omitempty"`
	Edges    int `json:"edges,omitempty"`
	Accounts int `json:"accounts,omitempty"`
	Cells    int `json:"cells,omitempty"`
	Same     int `json:"same_name,omitempty"`
	Actions  int `json:"actions,omitempty"`
	Remote   int `json:"remote,omitempty"`
	Foreign  int `json:"foreign,omitempty"`
	Links    int `json:"links,omitempty"`
	Programs int `json:"programs,omitempty"`
}

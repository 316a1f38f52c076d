// Package footprint holds what the other hosts of a case may ask about one
// host: what it is called and where it is seen, who logged on to it and from
// where, whom it called, which programs it ran, and how far its logs reach. It
// is told of every host, whether or not hives were copied there. It opens
// nothing.
package footprint

import (
	"time"

	"hivetriage/artifacts"
	"hivetriage/triage/correlate"
)

// Schema names the document and its version.
const (
	Schema        = "hivetriage/footprint"
	SchemaVersion = "1.0"
)

// Bounds of what is kept. Where one is reached, Omitted counts the rest.
const (
	MaxHosts     = 64     // computers that the evidence is of
	MaxNames     = 16     // names of one of them
	MaxAddresses = 256    // of all of them
	MaxAccounts  = 256    // local ones of one of them
	MaxMounts    = 512    // entries of MountedDevices
	MaxLogons    = 2_000  // groups of logons of one outcome
	MaxDays      = 31     // of one group, the newest
	MaxOutgoing  = 4_000  // groups of calls to other hosts
	MaxPrograms  = 20_000 // paths with a hash
	MaxLogs      = 2_000
	MaxText      = 2_048 // bytes of a text from the evidence; what is longer is cut
)

// A Footprint is what one run tells of the host, or the hosts, of its evidence.
// Times are UTC, lists are sorted, and two runs on the same evidence give the
// same bytes.
type Footprint struct {
	Schema        string     `json:"schema"`
	SchemaVersion string     `json:"schema_version"`
	Hosts         []Host     `json:"hosts"`
	Disks         []Disk     `json:"disks"`
	Mounts        []Mount    `json:"mounts"`
	Logons        []Logon    `json:"logons"`
	Outgoing      []Outgoing `json:"outgoing"`
	Programs      []Program  `json:"programs"`
	Logs          []Log      `json:"logs"`
	Usable        Usable     `json:"usable"`
	Omitted       Omitted    `json:"omitted,omitzero"`
}

// A Host is a computer that the evidence is of.
type Host struct {
	Name       string    `json:"name"`    // without a domain, as recorded; as Case.Hosts has it where that is known
	Names      []string  `json:"names"`   // all that hives and records call it, short and DNS, lower case, Name's own among them
	Because    []string  `json:"because"` // where they were read
	MachineSID string    `json:"machine_sid,omitempty"`
	Domain     string    `json:"domain,omitempty"`
	DomainSID  string    `json:"domain_sid,omitempty"`
	DNSDomain  string    `json:"dns_domain,omitempty"`
	Disk       string    `json:"disk,omitempty"` // the image that its hives are on, as Locator.Disk names it
	Addresses  []Address `json:"addresses"`
	Accounts   []Account `json:"accounts"` // local ones, in the order of RIDs; none where its SAM was not read
}

// An Account is a local account, as the host's own SAM has it.
type Account struct {
	Name          string `json:"name"`
	RID           uint32 `json:"rid"`
	Enabled       *bool  `json:"enabled,omitempty"`       // absent: unknown
	Administrator *bool  `json:"administrator,omitempty"` // of the host, by membership of Administrators
	Path          string `json:"path"`                    // of the hive
	Offset        int64  `json:"offset"`                  // of its key in it
}

// An Address is one that a record or a hive truly tells to be the host's own.
type Address struct {
	Address string         `json:"address"` // as netip.Addr writes it, without a zone; loopback, link-local and unspecified ones are left out
	Because string         `json:"because"` // "source of a connection of its own (Sysmon 3)", "DhcpIPAddress of an interface in SYSTEM", ...
	Count   int            `json:"count,omitempty"`
	First   time.Time      `json:"first,omitzero"`
	Last    time.Time      `json:"last,omitzero"`
	From    correlate.From `json:"from"` // of the first
}

// A Disk is a disk or a volume in the evidence by which Windows would know it.
// A disk with several partitions has one row for each that was opened.
type Disk struct {
	Source        string `json:"source"`                   // as Locator.Source
	Volume        string `json:"volume"`                   // as Locator.Volume
	PartitionGUID string `json:"partition_guid,omitempty"` // of a GPT's partition, "{...}" upper case
	Signature     string `json:"signature,omitempty"`      // of an MBR, eight hexadecimal digits, upper case
	Offset        int64  `json:"offset,omitempty"`         // of the partition on its disk, bytes; with Signature
	System        bool   `json:"system,omitempty"`         // live hives of a host lie on it
}

// A Mount is an entry of a host's MountedDevices that names a partition. A
// volume of other evidence with the same PartitionGUID, or the same Signature
// and Offset, was attached to this host.
type Mount struct {
	Host          string         `json:"host"`
	Name          string         `json:"name"` // "D:", or "" for an entry that gives no letter
	PartitionGUID string         `json:"partition_guid,omitempty"`
	Signature     string         `json:"signature,omitempty"`
	Offset        int64          `json:"offset,omitempty"`
	From          correlate.From `json:"from"`
}

// Outcomes of logons.
const (
	Succeeded  = "success"    // 4624
	Failed     = "failure"    // 4625
	Explicit   = "explicit"   // 4648: Account used other credentials, those of Target
	Privileged = "privileged" // 4672: a session was given privileges of an administrator
)

// A Logon is all records of one outcome, account, type and source.
type Logon struct {
	Host        string         `json:"host"`    // that recorded it, as recorded
	Outcome     string         `json:"outcome"` // one of the above
	Account     artifacts.User `json:"account"` // that logged on, or tried; of "explicit" the one that asked; without a session's id
	Target      artifacts.User `json:"target,omitzero"`
	Type        uint32         `json:"type,omitempty"`        // of 4624 and 4625
	Address     string         `json:"address,omitempty"`     // the source's, as recorded, but as netip.Addr writes it
	Workstation string         `json:"workstation,omitempty"` // the source's name, as recorded
	Server      string         `json:"server,omitempty"`      // of "explicit": the computer that it was for; "localhost" is left out
	Process     string         `json:"process,omitempty"`     // that asked for it, of "explicit" and 4624; as recorded first
	Package     string         `json:"package,omitempty"`     // of authentication, of 4624 and 4625
	Local       bool           `json:"local,omitempty"`       // Address and Workstation are those of the host itself, or none is recorded
	Count       int            `json:"count"`
	First       time.Time      `json:"first"`
	Last        time.Time      `json:"last"`
	FirstFrom   correlate.From `json:"first_from"`
	LastFrom    correlate.From `json:"last_from"`
	Hours       [24]int        `json:"hours"` // logons by hour of the day, UTC
	Days        []Day          `json:"days"`  // the newest MaxDays
	DaysOmitted int            `json:"days_omitted,omitempty"`
}

// A Day is what there was of one group on one day, UTC.
type Day struct {
	Date        string    `json:"date"` // 2026-03-14
	Count       int       `json:"count"`
	First       time.Time `json:"first"`
	Last        time.Time `json:"last"`
	FirstRecord uint64    `json:"first_record"` // EventRecordID in the channel that the group's citations name
	LastRecord  uint64    `json:"last_record"`
}

// Ways in which a call to another host is known.
const (
	ByCredentials = "4648"         // explicit credentials for another server
	ByConnection  = "sysmon 3"     // a connection to a port by which hosts are administered
	ByCommand     = "command line" // a process' command line names another host
)

// An Outgoing is all calls of one way, account and program to another host.
type Outgoing struct {
	Host        string         `json:"host"`              // that called
	To          string         `json:"to"`                // the other host's name, lower case, "" where only an address is recorded
	Address     string         `json:"address,omitempty"` // its address, as netip.Addr writes it
	Port        int            `json:"port,omitempty"`    // of connections
	How         string         `json:"how"`               // one of the above
	Account     artifacts.User `json:"account,omitzero"`
	Target      artifacts.User `json:"target,omitzero"` // the account whose credentials were used, of 4648
	Process     string         `json:"process,omitempty"`
	CommandLine string         `json:"command_line,omitempty"` // of the first
	Count       int            `json:"count"`
	First       time.Time      `json:"first"`
	Last        time.Time      `json:"last"`
	FirstFrom   correlate.From `json:"first_from"`
	LastFrom    correlate.From `json:"last_from"`
}

// A Program is one path with one hash, as records and artefacts have them.
type Program struct {
	Path    string    `json:"path"`             // as command.Normal writes it; artefacts may name the volume in place of the drive
	Place   string    `json:"place,omitempty"`  // below the drive's root, as command.VolumePath writes it, which is alike whoever tells
	Name    string    `json:"name"`             // its last component, lower case
	SHA256  string    `json:"sha256,omitempty"` // lower case, as recorded
	SHA1    string    `json:"sha1,omitempty"`   // lower case, as recorded; Amcache's is of at most the first 31,457,280 bytes
	Signer  string    `json:"signer,omitempty"` // that a record or the file itself tells
	Sources []string  `json:"sources"`          // "Sysmon 1", "Security 4688", "Amcache"
	Starts  int64     `json:"starts,omitempty"` // recorded starts; at least so many
	First   time.Time `json:"first,omitzero"`   // the first time that it is told of
	Last    time.Time `json:"last,omitzero"`
}

// A Log is one event log of the evidence.
type Log struct {
	Source   string    `json:"source"`
	Volume   string    `json:"volume,omitempty"`
	Path     string    `json:"path"`
	Hosts    []string  `json:"hosts"`    // that its records name, as recorded; those of decoded records only
	Channels []string  `json:"channels"` // likewise
	Read     bool      `json:"read"`     // it could be opened
	From     time.Time `json:"from,omitzero"`
	To       time.Time `json:"to,omitzero"`
	Records  int64     `json:"records"`
}

// Usable says what the host's logs could tell at all.
type Usable struct {
	ProcessStarts Reach `json:"process_starts"` // Security 4688 or Sysmon 1
	CommandLines  Reach `json:"command_lines"`  // those with a command line
	Logons        Reach `json:"logons"`         // Security 4624
}

// A Reach is how many records of a kind there are, and over which time.
type Reach struct {
	Told    bool      `json:"told"` // there is at least one
	Records int64     `json:"records"`
	From    time.Time `json:"from,omitzero"` // of the first and the last record of the kind
	To      time.Time `json:"to,omitzero"`
	Because string    `json:"because"`
}

// Omitted counts what lies beyond the bounds.
type Omitted struct {
	Hosts     int   `json:"hosts,omitempty"`
	Names     int   `json:"names,omitempty"`
	Addresses int   `json:"addresses,omitempty"`
	Accounts  int   `json:"accounts,omitempty"`
	Mounts    int   `json:"mounts,omitempty"`
	Logons    int64 `json:"logons,omitempty"`   // records, of groups that are not listed
	Outgoing  int64 `json:"outgoing,omitempty"` // records
	Programs  int64 `json:"programs,omitempty"`
	Logs      int   `json:"logs,omitempty"`
}

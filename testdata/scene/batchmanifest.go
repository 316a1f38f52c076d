package scene

import "time"

// A BatchManifest says what WriteBatch planted: the expectation of tests. All
// times are UTC; a host is its NetBIOS name, an account is DOMAIN\name, and
// every list is sorted as it is documented.
type BatchManifest struct {
	Collections []BatchCollection `json:"collections"` // all inputs, by File
	Sidecars    []string          `json:"sidecars"`    // what lies in the folder and is no input, "/"-separated, sorted
	Acts        []BatchAct        `json:"acts"`        // in order of time
	Links       []BatchLink       `json:"links"`
	Programs    []BatchProgram    `json:"programs"`
	Exposed     []BatchExposed    `json:"exposed"` // by account
	Foreign     []BatchForeign    `json:"foreign"` // by path
	Remote      []BatchRemote     `json:"remote"`
	Logons      []BatchLogon      `json:"logons"`   // after the dump, in order of time
	Ordinary    []BatchLogon      `json:"ordinary"` // some of the logons that look like those and are none, in order of time
	NoLogs      []BatchNoLogs     `json:"no_logs"`  // by Host
	Failures    []BatchFailure    `json:"failures"` // by File
	Duplicates  []BatchDuplicate  `json:"duplicates"`
	DataDisks   []BatchDataDisk   `json:"data_disks"`
}

// A BatchCollection is one input: a zip, a folder or an image.
type BatchCollection struct {
	File      string   `json:"file"`                // name in the batch's folder
	Collector string   `json:"collector,omitempty"` // as the program names it; "" of images and of what is no collection
	Folder    bool     `json:"folder,omitempty"`    // unpacked
	Host      string   `json:"host,omitempty"`      // "" where the input says none
	SID       string   `json:"machine_sid,omitempty"`
	Addresses []string `json:"addresses,omitempty"` // of the host
	Members   int      `json:"members"`             // files of the collection, 0 of images
	Raw       int64    `json:"raw"`                 // their bytes
	Exports   []Plant  `json:"exports,omitempty"`   // copies of hives in it, by path; State is always "live"
}

// A BatchAct is what was done to hives on one host by one actor.
type BatchAct struct {
	Host      string    `json:"host"`             // whose hives were saved, or that copies of other hosts' were put on
	Staged    bool      `json:"staged,omitempty"` // those were
	At        time.Time `json:"at"`               // of the first command, or of the first access where there is none
	Last      time.Time `json:"last"`             // of the last
	Technique string    `json:"technique"`
	Actor     string    `json:"actor"`
	Source    string    `json:"source,omitempty"`      // address that the actor's session came from
	From      string    `json:"from,omitempty"`        // the host of the batch that has this address
	Tool      string    `json:"tool,omitempty"`        // the program's path
	Hash      string    `json:"tool_sha256,omitempty"` // its SHA-256, lower-case hex, as Sysmon noted it
	Hives     []string  `json:"hives"`
	Outputs   []string  `json:"outputs,omitempty"` // Windows paths that the copies were written to, in order
	Explained bool      `json:"explained,omitempty"`
	Group     int       `json:"group"` // acts of one group belong together; 0 is that of no group
}

// A BatchLink is a reason to put the acts of several hosts together.
type BatchLink struct {
	Kind  string   `json:"kind"`  // "actor", "tool", "source", "output", "remote", "copies"
	Value string   `json:"value"` // the account, SHA-256, address, folder and extension, target, or the host that the copies are of
	Hosts []string `json:"hosts"` // on which acts were recorded that share it, sorted; of "source" those that were reached from it
}

// A BatchProgram is a program that is rare in the batch, by its digest in
// Sysmon's records of processes.
type BatchProgram struct {
	SHA256 string   `json:"sha256"`
	Path   string   `json:"path"`
	Hosts  []string `json:"hosts"` // on which it ran, sorted
}

// A BatchExposed is an account that copies of hives gave away.
type BatchExposed struct {
	Account string   `json:"account"`       // DOMAIN\name; of a local one the name alone
	SID     string   `json:"sid,omitempty"` // of a domain account; what hives alone tell is often no more
	Kind    string   `json:"kind"`          // "local" (SAM), "domain" (cached logon), "service" (secret), "computer"
	Hosts   []string `json:"hosts"`         // whose hives gave it away, sorted
	// Same are the hosts of the batch that can be read whole, have a local
	// account of the same name and gave nothing away, sorted: a lead and no
	// more.
	Same []string `json:"same,omitempty"`
}

// A BatchForeign is a copy of another host's hive.
type BatchForeign struct {
	On     string `json:"on"` // the host that has the copy
	Path   string `json:"path"`
	Hive   string `json:"hive"`
	SHA256 string `json:"sha256"`
	From   string `json:"from"`     // the host it was taken from
	SID    string `json:"from_sid"` // its machine SID
	// Twin is the path on From of the same bytes; "" where From is not in the
	// batch or kept none.
	Twin    string `json:"twin,omitempty"`
	InBatch bool   `json:"in_batch"`
}

// A BatchRemote is an act whose two ends lie on two hosts.
type BatchRemote struct {
	From    string    `json:"from"`    // the host that the command ran on
	Address string    `json:"address"` // of From, as To saw it
	To      string    `json:"to"`
	Actor   string    `json:"actor"`
	At      time.Time `json:"at"`      // of the command on From
	Arrived time.Time `json:"arrived"` // of the logon (4624) on To
	Opened  time.Time `json:"opened"`  // of winreg (5145) on To
	Command string    `json:"command"` // the command line on From
	Hives   []string  `json:"hives"`   // that the commands name
	Told    []string  `json:"told"`    // that a triage of To alone tells of: those that such tools take
}

// A BatchLogon is the use of an account.
type BatchLogon struct {
	Account string    `json:"account"`
	To      string    `json:"to"`
	Address string    `json:"address"`        // that it came from
	From    string    `json:"from,omitempty"` // the host with this address
	Type    uint32    `json:"type"`
	At      time.Time `json:"at"`
	Why     string    `json:"why"` // why it counts, or why it does not
}

// A BatchNoLogs is a host whose logs cannot tell of the acts.
type BatchNoLogs struct {
	Host string `json:"host"`
	Why  string `json:"why"` // "absent", "begins after the acts", "cleared"
	// Begins is the time of the first record of its Security log; zero where
	// there is none.
	Begins time.Time `json:"begins,omitzero"`
}

// A BatchFailure is an input that cannot be read in whole.
type BatchFailure struct {
	File string `json:"file"`
	Kind string `json:"kind"`           // "cut", "directory", "flipped", "encrypted", "bomb", "empty", "empty folder"
	Host string `json:"host,omitempty"` // that can be read from it all the same
	// Member is the end of the name of the file in it that is damaged, where it
	// is one.
	Member string `json:"member,omitempty"`
}

// A BatchDuplicate is a host that was collected twice.
type BatchDuplicate struct {
	Host  string   `json:"host"`
	Files []string `json:"files"` // in the order in which they were collected
}

// A BatchDataDisk is a host of several disks.
type BatchDataDisk struct {
	Host   string `json:"host"`
	System string `json:"system"` // image of the disk with Windows
	Data   string `json:"data"`   // image of the other one
	Letter string `json:"letter"` // that Windows gave the volume on it, "D:"
	// Signature is the disk's signature in its MBR, by which MountedDevices of
	// the system's SYSTEM names it.
	Signature uint32 `json:"signature"`
}

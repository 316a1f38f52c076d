// Package program holds what is known of the files of programs around an act,
// and says what is odd about them. It opens nothing.
package program

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"hivetriage/artifacts"
	"hivetriage/triage/correlate"
)

// NotFound is the state of a program whose file is not in the evidence.
const NotFound = "not found on this evidence"

// An Executable is a program that records name, and its file as far as the
// evidence has it.
type Executable struct {
	Path    string             `json:"path"`            // as records name it
	State   string             `json:"state"`           // of the file: "live", "deleted", "overwritten", "snapshot", or NotFound
	At      *artifacts.Locator `json:"at,omitempty"`    // the file
	Acts    []string           `json:"acts"`            // ids
	Starts  int64              `json:"starts"`          // process starts of this path in the logs of the evidence
	First   time.Time          `json:"first,omitzero"`  // the first of them
	Last    time.Time          `json:"last,omitzero"`   // and the last
	Seen    []Seen             `json:"seen,omitempty"`  // other artefacts that know the program, the earliest of each kind
	Times   artifacts.Times    `json:"times,omitzero"`  // of the file, SI
	Owner   string             `json:"owner,omitempty"` // SID
	Size    int64              `json:"size,omitempty"`
	SHA256  string             `json:"sha256,omitempty"`
	SHA1    string             `json:"sha1,omitempty"`
	Same    []string           `json:"same_bytes_as,omitempty"` // paths of others in this list
	Machine string             `json:"machine,omitempty"`       // "x64", ...; "" of a file that is no portable executable

	Compiled     time.Time  `json:"compiled,omitzero"`
	Reproducible bool       `json:"reproducible,omitempty"` // the compile time is a hash
	Original     string     `json:"original_file_name,omitempty"`
	Description  string     `json:"description,omitempty"`
	Company      string     `json:"company,omitempty"`
	Version      string     `json:"version,omitempty"`
	Signature    *Signature `json:"signature,omitempty"` // absent where the file was not read
	Zone         *Zone      `json:"zone,omitempty"`      // mark of the web
	Notes        []string   `json:"notes,omitempty"`     // what is odd about it
	Problem      string     `json:"problem,omitempty"`   // why not all could be read
}

// A Signature is the verdict on a program's Authenticode signature, checked
// offline: revocation is never known.
type Signature struct {
	State     string    `json:"state"` // "valid", "untrusted root", "self-signed", "expired", "wrong purpose", "tampered", "malformed", "unsigned"
	Signer    string    `json:"signer,omitempty"`
	Issuer    string    `json:"issuer,omitempty"`
	Root      string    `json:"root,omitempty"`
	SHA1      string    `json:"thumbprint,omitempty"` // of the signer's certificate
	Time      time.Time `json:"time,omitzero"`        // of signing
	Proven    bool      `json:"time_proven,omitempty"`
	Microsoft bool      `json:"microsoft,omitempty"` // Windows' own: the signer and the root are Microsoft's
	Catalog   string    `json:"catalog,omitempty"`   // place of the catalog that lists the file
	Because   []string  `json:"because"`
}

// Holds reports whether the signature is valid.
func (s *Signature) Holds() bool { return s != nil && s.State == "valid" }

// A Seen is when another artefact first knew of a program.
type Seen struct {
	Artefact string    `json:"artefact"`
	Time     time.Time `json:"time"`
	Means    string    `json:"means"`
	Path     string    `json:"path"` // of the artefact
}

// A Zone is the mark of the web: where a file came from.
type Zone struct {
	ID       string `json:"id"` // 3: the Internet, 4: restricted sites
	Host     string `json:"host_url,omitempty"`
	Referrer string `json:"referrer_url,omitempty"`
}

// windows are the folders of programs that Windows brings.
var windows = []string{`\windows\system32\`, `\windows\syswow64\`, `\windows\`}

// Judge fills Notes with what is odd about a program. catalogs is how many
// catalogs of the evidence were searched for it.
func (e *Executable) Judge(catalogs int) {
	e.Notes = correlate.OutOfPlace(artifacts.Process{Executable: e.Path, OriginalFileName: e.Original})
	add := func(format string, args ...any) { e.Notes = append(e.Notes, fmt.Sprintf(format, args...)) }
	lower := strings.ToLower(e.Path)
	if _, below, ok := strings.Cut(lower, ":"); ok {
		lower = below
	}
	own := slices.ContainsFunc(windows, func(w string) bool { return strings.HasPrefix(lower, w) && !strings.Contains(lower[len(w):], `\`) })
	name := func(path string) string { return strings.ToLower(path[strings.LastIndexAny(path, `\/`)+1:]) }
	for _, other := range e.Same {
		if name(other) != name(e.Path) {
			add("it has the same bytes as %s: one of the two was renamed", other)
		}
	}
	switch s := e.Signature; {
	case s == nil:
	case s.State == "tampered":
		add("its signature does not fit the file: the file was changed after it was signed")
	case s.State == "unsigned" && e.Machine == "", s.State == "unsigned" && own && catalogs == 0:
	case s.State == "unsigned" && own:
		add("it is not signed, by itself or by one of %d catalogs in the evidence, though it lies where Windows' own programs do", catalogs)
	case s.State == "unsigned":
		add("it is not signed")
	case s.State != "valid":
		add("its signature is not valid: %s", s.State)
	case own && !s.Microsoft && !strings.Contains(strings.ToLower(s.Signer), "microsoft"):
		add("it lies where Windows' own programs do and is signed by %s", s.Signer)
	}
	if e.Zone != nil && e.Zone.ID >= "3" {
		from := e.Zone.Host
		if from == "" {
			from = "an unnamed address"
		}
		add("it was downloaded from the Internet: %s", from)
	}
	switch e.State {
	case "deleted", "overwritten":
		add("its file was deleted")
	case "snapshot":
		add("its file is only in a volume shadow copy")
	}
	if !e.Times.Created.IsZero() && !e.Compiled.IsZero() && e.Compiled.After(e.Times.Created) {
		add("it was compiled, as its header says, after its file was created")
	}
}

// Renamed reports whether the version resource says that the program is
// another than its name says.
func (e *Executable) Renamed() bool {
	name := e.Path[strings.LastIndexAny(e.Path, `\/`)+1:]
	original := strings.TrimSuffix(strings.ToLower(e.Original), ".mui")
	return original != "" && !strings.EqualFold(name, original) && !strings.EqualFold(strings.TrimSuffix(strings.ToLower(name), ".exe"), strings.TrimSuffix(original, ".exe"))
}

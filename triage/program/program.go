// Package program holds what is known of the files of programs around an act,
// and says what is odd about them. It opens nothing.
package program

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"hivetriage/artifacts"
	"hivetriage/triage/command"
	"hivetriage/triage/correlate"
)

// NotFound is the state of a program whose file is not in the evidence.
const NotFound = "not found on this evidence"

// An Executable is a program that records name, and its file as far as the
// evidence has it.
type Executable struct {
	Path   string             `json:"path"`           // as records name it
	Host   string             `json:"host,omitempty"` // that it ran on, as records name it
	State  string             `json:"state"`          // of the file: "live", "deleted", "overwritten", "snapshot", or NotFound
	At     *artifacts.Locator `json:"at,omitempty"`   // the file
	Acts   []string           `json:"acts"`           // ids
	Starts int64              `json:"starts"`         // process starts of this path in the logs of the evidence
	First  time.Time          `json:"first,omitzero"` // the first of them
	Last   time.Time          `json:"last,omitzero"`  // and the last
	Days   int                `json:"days,omitempty"` // in UTC on which it started, as far as the times of its starts are kept
	Seen   []Seen             `json:"seen,omitempty"` // other artefacts that know the program, the earliest of each kind
	// Prevalence is on how many hosts the same program is known; absent where
	// one host alone was asked.
	Prevalence *Prevalence `json:"prevalence,omitempty"`

	Times   artifacts.Times `json:"times,omitzero"`  // of the file, SI
	Owner   string          `json:"owner,omitempty"` // SID
	Size    int64           `json:"size,omitempty"`
	SHA256  string          `json:"sha256,omitempty"`
	SHA1    string          `json:"sha1,omitempty"`
	Same    []string        `json:"same_bytes_as,omitempty"` // paths of others in this list
	Machine string          `json:"machine,omitempty"`       // "x64", ...; "" of a file that is no portable executable

	Compiled     time.Time  `json:"compiled,omitzero"`
	Reproducible bool       `json:"reproducible,omitempty"` // the compile time is a hash
	Original     string     `json:"original_file_name,omitempty"`
	Description  string     `json:"description,omitempty"`
	Company      string     `json:"company,omitempty"`
	Version      string     `json:"version,omitempty"`
	Signature    *Signature `json:"signature,omitempty"`  // absent where the file was not read
	Zone         *Zone      `json:"zone,omitempty"`       // mark of the web
	Notes        []string   `json:"notes,omitempty"`      // what is odd about it
	Problem      string     `json:"problem,omitempty"`    // why not all could be read
	Unreliable   string     `json:"unreliable,omitempty"` // why the content, and all that is told from it, may not be what the file held
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

// A Prevalence is on how many of a batch's hosts a program is known.
type Prevalence struct {
	Hosts int    `json:"hosts"` // that know it, this one among them
	Of    int    `json:"of"`    // that were asked
	By    string `json:"by"`    // what makes it the same program: "SHA-256", "SHA-1" or "path"
}

// Text tells it in a few words.
func (p *Prevalence) Text() string {
	return fmt.Sprintf("known on %d of %d hosts, by its %s", p.Hosts, p.Of, p.By)
}

// A Zone is the mark of the web: where a file came from.
type Zone struct {
	ID       string `json:"id"` // 3: the Internet, 4: restricted sites
	Host     string `json:"host_url,omitempty"`
	Referrer string `json:"referrer_url,omitempty"`
}

// OfFile reports whether the time is one of the file's own, which artefacts
// keep beside what they know: it does not tell when they learnt of it.
func (s *Seen) OfFile() bool {
	for _, word := range []string{"modified", "created", "accessed", "written, when", "linked", "compiled"} {
		if strings.Contains(s.Means, word) {
			return true
		}
	}
	return false
}

// own are the folders, below a drive's root, of the programs that Windows
// brings.
var own = []string{"/windows/", "/windows/system32/", "/windows/syswow64/", "/windows/system32/wbem/", "/windows/syswow64/wbem/",
	"/windows/system32/windowspowershell/v1.0/", "/windows/syswow64/windowspowershell/v1.0/"}

// Judge fills Notes with what is odd about a program. catalogs is how many
// catalogs of its computer were searched for it. What is told from content
// that need not be the file's is not judged.
func (e *Executable) Judge(catalogs int) {
	reliable := e.Unreliable == ""
	original := e.Original
	if !reliable {
		original = ""
	}
	e.Notes = correlate.OutOfPlace(artifacts.Process{Executable: e.Path, OriginalFileName: original})
	add := func(format string, args ...any) { e.Notes = append(e.Notes, fmt.Sprintf(format, args...)) }
	if reliable {
		e.judgeContent(catalogs, add)
	}
	if e.Zone != nil && e.Zone.ID >= "3" {
		from := e.Zone.Host
		if from == "" {
			from = "an unnamed address"
		}
		add("it was downloaded from the Internet: %s", from)
	}
	switch {
	case !reliable && e.SHA256 != "":
		add("its file was %s, and what was read need not be what ran: %s", past(e.State), e.Unreliable)
	case e.State == "deleted", e.State == "overwritten":
		add("its file was deleted")
	case e.State == "snapshot":
		add("its file is only in a volume shadow copy")
	}
	changed := e.Times.Modified
	if e.Times.Created.After(changed) {
		changed = e.Times.Created
	}
	if e.State == "live" && !e.Last.IsZero() && changed.After(e.Last) && !e.Times.Created.IsZero() {
		add("its file was written at %s, after the program's last start in the logs: it need not be what ran", changed.UTC().Format(time.RFC3339))
	}
	if reliable && !e.Times.Created.IsZero() && e.Compiled.After(changed) {
		add("it was compiled, as its header says, after its file was created and last written")
	}
}

// past says what became of a file.
func past(state string) string {
	if state == "live" || state == "snapshot" {
		return "not read as it was"
	}
	return "deleted"
}

// judgeContent says what is odd about the bytes of a program's file.
func (e *Executable) judgeContent(catalogs int, add func(format string, args ...any)) {
	for _, other := range e.Same {
		switch {
		case command.Base(other) == command.Base(e.Path):
		case e.Original != "" && !e.Renamed():
			add("the same bytes lie under another name: %s", other)
		default:
			add("it has the same bytes as %s: one of the two was renamed", other)
		}
	}
	relative, _ := command.VolumePath(e.Path)
	inWindows := strings.HasPrefix(relative, "/windows/")
	home := slices.Contains(own, relative[:strings.LastIndexByte(relative, '/')+1])
	switch s := e.Signature; {
	case s == nil, s.State == "unsigned" && e.Machine == "":
	case s.State == "tampered":
		add("its signature does not fit the file: the file was changed after it was signed")
	case s.State == "unsigned" && inWindows && catalogs == 0: // Windows signs most of its programs by catalogs
	case s.State == "unsigned" && home:
		add("it is not signed, by itself or by one of the catalogs in the evidence (%d), though it lies where Windows' own programs do", catalogs)
	case s.State == "unsigned" && catalogs == 0:
		add("it carries no signature, and there are no catalogs in the evidence that could list it")
	case s.State == "unsigned":
		add("it is not signed, by itself or by one of the catalogs in the evidence (%d)", catalogs)
	case s.State != "valid":
		add("its signature is not valid: %s", s.State)
	case home && !s.Microsoft && !strings.Contains(strings.ToLower(s.Signer), "microsoft"):
		add("it lies where Windows' own programs do and is signed by %s", s.Signer)
	}
}

// Renamed reports whether the version resource says that the program is
// another than its name says.
func (e *Executable) Renamed() bool {
	return correlate.Renamed(e.Path[strings.LastIndexAny(e.Path, `\/:`)+1:], e.Original)
}

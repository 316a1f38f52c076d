// Package destination says what a place tells of where a copy of a hive went:
// whether it left the host, lies where others can fetch it, is on a medium that
// can be carried away, or was put aside for later. It judges names and facts
// that artefacts gave, and opens nothing.
package destination

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"hivetriage/triage/command"
	"hivetriage/triage/locate"
)

// A Reach is how far a copy came. The zero value means that its place tells
// nothing of it.
type Reach string

const (
	Left      Reach = "left the host"          // it was written to, or fetched by, another computer
	Reachable Reach = "reachable from outside" // others can fetch it, or a program carries it away by itself
	Removable Reach = "on removable media"     // whoever has the medium has the copy
	Staged    Reach = "staged"                 // it lies where intruders put things aside for later, or it is packed
)

// reaches are in order, the farthest first.
var reaches = []Reach{Left, Reachable, Removable, Staged, ""}

// Compare orders reaches, the farthest first.
func Compare(a, b Reach) int { return slices.Index(reaches, a) - slices.Index(reaches, b) }

// A Place is where a copy lies or was sent.
type Place struct {
	Path   string // on Windows (`C:\x`, `\\host\share\x`), or inside a volume ("/Users/x"), without a stream
	Stream string // of an alternate data stream
	Member string // inside an archive that lies at Path
	Medium string // why the volume that holds it can be carried away; "" where nothing says so
	Lies   string // how the copy is there: Lay, Told; "" where it lies there now
	Reads  []Read // over shares of the host
}

// How a copy that does not lie at a place is told of.
const (
	Lay  = "lay"        // it did, and was deleted or moved away
	Told = "is told of" // a record says so, and it is not found there
)

// A Read is what a record tells of somebody asking for the copy over a share.
type Read struct {
	From    string // address
	Record  string // which record tells it
	Certain bool   // it was fetched; otherwise only asked for
	Wrote   bool   // it was opened to be written: the copy was brought here
}

// Known is what the evidence tells of the places of a host beyond their names.
type Known struct {
	Names  []string // of the host
	Synced []Folder // kept in step with a service in the cloud
	Shared []Folder // shared over the network
	Drives []Drive
}

// A Folder is known for what is done with it.
type Folder struct {
	Path    string // on Windows, "C:\Users\eve\OneDrive"
	Name    string // of the service ("OneDrive"), or of the share
	Because string // where that is told
}

// A Drive is what a letter stood for, where that was no fixed disk.
type Drive struct {
	Letter  string // "E"
	Medium  string // why it can be carried away
	Share   string // the share that it was mapped to, `\\host\share`
	Because string
}

// A Verdict is what a place tells.
type Verdict struct {
	Reach  Reach
	Rows   []string // ids in Table, what reaches farthest first
	Why    string   // sentences, what reaches farthest first
	Attack []string // ATT&CK technique ids
	Server string   // that the place which reaches farthest is on, as its path names it; "" where that is none
}

// A match is a row that fits, why in words, and the server that it is about.
type match struct {
	row    *Row
	why    string
	server string
}

// maxMapped bounds how often a path is led on: a drive to a share, a share of
// the host itself to its folder.
const maxMapped = 4

// Judge says what a place tells of a copy.
func Judge(p Place, k *Known) Verdict {
	if k == nil {
		k = &Known{}
	}
	j := judging{place: p, known: k}
	j.path(p.Path, maxMapped)
	j.medium()
	j.reads()
	if p.Member != "" {
		j.add("archive", j.lies("the archive "+p.Path))
	}
	if p.Stream != "" {
		j.add("stream", fmt.Sprintf("it is the stream %q of another file", p.Stream))
	}
	return j.verdict()
}

type judging struct {
	place Place
	known *Known
	found []match
}

// lies says that the copy is in a folder, was, or should be.
func (j *judging) lies(in string) string {
	switch j.place.Lies {
	case Lay:
		return "it lay in " + in
	case Told:
		return "a record places it in " + in
	}
	return "it lies in " + in
}

func (j *judging) add(id, why string) { j.addOf(id, why, "") }

func (j *judging) addOf(id, why, server string) {
	if !slices.ContainsFunc(j.found, func(m match) bool { return m.row.ID == id }) {
		row, _ := ByID(id)
		j.found = append(j.found, match{row, why, server})
	}
}

func (j *judging) verdict() (v Verdict) {
	slices.SortStableFunc(j.found, func(a, b match) int { return Compare(a.row.Reach, b.row.Reach) })
	var why []string
	for i, m := range j.found {
		if i == 0 {
			v.Reach, v.Server = m.row.Reach, m.server
		}
		v.Rows = append(v.Rows, m.row.ID)
		why = append(why, m.why+": "+m.row.Means)
		v.Attack = append(v.Attack, m.row.Attack...)
	}
	slices.Sort(v.Attack)
	v.Attack = slices.Compact(v.Attack)
	v.Why = strings.Join(why, "; ")
	return v
}

// path judges a path by what is known of it, then by its names.
func (j *judging) path(path string, left int) {
	if left == 0 {
		return
	}
	if host, share, below, ok := cutUNC(path); ok {
		j.network(host, share, below, left)
		return
	}
	readings, drive := readingsOf(path)
	j.folders(j.known.Synced, readings, drive, func(f Folder) (string, string) {
		return rowOf(f.Name), fmt.Sprintf("%s, which %s keeps in step with the cloud (%s)", j.lies(f.Path), f.Name, f.Because)
	})
	j.folders(j.known.Shared, readings, drive, func(f Folder) (string, string) {
		return "share", fmt.Sprintf("%s, which the host shares as %s (%s)", j.lies(f.Path), f.Name, f.Because)
	})
	j.drives(drive, path, left)
	for i := range Table {
		for _, pattern := range Table[i].Places {
			if at, ok := below(pattern, readings, path); ok {
				j.add(Table[i].ID, j.lies(at))
				break
			}
		}
	}
}

// folders finds the place below folders that something is known of.
func (j *judging) folders(known []Folder, readings []string, drive string, say func(Folder) (id, why string)) {
	for _, f := range known {
		folder, letter := command.VolumePath(f.Path)
		if folder = strings.TrimSuffix(folder, "/"); letter == "" || drive != "" && letter != drive {
			continue
		}
		if !slices.ContainsFunc(readings, func(r string) bool { return strings.HasPrefix(r, folder+"/") }) {
			continue
		}
		id, why := say(f)
		if drive == "" && letter != "c" {
			why += "; the letter of the volume that it is on is not known"
		}
		j.add(id, why)
	}
}

// drives judges by what the letter of the path stood for.
func (j *judging) drives(drive, path string, left int) {
	if drive == "" {
		return
	}
	for _, d := range j.known.Drives {
		if !strings.EqualFold(d.Letter, drive) {
			continue
		}
		letter := strings.ToUpper(drive) + ":"
		switch {
		case d.Medium != "":
			j.add("removable", fmt.Sprintf("%s was %s (%s)", letter, d.Medium, d.Because))
		case d.Share != "":
			n := len(j.found)
			j.path(strings.TrimRight(d.Share, `\`)+path[2:], left-1)
			for i := n; i < len(j.found); i++ {
				j.found[i].why = fmt.Sprintf("%s was mapped to %s (%s), and %s", letter, d.Share, d.Because, j.found[i].why)
			}
		}
	}
}

func (j *judging) medium() {
	if j.place.Medium != "" {
		j.add("removable", j.place.Medium)
	}
}

// reads tells who asked for the copy over a share.
func (j *judging) reads() {
	for _, certain := range []bool{true, false} {
		for _, r := range j.place.Reads {
			if r.Certain != certain || isLoopback(r.From) {
				continue
			}
			if r.Wrote {
				j.add("brought", fmt.Sprintf("it was written over a share from %s (%s)", r.From, r.Record))
			} else if certain {
				j.add("fetched", fmt.Sprintf("it was fetched over a share from %s (%s)", r.From, r.Record))
			} else {
				j.add("asked", fmt.Sprintf("it was asked for over a share from %s (%s)", r.From, r.Record))
			}
		}
	}
}

// network judges a path on a server.
func (j *judging) network(host, share, rest string, left int) {
	name, web, _ := strings.Cut(host, "@")
	target := `\\` + host + `\` + share
	switch {
	case strings.EqualFold(name, "tsclient"):
		j.add("tsclient", "it was written to "+target)
	case web != "" || strings.EqualFold(share, "DavWWWRoot"):
		j.addOf("webdav", "it was written to "+target, name)
	case !j.own(name):
		j.addOf("unc", "it was written to "+target, name)
	case len(share) == 2 && share[1] == '$': // an administrative share of the host itself
		j.path(share[:1]+`:`+rest, left-1)
	case strings.EqualFold(share, "ADMIN$"):
		j.path(`C:\Windows`+rest, left-1)
	default:
		j.add("ownshare", "it was written to "+target)
		for _, f := range j.known.Shared {
			if strings.EqualFold(f.Name, share) {
				j.path(strings.TrimRight(f.Path, `\`)+rest, left-1)
			}
		}
	}
}

// own reports whether a server's name is the host's own. "*" is how records
// of shares name the host that wrote them.
func (j *judging) own(name string) bool {
	if isLoopback(name) || strings.EqualFold(name, "localhost") || name == "." || name == "*" {
		return true
	}
	short, _, _ := strings.Cut(name, ".")
	return slices.ContainsFunc(j.known.Names, func(known string) bool {
		of, _, _ := strings.Cut(known, ".")
		return strings.EqualFold(name, known) || strings.EqualFold(short, of) && strings.Trim(short, "0123456789") != ""
	})
}

func isLoopback(address string) bool {
	return strings.HasPrefix(address, "127.") || address == "::1" || strings.HasPrefix(address, "::ffff:127.") || address == "0--1.ipv6-literal.net" || address == "" || address == "-"
}

// cutUNC takes a path on a server apart; below begins with a backslash.
func cutUNC(path string) (host, share, below string, ok bool) {
	path = strings.ReplaceAll(path, "/", `\`)
	switch lower := strings.ToLower(path); {
	case strings.HasPrefix(lower, `\\?\unc\`), strings.HasPrefix(lower, `\\.\unc\`), strings.HasPrefix(lower, `\??\unc\`):
		path = path[len(`\\?\unc`):]
	case !strings.HasPrefix(path, `\\`), strings.HasPrefix(path, `\\?\`), strings.HasPrefix(path, `\\.\`):
		return "", "", "", false
	default:
		path = `\` + strings.TrimLeft(path, `\`)
	}
	host, rest, _ := strings.Cut(path[1:], `\`)
	share, below, _ = strings.Cut(rest, `\`)
	return host, share, `\` + below, host != "" && share != ""
}

// readingsOf lists a path below its drive's root, in lower case with "/": as
// it is, and below every folder that stands for a drive in collected evidence.
// drive is its letter in lower case, "" where the path has none.
func readingsOf(path string) (readings []string, drive string) {
	relative, drive := command.VolumePath(path)
	if relative == "" {
		relative = strings.ToLower(strings.ReplaceAll(path, `\`, "/"))
	}
	readings = []string{relative}
	if drive != "" {
		return readings, drive
	}
	for i := range relative {
		if i > 0 && relative[i] == '/' && locate.DriveRoot(relative[:i]) {
			readings = append(readings, relative[i:])
		}
	}
	return readings, drive
}

// rowOf returns the row of a service by the name that artefacts give it.
func rowOf(service string) string {
	key := strings.ToLower(strings.ReplaceAll(service, " ", ""))
	if row, ok := ByID(key); ok {
		return row.ID
	}
	return cmp.Or(map[string]string{"megasync": "mega"}[key], "synced")
}

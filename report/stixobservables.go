package report

import (
	"strings"
	"time"

	"hivetriage/artifacts"
	"hivetriage/triage/correlate"
	"hivetriage/triage/expose"
	"hivetriage/triage/locate"
)

// export adds the file of an export and what it is a copy of.
func (b *bundle) export(e *locate.Export) {
	path := e.At.Path
	if e.At.Member != "" {
		path = "/" + strings.TrimPrefix(e.At.Member, "/")
	}
	o := b.fileObject(path)
	hashes := stixObject{"SHA-256": e.SHA256}
	switch {
	case e.At.Stream != "": // size and digest are the stream's
		stream := stixObject{"name": e.At.Stream, "size": e.Size}
		if e.SHA256 != "" {
			stream["hashes"] = hashes
		}
		o["extensions"] = stixObject{"ntfs-ext": stixObject{"alternate_data_streams": []stixObject{stream}}}
	case e.State == locate.StateReported && e.Size == 0:
	default:
		o["size"] = e.Size
		if e.SHA256 != "" {
			o["hashes"] = hashes
		}
	}
	if e.Clock == "" {
		setTimes(o, e.Times.SI)
	}
	if o["name"] == "" && o["hashes"] == nil {
		o["name"] = e.Hive // carved: it has neither a name nor, read in part, a digest
	}
	id := b.observable(o, e.ID)
	b.files[e.ID] = id
	b.related(id, b.registryKey(e.Hive), "a copy of the hive, "+e.State+", hive of "+e.BelongsTo.Relation+"; taken by "+e.Provenance.Method)
}

// setTimes sets a file's times. STIX's ctime is the time of creation.
func setTimes(o stixObject, t artifacts.Times) {
	for name, t := range map[string]time.Time{"ctime": t.Created, "mtime": t.Modified, "atime": t.Accessed} {
		if t = normalTime(t); !t.IsZero() {
			o[name] = t.Format(stixTime)
		}
	}
}

// fileObject is a file by its path, with the directory that it is in.
func (b *bundle) fileObject(path string) stixObject {
	name := baseName(path)
	o := stixObject{"type": "file", "name": name}
	directory := path[:len(path)-len(name)]
	if trimmed := strings.TrimRight(directory, `\/`); trimmed != "" && !strings.HasSuffix(trimmed, ":") {
		directory = trimmed
	}
	if directory != "" {
		o["parent_directory_ref"] = b.once(directoryPath(directory), func() string { return b.observable(stixObject{"type": "directory", "path": directory}, "") })
	}
	return o
}

// file adds a file that a record names, of which at most a digest is known.
func (b *bundle) file(path, sha256 string) string {
	return b.once(namedFile{path, sha256}, func() string {
		o := b.fileObject(path)
		if sha256 != "" {
			o["hashes"] = stixObject{"SHA-256": sha256}
		}
		return b.observable(o, "")
	})
}

// Keys of bundle.made that are no type of the case.
type (
	directoryPath string
	registryHive  string
	namedFile     struct{ path, sha256 string }
)

// registryKey adds the key that a hive is of.
func (b *bundle) registryKey(hive string) string {
	return b.once(registryHive(hive), func() string {
		return b.observable(stixObject{"type": "windows-registry-key", "key": `HKEY_LOCAL_MACHINE\` + hive}, "")
	})
}

// record adds what a record tells of and returns the ids.
func (b *bundle) record(r *correlate.Record) (ids []string) {
	user := b.user(r.User)
	ids = append(ids, user, b.ip(r.Address))
	if r.Process != nil {
		ids = append(ids, b.process(r.Process, user, r.Time, r.ID))
	}
	for _, path := range []string{r.File, r.Destination} {
		if path != "" && baseName(path) != "" {
			ids = append(ids, b.file(path, ""))
		}
	}
	for _, hive := range r.Hives {
		ids = append(ids, b.registryKey(hive))
	}
	return ids
}

func (b *bundle) process(p *artifacts.Process, user string, started time.Time, record string) string {
	o := stixObject{"type": "process", "command_line": p.CommandLine, "cwd": p.WorkingDirectory, "creator_user_ref": user}
	if p.PID != 0 {
		o["pid"] = p.PID
	}
	if started = normalTime(started); !started.IsZero() {
		o["created_time"] = started.Format(stixTime)
	}
	if baseName(p.Executable) != "" {
		o["image_ref"] = b.file(p.Executable, hashesOf(p.Hashes)["hash.sha256"])
	}
	if p.Parent != nil {
		if parent := b.process(p.Parent, "", time.Time{}, record+" parent"); parent != "" {
			o["parent_ref"] = parent
		}
	}
	for _, name := range []string{"pid", "command_line", "image_ref"} {
		if v := o[name]; v != nil && v != "" {
			return b.observable(o, record)
		}
	}
	return ""
}

// user adds an account that acted, "" if nothing is known of it.
func (b *bundle) user(u artifacts.User) string {
	if account(u) == "" {
		return ""
	}
	return b.once(u, func() string {
		return b.observable(stixObject{"type": "user-account", "user_id": u.SID, "account_login": u.Name, "display_name": account(u)}, "")
	})
}

func (b *bundle) ip(text string) string {
	text = address(text)
	switch {
	case text == "":
		return ""
	case strings.Contains(text, ":"):
		return b.observable(stixObject{"type": "ipv6-addr", "value": text}, "")
	}
	return b.observable(stixObject{"type": "ipv4-addr", "value": text}, "")
}

// accountTypes are STIX's words for the kinds of exposed accounts, "" where an
// account may be either; the other kinds are no accounts by name.
var accountTypes = map[expose.Kind]string{
	expose.LocalAccount: "windows-local", expose.CachedLogon: "windows-domain", expose.MachineAccount: "windows-domain",
	expose.ServiceAccount: "", expose.AutoLogon: "",
}

// exposed adds an account whose credentials were copied: what it is and never
// what its credentials are.
func (b *bundle) exposed(x *expose.Row) {
	kind, isAccount := accountTypes[x.Kind]
	if !isAccount || x.Name == "" {
		return
	}
	o := stixObject{"type": "user-account", "account_type": kind, "user_id": x.SID, "account_login": x.Name, "display_name": x.Name}
	if x.Enabled != nil {
		o["is_disabled"] = !*x.Enabled
	}
	if x.Administrator != nil {
		o["is_privileged"] = *x.Administrator
	}
	for name, t := range map[string]time.Time{"credential_last_changed": x.PasswordLastSet, "account_last_login": x.LastLogon} {
		if t = normalTime(t); !t.IsZero() {
			o[name] = t.Format(stixTime)
		}
	}
	id := b.observable(o, "")
	if x.From != nil {
		b.related(b.files[x.From.Export], id, "exposed, recoverable: "+x.Recoverable+"; "+x.Because)
	}
}

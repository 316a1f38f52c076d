// Package transfers reads what programs that carry files elsewhere leave of
// where to: the remotes of rclone, the sites of WinSCP and FileZilla, the
// folders that Dropbox and OneDrive keep in step, and the drives that Windows
// installed.
//
// Only values that are named here are read: names, hosts, accounts' names,
// paths. Passwords, tokens and keys lie beside them in some of these files and
// are passed over; errors do not repeat what a file says.
//
// Format facts: rclone.org/docs (.ini, remotes as sections); WinSCP's
// "ini file" storage (sections Sessions\NAME and SshHostKeys, percent-encoded);
// FileZilla's recentservers.xml, sitemanager.xml and filezilla.xml (elements
// Server); Dropbox's info.json (help.dropbox.com, "Find the Dropbox folder
// paths"); OneDrive's settings\Personal\CID.ini (UTF-16, lines library... with
// quoted paths); setupapi.dev.log ("SetupAPI text logs" of the Windows driver
// documentation; times are local).
package transfers

import (
	"context"
	"io"
	"iter"
	"net/url"
	"path"
	"strings"

	"hivetriage/artifacts"
)

// What the traces call themselves (Artefact).
const (
	Rclone      = "rclone"
	WinSCP      = "WinSCP"
	FileZilla   = "FileZilla"
	Dropbox     = "Dropbox"
	OneDrive    = "OneDrive"
	MEGAsync    = "MEGAsync"
	GoogleDrive = "Google Drive"
	SetupAPI    = "SetupAPI"
)

const (
	maxLine  = 64 << 10 // bytes of a line that are kept
	maxText  = 1 << 10  // bytes of one value that are kept
	maxFile  = 16 << 20 // bytes of an XML file that are read
	maxJSON  = 256 << 10
	maxDepth = 64 // of XML elements: folders of sites can lie in each other
)

// A ReadFunc yields the traces of one file. Each says Connected: that the
// account has a connection to that place, drive or service; Details tells
// which ("Remote host", "Remote user", "Device"), Paths has the local folder
// where one is named.
type ReadFunc = func(ctx context.Context, r io.ReaderAt, size int64) iter.Seq2[artifacts.Trace, error]

// formats are tried in order with a path in lower case.
var formats = []struct {
	named func(folder, name string) bool
	read  ReadFunc
}{
	{func(_, name string) bool { return name == "rclone.conf" || name == ".rclone.conf" }, ReadRclone},
	{func(_, name string) bool { return name == "winscp.ini" }, ReadWinSCP},
	{func(folder, name string) bool {
		return name == "recentservers.xml" || name == "sitemanager.xml" || name == "filezilla.xml" && strings.Contains(folder, "filezilla")
	}, ReadFileZilla},
	{func(folder, name string) bool { return name == "info.json" && strings.HasSuffix(folder, "/dropbox/") }, ReadDropbox},
	{isOneDrive, ReadOneDrive},
	{func(folder, name string) bool { return name == "megasync.cfg" }, present(MEGAsync)},
	{func(folder, name string) bool {
		return name == "root_preference_sqlite.db" && strings.HasSuffix(folder, "/google/drivefs/")
	}, present(GoogleDrive)},
	{func(_, name string) bool {
		return strings.HasPrefix(name, "setupapi.dev.") && strings.HasSuffix(name, ".log")
	}, ReadSetupAPI},
}

// Reader returns the function that reads a file of that path, nil if it is
// none of these programs'.
func Reader(p string) ReadFunc {
	folder, name := path.Split(strings.ToLower(p))
	for _, f := range formats {
		if f.named(folder, name) {
			return f.read
		}
	}
	return nil
}

// Named reports whether there is a Reader for a file of that path.
func Named(p string) bool { return Reader(p) != nil }

// present tells of a program by a file of it that holds nothing to be read
// here: what is in it is enciphered or a database.
func present(artefact string) ReadFunc {
	return func(context.Context, io.ReaderAt, int64) iter.Seq2[artifacts.Trace, error] {
		return func(yield func(artifacts.Trace, error) bool) {
			yield(connection(artefact, -1, "", "Settings", "present; their content is not read"), nil)
		}
	}
}

// connection makes a trace with details, given as names and values in turn;
// those without a value are left out.
func connection(artefact string, offset int64, entry string, details ...string) artifacts.Trace {
	trace := artifacts.Trace{Artefact: artefact, Deed: artifacts.Connected, Offset: offset, Entry: bounded(entry)}
	for i := 0; i+1 < len(details); i += 2 {
		trace.AddDetail(details[i], bounded(details[i+1]))
	}
	return trace
}

func bounded(s string) string {
	if s = strings.TrimSpace(s); len(s) > maxText {
		return strings.ToValidUTF8(s[:maxText], "") + " …"
	}
	return s
}

// remoteHost takes from a host name or an address what may be shown: the name
// and password that an address can hold, and its query, are dropped.
func remoteHost(s string) string {
	s = strings.TrimSpace(s)
	if scheme, rest, ok := strings.Cut(s, "://"); ok {
		rest, _, _ = strings.Cut(rest, "?")
		rest, _, _ = strings.Cut(rest, "#")
		return bounded(scheme + "://" + rest[strings.LastIndexByte(rest, '@')+1:])
	}
	return bounded(s[strings.LastIndexByte(s, '@')+1:])
}

// remoteUser drops a password that was typed behind the name.
func remoteUser(s string) string {
	name, _, _ := strings.Cut(s, ":")
	return bounded(name)
}

// decoded undoes the percent-encoding of WinSCP, which marks UTF-8 with the
// three bytes of a byte order mark.
func decoded(s string) string {
	if plain, err := url.PathUnescape(s); err == nil {
		s = plain
	}
	return strings.ToValidUTF8(strings.TrimPrefix(s, "\uFEFF"), "\uFFFD")
}

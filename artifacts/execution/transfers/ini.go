package transfers

import (
	"context"
	"io"
	"iter"
	"path"
	"strings"

	"hivetriage/artifacts"
	"hivetriage/artifacts/internal/windows"
)

// A section is one of an .ini file, with those of its values that are wanted.
type section struct {
	name   string
	offset int64
	values map[string]string // by key in lower case
}

// sections yields those of an .ini file; keys are the ones whose values are
// kept, in lower case. Comments begin with ; or #.
func sections(ctx context.Context, r io.ReaderAt, size int64, keys ...string) iter.Seq2[section, error] {
	return func(yield func(section, error) bool) {
		var open *section
		for line, err := range windows.Lines(ctx, r, size, maxLine) {
			if err != nil {
				if open == nil || yield(*open, nil) {
					yield(section{}, artifacts.NewProblem(artifacts.IO, line.Offset, "reading a line: %w", err))
				}
				return
			}
			text := strings.TrimSpace(line.Text)
			if name, ok := strings.CutPrefix(text, "["); ok && strings.HasSuffix(name, "]") {
				if open != nil && !yield(*open, nil) {
					return
				}
				open = &section{name: strings.TrimSuffix(name, "]"), offset: line.Offset, values: map[string]string{}}
				continue
			}
			key, value, ok := strings.Cut(text, "=")
			if !ok || open == nil || strings.HasPrefix(text, ";") || strings.HasPrefix(text, "#") {
				continue
			}
			key = strings.ToLower(strings.TrimSpace(key))
			for _, wanted := range keys {
				if key == wanted {
					open.values[key] = strings.TrimSpace(value)
				}
			}
		}
		if open != nil {
			yield(*open, nil)
		}
	}
}

// ReadRclone yields the remotes of an rclone.conf.
func ReadRclone(ctx context.Context, r io.ReaderAt, size int64) iter.Seq2[artifacts.Trace, error] {
	return func(yield func(artifacts.Trace, error) bool) {
		if enciphered(r, size) {
			yield(artifacts.Trace{}, artifacts.NewProblem(artifacts.Encrypted, 0, "rclone's settings are protected by a password"))
			return
		}
		for s, err := range sections(ctx, r, size, "type", "host", "user", "url", "endpoint", "provider", "remote", "domain", "port") {
			if err != nil {
				yield(artifacts.Trace{}, err)
				return
			}
			if s.values["type"] == "" {
				continue // every remote has one
			}
			host := remoteHost(s.values["host"])
			for _, key := range []string{"url", "endpoint"} {
				if host == "" {
					host = remoteHost(s.values[key])
				}
			}
			if !yield(connection(Rclone, s.offset, "["+remoteHost(s.name)+"]", "Type", s.values["type"], "Provider", s.values["provider"], "Remote host", host, "Port", s.values["port"],
				"Remote user", remoteUser(s.values["user"]), "Domain", s.values["domain"], "Remote", remoteOf(s.values["remote"])), nil) {
				return
			}
		}
	}
}

// enciphered reports whether rclone wrote the mark of a protected file.
func enciphered(r io.ReaderAt, size int64) bool {
	head := make([]byte, min(size, 512))
	n, _ := r.ReadAt(head, 0) // an error comes up again when the lines are read
	for line := range strings.Lines(string(head[:n])) {
		if strings.HasPrefix(line, "RCLONE_ENCRYPT_V") {
			return true
		}
	}
	return false
}

// remoteOf takes the name of the remote that another one wraps; one written as
// a connection string can hold a password, and only its kind is kept.
func remoteOf(s string) string {
	if !strings.ContainsAny(s, ",") && !strings.HasPrefix(s, ":") {
		return remoteHost(s)
	}
	kind, _, _ := strings.Cut(strings.TrimPrefix(s, ":"), ",")
	kind, _, _ = strings.Cut(kind, ":")
	return bounded(kind)
}

var protocolsWinSCP = map[string]string{"0": "SCP", "1": "SFTP or SCP", "2": "SFTP", "5": "FTP", "6": "WebDAV", "7": "S3"}

// ReadWinSCP yields the sites of a WinSCP.ini and the hosts whose keys it
// knows, to which there was a connection.
func ReadWinSCP(ctx context.Context, r io.ReaderAt, size int64) iter.Seq2[artifacts.Trace, error] {
	return func(yield func(artifacts.Trace, error) bool) {
		in := ""
		for line, err := range windows.Lines(ctx, r, size, maxLine) {
			if err != nil {
				yield(artifacts.Trace{}, artifacts.NewProblem(artifacts.IO, line.Offset, "reading a line: %w", err))
				return
			}
			text := strings.TrimSpace(line.Text)
			if strings.HasPrefix(text, "[") {
				in = strings.ToLower(text)
				continue
			}
			if in != "[sshhostkeys]" {
				continue
			}
			if host, port, ok := hostKey(text); ok && !yield(connection(WinSCP, line.Offset, "SshHostKeys", "Remote host", host, "Port", port), nil) {
				return
			}
		}
		for s, err := range sections(ctx, r, size, "hostname", "username", "portnumber", "fsprotocol", "localdirectory", "remotedirectory") {
			if err != nil {
				yield(artifacts.Trace{}, err)
				return
			}
			const sessions = `sessions\`
			if len(s.name) < len(sessions) || !strings.EqualFold(s.name[:len(sessions)], sessions) || s.values["hostname"] == "" {
				continue
			}
			protocol := s.values["fsprotocol"]
			if name, ok := protocolsWinSCP[protocol]; ok {
				protocol = name
			}
			// A site that was never named is called USER@HOST.
			trace := connection(WinSCP, s.offset, `Sessions\`+remoteHost(decoded(s.name[len(sessions):])), "Protocol", protocol, "Remote host", remoteHost(decoded(s.values["hostname"])),
				"Port", s.values["portnumber"], "Remote user", remoteUser(decoded(s.values["username"])), "Remote folder", decoded(s.values["remotedirectory"]))
			if local := bounded(decoded(s.values["localdirectory"])); local != "" {
				trace.Paths = []string{local}
			}
			if !yield(trace, nil) {
				return
			}
		}
	}
}

// hostKey reads "ALGORITHM@PORT:HOST=KEY"; the key, a public one, is left out.
func hostKey(line string) (host, port string, ok bool) {
	name, _, ok := strings.Cut(line, "=")
	_, place, at := strings.Cut(decoded(name), "@")
	port, host, colon := strings.Cut(place, ":")
	return host, port, ok && at && colon && host != "" && strings.Trim(port, "0123456789") == ""
}

func isOneDrive(folder, name string) bool {
	folder = strings.TrimSuffix(folder, "/")
	account := path.Base(folder)
	return path.Ext(name) == ".ini" && name != "global.ini" && !strings.HasPrefix(name, "clientpolicy") &&
		strings.HasSuffix(path.Dir(folder), "/onedrive/settings") && (account == "personal" || strings.HasPrefix(account, "business"))
}

// ReadOneDrive yields the folders that the settings of an account keep in
// step with a library, and the library's address where it is written.
func ReadOneDrive(ctx context.Context, r io.ReaderAt, size int64) iter.Seq2[artifacts.Trace, error] {
	return func(yield func(artifacts.Trace, error) bool) {
		for line, err := range windows.Lines(ctx, r, size, maxLine) {
			if err != nil {
				yield(artifacts.Trace{}, artifacts.NewProblem(artifacts.IO, line.Offset, "reading a line: %w", err))
				return
			}
			key, value, ok := strings.Cut(line.Text, "=")
			if key = strings.TrimSpace(key); !ok || !strings.HasPrefix(key, "library") {
				continue
			}
			var folders []string
			address := ""
			for i, part := range strings.Split(value, `"`) {
				switch {
				case i%2 == 0:
				case isWindowsPath(part):
					folders = append(folders, bounded(part))
				case strings.HasPrefix(part, "https://"):
					address = remoteHost(part)
				}
			}
			if len(folders) == 0 {
				continue
			}
			trace := connection(OneDrive, line.Offset, key, "Remote host", address)
			trace.Paths = folders
			if !yield(trace, nil) {
				return
			}
		}
	}
}

func isWindowsPath(s string) bool {
	return len(s) >= 3 && s[1] == ':' && s[2] == '\\' || strings.HasPrefix(s, `\\`)
}

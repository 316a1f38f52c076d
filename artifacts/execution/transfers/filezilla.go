package transfers

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"io"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"

	"hivetriage/artifacts"
)

var protocolsFileZilla = map[string]string{"0": "FTP", "1": "SFTP", "3": "FTPS", "4": "FTPES", "6": "FTP", "7": "S3"}

// listedFileZilla says what it means that a server stands in an element.
var listedFileZilla = map[string]string{"RecentServers": "recent server", "Servers": "saved site", "Tab": "open tab", "LastServer": "last server"}

// ReadFileZilla yields the servers of any of FileZilla's files.
func ReadFileZilla(ctx context.Context, r io.ReaderAt, size int64) iter.Seq2[artifacts.Trace, error] {
	return func(yield func(artifacts.Trace, error) bool) {
		decoder := xml.NewDecoder(io.NewSectionReader(r, 0, min(size, maxFile)))
		var open []string // elements
		var server map[string]string
		listed, start := "", int64(0)
		for {
			at := decoder.InputOffset()
			token, err := decoder.Token()
			switch {
			case err == io.EOF && size > maxFile:
				yield(artifacts.Trace{}, artifacts.NewProblem(artifacts.Limit, maxFile, "%d bytes; those after the first %d were not read", size, maxFile))
				return
			case err == io.EOF:
				return
			case ctx.Err() != nil:
				yield(artifacts.Trace{}, artifacts.NewProblem(artifacts.IO, at, "stopped: %w", ctx.Err()))
				return
			case err != nil || len(open) > maxDepth: // the error's text could repeat a password
				yield(artifacts.Trace{}, artifacts.NewProblem(artifacts.Malformed, at, "the XML breaks off or is not well-formed"))
				return
			}
			switch t := token.(type) {
			case xml.StartElement:
				if meaning, ok := listedFileZilla[t.Name.Local]; ok {
					listed = meaning
				}
				if t.Name.Local == "Server" || t.Name.Local == "LastServer" {
					server, start = map[string]string{}, at
				}
				open = append(open, t.Name.Local)
			case xml.CharData:
				collect(server, open, string(t))
			case xml.EndElement:
				open = open[:len(open)-1]
				if (t.Name.Local == "Server" || t.Name.Local == "LastServer") && server != nil {
					if !yield(serverTrace(server, start, listed), nil) {
						return
					}
					server = nil
				}
			}
		}
	}
}

// collect keeps the text of the elements of a server that may be shown.
func collect(server map[string]string, open []string, text string) {
	if server == nil || len(open) < 2 || open[len(open)-2] != "Server" && open[len(open)-2] != "LastServer" {
		return
	}
	switch name := open[len(open)-1]; name {
	case "Host", "Port", "Protocol", "User", "Name", "LocalDir", "RemoteDir":
		room := max(0, maxText+1-len(server[name])) // one more, so that it shows that it was cut
		server[name] += strings.ToValidUTF8(text[:min(len(text), room)], "")
	}
}

func serverTrace(server map[string]string, at int64, listed string) artifacts.Trace {
	protocol := server["Protocol"]
	if name, ok := protocolsFileZilla[protocol]; ok {
		protocol = name
	}
	trace := connection(FileZilla, at, remoteHost(server["Name"]), "Listed as", listed, "Protocol", protocol, "Remote host", remoteHost(server["Host"]), "Port", server["Port"],
		"Remote user", remoteUser(server["User"]), "Remote folder", remoteFolder(server["RemoteDir"]))
	if local := bounded(server["LocalDir"]); local != "" {
		trace.Paths = []string{local}
	}
	return trace
}

// remoteFolder undoes how FileZilla writes a path: a type, the length of a
// prefix, and each part behind its length, all between spaces.
func remoteFolder(s string) string {
	rest := strings.TrimSpace(s)
	_, rest, _ = strings.Cut(rest, " ")   // type of the server
	_, rest, ok := strings.Cut(rest, " ") // length of the prefix
	var folder strings.Builder
	for ok && rest != "" {
		var number string
		number, rest, _ = strings.Cut(rest, " ")
		n, err := strconv.Atoi(number)
		units := []rune(rest)
		if err != nil || n < 0 || n > len(units) {
			return bounded(s)
		}
		folder.WriteString("/" + string(units[:n]))
		rest = strings.TrimPrefix(string(units[n:]), " ")
	}
	if folder.Len() == 0 {
		return bounded(s)
	}
	return bounded(folder.String())
}

// ReadDropbox yields the folders of an info.json: of the personal account and
// of the company's.
func ReadDropbox(_ context.Context, r io.ReaderAt, size int64) iter.Seq2[artifacts.Trace, error] {
	return func(yield func(artifacts.Trace, error) bool) {
		if size > maxJSON {
			yield(artifacts.Trace{}, artifacts.NewProblem(artifacts.Limit, maxJSON, "%d bytes", size))
			return
		}
		b, err := io.ReadAll(io.NewSectionReader(r, 0, size))
		if err != nil {
			yield(artifacts.Trace{}, artifacts.NewProblem(artifacts.IO, 0, "reading the file: %w", err))
			return
		}
		var accounts map[string]struct {
			Path         string `json:"path"`
			Subscription string `json:"subscription_type"`
		}
		if json.Unmarshal(bytes.TrimPrefix(b, []byte("\xEF\xBB\xBF")), &accounts) != nil {
			yield(artifacts.Trace{}, artifacts.NewProblem(artifacts.Malformed, 0, "no object of accounts"))
			return
		}
		for _, name := range slices.Sorted(maps.Keys(accounts)) {
			trace := connection(Dropbox, -1, name, "Subscription", accounts[name].Subscription)
			if folder := bounded(accounts[name].Path); folder != "" {
				trace.Paths = []string{folder}
			}
			if !yield(trace, nil) {
				return
			}
		}
	}
}

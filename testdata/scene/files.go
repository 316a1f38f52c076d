package scene

import (
	"bytes"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"hivetriage/artifacts"
)

// A File is one stream of a live file of a machine.
type File struct {
	Path   string // "/"-separated, starting with "/"
	Stream string // "" for the unnamed one
	Data   []byte
	Times  artifacts.Times
}

// windows writes the file's name as Windows does.
func (f File) windows() string {
	name := "C:" + strings.ReplaceAll(f.Path, "/", `\`)
	if f.Stream != "" {
		name += ":" + f.Stream
	}
	return name
}

// Files returns the live files of the machine, each of their streams.
func (m *Machine) Files() []File {
	var files []File
	for _, f := range m.files {
		if f.Deleted || f.Dir {
			continue
		}
		times := f.SI
		if times == (artifacts.Times{}) {
			times = artifacts.Times{Created: installed, Modified: installed, Changed: installed, Accessed: installed}
		}
		files = append(files, File{f.Path, "", f.Data, times})
		for _, s := range f.Streams {
			files = append(files, File{f.Path, s.Name, s.Data, times})
		}
	}
	return files
}

// A Member is a file of a collection.
type Member struct {
	Name     string // "/"-separated
	Data     []byte
	Modified time.Time
}

// collected is when the collectors ran.
var collected = day(20, 30, 0)

// KAPE returns what KAPE would leave of the machine: drive C below a folder
// and the log of copies beside it. It takes no alternate data streams.
func (m *Machine) KAPE() []Member { return byKAPE(m.Files(), hostName, collected) }

// byKAPE is what KAPE leaves of the files of a host at a time.
func byKAPE(files []File, host string, at time.Time) []Member {
	var log bytes.Buffer
	w := csv.NewWriter(&log)
	w.Write(copyLogHeader)
	var members []Member
	for _, f := range files {
		if f.Stream != "" {
			continue
		}
		sum := sha1.Sum(f.Data)
		w.Write(copyLogRow(at, f.windows(), len(f.Data), hex.EncodeToString(sum[:]), f.Times))
		members = append(members, Member{"C" + f.Path, f.Data, f.Times.Modified})
	}
	w.Flush()
	prefix := at.Format("2006-01-02T150405")
	return append(members,
		Member{prefix + "_CopyLog.csv", append([]byte("\xEF\xBB\xBF"), log.Bytes()...), at},
		Member{prefix + "_ConsoleLog.txt", []byte("System info: Machine name: " + host + ", 64-bit: True, User: SYSTEM OS: Windows10 (10.0.19045)\r\n"), at})
}

// CyLR returns what CyLR would leave of the machine: the drive's folder and
// CyLR's log. It takes no alternate data streams and no times but the last
// write's.
func (m *Machine) CyLR() []Member { return byCyLR(m.Files(), collected) }

func byCyLR(files []File, at time.Time) []Member {
	var members []Member
	for _, f := range files {
		if f.Stream == "" {
			members = append(members, Member{"C" + f.Path, f.Data, f.Times.Modified})
		}
	}
	return append(members, Member{"CyLR_Collection_Log_" + at.Format("2006-01-02_15-04-05") + ".log", []byte("Collecting files\r\n"), at})
}

var copyLogHeader = strings.Split("CopiedTimestamp,SourceFile,DestinationFile,FileSize,SourceFileSha1,DeferredCopy,CreatedOnUtc,ModifiedOnUtc,LastAccessedOnUtc,CopyDuration", ",")

// copyLogRow tells of one file, by the name that Windows gives it.
func copyLogRow(copied time.Time, name string, size int, sum string, times artifacts.Times) []string {
	stamp := func(t time.Time) string { return t.Format("2006-01-02 15:04:05.0000000") }
	return []string{stamp(copied), name, `E:\triage\C` + strings.TrimPrefix(name, "C:"), strconv.Itoa(size),
		sum, "False", stamp(times.Created), stamp(times.Modified), stamp(times.Accessed), "00:00:00.0100000"}
}

// Triage returns what KAPE leaves with its targets for registry, logs and file
// system: the live hives, the logs and the raw $MFT, and none of the copies.
func (m *Machine) Triage() ([]Member, error) {
	raw, err := m.Raw()
	if err != nil {
		return nil, err
	}
	left := map[string]bool{}
	for _, f := range spoils() {
		left["C"+f.Path] = true
	}
	members := slices.DeleteFunc(m.KAPE(), func(m Member) bool { return left[m.Name] })
	table := m.fileTable(raw)
	return append(members, Member{"C/$MFT", raw[table.from:table.to], installed}), nil
}

// Velociraptor returns what Velociraptor's offline collector would leave of
// the machine.
func (m *Machine) Velociraptor() []Member { return byVelociraptor(m.Files(), hostName, collected) }

func byVelociraptor(files []File, host string, at time.Time) []Member {
	escape := strings.NewReplacer("%", "%25", ":", "%3A")
	var members []Member
	var uploads, described bytes.Buffer
	for _, f := range files {
		name := "uploads/auto/C%3A"
		components := []string{"uploads", "auto", "C:"}
		parts := strings.Split(strings.TrimPrefix(f.Path, "/"), "/")
		if f.Stream != "" {
			parts[len(parts)-1] += ":" + f.Stream
		}
		for _, part := range parts {
			name += "/" + escape.Replace(part)
			components = append(components, part)
		}
		members = append(members, Member{name, f.Data, f.Times.Modified})
		sum := sha256.Sum256(f.Data)
		line(&uploads, map[string]any{"Timestamp": at, "vfs_path": f.windows(), "_Components": components,
			"file_size": len(f.Data), "uploaded_size": len(f.Data), "Type": ""})
		line(&described, map[string]any{"CopiedOnTimestamp": at.Unix(), "SourceFile": f.windows(), "DestinationFile": f.windows(),
			"FileSize": len(f.Data), "SourceFileSha256": hex.EncodeToString(sum[:]), "Created": f.Times.Created, "Changed": f.Times.Changed,
			"Modified": f.Times.Modified, "LastAccessed": f.Times.Accessed})
	}
	add := func(name string, data []byte) { members = append(members, Member{name, data, at}) }
	add("uploads.json", uploads.Bytes())
	add("results/Windows.KapeFiles.Targets%2FUploads.json", described.Bytes())
	add("client_info.json", fmt.Appendf(nil, `{"Hostname":%q,"Fqdn":%q,"OS":"windows"}`+"\n", host, host+"."+dnsDomain))
	add("collection_context.json", []byte(`{"session_id":"F.D0EXAMPLE0001"}`+"\n"))
	return members
}

func line(b *bytes.Buffer, row map[string]any) {
	text, err := json.Marshal(row)
	if err != nil {
		panic(err) // texts, numbers and times only
	}
	b.Write(append(text, '\n'))
}

// WriteFolder writes members as files below dir.
func WriteFolder(dir string, members []Member) error {
	for _, m := range members {
		path := filepath.Join(dir, filepath.FromSlash(m.Name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, m.Data, 0o644); err != nil {
			return err
		}
		if err := os.Chtimes(path, m.Modified, m.Modified); err != nil {
			return err
		}
	}
	return nil
}

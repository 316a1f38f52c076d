// Package text reads registry hives that were exported as .reg text files:
// which hives of a machine a file holds, whose they are, and the keys that tell
// of accounts and policy. The file is streamed, and values of other keys are
// not decoded; of what hive.Secret names only the open parts and the lengths
// are kept.
//
// Facts of the format: Microsoft's "How to add, modify, or delete registry
// subkeys and values by using a .reg file", and what reg.exe and regedit write:
// UTF-16LE with a byte order mark under "Windows Registry Editor Version
// 5.00", ANSI under "REGEDIT4"; editors store either as UTF-8.
package text

import (
	"bytes"
	"io"
	"strings"

	"hivetriage/artifacts/hive"
	"hivetriage/artifacts/internal/windows"
)

// Headers, which are a file's first line.
const (
	header5 = "Windows Registry Editor Version 5.00"
	header4 = "REGEDIT4"
)

// A Hive is what a file holds of one hive.
type Hive struct {
	Kind      hive.Kind
	Certainty string   // hive.Certain or hive.Likely
	Mount     string   // where it was loaded: `HKEY_LOCAL_MACHINE\SAM`
	Because   []string // the keys that decided, with the file offsets of their lines
	Keys      int      // keys below Mount
	Accounts  int      // of SAM: keys of users with their values, of SECURITY: keys of secrets
	Facts     hive.HostFacts
	Root      hive.Node // its keys that tell of accounts and policy; secrets are not kept
}

// An Export is a .reg file.
type Export struct {
	Header   string
	Encoding string // "UTF-16LE", "UTF-8", "ANSI"
	Keys     int
	Hives    []Hive // at most one of each kind, in the order SAM, SECURITY, SYSTEM
}

// IsExport reports whether head begins like a .reg file, in any encoding.
func IsExport(head []byte) bool {
	_, ok := detect(head)
	return ok
}

// A form is how the text of a file is stored.
type form struct {
	header string
	wide   bool // UTF-16LE
	mark   int  // bytes of the byte order mark
}

func detect(head []byte) (form, bool) {
	f := form{}
	switch {
	case bytes.HasPrefix(head, []byte("\xFF\xFE")):
		f.wide, f.mark = true, 2
	case bytes.HasPrefix(head, []byte("\xEF\xBB\xBF")):
		f.mark = 3
	case len(head) > 1 && head[1] == 0 && bytes.IndexByte([]byte("WR \t\r\n"), head[0]) >= 0:
		f.wide = true
	}
	b := head[f.mark:min(len(head), 256)]
	if f.wide {
		b = windows.AppendUTF8(nil, b)
	}
	b = bytes.TrimLeft(b, " \t\r\n")
	for _, h := range []string{header5, header4} {
		if bytes.HasPrefix(b, []byte(h)) && (len(b) == len(h) || b[len(h)] == '\r' || b[len(h)] == '\n' || b[len(h)] == ' ') {
			f.header = h
			return f, true
		}
	}
	return f, false
}

func (f form) encoding(utf8 bool) string {
	switch {
	case f.wide:
		return "UTF-16LE"
	case f.mark > 0 || utf8:
		return "UTF-8"
	}
	return "ANSI"
}

// Read goes through a .reg file once, with a few hundred KiB of memory and what
// the trees of its hives take, at most 48 MiB. The error is a
// *artifacts.Problem, of the kind Limit if the trees are cut; the Export beside
// it holds what was read before it.
func Read(r io.ReaderAt, size int64) (Export, error) {
	l, err := newLines(r, size)
	if err != nil {
		return Export{}, err
	}
	p := newParser(maxTree)
	for l.next() {
		p.long = l.long
		p.line(l.line, l.offset)
	}
	p.finish()
	if err = l.problem(); err == nil && p.cut != nil {
		err = p.cut
	}
	return Export{Header: l.form.header, Encoding: l.form.encoding(l.utf8), Keys: p.count, Hives: p.hives()}, err
}

// clip shortens text from the evidence for a sentence.
func clip(s string) string {
	const most = 160
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}

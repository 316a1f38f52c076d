// Package bitstest writes queues of the Background Intelligent Transfer
// Service: the database qmgr.db of Windows 10, and the older qmgr0.dat.
package bitstest

import (
	"encoding/binary"
	"time"
	"unicode/utf16"

	"hivetriage/artifacts/ese/esetest"
)

// Kinds and states of a job.
const (
	Download, Upload, UploadReply = 0, 1, 2

	Queued, Transferring, Suspended, Transferred, Cancelled = 0, 2, 3, 6, 8
)

const (
	jobMark     = "\xA1\x56\x09\xE1\x43\xAF\xC9\x42\x92\xE6\x6F\x98\x56\xEB\xA7\xF6"
	fileMark    = "\xE4\xCF\x9E\x51\x46\xD9\x97\x43\xB7\x3E\x26\x85\x13\x05\x1A\xB2"
	oldJobMark  = "\x8C\x93\xEA\x64\x03\x0F\x68\x40\xB4\x6F\xF9\x7F\xE5\x1D\x4D\xCD"
	filesMark   = "\x36\xDA\x56\x77\x6F\x51\x5A\x43\xAC\xAC\x44\xA2\x48\xFF\xF3\x4D"
	oldFileMark = "\x13\xF7\x2B\xC8\x40\x99\x12\x4A\x9F\x1A\x3A\xAE\xBD\x89\x4E\xEA"
	oldHeadMark = "\x47\x44\x5F\x00\xA9\xBD\xBA\x44\x98\x51\xC4\x7B\xB6\xC0\x7A\xCE"
)

// A Job of a queue.
type Job struct {
	Kind, State                    uint32
	Name, Description              string
	Command, Arguments             string // run when the job has ended
	SID                            string
	Created, Modified, Transferred time.Time
	Errors                         int // that it had
	Files                          []File
}

// A File of a job.
type File struct {
	Local, Remote, Temporary string
	Done, Total              uint64 // bytes
}

// Database writes a qmgr.db. Alone are files whose jobs are gone.
func Database(dirty bool, jobs []Job, alone ...File) []byte {
	columns := []esetest.Column{{Name: "Id", Type: esetest.GUID}, {Name: "Blob", Type: esetest.LongBinary}}
	s := esetest.Spec{PageSize: 16384, Tables: []esetest.Table{{Name: "Jobs", Columns: columns}, {Name: "Files", Columns: columns}}}
	if dirty {
		s.State = esetest.Dirty
	}
	number := uint32(0)
	id := func(kind byte) []byte {
		number++
		return binary.BigEndian.AppendUint32(append(make([]byte, 11), kind), number)
	}
	add := func(f File) []byte {
		at := id(2)
		s.Tables[1].Rows = append(s.Tables[1].Rows, []any{at, append([]byte(fileMark), append(f.bytes(), fileMark...)...)})
		return at
	}
	for _, j := range jobs {
		var files []byte
		for _, f := range j.Files {
			files = append(files, add(f)...)
		}
		at := id(1)
		s.Tables[0].Rows = append(s.Tables[0].Rows, []any{at, append([]byte(jobMark), append(j.bytes(at, files), jobMark...)...)})
	}
	for _, f := range alone {
		add(f)
	}
	return esetest.Build(s)
}

// Queue writes a qmgr0.dat.
func Queue(jobs ...Job) []byte {
	out := append(make([]byte, 16), oldFileMark+oldHeadMark...)
	out = binary.LittleEndian.AppendUint32(out, uint32(len(jobs)))
	for i, j := range jobs {
		var files []byte
		for _, f := range j.Files {
			files = append(files, f.bytes()...)
		}
		out = append(out, oldJobMark...)
		out = append(out, j.bytes(append(make([]byte, 15), byte(i+1)), files)...)
	}
	return append(append(out, oldHeadMark+oldFileMark...), make([]byte, 200)...)
}

func (j *Job) bytes(id, files []byte) []byte {
	le := binary.LittleEndian
	b := le.AppendUint32(le.AppendUint32(le.AppendUint32(nil, j.Kind), 2), j.State)
	b = append(append(b, 0, 0, 0, 0), id...)
	for _, s := range []string{j.Name, j.Description, j.Command, j.Arguments, j.SID} {
		b = text(b, s)
	}
	b = append(le.AppendUint32(b, 3), make([]byte, 300)...) // what it notifies of, and an access token
	b = le.AppendUint32(append(b, filesMark...), uint32(len(j.Files)))
	b = append(append(b, files...), filesMark...)
	b = append(le.AppendUint32(b, uint32(j.Errors)), make([]byte, 25*j.Errors)...)
	for _, n := range []uint32{0, 60, 86400} {
		b = le.AppendUint32(b, n)
	}
	for _, t := range []time.Time{j.Created, j.Modified, j.Modified, j.Transferred} {
		b = le.AppendUint64(b, filetime(t))
	}
	return append(b, make([]byte, 40)...)
}

func (f *File) bytes() []byte {
	le := binary.LittleEndian
	b := text(text(text(nil, f.Local), f.Remote), f.Temporary)
	b = append(le.AppendUint64(le.AppendUint64(b, f.Done), f.Total), 0)
	b = text(text(b, `C:\`), `\\?\Volume{537fb036-a3cd-47ab-9a2c-4ba87cc2c588}\`)
	return append(b, 3, 0, 0, 0, 1, 2, 3, 4, 0, 0, 0, 0)
}

// text is UTF-16 with a NUL, behind the number of its units; 0 if it is empty.
func text(b []byte, s string) []byte {
	le := binary.LittleEndian
	if s == "" {
		return le.AppendUint32(b, 0)
	}
	units := append(utf16.Encode([]rune(s)), 0)
	b = le.AppendUint32(b, uint32(len(units)))
	for _, u := range units {
		b = le.AppendUint16(b, u)
	}
	return b
}

func filetime(t time.Time) uint64 {
	if t.IsZero() {
		return 0
	}
	return uint64(t.UnixMicro()*10 + 116444736000000000)
}

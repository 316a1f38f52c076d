package scene

import (
	"archive/zip"
	"bufio"
	"bytes"
	"crypto/sha1"
	"encoding/binary"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"hivetriage/artifacts"
	"hivetriage/artifacts/eventlog/eventlogtest"
	"hivetriage/artifacts/evidence/ntfs/ntfstest"
)

// fullCollection is how many bytes of event logs the collection of a busy
// workstation has; everything else in it is in proportion.
const fullCollection = 2 << 30

// A collection is a folder that KAPE's target for triage fills.
type collection struct {
	dir   string
	scale float64 // of what a full one holds
	log   *csv.Writer
}

// WriteCollection writes into dir what KAPE takes of a workstation that has
// been busy for months: logs of about so many bytes, live hives, the file table
// and the change journal, Prefetch and whatever else tells of programs, in the
// amounts of such a machine. SAM, SECURITY and SYSTEM were saved on it and the
// copies deleted; process creations, Prefetch, the journal and a history of
// PowerShell tell of it.
func WriteCollection(dir string, logs int64) error {
	var log bytes.Buffer
	log.WriteString("\xEF\xBB\xBF")
	c := &collection{dir: dir, scale: float64(logs) / fullCollection, log: csv.NewWriter(&log)}
	if err := c.log.Write(copyLogHeader); err != nil {
		return err
	}
	for _, write := range []func() error{c.logs, c.hives, c.tables, c.programs, c.users} {
		if err := write(); err != nil {
			return err
		}
	}
	c.log.Flush()
	prefix := filepath.Join(dir, collected.Format("2006-01-02T150405"))
	return errors.Join(c.log.Error(), os.WriteFile(prefix+"_CopyLog.csv", log.Bytes(), 0o644),
		os.WriteFile(prefix+"_ConsoleLog.txt", []byte("System info: Machine name: "+hostName+", 64-bit: True, User: SYSTEM OS: Windows10 (10.0.19045)\r\n"), 0o644))
}

// some is the number of things where a full collection has n.
func (c *collection) some(n int) int { return max(1, int(float64(n)*c.scale)) }

// add writes a file of drive C and the line about it in the log of copies.
func (c *collection) add(path string, data []byte) error {
	return c.stream(path, func(f *os.File) error {
		_, err := f.Write(data)
		return err
	})
}

func (c *collection) stream(path string, write func(*os.File) error) error {
	name := filepath.Join(c.dir, "C", filepath.FromSlash(path))
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	f, err := os.OpenFile(name, os.O_CREATE|os.O_TRUNC|os.O_RDWR, 0o644)
	if err != nil {
		return err
	}
	defer f.Close() // again where nothing went wrong
	if err := write(f); err != nil {
		return err
	}
	sum := sha1.New()
	size, err := io.Copy(sum, io.NewSectionReader(f, 0, 1<<62))
	if err != nil {
		return err
	}
	t := seized.Time
	row := copyLogRow(collected, File{Path: path}.windows(), int(size), hex.EncodeToString(sum.Sum(nil)), artifacts.Times{Created: installed, Modified: t, Changed: t, Accessed: t})
	return errors.Join(c.log.Write(row), f.Close(), os.Chtimes(name, t, t))
}

// evtx writes the log of a channel.
func (c *collection) evtx(channel string, write func(w *eventlogtest.Writer)) error {
	name := strings.ReplaceAll(channel, "/", "%4")
	return c.stream("/Windows/System32/winevt/Logs/"+name+".evtx", func(f *os.File) error {
		w := eventlogtest.NewStream(f, eventlogtest.Options{})
		write(w)
		return w.Close()
	})
}

// tables writes the file table and the change journal. The table is that of a
// volume that is built beside the collection and removed.
func (c *collection) tables() error {
	volume, err := os.CreateTemp(filepath.Dir(filepath.Clean(c.dir)), "volume")
	if err != nil {
		return err
	}
	defer os.Remove(volume.Name())
	defer volume.Close() // it was only to be read
	b := ntfstest.New(ntfstest.Options{Label: "Windows", Serial: 0x9c2e7b415e08d3a8, Time: installed})
	folder := "/Users/Public/Libraries"
	b.Add(ntfstest.File{Path: folder, Dir: true, SI: always(installed), FN: always(installed)})
	b.Fill(c.some(100_000), nil)
	if _, err := b.Build(volume); err != nil {
		return err
	}
	at, _ := b.Lookup(folder)
	err = c.stream("/$MFT", func(f *os.File) error { return copyFileTable(f, volume) })
	return errors.Join(err, c.add("/$Extend/$J", busyJournal(c.some(300_000), at.Record)))
}

// copyFileTable copies the file table of a volume on which it lies in one
// piece: NTFS states its first cluster at 48 of the boot sector.
func copyFileTable(w io.Writer, volume io.ReaderAt) error {
	var at [8]byte
	if _, err := volume.ReadAt(at[:], 48); err != nil {
		return err
	}
	first := int64(binary.LittleEndian.Uint64(at[:])) * clusterSize
	table := bufio.NewReaderSize(io.NewSectionReader(volume, first, 1<<62), 1<<20)
	for {
		if head, err := table.Peek(4); err != nil || string(head) != "FILE" {
			return nil // behind the last record
		}
		if _, err := io.CopyN(w, table, 1024); err != nil {
			return err
		}
	}
}

// PackCollection packs a collection as KAPE does.
func PackCollection(w io.Writer, dir string) error {
	z := zip.NewWriter(w)
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		below, err := filepath.Rel(dir, name)
		if err != nil {
			return err
		}
		f, err := os.Open(name)
		if err != nil {
			return err
		}
		defer f.Close() // opened to be read
		m, err := z.CreateHeader(&zip.FileHeader{Name: filepath.ToSlash(below), Method: zip.Deflate, Modified: collected})
		if err != nil {
			return err
		}
		if _, err := io.Copy(m, f); err != nil {
			return fmt.Errorf("%s: %w", below, err)
		}
		return nil
	})
	return errors.Join(err, z.Close())
}

package executable

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"

	"hivetriage/artifacts"
)

// imageDLL is the bit of the file header's characteristics that tells a
// library from a program.
const imageDLL = 0x2000

var machines = map[uint16]string{
	0x014C: "x86", 0x8664: "x64", 0xAA64: "ARM64", 0xA641: "ARM64EC", 0xA64E: "ARM64X",
	0x01C0: "ARM", 0x01C2: "ARM Thumb", 0x01C4: "ARM Thumb-2", 0x0200: "Itanium", 0x0EBC: "EFI byte code", 0x5064: "RISC-V 64",
}

var subsystems = map[uint16]string{
	1: "native", 2: "GUI", 3: "console", 5: "OS/2 console", 7: "POSIX console", 9: "Windows CE",
	10: "EFI application", 11: "EFI boot driver", 12: "EFI runtime driver", 13: "EFI ROM", 14: "Xbox", 16: "boot application",
}

// Read reads a file of size bytes once from end to end for its hashes, and
// its headers and version resource where it is a portable executable. Facts
// hold what could be read also where there is an error; the error is that of
// the earliest trouble. A file of another format is Unsupported.
func Read(ctx context.Context, r io.ReaderAt, size int64) (Facts, error) {
	f := Facts{Size: size}
	l, err := readLayout(r, size)
	if l != nil {
		err = errors.Join(err, f.describe(l))
	}
	return f, first(errors.Join(f.hash(ctx, r, l), err))
}

// first is the first of joined errors.
func first(err error) error {
	for {
		joined, ok := err.(interface{ Unwrap() []error })
		if !ok {
			return err
		}
		err = joined.Unwrap()[0]
	}
}

// describe fills in what the headers and the resources say.
func (f *Facts) describe(l *layout) error {
	f.PE = true
	f.Machine = named(machines, l.machine, "machine")
	f.Subsystem = named(subsystems, l.subsystem, "subsystem")
	f.DLL = l.traits&imageDLL != 0
	f.DotNet = l.directory[clrHeader].Length != 0 && l.directory[clrHeader].Address != 0
	table, err := l.table()
	f.Certificates = table
	f.Overlay = l.overlay(table)
	reproducible, rerr := l.reproducible()
	f.Reproducible = reproducible
	if l.stamp != 0 && !reproducible {
		f.Compiled = time.Unix(int64(l.stamp), 0).UTC()
	}
	version, verr := l.version()
	f.Version = version
	return errors.Join(err, rerr, verr)
}

func named(names map[uint16]string, value uint16, what string) string {
	if name := names[value]; name != "" {
		return name
	}
	return fmt.Sprintf("%s 0x%04x", what, value)
}

// Debug directory entries; type 16 says that the time stamps of the file are
// hashes of its contents.
const (
	debugEntry     = 28
	maxDebug       = 64
	debugReproduce = 16
)

// reproducible tells whether the debug directory has an entry of type REPRO.
func (l *layout) reproducible() (bool, error) {
	d := l.directory[debugging]
	if d.Length < debugEntry {
		return false, nil
	}
	at, ok := l.offset(d.Address)
	if !ok {
		return false, artifacts.NewProblem(artifacts.Malformed, -1, "the debug directory at address 0x%x lies in no section", d.Address)
	}
	entries, err := readPart(l.r, l.size, at.Offset, min(int64(d.Length), at.Length, maxDebug*debugEntry))
	if err != nil {
		return false, err
	}
	for ; len(entries) >= debugEntry; entries = entries[debugEntry:] {
		if binary.LittleEndian.Uint32(entries[12:]) == debugReproduce {
			return true, nil
		}
	}
	return false, nil
}

// Package executable tells what a program file on the evidence is: its
// hashes, what its headers and its version resource say, and where its
// signature lies. Sources: the PE/COFF specification and the Authenticode PE
// specification of Microsoft. Whether the signature holds is for package
// signature.
package executable

import "time"

// Facts is what a program file says of itself. Hashes are lower-case
// hexadecimal. A zero field was not in the file.
type Facts struct {
	Size     int64  // bytes
	SHA256   string // of the whole file
	SHA1     string
	SHA1Head string // of the first HeadSize bytes, as Amcache's FileId; "" where the file is no longer than that

	PE           bool      // false: no portable executable, only the hashes are told
	Machine      string    // "x64", "x86", "ARM64", ..., "machine 0x1234" where unknown
	Subsystem    string    // "console", "GUI", "native", ...
	DLL          bool      // a library or a driver rather than a program
	DotNet       bool      // it has a CLR header
	Compiled     time.Time // what the linker wrote as its time, UTC; zero where Reproducible
	Reproducible bool      // the time stamp is a hash of the contents and no time
	Version      Version

	Authenticode Digests // what a signature of the image is made over
	Certificates Span    // the certificate table as the headers give it, zero where the file is unsigned
	Overlay      int64   // bytes behind the last section, without the certificate table
}

// Version is what the version resource says; the strings are those of the
// first language.
type Version struct {
	OriginalFilename string
	InternalName     string
	FileDescription  string
	CompanyName      string
	ProductName      string
	FileVersion      string
	ProductVersion   string
	LegalCopyright   string
	FixedFile        string // "10.0.19041.1" of the fixed part
	FixedProduct     string
}

// Digests are Authenticode hashes of an image in lower-case hexadecimal. A
// catalog lists a file by one of them.
type Digests struct {
	SHA1   string
	SHA256 string
}

// A Span is a part of a file in bytes.
type Span struct{ Offset, Length int64 }

// HeadSize is how much of a file Amcache hashes for its FileId.
const HeadSize = 31_457_280

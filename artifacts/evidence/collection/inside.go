package collection

import (
	"bytes"
	"context"
	"errors"
	"io"
	"iter"
	"strings"

	"hivetriage/artifacts"
)

// InsideOptions say what is looked for in an archive that lies on a volume.
type InsideOptions struct {
	Password string // never printed
	// Member is asked with the name and the size of a member and says whether
	// to look into it. Members that are archives by their name are.
	Member func(name string, size int64) bool
	// Head is asked with the first bytes of a packed file that is no tar,
	// before it is unpacked for its size.
	Head func(head []byte) bool
	// MaxInflated bounds the bytes that are inflated; 0 is the limit for
	// evidence.
	MaxInflated int64
	// Recover looks for members by their local headers where a zip has no
	// central directory, which reads all of it.
	Recover bool
}

// An Inside is an archive that lies in a file of a volume.
type Inside struct{ source Source }

// OpenInside opens an archive of the kind that KindOf told, at the path name on
// its volume. No collector is looked for: the paths of its volumes' entries
// are the members' names. The caller closes r after the Inside.
func OpenInside(ctx context.Context, r io.ReaderAt, size int64, kind, name string, opt InsideOptions) (i *Inside, err error) {
	defer func() {
		if p := recover(); p != nil {
			i, err = nil, artifacts.NewProblem(artifacts.Bug, -1, "reading the archive's members: %v", p)
		}
	}()
	i = &Inside{Source{path: name, kind: kind, password: opt.Password, size: size, inside: &opt}}
	i.source.meter.limit = opt.MaxInflated
	if packings[kind] != nil {
		head, err := unpackHead(kind, r, size)
		if err != nil {
			return nil, artifacts.NewProblem(artifacts.Malformed, 0, "%w", err)
		}
		if isTar(head) {
			kind = "tar." + kind
			i.source.kind = kind
		} else if !opt.Head(head) {
			return i, nil
		}
	}
	if kind == "zip" && !opt.Recover && !hasDirectory(r, size) {
		return nil, artifacts.NewProblem(artifacts.Truncated, -1, "a zip without a central directory")
	}
	top, err := i.source.openNode(r, size, kind, loneName(name), false)
	if err != nil {
		return nil, err
	}
	return i, i.source.plant(ctx, top, artifacts.Locator{Source: name})
}

// Volumes yields what can be searched.
func (i *Inside) Volumes(ctx context.Context) iter.Seq2[artifacts.Volume, error] {
	return i.source.Volumes(ctx)
}

// Problems returns what could not be read of the archive as a whole.
func (i *Inside) Problems() []*artifacts.Problem { return i.source.problems }

// Close closes the archive, not what it was opened from.
func (i *Inside) Close() error { return i.source.Close() }

// Member returns the name of a member from the place of its entry or of a
// Problem with it, behind the name of the archive in this one if it is in one.
func Member(at artifacts.Locator) string {
	outer := strings.TrimPrefix(at.Path, "/")
	if at.Member == "" {
		return outer
	}
	return join(outer, at.Member)
}

// A Locked is an encrypted member that could not be opened.
type Locked struct {
	Member string
	Size   int64
}

// Locked returns the members that no password opened, once the volumes'
// entries were listed by Find.
func (i *Inside) Locked() []Locked { return i.source.locked }

// Members returns how many members the archives have, and how many of them
// were looked into.
func (i *Inside) Members() (all, examined int64) {
	for _, v := range i.source.volumes {
		examined += v.Tally().Examined
	}
	return int64(i.source.members), examined
}

// Kind is the kind of the archive, of a packed tar "tar.gz" and so on.
func (i *Inside) Kind() string { return i.source.kind }

// Inflated returns the bytes that were inflated so far.
func (i *Inside) Inflated() int64 { return i.source.meter.inflated.Load() }

func isEncrypted(err error) bool {
	var p *artifacts.Problem
	return errors.As(err, &p) && p.Kind == artifacts.Encrypted
}

// unpackHead inflates the beginning of a packed file.
func unpackHead(kind string, r io.ReaderAt, size int64) ([]byte, error) {
	unpacked, err := packings[kind](io.NewSectionReader(r, 0, size))
	if err != nil {
		return nil, err
	}
	defer unpacked.Close()
	head := make([]byte, artifacts.MaxHead)
	n, err := io.ReadFull(unpacked, head)
	if err == io.EOF || err == io.ErrUnexpectedEOF || n > 0 {
		err = nil
	}
	return head[:n], err
}

// hasDirectory looks for the end of a zip's central directory (APPNOTE.TXT
// 4.3.16) in the last bytes, where all but an odd comment leaves it.
func hasDirectory(r io.ReaderAt, size int64) bool {
	const record, magic = 22, "PK\x05\x06"
	buf := blocks.Get().(*[blockSize]byte)
	defer blocks.Put(buf)
	for _, span := range []int64{1 << 10, blockSize} {
		tail := buf[:min(span, size)]
		n, _ := r.ReadAt(tail, size-int64(len(tail))) // what cannot be read has none
		if bytes.Contains(tail[:max(0, n-record+len(magic))], []byte(magic)) {
			return true
		}
	}
	return false
}

package triage

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"sync"

	"hivetriage/artifacts"
	"hivetriage/artifacts/evidence"
	"hivetriage/artifacts/evidence/collection/layout"
	"hivetriage/triage/coverage"
)

// The limits within which the disk images that lie in the evidence are opened.
// What they leave out is told.
const (
	maxImages     = 64           // in one run
	maxImageDepth = 4            // images in images, the outermost counted
	maxHeldImage  = 32 << 20     // bytes of one that has to be unpacked
	maxHeldImages = 64 << 20     // bytes of all of those together
	smallestDisk  = 64 << 10     // what begins like a disk and is smaller is a boot sector
	diskImageRow  = "disk image" // what the ledger calls them
)

// A diskImage is a file that may be a disk image, or a part of one.
type diskImage struct {
	entry  artifacts.Entry
	at     artifacts.Locator
	kind   string // of evidence.ImageKind; "" where only the name tells that it may belong to one
	reader io.ReaderAt
	source artifacts.Source
	partOf string // name of the image that it was opened for
	err    error  // why it is not open
}

// The images of one volume, with what lies in its archives.
type diskImages struct {
	r     *run
	depth int // of the volume: 0 where no image leads to it
	files []*diskImage
	// ofArchive says that the volume is an archive that was given as evidence,
	// whose images may be what a collector made.
	ofArchive bool
}

// heldFiles are what the images of a run are read from.
type heldFiles struct {
	mu      sync.Mutex
	closers []io.Closer
	bytes   int64 // in memory
}

// keep notes that a closer is needed until the run ends.
func (h *heldFiles) keep(c io.Closer) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closers = append(h.closers, c)
}

// take reserves memory for an image, or refuses.
func (h *heldFiles) take(n int64) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if n > maxHeldImage || h.bytes+n > maxHeldImages {
		return false
	}
	h.bytes += n
	return true
}

func (h *heldFiles) close() {
	for _, c := range h.closers {
		c.Close() // opened read-only: there is nothing to lose
	}
}

// imageNames are what the files of disk images are called that their first
// bytes need not tell: those of segments and extents after the first.
var imageNames = []string{".vhd", ".avhd", ".vhdx", ".avhdx", ".vmdk", ".qcow2", ".raw", ".dd", ".img", ".vdi", ".wim"}

// isImageName reports whether a file is called like a disk image or a part of
// one: by its extension, of split images .001 and of E01 .E01 and so on.
func isImageName(name string) bool { return isImagePart([]byte(name), nil) }

// isImagePart is isImageName for a scan, which asks it of every name: alternate
// streams have no parts.
func isImagePart(name, stream []byte) bool {
	const longest = len(".avhdx")
	dot := bytes.LastIndexByte(name[max(0, len(name)-longest):], '.')
	if dot < 0 || len(stream) > 0 {
		return false
	}
	var lower [longest]byte
	ext := lower[:copy(lower[:], name[max(0, len(name)-longest)+dot:])]
	for i, c := range ext {
		if 'A' <= c && c <= 'Z' {
			ext[i] = c + 'a' - 'A'
		}
	}
	digit := func(i int) bool { return '0' <= ext[i] && ext[i] <= '9' }
	if len(ext) == len(".001") && digit(2) && digit(3) && (digit(1) || ext[1] == 'e') {
		return true
	}
	for _, known := range imageNames {
		if string(ext) == known {
			return true
		}
	}
	return false
}

// newDiskImage takes a stream that the ledger wants. What is cheap to read only
// now is read.
func (r *run) newDiskImage(ctx context.Context, entry artifacts.Entry, kind string, now bool) *diskImage {
	f := &diskImage{entry: entry, at: entry.Locator(), kind: kind}
	if now && kind != "" && !f.tooSmall() {
		f.err = f.hold(ctx, &r.held)
	}
	return f
}

func (f *diskImage) tooSmall() bool { return f.kind == "raw" && f.entry.Size() < smallestDisk }

// hold makes the file readable until the run ends. What an archive holds
// compressed is unpacked into memory if it is small.
func (f *diskImage) hold(ctx context.Context, held *heldFiles) error {
	if f.reader != nil || f.err != nil {
		return f.err
	}
	size := f.entry.Size()
	packed, ok := f.entry.(artifacts.Packed)
	if ok {
		if f.reader = packed.Stored(); f.reader != nil {
			return nil
		}
		if !held.take(size) {
			return artifacts.NewProblem(artifacts.Limit, -1, "a disk image of %d bytes that is compressed in an archive cannot be read in place: extract it and give it with --image", size)
		}
	}
	content, err := f.entry.Open(ctx)
	if err != nil {
		return err
	}
	if !ok {
		held.keep(content)
		f.reader = content
		return nil
	}
	defer content.Close()
	whole := make([]byte, size)
	if n, err := content.ReadAt(whole, 0); n < len(whole) {
		return fmt.Errorf("unpacked %d of %d bytes: %w", n, size, err)
	}
	f.reader = strings.NewReader(string(whole))
	return nil
}

// named splits a place into the folder and the name in it.
func (f *diskImage) named() (folder, name string) {
	return path.Split(strings.TrimSuffix(f.at.Inside(), "!"))
}

// file is the place of the file on a volume that the image lies in.
func (f *diskImage) file() artifacts.Locator {
	at := f.at
	at.Member = ""
	return at
}

// An imageFolder is the images of one folder of a volume or an archive.
type imageFolder struct {
	ctx   context.Context
	held  *heldFiles
	files map[string]*diskImage
	asked []*diskImage
}

// Names returns the names of the files that are called or begin like images.
func (d *imageFolder) Names() ([]string, error) { return slices.Sorted(maps.Keys(d.files)), nil }

// Open opens one of them.
func (d *imageFolder) Open(name string) (io.ReaderAt, int64, error) {
	f := d.files[name]
	if f == nil {
		return nil, 0, fs.ErrNotExist
	}
	d.asked = append(d.asked, f)
	if err := f.hold(d.ctx, d.held); err != nil {
		return nil, 0, err
	}
	return f.reader, f.entry.Size(), nil
}

// open opens the images and scans the volumes in them. The parents and the
// segments of an image are read with it, not on their own.
func (d *diskImages) open(ctx context.Context) {
	slices.SortStableFunc(d.files, func(a, b *diskImage) int { return a.at.Compare(b.at) })
	folders := map[string]map[string]*diskImage{}
	for _, f := range d.files {
		folder, name := f.named()
		if folders[folder] == nil {
			folders[folder] = map[string]*diskImage{}
		}
		if other := folders[folder][name]; other == nil || other.kind == "" {
			folders[folder][name] = f
		}
	}
	for _, f := range d.files {
		folder, name := f.named()
		if f.kind == "" || f.partOf != "" || f.tooSmall() || f.err != nil {
			continue
		}
		own := maps.Clone(folders[folder])
		own[name] = f
		d.openOne(ctx, f, &imageFolder{ctx: ctx, held: &d.r.held, files: own})
	}
	for _, f := range d.files {
		d.settle(ctx, f)
	}
	d.files = nil
}

// openOne opens one image. A panic costs this image.
func (d *diskImages) openOne(ctx context.Context, f *diskImage, folder *imageFolder) {
	defer func() {
		if p := recover(); p != nil {
			f.err = artifacts.NewProblem(artifacts.Bug, -1, "%v", p)
		}
	}()
	switch {
	case ctx.Err() != nil:
		f.err = artifacts.NewProblem(artifacts.Limit, -1, "interrupted")
		return
	case d.depth == maxImageDepth:
		f.err = artifacts.NewProblem(artifacts.Limit, -1, "disk images in disk images are opened to a depth of %d: this one is not", maxImageDepth)
		return
	case d.r.images == maxImages:
		f.err = artifacts.NewProblem(artifacts.Limit, -1, "disk images beyond the first %d in the evidence are not opened: give this one with --image", maxImages)
		return
	}
	_, name := f.named()
	f.source, f.err = evidence.OpenIn(folder, name, f.at, evidence.Options{Snapshots: d.r.cfg.Snapshots != SnapshotsNone, Collections: d.ofArchive})
	if f.err == nil {
		d.r.images++
	}
	for _, part := range folder.asked {
		if part != f && part.partOf == "" {
			part.partOf = name
		}
	}
}

// settle enters how an image ended, and scans what is in it.
func (d *diskImages) settle(ctx context.Context, f *diskImage) {
	row := coverage.Row{What: diskImageRow, At: &f.at, State: coverage.Read}
	_, name := f.named()
	switch {
	case f.partOf != "":
		d.r.opened[f.file()] = true
		row.Why = "read as a part of " + f.partOf
	case f.kind == "" || f.tooSmall() || f.kind == "raw" && !isImageName(name) && !d.holdsVolumes(ctx, f):
		row.What = "" // called or beginning like an image, and none: counted, not listed
	case f.err != nil:
		row.State, row.Gap, row.Why = failedState(f.err), true, why(f.at, f.err)
	default:
		d.r.nested = append(d.r.nested, f.source)
		d.r.opened[f.file()] = true
		row.State, row.Gap, row.Why = d.scan(ctx, f)
	}
	d.r.ledger.Stream(row)
}

// holdsVolumes reports whether any volume of an image can be read.
func (d *diskImages) holdsVolumes(ctx context.Context, f *diskImage) bool {
	if f.err != nil {
		return false
	}
	for _, err := range f.source.Volumes(ctx) {
		if err == nil {
			return true
		}
	}
	return false
}

// failedState is the state of a file that could not be opened for a reason.
func failedState(err error) coverage.State {
	var p *artifacts.Problem
	if errors.As(err, &p) {
		switch p.Kind {
		case artifacts.Unsupported, artifacts.Encrypted:
			return coverage.Unsupported
		case artifacts.Limit:
			return coverage.Skipped
		}
	}
	return coverage.Failed
}

// scan reads the volumes of an image like those of any evidence.
func (d *diskImages) scan(ctx context.Context, f *diskImage) (state coverage.State, gap bool, why string) {
	read, lost, collected := 0, 0, false
	for volume, err := range f.source.Volumes(ctx) {
		if err != nil {
			lost++
			d.r.ledger.Problem("volume", artifacts.Located(f.at, err), true)
			continue
		}
		read++
		collected = collected || volume.Info().FileSystem == layout.FileSystem
		d.r.scanVolume(ctx, f.source, volume, d.depth+1)
	}
	if collected {
		d.r.noteCollection(f.at, f.source)
		d.r.collectors[f.at.Source] = f.source.Input().Collector
	}
	kind := f.source.Input().Kind
	why = fmt.Sprintf("a disk image (%s) that lies in the evidence, opened in place: %s in it read", kind, plural(read, "volume", "volumes"))
	if f.entry.Meta().Allocation == artifacts.Deleted || f.entry.Meta().Allocation == artifacts.Overwritten {
		why += "; the file is deleted"
	}
	if lost > 0 {
		return coverage.Partial, false, fmt.Sprintf("%s, %d not", why, lost) // each with a row of its own
	}
	return coverage.Read, false, why
}

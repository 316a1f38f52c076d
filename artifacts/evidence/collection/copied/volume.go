package copied

import (
	"context"
	"fmt"
	"io"
	"iter"
	"sync"
	"sync/atomic"

	"hivetriage/artifacts"
	"hivetriage/artifacts/evidence/ntfs"
)

// batch is how many heads are read before their verdicts are yielded.
const batch = 1024

// A drive is what was collected of one.
type drive struct {
	source, name string
	info         artifacts.VolumeInfo
	files        []*file

	mu    sync.Mutex
	tally artifacts.Tally
}

// Name returns the name as in Locator.Volume.
func (d *drive) Name() string { return d.name }

// Info describes the drive. Its size is the sum of the files' sizes.
func (d *drive) Info() artifacts.VolumeInfo { return d.info }

// Tally returns the counts of the last Find that was run to its end.
func (d *drive) Tally() artifacts.Tally {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.tally
}

// Find yields the wanted files in the order in which the copies lie, and among
// them those whose head could not be read as errors.
func (d *drive) Find(ctx context.Context, ask artifacts.Scan) iter.Seq2[artifacts.Entry, error] {
	return func(yield func(artifacts.Entry, error) bool) {
		t := artifacts.Tally{Streams: int64(len(d.files))}
		for done := 0; done < len(d.files); {
			now := d.files[done:min(done+batch, len(d.files))]
			if err := ctx.Err(); err != nil {
				t.Failed += int64(len(d.files) - done)
				if !yield(nil, &artifacts.Problem{At: artifacts.Locator{Source: d.source, Volume: d.name}, Offset: -1, Kind: artifacts.Limit,
					Err: fmt.Errorf("%d files were not examined: %w", len(d.files)-done, err)}) {
					return
				}
				break
			}
			for i, v := range judge(ctx, now, ask) {
				count(&t, now[i], v)
				if v.err != nil && !yield(nil, v.err) || v.err == nil && v.wanted && !yield(now[i], nil) {
					return
				}
			}
			done += len(now)
			if ask.Progress != nil {
				ask.Progress(int64(done), int64(len(d.files)))
			}
		}
		d.mu.Lock()
		d.tally = t
		d.mu.Unlock()
	}
}

// A verdict is what became of one file's head.
type verdict struct {
	wanted bool
	read   int
	err    error
}

func count(t *artifacts.Tally, f *file, v verdict) {
	if f.stored.Locator().Stream == "" {
		t.Files++
	}
	t.Bytes += int64(v.read)
	switch {
	case v.err != nil:
		t.Failed++
	case f.Size() == 0:
		t.Empty++
	default:
		t.Examined++
	}
}

// judge reads the heads of some files with all workers.
func judge(ctx context.Context, files []*file, ask artifacts.Scan) []verdict {
	verdicts := make([]verdict, len(files))
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(max(ask.Workers, 1), len(files)) {
		wg.Go(func() {
			head := make([]byte, artifacts.MaxHead)
			for i := next.Add(1) - 1; i < int64(len(files)); i = next.Add(1) - 1 {
				verdicts[i] = files[i].examine(ctx, ask, head)
			}
		})
	}
	wg.Wait()
	return verdicts
}

// examine reads the head of a file, whose digest is compared only when it is
// opened. A panic costs this file.
func (f *file) examine(ctx context.Context, ask artifacts.Scan, head []byte) (v verdict) {
	defer func() {
		if p := recover(); p != nil {
			v = verdict{err: f.located(artifacts.NewProblem(artifacts.Bug, -1, "%v", p))}
		}
	}()
	v.wanted = ask.Name != nil && ask.Name(f.name())
	if ask.Head == nil || f.Size() == 0 {
		return v
	}
	stored, err := f.stored.Open(ctx)
	if err != nil {
		return verdict{err: f.located(err)}
	}
	defer stored.Close() // opened read-only: there is nothing to lose
	n, err := f.whole(stored).ReadAt(head, 0)
	if err != nil && err != io.EOF {
		return verdict{read: n, err: f.located(err)}
	}
	v.read = n
	v.wanted = ask.Head(head[:n]) || v.wanted
	return v
}

// The rest is the volume that the copies lie on without them: the collector's
// own files, those of the file system, and what was deleted there, which may be
// left of an earlier use of the volume. It is searched below its files with the
// copies in them.
type rest struct {
	fileSystem
	taken  map[artifacts.Locator]bool // where copies lie
	drives []*drive
}

// Find yields what ask wants and was not collected. The heads of the copies
// are read, too, and their verdicts left to the drives.
func (r *rest) Find(ctx context.Context, ask artifacts.Scan) iter.Seq2[artifacts.Entry, error] {
	return func(yield func(artifacts.Entry, error) bool) {
		for e, err := range r.fileSystem.Find(ctx, ask) {
			if e != nil && r.taken[e.Locator()] && e.Meta().Allocation == artifacts.Allocated {
				continue
			}
			if !yield(e, err) {
				return
			}
		}
	}
}

// Tally returns the counts of the last Find less those of the drives, which
// come first. Bytes are all that were read.
func (r *rest) Tally() artifacts.Tally {
	all := r.fileSystem.Tally()
	own := all
	for _, d := range r.drives {
		t := d.Tally()
		own.Files -= t.Files
		own.Streams -= t.Streams
		own.Examined -= t.Examined
		own.Empty -= t.Empty
		own.Failed -= t.Failed
	}
	if min(own.Files, own.Streams, own.Examined, own.Empty, own.Failed) < 0 {
		return all // damage that was met in one of the passes only
	}
	return own
}

// references are what an NTFS volume's file table tells of its journals.
type references interface {
	Use(artifacts.FileReference) (ntfs.Use, bool)
	Folder(artifacts.FileReference) (name string, parent artifacts.FileReference, ok bool)
}

// ntfsRest has the journals of the volume understood, too.
type ntfsRest struct {
	*rest
	references
}

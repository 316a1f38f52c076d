package triage

import (
	"context"
	"errors"
	"fmt"
	"io"

	"hivetriage/artifacts"
	"hivetriage/artifacts/hive/carve"
	"hivetriage/triage/locate"
)

// stateCarved is the state of a hive in clusters of no file.
const stateCarved = "carved"

// A carvedEntry is a hive that no stream begins with: in clusters of no file,
// or in the middle of one.
type carvedEntry struct {
	at     artifacts.Locator
	hit    carve.Hit // where it begins: in owner if there is one, otherwise in raw
	owner  artifacts.Entry
	raw    io.ReaderAt
	rawEnd int64
	found  carve.Hive
	note   string // what else is known of the place
}

var errNoHive = errors.New("no hive begins here")

// newCarved looks at a hit that is not the beginning of a file.
func newCarved(ctx context.Context, at artifacts.Locator, hit carve.Hit, own artifacts.Ownership, raw io.ReaderAt, rawEnd int64) (*carvedEntry, error) {
	c := &carvedEntry{hit: hit, raw: raw, rawEnd: rawEnd, at: at}
	c.at.Path = fmt.Sprintf("/$Unallocated/%x.hive", hit.Offset)
	for _, o := range own.Owners {
		switch {
		case !o.Live:
			c.note = "its clusters were also those of the deleted " + o.Entry.Locator().Path
		case o.Offset >= o.Entry.Size():
			c.note = "it lies behind the end of " + o.Entry.Locator().Path + ", in clusters of that file"
		default:
			c.owner, c.note = o.Entry, ""
			c.at = o.Entry.Locator()
			c.at.Member = fmt.Sprintf("offset %#x", o.Offset)
			c.hit.Offset = o.Offset
			if hit.Kind == carve.Compressed {
				c.hit.Kind = carve.Base // the file system decompresses it
			}
		}
		if c.owner != nil {
			break
		}
	}
	content, err := c.Open(ctx)
	if err != nil {
		return nil, err
	}
	defer content.Close()
	c.found.ReaderAt = nil // it may be large
	return c, nil
}

func (c *carvedEntry) Locator() artifacts.Locator { return c.at }
func (c *carvedEntry) Size() int64                { return c.found.Size }

// Meta is that of the file which the hive is in.
func (c *carvedEntry) Meta() artifacts.Meta {
	if c.owner != nil {
		return c.owner.Meta()
	}
	return artifacts.Meta{}
}

// Open puts the hive together.
func (c *carvedEntry) Open(ctx context.Context) (artifacts.Content, error) {
	content := artifacts.Content(decoded{c.raw, c.rawEnd})
	if c.owner != nil {
		var err error
		if content, err = c.owner.Open(ctx); err != nil {
			return nil, err
		}
	}
	found, ok := carve.Open(content, content.Size(), c.hit)
	if !ok {
		content.Close() // opened read-only: there is nothing to lose
		return nil, artifacts.Located(c.at, errNoHive)
	}
	c.found.Size, c.found.Stated, c.found.Because = found.Size, found.Stated, found.Because
	return carvedContent{found, content}, nil
}

// A carvedContent closes what the hive is in.
type carvedContent struct {
	carve.Hive
	io.Closer
}

func (c carvedContent) Size() int64 { return c.Hive.Size }

// state of an entry: a hive in clusters of no file is carved, one in the
// middle of a file has the file's.
func stateOf(entry artifacts.Entry, meta artifacts.Meta) string {
	if c, ok := entry.(*carvedEntry); ok && c.owner == nil {
		return stateCarved
	}
	return state(meta)
}

// classify judges the place of a hive.
func classify(entry artifacts.Entry, p locate.Place) locate.Location {
	if e, ok := entry.(*insideEntry); ok {
		return locate.Inside(p, e.kind)
	}
	c, ok := entry.(*carvedEntry)
	switch {
	case !ok:
		return locate.Classify(p)
	case c.owner == nil:
		return locate.Carved(p.Provenance)
	}
	return locate.Embedded(p, c.hit.Offset)
}

// tell adds to an export where and how it was found.
func (c *carvedEntry) tell(e *locate.Export) {
	where := fmt.Sprintf("found by its signature at offset %#x of the volume", c.hit.Offset)
	if c.owner != nil {
		where = fmt.Sprintf("found by its signature at offset %#x of the file", c.hit.Offset)
	}
	because := []string{where + ": " + c.found.Because}
	if c.note != "" {
		because = append(because, c.note)
	}
	e.IdentifiedBy = append(because, e.IdentifiedBy...)
	if !c.found.Complete() {
		e.Form = formFragment
		e.Integrity.Complete = false
		if c.found.Stated > 0 {
			e.Integrity.Problems = append(e.Integrity.Problems, fmt.Sprintf("%d of %d bytes adjoin; the rest lies elsewhere or was overwritten", c.found.Size, c.found.Stated))
		}
	}
	if c.hit.Kind == carve.Bins {
		// Its base block is this program's: no digest, and nothing told by it.
		e.SHA256 = ""
		e.Provenance = locate.Provenance{Method: "unknown", Confidence: "unknown", Because: []string{"the base block, which would tell, is gone"}}
		e.Integrity.Problems = append(e.Integrity.Problems, "the base block is gone")
	}
}

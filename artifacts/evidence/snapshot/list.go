package snapshot

import (
	"cmp"
	"io"
	"slices"
	"time"

	"hivetriage/artifacts"
	"hivetriage/artifacts/internal/windows"
)

// A Store is one shadow copy: the volume as it was when it was made. ReadAt
// may be called from several goroutines.
type Store struct {
	Index   int       // 1 is the oldest
	GUID    string    // of the store, which its file is named after; upper case, in braces
	CopyID  string    // of the shadow copy, as vssadmin and logs name it; "" where its record cannot be read
	Created time.Time // UTC, 100 ns
	Size    int64     // bytes of the volume

	volume   *volume
	layers   []*layer // its own, then those of the newer stores
	unused   []byte   // of the newest: a bit for each block that was free; nil for all others
	catalog  catalogEntry
	sequence uint64
}

// A catalogEntry says where the parts of a store stand.
type catalogEntry struct {
	list, header, bitmap, previous uint64
	known                          bool
}

// List finds the shadow copies of the volume in r, which is size bytes long,
// oldest first; a volume without any gives none and no problem. What is
// damaged is told with its offset in the volume. A shadow copy whose list is
// damaged stays: reading a block of it that may have been in the lost part is
// an error, also when an older one is read through it.
func List(r io.ReaderAt, size int64) ([]*Store, []*artifacts.Problem) {
	if size < headerOffset+headerSize {
		return nil, nil
	}
	v := &volume{ReaderAt: r, size: size, records: maxRecords, blocks: maxBlocks}
	b := make([]byte, headerSize)
	if p := readFull(r, b, headerOffset); p != nil {
		return nil, []*artifacts.Problem{p}
	}
	if [16]byte(b) != identifier {
		return nil, nil // never had any
	}
	if p := checkHeader(b, volumeRecord, headerOffset); p != nil {
		return nil, []*artifacts.Problem{p}
	}
	if size > maxVolume || size < blockSize {
		return nil, []*artifacts.Problem{artifacts.NewProblem(artifacts.Unsupported, headerOffset, "shadow copies on a volume of %d bytes", size)}
	}
	c := catalog{volume: v, stores: map[[16]byte]*Store{}}
	if p := v.chain(u64(b, 48), catalogRecord, c.read); p != nil {
		c.tell(artifacts.NewProblem(p.Kind, p.Offset, "%w: the list of shadow copies is cut here; newer ones may be missing, and with them blocks of the older ones", p.Err))
	}
	return c.load(), c.problems
}

// A catalog gathers the entries of the catalog.
type catalog struct {
	volume   *volume
	stores   map[[16]byte]*Store
	problems []*artifacts.Problem
}

func (c *catalog) tell(p *artifacts.Problem) {
	if len(c.problems) < maxProblems {
		c.problems = append(c.problems, p)
	}
}

// read takes the entries of one block: type 2 says what a shadow copy is, type
// 3 where its store is, in any order; types 0 and 1 are free.
func (c *catalog) read(body []byte, at int64) bool {
	for ; len(body) >= entrySize; body, at = body[entrySize:], at+entrySize {
		kind := u64(body, 0)
		if kind > 3 {
			c.tell(artifacts.NewProblem(artifacts.Unsupported, at, "shadow copies: a catalog entry of type %d", kind))
		}
		if kind < 2 || kind > 3 {
			continue
		}
		id := [16]byte(body[16:])
		s := c.stores[id]
		if s == nil {
			s = &Store{GUID: windows.GUID(id[:]), volume: c.volume}
			c.stores[id] = s
		}
		switch {
		case kind == 2 && !s.Created.IsZero() || kind == 3 && s.catalog.known:
			c.tell(artifacts.NewProblem(artifacts.Malformed, at, "shadow copies: two catalog entries of type %d for %s; the first is used", kind, s.GUID))
		case kind == 3:
			s.catalog = catalogEntry{list: u64(body, 8), header: u64(body, 32), bitmap: u64(body, 48), previous: u64(body, 72), known: true}
		default:
			c.describe(s, body, at)
		}
	}
	return true
}

// describe takes an entry of type 2.
func (c *catalog) describe(s *Store, body []byte, at int64) {
	s.Created = windows.Filetime(u64(body, 48))
	s.sequence = u64(body, 32)
	s.Size = c.volume.size
	if stated := u64(body, 8); stated > 0 && stated <= uint64(c.volume.size) {
		s.Size = int64(stated)
	} else {
		c.tell(artifacts.NewProblem(artifacts.Malformed, at, "shadow copies: %s says that the volume had %d bytes; it has %d", s.GUID, stated, c.volume.size))
	}
	if s.Created.IsZero() {
		c.tell(artifacts.NewProblem(artifacts.Malformed, at, "shadow copies: %s has no time of creation; it is taken to be the oldest", s.GUID))
	}
}

// load reads the lists of all stores, the newest first.
func (c *catalog) load() []*Store {
	var stores []*Store
	for _, s := range c.stores {
		stores = append(stores, s)
	}
	slices.SortFunc(stores, func(a, b *Store) int {
		return cmp.Or(a.Created.Compare(b.Created), cmp.Compare(a.sequence, b.sequence), cmp.Compare(a.GUID, b.GUID))
	})
	var newer []*layer
	for i, s := range slices.Backward(stores) {
		s.Index = i + 1
		if s.Size == 0 { // an entry of type 3 alone
			s.Size = c.volume.size
			c.tell(artifacts.NewProblem(artifacts.Malformed, -1, "shadow copies: the catalog does not say when %s was made; it is taken to be the oldest", s.GUID))
		}
		l, list := c.volume.layer(s)
		for _, p := range list {
			c.tell(p)
		}
		if len(newer) == 0 && s.catalog.known {
			var p *artifacts.Problem
			if s.unused, p = c.volume.free(s, l); p != nil {
				c.tell(p)
			}
		}
		l.forwards = nil
		newer = append([]*layer{l}, newer...)
		s.layers = newer
		c.identify(s)
	}
	return stores
}

// identify reads the shadow copy's own identifier, which stands behind the
// store's header.
func (c *catalog) identify(s *Store) {
	if !s.catalog.known {
		return
	}
	p := c.volume.chain(s.catalog.header, storeRecord, func(body []byte, _ int64) bool {
		s.CopyID = windows.GUID(body[16:32])
		return false
	})
	if p != nil {
		c.tell(p)
	}
}

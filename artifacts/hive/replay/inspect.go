package replay

import (
	"fmt"

	"hivetriage/artifacts/hive"
)

// Contents say what a transaction log holds, whatever hive lies beside it.
// Its pages are pieces of that hive, account data included.
type Contents struct {
	Format   Format
	Base     hive.BaseBlock // copy of the hive's: Base.Name is the path that it was loaded from
	From, To uint32         // sequence numbers of the first and the last entry; a DIRT log is one entry
	Entries  int
	Pages    int
	Bytes    int64    // of the pages
	Rest     *Refusal // why what follows cannot be applied; nil where nothing follows
}

// Inspect reads a transaction log by itself. The Refusal says why there is
// nothing in it that could be applied.
func Inspect(l Log) (Contents, *Refusal) {
	log, why := header(l)
	if why != nil {
		return Contents{}, why
	}
	c := Contents{Format: log.format, Base: log.base}
	if log.format == DIRT {
		pages, why := log.dirtyPages(maxPages)
		if why != nil {
			return c, why
		}
		c.From, c.To, c.Entries, c.Pages, c.Bytes = log.base.Primary, log.base.Primary, 1, len(pages), int64(len(pages))*sector
		return c, nil
	}
	budget := int64(maxPages)
	entries, why := log.entries(&budget)
	if len(entries) == 0 {
		if why == nil {
			why = refusal(l.Name, Empty, sector, "it holds no entry")
		}
		return c, why
	}
	c.Rest, c.Entries = why, len(entries)
	c.From, c.To = entries[0].sequence, entries[len(entries)-1].sequence
	for _, e := range entries {
		c.Pages += len(e.pages)
		c.Bytes += e.bytes
	}
	return c, nil
}

func (c Contents) String() string {
	s := fmt.Sprintf("transaction log (%s) of %q: changes %d to %d, %d pages, %d bytes", c.Format, c.Base.Name, c.From, c.To, c.Pages, c.Bytes)
	if c.Rest != nil {
		s += "; then " + c.Rest.Text
	}
	return s
}

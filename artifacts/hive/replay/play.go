package replay

import (
	"slices"

	"hivetriage/artifacts/hive"
)

// A player applies logs to a hive.
type player struct {
	hive    dirtyHive
	overlay *Overlay
	result  *Result
}

// play applies what can be of the logs.
func (p *player) play(logs []*opened) {
	var entries, vectors []*opened
	for _, l := range logs {
		if l.format == HvLE {
			entries = append(entries, l)
		} else {
			vectors = append(vectors, l)
		}
	}
	if len(entries) > 0 {
		p.playEntries(entries)
	}
	if len(vectors) > 0 {
		p.playVectors(vectors)
	}
}

// A chain is what can be applied of an HvLE log.
type chain struct {
	log     *opened
	entries []entry
}

func (c chain) last() uint32 { return c.entries[len(c.entries)-1].sequence }

// playEntries applies HvLE logs: the one with the earlier entries first, and
// the other one only where it goes on without a gap. To a hive without a valid
// base block only the log with the latest entries is applied.
func (p *player) playEntries(logs []*opened) {
	budget := int64(maxPages)
	var chains []chain
	for _, l := range logs {
		entries, why := l.entries(&budget)
		if why != nil {
			p.result.Refused = append(p.result.Refused, *why)
		}
		if len(entries) > 0 {
			chains = append(chains, chain{l, entries})
		}
	}
	slices.SortStableFunc(chains, func(a, b chain) int { return int(int32(a.entries[0].sequence - b.entries[0].sequence)) })
	if !p.hive.valid && len(chains) > 1 {
		latest := slices.MaxFunc(chains, func(a, b chain) int { return int(int32(a.last() - b.last())) })
		for _, c := range chains {
			if c.log != latest.log {
				p.result.refuse(c.log.Name, Superseded, -1, "the hive's base block is invalid, and then only the log with the latest entries is used: %s, to %d", latest.log.Name, latest.last())
			}
		}
		chains = []chain{latest}
	}
	for i, c := range chains {
		if i > 0 && c.entries[0].sequence != p.result.Sequence+1 {
			p.result.refuse(c.log.Name, Gap, sector+12, "its first entry is %d, the last one applied is %d", c.entries[0].sequence, p.result.Sequence)
			continue
		}
		p.apply(c)
	}
}

func (p *player) apply(c chain) {
	head := p.begin(c.log)
	a := Applied{Log: c.log.Name, Format: HvLE, From: c.entries[0].sequence, To: c.last(), Entries: len(c.entries)}
	for _, e := range c.entries {
		for _, page := range e.pages {
			p.overlay.put(page.offset, page.data)
		}
		a.Pages += len(e.pages)
		a.Bytes += e.bytes
	}
	last := c.entries[len(c.entries)-1]
	le.PutUint32(head[144:], le.Uint32(head[144:])&^1|last.flags&1)
	p.finish(head, last.sequence, last.bins)
	p.result.Applied = append(p.result.Applied, a)
}

// playVectors applies one DIRT log. Each holds all changes since the hive was
// last whole; of two that fit the later one is taken.
func (p *player) playVectors(logs []*opened) {
	if p.result.State == Replayed {
		for _, l := range logs {
			p.result.refuse(l.Name, Superseded, -1, "a log of the newer format was applied")
		}
		return
	}
	slices.SortStableFunc(logs, func(a, b *opened) int { return int(int32(b.base.Primary - a.base.Primary)) })
	for _, l := range logs {
		if p.result.State == Replayed {
			p.result.refuse(l.Name, Superseded, -1, "%s was applied, which holds all changes", p.result.Applied[0].Log)
			continue
		}
		if why := p.applyVector(l); why != nil {
			p.result.Refused = append(p.result.Refused, *why)
		}
	}
}

func (p *player) applyVector(l *opened) *Refusal {
	pages, why := l.dirtyPages(maxPages)
	if why != nil {
		return why
	}
	before := *p.overlay
	head := p.begin(l)
	for _, page := range pages {
		p.overlay.put(page.offset, page.data)
	}
	p.grow(l.base.Length)
	at, bad, err := badBin(p.overlay, int64(l.base.Length))
	if bad || err != nil {
		*p.overlay, p.result.BaseFrom = before, ""
		if err != nil {
			return refusal(l.Name, Unreadable, -1, "the bins that it changes cannot be checked: at %d of the hive: %v", baseSize+at, err)
		}
		return refusal(l.Name, Torn, -1, "with its pages the bin at %d of the hive is invalid", baseSize+at)
	}
	p.finish(head, l.base.Primary, l.base.Length)
	p.result.Applied = append(p.result.Applied, Applied{Log: l.Name, Format: DIRT, From: l.base.Primary, To: l.base.Primary,
		Entries: 1, Pages: len(pages), Bytes: int64(len(pages)) * sector})
	return nil
}

// begin returns the base block that the log's changes are made to: the
// hive's, or where that is invalid the log's copy of it.
func (p *player) begin(l *opened) []byte {
	if p.overlay.sectors == nil {
		p.overlay.sectors = map[int64][]byte{}
	}
	if head := p.overlay.sectors[0]; head != nil {
		return head
	}
	head := slices.Clone(p.hive.head[:])
	if !p.hive.valid {
		copy(head, l.head[:sector])
		le.PutUint32(head[28:], 0) // a primary file
		p.result.BaseFrom = l.Name
	}
	return head
}

// finish makes the overlay a clean hive of so many bytes of bins.
func (p *player) finish(head []byte, sequence, bins uint32) {
	le.PutUint32(head[4:], sequence)
	le.PutUint32(head[8:], sequence)
	le.PutUint32(head[40:], bins)
	le.PutUint32(head[508:], hive.Checksum(head))
	p.overlay.sectors[0] = head
	p.grow(bins)
	p.result.State, p.result.Sequence = Replayed, sequence
}

func (p *player) grow(bins uint32) {
	p.overlay.size = max(p.overlay.size, baseSize+int64(bins))
}

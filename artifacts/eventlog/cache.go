package eventlog

import "encoding/binary"

// templateKey tells compiled templates of one chunk apart: the same
// definition means different things in different places.
type templateKey struct {
	at    uint32
	in    place
	probe bool
	whole bool
}

// A templateCache holds the templates compiled in the current chunk and the
// memory of those before.
type templateCache struct {
	buckets [256]uint32 // 1 + index of the newest entry
	entries []templateEntry
	used    int
}

type templateEntry struct {
	key  templateKey
	next uint32
	t    template
}

func (k templateKey) bucket() byte { return byte(k.at ^ k.at>>8 ^ uint32(k.in)<<4) }

func (c *templateCache) reset() {
	clear(c.buckets[:])
	c.used = 0
}

func (c *templateCache) get(k templateKey) *template {
	for i := c.buckets[k.bucket()]; i != 0; i = c.entries[i-1].next {
		if e := &c.entries[i-1]; e.key == k {
			return &e.t
		}
	}
	return nil
}

// add returns an empty template to be filled in under k. It is valid until
// the next add.
func (c *templateCache) add(k templateKey) *template {
	if c.used == len(c.entries) {
		c.entries = append(c.entries, templateEntry{})
	}
	e := &c.entries[c.used]
	c.used++
	b := k.bucket()
	e.key, e.next = k, c.buckets[b]
	e.t.reset()
	c.buckets[b] = uint32(c.used)
	return &e.t
}

// exhausted stands for every further template of a chunk whose work is used up.
var exhausted = template{flaw: flawWork}

// template returns the compiled definition at chunk offset def as it reads in
// the given place.
func (d *decoder) template(def uint32, in place, probe bool) *template {
	key := templateKey{def, in, probe, d.whole && !probe}
	if t := d.cache.get(key); t != nil {
		return t
	}
	if d.work -= templateWork; d.work < 0 {
		return &exhausted
	}
	t := d.cache.add(key)
	if int64(def)+templateHeaderSize > int64(len(d.chunk)) {
		t.flaw = flawTemplate
		return t
	}
	size := binary.LittleEndian.Uint32(d.chunk[def+20:])
	start := int(def) + templateHeaderSize
	if int64(size) > int64(len(d.chunk)-start) {
		t.flaw = flawTemplate
		return t
	}
	c := &d.compile
	c.chunk, c.pos, c.end, c.work = d.chunk, start, start+int(size), &d.work
	c.deps, c.probe, c.whole = true, probe, key.whole
	t.flaw = c.run(t, in)
	return t
}

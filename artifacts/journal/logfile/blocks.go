package logfile

const (
	blockBytes = 256 << 10
	keptBlocks = 4
)

// A pageState says what a page is.
type pageState uint8

const (
	other pageState = iota // no record page
	whole
	torn // its sectors are from different writes
)

// A block is a stretch of pages with their sectors' ends put back.
type block struct {
	number int64
	b      []byte
	states []pageState
}

// blocks keep what was read last: a record may go on in the next page, and a
// page of copies is held against the page that it is a copy of.
type blocks struct {
	log  *Log
	kept [keptBlocks]*block
	next int
	read int64
	err  error // the first one
	at   int64
}

// page returns the page at an offset; it is other if it is not in the log or
// could not be read.
func (c *blocks) page(offset int64) ([]byte, pageState) {
	size := c.log.page
	perBlock := max(blockBytes/size, 1)
	index := offset / size
	if offset < 0 || offset%size != 0 || offset+size > c.log.size {
		return nil, other
	}
	b := c.load(index/perBlock, perBlock*size)
	i := index % perBlock
	if int64(len(b.states)) <= i {
		return nil, other
	}
	return b.b[i*size : (i+1)*size], b.states[i]
}

func (c *blocks) load(number, size int64) *block {
	for _, b := range c.kept {
		if b != nil && b.number == number {
			return b
		}
	}
	b := c.kept[c.next]
	if b == nil {
		b = &block{b: make([]byte, size)}
		c.kept[c.next] = b
	}
	c.next = (c.next + 1) % keptBlocks
	b.number, b.states = number, b.states[:0]
	at := number * size
	want := min(size, c.log.size-at)
	n, err := c.log.r.ReadAt(b.b[:want], at)
	c.read += int64(n)
	if int64(n) < want && c.err == nil {
		c.err, c.at = problem(err, at+int64(n)), at+int64(n)
	}
	for off := int64(0); off+c.log.page <= int64(n); off += c.log.page {
		page := b.b[off : off+c.log.page]
		state := other
		if string(page[:4]) == "RCRD" {
			if state = torn; fix(page) {
				state = whole
			}
		}
		b.states = append(b.states, state)
	}
	return b
}

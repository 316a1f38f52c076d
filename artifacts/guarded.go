package artifacts

import "context"

// Guarded is implemented by an Entry of a file system that says who may read
// the file.
type Guarded interface {
	// Descriptor returns the file's security descriptor, self-relative as
	// [MS-DTYP] 2.4.6 has it. It is read when asked for.
	Descriptor(context.Context) ([]byte, error)
}

// Package artifacts is the vocabulary that the readers of evidence, the
// decoders of formats and the judges of both share. It holds types, not work,
// and imports the standard library only.
package artifacts

import (
	"cmp"
	"strings"
)

// A Locator says where something lies in the evidence. It is comparable and
// is what a finding points to.
type Locator struct {
	Source string `json:"source"`           // the input as the user gave it
	Volume string `json:"volume,omitempty"` // chain of layers, e.g. "ewf/gpt:2"; "" where there is none
	Path   string `json:"path,omitempty"`   // inside the volume, "/"-separated, starting with "/"; valid UTF-8
	Stream string `json:"stream,omitempty"` // name of an alternate data stream; "" is the unnamed one
	Member string `json:"member,omitempty"` // path inside the archive or container that lies at Path; nested ones joined by "!"
}

// String joins the layers for people. It is not meant to be parsed again.
func (l Locator) String() string {
	var b strings.Builder
	b.WriteString(l.Source)
	for _, part := range []string{l.Volume, l.Path} {
		if part != "" {
			b.WriteString(" ")
			b.WriteString(part)
		}
	}
	if l.Stream != "" {
		b.WriteString(":")
		b.WriteString(l.Stream)
	}
	if l.Member != "" {
		b.WriteString("!")
		b.WriteString(l.Member)
	}
	return b.String()
}

// Compare orders locators by source, volume, path, stream and member.
func (l Locator) Compare(o Locator) int {
	return cmp.Or(
		strings.Compare(l.Source, o.Source),
		strings.Compare(l.Volume, o.Volume),
		strings.Compare(l.Path, o.Path),
		strings.Compare(l.Stream, o.Stream),
		strings.Compare(l.Member, o.Member),
	)
}

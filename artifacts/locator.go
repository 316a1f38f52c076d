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
	Volume string `json:"volume,omitempty"` // chain of layers, e.g. "ewf/gpt:2", "gpt:2/vm/disk.vhdx!vhdx/gpt:1"; "" where there is none
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

// Inside is what the names of the volumes begin with that are in the disk image
// at this place: the place without the source, and "!".
func (l Locator) Inside() string {
	place := l.Volume + l.Path
	if l.Stream != "" {
		place += ":" + l.Stream
	}
	if l.Member != "" {
		place += "!" + l.Member
	}
	return place + "!"
}

// Disk tells volumes of one disk from those of the disk images that lie on it:
// it is the place, as Inside writes it, of the image that the volume is in, and
// "" where that is the source itself.
func (l Locator) Disk() string { return l.Volume[:strings.LastIndexByte(l.Volume, '!')+1] }

// Place is the path for people who know the source: behind the image that it
// is in, if it is in one, and with the stream.
func (l Locator) Place() string {
	if l.Stream == "" {
		return l.Disk() + l.Path
	}
	return l.Disk() + l.Path + ":" + l.Stream
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

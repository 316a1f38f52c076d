package snapshottest

import (
	"bytes"
	"errors"
	"math/bits"
	"time"
)

// A State is a volume as it was at one moment.
type State struct {
	Volume  []byte
	Created time.Time // of the shadow copy
}

// maxOverlay is the most sectors of a block that are kept as an overlay.
const maxOverlay = 4

// Build returns the live volume with shadow copies of its former states, the
// oldest first, as copy-on-write would have left them. All volumes have one
// size and a run of zeros in common, which the stores are written into; that
// run and the sector of the shadow copies' own header, at 0x1e00, are not part
// of the states. Where few sectors differ they are kept as an overlay; where
// the block lies elsewhere on the volume, in a state after it, a forwarder
// leads there.
func Build(live []byte, states ...State) ([]byte, error) {
	w := writer{out: bytes.Clone(live), below: bytes.Clone(live)}
	all := [][]byte{w.out}
	for _, s := range states {
		if len(s.Volume) != len(live) {
			return nil, errors.New("snapshottest: the states differ in size")
		}
		all = append(all, s.Volume)
	}
	w.area = FreeArea(all...)
	w.from, w.to = w.area.next, w.area.end
	stores := make([]Store, len(states))
	for i := len(states) - 1; i >= 0; i-- {
		descriptors, err := w.store(states[i].Volume, i == len(states)-1)
		if err != nil {
			return nil, err
		}
		stores[i] = Store{Created: states[i].Created, Descriptors: descriptors}
	}
	return w.out, Write(w.area, 2, stores)
}

// A writer writes the stores of states, the newest first.
type writer struct {
	out      []byte
	below    []byte // what a block that a store does not have reads as
	area     *Area
	from, to int64 // of the area
}

func (w *writer) store(state []byte, newest bool) (list []Descriptor, err error) {
	then := bytes.Clone(w.below)
	var forwarders []Descriptor
	taken := map[int64]bool{} // blocks that a forwarder leads to
	for at := int64(0); at < int64(len(state)); at += block {
		old := state[at:min(at+block, int64(len(state)))]
		sectors := differing(old, w.below[at:])
		if sectors == 0 || at >= w.from && at < w.to {
			continue
		}
		overlay := bits.OnesCount32(sectors) <= maxOverlay
		if !overlay {
			copy(then[at:], old)
			if moved, ok := find(w.below, old); ok && !newest && !taken[at] && (moved < w.from || moved >= w.to) {
				taken[moved] = true
				forwarders = append(forwarders, Descriptor{Original: at, Relative: moved, Flags: Forwarder})
				continue
			}
		}
		target, err := w.area.Take()
		if err != nil {
			return nil, err
		}
		copy(w.out[target:], old)
		d := Descriptor{Original: at, Relative: target - w.from, Target: target}
		if overlay {
			d.Relative, d.Flags, d.Sectors = 1, Overlay, sectors
		}
		list = append(list, d)
	}
	w.below = then
	return append(list, forwarders...), nil
}

// differing returns a bit for each sector that is not the same.
func differing(a, b []byte) (sectors uint32) {
	for i := 0; i*512 < len(a); i++ {
		end := min(i*512+512, len(a))
		if !bytes.Equal(a[i*512:end], b[i*512:end]) {
			sectors |= 1 << i
		}
	}
	return sectors
}

// find returns where a block that is not all zeros lies on a volume.
func find(volume, b []byte) (int64, bool) {
	if len(b) < block || len(bytes.Trim(b, "\x00")) == 0 {
		return 0, false
	}
	for at := 0; at+block <= len(volume); at += block {
		if bytes.Equal(volume[at:at+block], b) {
			return int64(at), true
		}
	}
	return 0, false
}

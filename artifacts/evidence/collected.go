package evidence

import (
	"context"
	"slices"

	"hivetriage/artifacts/evidence/collection/copied"
)

// served are the volumes. Where the only one is a collection its drives stand
// before it.
func (s *imageSource) served(ctx context.Context) []found {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := s.only()
	if !s.unasked || i < 0 || ctx.Err() != nil {
		return s.volumes
	}
	s.unasked = false
	if s.collection = copied.Recognise(ctx, s.path, s.volumes[i].volume); s.collection != nil {
		var all []found
		for _, v := range s.collection.Volumes() {
			all = append(all, found{volume: v})
		}
		s.volumes = slices.Replace(s.volumes, i, i+1, all...)
	}
	return s.volumes
}

// only is the index of the image's volume if there is one, apart from its
// shadow copies; it is negative where there are none or several: what looks
// like a collection beside a system is a folder of that system's user.
func (s *imageSource) only() int {
	only := -1
	for i, f := range s.volumes {
		if _, shadow := f.volume.(*shadowVolume); f.volume == nil || shadow {
			continue
		}
		if only >= 0 {
			return -1
		}
		only = i
	}
	return only
}

func (s *imageSource) recognised() *copied.Collection {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.collection
}

// Because says what the collector was recognised by, once Volumes has looked.
func (s *imageSource) Because() []string {
	if c := s.recognised(); c != nil {
		return c.Layout.Because
	}
	return nil
}

// Host returns the computer's name in the collector's metadata and where it
// stands, once Volumes has looked; "" where there is none.
func (s *imageSource) Host() (name, because string) {
	if c := s.recognised(); c != nil {
		return c.Layout.Host, c.HostBecause
	}
	return "", ""
}

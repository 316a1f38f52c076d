package artifacts

import "testing"

func TestPlacesInImages(t *testing.T) {
	outer := Locator{Source: "disk.raw", Volume: "gpt:2", Path: "/vm/a!b.vhdx"}
	for _, c := range []struct {
		at     Locator
		inside string // what volumes in an image there begin with
		disk   string
		place  string
	}{
		{outer, "gpt:2/vm/a!b.vhdx!", "", "/vm/a!b.vhdx"},
		{Locator{Volume: outer.Inside() + "vhdx/gpt:1", Path: "/x", Stream: "s"}, "gpt:2/vm/a!b.vhdx!vhdx/gpt:1/x:s!", "gpt:2/vm/a!b.vhdx!", "gpt:2/vm/a!b.vhdx!/x:s"},
		{Locator{Volume: "gpt:2", Path: "/a.zip", Member: "d/e.raw"}, "gpt:2/a.zip!d/e.raw!", "", "/a.zip"},
		{Locator{Volume: "gpt:2/a.raw!b.raw!ntfs", Path: "/x"}, "gpt:2/a.raw!b.raw!ntfs/x!", "gpt:2/a.raw!b.raw!", "gpt:2/a.raw!b.raw!/x"},
		{Locator{Path: "/f"}, "/f!", "", "/f"},
	} {
		if got := c.at.Inside(); got != c.inside {
			t.Errorf("%v: inside %q, want %q", c.at, got, c.inside)
		}
		if got := c.at.Disk(); got != c.disk {
			t.Errorf("%v: disk %q, want %q", c.at, got, c.disk)
		}
		if got := c.at.Place(); got != c.place {
			t.Errorf("%v: place %q, want %q", c.at, got, c.place)
		}
		if in := (Locator{Volume: c.at.Inside() + "gpt:1"}); in.Disk() != c.at.Inside() {
			t.Errorf("%v: a volume in it is on disk %q", c.at, in.Disk())
		}
	}
}

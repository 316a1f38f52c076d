package evidence

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"hivetriage/artifacts"
	"hivetriage/artifacts/evidence/ntfs/ntfstest"
	"hivetriage/artifacts/evidence/partition/partitiontest"
	"hivetriage/artifacts/evidence/snapshot/snapshottest"
)

var made = time.Date(2026, 3, 14, 20, 0, 0, 0, time.UTC)

// shadowed is a volume with two shadow copies: each state has a file of its
// own.
func shadowed(t *testing.T) []byte {
	t.Helper()
	state := func(path string) []byte {
		b := ntfstest.New(ntfstest.Options{Size: 8 << 20})
		b.Add(ntfstest.File{Path: path, Data: append([]byte("regf"), bytes.Repeat([]byte(path), 3000)...)})
		v, err := b.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	v, err := snapshottest.Build(state("/now"), snapshottest.State{Volume: state("/first"), Created: made},
		snapshottest.State{Volume: state("/second"), Created: made.Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestSnapshotsAreVolumes(t *testing.T) {
	volume := shadowed(t)
	damaged := bytes.Clone(volume)
	clear(damaged[0x1e00+48:][:8]) // as if they were all deleted
	gpt := partitiontest.GPT([]partitiontest.Volume{partitiontest.Bytes(volume)}, partitiontest.Options{}).Bytes()
	tests := map[string]struct {
		image     []byte
		snapshots bool
		want      string
	}{
		"bare":     {volume, true, "ntfs NTFS 0\n  ntfs /now 12004\nntfs/vss:1 NTFS 0\n  ntfs/vss:1 /first 18004\nntfs/vss:2 NTFS 0\n  ntfs/vss:2 /second 21004\n"},
		"gpt":      {gpt, true, "gpt:1 NTFS 1048576\n  gpt:1 /now 12004\ngpt:1/vss:1 NTFS 1048576\n  gpt:1/vss:1 /first 18004\ngpt:1/vss:2 NTFS 1048576\n  gpt:1/vss:2 /second 21004\n"},
		"not told": {gpt, false, "gpt:1 NTFS 1048576\n  gpt:1 /now 12004\n"},
		"deleted":  {damaged, true, "ntfs NTFS 0\n  ntfs /now 12004\n"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s, err := Open(context.Background(), write(t, "disk.raw", tt.image), Options{Snapshots: tt.snapshots})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			if got := describe(t, s); got != tt.want {
				t.Errorf("got\n%swant\n%s", got, tt.want)
			}
		})
	}
}

// TestDamagedSnapshot: a shadow copy that cannot be opened costs no other
// volume.
func TestDamagedSnapshot(t *testing.T) {
	volume := shadowed(t)
	magic := bytes.Clone(volume[0x1e00:][:16])
	for at := 0x4000; at < len(volume); at += 0x4000 { // the newer store's list comes first
		if bytes.HasPrefix(volume[at:], magic) && volume[at+20] == 3 {
			volume[at+20] = 0xff
			break
		}
	}
	s, err := Open(context.Background(), write(t, "disk.raw", volume), Options{Snapshots: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	got := describe(t, s)
	if !strings.Contains(got, "ntfs /now 12004\n") || !strings.Contains(got, "! ntfs malformed\n") || strings.Contains(got, "/second") {
		t.Errorf("got\n%s", got)
	}
}

// TestSnapshotMeta: what was live then is so in the snapshot only.
func TestSnapshotMeta(t *testing.T) {
	s, err := Open(context.Background(), write(t, "disk.raw", shadowed(t)), Options{Snapshots: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	states := map[string]string{}
	for v, err := range s.Volumes(context.Background()) {
		if err != nil {
			t.Fatal(err)
		}
		info := v.Info().Snapshot
		if (info == nil) != (v.Name() == "ntfs") || info != nil && (info.Of != "ntfs" || info.Created.Before(made) || info.ID != snapshottest.CopyID(int(info.Created.Sub(made).Hours()))) {
			t.Errorf("%s: %+v", v.Name(), info)
		}
		if _, below := v.(artifacts.Swept); below != (info == nil) {
			t.Errorf("%s can be searched below its files: %v", v.Name(), below)
		}
		for e, err := range v.Find(context.Background(), artifacts.Scan{Head: func(b []byte) bool { return bytes.HasPrefix(b, []byte("regf")) }}) {
			if err != nil {
				t.Fatal(err)
			}
			states[e.Locator().Path] = e.Meta().Allocation.String()
		}
	}
	if states["/now"] != "live" || states["/first"] != "snapshot" || states["/second"] != "snapshot" {
		t.Errorf("states %v", states)
	}
}

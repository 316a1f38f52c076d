package triage

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"hivetriage/artifacts"
	"hivetriage/artifacts/hive"
	"hivetriage/triage/locate"
)

// A stream is an Entry with its content at hand.
type stream struct {
	at   artifacts.Locator
	meta artifacts.Meta
	data []byte
	bad  bool // cannot be read
}

func (s stream) Locator() artifacts.Locator { return s.at }
func (s stream) Size() int64                { return int64(len(s.data)) }
func (s stream) Meta() artifacts.Meta       { return s.meta }
func (s stream) Open(context.Context) (artifacts.Content, error) {
	if s.bad {
		return nil, errors.New("bad disk")
	}
	return opened{bytes.NewReader(s.data)}, nil
}

type opened struct{ *bytes.Reader }

func (opened) Close() error { return nil }

var noon = time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC)

func TestSameAsLive(t *testing.T) {
	log := func(change func(*stream)) stream {
		s := stream{at: artifacts.Locator{Volume: "gpt:1", Path: "/Security.evtx"}, data: make([]byte, 4096+3*65536),
			meta: artifacts.Meta{Allocation: artifacts.Allocated, NTFS: &artifacts.NTFS{Record: 70, Sequence: 3, USN: 8, SI: artifacts.Times{Modified: noon}}}}
		change(&s)
		return s
	}
	live := log(func(s *stream) {})
	tests := map[string]struct {
		change func(*stream)
		want   bool
	}{
		"same":             {func(s *stream) {}, true},
		"size":             {func(s *stream) { s.data = s.data[:4096] }, false},
		"record":           {func(s *stream) { s.meta.NTFS.Record++ }, false},
		"sequence":         {func(s *stream) { s.meta.NTFS.Sequence++ }, false},
		"last write":       {func(s *stream) { s.meta.NTFS.SI.Modified = noon.Add(1) }, false},
		"USN":              {func(s *stream) { s.meta.NTFS.USN++ }, false},
		"path":             {func(s *stream) { s.at.Path = "/old.evtx" }, false},
		"stream":           {func(s *stream) { s.at.Stream = "x" }, false},
		"deleted then":     {func(s *stream) { s.meta.Allocation = artifacts.Deleted }, false},
		"no NTFS":          {func(s *stream) { s.meta.NTFS = nil }, false},
		"log header":       {func(s *stream) { s.data[24]++ }, false},
		"a chunk's header": {func(s *stream) { s.data[4096+2*65536+48]++ }, false},
		"between samples":  {func(s *stream) { s.data[4096+1000]++ }, true},
		"unreadable":       {func(s *stream) { s.bad = true }, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			v := &liveVolume{wanted: []artifacts.Entry{live}}
			then := log(func(s *stream) { s.at.Volume, s.meta.Allocation = "gpt:1/vss:1", artifacts.InSnapshot; tt.change(s) })
			if got := v.sameAs(t.Context(), then); got != tt.want {
				t.Errorf("same: %v", got)
			}
		})
	}
	gone := live
	gone.meta.Allocation = artifacts.Deleted // then live, now deleted: its clusters may be overwritten
	if v := (&liveVolume{wanted: []artifacts.Entry{gone}}); v.sameAs(t.Context(), live) {
		t.Error("a stream is the same as a deleted one")
	}
}

// shadows is a run with a volume, two shadow copies of it and another volume.
func shadows() *run {
	return &run{liveVolumes: map[volumeKey]*liveVolume{}, snapshots: map[volumeKey]*artifacts.Snapshot{
		{"d", "gpt:1/vss:1"}:  {Of: "gpt:1", Created: noon},
		{"d", "gpt:1/vss:10"}: {Of: "gpt:1", Created: noon.Add(9 * time.Hour)},
		{"d", "gpt:1/vss:2"}:  {Of: "gpt:1", Created: noon.Add(time.Hour)},
	}}
}

func TestListedOnce(t *testing.T) {
	tests := map[string]struct{ list, want string }{
		"live and snapshot":   {"gpt:1/vss:1=a gpt:1=a", "gpt:1=a"},
		"two snapshots":       {"gpt:1/vss:10=a gpt:1/vss:2=a", "gpt:1/vss:2=a"},
		"other content":       {"gpt:1=a gpt:1/vss:1=b", "gpt:1=a gpt:1/vss:1=b"},
		"other volume":        {"gpt:2=a gpt:1/vss:1=a", "gpt:2=a gpt:1/vss:1=a"},
		"without digest":      {"gpt:1= gpt:1/vss:1=", "gpt:1= gpt:1/vss:1="},
		"twice on the volume": {"gpt:1=a gpt:1=a", "gpt:1=a gpt:1=a"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r := shadows()
			var list []locate.Export
			for _, x := range strings.Fields(tt.list) {
				volume, sum, _ := strings.Cut(x, "=")
				list = append(list, locate.Export{At: artifacts.Locator{Source: "d", Volume: volume, Path: "/sam"}, SHA256: sum})
			}
			var got []string
			for _, e := range r.once(list) {
				got = append(got, e.At.Volume+"="+e.SHA256)
			}
			if strings.Join(got, " ") != tt.want {
				t.Errorf("got %v, want %s", got, tt.want)
			}
			c, err := r.ledger.Coverage()
			if err != nil || len(c.Sources) != min(len(list)-len(got), 1) {
				t.Errorf("rows %+v, %v", c.Sources, err)
			}
		})
	}
}

func TestOwnHives(t *testing.T) {
	for name, tt := range map[string]struct{ volumes, want string }{
		"live hives":    {"gpt:1/vss:1 gpt:1 gpt:2", "gpt:1 gpt:2"},
		"only snapshot": {"gpt:1/vss:1 gpt:1/vss:10 gpt:1/vss:10 gpt:1/vss:2", "gpt:1/vss:10 gpt:1/vss:10"},
		"none":          {"", ""},
	} {
		var all []liveHive
		for _, v := range strings.Fields(tt.volumes) {
			all = append(all, liveHive{at: artifacts.Locator{Source: "d", Volume: v}, kind: hive.System})
		}
		var got []string
		for _, l := range shadows().ownHives(all) {
			got = append(got, l.at.Volume)
		}
		if strings.Join(got, " ") != tt.want {
			t.Errorf("%s: %v, want %s", name, got, tt.want)
		}
	}
}

func TestRepeatedRecords(t *testing.T) {
	r := shadows()
	if r.logs = []*logFile{{at: artifacts.Locator{Source: "d", Volume: "gpt:1"}}}; r.newSightings() != nil {
		t.Error("without a log in a shadow copy there is nothing to know again")
	}
	live, older, newer := r.logs[0], &logFile{at: artifacts.Locator{Source: "d", Volume: "gpt:1/vss:1"}}, &logFile{at: artifacts.Locator{Source: "d", Volume: "gpt:1/vss:2"}}
	r.logs = append(r.logs, older, newer)
	s := r.newSightings()
	event := func(id uint64, second int) *artifacts.Event {
		return &artifacts.Event{Host: "WS", Channel: "Security", RecordID: id, Time: noon.Add(time.Duration(second) * time.Second)}
	}
	for i, step := range []struct {
		event *artifacts.Event
		log   *logFile
		want  bool
	}{
		{event(1, 1), live, false}, {event(1, 1), live, false}, {event(1, 1), older, true},
		{event(1, 2), older, false}, // the numbers began anew when the log was cleared
		{event(2, 1), older, false}, {event(2, 1), older, false}, {event(2, 1), newer, true}, {event(3, 1), newer, false},
	} {
		if got := r.repeated(s, step.event, step.log); got != step.want {
			t.Errorf("step %d: %v", i, got)
		}
	}
	s.note(&r.ledger)
	if c, _ := r.ledger.Coverage(); len(c.Sources) != 1 || c.Sources[0].Records != 2 {
		t.Errorf("rows %+v", c.Sources)
	}
}

// TestUnopenedStores: a store whose file lies on a volume and that was not
// opened is told, in the words of the reason.
func TestUnopenedStores(t *testing.T) {
	const first, second = "{600F0B69-5bdf-11e3-9d6c-005056c00008}", "{600f0b6d-5bdf-11e3-9d6c-005056c00008}"
	for name, tt := range map[string]struct {
		mode     Snapshots
		unpacked bool
		opened   []string
		want     string
	}{
		"as asked":  {SnapshotsNone, false, nil, "2 stores of volume shadow copies not opened, as asked"},
		"a folder":  {SnapshotsAuto, true, nil, "2 stores of volume shadow copies not opened, a folder does not show them"},
		"one lost":  {SnapshotsAuto, false, []string{first}, "1 store of volume shadow copies not opened, their catalog"},
		"all there": {SnapshotsAuto, false, []string{first, second}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			r := shadows()
			r.cfg.Snapshots, r.unpacked = tt.mode, map[string]bool{"d": tt.unpacked}
			live := r.liveVolume(artifacts.Locator{Source: "d", Volume: "gpt:1"}, nil)
			for _, file := range []string{first + "{3808876B-c176-4e48-b7ae-04046e6cc752}", second + "{3808876b-c176-4e48-b7ae-04046e6cc752}",
				"{3808876b-c176-4e48-b7ae-04046e6cc752}", "{x}{3808876b-c176-4e48-b7ae-04046e6cc752", "tracking.log"} {
				live.meetStore([]byte(file))
			}
			for i, store := range tt.opened {
				at := artifacts.Locator{Source: "d", Volume: "gpt:1/vss:" + string(rune('1'+i))}
				r.liveVolume(at, &artifacts.Snapshot{Of: "gpt:1", Store: strings.ToUpper(store)})
			}
			r.noteUnopened("d")
			c, err := r.ledger.Coverage()
			if err != nil || len(c.Sources) > 1 {
				t.Fatalf("%+v, %v", c.Sources, err)
			}
			got := ""
			if len(c.Sources) == 1 {
				got = c.Sources[0].Why
			}
			if !strings.HasPrefix(got, tt.want) || tt.want == "" && got != "" {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}

package hive

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"hivetriage/artifacts/hive/hivetest"
	"hivetriage/artifacts/internal/windows"
)

// stampText is what a test compares of stamps.
func stampText(stamps []Stamp) string {
	var out []string
	for _, s := range stamps {
		out = append(out, fmt.Sprintf("%s %s %s", s.Bound, s.Certainty, s.Time.Format("2006-01-02T15:04:05.999999999")))
	}
	return strings.Join(out, "; ")
}

// stampsOf reads the stamps of a hive file.
func stampsOf(t *testing.T, data []byte, notAfter time.Time) ([]Stamp, int) {
	t.Helper()
	r, size := bytes.NewReader(data), int64(len(data))
	id, err := Identify(r, size)
	if err != nil {
		t.Fatal(err)
	}
	h, err := Read(r, size)
	if err != nil {
		t.Fatal(err)
	}
	stamps, later := Stamps(id, h, notAfter)
	for _, s := range stamps {
		// What a stamp says stands at its offset.
		if got := windows.Filetime(le.Uint64(data[s.Offset:])); got.Truncate(time.Microsecond) != s.Time.Truncate(time.Microsecond) && !strings.Contains(s.What, "ShutdownTime") {
			t.Errorf("%s: %s at %#x, not %s", s.What, got, s.Offset, s.Time)
		}
	}
	return stamps, later
}

func TestStamps(t *testing.T) {
	host := workstation
	host.Saved = time.Date(2024, 5, 14, 22, 1, 2, 345678900, time.UTC)
	const key, reorganized, shutdown = "not before certain 2024-05-14T09:30:00", "not before likely 2024-02-03T04:05:06", "not before certain 2024-05-14T09:30:00"
	const saved = "exact certain 2024-05-14T22:01:02.3456789"
	if host.Time.Format("2006-01-02T15:04:05") != "2024-05-14T09:30:00" {
		t.Fatalf("the test's host has another time: %s", host.Time)
	}
	for _, c := range []struct {
		name  string
		build func(hivetest.Host, hivetest.Profile) []byte
		p     hivetest.Profile
		want  string
	}{
		{"raw copy", hivetest.SECURITY, hivetest.Live, key + "; " + reorganized},
		{"reg save", hivetest.SECURITY, hivetest.RegSave, key + "; " + reorganized},
		{"RegSaveKey", hivetest.SECURITY, hivetest.RegSaveKey, key + "; " + saved},
		{"offreg", hivetest.SAM, hivetest.Offreg, key + "; " + saved},
		{"RegSaveKey of SYSTEM", hivetest.SYSTEM, hivetest.RegSaveKey, key + "; " + shutdown + "; " + saved},
		{"reg save of SYSTEM", hivetest.SYSTEM, hivetest.RegSave, key + "; " + shutdown + "; " + reorganized},
	} {
		data := c.build(host, c.p)
		stamps, later := stampsOf(t, data, time.Time{})
		if got := stampText(stamps); got != c.want || later != 0 {
			t.Errorf("%s: %s, %d later", c.name, got, later)
		}
		stamps, later = stampsOf(t, data, host.Time.Add(-time.Hour))
		if got := stampText(stamps); strings.Contains(got, "09:30") || later == 0 {
			t.Errorf("%s, all keys too late: %s, %d later", c.name, got, later)
		}
	}
}

func TestStampsOfHeaderAlone(t *testing.T) {
	data := hivetest.SYSTEM(workstation, hivetest.RegSaveKey)
	id, err := Identify(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	if stamps, later := Stamps(id, nil, time.Time{}); len(stamps) > 1 || later != 0 || len(stamps) == 1 && stamps[0].Bound != Exact {
		t.Errorf("%+v, %d later", stamps, later)
	}
	if stamps, later := Stamps(Identity{}, nil, time.Time{}); len(stamps) != 0 || later != 0 {
		t.Errorf("of nothing: %+v, %d later", stamps, later)
	}
}
